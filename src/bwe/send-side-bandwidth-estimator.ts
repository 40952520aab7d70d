import { AlrDetector } from './alr-detector.js';
import {
  type BandwidthEstimator,
  type BandwidthEstimatorOptions,
  type BandwidthEstimatorOwner,
  type EstimatorState,
  type LimitingFactor,
  PACING_FACTOR,
  type TransportFeedback,
} from './bandwidth-estimator.js';
import { BandwidthUsage } from './bandwidth-usage.js';
import { DelayBasedEstimator } from './delay-based-estimator.js';
import { LossBasedEstimator } from './loss-based-estimator.js';
import { PacketFeedback } from './packet-feedback.js';
import { PacketLossHistory } from './packet-loss-history.js';
import { ProbeBitrateEstimator } from './probe-bitrate-estimator.js';
import { ProbeController } from './probe-controller.js';
import { Prober } from './prober.js';
import { RttBackoff } from './rtt-backoff.js';
import { SentPacketHistory } from './sent-packet-history.js';
import { ThroughputEstimator } from './throughput-estimator.js';

/**
 * Estimates the bandwidth from transport-wide feedback, as today's libwebrtc does in substance (Google congestion
 * control, "GoogCC"). The target is the lowest of what the delay allows, what the loss allows, and a few limits; see
 * docs/congestion-control.md for how the parts work together.
 */
export class SendSideBandwidthEstimator implements BandwidthEstimator {
  nextDeadline = Infinity;
  targetBitrate: number;
  rtt = NaN;

  readonly #owner: BandwidthEstimatorOwner;
  readonly #history = new SentPacketHistory();
  readonly #feedback = new PacketFeedback(this.#history);
  readonly #throughput = new ThroughputEstimator();
  readonly #delayBased: DelayBasedEstimator;
  readonly #lossBased = new LossBasedEstimator();
  readonly #lossHistory = new PacketLossHistory();
  readonly #rttBackoff = new RttBackoff();
  readonly #alr = new AlrDetector();
  readonly #probeController: ProbeController;
  readonly #prober = new Prober();
  readonly #probes = new ProbeBitrateEstimator();

  #min: number;
  #max: number;
  #desired = 0;
  #receiverBitrate = Infinity;
  #firstFeedbackAt = NaN;
  #limitedBy: LimitingFactor = 'initial';
  #isConnected = false;
  #sentAt = -Infinity;
  #tickAt = Infinity;
  /** The clock of the method that is running. */
  #now = 0;

