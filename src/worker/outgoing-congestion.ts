import { type WakeUp } from '../common/timer-queue.js';
import { type BandwidthEstimator, type BandwidthEstimatorOwner } from '../bwe/bandwidth-estimator.js';
import { PacketLossHistory } from '../bwe/packet-loss-history.js';
import { RembBandwidthEstimator } from '../bwe/remb-bandwidth-estimator.js';
import { SendSideBandwidthEstimator } from '../bwe/send-side-bandwidth-estimator.js';
import { HeaderExtension } from '../rtp/header-extension.js';
import { type TransportFeedbackReader } from '../rtp/rtcp/transport-feedback-reader.js';
import { absSendTime } from '../rtp/time.js';
import { MediaKind } from '../channel/fbs/rtp-parameters.js';
import { type BweTraceInfo, BweType } from '../channel/fbs/transport.js';
import { BitrateTrend } from './bitrate-trend.js';
import { type Consumer } from './consumer.js';
import { type WorkerContext } from './context.js';
import { type EgressPacket } from './egress.js';
import { Admission, Pacer, type PacerOwner } from './pacer.js';
import { type NetworkConditions } from './producer-stream-manager.js';
import { PeriodicTimer } from './periodic-timer.js';
import { ReportedLoss } from './reported-loss.js';
import { type TransportOptions } from './transport-options.js';

/** What OutgoingCongestion needs of its Transport. */
export interface OutgoingCongestionOwner {
  /** A packet of video that had to wait is to be sent. */
  onPacedPacket(packet: EgressPacket, now: number): void;
  /** Sends packets that make up `size` bytes or a bit more, and are good for nothing but to find out what gets through. */
  sendPadding(size: number, now: number): void;
  /** The available bitrate changed by much, or a second has passed: time to distribute it anew. */
  onAvailableBitrate(now: number): void;
}

/** bps, below which nothing useful can be sent. */
const MIN_BITRATE = 30_000;
/** ms at most between two calls of `onAvailableBitrate`; less only if the bitrate leaves these bounds. */
const EVENT_INTERVAL = 1000;
const MUCH_LESS = 0.95;
const MUCH_MORE = 1.5;
/** What is probed for, and may be estimated, beyond what is desired. */
const MAX_BITRATE_FACTOR = 1.35;
/** Lesser changes of the maximum are not worth it. */
const MAX_BITRATE_MARGIN = 0.1;
const MAX_PADDING_FACTOR = 0.85;
/** A receiver that has given no feedback for this long after the first packet gives none: nothing is held back for it, ms. */
const FEEDBACK_TIMEOUT = 2000;

/**
 * Congestion control for what a Transport sends: by transport-wide feedback, or by REMB, or none until a video Consumer
 * negotiates one of them. What the first one negotiates stays.
 *
 * It knows how much may be sent (the estimator tells), says when to distribute that, and paces packets of video. Without
 * anything negotiated packets pass.
 */
export class OutgoingCongestion implements BandwidthEstimatorOwner, PacerOwner, NetworkConditions {
  readonly #context: WorkerContext;
  readonly #owner: OutgoingCongestionOwner;
  readonly #initialBitrate: number;
  readonly #isPaced: boolean;
  readonly #pacer: Pacer;
  readonly #pacerWakeUp: WakeUp;
  readonly #eventTimer: PeriodicTimer;

  #type: 'transport-cc' | 'remb' | undefined = undefined;
  #connected = false;
  /** Made when it is needed first: when the Transport is connected, and something was negotiated. */
  #estimator: BandwidthEstimator | undefined = undefined;
  #estimatorWakeUp: WakeUp | undefined = undefined;

  #available = 0;
  /** What was available at the last event. */
  #announced = 0;
  #announcing = false;
  #desired = 0;
  readonly #desiredTrend = new BitrateTrend();
  /** Set by the application; 0: not. */
  #minOutgoing = 0;
  #maxOutgoing = 0;
  /** Bounds of the estimate; 0: not determined yet. */
  #min = 0;
  #max = 0;
  #maxPadding = 0;
  #start = 0;

  /** Of the last packet. */
  #transportWideSequenceNumber = 0;
  #firstSentAt = Infinity;
  #hasFeedback = false;
  /** Of all that feedback tells of. */
  readonly #lossHistory = new PacketLossHistory();
  readonly #reportedLoss = new ReportedLoss();

