import { AimdRateControl } from './aimd-rate-control.js';
import { BandwidthUsage } from './bandwidth-usage.js';
import { InterArrival } from './inter-arrival.js';
import { OveruseDetector } from './overuse-detector.js';
import { OveruseEstimator } from './overuse-estimator.js';
import { ProbeDetector } from './probe-detector.js';
import { RateStatistics } from './rate-statistics.js';

/**
 * Estimates, at the receiver, the bandwidth from a sender that stamps its packets with abs-send-time
 * (draft-alvestrand-rmcat-congestion-02), as libwebrtc does it.
 */
export class RemoteBitrateEstimator {
  /** The last estimate, bps; 0 if there is none yet. */
  bitrate = 0;
  /** The streams that were active in the last 2 s, in ascending order, 255 at most. Changes with every packet. */
  readonly ssrcs: number[] = [];

  /** When each of `ssrcs` was active. */
  readonly #lastSeen: number[] = [];
  #interArrival = new InterArrival();
  #estimator = new OveruseEstimator();
  readonly #detector = new OveruseDetector();
  readonly #throughput = new RateStatistics();
  #hadThroughput = false;
  readonly #probes = new ProbeDetector();
  readonly #rateControl = new AimdRateControl();
  #firstPacketAt = NaN;
  #updatedAt = NaN;

  /**
   * Takes a packet.
   *
   * @param sendTime abs-send-time, 24 bits
   * @param size bytes of payload
   * @param now ms
   * @returns whether there is a new estimate in `bitrate`, to be told to the sender.
   */
  update(ssrc: number, sendTime: number, size: number, now: number): boolean {
    now = Math.floor(now);
    const sendTime32 = (sendTime << 8) >>> 0;
    this.#countThroughput(size, now);
    if (Number.isNaN(this.#firstPacketAt)) this.#firstPacketAt = now;
    this.#dropInactive(now);
    this.#noteActive(ssrc, now);

    const probed = this.#probe(sendTime32, size, now);
    if (this.#interArrival.update(sendTime32, now, now, size)) {
      const { receiveDelta, sendDelta, sizeDelta } = this.#interArrival;
      this.#estimator.update(receiveDelta, sendDelta, sizeDelta, this.#detector.usage);
      this.#detector.detect(this.#estimator.offset, sendDelta, this.#estimator.deltaCount, now);
    }
    if (!probed && !this.#isTimeToUpdate(now)) return false;

    const bitrate = this.#rateControl.update(this.#detector.usage, this.#throughput.rate(now), now);
    if (!this.#rateControl.hasEstimate) return false;
    this.#updatedAt = now;
    this.bitrate = bitrate;
    return true;
  }

  #countThroughput(size: number, now: number): void {
    const isKnown = !Number.isNaN(this.#throughput.rate(now));
    // After a pause the window starts anew, so that it holds nothing but what comes now.
    if (!isKnown && this.#hadThroughput) this.#throughput.reset();
    this.#hadThroughput = isKnown;
    this.#throughput.add(size, now);
  }

  #dropInactive(now: number): void {
    for (let i = this.ssrcs.length - 1; i >= 0; i--) {
      if (now - this.#lastSeen[i] <= STREAM_TIMEOUT) continue;
      this.ssrcs.splice(i, 1);
      this.#lastSeen.splice(i, 1);
    }
    if (this.ssrcs.length === 0) {
      this.#interArrival = new InterArrival();
      this.#estimator = new OveruseEstimator();
    }
  }

  #noteActive(ssrc: number, now: number): void {
    let i = 0;
    while (i < this.ssrcs.length && this.ssrcs[i] < ssrc) i++;
    if (this.ssrcs[i] !== ssrc) {
      if (this.ssrcs.length === MAX_STREAMS) return;
      this.ssrcs.splice(i, 0, ssrc);
      this.#lastSeen.splice(i, 0, now);
    }
    this.#lastSeen[i] = now;
  }

  /** Whether a probe raised the estimate. */
  #probe(sendTime32: number, size: number, now: number): boolean {
    // Only larger packets are sent at the pace of a probe.
    if (size <= MIN_PROBE_SIZE) return false;
    const { hasEstimate, bitrate } = this.#rateControl;
    if (hasEstimate && now - this.#firstPacketAt >= PROBING_MS) return false;
    this.#probes.add(Math.floor((sendTime32 / 2 ** 26) * 1000), now, size);
    const probed = this.#probes.measure(hasEstimate ? bitrate : 0);
    if (probed > 0) this.#rateControl.setEstimate(probed, now);
    return probed > 0;
  }

  #isTimeToUpdate(now: number): boolean {
    if (Number.isNaN(this.#updatedAt) || now - this.#updatedAt > this.#rateControl.feedbackInterval) return true;
    if (this.#detector.usage !== BandwidthUsage.overusing) return false;
    const throughput = this.#throughput.rate(now);
    return !Number.isNaN(throughput) && this.#rateControl.isTimeToReduceFurther(throughput, now);
  }
}

/** As many as a REMB can name. A peer that sprays SSRCs must not make the list, which each packet walks through, long. */
const MAX_STREAMS = 255;
/** ms */
const STREAM_TIMEOUT = 2000;
const PROBING_MS = 2000;
/** Bytes. */
const MIN_PROBE_SIZE = 200;
