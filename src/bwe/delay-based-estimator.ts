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
  /** Whether the last update saw that a queue, made by overuse, has drained. */
  hasRecovered = false;

  #interArrival = new InterArrival(MAX_BURST_MS);
  #trendline = new TrendlineEstimator();
  #detector = new OveruseDetector();
  readonly #queue = new QueueDelay();
  readonly #rateControl = new AimdRateControl(GROWTH);
  #updatedAt = -Infinity;
  #isDraining = false;
  #overusedAt = -Infinity;
  /** What came out of the last queue, and when that was, bps. */
  #capacity = NaN;
  #capacityAt = -Infinity;

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

  /** Whether there was overuse with a queue that stood, and this has not drained yet. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Whether a queue has been standing for so long that it is none of a burst. */
  get isCongested(): boolean {
    return this.#queue.standingFor >= STANDING_MS;
  }

  /** What this sender has got out of a full path in the last seconds, bps; NaN: it was not full. */
  recentCapacity(now: number): number {
    return now - this.#capacityAt < RECENT_CAPACITY_MS ? this.#capacity : NaN;
  }

  /** Whether the path was full in the last seconds. */
  wasOverused(now: number): boolean {
    return now - this.#overusedAt < RECENT_OVERUSE_MS;
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
      this.#addPacket(feedback.sentAt[index], feedback.arrivals[index], feedback.sizes[index], now);
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
    // What came out of a full path lately gets through again, even if there is little media at present.
    rateControl.isApplicationLimited = isApplicationLimited && !(this.bitrate < this.recentCapacity(now));
    if (usage === BandwidthUsage.overusing) {
      this.#noteOveruse(now);
      this.#decrease(isApplicationLimited ? this.#throughputWithLittleMedia : throughput, now);
      return;
    }
    if (this.#isDraining && this.queueDelay < MIN_QUEUE_MS) {
      this.#isDraining = false;
      this.hasRecovered = true;
    }
    if (Number.isNaN(probed)) rateControl.update(usage, throughput, now);
    else rateControl.setEstimate(probed, now);
  }

  #noteOveruse(now: number): void {
    this.#overusedAt = now;
    if (Number.isNaN(this.#queue.drainBitrate)) return;
    this.#isDraining = true;
    this.#capacity = this.#queue.drainBitrate;
    this.#capacityAt = now;
  }

  #decrease(throughput: number, now: number): void {
    const rateControl = this.#rateControl;
    if (!rateControl.isTimeToReduceFurther(throughput, now)) return;
    if (Number.isNaN(throughput)) rateControl.setEstimate(rateControl.bitrate / 2, now);
    else rateControl.update(BandwidthUsage.overusing, throughput, now);
  }

  /**
   * What comes out of the queue, if it stands; or else overuse with little media is that of a burst, or of an estimate that
   * was not tried yet, which is lowered step by step.
   */
  get #throughputWithLittleMedia(): number {
    const { drainBitrate } = this.#queue;
    return Number.isNaN(drainBitrate) ? this.#rateControl.bitrate : drainBitrate;
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
const STANDING_MS = 500;
const RECENT_CAPACITY_MS = 10_000;
const RECENT_OVERUSE_MS = 6000;
/** Near the capacity: flows that share a path get even the sooner, the faster they grow, and bursts are no new capacity. */
const GROWTH = { packetsPerResponse: 2, minExcess: 1.15 };
/** Makes a slope comparable with the detector's threshold. */
const GAIN = 4;

/** 32 bits that wrap, in 2^-26 s. */
function toTicks(ms: number): number {
  return Math.round((ms * 2 ** 26) / 1000) >>> 0;
}
