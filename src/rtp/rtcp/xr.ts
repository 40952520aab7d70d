import { RtcpPacketType, writeRtcpHeader } from './rtcp-packet.js';

/**
 * Extended report (RFC 3611): header, SSRC of the sender, then blocks. Two kinds of blocks serve to measure round-trip
 * times at a side that sends no media: Receiver Reference Time (§4.4), and Delay since the Last Receiver Report (§4.5).
 *
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |     BT=4      |       0       |        block length = 2       |
 *     |              NTP timestamp, most significant word             |
 *     |             NTP timestamp, least significant word             |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |     BT=5      |       0       |       block length = 3n       |
 *     |                    n times: SSRC of receiver                  |
 *     |                             last RR (LRR)                     |
 *     |                             delay since last RR (DLRR)        |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface DelaySinceLastReceiverReport {
  ssrc: number;
  /** Middle 32 bits of the NTP timestamp of the last Receiver Reference Time. */
  lastReceiverReport: number;
  /** 1/65536 s. */
  delaySinceLastReceiverReport: number;
}

export interface ReceiverReferenceTime {
  ntpSeconds: number;
  ntpFraction: number;
}

export interface ExtendedReportHandler {
  onReceiverReferenceTime(senderSsrc: number, ntpSeconds: number, ntpFraction: number): void;
  onDelaySinceLastReceiverReport(
    senderSsrc: number,
    ssrc: number,
    lastReceiverReport: number,
    delaySinceLastReceiverReport: number,
  ): void;
}

const BlockType = { receiverReferenceTime: 4, delaySinceLastReceiverReport: 5 } as const;
const XR_HEADER_LENGTH = 8;
const BLOCK_HEADER_LENGTH = 4;
const RRT_LENGTH = 12;
const DLRR_ITEM_LENGTH = 12;

/** Reads the blocks up to the first of an unknown kind. Returns false if the packet is malformed. */
export function readExtendedReport(
  view: DataView,
  offset: number,
  length: number,
  handler: ExtendedReportHandler,
): boolean {
  if (length < XR_HEADER_LENGTH) return false;
  const senderSsrc = view.getUint32(offset + 4);
  const end = offset + length;
  let position = offset + XR_HEADER_LENGTH;
  while (position < end) {
    switch (view.getUint8(position)) {
      case BlockType.receiverReferenceTime:
        if (position + RRT_LENGTH > end) return true;
        handler.onReceiverReferenceTime(senderSsrc, view.getUint32(position + 4), view.getUint32(position + 8));
        position += RRT_LENGTH;
        break;
      case BlockType.delaySinceLastReceiverReport: {
        const items = Math.floor((view.getUint16(position + 2) * 4) / DLRR_ITEM_LENGTH);
        position += BLOCK_HEADER_LENGTH;
        for (let i = 0; i < items; i++) {
          if (position + DLRR_ITEM_LENGTH > end) break;
          handler.onDelaySinceLastReceiverReport(
            senderSsrc,
            view.getUint32(position),
            view.getUint32(position + 4),
            view.getUint32(position + 8),
          );
          position += DLRR_ITEM_LENGTH;
        }
        break;
      }
      default:
        return true;
    }
  }
  return true;
}

/** Length of the packet with these blocks; 0 without any. */
export function extendedReportLength(delays: number, hasReferenceTime: boolean): number {
  if (delays === 0 && !hasReferenceTime) return 0;
  return (
    XR_HEADER_LENGTH +
    (delays > 0 ? BLOCK_HEADER_LENGTH + delays * DLRR_ITEM_LENGTH : 0) +
    (hasReferenceTime ? RRT_LENGTH : 0)
  );
}

/** Writes a packet with one block of delays and one of the reference time; nothing without either. Returns its length. */
export function writeExtendedReport(
  view: DataView,
  offset: number,
  senderSsrc: number,
  delays: readonly DelaySinceLastReceiverReport[],
  referenceTime: ReceiverReferenceTime | undefined,
): number {
  const length = extendedReportLength(delays.length, referenceTime !== undefined);
  if (length === 0) return 0;
  writeRtcpHeader(view, offset, 0, RtcpPacketType.extendedReport, length);
  view.setUint32(offset + 4, senderSsrc);
  let position = offset + XR_HEADER_LENGTH;
  if (delays.length > 0) {
    view.setUint16(position, BlockType.delaySinceLastReceiverReport << 8);
    view.setUint16(position + 2, (delays.length * DLRR_ITEM_LENGTH) / 4);
    position += BLOCK_HEADER_LENGTH;
    for (const delay of delays) {
      view.setUint32(position, delay.ssrc);
      view.setUint32(position + 4, delay.lastReceiverReport);
      view.setUint32(position + 8, delay.delaySinceLastReceiverReport);
      position += DLRR_ITEM_LENGTH;
    }
  }
  if (referenceTime !== undefined) {
    view.setUint16(position, BlockType.receiverReferenceTime << 8);
    view.setUint16(position + 2, 2);
    view.setUint32(position + 4, referenceTime.ntpSeconds);
    view.setUint32(position + 8, referenceTime.ntpFraction);
  }
  return length;
}
