import { type PacketMemory } from '../common/packet-memory.js';
import { RetransmissionBuffer } from './retransmission-buffer.js';
import { RtpDataCounter } from './rate-calculator.js';
import { compactDuration, roundTripTime } from './round-trip-time.js';
import { type RtpPacket } from './rtp-packet.js';
import { type SenderReport } from './rtcp/sender-report.js';
import { type DelaySinceLastReceiverReport } from './rtcp/xr.js';
import { RtpStream, type RtpStreamParams, type RtxParams, scoreOf } from './rtp-stream.js';
import { compactNtp, ntpFraction, ntpSeconds } from './time.js';

const MAX_RETRANSMISSION_ITEMS = 2500;
const MAX_RETRANSMISSION_AGE_AUDIO = 1000;
const MAX_RETRANSMISSION_AGE_VIDEO = 2000;
const DEFAULT_RTT = 100;
/** Padding is taken from so many packets. */
const MAX_PADDING_PACKETS = 64;
/** Without a new packet for this long there are no sender reports. */
const MAX_SENDER_REPORT_REFERENCE_AGE = 2000;

export interface RtpStreamSendOwner {
  onRtpStreamScore(stream: RtpStreamSend, score: number, previousScore: number, now: number): void;
  /** Send the packet in this slot again. */
  onRtpStreamRetransmit(buffer: RetransmissionBuffer, slot: number, now: number): void;
  /** The same for a packet that was not asked for, see `RtpStreamSend.sendPadding`. */
  onRtpStreamPadding(buffer: RetransmissionBuffer, slot: number, now: number): void;
}

/**
 * A stream of RTP packets that a Consumer sends, and its RTX stream. Keeps packets for retransmission, keeps count, and
 * judges by what the receiver reports.
 */
export class RtpStreamSend extends RtpStream {
  readonly rtx: RtxParams | undefined;

  readonly #owner: RtpStreamSendOwner;
  readonly #ntpOffset: number;
  readonly #transmission = new RtpDataCounter(true);
  readonly #buffer: RetransmissionBuffer | undefined;
  #rtxSeq: number;
  /** How far before the newest packet the next padding is taken from. */
  #paddingDistance = 0;

  #receiverReference = 0;
  /** ms; -1: none was received. */
  #receiverReferenceAt = -1;

  #sentPrior = 0;
  #lostPrior = 0;
  #repairedPrior = 0;
  #retransmittedPrior = 0;

  /**
   * @param rtxSeq first sequence number of the RTX stream minus one
   * @param ntpOffset NTP time (µs since 1900) at 0 of the worker's clock
   */
  constructor(
    params: RtpStreamParams,
    rtx: RtxParams | undefined,
    rtxSeq: number,
    memory: PacketMemory,
    ntpOffset: number,
    owner: RtpStreamSendOwner,
    now: number,
  ) {
    super(params, 10, now);
    this.rtx = rtx;
    this.#rtxSeq = rtxSeq;
    this.#ntpOffset = ntpOffset;
    this.#owner = owner;
    const maxAge = params.mimeType.startsWith('audio/') ? MAX_RETRANSMISSION_AGE_AUDIO : MAX_RETRANSMISSION_AGE_VIDEO;
    this.#buffer = params.useNack
      ? new RetransmissionBuffer(memory, MAX_RETRANSMISSION_ITEMS, maxAge, params.clockRate)
      : undefined;
  }

  get packetCount(): number {
    return this.#transmission.packetCount;
  }

  get byteCount(): number {
    return this.#transmission.byteCount;
  }

  /** bps */
  bitrate(now: number): number {
    return this.#transmission.bitrate(now);
  }

  /**
   * Takes note of a packet that is about to be sent, and keeps it for retransmission. False: it must not be sent,
   * because its sequence number makes no sense or was sent already (which SRTP does not forgive).
   *
   * @param packet in packet memory
   * @param seq, timestamp, marker, rewrite as it is going to be sent
   */
  receivePacket(
    packet: RtpPacket,
    seq: number,
    timestamp: number,
    marker: boolean,
    rewrite: number,
    now: number,
  ): boolean {
    if (!this.receiveStreamPacket(packet, seq, timestamp, now)) return false;
    const buffer = this.#buffer;
    if (buffer !== undefined) {
      if (buffer.find(seq) >= 0) return false;
      buffer.insert(packet.handle, seq, timestamp, marker, rewrite);
    }
    this.#transmission.update(packet.length, packet.payloadLength, now);
    return true;
  }

