import { MAX_COUNT, RtcpPacketType, writeRtcpHeader } from './rtcp-packet.js';

/**
 * Receiver report (RFC 3550 §6.4.2): header, SSRC of the sender of this packet, then per source a report block:
 *
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                          SSRC of source                       |
 *     | fraction lost |       cumulative number of packets lost       |
 *     |           extended highest sequence number received           |
 *     |                      interarrival jitter                      |
 *     |                         last SR (LSR)                         |
 *     |                   delay since last SR (DLSR)                  |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface ReportBlock {
  ssrc: number;
  /** 0..255, in 1/256. */
  fractionLost: number;
  /** Signed; the low 24 bits go onto the wire. */
  totalLost: number;
  /** Extended highest sequence number. */
  highestSeq: number;
  /** In units of the RTP timestamp. */
  jitter: number;
  /** Middle 32 bits of the NTP timestamp of the last sender report, 0 if there was none. */
  lastSenderReport: number;
  /** 1/65536 s. */
  delaySinceLastSenderReport: number;
}

export interface ReportBlockHandler {
  onReportBlock(
    senderSsrc: number,
    ssrc: number,
    fractionLost: number,
    totalLost: number,
    highestSeq: number,
    jitter: number,
    lastSenderReport: number,
    delaySinceLastSenderReport: number,
  ): void;
  /** All report blocks of a receiver report, or of a sender report that has some, have been read. */
  onReportBlocksEnd(senderSsrc: number): void;
}

const RECEIVER_REPORT_HEADER_LENGTH = 8;
const REPORT_BLOCK_LENGTH = 24;

/** Reads a receiver report. Returns false if it is malformed. Blocks that do not fit are no error, just not there. */
export function readReceiverReport(
  view: DataView,
  offset: number,
  length: number,
  handler: ReportBlockHandler,
): boolean {
  if (length < RECEIVER_REPORT_HEADER_LENGTH) return false;
  readReportBlocks(view, offset, length, RECEIVER_REPORT_HEADER_LENGTH, handler);
  return true;
}

/** @param blocks where the blocks begin, relative to the start of the packet, whose header counts them */
export function readReportBlocks(
  view: DataView,
  offset: number,
  length: number,
  blocks: number,
  handler: ReportBlockHandler,
): void {
  const senderSsrc = view.getUint32(offset + 4);
  const end = offset + length;
  let block = offset + blocks;
  for (let count = view.getUint8(offset) & 0x1f; count > 0 && block + REPORT_BLOCK_LENGTH <= end; count--) {
    handler.onReportBlock(
      senderSsrc,
      view.getUint32(block),
      view.getUint8(block + 4),
      (view.getInt16(block + 5) << 8) | view.getUint8(block + 7),
      view.getUint32(block + 8),
      view.getUint32(block + 12),
      view.getUint32(block + 16),
      view.getUint32(block + 20),
    );
    block += REPORT_BLOCK_LENGTH;
  }
  handler.onReportBlocksEnd(senderSsrc);
}

/** Bytes that so many report blocks take, in as many packets as they need. */
export function receiverReportLength(blocks: number): number {
  return Math.ceil(blocks / MAX_COUNT) * RECEIVER_REPORT_HEADER_LENGTH + blocks * REPORT_BLOCK_LENGTH;
}

/** Writes receiver reports with up to 31 blocks each. Returns their length. */
export function writeReceiverReports(
  view: DataView,
  offset: number,
  senderSsrc: number,
  blocks: readonly ReportBlock[],
): number {
  let position = offset;
  for (let first = 0; first < blocks.length; first += MAX_COUNT) {
    const count = Math.min(blocks.length - first, MAX_COUNT);
    writeRtcpHeader(view, position, count, RtcpPacketType.receiverReport, receiverReportLength(count));
    view.setUint32(position + 4, senderSsrc);
    position += RECEIVER_REPORT_HEADER_LENGTH;
    for (let i = first; i < first + count; i++) {
      writeReportBlock(view, position, blocks[i]);
      position += REPORT_BLOCK_LENGTH;
    }
  }
  return position - offset;
}

function writeReportBlock(view: DataView, offset: number, block: ReportBlock): void {
  view.setUint32(offset, block.ssrc);
  view.setUint32(offset + 4, (block.fractionLost << 24) | (block.totalLost & 0xffffff));
  view.setUint32(offset + 8, block.highestSeq);
  view.setUint32(offset + 12, block.jitter);
  view.setUint32(offset + 16, block.lastSenderReport);
  view.setUint32(offset + 20, block.delaySinceLastSenderReport);
}
