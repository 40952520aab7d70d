import { FEEDBACK_HEADER_LENGTH, PayloadFeedbackFormat, RtcpPacketType, writeFeedbackHeader } from './rtcp-packet.js';

/**
 * Receiver Estimated Maximum Bitrate (draft-alvestrand-rmcat-remb-03), an application layer feedback message:
 * feedback header, then
 *
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |      'R'      |      'E'      |      'M'      |      'B'      |
 *     |  number SSRCs | exponent  |             mantissa              |
 *     |                              SSRCs                            |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface RembHandler {
  /** @param bitrate bps, below 2^63 */
  onRemb(senderSsrc: number, bitrate: number): void;
}

const IDENTIFIER = 0x52454d42;
const REMB_HEADER_LENGTH = FEEDBACK_HEADER_LENGTH + 8;
const MAX_MANTISSA = 0x3ffff;
const MAX_BITRATE = 2 ** 63;
const MAX_SSRCS = 255;

/** Reads an application layer feedback message, if it is a REMB. Returns false if it is a malformed one. */
export function readRemb(view: DataView, offset: number, length: number, handler: RembHandler): boolean {
  if (length < FEEDBACK_HEADER_LENGTH + 4 || view.getUint32(offset + 12) !== IDENTIFIER) return true;
  if (length < REMB_HEADER_LENGTH || length !== rembLength(view.getUint8(offset + 16))) return false;
  const exponent = view.getUint8(offset + 17) >> 2;
  const mantissa = view.getUint32(offset + 16) & MAX_MANTISSA;
  const bitrate = mantissa * 2 ** exponent;
  if (bitrate >= MAX_BITRATE) return false;
  handler.onRemb(view.getUint32(offset + 4), bitrate);
  return true;
}

/** @param ssrcs how many */
export function rembLength(ssrcs: number): number {
  return REMB_HEADER_LENGTH + 4 * ssrcs;
}

/**
 * Needs room for `rembLength(ssrcs.length)`. The bitrate is rounded down to 18 significant bits.
 *
 * @param ssrcs the streams that share the bitrate; at most 255 are written.
 * @returns the length.
 */
export function writeRemb(
  view: DataView,
  offset: number,
  senderSsrc: number,
  mediaSsrc: number,
  bitrate: number,
  ssrcs: ArrayLike<number>,
): number {
  const count = Math.min(ssrcs.length, MAX_SSRCS);
  const length = rembLength(count);
  writeFeedbackHeader(
    view,
    offset,
    PayloadFeedbackFormat.application,
    RtcpPacketType.payloadFeedback,
    length,
    senderSsrc,
    mediaSsrc,
  );
  let exponent = 0;
  let mantissa = Math.floor(bitrate);
  while (mantissa > MAX_MANTISSA) {
    mantissa = Math.floor(mantissa / 2);
    exponent++;
  }
  view.setUint32(offset + 12, IDENTIFIER);
  view.setUint32(offset + 16, (count << 24) | (exponent << 18) | mantissa);
  for (let i = 0; i < count; i++) view.setUint32(offset + REMB_HEADER_LENGTH + 4 * i, ssrcs[i]);
  return length;
}
