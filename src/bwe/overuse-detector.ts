import { BandwidthUsage } from './bandwidth-usage.js';

/**
 * Decides from the growth of the delay whether the path is overused: when it stays over a threshold for some time and
 * does not fall. The threshold adapts to the usual growth, so that flows which react to loss do not starve this one
 * (draft-ietf-rmcat-gcc-02 §5.4).
 */
export class OveruseDetector {
  usage: BandwidthUsage = BandwidthUsage.normal;
  /** The last growth of the delay, and what it is compared with. */
  growth = 0;
  threshold = 12.5;

  #thresholdUpdatedAt = NaN;
  #previousOffset = 0;
  /** ms over the threshold; NaN: not over it. */
  #overusingFor = NaN;
  #overuses = 0;

  /**
   * @param offset of the estimator, after `deltaCount` groups
   * @param sendDelta ms between the last two groups
   * @param now ms
   */
  detect(offset: number, sendDelta: number, deltaCount: number, now: number): void {
    if (deltaCount < 2) return;
    const growth = Math.min(deltaCount, MAX_DELTA_COUNT) * offset;
    this.growth = growth;
    if (growth > this.threshold) {
      // The time it began is unknown: half a delta ago on average.
      this.#overusingFor = Number.isNaN(this.#overusingFor) ? sendDelta / 2 : this.#overusingFor + sendDelta;
      this.#overuses++;
      if (this.#overusingFor > OVERUSE_MS && this.#overuses > 1 && offset >= this.#previousOffset) {
        this.#overusingFor = 0;
        this.#overuses = 0;
        this.usage = BandwidthUsage.overusing;
      }
    } else {
      this.#overusingFor = NaN;
      this.#overuses = 0;
      this.usage = growth < -this.threshold ? BandwidthUsage.underusing : BandwidthUsage.normal;
    }
    this.#previousOffset = offset;
    this.#adaptThreshold(Math.abs(growth), now);
  }

  #adaptThreshold(growth: number, now: number): void {
    const elapsed = Number.isNaN(this.#thresholdUpdatedAt) ? 0 : now - this.#thresholdUpdatedAt;
    this.#thresholdUpdatedAt = now;
    // A sudden loss of capacity makes spikes that say nothing about the usual growth.
    if (growth > this.threshold + MAX_ADAPT_OFFSET) return;
    const gain = growth < this.threshold ? GAIN_DOWN : GAIN_UP;
    const threshold =
      this.threshold + gain * (growth - this.threshold) * Math.max(0, Math.min(elapsed, MAX_ELAPSED_MS));
    this.threshold = Math.max(MIN_THRESHOLD, Math.min(MAX_THRESHOLD, threshold));
  }
}

const MAX_DELTA_COUNT = 60;
const OVERUSE_MS = 10;
const MAX_ADAPT_OFFSET = 15;
const GAIN_UP = 0.0087;
const GAIN_DOWN = 0.039;
const MAX_ELAPSED_MS = 100;
const MIN_THRESHOLD = 6;
const MAX_THRESHOLD = 600;