  constructor({ initialBitrate, minBitrate, maxBitrate }: BandwidthEstimatorOptions, owner: BandwidthEstimatorOwner) {
    this.targetBitrate = Math.max(minBitrate, Math.min(maxBitrate, initialBitrate));
    this.#owner = owner;
    this.#delayBased = new DelayBasedEstimator(this.targetBitrate);
    this.#probeController = new ProbeController(this.targetBitrate, cluster => {
      this.#prober.add(cluster, this.#now);
      this.#probes.add(cluster, this.#now);
    });
    this.#alr.setBitrate(this.targetBitrate);
    this.#min = minBitrate;
    this.#max = maxBitrate;
    this.#applyLimits();
  }

  get pacingBitrate(): number {
    return this.#delayBased.isDraining ? this.targetBitrate : PACING_FACTOR * this.targetBitrate;
  }

  get isCongested(): boolean {
    return this.#delayBased.isCongested;
  }

  get packetLoss(): number {
    return this.#lossHistory.average;
  }

  transportConnected(now: number): void {
    this.#isConnected = true;
    this.#schedule(now);
  }

  transportDisconnected(): void {
    this.#isConnected = false;
    this.#prober.clear();
    this.#tickAt = Infinity;
    this.nextDeadline = Infinity;
  }

  onPacketSent(sequenceNumber: number, size: number, now: number): void {
    const cluster = this.#prober.cluster;
    if (cluster) this.#prober.onPacketSent(size);
    this.#history.add(sequenceNumber, size, cluster ? cluster.id : 0, now);
    this.#alr.onPacketSent(size, now);
    this.#rttBackoff.onPacketSent(now);
    this.#sentAt = now;
    if (this.#tickAt === Infinity) this.#schedule(now);
  }

  onTransportFeedback(feedback: TransportFeedback, now: number): void {
    this.#now = now;
    this.#feedback.read(feedback, now);
    if (this.#feedback.count === 0) return;
    if (Number.isNaN(this.#firstFeedbackAt)) this.#firstFeedbackAt = now;
    this.#updateRtt(now);
    this.#lossHistory.add(1 - this.#feedback.receivedCount / this.#feedback.count);
    this.#throughput.update(this.#feedback);
    const probed = this.#measureProbes(now);
    this.#delayBased.update(this.#feedback, this.#throughput.bitrate, probed, this.#alr.isLimited, now);
    if (!Number.isNaN(probed)) this.#lossBased.setBitrate(probed);
    this.#lossBased.update(this.#feedback, this.#throughput.bitrate, this.#delayBased.bitrate, this.#alr.isLimited);
    const previous = this.targetBitrate;
    this.#updateTarget(now);
    if (this.#delayBased.hasRecovered) this.#probeController.onRecovered(now);
    this.#probeController.update(this.#mayProbe, this.#isKnownFull, now);
    this.#schedule(now);
    this.#tellTarget(previous, now);
  }

  onReceiverReport(_fractionLost: number, _rtt: number, _now: number): void {
    // The feedback tells the same, earlier.
  }

  onRemb(bitrate: number, now: number): void {
    this.#receiverBitrate = bitrate > 0 ? bitrate : Infinity;
    const previous = this.targetBitrate;
    this.#updateTarget(now);
    this.#tellTarget(previous, now);
  }

  setLimits(min: number, max: number, now: number): void {
    this.#min = min;
    this.#max = max;
    this.#applyLimits();
    const previous = this.targetBitrate;
    this.#updateTarget(now);
    this.#tellTarget(previous, now);
  }

  setDesiredBitrate(bitrate: number, now: number): void {
    this.#desired = bitrate;
    this.#probeController.setDesired(bitrate);
    this.#schedule(now);
  }

  onTimeout(now: number): void {
    this.#now = now;
    this.#sendProbes(now);
    const previous = this.targetBitrate;
    if (now >= this.#tickAt) {
      this.#tickAt = now + TICK_MS;
      this.#alr.update(now);
      this.#rttBackoff.update(this.targetBitrate, now);
      this.#updateTarget(now);
      this.#probeController.update(this.#mayProbe, this.#isKnownFull, now);
    }
    this.#schedule(now);
    this.#tellTarget(previous, now);
  }

  describe(): EstimatorState {
    const lossBased = this.#lossBased;
    return {
      targetBitrate: this.targetBitrate,
      limitedBy: this.#limitedBy,
      minBitrate: this.#min,
      maxBitrate: this.#max,
      desiredBitrate: this.#desired,
      acknowledgedBitrate: this.#throughput.bitrate,
      delayBasedBitrate: this.#delayBased.bitrate,
      usage: USAGE_NAMES[this.#delayBased.usage],
      trend: this.#delayBased.trend,
      threshold: this.#delayBased.threshold,
      queueDelay: this.#delayBased.queueDelay,
      lossBasedBitrate: lossBased.bitrate,
      lossBasedState: lossBased.state,
      inherentLoss: lossBased.inherentLoss,
      receiverBitrate: this.#receiverBitrate,
      packetLoss: this.packetLoss,
      rtt: this.rtt,
      inFlight: this.#history.inFlight,
      isApplicationLimited: this.#alr.isLimited,
      probeBitrate: this.#prober.cluster?.bitrate ?? 0,
    };
  }

  #applyLimits(): void {
    this.#delayBased.setMinimum(this.#min);
    this.#lossBased.setLimits(this.#min, this.#max);
    this.#probeController.setMax(this.#max);
  }

  #updateRtt(now: number): void {
    const { receivedCount, byArrival, arrivals, sentAt } = this.#feedback;
    const lastArrival = arrivals[byArrival[receivedCount - 1]];
    let shortest = Infinity;
    let longest = 0;
    for (let i = 0; i < receivedCount; i++) {
      const index = byArrival[i];
      const sinceSent = now - sentAt[index];
      longest = Math.max(longest, sinceSent);
      // Without the time that the receiver waited for more to report.
      shortest = Math.min(shortest, sinceSent - (lastArrival - arrivals[index]));
    }
    if (!(shortest > 0 && shortest < Infinity)) return;
    this.rtt = shortest;
    this.#rttBackoff.onFeedback(shortest, now);
    this.#delayBased.setRtt(shortest);
  }

  /** bps, only if it is more than what is known to be possible; NaN otherwise. */
  #measureProbes(now: number): number {
    const measured = this.#probes.update(this.#feedback);
    if (!Number.isNaN(measured)) this.#probeController.onMeasured();
    const known = this.targetBitrate;
    if (!(measured > known)) return NaN;
    // Others fill the path, too, if a probe gets more out of it than media did lately. It takes its share of theirs: the
    // truth is between what was known and that.
    const isShared =
      this.#isKnownFull || (this.#probes.isSaturated && measured > SHARED * this.#delayBased.recentCapacity(now));
    return isShared ? (known + measured) / 2 : measured;
  }

  #updateTarget(now: number): void {
    this.#limitedBy = Number.isNaN(this.#firstFeedbackAt) ? 'initial' : 'delay';
    let bitrate = this.#delayBased.bitrate;
    if (this.#lossBased.isReady) bitrate = this.#bound(bitrate, this.#lossBased.bitrate, 'loss');
    bitrate = this.#bound(bitrate, this.#rttBackoff.bitrate, 'rtt');
    bitrate = this.#bound(bitrate, this.#receiverBitrate, 'receiver');
    bitrate = this.#bound(bitrate, this.#max, 'maximum');
    if (bitrate < this.#min) {
      bitrate = this.#min;
      this.#limitedBy = 'minimum';
    }
    this.targetBitrate = Math.round(bitrate);
    this.#alr.setBitrate(this.targetBitrate);
    this.#probeController.setEstimate(this.targetBitrate, this.#throughput.bitrate, now);
  }

  #bound(bitrate: number, limit: number, factor: LimitingFactor): number {
    if (bitrate <= limit) return bitrate;
    this.#limitedBy = factor;
    return limit;
  }

  /** False where a probe would only confirm what is known: that there is no room for more. */
  get #mayProbe(): boolean {
    if (!this.#isConnected || this.#limitedBy === 'rtt') return false;
    // With nothing sent, nothing is heard that could end an overuse.
    const isUsed = this.#now - this.#sentAt <= IDLE_MS;
    if (isUsed && this.#delayBased.usage === BandwidthUsage.overusing) return false;
    // With little media, nothing is heard of loss either.
    const isLossKnown = this.#limitedBy === 'loss' && !this.#alr.isLimited;
    return !(isLossKnown && this.#lossBased.state === 'decreasing');
  }

  /** Media that fills the estimate has shown lately that the path carries no more. */
  get #isKnownFull(): boolean {
    return !this.#alr.isLimited && this.#delayBased.wasOverused(this.#now);
  }

  #sendProbes(now: number): void {
    const prober = this.#prober;
    while (prober.nextDeadline <= now) {
      const sentBefore = prober.sentBytes;
      this.#owner.onSendProbe(prober.burstSize, now);
      // If nothing can be sent, later clusters cannot either.
      if (prober.sentBytes === sentBefore) prober.clear();
      else prober.onBurstSent(now);
    }
  }

  /** Wakes up for probes, and regularly while packets are sent, or would be if more was available. */
  #schedule(now: number): void {
    if (!this.#isConnected || this.#sentAt === -Infinity) return;
    const isIdle = now - this.#sentAt > IDLE_MS && this.targetBitrate >= this.#desired;
    if (isIdle) this.#tickAt = Infinity;
    else if (this.#tickAt === Infinity) this.#tickAt = now + TICK_MS;
    this.nextDeadline = Math.min(this.#tickAt, this.#prober.nextDeadline);
  }

  #tellTarget(previous: number, now: number): void {
    if (this.targetBitrate !== previous) this.#owner.onTargetBitrate(this.targetBitrate, now);
  }
}

/** Of what came out of a full path lately. */
const SHARED = 1.2;
const TICK_MS = 50;
const IDLE_MS = 5000;
const USAGE_NAMES = ['normal', 'underusing', 'overusing'] as const;
