/**
 * What all RTCP packets have in common (RFC 3550 §6.4). Several lie behind each other in a compound packet, or, with
 * reduced-size RTCP (RFC 5506), any packets do.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |V=2|P| count or|  packet type  |    length in words minus 1    |
 *     |     |  format |               |                               |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * Packets of the two feedback types go on with (RFC 4585 §6.1):
 *
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                         SSRC of sender                        |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                          SSRC of media                        |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export const RTCP_HEADER_LENGTH = 4;
export const FEEDBACK_HEADER_LENGTH = 12;

/** Longest RTCP packet that is sent, reports as well as transport-wide feedback, as in the reference. */
export const RTCP_MAX_LENGTH = 1292;

/** How many report blocks or SDES chunks one packet can count. */
export const MAX_COUNT = 31;

export const RtcpPacketType = {
  senderReport: 200,
  receiverReport: 201,
  sourceDescription: 202,
  bye: 203,
  application: 204,
  /** RFC 4585 §6.2 */
  rtpFeedback: 205,
  /** RFC 4585 §6.3 */
  payloadFeedback: 206,
  /** RFC 3611 */
  extendedReport: 207,
} as const;

/** Formats of transport-layer feedback packets. */
export const RtpFeedbackFormat = {
  /** RFC 4585 §6.2.1 */
  nack: 1,
  /** RFC 5104 §4.2.1, §4.2.2 */
  tmmbr: 3,
  tmmbn: 4,
  /** RFC 6051 §3.2 */
  srRequest: 5,
  /** RFC 6642 §5.1 */
  tllei: 7,
  /** RFC 6679 §5.1 */
  ecn: 8,
  /** draft-holmer-rmcat-transport-wide-cc-extensions-01 */
  transportWideCc: 15,
} as const;

/** Formats of payload-specific feedback packets. */
export const PayloadFeedbackFormat = {
  /** RFC 4585 §6.3.1 to §6.3.3 */
  pli: 1,
  sli: 2,
  rpsi: 3,
  /** RFC 5104 §4.3.1 to §4.3.4 */
  fir: 4,
  tstr: 5,
  tstn: 6,
  vbcm: 7,
  /** RFC 6642 §5.2 */
  pslei: 8,
  /** RFC 4585 §6.4: REMB, for one. */
  application: 15,
} as const;

/** Whether bytes are RTCP rather than RTP (RFC 5761 §4): version 2 and a packet type of 192..223. */
export function isRtcp(bytes: Uint8Array, offset: number, length: number): boolean {
  return (
    length >= RTCP_HEADER_LENGTH && bytes[offset] >> 6 === 2 && bytes[offset + 1] >= 192 && bytes[offset + 1] <= 223
  );
}

/** @param length of the whole packet in bytes, a multiple of 4 */
export function writeRtcpHeader(
  view: DataView,
  offset: number,
  countOrFormat: number,
  packetType: number,
  length: number,
): void {
  view.setUint8(offset, 0x80 | countOrFormat);
  view.setUint8(offset + 1, packetType);
  view.setUint16(offset + 2, (length >> 2) - 1);
}

/** @param length of the whole packet in bytes, a multiple of 4 */
export function writeFeedbackHeader(
  view: DataView,
  offset: number,
  format: number,
  packetType: number,
  length: number,
  senderSsrc: number,
  mediaSsrc: number,
): void {
  writeRtcpHeader(view, offset, format, packetType, length);
  view.setUint32(offset + 4, senderSsrc);
  view.setUint32(offset + 8, mediaSsrc);
}
