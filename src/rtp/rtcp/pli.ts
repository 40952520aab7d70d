import { FEEDBACK_HEADER_LENGTH, PayloadFeedbackFormat, RtcpPacketType, writeFeedbackHeader } from './rtcp-packet.js';

/** Picture Loss Indication (RFC 4585 §6.3.1): a feedback header and nothing more. */
export interface PliHandler {
  onPli(senderSsrc: number, mediaSsrc: number): void;
}

export const PLI_LENGTH = FEEDBACK_HEADER_LENGTH;

export function readPli(view: DataView, offset: number, handler: PliHandler): void {
  handler.onPli(view.getUint32(offset + 4), view.getUint32(offset + 8));
}

/** Returns the length. */
export function writePli(view: DataView, offset: number, senderSsrc: number, mediaSsrc: number): number {
  writeFeedbackHeader(
    view,
    offset,
    PayloadFeedbackFormat.pli,
    RtcpPacketType.payloadFeedback,
    PLI_LENGTH,
    senderSsrc,
    mediaSsrc,
  );
  return PLI_LENGTH;
}
