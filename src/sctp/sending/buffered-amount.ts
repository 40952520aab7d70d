/** Counts queued bytes and tells when they become few. */
export class BufferedAmount {
  #value = 0;
  #lowThreshold: number;
  readonly #onLow: () => void;

  /** @param onLow the amount fell to the threshold, or the threshold was raised to it. */
  constructor(lowThreshold: number, onLow: () => void) {
    this.#lowThreshold = lowThreshold;
    this.#onLow = onLow;
  }

  get value(): number {
    return this.#value;
  }

  get lowThreshold(): number {
    return this.#lowThreshold;
  }

  set lowThreshold(threshold: number) {
    const becomesLow = this.#lowThreshold < this.#value && threshold >= this.#value;
    this.#lowThreshold = threshold;
    if (becomesLow) this.#onLow();
  }

  increase(bytes: number): void {
    this.#value += bytes;
  }

  decrease(bytes: number): void {
    const wasHigh = this.#value > this.#lowThreshold;
    this.#value -= bytes;
    if (wasHigh && this.#value <= this.#lowThreshold) this.#onLow();
  }
}