  /** Sends one of the last packets again by RTX, another one each time. False: there is none, or no RTX. */
  sendPadding(now: number): boolean {
    const buffer = this.#buffer;
    if (buffer === undefined || this.rtx === undefined) return false;
    const choice = Math.min(buffer.size, MAX_PADDING_PACKETS);
    for (let tried = 0; tried < choice; tried++) {
      const slot = buffer.slotBeforeNewest(this.#paddingDistance++ % choice);
      if (slot < 0) continue;
      this.#owner.onRtpStreamPadding(buffer, slot, now);
      return true;
    }
    return false;
  }

  pause(): void {
    this.#buffer?.clear();
    this.jitter = 0;
  }

  /** Lets go of all packets. */
  close(): void {
    this.#buffer?.clear();
  }

  // RTCP

  /** One item of a NACK (RFC 4585 §6.2.1): sends what was asked for, unless it was sent a round trip time ago. */
  receiveNackItem(packetId: number, lostPacketsBitmask: number, now: number): void {
    this.nackPacketCount++;
    this.#retransmit(packetId, now);
    for (let bit = 0; bit < 16; bit++) {
      if ((lostPacketsBitmask & (1 << bit)) === 0) continue;
      this.nackPacketCount++;
      this.#retransmit((packetId + bit + 1) & 0xffff, now);
    }
  }

  /** The next sequence number of the RTX stream. */
  nextRtxSeq(): number {
    this.#rtxSeq = (this.#rtxSeq + 1) & 0xffff;
    return this.#rtxSeq;
  }

  /** A report block about the stream (RFC 3550 §6.4.1). */
  receiveReceptionReport(
    fractionLost: number,
    totalLost: number,
    jitter: number,
    lastSenderReport: number,
    delaySinceLastSenderReport: number,
    now: number,
  ): void {
    this.rtt = roundTripTime(Math.floor(now * 1000) + this.#ntpOffset, lastSenderReport, delaySinceLastSenderReport);
    this.packetsLost = totalLost;
    this.fractionLost = fractionLost;
    this.jitter = jitter;
    this.#updateScoreByReport(totalLost, now);
  }

  /** A receiver reference time block (RFC 3611 §4.4) of the receiver. */
  receiveReceiverReferenceTime(seconds: number, fraction: number, now: number): void {
    this.#receiverReference = compactNtp(seconds, fraction);
    this.#receiverReferenceAt = now;
  }

  /**
   * A report on the stream. Its NTP and RTP times are those of now, in terms of when the newest frame was captured.
   * Undefined if nothing was sent lately: then there is nothing to report.
   */
  senderReport(now: number): SenderReport | undefined {
    if (this.packetCount === 0 || now - this.maxPacketAt > MAX_SENDER_REPORT_REFERENCE_AGE) return undefined;
    const nowUs = Math.floor(now * 1000);
    const captureAt = this.maxPacketCaptureAt;
    const reference = Number.isNaN(captureAt) ? Math.floor(this.maxPacketAt * 1000) : captureAt;
    const elapsed = Math.max(0, nowUs - reference);
    const ntpNow = nowUs + this.#ntpOffset;
    return {
      ssrc: this.params.ssrc,
      ntpSeconds: ntpSeconds(ntpNow),
      ntpFraction: ntpFraction(ntpNow),
      rtpTimestamp: (this.maxPacketTs + Math.trunc((elapsed * this.params.clockRate) / 1e6)) >>> 0,
      packetCount: this.packetCount,
      octetCount: this.byteCount,
    };
  }

  /** The answer to the receiver's last reference time (RFC 3611 §4.5); undefined if it sent none. */
  delaySinceLastReceiverReport(now: number): DelaySinceLastReceiverReport | undefined {
    if (this.#receiverReferenceAt < 0) return undefined;
    return {
      ssrc: this.params.ssrc,
      lastReceiverReport: this.#receiverReference,
      delaySinceLastReceiverReport: compactDuration(Math.floor((now - this.#receiverReferenceAt) * 1000)),
    };
  }

  protected override onScore(score: number, previousScore: number, now: number): void {
    this.#owner.onRtpStreamScore(this, score, previousScore, now);
  }

  protected override onSequenceReset(): void {
    this.#buffer?.clear();
  }

  #retransmit(seq: number, now: number): void {
    const buffer = this.#buffer;
    if (buffer === undefined) return;
    const slot = buffer.find(seq);
    if (slot < 0) return;
    const resentAt = buffer.resentAt(slot);
    const rtt = this.rtt > 0 ? Math.trunc(this.rtt) : DEFAULT_RTT;
    if (resentAt >= 0 && now - resentAt <= rtt) return;
    const times = buffer.markResent(slot, now);
    this.packetsRetransmitted++;
    if (times === 1) this.packetsRepaired++;
    this.#owner.onRtpStreamRetransmit(buffer, slot, now);
  }

  #updateScoreByReport(totalLost: number, now: number): void {
    const sent = this.packetCount - this.#sentPrior;
    const lostTotal = Math.max(0, totalLost);
    const lostInterval = Math.max(0, lostTotal - this.#lostPrior);
    const repairedInterval = this.packetsRepaired - this.#repairedPrior;
    const retransmitted = this.packetsRetransmitted - this.#retransmittedPrior;
    this.#sentPrior = this.packetCount;
    this.#lostPrior = lostTotal;
    this.#repairedPrior = this.packetsRepaired;
    this.#retransmittedPrior = this.packetsRetransmitted;

    if (sent === 0) return this.updateScore(10, now);
    const lost = Math.min(lostInterval, sent);
    this.updateScore(scoreOf(sent, lost, Math.min(repairedInterval, lost), retransmitted), now);
  }
}
