import { type SeededRandom } from './seeded-random.js';
import { type VirtualTime } from './virtual-time.js';

/** How a link treats packets. May be changed at any time; latency and loss count for packets to come. */
export interface LinkOptions {
  /** One way, ms. */
  latency: number;
  /** ms, added evenly from 0 to this. Does not change the order of packets. */
  jitter: number;
  /** Probability 0..1 that a packet gets lost. */
  loss: number;
  /** Probability 0..1 that a burst of loss begins at a packet. */
  burstProbability: number;
  /** Packets that a burst of loss lasts on average, and the probability 0..1 that one of them gets lost. */
  burstLength: number;
  burstLoss: number;
  /** Probability 0..1 that a packet arrives twice. */
  duplication: number;
  /** Probability 0..1 that a packet is held back for `reorderingDelay` while others pass it. */
  reordering: number;
  /** ms */
  reorderingDelay: number;
  /** bps, of IP packets. 0: nothing moves. */
  bandwidth: number;
  /** Bytes that may wait for the bandwidth; packets that find less room are dropped. */
  queueLength: number;
  /** `codel` (RFC 8289) also drops packets when all have waited long for a while. */
  queuePolicy: 'tail' | 'codel';
}

export const PERFECT_LINK: LinkOptions = {
  latency: 0,
  jitter: 0,
  loss: 0,
  burstProbability: 0,
  burstLength: 10,
  burstLoss: 0.8,
  duplication: 0,
  reordering: 0,
  reorderingDelay: 10,
  bandwidth: Infinity,
  queueLength: 256 * 1024,
  queuePolicy: 'tail',
};

/** What became of packets, in numbers. */
export interface LinkCounters {
  sent: number;
  lost: number;
  queueFull: number;
  delivered: number;
  /** Bytes of packets that went over the wire, lost there or not. */
  bytes: number;
}

interface QueuedPacket {
  readonly size: number;
  readonly queuedAt: number;
  readonly isReliable: boolean;
  /** How often it arrives: 0, 1 or 2 times. */
  readonly copies: number;
  readonly jitter: number;
  readonly isReordered: boolean;
  readonly deliver: () => void;
}

/** One direction of a path between two addresses: a queue drained at some rate, then a wire. */
export class Link {
  /** Whether its options are its own, not the network's. */
  hasOwnOptions = false;
  readonly counters: LinkCounters = { sent: 0, lost: 0, queueFull: 0, delivered: 0, bytes: 0 };
  /** Is told how long a packet waited and how long it took to send it, together, ms. */
  onTransmitted: (size: number, delay: number) => void = () => {};

  readonly #time: VirtualTime;
  readonly #random: SeededRandom;
  readonly #burstRandom: SeededRandom;
  readonly #codel = new CoDel();
  #options: LinkOptions;
  #isInBurst = false;

  #queue: QueuedPacket[] = [];
  #queuedBytes = 0;
  #sending: QueuedPacket | undefined = undefined;
  /** Of the packet that is being sent: bits left when the bandwidth was last set, and when that was. */
  #bitsLeft = 0;
  #bitsLeftAt = 0;
  /** Makes planned ends of sending void. */
  #generation = 0;
  /** When the last packet in order arrives. */
  #lastArrival = 0;

  constructor(time: VirtualTime, random: SeededRandom, options: LinkOptions) {
    this.#time = time;
    this.#random = random;
    this.#burstRandom = random.fork('bursts');
    this.#options = options;
  }

  get options(): LinkOptions {
    return this.#options;
  }

  set options(options: LinkOptions) {
    const { bandwidth } = this.#options;
    if (this.#sending && bandwidth !== options.bandwidth) this.#progress(bandwidth);
    this.#options = options;
    if (this.#sending && bandwidth !== options.bandwidth) this.#plan();
  }

  /** Bytes that wait in the queue or are being sent. */
  get backlog(): number {
    if (!this.#sending) return 0;
    const sent = (this.#time.now() - this.#bitsLeftAt) * (this.#options.bandwidth / 1000);
    return this.#queuedBytes + Math.max(0, this.#bitsLeft - (sent || 0)) / 8;
  }

  /** Takes a packet of `size` bytes. `deliver` is called when it arrives: never, once or twice. */
  send(size: number, deliver: () => void): 'sent' | 'lost' | 'queue full' {
    const { loss, duplication, reordering, queueLength, jitter } = this.#options;
    this.counters.sent++;
    // The same numbers are drawn whatever the options are: changing one does not change the fate of all packets.
    const [lossDraw, duplicationDraw, reorderingDraw] = [this.#random.next(), this.#random.next(), this.#random.next()];
    const jitterDraw = this.#random.next();
    const isLost = lossDraw < loss || this.#isLostInBurst();
    if (this.backlog + size > queueLength) {
      this.counters.queueFull++;
      return 'queue full';
    }
    if (isLost) this.counters.lost++;
    this.#enqueue({
      size,
      queuedAt: this.#time.now(),
      isReliable: false,
      copies: isLost ? 0 : duplicationDraw < duplication ? 2 : 1,
      jitter: jitterDraw * jitter,
      isReordered: reorderingDraw < reordering,
      deliver,
    });
    return isLost ? 'lost' : 'sent';
  }

  /** Like `send` for a part of a byte stream, which is never lost and keeps its order. */
  sendReliably(size: number, deliver: () => void): void {
    this.counters.sent++;
    const queuedAt = this.#time.now();
    this.#enqueue({ size, queuedAt, isReliable: true, copies: 1, jitter: 0, isReordered: false, deliver });
  }

  #isLostInBurst(): boolean {
    const { burstProbability, burstLength, burstLoss } = this.#options;
    if (burstProbability === 0) return false;
    const draw = this.#burstRandom.next();
    this.#isInBurst = this.#isInBurst ? draw >= 1 / burstLength : draw < burstProbability;
    return this.#burstRandom.next() < burstLoss && this.#isInBurst;
  }

  #enqueue(packet: QueuedPacket): void {
    if (this.#sending) {
      this.#queue.push(packet);
      this.#queuedBytes += packet.size;
    } else {
      this.#start(packet);
    }
  }

  #start(packet: QueuedPacket): void {
    this.#sending = packet;
    this.#bitsLeft = packet.size * 8;
    this.#bitsLeftAt = this.#time.now();
    this.#plan();
  }

