import { type SeededRandom } from './seeded-random.js';
import { type VirtualTime } from './virtual-time.js';

/** How a link treats packets. May be changed at any time, for packets to come. */
export interface LinkOptions {
  /** One way, ms. */
  latency: number;
  /** ms, added evenly from 0 to this. Does not change the order of packets. */
  jitter: number;
  /** Probability 0..1 that a packet gets lost. */
  loss: number;
  /** Probability 0..1 that a packet arrives twice. */
  duplication: number;
  /** Probability 0..1 that a packet is held back for `reorderingDelay` while others pass it. */
  reordering: number;
  /** ms */
  reorderingDelay: number;
  /** bps, of IP packets. */
  bandwidth: number;
  /** Bytes that may wait for the bandwidth; packets that find less room are dropped. */
  queueLength: number;
}

export const PERFECT_LINK: LinkOptions = {
  latency: 0,
  jitter: 0,
  loss: 0,
  duplication: 0,
  reordering: 0,
  reorderingDelay: 10,
  bandwidth: Infinity,
  queueLength: 256 * 1024,
};

/** What became of packets, in numbers. */
export interface LinkCounters {
  sent: number;
  lost: number;
  queueFull: number;
  delivered: number;
}

/** One direction of a path between two addresses: a queue drained at some rate, then a wire. */
export class Link {
  options: LinkOptions;
  /** Whether its options are its own, not the network's. */
  hasOwnOptions = false;
  readonly counters: LinkCounters = { sent: 0, lost: 0, queueFull: 0, delivered: 0 };

  readonly #time: VirtualTime;
  readonly #random: SeededRandom;
  /** When the last packet taken will have left the queue. */
  #busyUntil = 0;
  /** When the last packet in order arrives. */
  #lastArrival = 0;

  constructor(time: VirtualTime, random: SeededRandom, options: LinkOptions) {
    this.#time = time;
    this.#random = random;
    this.options = options;
  }

  /** Bytes that wait in the queue. */
  get backlog(): number {
    const waiting = Math.max(0, this.#busyUntil - this.#time.now());
    return waiting === 0 ? 0 : (waiting * this.options.bandwidth) / 8000;
  }

  /** Takes a packet of `size` bytes. `deliver` is called when it arrives: never, once or twice. */
  send(size: number, deliver: () => void): 'sent' | 'lost' | 'queue full' {
    const { loss, duplication, reordering, reorderingDelay, queueLength } = this.options;
    this.counters.sent++;
    // The same numbers are drawn whatever the options are: changing one does not change the fate of all packets.
    const [lossDraw, duplicationDraw, reorderingDraw] = [this.#random.next(), this.#random.next(), this.#random.next()];
    const jitterDraw = this.#random.next();
    if (this.backlog + size > queueLength) {
      this.counters.queueFull++;
      return 'queue full';
    }
    const arrival = this.#transmit(size) + jitterDraw * this.options.jitter;
    if (lossDraw < loss) {
      this.counters.lost++;
      return 'lost';
    }
    const arrive = (): void => {
      this.counters.delivered++;
      deliver();
    };
    const copies = duplicationDraw < duplication ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      if (reorderingDraw < reordering) this.#time.at(arrival + reorderingDelay, arrive);
      else this.#time.at((this.#lastArrival = Math.max(this.#lastArrival, arrival)), arrive);
    }
    return 'sent';
  }

  /** Like `send` for a part of a byte stream, which is never lost and keeps its order. */
  sendReliably(size: number, deliver: () => void): void {
    this.counters.sent++;
    this.#lastArrival = Math.max(this.#lastArrival, this.#transmit(size));
    this.#time.at(this.#lastArrival, () => {
      this.counters.delivered++;
      deliver();
    });
  }

  /** When a packet that enters the queue now has left it and crossed the wire. */
  #transmit(size: number): number {
    this.#busyUntil = Math.max(this.#busyUntil, this.#time.now()) + (size * 8000) / this.options.bandwidth;
    return this.#busyUntil + this.options.latency;
  }
}
