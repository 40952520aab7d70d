/**
 * Tells when much less is sent than could be, because there is no more media (application limited region): then the
 * estimate cannot be confirmed by sending, and has to be probed. A budget fills at a share of the estimate and is used up
 * by what is sent. libwebrtc's `AlrDetector`, with the values that the reference worker gives it.
 */
export class AlrDetector {
  /** ms; NaN: media fills the estimate. */
  startedAt = NaN;
  /** When the last such time ended, ms. */
  endedAt = -Infinity;

  /** Bytes per ms. */
  #rate = 0;
  /** Of the budget, in both directions. */
  #maximum = 0;
  /** Bytes, within ± the maximum. */
  #budget = 0;
  #updatedAt = NaN;

  get isLimited(): boolean {
    return !Number.isNaN(this.startedAt);
  }

  /** @param bitrate bps, the estimate */
  setBitrate(bitrate: number): void {
    this.#rate = (bitrate * USAGE) / 8000;
    this.#maximum = this.#rate * WINDOW_MS;
    this.#budget = Math.max(-this.#maximum, Math.min(this.#maximum, this.#budget));
  }

  /** For each packet, so all is done in one place: numbers with fractions that are passed on become objects. */
  onPacketSent(size: number, now: number): void {
    const maximum = this.#maximum;
    const used = Math.max(-maximum, Math.min(maximum, this.#budget - size));
    const filled = Number.isNaN(this.#updatedAt) ? 0 : this.#rate * (now - this.#updatedAt);
    const budget = Math.max(-maximum, Math.min(maximum, used + filled));
    this.#budget = budget;
    this.#updatedAt = now;
    const level = budget / maximum;
    if (!this.isLimited && level > START_LEVEL) {
      this.startedAt = now;
    } else if (this.isLimited && level < STOP_LEVEL) {
      this.startedAt = NaN;
      this.endedAt = now;
    }
  }

  /** Lets time pass. */
  update(now: number): void {
    this.onPacketSent(0, now);
  }
}

/** Share of the estimate that is to be used. */
const USAGE = 0.8;
/** Shares of the largest budget. */
const START_LEVEL = 0.4;
const STOP_LEVEL = -0.6;
const WINDOW_MS = 500;
