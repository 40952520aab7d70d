/**
 * Finds out how fast clusters of packets came that were sent at an even pace faster than media flows: probes for
 * bandwidth, at the beginning of a session. Times are whole ms.
 */
export class ProbeDetector {
  readonly #probes: Probe[] = [];

  add(sentAt: number, receivedAt: number, size: number): void {
    this.#probes.push({ sentAt, receivedAt, size });
  }

  /**
   * @param toBeat bps
   * @returns the bitrate that the best cluster shows, in bps; 0 if none shows more than `toBeat`.
   */
  measure(toBeat: number): number {
    const clusters = this.#findClusters();
    const bitrate = bestBitrate(clusters);
    if (bitrate > toBeat) return bitrate;
    if (clusters.length >= EXPECTED_CLUSTERS) this.#probes.length = 0;
    else if (clusters.length === 0 && this.#probes.length >= MAX_PROBES) this.#probes.shift();
    return 0;
  }

  #findClusters(): Cluster[] {
    const clusters: Cluster[] = [];
    let current = new Cluster();
    for (let i = 1; i < this.#probes.length; i++) {
      const probe = this.#probes[i];
      const sendDelta = probe.sentAt - this.#probes[i - 1].sentAt;
      const receiveDelta = probe.receivedAt - this.#probes[i - 1].receivedAt;
      // Counted for the cluster that ends here, if one does.
      if (sendDelta >= 1 && receiveDelta >= 1) current.aboveMinimum++;
      if (!current.accepts(sendDelta)) {
        if (current.isUsable) clusters.push(current);
        current = new Cluster();
      }
      current.add(sendDelta, receiveDelta, probe.size);
    }
    if (current.isUsable) clusters.push(current);
    return clusters;
  }
}

interface Probe {
  sentAt: number;
  receivedAt: number;
  size: number;
}

/** Packets sent at an even pace: sums of what lies between them. */
class Cluster {
  count = 0;
  /** Pairs of packets that are apart at all. */
  aboveMinimum = 0;
  #sendDeltas = 0;
  #receiveDeltas = 0;
  #sizes = 0;

  accepts(sendDelta: number): boolean {
    return this.count === 0 || Math.abs(sendDelta - this.meanSendDelta) < MAX_DEVIATION_MS;
  }

  add(sendDelta: number, receiveDelta: number, size: number): void {
    this.count++;
    this.#sendDeltas += sendDelta;
    this.#receiveDeltas += receiveDelta;
    this.#sizes += size;
  }

  get isUsable(): boolean {
    return this.count >= MIN_CLUSTER && this.#sendDeltas > 0 && this.#receiveDeltas > 0;
  }

  get meanSendDelta(): number {
    return this.#sendDeltas / this.count;
  }

  get meanReceiveDelta(): number {
    return this.#receiveDeltas / this.count;
  }

  /** bps, as sent or as received, whichever is lower. */
  get bitrate(): number {
    const bits = Math.floor(this.#sizes / this.count) * 8000;
    return Math.floor(Math.min(bits / this.meanSendDelta, bits / this.meanReceiveDelta));
  }
}

function bestBitrate(clusters: readonly Cluster[]): number {
  let best = 0;
  for (const cluster of clusters) {
    const slowdown = cluster.meanReceiveDelta - cluster.meanSendDelta;
    if (cluster.aboveMinimum <= cluster.count >> 1 || slowdown > MAX_SLOWDOWN_MS || slowdown < -MAX_SPEEDUP_MS) break;
    best = Math.max(best, cluster.bitrate);
  }
  return best;
}

const MAX_PROBES = 15;
const MIN_CLUSTER = 4;
const EXPECTED_CLUSTERS = 3;
const MAX_DEVIATION_MS = 2.5;
const MAX_SLOWDOWN_MS = 2;
const MAX_SPEEDUP_MS = 5;
