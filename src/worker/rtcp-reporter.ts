import { type CompoundBuilder } from '../rtp/rtcp/compound.js';

/** Who has reports to send: a Producer about what it receives, a Consumer about what it sends. */
export interface RtcpReporter {
  /** Adds the reports that are due. False if they do not fit: ask again with an empty compound packet. */
  getRtcp(compound: CompoundBuilder, now: number): boolean;
}

/** Reports are due after this time, ms; they may be that factor early. */
const RTCP_INTERVAL = 1000;
const RTCP_INTERVAL_TOLERANCE = 1.15;

/** Whether reports are due that were added last at `lastAt`. */
export function isReportDue(lastAt: number, now: number): boolean {
  return Math.trunc(now - lastAt) * RTCP_INTERVAL_TOLERANCE >= RTCP_INTERVAL;
}
