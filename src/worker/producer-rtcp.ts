import { DropReason } from '../common/drop-reason.js';
import { type RemoteCaptureTimeEstimator } from '../rtp/remote-capture-time-estimator.js';
import { type CompoundBuilder } from '../rtp/rtcp/compound.js';
import { FIR_LENGTH, writeFir } from '../rtp/rtcp/fir.js';
import { maxNackLength, writeNack } from '../rtp/rtcp/nack.js';
import { PLI_LENGTH, writePli } from '../rtp/rtcp/pli.js';
import { type ReportBlock } from '../rtp/rtcp/receiver-report.js';
import { type RtpStreamRecv } from '../rtp/rtp-stream-recv.js';
import { ntpFraction, ntpSeconds } from '../rtp/time.js';
import { type ProducerStreams } from './producer-streams.js';
import { type ProducerTraces } from './producer-traces.js';
import { isReportDue, type RtcpReporter } from './rtcp-reporter.js';
import { type SendRtcp } from './send-rtcp.js';

/** What a Producer does for its RTCP. */
export interface ProducerRtcpOwner {
  /** @param first the first report from which `stream` can tell when a frame was captured */
  onSenderReport(stream: RtpStreamRecv, first: boolean, now: number): void;
  /** The worst loss (0..255, 1/256) that the receivers of the stream report; 0 if there are none. */
  worstRemoteFractionLost(stream: RtpStreamRecv): number;
}

/** What a NackGenerator asks for at once has room. */
const feedbackBytes = new Uint8Array(Math.max(maxNackLength(1000), PLI_LENGTH, FIR_LENGTH));
const feedbackView = new DataView(feedbackBytes.buffer);

/** The RTCP of a Producer: reports about what it receives, what its sender reports, and what it asks its sender for. */
export class ProducerRtcp implements RtcpReporter {
  readonly #streams: ProducerStreams;
  readonly #captureTime: RemoteCaptureTimeEstimator;
  readonly #traces: ProducerTraces;
  readonly #ntpOffset: number;
  readonly #send: SendRtcp;
  readonly #owner: ProducerRtcpOwner;
  #lastRtcpAt = -Infinity;
  /** Reports that did not fit into a compound packet yet. */
  #pendingReports: ReportBlock[] | undefined = undefined;

  /** @param ntpOffset NTP time (µs since 1900) at 0 of the worker's clock */
  constructor(
    streams: ProducerStreams,
    captureTime: RemoteCaptureTimeEstimator,
    traces: ProducerTraces,
    ntpOffset: number,
    send: SendRtcp,
    owner: ProducerRtcpOwner,
  ) {
    this.#streams = streams;
    this.#captureTime = captureTime;
    this.#traces = traces;
    this.#ntpOffset = ntpOffset;
    this.#send = send;
    this.#owner = owner;
  }

  /**
   * Adds the reports that are due on all streams. False: they do not fit, and are to be asked for again with an empty
   * compound packet. They are made once: making a report starts a new interval.
   */
  getRtcp(compound: CompoundBuilder, now: number): boolean {
    if (!isReportDue(this.#lastRtcpAt, now)) return true;
    this.#pendingReports ??= this.#streams.started.flatMap(stream => this.#receptionReports(stream, now));
    const ntpNow = Math.floor(now * 1000) + this.#ntpOffset;
    const referenceTime = { ntpSeconds: ntpSeconds(ntpNow), ntpFraction: ntpFraction(ntpNow) };
    if (!compound.addReceivers(this.#pendingReports, referenceTime)) return false;
    this.#pendingReports = undefined;
    this.#lastRtcpAt = now;
    return true;
  }

  /** A sender report for one of the streams. */
  receiveSenderReport(
    ssrc: number,
    ntpSeconds: number,
    ntpFraction: number,
    timestamp: number,
    packetCount: number,
    octetCount: number,
    now: number,
  ): DropReason {
    const stream = this.#streams.bySsrc(ssrc);
    if (stream === undefined) {
      const rtx = this.#streams.byRtxSsrc(ssrc)?.rtx;
      if (rtx === undefined) return DropReason.rtcpUnknownStream;
      rtx.receiveSenderReport(ntpSeconds, ntpFraction, now);
      return DropReason.none;
    }
    const first = !stream.hasSenderReport;
    stream.receiveSenderReport(ntpSeconds, ntpFraction, timestamp, now);
    // Without a time of its own the report would be taken for that of the one before.
    if (ntpSeconds !== 0 || ntpFraction !== 0) {
      this.#captureTime.addSenderReport(stream.senderReportNtp, Math.floor(now * 1000), stream.rtt);
    }
    this.#owner.onSenderReport(stream, first, now);
    this.#traces.senderReport(ssrc, ntpSeconds, ntpFraction, timestamp, packetCount, octetCount, now);
    return DropReason.none;
  }

  /** A sub-block of a DLRR block (RFC 3611 §4.5). */
  receiveDelaySinceLastReceiverReport(ssrc: number, lastReport: number, delay: number, now: number): DropReason {
    const stream = this.#streams.bySsrc(ssrc);
    if (stream === undefined) return DropReason.rtcpUnknownStream;
    stream.receiveDelaySinceLastReceiverReport(lastReport, delay, now);
    return DropReason.none;
  }

  /** Asks for `seqs[0 .. count)` again. */
  sendNack({ params }: RtpStreamRecv, seqs: Uint16Array, count: number, now: number): void {
    this.#send(feedbackBytes, 0, writeNack(feedbackView, 0, 0, params.ssrc, seqs, count));
    this.#traces.nack(now);
  }

  sendPli({ params: { ssrc } }: RtpStreamRecv, now: number): void {
    // Sender and media SSRC are the same: GStreamer does not take a PLI whose sender is 0.
    this.#send(feedbackBytes, 0, writePli(feedbackView, 0, ssrc, ssrc));
    this.#traces.pli(ssrc, now);
  }

  sendFir({ params: { ssrc } }: RtpStreamRecv, commandSeq: number, now: number): void {
    this.#send(feedbackBytes, 0, writeFir(feedbackView, 0, ssrc, ssrc, ssrc, commandSeq));
    this.#traces.fir(ssrc, now);
  }

  #receptionReports(stream: RtpStreamRecv, now: number): ReportBlock[] {
    const worstRemoteFractionLost = stream.params.useInBandFec ? this.#owner.worstRemoteFractionLost(stream) : 0;
    const report = stream.receptionReport(worstRemoteFractionLost, now);
    return stream.rtx === undefined ? [report] : [report, stream.rtx.receptionReport(now)];
  }
}