  constructor(context: WorkerContext, owner: OutgoingCongestionOwner, options: TransportOptions) {
    this.#context = context;
    this.#owner = owner;
    this.#isPaced = !options.direct;
    this.#initialBitrate = Math.max(options.initialAvailableOutgoingBitrate, MIN_BITRATE);
    this.#pacer = new Pacer(context.memory, this);
    this.#pacerWakeUp = context.runtime.timers.register(this.#pacer);
    this.#eventTimer = new PeriodicTimer(context.runtime.timers, now => {
      this.#announce(now);
      return EVENT_INTERVAL;
    });
  }

  /** Whether it is known, or will be once the Transport is connected, how much may be sent. */
  get isNegotiated(): boolean {
    return this.#type !== undefined;
  }

  /** bps, 0 while there is no connection; undefined if nothing was negotiated. */
  get availableBitrate(): number | undefined {
    if (this.#type === undefined) return undefined;
    return this.#connected ? this.#available : 0;
  }

  /** 0..1; undefined if nothing was negotiated. */
  get packetLoss(): number | undefined {
    if (this.#type === undefined) return undefined;
    return this.#type === 'transport-cc' ? this.#lossHistory.average : (this.#estimator?.packetLoss ?? 0);
  }

  get considersLoss(): boolean {
    return this.#type === 'remb';
  }

  get isCongested(): boolean {
    return this.#estimator?.isCongested === true;
  }

  /** A Consumer was added. */
  negotiate({ kind, extensionIds, rtpParameters }: Consumer): void {
    if (this.#type !== undefined || kind !== MediaKind.VIDEO) return;
    const hasFeedback = (type: string): boolean =>
      rtpParameters.codecs.some(codec => codec.rtcpFeedback.some(feedback => feedback.type === type));
    if (extensionIds[HeaderExtension.transportWideCc] !== 0 && hasFeedback('transport-cc')) {
      this.#type = 'transport-cc';
    } else if (extensionIds[HeaderExtension.absSendTime] !== 0 && hasFeedback('goog-remb')) {
      this.#type = 'remb';
    }
  }

  /** Packets can be sent. */
  connected(now: number): void {
    if (this.#connected || this.#type === undefined) return;
    this.#connected = true;
    const estimator = (this.#estimator ??= this.#createEstimator());
    estimator.transportConnected(now);
    this.#available = Math.floor(estimator.targetBitrate);
    this.#estimatorWakeUp!.update();
    this.#announce(now);
  }

  disconnected(now: number): void {
    if (!this.#connected) return;
    this.#connected = false;
    this.#estimator!.transportDisconnected();
    this.#estimatorWakeUp!.update();
    this.#eventTimer.stop();
    this.#pacer.clear();
    this.#available = 0;
    this.#desired = 0;
    this.#desiredTrend.reset(0, now);
  }

  close(): void {
    this.#estimatorWakeUp?.cancel();
    this.#eventTimer.close();
    this.#pacer.clear();
    this.#pacerWakeUp.cancel();
  }

  /** Whether a packet of video is sent now, later (see `onPacedPacket`), or not at all. */
  admit(packet: EgressPacket, isRetransmission: boolean, now: number): Admission {
    if (this.#estimator === undefined || !this.#isPaced) return Admission.send;
    if (!this.#hasFeedback && this.#givesNoFeedback(now)) return Admission.send;
    const admission = this.#pacer.admit(packet, isRetransmission, now);
    if (admission === Admission.wait) this.#pacerWakeUp.update();
    return admission;
  }

  /** Writes into a packet when it is sent, and which one of the transport it is. It is sent right afterwards. */
  stampPacket(packet: EgressPacket, now: number): void {
    packet.writeAbsSendTime(absSendTime(now));
    if (this.#type === 'transport-cc') {
      const sequenceNumber = (this.#transportWideSequenceNumber + 1) & 0xffff;
      if (!packet.writeTransportWideCc(sequenceNumber)) return;
      this.#transportWideSequenceNumber = sequenceNumber;
    }
    if (this.#estimator === undefined) return;
    const deadline = this.#estimator.nextDeadline;
    this.#estimator.onPacketSent(this.#transportWideSequenceNumber, packet.length, now);
    if (this.#estimator.nextDeadline < deadline) this.#estimatorWakeUp!.update();
  }

  /** Nothing of this stream is to be sent any more. */
  removeStream(ssrc: number): void {
    this.#pacer.remove(ssrc);
    this.#reportedLoss.remove(ssrc);
  }

  receiveTransportFeedback(feedback: TransportFeedbackReader, now: number): void {
    if (this.#type !== 'transport-cc' || this.#estimator === undefined) return;
    this.#hasFeedback = true;
    const { statusCount, receivedCount } = feedback;
    if (statusCount > 0) this.#lossHistory.add((statusCount - receivedCount) / statusCount);
    this.#estimator.onTransportFeedback(feedback, now);
    this.#estimatorWakeUp!.update();
  }

  receiveRemb(bitrate: number, now: number): void {
    if (this.#estimator === undefined) return;
    if (this.#type === 'remb') this.#hasFeedback = true;
    this.#estimator.onRemb(bitrate, now);
    this.#estimatorWakeUp!.update();
  }

  /** A report block of the peer about one of the Transport's streams. */
  receiveReportBlock(ssrc: number, highestSeq: number, totalLost: number): void {
    this.#reportedLoss.add(ssrc, highestSeq, totalLost);
  }

  /**
   * All report blocks of a packet have been received.
   *
   * @param rtt ms, 0 if not known
   */
  receiveReceiverReport(rtt: number, now: number): void {
    const fractionLost = this.#reportedLoss.take();
    if (this.#estimator === undefined || Number.isNaN(fractionLost)) return;
    this.#estimator.onReceiverReport(fractionLost, rtt > 0 ? rtt : NaN, now);
    this.#estimatorWakeUp!.update();
  }

  /** @param bitrate bps. @param force take a lower one over at once, too: it is not going to rise again soon */
  setDesiredBitrate(bitrate: number, force: boolean, now: number): void {
    this.#desired = bitrate;
    if (force) this.#desiredTrend.reset(bitrate, now);
    else this.#desiredTrend.update(bitrate, now);
    this.#start = Math.max(MIN_BITRATE, this.#available);
    this.#applyLimits(now);
  }

  /** @param bitrate bps; 0: none */
  setMaxOutgoingBitrate(bitrate: number, now: number): void {
    this.#maxOutgoing = bitrate;
    this.#applyLimits(now);
    if (bitrate > 0) this.#available = Math.min(this.#available, bitrate);
  }

  /** @param bitrate bps; 0: none */
  setMinOutgoingBitrate(bitrate: number, now: number): void {
    this.#minOutgoing = bitrate;
    this.#applyLimits(now);
  }

  /** The bitrate has been distributed: this need not be done again soon. */
  distributed(now: number): void {
    this.#announced = this.#available;
    if (this.#connected) this.#eventTimer.start(now, EVENT_INTERVAL);
  }

  /** For the trace event. */
  describe(): BweTraceInfo {
    return {
      bweType: this.#type === 'remb' ? BweType.REMB : BweType.TRANSPORT_CC,
      desiredBitrate: BigInt(this.#desired),
      effectiveDesiredBitrate: BigInt(this.#desiredTrend.value),
      minBitrate: BigInt(this.#min),
      maxBitrate: BigInt(this.#max),
      startBitrate: BigInt(this.#start),
      maxPaddingBitrate: BigInt(this.#maxPadding),
      availableBitrate: BigInt(this.#available),
    };
  }

  // BandwidthEstimatorOwner

  onTargetBitrate(bitrate: number, now: number): void {
    if (!this.#connected) return;
    this.#available = Math.floor(bitrate);
    if (this.#available < this.#announced * MUCH_LESS || this.#available > this.#announced * MUCH_MORE) {
      // While it is being distributed: once more, afterwards.
      if (this.#announcing) this.#eventTimer.start(now, 0);
      else this.#announce(now);
    }
  }

  onSendProbe(size: number, now: number): void {
    const left = size - this.#pacer.send(size, now);
    if (left > 0) this.#owner.sendPadding(left, now);
  }

  // PacerOwner

  get pacingBitrate(): number {
    return this.#estimator!.pacingBitrate;
  }

  onPacerSend(packet: EgressPacket, now: number): void {
    this.#owner.onPacedPacket(packet, now);
  }

  #givesNoFeedback(now: number): boolean {
    if (this.#firstSentAt === Infinity) this.#firstSentAt = now;
    return now - this.#firstSentAt > FEEDBACK_TIMEOUT;
  }

  #announce(now: number): void {
    this.#announcing = true;
    this.distributed(now);
    this.#owner.onAvailableBitrate(now);
    this.#announcing = false;
  }

  #createEstimator(): BandwidthEstimator {
    const options = { initialBitrate: this.#initialBitrate, minBitrate: MIN_BITRATE, maxBitrate: Infinity };
    const estimator =
      this.#type === 'remb' ? new RembBandwidthEstimator(options, this) : new SendSideBandwidthEstimator(options, this);
    this.#estimatorWakeUp = this.#context.runtime.timers.register(estimator);
    return estimator;
  }

  /** Between what the application allows, and not far beyond what is desired. */
  #applyLimits(now: number): void {
    const desired = this.#desiredTrend.value;
    let max = Math.max(this.#initialBitrate, Math.round(desired * MAX_BITRATE_FACTOR));
    const margin = Math.round(max * MAX_BITRATE_MARGIN);
    if (desired > 0 && Math.abs(this.#max - max) < margin) max = this.#max;
    if (this.#maxOutgoing > 0) max = Math.min(this.#maxOutgoing, max);
    if (max !== this.#max) {
      this.#max = max;
      this.#maxPadding = Math.round(max * MAX_PADDING_FACTOR);
    }
    this.#min = Math.max(this.#minOutgoing, MIN_BITRATE);
    if (this.#estimator === undefined) return;
    this.#estimator.setDesiredBitrate(desired, now);
    this.#estimator.setLimits(this.#min, Math.max(this.#min, this.#max), now);
    this.#estimatorWakeUp!.update();
  }
}
