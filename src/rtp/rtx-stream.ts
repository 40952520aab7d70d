import { ReceptionStatistics } from './reception-statistics.js';
import { type ReportBlock } from './rtcp/receiver-report.js';
import { SequenceTracker, SequenceVerdict, type RtxParams } from './rtp-stream.js';

/** A received RTX stream (RFC 4588): its own sequence numbers and reception reports. */
export class RtxStream {
  readonly params: RtxParams;
  readonly sequence = new SequenceTracker();

  readonly #reception = new ReceptionStatistics();
  #packetCount = 0;

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
    this.#reception.receiveSenderReport(ntpSeconds, ntpFraction, now);
  }

  /** Makes a report and starts a new interval. */
  receptionReport(now: number): ReportBlock {
    return this.#reception.report(this.params.ssrc, this.sequence, this.#packetCount, 0, 0, now);
  }
}
