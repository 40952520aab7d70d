import { BandwidthUsage } from './bandwidth-usage.js';

/**
 * Estimates by how much the delay grows from group to group, with a Kalman filter that tells this offset from what
 * larger groups take longer (draft-ietf-rmcat-gcc-02 §5.3, draft-alvestrand-rmcat-congestion-02 §3.2).
 */
export class OveruseEstimator {
  /** ms per group of packets. */
  offset = 0;
  /** Groups that the estimate is based on, at most 1000. */
  deltaCount = 0;

  /** ms per byte. */
  #slope = 8 / 512;
  #previousOffset = 0;
  // The covariance of (slope, offset).
  #e00 = 100;
  #e01 = 0;
  #e10 = 0;
  #e11 = 0.1;
  #noiseAverage = 0;
  #noiseVariance = 50;
  readonly #sendDeltas = new Float64Array(HISTORY);
  #sendDeltaCount = 0;

  /** @param usage what the detector says until now */
  update(receiveDelta: number, sendDelta: number, sizeDelta: number, usage: BandwidthUsage): void {
    const framePeriod = this.#minimumSendDelta(sendDelta);
    if (this.deltaCount < MAX_DELTA_COUNT) this.deltaCount++;

    this.#e00 += SLOPE_PROCESS_NOISE;
    this.#e11 += OFFSET_PROCESS_NOISE;
    if (
      (usage === BandwidthUsage.overusing && this.offset < this.#previousOffset) ||
      (usage === BandwidthUsage.underusing && this.offset > this.#previousOffset)
    ) {
      this.#e11 += 10 * OFFSET_PROCESS_NOISE;
    }

    const eh0 = this.#e00 * sizeDelta + this.#e01;
    const eh1 = this.#e10 * sizeDelta + this.#e11;
    const residual = receiveDelta - sendDelta - this.#slope * sizeDelta - this.offset;
    if (usage === BandwidthUsage.normal) {
      // Very late frames, such as periodic key frames, do not fit the Gaussian model.
      const maximum = 3 * Math.sqrt(this.#noiseVariance);
      this.#updateNoise(Math.max(-maximum, Math.min(maximum, residual)), framePeriod);
    }

    const denominator = this.#noiseVariance + sizeDelta * eh0 + eh1;
    const gain0 = eh0 / denominator;
    const gain1 = eh1 / denominator;
    const e00 = this.#e00;
    const e01 = this.#e01;
    const e10 = this.#e10;
    const e11 = this.#e11;
    this.#e00 = e00 * (1 - gain0 * sizeDelta) - e10 * gain0;
    this.#e01 = e01 * (1 - gain0 * sizeDelta) - e11 * gain0;
    this.#e10 = e10 * (1 - gain1) - e00 * gain1 * sizeDelta;
    this.#e11 = e11 * (1 - gain1) - e01 * gain1 * sizeDelta;

    this.#slope += gain0 * residual;
    this.#previousOffset = this.offset;
    this.offset += gain1 * residual;
  }

  /** The lowest of the latest deltas, this one included: about the time between two frames. */
  #minimumSendDelta(sendDelta: number): number {
    let minimum = sendDelta;
    const count = Math.min(this.#sendDeltaCount, HISTORY);
    for (let i = 0; i < count; i++) minimum = Math.min(minimum, this.#sendDeltas[i]);
    this.#sendDeltas[this.#sendDeltaCount++ % HISTORY] = sendDelta;
    return minimum;
  }

  #updateNoise(residual: number, framePeriod: number): void {
    // Faster in the beginning; tuned for 30 frames per second.
    const alpha = this.deltaCount > 300 ? 0.002 : 0.01;
    const beta = Math.pow(1 - alpha, (framePeriod * 30) / 1000);
    this.#noiseAverage = beta * this.#noiseAverage + (1 - beta) * residual;
    const deviation = this.#noiseAverage - residual;
    this.#noiseVariance = Math.max(1, beta * this.#noiseVariance + (1 - beta) * deviation * deviation);
  }
}

const HISTORY = 60;
const MAX_DELTA_COUNT = 1000;
const SLOPE_PROCESS_NOISE = 1e-13;
const OFFSET_PROCESS_NOISE = 1e-3;
