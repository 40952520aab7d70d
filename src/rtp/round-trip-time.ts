import { compactNtp, ntpFraction, ntpSeconds } from './time.js';

/** The middle 32 bits of the NTP timestamp for `us` since 1900. */
export function compactNtpOf(us: number): number {
  return compactNtp(ntpSeconds(us), ntpFraction(us));
}

/** A duration in µs as 16.16 fixed point seconds, as in DLSR and DLRR. */
export function compactDuration(us: number): number {
  return (Math.floor(us / 1e6) * 65536 + Math.floor(((us % 1e6) * 65536) / 1e6)) >>> 0;
}

/**
 * Round trip time in ms from a report block (RFC 3550 §6.4.1) or a DLRR sub-block (RFC 3611 §4.5), in which the other
 * side says which report it received last and how long ago. 0 if it has received none, or what it says makes no sense.
 *
 * @param ntpNow µs since 1900 of the local clock
 */
export function roundTripTime(ntpNow: number, lastReport: number, delaySinceLastReport: number): number {
  if (lastReport === 0 || delaySinceLastReport === 0) return 0;
  const elapsed = compactNtpOf(ntpNow) - lastReport - delaySinceLastReport;
  return elapsed > 0 ? (elapsed / 65536) * 1000 : 0;
}
