/** Throughput over a sliding window of one second, as congestion control counts it: in whole ms, unknown at first. */
export class RateStatistics {
  readonly #bytes = new Float64Array(WINDOW);
  readonly #samples = new Int32Array(WINDOW);
  #totalBytes = 0;
  #totalSamples = 0;
  /** The ms that the window begins with; NaN before the first sample. */
  #oldest = NaN;

  reset(): void {
    this.#bytes.fill(0);
    this.#samples.fill(0);
    this.#totalBytes = 0;
    this.#totalSamples = 0;
    this.#oldest = NaN;
  }

  /** @param now ms, whole */
  add(bytes: number, now: number): void {
    if (now < this.#oldest) return;
    this.#expire(now);
    if (Number.isNaN(this.#oldest)) this.#oldest = now;
    const index = now % WINDOW;
    this.#bytes[index] += bytes;
    this.#samples[index]++;
    this.#totalBytes += bytes;
    this.#totalSamples++;
  }

  /** bps, NaN while there are too few samples. */
  rate(now: number): number {
    this.#expire(now);
    const duration = now - this.#oldest + 1;
    if (this.#totalSamples === 0 || duration <= 1) return NaN;
    if (this.#totalSamples === 1 && duration < WINDOW) return NaN;
    return Math.floor((this.#totalBytes * 8000) / duration + 0.5);
  }

  #expire(now: number): void {
    const oldest = now - WINDOW + 1;
    if (Number.isNaN(this.#oldest) || oldest <= this.#oldest) return;
    for (; this.#totalSamples > 0 && this.#oldest < oldest; this.#oldest++) {
      const index = this.#oldest % WINDOW;
      this.#totalBytes -= this.#bytes[index];
      this.#totalSamples -= this.#samples[index];
      this.#bytes[index] = 0;
      this.#samples[index] = 0;
    }
    this.#oldest = oldest;
  }
}

/** ms */
const WINDOW = 1000;
