import { DropReason } from '../common/drop-reason.js';

/** Which of the latest packet indexes were received (RFC 3711 §3.3.2). Indexes are below 2^53. */
export class ReplayWindow {
  readonly #size: number;
  /** One bit per index, at `index % size`. */
  readonly #received: Int32Array;
  #highest = -1;

  /** @param size how many indexes are remembered: a power of two, at least 32. */
  constructor(size: number) {
    this.#size = size;
    this.#received = new Int32Array(size / 32);
  }

  /** Whether a packet with this index would be new, seen already, or too old to know. */
  check(index: number): DropReason {
    const behind = this.#highest - index;
    if (behind < 0) return DropReason.none;
    if (behind >= this.#size) return DropReason.srtpTooOld;
    return this.#has(index) ? DropReason.srtpReplay : DropReason.none;
  }

  /** Remembers an (authenticated) packet that passed `check`. */
  add(index: number): void {
    if (index > this.#highest) {
      if (index - this.#highest >= this.#size) this.#received.fill(0);
      else for (let skipped = this.#highest + 1; skipped < index; skipped++) this.#clear(skipped);
      this.#highest = index;
    }
    const position = index & (this.#size - 1);
    this.#received[position >> 5] |= 1 << (position & 31);
  }

  #has(index: number): boolean {
    const position = index & (this.#size - 1);
    return (this.#received[position >> 5] & (1 << (position & 31))) !== 0;
  }

  #clear(index: number): void {
    const position = index & (this.#size - 1);
    this.#received[position >> 5] &= ~(1 << (position & 31));
  }
}
