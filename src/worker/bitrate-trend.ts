/** Share of the last peak by which the trend may fall within one second. */
const MAX_FALL = 0.05;

/** Follows a bitrate up at once, and down slowly, as it may rise again. */
export class BitrateTrend {
  /** bps */
  value = 0;

  #peak = 0;
  #peakAt = 0;

  update(bitrate: number, now: number): void {
    if (this.value === 0 || bitrate >= this.value) return this.reset(bitrate, now);
    const floor = this.#peak - Math.trunc((this.#peak * MAX_FALL * (now - this.#peakAt)) / 1000);
    this.value = Math.max(bitrate, floor);
  }

  /** Takes over a bitrate whatever it was before. */
  reset(bitrate: number, now: number): void {
    this.value = bitrate;
    this.#peak = bitrate;
    this.#peakAt = now;
  }
}
