import { type Stats } from '../channel/fbs/transport.js';
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

  /** The part of a transport's statistics that is about amounts and rates. */
  stats(now: number): AmountStats {
    return {
      bytesReceived: BigInt(this.received.total),
      recvBitrate: BigInt(this.received.rate(now)),
      bytesSent: BigInt(this.sent.total),
      sendBitrate: BigInt(this.sent.rate(now)),
      rtpBytesReceived: BigInt(this.receivedRtp.byteCount),
      rtpRecvBitrate: BigInt(this.receivedRtp.bitrate(now)),
      rtpBytesSent: BigInt(this.sentRtp.byteCount),
      rtpSendBitrate: BigInt(this.sentRtp.bitrate(now)),
      rtxBytesReceived: BigInt(this.receivedRtx.byteCount),
      rtxRecvBitrate: BigInt(this.receivedRtx.bitrate(now)),
      rtxBytesSent: BigInt(this.sentRtx.byteCount),
      rtxSendBitrate: BigInt(this.sentRtx.bitrate(now)),
      probationBytesSent: BigInt(this.sentProbation.byteCount),
      probationSendBitrate: BigInt(this.sentProbation.bitrate(now)),
    };
  }
}

type AmountStats = Pick<Stats, `${'bytes' | 'rtpBytes' | 'rtxBytes'}${'Received' | 'Sent'}`> &
  Pick<Stats, `${'recv' | 'send' | 'rtpRecv' | 'rtpSend' | 'rtxRecv' | 'rtxSend' | 'probationSend'}Bitrate`> &
  Pick<Stats, 'probationBytesSent'>;
