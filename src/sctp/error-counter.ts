/** Counts transmission errors in a row (RFC 9260 §8.1): after too many the peer is taken for unreachable. */
export class ErrorCounter {
  readonly #limit: number;
  #count = 0;

  /** @param limit Association.Max.Retrans; Infinity: there is none. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get count(): number {
    return this.#count;
  }

  get isExhausted(): boolean {
    return this.#count > this.#limit;
  }

  increment(): void {
    this.#count++;
  }

  /** The peer answered. */
  clear(): void {
    this.#count = 0;
  }
}
