import { RemoteClockOffsetEstimator } from './remote-clock-offset-estimator.js';

/** A received stream that may know when, by its sender's clock, the frame of an RTP timestamp was captured. */
export interface RemoteCaptureClock {
  /** NTP time in µs since 1900 by the last abs-capture-time extension; NaN if unknown. */
  captureTimeByAbsCaptureTime(timestamp: number): number;
  /** NTP time in µs since 1900 by the last sender report; NaN if unknown. */
  captureTimeBySenderReport(timestamp: number): number;
}

/**
 * Tells when, by the worker's clock, a frame was captured. One per sender, that is per RTCP CNAME: all its streams
 * share one clock, and must share one way of telling the time, else they would not be in sync.
 */
export class RemoteCaptureTimeEstimator {
  readonly #clockOffset = new RemoteClockOffsetEstimator();
  #source: 'none' | 'abs-capture-time' | 'sender-report' = 'none';

  /** One stream without abs-capture-time makes all be judged by sender reports, for good. */
  updateSource(absCaptureTime: boolean): void {
    if (this.#source === 'sender-report') return;
    this.#source = absCaptureTime ? 'abs-capture-time' : 'sender-report';
  }

  /** See RemoteClockOffsetEstimator. */
  addSenderReport(ntpTime: number, arrival: number, rtt: number): void {
    this.#clockOffset.addSenderReport(ntpTime, arrival, rtt);
  }

  /** µs to add to the sender's NTP time to get local time; NaN until known. */
  get clockOffset(): number {
    return this.#clockOffset.offset;
  }

  /** When the frame with this RTP timestamp was captured, in µs of the local clock; NaN if unknown. */
  localCaptureTime(stream: RemoteCaptureClock, timestamp: number): number {
    if (this.#source === 'none' || Number.isNaN(this.#clockOffset.offset)) return NaN;
    const remote =
      this.#source === 'abs-capture-time'
        ? stream.captureTimeByAbsCaptureTime(timestamp)
        : stream.captureTimeBySenderReport(timestamp);
    const local = remote + this.#clockOffset.offset;
    return local >= 0 ? local : NaN;
  }
}
