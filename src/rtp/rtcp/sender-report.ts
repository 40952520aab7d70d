import { RtcpPacketType, writeRtcpHeader } from './rtcp-packet.js';

/**
 * Sender report (RFC 3550 §6.4.1), followed by as many report blocks (see receiver-report.ts) as the header counts.
 *
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |V=2|P|    RC   |   PT = 200    |             length            |
 *     |                         SSRC of sender                        |
 *     |                NTP timestamp, seconds since 1900              |
 *     |                 NTP timestamp, 2^-32 seconds                  |
 *     |                         RTP timestamp                         |
 *     |                     sender's packet count                     |
 *     |                      sender's octet count                     |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface SenderReport {
  ssrc: number;
  ntpSeconds: number;
  ntpFraction: number;
  rtpTimestamp: number;
  packetCount: number;
  octetCount: number;
}

export interface SenderReportHandler {
  onSenderReport(
    ssrc: number,
    ntpSeconds: number,
    ntpFraction: number,
    rtpTimestamp: number,
    packetCount: number,
    octetCount: number,
  ): void;
}

/** Length of a sender report without report blocks. */
export const SENDER_REPORT_LENGTH = 28;

/** Reads all but the report blocks. A packet that is too short for that has nothing to say, but is no error. */
export function readSenderReport(view: DataView, offset: number, length: number, handler: SenderReportHandler): void {
  if (length < SENDER_REPORT_LENGTH) return;
  handler.onSenderReport(
    view.getUint32(offset + 4),
    view.getUint32(offset + 8),
    view.getUint32(offset + 12),
    view.getUint32(offset + 16),
    view.getUint32(offset + 20),
    view.getUint32(offset + 24),
  );
}

/** Writes a sender report without report blocks. Returns its length. */
export function writeSenderReport(view: DataView, offset: number, report: SenderReport): number {
  writeRtcpHeader(view, offset, 0, RtcpPacketType.senderReport, SENDER_REPORT_LENGTH);
  view.setUint32(offset + 4, report.ssrc);
  view.setUint32(offset + 8, report.ntpSeconds);
  view.setUint32(offset + 12, report.ntpFraction);
  view.setUint32(offset + 16, report.rtpTimestamp);
  view.setUint32(offset + 20, report.packetCount);
  view.setUint32(offset + 24, report.octetCount);
  return SENDER_REPORT_LENGTH;
}
