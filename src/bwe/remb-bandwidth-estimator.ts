import {
  type BandwidthEstimator,
  type BandwidthEstimatorOptions,
  type BandwidthEstimatorOwner,
  type EstimatorState,
  type LimitingFactor,
  PACING_FACTOR,
} from './bandwidth-estimator.js';
import { LOSS_BALANCE, LOSS_OFFSET } from './loss-observations.js';
import { PacketLossHistory } from './packet-loss-history.js';
import { RateStatistics } from './rate-statistics.js';

/**
 * Estimates the bandwidth for a receiver that does it itself and tells with REMBs (draft-alvestrand-rmcat-remb-03), bounded
 * by the loss that it reports (draft-ietf-rmcat-gcc-02 §6).
 *
 * Such a receiver believes in not much more than it receives. Where more is wanted, padding fills up what it allows, for
 * as long as it then allows more and more.
 */
export class RembBandwidthEstimator implements BandwidthEstimator {
  nextDeadline = Infinity;
  targetBitrate: number;
  rtt = NaN;

  readonly #owner: BandwidthEstimatorOwner;
  readonly #initialBitrate: number;
  readonly #lossHistory = new PacketLossHistory();
  readonly #sent = new RateStatistics();
  #min: number;
  #max: number;
  #desired = 0;
  #limitedBy: LimitingFactor = 'initial';
  /** The same as `receiver`, be it that the target is the minimum nevertheless. */
  #isLimitedByReceiver = false;
  #isConnected = false;
  /** bps; NaN before the first. */
  #remb = NaN;

  /** What the loss allows, bps. */
  #lossLimit = Infinity;
  #reportedAt = NaN;
  #loweredAt = -Infinity;
  #loss = 0;

  #isPadding = false;
  /** Bytes that may be sent before the target is exceeded. */
  #budget = 0;
  #paddedAt = 0;
  /** Padding that does not raise the receiver's estimate is of no use: when that is looked at, and what it was before. */
  #judgeAt = 0;
  #rembBefore = 0;
  #pauseUntil = -Infinity;
  #pause = MIN_PAUSE_MS;

  constructor({ initialBitrate, minBitrate, maxBitrate }: BandwidthEstimatorOptions, owner: BandwidthEstimatorOwner) {
    this.#initialBitrate = initialBitrate;
    this.#min = minBitrate;
    this.#max = maxBitrate;
    this.#owner = owner;
    this.targetBitrate = Math.max(minBitrate, Math.min(maxBitrate, initialBitrate));
  }

  get pacingBitrate(): number {
    return PACING_FACTOR * this.targetBitrate;
  }

  /** The receiver does not tell. */
  get isCongested(): boolean {
    return false;
  }

  get packetLoss(): number {
    return this.#lossHistory.average;
  }

  transportConnected(now: number): void {
    this.#isConnected = true;
    this.#decideOnPadding(now);
  }

  transportDisconnected(): void {
    this.#isConnected = false;
    this.#stopPadding();
  }

  onPacketSent(_sequenceNumber: number, size: number, now: number): void {
    this.#sent.add(size, Math.floor(now));
    this.#budget -= size;
  }

  onTransportFeedback(): void {
    // Was not negotiated.
  }

  onReceiverReport(fractionLost: number, rtt: number, now: number): void {
    if (rtt > 0) this.rtt = rtt;
    this.#lossHistory.add(fractionLost);
    this.#loss = fractionLost;
    this.#updateLossLimit(now);
    this.#reportedAt = now;
    this.#update(now);
  }

  onRemb(bitrate: number, now: number): void {
    this.#remb = bitrate > 0 ? bitrate : Infinity;
    this.#update(now);
  }

  setLimits(min: number, max: number, now: number): void {
    this.#min = min;
    this.#max = max;
    this.#update(now);
  }

  setDesiredBitrate(bitrate: number, now: number): void {
    if (bitrate > this.#desired) {
      this.#pause = MIN_PAUSE_MS;
      this.#pauseUntil = -Infinity;
    }
    this.#desired = bitrate;
    this.#decideOnPadding(now);
  }

