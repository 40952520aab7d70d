import { DropReason } from '../common/drop-reason.js';
import { PROBATION_SSRC } from '../rtp/probation-packet.js';
import { CompoundBuilder } from '../rtp/rtcp/compound.js';
import { readCompound, type RtcpHandler } from '../rtp/rtcp/reader.js';
import { RTCP_MAX_LENGTH } from '../rtp/rtcp/rtcp-packet.js';
import { type TransportFeedbackReader } from '../rtp/rtcp/transport-feedback-reader.js';
import { type Consumer } from './consumer.js';
import { type WorkerContext } from './context.js';
import { PeriodicTimer } from './periodic-timer.js';
import { type RtcpReporter } from './rtcp-reporter.js';
import { type SendRtcp } from './send-rtcp.js';
import { type TransportConsumers } from './transport-consumers.js';
import { type TransportProducers } from './transport-producers.js';

/** ms between two rounds of reports at least; they come up to half as much later, at random (RFC 3550 §6.2). */
const REPORT_INTERVAL = 1000;
const FIRST_REPORT_DELAY = REPORT_INTERVAL / 2;

/** The RTCP of a Transport: hands what is received to Producers and Consumers, and sends their reports. */
export class TransportRtcp implements RtcpHandler {
  readonly #producers: TransportProducers;
  readonly #consumers: TransportConsumers;
  readonly #send: SendRtcp;
  readonly #timer: PeriodicTimer;
  readonly #compound = new CompoundBuilder();
  readonly #buffer = new Uint8Array(RTCP_MAX_LENGTH);
  readonly #view = new DataView(this.#buffer.buffer);
  /** When the packet that is being read arrived, and whether something in it concerned nobody. */
  #now = 0;
  #unknownStream = false;

  constructor(context: WorkerContext, producers: TransportProducers, consumers: TransportConsumers, send: SendRtcp) {
    this.#producers = producers;
    this.#consumers = consumers;
    this.#send = send;
    this.#timer = new PeriodicTimer(context.runtime.timers, now => {
      this.#sendReports(now);
      return (REPORT_INTERVAL * (10 + (context.runtime.random.uint32() % 6))) / 10;
    });
  }

  /** Reports are sent from now on. */
  start(now: number): void {
    this.#timer.start(now, FIRST_REPORT_DELAY);
  }

  stop(): void {
    this.#timer.stop();
  }

  close(): void {
    this.#timer.close();
  }

  /** Takes a compound packet, not encrypted. */
  receive(bytes: Uint8Array, offset: number, length: number, now: number): DropReason {
    this.#now = now;
    this.#unknownStream = false;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const reason = readCompound(bytes, view, offset, length, this);
    if (reason !== DropReason.none) return reason;
    return this.#unknownStream ? DropReason.rtcpUnknownStream : DropReason.none;
  }

  // RtcpHandler

  onSenderReport(
    ssrc: number,
    ntpSeconds: number,
    ntpFraction: number,
    rtpTimestamp: number,
    packetCount: number,
    octetCount: number,
  ): void {
    const producer = this.#producers.findBySsrc(ssrc);
    if (!producer) this.#unknownStream = true;
    else {
      producer.rtcp.receiveSenderReport(
        ssrc,
        ntpSeconds,
        ntpFraction,
        rtpTimestamp,
        packetCount,
        octetCount,
        this.#now,
      );
    }
  }

  onReportBlock(
    _senderSsrc: number,
    ssrc: number,
    fractionLost: number,
    totalLost: number,
    highestSeq: number,
    jitter: number,
    lastSenderReport: number,
    delaySinceLastSenderReport: number,
  ): void {
    const consumer = this.#consumerOf(ssrc);
    if (consumer === undefined) return;
    consumer.rtcp.receiveReceiverReport(
      ssrc,
      fractionLost,
      totalLost,
      jitter,
      lastSenderReport,
      delaySinceLastSenderReport,
      this.#now,
    );
    this.#consumers.outgoing.receiveReportBlock(ssrc, highestSeq, totalLost);
  }

  onReportBlocksEnd(): void {
    this.#consumers.outgoing.receiveReceiverReport(this.#rtt, this.#now);
  }

  onReceiverReferenceTime(_senderSsrc: number, ntpSeconds: number, ntpFraction: number): void {
    for (const consumer of this.#consumers) {
      consumer.rtcp.receiveReceiverReferenceTime(ntpSeconds, ntpFraction, this.#now);
    }
  }

  onDelaySinceLastReceiverReport(senderSsrc: number, ssrc: number, lastReport: number, delay: number): void {
    // Some senders mean themselves by 0.
    const stream = ssrc === 0 ? senderSsrc : ssrc;
    const producer = this.#producers.findBySsrc(stream);
    if (producer) producer.rtcp.receiveDelaySinceLastReceiverReport(stream, lastReport, delay, this.#now);
    else this.#unknownStream = true;
  }

  onNack(_senderSsrc: number, mediaSsrc: number): void {
    this.#consumerOf(mediaSsrc)?.rtcp.receiveNack(mediaSsrc, this.#now);
  }

  onNackItem(mediaSsrc: number, packetId: number, lostPacketsBitmask: number): void {
    const consumer = this.#consumers.findBySsrc(mediaSsrc);
    consumer?.rtcp.receiveNackItem(mediaSsrc, packetId, lostPacketsBitmask, this.#now);
  }

  onPli(_senderSsrc: number, mediaSsrc: number): void {
    this.#consumerOf(mediaSsrc)?.rtcp.receiveKeyFrameRequest(mediaSsrc, 'pli', this.#now);
  }

  onFir(_senderSsrc: number, _mediaSsrc: number, ssrc: number): void {
    this.#consumerOf(ssrc)?.rtcp.receiveKeyFrameRequest(ssrc, 'fir', this.#now);
  }

  onRemb(_senderSsrc: number, bitrate: number): void {
    this.#consumers.outgoing.receiveRemb(bitrate, this.#now);
  }

  onTransportFeedback(_senderSsrc: number, _mediaSsrc: number, feedback: TransportFeedbackReader): void {
    this.#consumers.outgoing.receiveTransportFeedback(feedback, this.#now);
  }

  /** ms, 0 if not known: that of the first Consumer that sends. */
  get #rtt(): number {
    for (const consumer of this.#consumers) if (consumer.active) return consumer.rtt;
    return 0;
  }

  /** RTX streams and probation get reports, too; these say nothing that anybody wants to know. */
  #consumerOf(ssrc: number): Consumer | undefined {
    const consumer = this.#consumers.findBySsrc(ssrc);
    if (!consumer && ssrc !== PROBATION_SSRC && !this.#consumers.findByRtxSsrc(ssrc)) this.#unknownStream = true;
    return consumer;
  }

  /** Of all Consumers, then of all Producers, in as few packets as possible. */
  #sendReports(now: number): void {
    for (const consumer of this.#consumers) this.#addReports(consumer.rtcp, now);
    for (const producer of this.#producers) this.#addReports(producer.rtcp, now);
    this.#sendCompound();
  }

  #addReports(reporter: RtcpReporter, now: number): void {
    if (reporter.getRtcp(this.#compound, now)) return;
    this.#sendCompound();
    reporter.getRtcp(this.#compound, now);
  }

  #sendCompound(): void {
    if (this.#compound.hasReports) {
      this.#send(this.#buffer, 0, this.#compound.write(this.#view, 0));
    }
    this.#compound.clear();
  }
}
