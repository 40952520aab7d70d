import { AimdRateControl } from './aimd-rate-control.js';
import { BandwidthUsage } from './bandwidth-usage.js';
import { InterArrival } from './inter-arrival.js';
import { OveruseDetector } from './overuse-detector.js';
import { type PacketFeedback } from './packet-feedback.js';
import { QueueDelay } from './queue-delay.js';
import { TrendlineEstimator } from './trendline-estimator.js';

/**
 * Estimates the bandwidth from how the delay develops: where it grows, a queue fills (draft-ietf-rmcat-gcc-02 §4, §5; in
 * libwebrtc `DelayBasedBwe`).
 */
export class DelayBasedEstimator {
  /** Whether the last update saw the end of an overuse: a queue that drained is empty now. */
  hasRecovered = false;

  #interArrival = new InterArrival(MAX_BURST_MS);
  #trendline = new TrendlineEstimator();
  #detector = new OveruseDetector();
  readonly #queue = new QueueDelay();
  readonly #rateControl = new AimdRateControl();
  #updatedAt = -Infinity;

  /** @param initialBitrate bps */
  constructor(initialBitrate: number) {
    this.#rateControl.setEstimate(initialBitrate, -Infinity);
  }

  /** bps */
  get bitrate(): number {
    return this.#rateControl.bitrate;
  }

  get usage(): BandwidthUsage {
    return this.#detector.usage;
  }

  /** What the detector compares with `threshold`. */
  get trend(): number {
    return this.#detector.growth;
  }

  /** How long packets wait on the way, ms. */
  get queueDelay(): number {
    return this.#queue.current;
  }

  get threshold(): number {
    return this.#detector.threshold;
  }

  setMinimum(bitrate: number): void {
    this.#rateControl.setMinimum(bitrate);
  }

  /** @param rtt ms */
  setRtt(rtt: number): void {
    this.#rateControl.rtt = rtt;
  }

  /**
   * @param throughput bps, NaN if not known
   * @param probed bps, what a probe has just found; NaN if none has
   * @param isApplicationLimited whether the throughput says nothing about what could be
   */
  update(
    feedback: PacketFeedback,
    throughput: number,
    probed: number,
    isApplicationLimited: boolean,
    now: number,
  ): void {
    this.hasRecovered = false;
    this.#queue.update(feedback, now);
    for (let i = 0; i < feedback.receivedCount; i++) {
      const index = feedback.byArrival[i];
      const usageBefore = this.usage;
      this.#addPacket(feedback.sentAt[index], feedback.arrivals[index], feedback.sizes[index], now);
      if (usageBefore === BandwidthUsage.underusing && this.usage === BandwidthUsage.normal) this.hasRecovered = true;
    }
    if (feedback.receivedCount > 0) this.#updateBitrate(throughput, probed, isApplicationLimited, now);
  }

  #addPacket(sentAt: number, arrival: number, size: number, now: number): void {
    if (now - this.#updatedAt > STREAM_TIMEOUT_MS) {
      this.#interArrival = new InterArrival(MAX_BURST_MS);
      this.#trendline = new TrendlineEstimator();
      this.#detector = new OveruseDetector();
    }
    this.#updatedAt = now;
    if (!this.#interArrival.update(toTicks(sentAt), arrival, now, size)) return;
    const { receiveDelta, sendDelta } = this.#interArrival;
    this.#trendline.update(receiveDelta, sendDelta, arrival);
    const offset = this.#trendline.slope * GAIN;
    this.#detector.detect(offset, sendDelta, this.#trendline.deltaCount, arrival);
  }

  /** So little less than what arrives that the queue drains within about a second. */
  get #backoff(): number {
    return Math.max(MIN_BACKOFF, Math.min(MAX_BACKOFF, 1 - SPARE - this.#queue.current / DRAIN_MS));
  }

  /** A delay that grows without a queue that stays is one of packets that come in larger bursts than before. */
  get #confirmedUsage(): BandwidthUsage {
    const isConfirmed = this.usage !== BandwidthUsage.overusing || this.queueDelay >= MIN_QUEUE_MS;
    return isConfirmed ? this.usage : BandwidthUsage.underusing;
  }

  #updateBitrate(throughput: number, probed: number, isApplicationLimited: boolean, now: number): void {
    const rateControl = this.#rateControl;
    const usage = this.#confirmedUsage;
    rateControl.backoff = this.#backoff;
    // Overuse with little media is one of a burst, or of an estimate that was not tried yet: it is lowered step by step.
    if (isApplicationLimited && usage === BandwidthUsage.overusing) throughput = rateControl.bitrate;
    if (usage !== BandwidthUsage.overusing) {
      if (Number.isNaN(probed)) rateControl.update(usage, throughput, now);
      else rateControl.setEstimate(probed, now);
    } else if (!Number.isNaN(throughput)) {
      if (rateControl.isTimeToReduceFurther(throughput, now)) rateControl.update(usage, throughput, now);
    } else if (rateControl.isTimeToReduceFurther(NaN, now)) {
      rateControl.setEstimate(rateControl.bitrate / 2, now);
    }
  }
}

/** Not the usual 100 ms: on a full and fast path all packets come close together, and long bursts hide the growth. */
const MAX_BURST_MS = 50;
/** Feedback that far apart tells nothing about the development in between. */
const STREAM_TIMEOUT_MS = 2000;
/** Shares of the throughput. The draft has 0.85 for all queues. */
const MIN_BACKOFF = 0.7;
const MAX_BACKOFF = 0.92;
const SPARE = 0.05;
const DRAIN_MS = 1000;
const MIN_QUEUE_MS = 5;
/** Makes a slope comparable with the detector's threshold. */
const GAIN = 4;

/** 32 bits that wrap, in 2^-26 s. */
function toTicks(ms: number): number {
  return Math.round((ms * 2 ** 26) / 1000) >>> 0;
}
