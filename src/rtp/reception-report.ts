/** A report block (RFC 3550 §6.4.1) to be sent. */
export class ReceptionReport {
  ssrc = 0;
  /** 0..255, in 1/256. */
  fractionLost = 0;
  /** Signed; the low 24 bits go onto the wire. */
  totalLost = 0;
  /** Extended highest sequence number. */
  highestSeq = 0;
  /** In units of the RTP timestamp. */
  jitter = 0;
  /** Middle 32 bits of the NTP timestamp, 0 if no sender report has been received. */
  lastSenderReport = 0;
  /** 1/65536 s. */
  delaySinceLastSenderReport = 0;
}

/** Loss in an interval in 1/256, in one byte (RFC 3550 A.3). */
export function fractionLost(lost: number, expected: number): number {
  return expected === 0 || lost <= 0 ? 0 : Math.round((lost * 256) / expected) & 0xff;
}
