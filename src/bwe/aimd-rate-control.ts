import { BandwidthUsage } from './bandwidth-usage.js';
import { LinkCapacityEstimator } from './link-capacity-estimator.js';

/**
 * Turns overuse or its absence into a bitrate: it falls below the throughput when the path is overused, and otherwise
 * grows, slowly near the capacity that is known, exponentially if none is (draft-ietf-rmcat-gcc-02 §5.5).
 *
 * Bitrates are whole bps, times ms. A throughput of NaN is unknown.
 */
export class AimdRateControl {
  /** bps */
  bitrate = INITIAL_BITRATE;
  /** Whether `bitrate` is an estimate, and not what it started from. */
  hasEstimate = false;
  /** Round trip time, ms. */
  rtt = DEFAULT_RTT;
  /** Share of the throughput that is kept while the path is overused. */
  backoff = BACKOFF;
  /** Whether too little is sent for it to show that more than the bitrate would get through, too. */
  isApplicationLimited = false;

  readonly #capacity: LinkCapacityEstimator;
  readonly #packetsPerResponse: number;
  #minimum = MIN_BITRATE;
  /** Whether the bitrate waits for queues to drain. */
  #isHolding = true;
  #latestThroughput = INITIAL_BITRATE;
  #firstThroughputAt = NaN;
  #changedAt = NaN;

  /**
   * @param packetsPerResponse by how much the bitrate grows near the capacity, in the time that it takes to notice
   * @param minExcess of the known capacity: so much must arrive at least to be taken for a new one
   */
  constructor({ packetsPerResponse = 1, minExcess = 1 } = {}) {
    this.#capacity = new LinkCapacityEstimator(minExcess);
    this.#packetsPerResponse = packetsPerResponse;
  }

  /** How often it is worth telling a change, in ms: as often as makes 5 % of the bitrate. */
  get feedbackInterval(): number {
    const interval = (RTCP_SIZE * 8 * 1000) / (this.bitrate * 0.05);
    return Math.max(MIN_FEEDBACK_INTERVAL, Math.min(MAX_FEEDBACK_INTERVAL, interval));
  }

  /** Never to go below, bps. */
  setMinimum(bitrate: number): void {
    this.#minimum = Math.max(MIN_BITRATE, bitrate);
    this.bitrate = Math.max(this.#minimum, this.bitrate);
  }

  /** While the path is overused: whether the bitrate should be lowered again. */
  isTimeToReduceFurther(throughput: number, now: number): boolean {
    const interval = Math.max(10, Math.min(200, this.rtt));
    if (Number.isNaN(this.#changedAt) || now - this.#changedAt >= interval) return true;
    return this.hasEstimate && throughput < 0.5 * this.bitrate;
  }

  /** Takes a bitrate that was measured by probing. */
  setEstimate(bitrate: number, now: number): void {
    this.hasEstimate = true;
    this.bitrate = this.#clamp(bitrate, bitrate);
    this.#changedAt = now;
  }

  /** Returns the new bitrate. */
  update(usage: BandwidthUsage, throughput: number, now: number): number {
    if (!this.hasEstimate && !Number.isNaN(throughput)) {
      if (Number.isNaN(this.#firstThroughputAt)) {
        this.#firstThroughputAt = now;
      } else if (now - this.#firstThroughputAt > INITIALIZATION_MS) {
        this.bitrate = throughput;
        this.hasEstimate = true;
      }
    }
    if (!Number.isNaN(throughput)) this.#latestThroughput = throughput;
    // Overuse gives an estimate even if there was none.
    if (this.hasEstimate || usage === BandwidthUsage.overusing) this.#change(usage, this.#latestThroughput, now);
    return this.bitrate;
  }

  #change(usage: BandwidthUsage, throughput: number, now: number): void {
    if (usage === BandwidthUsage.overusing) {
      this.#decrease(throughput, now);
    } else if (usage === BandwidthUsage.underusing) {
      this.#isHolding = true;
      this.bitrate = this.#clamp(this.bitrate, throughput);
    } else {
      if (this.#isHolding) {
        this.#isHolding = false;
        this.#changedAt = now;
      }
      this.#increase(throughput, now);
    }
  }

  #increase(throughput: number, now: number): void {
    if (throughput > this.#capacity.upperBound) this.#capacity.reset();
    const seconds = (now - this.#changedAt) / 1000;
    this.#changedAt = now;
    if (this.isApplicationLimited) return;
    const increase = this.#capacity.hasEstimate
      ? Math.floor(this.#increasePerSecondNearCapacity() * seconds)
      : Math.max(Math.round(this.bitrate * (Math.pow(1.08, Math.min(seconds, 1)) - 1)), 1000);
    this.bitrate = this.#clamp(this.bitrate + increase, throughput);
  }

  #decrease(throughput: number, now: number): void {
    // A bit below the throughput, so that the queue drains.
    let bitrate = Math.round(throughput * this.backoff);
    if (bitrate > this.bitrate && this.#capacity.hasEstimate)
      bitrate = Math.round(this.backoff * this.#capacity.estimate);
    bitrate = Math.min(bitrate, this.bitrate);
    if (throughput < this.#capacity.lowerBound) this.#capacity.reset();
    this.#capacity.onOveruse(throughput);
    this.hasEstimate = true;
    this.#isHolding = true;
    this.#changedAt = now;
    this.bitrate = this.#clamp(bitrate, throughput);
  }

  /** Not far above what really arrives. */
  #clamp(bitrate: number, throughput: number): number {
    const maximum = Math.round(1.5 * throughput) + 10_000;
    if (bitrate > this.bitrate && bitrate > maximum) bitrate = Math.max(this.bitrate, maximum);
    return Math.max(bitrate, this.#minimum);
  }

  /** bps per second */
  #increasePerSecondNearCapacity(): number {
    const frameSize = this.bitrate / 8 / FRAMES_PER_SECOND;
    const packetSize = frameSize / Math.ceil(frameSize / PACKET_SIZE);
    const responseSeconds = (2 * (this.rtt + OVERUSE_DELAY)) / 1000;
    return Math.max(4000, (this.#packetsPerResponse * packetSize * 8) / responseSeconds);
  }
}

const INITIAL_BITRATE = 30_000_000;
const MIN_BITRATE = 5000;
const DEFAULT_RTT = 200;
const BACKOFF = 0.85;
const INITIALIZATION_MS = 5000;
/** Bytes of a feedback message on the wire. */
const RTCP_SIZE = 80;
const MIN_FEEDBACK_INTERVAL = 200;
const MAX_FEEDBACK_INTERVAL = 1000;
const FRAMES_PER_SECOND = 30;
const PACKET_SIZE = 1200;
/** Until overuse is noticed, ms. */
const OVERUSE_DELAY = 100;
