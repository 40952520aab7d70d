import { compactDuration } from './round-trip-time.js';
import { SequenceTracker, SequenceVerdict, type RtxParams } from './rtp-stream.js';
import { fractionLost, type ReceptionReport } from './reception-report.js';
import { compactNtp } from './time.js';

/** A received RTX stream (RFC 4588): its own sequence numbers and reception reports. */
export class RtxStream {
  readonly params: RtxParams;
  readonly sequence = new SequenceTracker();

  #packetCount = 0;
  #packetsLost = 0;
  #expectedPrior = 0;
  #receivedPrior = 0;
  #reportedPacketsLost = 0;
  #lastSenderReport = 0;
  /** ms; -1: none received. */
  #lastSenderReportAt = -1;

  constructor(params: RtxParams) {
    this.params = params;
  }

  /** False: the sequence number is not plausible. */
  receivePacket(seq: number): boolean {
    if (this.sequence.update(seq) === SequenceVerdict.bad) return false;
    this.#packetCount++;
    return true;
  }

  receiveSenderReport(ntpSeconds: number, ntpFraction: number, now: number): void {
    this.#lastSenderReport = compactNtp(ntpSeconds, ntpFraction);
    this.#lastSenderReportAt = now;
  }

  /** Fills in what to report, and starts a new interval. RFC 3550 A.3. */
  fillReceptionReport(report: ReceptionReport, now: number): void {
    const expected = this.sequence.expectedPackets;
    const lost = Math.max(0, expected - this.#packetCount);
    const expectedInterval = Math.max(0, expected - this.#expectedPrior);
    const lostInterval = expectedInterval - (this.#packetCount - this.#receivedPrior);
    this.#expectedPrior = expected;
    this.#receivedPrior = this.#packetCount;
    this.#reportedPacketsLost += lost - this.#packetsLost;
    this.#packetsLost = lost;

    report.ssrc = this.params.ssrc;
    report.fractionLost = fractionLost(lostInterval, expectedInterval);
    report.totalLost = this.#reportedPacketsLost;
    report.highestSeq = this.sequence.extendedMaxSeq;
    report.jitter = 0;
    report.lastSenderReport = this.#lastSenderReportAt < 0 ? 0 : this.#lastSenderReport;
    report.delaySinceLastSenderReport =
      this.#lastSenderReportAt < 0 ? 0 : compactDuration(Math.floor((now - this.#lastSenderReportAt) * 1000));
  }
}
