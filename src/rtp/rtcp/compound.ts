import { receiverReportLength, type ReportBlock, writeReceiverReports } from './receiver-report.js';
import { RTCP_MAX_LENGTH } from './rtcp-packet.js';
import { type SdesChunk, sdesLength, writeSdes } from './sdes.js';
import { SENDER_REPORT_LENGTH, type SenderReport, writeSenderReport } from './sender-report.js';
import {
  type DelaySinceLastReceiverReport,
  extendedReportLength,
  type ReceiverReferenceTime,
  writeExtendedReport,
} from './xr.js';

/** What a sender contributes, per stream. */
export interface SenderContribution {
  report: SenderReport;
  /** CNAME in bytes. */
  cname: Uint8Array;
  /** If the remote has sent a Receiver Reference Time. */
  delay: DelaySinceLastReceiverReport | undefined;
}

/**
 * Gathers the reports of all senders and receivers of a transport for a compound packet of at most 1292 bytes. On the
 * wire come sender reports, receiver reports, source descriptions, then an extended report. Receiver reports and
 * extended reports carry the SSRC 0 as sender.
 *
 *     if (!compound.addSenders(streams)) { send(compound); compound.clear(); compound.addSenders(streams); }
 */
export class CompoundBuilder {
  readonly #senderReports: SenderReport[] = [];
  readonly #reportBlocks: ReportBlock[] = [];
  readonly #chunks: SdesChunk[] = [];
  readonly #delays: DelaySinceLastReceiverReport[] = [];
  #referenceTime: ReceiverReferenceTime | undefined = undefined;

  clear(): void {
    this.#senderReports.length = 0;
    this.#reportBlocks.length = 0;
    this.#chunks.length = 0;
    this.#delays.length = 0;
    this.#referenceTime = undefined;
  }

  /** Whether there is a sender or receiver report; a compound packet must not be sent without (RFC 3550 §6.1). */
  get hasReports(): boolean {
    return this.#senderReports.length > 0 || this.#reportBlocks.length > 0;
  }

  /** One is enough for all receivers. */
  get hasReceiverReferenceTime(): boolean {
    return this.#referenceTime !== undefined;
  }

  /** Bytes. */
  get length(): number {
    return (
      this.#senderReports.length * SENDER_REPORT_LENGTH +
      receiverReportLength(this.#reportBlocks.length) +
      sdesLength(this.#chunks) +
      extendedReportLength(this.#delays.length, this.#referenceTime !== undefined)
    );
  }

  /** Adds the reports of all streams of one sender. Returns false, with nothing added, if they do not fit. */
  addSenders(contributions: readonly SenderContribution[]): boolean {
    const [reports, chunks, delays] = [this.#senderReports.length, this.#chunks.length, this.#delays.length];
    for (const { report, cname, delay } of contributions) {
      this.#senderReports.push(report);
      this.#chunks.push({ ssrc: report.ssrc, cname });
      if (delay !== undefined) this.#delays.push(delay);
    }
    if (this.length <= RTCP_MAX_LENGTH) return true;
    this.#senderReports.length = reports;
    this.#chunks.length = chunks;
    this.#delays.length = delays;
    return false;
  }

  /**
   * Adds the report blocks of all streams of one receiver, and a Receiver Reference Time if none is there yet. Returns
   * false, with nothing added, if they do not fit.
   */
  addReceivers(blocks: readonly ReportBlock[], referenceTime: ReceiverReferenceTime): boolean {
    const [previousBlocks, previousTime] = [this.#reportBlocks.length, this.#referenceTime];
    this.#reportBlocks.push(...blocks);
    this.#referenceTime ??= referenceTime;
    if (this.length <= RTCP_MAX_LENGTH) return true;
    this.#reportBlocks.length = previousBlocks;
    this.#referenceTime = previousTime;
    return false;
  }

  /** Writes the compound packet and returns its length. */
  write(view: DataView, offset: number): number {
    let position = offset;
    for (const report of this.#senderReports) position += writeSenderReport(view, position, report);
    position += writeReceiverReports(view, position, 0, this.#reportBlocks);
    position += writeSdes(view, position, this.#chunks);
    position += writeExtendedReport(view, position, 0, this.#delays, this.#referenceTime);
    return position - offset;
  }
}
