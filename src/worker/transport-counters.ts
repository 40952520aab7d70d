import { type StatsT } from '../channel/fbs/transport.js';
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

  /** Fills the part of a transport's statistics that is about amounts and rates. */
  fillStats(stats: StatsT, now: number): void {
    stats.bytesReceived = BigInt(this.received.total);
    stats.recvBitrate = BigInt(this.received.rate(now));
    stats.bytesSent = BigInt(this.sent.total);
    stats.sendBitrate = BigInt(this.sent.rate(now));
    stats.rtpBytesReceived = BigInt(this.receivedRtp.byteCount);
    stats.rtpRecvBitrate = BigInt(this.receivedRtp.bitrate(now));
    stats.rtpBytesSent = BigInt(this.sentRtp.byteCount);
    stats.rtpSendBitrate = BigInt(this.sentRtp.bitrate(now));
    stats.rtxBytesReceived = BigInt(this.receivedRtx.byteCount);
    stats.rtxRecvBitrate = BigInt(this.receivedRtx.bitrate(now));
    stats.rtxBytesSent = BigInt(this.sentRtx.byteCount);
    stats.rtxSendBitrate = BigInt(this.sentRtx.bitrate(now));
    stats.probationBytesSent = BigInt(this.sentProbation.byteCount);
    stats.probationSendBitrate = BigInt(this.sentProbation.bitrate(now));
  }
}
