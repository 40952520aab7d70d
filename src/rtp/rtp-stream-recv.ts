import { timestampDiff } from '../common/serial-number.js';
import { type Machine } from '../common/timer-queue.js';
import { type PayloadParser } from './codecs/registry.js';
import { NackGenerator, type NackGeneratorOwner } from './nack-generator.js';
import { RtpDataCounter } from './rate-calculator.js';
import { ReceptionStatistics } from './reception-statistics.js';
import { type RemoteCaptureClock } from './remote-capture-time-estimator.js';
import { roundTripTime } from './round-trip-time.js';
import { type ReportBlock } from './rtcp/receiver-report.js';
import { type RtpPacket } from './rtp-packet.js';
import { RtpStream, type RtpStreamParams, type RtxParams, scoreOf } from './rtp-stream.js';
import { RtxStream } from './rtx-stream.js';
import { ntpToUs } from './time.js';

const INACTIVITY_TIMEOUT = 1500;
const INACTIVITY_TIMEOUT_WITH_DTX = 5000;
const SPATIAL_ACTIVITY_INTERVAL = 1500;
/** How far from a known point in time a capture time may be computed, µs. */
const MAX_ABS_CAPTURE_TIME_DISTANCE = 5e6;
const MAX_SENDER_REPORT_DISTANCE = 10e6;

export interface RtpStreamRecvOwner {
  onRtpStreamScore(stream: RtpStreamRecv, score: number, previousScore: number, now: number): void;
  /** In one of the spatial layers bytes began or ceased to flow. */
  onRtpStreamSpatialLayerActivityChanged(stream: RtpStreamRecv, now: number): void;
  /** Ask the sender for `seqs[0 .. count)` again. The array is only valid during the call. */
  onRtpStreamNack(stream: RtpStreamRecv, seqs: Uint16Array, count: number, now: number): void;
  /** Ask the sender for a key frame by PLI (RFC 4585 §6.3.1). */
  onRtpStreamPli(stream: RtpStreamRecv, now: number): void;
  /** Ask the sender for a key frame by FIR (RFC 5104 §4.3.1) with this command sequence number. */
  onRtpStreamFir(stream: RtpStreamRecv, commandSeq: number, now: number): void;
  /** The sender began anew: with other sequence numbers, timestamps and numbers of pictures. */
  onRtpStreamRestart(stream: RtpStreamRecv, now: number): void;
}

export interface RtpStreamRecvOptions {
  params: RtpStreamParams;
  /** Of the stream's codec, see `createPayloadParser`. */
  parser: PayloadParser | undefined;
  /** ms before a missing packet is asked for. */
  nackDelay: number;
  /** Whether a stream without packets gets score 0. */
  inactivityCheck: boolean;
  /** NTP time (µs since 1900) at 0 of the worker's clock. */
  ntpOffset: number;
}

/**
 * A stream of RTP packets that a Producer receives, and its RTX stream. Keeps count of it, asks for what is missing,
 * and judges how good it is.
 */
export class RtpStreamRecv extends RtpStream implements Machine, NackGeneratorOwner, RemoteCaptureClock {
  nextDeadline = Infinity;
  rtx: RtxStream | undefined = undefined;

  /** The last packet with a new timestamp whose capture time is known: µs of the local clock (NaN: none), RTP time. */
  captureMappingAt = NaN;
  captureMappingTimestamp = 0;

  /** To be added to timestamps, so that they go on although the sender began anew. */
  timestampOffset = 0;

  readonly #owner: RtpStreamRecvOwner;
  readonly #parser: PayloadParser | undefined;
  readonly #ntpOffset: number;
  readonly #nackGenerator: NackGenerator | undefined;

  readonly #inactivityTimeout: number;
  #inactive = false;
  #activeAt: number;
  /** When to look whether it has been active lately: not moved with each packet, so it may come too early. */
  #inactivityDeadline = Infinity;

  readonly #spatialLayerActive: boolean[];
  #spatialActivityDeadline = Infinity;

  /** One per layer, by spatialLayer * temporalLayers + temporalLayer. */
  readonly #layers: RtpDataCounter[];
  /** Without what RTX brought: for loss and score. */
  readonly #media = new RtpDataCounter(true);

  #transit = 0;
  #firSeq = 0;

  readonly #reception = new ReceptionStatistics();
  #senderReportNtp = NaN;
  #senderReportTimestamp = 0;
  #absCaptureNtp = NaN;
  #absCaptureTimestamp = 0;

  #scoreExpectedPrior = 0;
  #scoreReceivedPrior = 0;
  #scoreRepairedPrior = 0;
  #scoreRetransmittedPrior = 0;

