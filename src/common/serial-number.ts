/**
 * Serial number arithmetic (RFC 1982) for the counters of RTP, RTCP, the codecs and SCTP. Numbers are plain and
 * unsigned. RFC 1982 leaves two numbers exactly half the number space apart unordered; here, as in the reference
 * worker, the numerically smaller one is the higher.
 */

/** Whether 16 bit sequence number `a` is ahead of `b`. */
export function isSeqHigher(a: number, b: number): boolean {
  const distance = (a - b) & 0xffff;
  return distance === 0x8000 ? a < b : distance !== 0 && distance < 0x8000;
}

export function isSeqLower(a: number, b: number): boolean {
  return a !== b && !isSeqHigher(a, b);
}

/** Distance from `b` to `a` in -32768..32767: positive when `a` is ahead. */
export function seqDiff(a: number, b: number): number {
  return ((a - b) << 16) >> 16;
}

/** Whether 32 bit timestamp (or TSN) `a` is ahead of `b`. */
export function isTimestampHigher(a: number, b: number): boolean {
  const distance = (a - b) >>> 0;
  return distance === 0x80000000 ? a < b : distance !== 0 && distance < 0x80000000;
}

export function isTimestampLower(a: number, b: number): boolean {
  return a !== b && !isTimestampHigher(a, b);
}

/** Distance from `b` to `a` in -2^31..2^31-1: positive when `a` is ahead. */
export function timestampDiff(a: number, b: number): number {
  return (a - b) | 0;
}