  /** Takes note of what has been sent at this bandwidth. */
  #progress(bandwidth: number): void {
    const now = this.#time.now();
    if (bandwidth > 0) this.#bitsLeft = Math.max(0, this.#bitsLeft - ((now - this.#bitsLeftAt) * bandwidth) / 1000);
    this.#bitsLeftAt = now;
  }

  #plan(): void {
    const generation = ++this.#generation;
    const { bandwidth } = this.#options;
    if (bandwidth === Infinity) return this.#finish();
    if (bandwidth === 0) return;
    this.#time.at(this.#bitsLeftAt + (this.#bitsLeft * 1000) / bandwidth, () => {
      if (generation === this.#generation) this.#finish();
    });
  }

  #finish(): void {
    const packet = this.#sending!;
    this.#sending = undefined;
    this.counters.bytes += packet.size;
    this.onTransmitted(packet.size, this.#time.now() - packet.queuedAt);
    this.#transmit(packet);
    const next = this.#dequeue();
    if (next) this.#start(next);
  }

  #dequeue(): QueuedPacket | undefined {
    for (;;) {
      const packet = this.#queue.shift();
      if (!packet) {
        this.#codel.onEmpty();
        return undefined;
      }
      this.#queuedBytes -= packet.size;
      const now = this.#time.now();
      if (this.#options.queuePolicy !== 'codel' || packet.isReliable) return packet;
      if (!this.#codel.drops(now - packet.queuedAt, this.#queuedBytes, now)) return packet;
      this.counters.queueFull++;
    }
  }

  #transmit({ copies, jitter, isReordered, deliver }: QueuedPacket): void {
    const arrival = this.#time.now() + this.#options.latency + jitter;
    const arrive = (): void => {
      this.counters.delivered++;
      deliver();
    };
    for (let i = 0; i < copies; i++) {
      if (isReordered) this.#time.at(arrival + this.#options.reorderingDelay, arrive);
      else this.#time.at((this.#lastArrival = Math.max(this.#lastArrival, arrival)), arrive);
    }
  }
}

/** ms that packets may wait at least, and for how long they may wait more. */
const CODEL_TARGET = 5;
const CODEL_INTERVAL = 100;
const MTU = 1500;

/** Controlled delay active queue management (RFC 8289 §5). */
class CoDel {
  #firstAboveTime = 0;
  #dropNext = 0;
  #count = 0;
  #isDropping = false;

  onEmpty(): void {
    this.#firstAboveTime = 0;
    this.#isDropping = false;
  }

  /** Whether to drop the packet at the head, which has waited so long, with so many bytes behind it. */
  drops(sojournTime: number, queuedBytes: number, now: number): boolean {
    const isTooLong = this.#isTooLong(sojournTime, queuedBytes, now);
    if (!this.#isDropping) {
      if (!isTooLong) return false;
      this.#isDropping = true;
      // If dropping went on a short time ago, it continues at about the rate it had.
      this.#count = this.#count > 2 && now - this.#dropNext < 16 * CODEL_INTERVAL ? this.#count - 2 : 1;
      this.#dropNext = now + CODEL_INTERVAL / Math.sqrt(this.#count);
      return true;
    }
    if (!isTooLong) {
      this.#isDropping = false;
      return false;
    }
    if (now < this.#dropNext) return false;
    this.#count++;
    this.#dropNext += CODEL_INTERVAL / Math.sqrt(this.#count);
    return true;
  }

  #isTooLong(sojournTime: number, queuedBytes: number, now: number): boolean {
    if (sojournTime < CODEL_TARGET || queuedBytes < MTU) {
      this.#firstAboveTime = 0;
      return false;
    }
    if (this.#firstAboveTime === 0) this.#firstAboveTime = now + CODEL_INTERVAL;
    return now >= this.#firstAboveTime;
  }
}