  constructor(options: RtpStreamRecvOptions, owner: RtpStreamRecvOwner, now: number) {
    super(options.params, 10, now);
    const { spatialLayers, temporalLayers, useDtx, useNack } = options.params;
    this.#owner = owner;
    this.#parser = options.parser;
    this.#ntpOffset = options.ntpOffset;
    this.#nackGenerator = useNack ? new NackGenerator(options.nackDelay, this) : undefined;

    this.#activeAt = now;
    this.#inactivityTimeout = useDtx ? INACTIVITY_TIMEOUT_WITH_DTX : INACTIVITY_TIMEOUT;
    if (options.inactivityCheck) this.#inactivityDeadline = now + this.#inactivityTimeout;
    else this.#inactivityTimeout = Infinity;

    this.#spatialLayerActive = new Array<boolean>(spatialLayers).fill(false);
    if (spatialLayers > 1) this.#spatialActivityDeadline = now + SPATIAL_ACTIVITY_INTERVAL;

    this.#layers = Array.from(
      { length: spatialLayers * temporalLayers },
      () => new RtpDataCounter(true, useDtx ? 6000 : 2500),
    );
    this.#updateDeadline();
  }

  /** Whether packets that ceased to arrive make the score 0. */
  get hasInactivityCheck(): boolean {
    return this.#inactivityTimeout !== Infinity;
  }

  get packetCount(): number {
    let count = 0;
    for (let i = 0; i < this.#layers.length; i++) count += this.#layers[i].packetCount;
    return count;
  }

  get byteCount(): number {
    let count = 0;
    for (let i = 0; i < this.#layers.length; i++) count += this.#layers[i].byteCount;
    return count;
  }

  /** From now on an RTX stream brings missing packets. */
  setRtx(params: RtxParams): void {
    this.rtx = new RtxStream(params);
  }

  /** Takes a media packet. False: it is to be dropped. */
  receivePacket(packet: RtpPacket, now: number): boolean {
    if (!this.receiveStreamPacket(packet, packet.sequenceNumber, packet.timestamp, now)) return false;
    if (packet.payloadType === this.params.payloadType) this.#parser?.(packet);

    if (this.#nackGenerator !== undefined) {
      const wasMissing = this.#nackGenerator.receivePacket(packet.sequenceNumber, packet.isKeyFrame, false, now);
      if (wasMissing && this.rtx === undefined) {
        this.packetsRetransmitted++;
        this.packetsRepaired++;
      }
    }
    this.#updateJitter(packet.timestamp, now);
    this.#updateAbsCaptureTime(packet);
    this.#count(packet, now);
    this.#media.update(packet.length, packet.payloadLength, now);
    this.#updateActivity(packet, now);
    this.#bringDeadlineForward();
    return true;
  }

  /** Takes an RTX packet and turns it into the packet it repeats. False: it is to be dropped. */
  receiveRtxPacket(packet: RtpPacket, now: number): boolean {
    const rtx = this.rtx;
    if (rtx === undefined || this.#nackGenerator === undefined) return false;
    if (packet.payloadType !== rtx.params.payloadType) return false;
    if (!rtx.receivePacket(packet.sequenceNumber)) return false;
    if (!packet.decodeRtx(this.params.payloadType, this.params.ssrc)) return false;
    // Only the sequence number counts: a packet that was late anyway says nothing about jitter or the newest timestamp.
    if (!this.updateSequence(packet, packet.sequenceNumber, packet.timestamp, now)) return false;
    this.#parser?.(packet);

    this.packetsRetransmitted++;
    const useful = this.#nackGenerator.receivePacket(packet.sequenceNumber, packet.isKeyFrame, true, now);
    if (useful) {
      this.packetsRepaired++;
      this.#count(packet, now);
      this.#updateActivity(packet, now);
    }
    this.#bringDeadlineForward();
    return useful;
  }

  pause(): void {
    this.#inactivityDeadline = Infinity;
    this.#nackGenerator?.reset();
    this.#transit = 0;
    this.jitter = 0;
    this.#updateDeadline();
  }

  resume(now: number): void {
    this.#activeAt = now;
    if (!this.#inactive) this.#inactivityDeadline = now + this.#inactivityTimeout;
    this.#updateDeadline();
  }

  requestKeyFrame(now: number): void {
    if (this.params.usePli) {
      this.pliCount++;
      this.#owner.onRtpStreamPli(this, now);
    } else if (this.params.useFir) {
      this.firCount++;
      this.#firSeq = (this.#firSeq + 1) & 0xff;
      this.#owner.onRtpStreamFir(this, this.#firSeq, now);
    }
  }

  onTimeout(now: number): void {
    if (this.#nackGenerator !== undefined && this.#nackGenerator.nextDeadline <= now)
      this.#nackGenerator.onTimeout(now);
    if (this.#inactivityDeadline <= now) {
      const deadline = this.#activeAt + this.#inactivityTimeout;
      this.#inactivityDeadline = deadline > now ? deadline : Infinity;
      if (deadline <= now) {
        this.#inactive = true;
        this.resetScore(0, true, now);
      }
    }
    if (this.#spatialActivityDeadline <= now) {
      this.#spatialActivityDeadline = now + SPATIAL_ACTIVITY_INTERVAL;
      this.#checkSpatialActivity(now);
    }
    this.#updateDeadline();
  }

  // RTCP

  /** Takes a sender report for the stream (RFC 3550 §6.4.1). A sender without a clock reports NTP time 0. */
  receiveSenderReport(ntpSeconds: number, ntpFraction: number, timestamp: number, now: number): void {
    if (ntpSeconds !== 0 || ntpFraction !== 0) {
      this.#reception.receiveSenderReport(ntpSeconds, ntpFraction, now);
      this.#senderReportNtp = ntpToUs(ntpSeconds, ntpFraction);
      this.#senderReportTimestamp = timestamp;
    }
    this.#updateScoreBySenderReport(now);
  }

  /** Whether a sender report told which RTP timestamp belongs to which time. */
  get hasSenderReport(): boolean {
    return this.#reception.hasSenderReport;
  }

  /** NTP time of the last sender report, µs since 1900; 0 if there was none. */
  get senderReportNtp(): number {
    return this.hasSenderReport ? this.#senderReportNtp : 0;
  }

  /** Takes a DLRR sub-block for the stream (RFC 3611 §4.5): measures the round trip time. */
  receiveDelaySinceLastReceiverReport(lastReport: number, delay: number, now: number): void {
    this.rtt = roundTripTime(Math.floor(now * 1000) + this.#ntpOffset, lastReport, delay);
    this.#nackGenerator?.updateRtt(Math.trunc(this.rtt));
  }

  /** Makes a report and starts a new interval, see ReceptionStatistics. */
  receptionReport(worstRemoteFractionLost: number, now: number): ReportBlock {
    const received = this.#media.packetCount;
    const { ssrc } = this.params;
    const report = this.#reception.report(ssrc, this.sequence, received, this.jitter, worstRemoteFractionLost, now);
    this.packetsLost = this.#reception.packetsLost;
    this.fractionLost = this.#reception.fractionLost;
    return report;
  }

  protected override onSequenceReset(timestamp: number, now: number): void {
    const elapsed = Math.round(((now - this.maxPacketAt) * this.params.clockRate) / 1000);
    this.timestampOffset = (this.timestampOffset + this.maxPacketTs + elapsed - timestamp) >>> 0;
    this.#nackGenerator?.reset();
    this.#transit = 0;
    this.#owner.onRtpStreamRestart(this, now);
  }

  captureTimeByAbsCaptureTime(timestamp: number): number {
    return this.#interpolate(timestamp, this.#absCaptureTimestamp, this.#absCaptureNtp, MAX_ABS_CAPTURE_TIME_DISTANCE);
  }

  captureTimeBySenderReport(timestamp: number): number {
    return this.#interpolate(timestamp, this.#senderReportTimestamp, this.#senderReportNtp, MAX_SENDER_REPORT_DISTANCE);
  }

  // Bitrates in bps

  bitrate(now: number): number {
    let bitrate = 0;
    for (let i = 0; i < this.#layers.length; i++) bitrate += this.#layers[i].bitrate(now);
    return bitrate;
  }

  /** What it takes to send this layer: itself and all it may depend on. 0 while nothing comes in the layer itself. */
  bitrateUpTo(spatialLayer: number, temporalLayer: number, now: number): number {
    if (this.layerBitrate(spatialLayer, temporalLayer, now) === 0) return 0;
    let bitrate = 0;
    for (let s = 0; s < spatialLayer; s++) bitrate += this.spatialLayerBitrate(s, now);
    for (let t = 0; t <= temporalLayer; t++) bitrate += this.layerBitrate(spatialLayer, t, now);
    return bitrate;
  }

  spatialLayerBitrate(spatialLayer: number, now: number): number {
    let bitrate = 0;
    for (let t = 0; t < this.params.temporalLayers; t++) bitrate += this.layerBitrate(spatialLayer, t, now);
    return bitrate;
  }

  layerBitrate(spatialLayer: number, temporalLayer: number, now: number): number {
    const { spatialLayers, temporalLayers } = this.params;
    if (spatialLayer >= spatialLayers || temporalLayer >= temporalLayers) return 0;
    return this.#layers[spatialLayer * temporalLayers + temporalLayer].bitrate(now);
  }

  // Owner of the NackGenerator

  onNackRequired(seqs: Uint16Array, count: number, now: number): void {
    this.nackCount++;
    this.nackPacketCount += count;
    this.#owner.onRtpStreamNack(this, seqs, count, now);
  }

  onNackKeyFrameRequired(now: number): void {
    this.requestKeyFrame(now);
  }

  protected override onScore(score: number, previousScore: number, now: number): void {
    this.#owner.onRtpStreamScore(this, score, previousScore, now);
  }

  /** Layers beyond the announced ones count as the last one. */
  #count(packet: RtpPacket, now: number): void {
    const { spatialLayers, temporalLayers } = this.params;
    const spatialLayer = Math.min(packet.spatialLayer, spatialLayers - 1);
    const temporalLayer = Math.min(packet.temporalLayer, temporalLayers - 1);
    this.#layers[spatialLayer * temporalLayers + temporalLayer].update(packet.length, packet.payloadLength, now);
  }

  #updateActivity(packet: RtpPacket, now: number): void {
    if (packet.payloadLength === 0) return;
    if (this.#inactive) {
      this.#inactive = false;
      this.resetScore(10, true, now);
    }
    this.#activeAt = now;
    if (this.#inactivityDeadline === Infinity) this.#inactivityDeadline = now + this.#inactivityTimeout;
  }

  /** RFC 3550 §6.4.1 and A.8. */
  #updateJitter(timestamp: number, now: number): void {
    const clockRate = this.params.clockRate;
    if (clockRate === 0) return;
    const us = Math.floor(now * 1000);
    const arrival = Math.floor(us / 1e6) * clockRate + Math.floor(((us % 1e6) * clockRate) / 1e6);
    // As a 32 bit difference. A function would be given `arrival` as an object made for it.
    const transit = (arrival - timestamp) | 0;
    if (this.#transit !== 0) this.jitter += (Math.abs(transit - this.#transit) - this.jitter) / 16;
    this.#transit = transit;
  }

  #updateAbsCaptureTime(packet: RtpPacket): void {
    const captured = packet.readAbsCaptureTimeUs();
    if (!(captured > 0)) return;
    this.#absCaptureNtp = captured;
    this.#absCaptureTimestamp = packet.timestamp;
  }

  #interpolate(timestamp: number, referenceTimestamp: number, referenceNtp: number, maxDistance: number): number {
    const clockRate = this.params.clockRate;
    if (clockRate === 0) return NaN;
    const distance = Math.trunc((timestampDiff(timestamp, referenceTimestamp) * 1e6) / clockRate);
    if (Math.abs(distance) > maxDistance) return NaN;
    const captured = referenceNtp + distance;
    return captured >= 0 ? captured : NaN;
  }

  #updateScoreBySenderReport(now: number): void {
    const expectedTotal = this.sequence.started ? this.sequence.expectedPackets : 0;
    const expected = Math.max(0, expectedTotal - this.#scoreExpectedPrior);
    const received = this.#media.packetCount - this.#scoreReceivedPrior;
    const repaired = this.packetsRepaired - this.#scoreRepairedPrior;
    const retransmitted = this.packetsRetransmitted - this.#scoreRetransmittedPrior;
    this.#scoreExpectedPrior = expectedTotal;
    this.#scoreReceivedPrior = this.#media.packetCount;
    this.#scoreRepairedPrior = this.packetsRepaired;
    this.#scoreRetransmittedPrior = this.packetsRetransmitted;

    if (this.#inactive) return;
    if (expected === 0) return this.updateScore(10, now);
    if (received === 0) return this.updateScore(0, now);
    let lost = Math.min(Math.max(0, expected - received), received);
    let usefulRepaired = repaired;
    if (repaired > lost) {
      if (this.rtx !== undefined) usefulRepaired = lost;
      else lost = repaired;
    }
    this.updateScore(scoreOf(received, lost, usefulRepaired, retransmitted), now);
  }

  #checkSpatialActivity(now: number): void {
    for (let layer = 0; layer < this.#spatialLayerActive.length; layer++) {
      const active = this.spatialLayerBitrate(layer, now) > 0;
      if (active === this.#spatialLayerActive[layer]) continue;
      this.#spatialLayerActive[layer] = active;
      this.#owner.onRtpStreamSpatialLayerActivityChanged(this, now);
    }
  }

  /** After a packet. To compare numbers costs nothing; choosing one of them makes objects of all, for each packet. */
  #bringDeadlineForward(): void {
    const nack = this.#nackGenerator;
    if (this.#inactivityDeadline < this.nextDeadline || (nack !== undefined && nack.nextDeadline < this.nextDeadline)) {
      this.#updateDeadline();
    }
  }

  #updateDeadline(): void {
    let deadline = this.#nackGenerator === undefined ? Infinity : this.#nackGenerator.nextDeadline;
    if (this.#inactivityDeadline < deadline) deadline = this.#inactivityDeadline;
    if (this.#spatialActivityDeadline < deadline) deadline = this.#spatialActivityDeadline;
    this.nextDeadline = deadline;
  }
}
