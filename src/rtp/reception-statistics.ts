import { compactDuration } from './round-trip-time.js';
import { type ReportBlock } from './rtcp/receiver-report.js';
import { type SequenceTracker } from './rtp-stream.js';
import { compactNtp } from './time.js';

/** What is reported about a received stream (RFC 3550 §6.4.1, A.3). */
export class ReceptionStatistics {
  packetsLost = 0;
  /** In the last interval between reports: 0..255, in 1/256. */
  fractionLost = 0;

  #expectedPrior = 0;
  #receivedPrior = 0;
  #reportedPacketsLost = 0;
  #senderReport = 0;
  /** ms; -1: none was received. */
  #senderReportAt = -1;

  get hasSenderReport(): boolean {
    return this.#senderReportAt >= 0;
  }

  receiveSenderReport(ntpSeconds: number, ntpFraction: number, now: number): void {
    this.#senderReport = compactNtp(ntpSeconds, ntpFraction);
    this.#senderReportAt = now;
  }

  /**
   * Makes a report and starts a new interval. If receivers of the stream lose more than is lost on the way here, that
   * is reported, so that the sender's forward error correction takes care of them.
   *
   * @param received packets since the start
   * @param worstRemoteFractionLost what receivers report, 0..255
   */
  report(
    ssrc: number,
    sequence: SequenceTracker,
    received: number,
    jitter: number,
    worstRemoteFractionLost: number,
    now: number,
  ): ReportBlock {
    const expected = sequence.expectedPackets;
    const previousPacketsLost = this.packetsLost;
    this.packetsLost = Math.max(0, expected - received);
    const expectedInterval = Math.max(0, expected - this.#expectedPrior);
    const lostInterval = expectedInterval - (received - this.#receivedPrior);
    this.#expectedPrior = expected;
    this.#receivedPrior = received;
    this.fractionLost =
      expectedInterval === 0 || lostInterval <= 0 ? 0 : Math.round((lostInterval * 256) / expectedInterval) & 0xff;

    if (worstRemoteFractionLost <= this.fractionLost) {
      this.#reportedPacketsLost += this.packetsLost - previousPacketsLost;
    } else {
      this.#reportedPacketsLost += (worstRemoteFractionLost * expectedInterval) >> 8;
    }
    return {
      ssrc,
      fractionLost: Math.max(worstRemoteFractionLost, this.fractionLost),
      totalLost: this.#reportedPacketsLost,
      highestSeq: sequence.extendedMaxSeq,
      jitter: Math.trunc(jitter),
      lastSenderReport: this.hasSenderReport ? this.#senderReport : 0,
      delaySinceLastSenderReport: this.hasSenderReport
        ? compactDuration(Math.floor((now - this.#senderReportAt) * 1000))
        : 0,
    };
  }
}
