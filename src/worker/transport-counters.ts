import { RateCalculator, RtpDataCounter } from '../rtp/rate-calculator.js';

/** Windows in ms over which rates are measured. */
const RTP_WINDOW = 2500;
const RTX_WINDOW = 1000;
const PROBATION_WINDOW = 100;

/** What went through a transport. */
export class TransportCounters {
  /** Everything: RTP, RTCP, STUN, DTLS, data; bytes as they are on the wire. */
  readonly received = new RateCalculator();
  readonly sent = new RateCalculator();
  readonly receivedRtp = new RtpDataCounter(false, RTP_WINDOW);
  readonly sentRtp = new RtpDataCounter(false, RTP_WINDOW);
  readonly receivedRtx = new RtpDataCounter(false, RTX_WINDOW);
  readonly sentRtx = new RtpDataCounter(false, RTX_WINDOW);
  readonly sentProbation = new RtpDataCounter(false, PROBATION_WINDOW);
}
