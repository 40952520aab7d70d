import { type TransportFeedback } from '../../../src/bwe/bandwidth-estimator.js';
import { PacketFeedback } from '../../../src/bwe/packet-feedback.js';
import { SentPacketHistory } from '../../../src/bwe/sent-packet-history.js';

/** Random numbers that are the same every time (mulberry32). */
export function createRandom(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A report as `TransportFeedbackReader` gives it, of packets from `base` on: µs of arrival, NaN for lost. */
export class FakeFeedback implements TransportFeedback {
  sequenceNumber = 0;
  received = false;
  receivedAtUs = 0;
  readonly referenceTimeUs: number;
  readonly #base: number;
  readonly #arrivalsUs: readonly number[];
  #next = 0;

  constructor(base: number, arrivalsUs: readonly number[], referenceTimeUs = 0) {
    this.#base = base;
    this.#arrivalsUs = arrivalsUs;
    this.referenceTimeUs = referenceTimeUs;
  }

  timeSinceUs(previousUs: number): number {
    return this.referenceTimeUs - previousUs;
  }

  rewind(): void {
    this.#next = 0;
  }

  next(): boolean {
    if (this.#next >= this.#arrivalsUs.length) return false;
    this.sequenceNumber = (this.#base + this.#next) & 0xffff;
    const arrival = this.#arrivalsUs[this.#next++];
    this.received = !Number.isNaN(arrival);
    if (this.received) this.receivedAtUs = arrival;
    return true;
  }
}

export interface ReportedPacket {
  /** ms */
  sentAt: number;
  /** ms; left out: lost. */
  arrival?: number;
  size?: number;
  clusterId?: number;
}

/** Turns packets into what the estimators get to see of them. */
export class Reporter {
  readonly #history = new SentPacketHistory();
  readonly #feedback = new PacketFeedback(this.#history);
  #sequenceNumber = 0;

  report(packets: readonly ReportedPacket[]): PacketFeedback {
    const base = this.#sequenceNumber;
    for (const { sentAt, size = 1000, clusterId = 0 } of packets) {
      this.#history.add(this.#sequenceNumber, size, clusterId, sentAt);
      this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
    }
    const arrivals = packets.map(({ arrival = NaN }) => arrival * 1000);
    this.#feedback.read(new FakeFeedback(base, arrivals), 0);
    return this.#feedback;
  }

  /** Packets at an even pace: `count` of them, `interval` ms apart, with a constant delay on the way. */
  reportStream(count: number, interval: number, start = 0, size = 1000, delay = 50): PacketFeedback {
    return this.report(
      Array.from({ length: count }, (_, i) => ({
        sentAt: start + i * interval,
        arrival: start + i * interval + delay,
        size,
      })),
    );
  }
}
