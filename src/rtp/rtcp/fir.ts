import { FEEDBACK_HEADER_LENGTH, PayloadFeedbackFormat, RtcpPacketType, writeFeedbackHeader } from './rtcp-packet.js';

/**
 * Full Intra Request (RFC 5104 §4.3.1): feedback header, then items. Whose key frame is asked for stands in the item.
 *
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                              SSRC                             |
 *     | sequence no.  |                    reserved                   |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface FirHandler {
  /** One item. */
  onFir(senderSsrc: number, mediaSsrc: number, ssrc: number, sequenceNumber: number): void;
}

const ITEM_LENGTH = 8;
export const FIR_LENGTH = FEEDBACK_HEADER_LENGTH + ITEM_LENGTH;

export function readFir(view: DataView, offset: number, length: number, handler: FirHandler): void {
  const senderSsrc = view.getUint32(offset + 4);
  const mediaSsrc = view.getUint32(offset + 8);
  const end = offset + length;
  for (let item = offset + FEEDBACK_HEADER_LENGTH; item + ITEM_LENGTH <= end; item += ITEM_LENGTH) {
    handler.onFir(senderSsrc, mediaSsrc, view.getUint32(item), view.getUint8(item + 4));
  }
}

/** Writes a request with one item. Returns the length. */
export function writeFir(
  view: DataView,
  offset: number,
  senderSsrc: number,
  mediaSsrc: number,
  ssrc: number,
  sequenceNumber: number,
): number {
  writeFeedbackHeader(
    view,
    offset,
    PayloadFeedbackFormat.fir,
    RtcpPacketType.payloadFeedback,
    FIR_LENGTH,
    senderSsrc,
    mediaSsrc,
  );
  view.setUint32(offset + 12, ssrc);
  view.setUint32(offset + 16, sequenceNumber << 24);
  return FIR_LENGTH;
}
