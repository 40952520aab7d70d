import { type SctpAssociationOptions } from './options.js';

/** RFC 9260 §16: RTO.Alpha and RTO.Beta. */
const ALPHA = 1 / 8;
const BETA = 1 / 4;

/** `minRttVariance` was found good by measurement where it meant an eighth of what it says. */
const MIN_RTT_VARIANCE_DIVISOR = 8;

export type RetransmissionTimeoutOptions = Pick<
  SctpAssociationOptions,
  'initialRto' | 'minRto' | 'maxRto' | 'maxRtt' | 'minRttVariance'
>;

/** How long to wait for an acknowledgement, learned from round trip times (RFC 9260 §6.3.1). All times in ms. */
export class RetransmissionTimeout {
  rto: number;
  /** Smoothed round trip time; the initial RTO before the first measurement. */
  srtt: number;

  readonly #options: RetransmissionTimeoutOptions;
  #rttvar = 0;
  #isMeasured = false;

  constructor(options: RetransmissionTimeoutOptions) {
    this.#options = options;
    this.rto = options.initialRto;
    this.srtt = options.initialRto;
  }

  get isMeasured(): boolean {
    return this.#isMeasured;
  }

  observe(rtt: number): void {
    const { minRto, maxRto, maxRtt, minRttVariance } = this.#options;
    // One wrong measurement would take very long to recover from.
    if (!(rtt > 0 && rtt <= maxRtt)) return;
    if (this.#isMeasured) {
      this.#rttvar = (1 - BETA) * this.#rttvar + BETA * Math.abs(this.srtt - rtt);
      this.srtt = (1 - ALPHA) * this.srtt + ALPHA * rtt;
    } else {
      this.#isMeasured = true;
      this.#rttvar = rtt / 2;
      this.srtt = rtt;
    }
    this.#rttvar = Math.max(this.#rttvar, minRttVariance / MIN_RTT_VARIANCE_DIVISOR);
    this.rto = Math.min(Math.max(this.srtt + 4 * this.#rttvar, minRto), maxRto);
  }
}
