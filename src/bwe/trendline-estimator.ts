/**
 * Estimates by how much the delay grows, as the slope of a line through the smoothed delays of the latest groups of
 * packets: about (sending rate − capacity) / capacity while a queue grows. libwebrtc's `TrendlineEstimator`, which took
 * the place of the Kalman filter of draft-ietf-rmcat-gcc-02 §5.3.
 */
export class TrendlineEstimator {
  /** ms of delay per ms. */
  slope = 0;
  /** Groups that were seen, at most 1000. */
  deltaCount = 0;

  #firstArrival = NaN;
  #accumulatedDelay = 0;
  #smoothedDelay = 0;
  /** The latest groups: when they arrived, and the smoothed delay then, ms. */
  readonly #times = new Float64Array(WINDOW);
  readonly #delays = new Float64Array(WINDOW);
  /** Where the next group goes. The order in the window does not matter to the line. */
  #next = 0;

  /**
   * @param receiveDelta between the last two groups, ms
   * @param sendDelta the same
   * @param arrival of the last group, ms
   */
  update(receiveDelta: number, sendDelta: number, arrival: number): void {
    if (Number.isNaN(this.#firstArrival)) this.#firstArrival = arrival;
    this.#accumulatedDelay += receiveDelta - sendDelta;
    this.#smoothedDelay = SMOOTHING * this.#smoothedDelay + (1 - SMOOTHING) * this.#accumulatedDelay;
    this.#times[this.#next] = arrival - this.#firstArrival;
    this.#delays[this.#next] = this.#smoothedDelay;
    this.#next = (this.#next + 1) % WINDOW;
    if (this.deltaCount < MAX_DELTA_COUNT) this.deltaCount++;
    if (this.deltaCount >= WINDOW) this.#fitLine();
  }

  /** Least squares. */
  #fitLine(): void {
    let timeSum = 0;
    let delaySum = 0;
    for (let i = 0; i < WINDOW; i++) {
      timeSum += this.#times[i];
      delaySum += this.#delays[i];
    }
    const meanTime = timeSum / WINDOW;
    const meanDelay = delaySum / WINDOW;
    let numerator = 0;
    let denominator = 0;
    for (let i = 0; i < WINDOW; i++) {
      const time = this.#times[i] - meanTime;
      numerator += time * (this.#delays[i] - meanDelay);
      denominator += time * time;
    }
    // Groups that arrived all at once say nothing.
    if (denominator > 0) this.slope = numerator / denominator;
  }
}

/** Groups. */
const WINDOW = 20;
/** Of delays, from group to group. */
const SMOOTHING = 0.9;
const MAX_DELTA_COUNT = 1000;