  onTimeout(now: number): void {
    this.#decideOnPadding(now);
    if (!this.#isPadding) return;
    const maximum = Math.max(2 * MIN_PADDING, Math.min(MAX_BURST, (this.targetBitrate * MAX_BURST_MS) / 8000));
    const filled = (this.targetBitrate * (now - this.#paddedAt)) / 8000;
    this.#budget = Math.max(-maximum, Math.min(maximum, this.#budget + filled));
    this.#paddedAt = now;
    this.nextDeadline = now + PADDING_INTERVAL_MS;
    if (this.#budget >= MIN_PADDING) this.#owner.onSendProbe(Math.floor(this.#budget), now);
  }

  describe(): EstimatorState {
    return {
      targetBitrate: this.targetBitrate,
      limitedBy: this.#limitedBy,
      minBitrate: this.#min,
      maxBitrate: this.#max,
      desiredBitrate: this.#desired,
      acknowledgedBitrate: NaN,
      delayBasedBitrate: NaN,
      usage: 'normal',
      trend: NaN,
      threshold: NaN,
      queueDelay: NaN,
      lossBasedBitrate: this.#lossLimit,
      lossBasedState: 'delay-based',
      inherentLoss: 0,
      receiverBitrate: this.#remb,
      packetLoss: this.packetLoss,
      rtt: this.rtt,
      inFlight: 0,
      isApplicationLimited: this.#isPadding,
      probeBitrate: this.#isPadding ? this.targetBitrate : 0,
    };
  }

  #updateLossLimit(now: number): void {
    if (this.#loss > HIGH_LOSS) {
      if (now - this.#loweredAt < LOWERING_INTERVAL_MS + (this.rtt || 0)) return;
      this.#loweredAt = now;
      // Not for ever: what is lost even of little gets lost whatever is sent.
      const believable = LOSS_BALANCE / (this.#loss - LOSS_OFFSET);
      const lowered = this.targetBitrate * (1 - this.#loss / 2);
      this.#lossLimit = Math.min(this.#lossLimit, Math.max(lowered, believable));
    } else if (this.#loss < LOW_LOSS && this.#lossLimit !== Infinity) {
      const seconds = Math.min(1, (now - this.#reportedAt) / 1000);
      this.#lossLimit = this.#lossLimit * Math.pow(GROWTH, seconds) + MIN_GROWTH * seconds;
      if (this.#lossLimit > this.#remb) this.#lossLimit = Infinity;
    }
  }

  /**
   * Where nothing is sent that could be lost, nothing is reported, and what was lost before says nothing any more. Padding
   * has no reports.
   */
  #forgetOldLoss(now: number): void {
    if (!(now - this.#reportedAt > REPORT_VALIDITY_MS)) return;
    this.#loss = 0;
    this.#lossLimit = Infinity;
  }

  #update(now: number): void {
    this.#forgetOldLoss(now);
    const previous = this.targetBitrate;
    let bitrate = this.#remb;
    this.#limitedBy = 'receiver';
    if (!(bitrate < Infinity)) {
      bitrate = this.#initialBitrate;
      this.#limitedBy = 'initial';
    }
    bitrate = this.#bound(bitrate, this.#lossLimit, 'loss');
    bitrate = this.#bound(bitrate, this.#max, 'maximum');
    this.#isLimitedByReceiver = this.#limitedBy === 'receiver';
    if (bitrate < this.#min) {
      bitrate = this.#min;
      this.#limitedBy = 'minimum';
    }
    this.targetBitrate = Math.round(bitrate);
    this.#decideOnPadding(now);
    if (this.targetBitrate !== previous) this.#owner.onTargetBitrate(this.targetBitrate, now);
  }

  #bound(bitrate: number, limit: number, factor: LimitingFactor): number {
    if (bitrate <= limit) return bitrate;
    this.#limitedBy = factor;
    return limit;
  }

  /** Starts, goes on or stops. */
  #decideOnPadding(now: number): void {
    this.#forgetOldLoss(now);
    const isOfUse =
      this.#isConnected &&
      this.#isLimitedByReceiver &&
      this.targetBitrate < this.#desired &&
      this.#loss < LOW_LOSS &&
      now >= this.#pauseUntil;
    if (!isOfUse) {
      this.#stopPadding();
    } else if (!this.#isPadding) {
      // Media that fills the target needs no padding.
      const isFilled = this.#sent.rate(Math.floor(now)) >= FILLED * this.targetBitrate;
      if (!isFilled) this.#startPadding(now);
    } else if (now >= this.#judgeAt) {
      if (this.#remb >= SUCCESS * this.#rembBefore) {
        this.#pause = MIN_PAUSE_MS;
        this.#judgeLater(now);
      } else {
        this.#pausePadding(now);
      }
    }
  }

  #startPadding(now: number): void {
    this.#isPadding = true;
    this.#budget = 0;
    this.#paddedAt = now;
    this.nextDeadline = now + PADDING_INTERVAL_MS;
    this.#judgeLater(now);
  }

  #judgeLater(now: number): void {
    this.#judgeAt = now + JUDGE_INTERVAL_MS;
    this.#rembBefore = this.#remb;
  }

  #pausePadding(now: number): void {
    this.#stopPadding();
    this.#pauseUntil = now + this.#pause;
    this.#pause = Math.min(MAX_PAUSE_MS, 2 * this.#pause);
  }

  #stopPadding(): void {
    this.#isPadding = false;
    this.nextDeadline = Infinity;
  }
}

// draft-ietf-rmcat-gcc-02 §6: below the lower loss the bitrate grows, above the higher one it falls by half of the loss.
const LOW_LOSS = 0.02;
const HIGH_LOSS = 0.1;
/** Per second, and bps per second. */
const GROWTH = 1.08;
const MIN_GROWTH = 1000;
/** Receivers report on video once per second, and on nothing less often than every 5 s (RFC 3550 §6.2). */
const REPORT_VALIDITY_MS = 5000;
/** Plus a round trip time: as long as it takes to see what the last lowering did. */
const LOWERING_INTERVAL_MS = 300;

/** Of the target: so little media is to be padded. */
const FILLED = 0.8;
const PADDING_INTERVAL_MS = 25;
const MAX_BURST_MS = 50;
/** Bytes; the largest burst is that of 160 Mbps, since anybody can claim to have any bandwidth. */
const MIN_PADDING = 200;
const MAX_BURST = 500_000;
const JUDGE_INTERVAL_MS = 3000;
/** Of the receiver's estimate before. */
const SUCCESS = 1.05;
const MIN_PAUSE_MS = 10_000;
const MAX_PAUSE_MS = 60_000;
