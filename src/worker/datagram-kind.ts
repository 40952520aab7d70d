/** What a datagram is, by its first bytes (RFC 7983, RFC 5761 §4 for RTCP). */
export const DatagramKind = { other: 0, rtcp: 1, rtp: 2, dtls: 3 } as const;
export type DatagramKind = (typeof DatagramKind)[keyof typeof DatagramKind];

const MIN_RTCP_LENGTH = 4;
const MIN_RTP_LENGTH = 12;
const MIN_DTLS_LENGTH = 13;
const SCTP_HEADER_LENGTH = 12;

/** STUN, which has a magic cookie, is to be told apart before. */
export function datagramKind(bytes: Uint8Array): DatagramKind {
  const { length } = bytes;
  if (length < MIN_RTCP_LENGTH) return DatagramKind.other;
  const first = bytes[0];
  if (first >= 128 && first < 192) {
    const second = bytes[1];
    if (second >= 192 && second <= 223) return DatagramKind.rtcp;
    return length >= MIN_RTP_LENGTH ? DatagramKind.rtp : DatagramKind.other;
  }
  return first >= 20 && first < 64 && length >= MIN_DTLS_LENGTH ? DatagramKind.dtls : DatagramKind.other;
}

/** Whether it can be SCTP without DTLS around it; to be asked for what is neither RTP nor RTCP. */
export function isPlainSctp(bytes: Uint8Array): boolean {
  return bytes.length >= SCTP_HEADER_LENGTH && bytes.length % 4 === 0;
}
