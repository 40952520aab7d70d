import { type PacketFeedback } from './packet-feedback.js';
import { type ProbeCluster } from './prober.js';

/**
 * Measures the bitrate that a probe cluster arrived with: what the path can carry if that is less than it was sent with,
 * or else at least that. libwebrtc's `ProbeBitrateEstimator`.
 */
export class ProbeBitrateEstimator {
  /** Whether the last result is what the path carries; otherwise it may carry more. */
  isSaturated = false;

  readonly #probes: Probe[] = [];

  /** Packets of this cluster are being sent. */
  add(cluster: ProbeCluster, now: number): void {
    while (this.#probes.length > 0 && now - this.#probes[0].createdAt > MAX_AGE_MS) this.#probes.shift();
    this.#probes.push(new Probe(cluster, now));
  }

  /** Returns the bitrate that the last cluster in the feedback shows, bps; NaN if none shows any. */
  update(feedback: PacketFeedback): number {
    if (this.#probes.length === 0) return NaN;
    let bitrate = NaN;
    for (let i = 0; i < feedback.receivedCount; i++) {
      const index = feedback.byArrival[i];
      if (feedback.clusterIds[index] === 0) continue;
      const probe = this.#probes.find(({ cluster }) => cluster.id === feedback.clusterIds[index]);
      if (!probe) continue;
      probe.add(feedback.sentAt[index], feedback.arrivals[index], feedback.sizes[index]);
      const measured = probe.measure();
      if (Number.isNaN(measured)) continue;
      bitrate = measured;
      this.isSaturated = probe.isSaturated;
    }
    return bitrate;
  }
}

/** What is known of the packets of a cluster that arrived. */
class Probe {
  readonly cluster: ProbeCluster;
  readonly createdAt: number;
  isSaturated = false;

  #packets = 0;
  #bytes = 0;
  #firstSentAt = Infinity;
  #lastSentAt = -Infinity;
  #sizeOfLastSent = 0;
  #firstArrival = Infinity;
  #lastArrival = -Infinity;
  #sizeOfFirstArrived = 0;

  constructor(cluster: ProbeCluster, now: number) {
    this.cluster = cluster;
    this.createdAt = now;
  }

  add(sentAt: number, arrival: number, size: number): void {
    this.#packets++;
    this.#bytes += size;
    this.#firstSentAt = Math.min(this.#firstSentAt, sentAt);
    if (sentAt >= this.#lastSentAt) {
      this.#lastSentAt = sentAt;
      this.#sizeOfLastSent = size;
    }
    if (arrival < this.#firstArrival) {
      this.#firstArrival = arrival;
      this.#sizeOfFirstArrived = size;
    }
    this.#lastArrival = Math.max(this.#lastArrival, arrival);
  }

  measure(): number {
    const { minBursts, minBytes } = this.cluster;
    if (this.#packets < ENOUGH * minBursts || this.#bytes < ENOUGH * minBytes) return NaN;
    const sendDuration = this.#lastSentAt - this.#firstSentAt;
    const receiveDuration = this.#lastArrival - this.#firstArrival;
    if (!isMeasurable(sendDuration) || !isMeasurable(receiveDuration)) return NaN;
    // Between the first and the last packet there are all but one.
    const sent = ((this.#bytes - this.#sizeOfLastSent) * 8000) / sendDuration;
    const received = ((this.#bytes - this.#sizeOfFirstArrived) * 8000) / receiveDuration;
    if (received > MAX_SPEEDUP * sent) return NaN;
    this.isSaturated = received < SATURATED * sent;
    // A little less than the path carries lets its queue drain.
    return this.isSaturated ? BACKOFF * received : Math.min(sent, received);
  }
}

/** Share of a cluster that has to arrive. */
const ENOUGH = 0.8;
const MAX_AGE_MS = 5000;
const MAX_DURATION_MS = 1000;
const MAX_SPEEDUP = 2;
/** Of the bitrate that was sent. */
const SATURATED = 0.9;
/** Of the bitrate that was received. */
const BACKOFF = 0.95;

function isMeasurable(duration: number): boolean {
  return duration > 0 && duration <= MAX_DURATION_MS;
}
