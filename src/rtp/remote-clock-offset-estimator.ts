const WINDOW = 7;
const MIN_SAMPLES = 3;

/**
 * How much the worker's monotonic clock is ahead of a sender's NTP clock, in µs: the median over the last sender
 * reports of (arrival − NTP time − half the round trip time). The median, so that single late reports do not count.
 */
export class RemoteClockOffsetEstimator {
  /** µs to add to the sender's NTP time (µs since 1900) to get local monotonic time. NaN until known. */
  offset = NaN;

  readonly #samples = new Float64Array(WINDOW);
  readonly #sorted = new Float64Array(WINDOW);
  #count = 0;
  #next = 0;
  #lastArrival = -1;

  /**
   * @param ntpTime of the report, µs since 1900
   * @param arrival µs of the local clock. Reports that came in one datagram count once: they tell the same.
   * @param rtt ms, 0 if unknown
   */
  addSenderReport(ntpTime: number, arrival: number, rtt: number): void {
    if (ntpTime === 0 || arrival === this.#lastArrival) return;
    this.#lastArrival = arrival;
    this.#samples[this.#next] = arrival - ntpTime - Math.trunc(rtt) * 500;
    this.#next = (this.#next + 1) % WINDOW;
    if (this.#count < WINDOW) this.#count++;
    if (this.#count >= MIN_SAMPLES) this.offset = this.#median();
  }

  reset(): void {
    this.offset = NaN;
    this.#count = 0;
    this.#next = 0;
    this.#lastArrival = -1;
  }

  /** The upper one of an even number. Insertion sort: seven numbers, and nothing is allocated. */
  #median(): number {
    for (let i = 0; i < this.#count; i++) {
      const sample = this.#samples[i];
      let at = i;
      for (; at > 0 && this.#sorted[at - 1] > sample; at--) this.#sorted[at] = this.#sorted[at - 1];
      this.#sorted[at] = sample;
    }
    return this.#sorted[this.#count >> 1];
  }
}
