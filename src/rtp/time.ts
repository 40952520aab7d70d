/** Conversions between microseconds and the time formats of RTP and RTCP. Times in µs are plain numbers. */

const TWO_32 = 4294967296;

/** Seconds between 1900 (NTP) and 1970 (Unix). */
export const NTP_UNIX_OFFSET_SECONDS = 2208988800;

/** Seconds of the NTP timestamp (RFC 5905 §6) for `us` since 1900. */
export function ntpSeconds(us: number): number {
  return Math.floor(us / 1e6) >>> 0;
}

/** Fraction of the NTP timestamp for `us` since 1900, in 2^-32 s. */
export function ntpFraction(us: number): number {
  return Math.floor(((us % 1e6) / 1e6) * TWO_32) >>> 0;
}

/** µs since 1900 of an NTP timestamp. */
export function ntpToUs(seconds: number, fraction: number): number {
  return seconds * 1e6 + Math.round((fraction * 1e6) / TWO_32);
}

/** The middle 32 bits of an NTP timestamp: 16.16 fixed point seconds, as in LSR and DLRR (RFC 3550 §6.4.1). */
export function compactNtp(seconds: number, fraction: number): number {
  return (((seconds & 0xffff) << 16) | (fraction >>> 16)) >>> 0;
}

/** The abs-send-time value for a moment in ms: 6.18 fixed point seconds, wrapping every 64 s. */
export function absSendTime(ms: number): number {
  const wrapped = (((ms * 1000) % 64e6) + 64e6) % 64e6;
  return Math.floor((wrapped * 262144 + 500000) / 1e6) & 0xffffff;
}

/**
 * Signed Q32.32 seconds for `us`, as a whole number of 2^-32 s; NaN if the seconds do not fit 32 bits. Beyond 2^53
 * (24 days) the lowest bits are rounded.
 */
export function usToQ32(us: number): number {
  return Math.abs(us) >= 2 ** 31 * 1e6 ? NaN : Math.round(us * (TWO_32 / 1e6));
}

/** µs for signed Q32.32 seconds given as two halves. */
export function q32ToUs(high: number, low: number): number {
  return Math.round((high * TWO_32 + low) * (1e6 / TWO_32));
}
