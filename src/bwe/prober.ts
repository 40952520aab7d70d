/** A few packets that are sent at a certain pace, faster than media, to see whether they arrive at that pace. */
export interface ProbeCluster {
  /** Counts from 1. */
  readonly id: number;
  /** The pace, bps. */
  readonly bitrate: number;
  /** What has to be sent. */
  readonly minBytes: number;
  readonly minBursts: number;
}

/**
 * Sends probe clusters, one after the other: says when the next burst of packets is due. Media that is sent in the
 * meantime belongs to the cluster. libwebrtc's `BitrateProber`.
 */
export class Prober {
  /** When the next burst is due, ms; Infinity: nothing to send. */
  nextDeadline = Infinity;

  readonly #clusters: ProbeCluster[] = [];
  /** Bytes of the first cluster that were sent. */
  sentBytes = 0;
  #sentBursts = 0;
  #startedAt = 0;

  /** The cluster that packets belong to which are sent now. */
  get cluster(): ProbeCluster | undefined {
    return this.#clusters[0];
  }

  /** Bytes that a burst should have: what its pace makes in 2 ms. */
  get burstSize(): number {
    const cluster = this.#clusters[0];
    return cluster ? Math.ceil((cluster.bitrate * BURST_MS) / 8000) : 0;
  }

  /** The cluster is sent as soon as those before it are, and at once if there are none. */
  add(cluster: ProbeCluster, now: number): void {
    this.#clusters.push(cluster);
    if (this.#clusters.length === 1) this.#start(now);
  }

  clear(): void {
    this.#clusters.length = 0;
    this.nextDeadline = Infinity;
  }

  onPacketSent(size: number): void {
    this.sentBytes += size;
  }

  /** The packets of a burst were sent, `onPacketSent` has counted them. */
  onBurstSent(now: number): void {
    const cluster = this.#clusters[0];
    this.#sentBursts++;
    if (this.sentBytes < cluster.minBytes || this.#sentBursts < cluster.minBursts) {
      this.nextDeadline = this.#startedAt + (this.sentBytes * 8000) / cluster.bitrate;
      return;
    }
    this.#clusters.shift();
    this.#start(now);
  }

  #start(now: number): void {
    this.#startedAt = now;
    this.sentBytes = 0;
    this.#sentBursts = 0;
    this.nextDeadline = this.#clusters.length > 0 ? now : Infinity;
  }
}

const BURST_MS = 2;
