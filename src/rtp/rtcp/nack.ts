import { FEEDBACK_HEADER_LENGTH, RtcpPacketType, RtpFeedbackFormat, writeFeedbackHeader } from './rtcp-packet.js';

/**
 * Generic NACK (RFC 4585 §6.2.1): feedback header, then items. An item names a lost packet, and with bit i (from the
 * least significant) of the mask packet PID + i + 1.
 *
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |        packet id (PID)        | bitmask of lost packets (BLP) |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface NackHandler {
  /** A NACK begins; its items follow. */
  onNack(senderSsrc: number, mediaSsrc: number): void;
  onNackItem(mediaSsrc: number, packetId: number, lostPacketsBitmask: number): void;
}

const ITEM_LENGTH = 4;

export function readNack(view: DataView, offset: number, length: number, handler: NackHandler): void {
  const mediaSsrc = view.getUint32(offset + 8);
  handler.onNack(view.getUint32(offset + 4), mediaSsrc);
  const end = offset + length;
  for (let item = offset + FEEDBACK_HEADER_LENGTH; item + ITEM_LENGTH <= end; item += ITEM_LENGTH) {
    handler.onNackItem(mediaSsrc, view.getUint16(item), view.getUint16(item + 2));
  }
}

/** Longest NACK for so many packets. */
export function maxNackLength(packets: number): number {
  return FEEDBACK_HEADER_LENGTH + packets * ITEM_LENGTH;
}

/**
 * Writes a NACK for seqs[0, count), which are in order. Needs room for `maxNackLength(count)`.
 *
 * @returns its length.
 */
export function writeNack(
  view: DataView,
  offset: number,
  senderSsrc: number,
  mediaSsrc: number,
  seqs: ArrayLike<number>,
  count: number,
): number {
  let position = offset + FEEDBACK_HEADER_LENGTH;
  for (let i = 0; i < count;) {
    const packetId = seqs[i++];
    let bitmask = 0;
    for (; i < count; i++) {
      const distance = (seqs[i] - packetId - 1) & 0xffff;
      if (distance > 15) break;
      bitmask |= 1 << distance;
    }
    view.setUint16(position, packetId);
    view.setUint16(position + 2, bitmask);
    position += ITEM_LENGTH;
  }
  const length = position - offset;
  writeFeedbackHeader(view, offset, RtpFeedbackFormat.nack, RtcpPacketType.rtpFeedback, length, senderSsrc, mediaSsrc);
  return length;
}
