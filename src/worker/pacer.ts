import { type Machine } from '../common/timer-queue.js';
import { type PacketMemory } from '../common/packet-memory.js';
import { EgressPacket } from './egress.js';
import { PacketQueue } from './packet-queue.js';

/** So much may leave at once, ms of the pacing bitrate; and so long it takes until the next lot. */
const BURST_DURATION = 5;
/** No packet waits longer, ms: rather than that, packets leave faster than the pacing bitrate. */
export const MAX_PACING_DELAY = 500;

/** Retransmissions are dropped when there is more to send than this takes, ms. */
const MAX_RETRANSMISSION_DELAY = 100;
/** Bytes, beyond a burst: a full packet. */
const MAX_DEBT = 1500;

/** What becomes of a packet. */
export const Admission = {
  /** It may be sent now. */
  send: 0,
  /** The pacer keeps it and sends it later. */
  wait: 1,
  /** It is not worth it. */
  drop: 2,
} as const;
export type Admission = (typeof Admission)[keyof typeof Admission];

export interface PacerOwner {
  /** How fast packets may leave, bps. */
  readonly pacingBitrate: number;
  /** A packet that waited is to be sent. `packet` is valid during the call. */
  onPacerSend(packet: EgressPacket, now: number): void;
}

/**
 * Stretches bursts of packets, like key frames, over time, so that they do not overflow the queue of the link to the
 * receiver. As long as no more than the pacing bitrate comes in, packets pass without delay.
 *
 * It counts a debt: the bytes sent, minus the pacing bitrate's worth since. What comes while the debt is too high has to
 * wait. Retransmissions overtake other packets.
 */
export class Pacer implements Machine {
  nextDeadline = Infinity;

  readonly #owner: PacerOwner;
  readonly #retransmissions: PacketQueue;
  readonly #media: PacketQueue;
  /** The one that leaves the queue. */
  readonly #packet: EgressPacket;
  #debt = 0;
  /** When the debt was right. */
  #updatedAt = -Infinity;

  constructor(memory: PacketMemory, owner: PacerOwner) {
    this.#owner = owner;
    this.#retransmissions = new PacketQueue(memory);
    this.#media = new PacketQueue(memory);
    this.#packet = new EgressPacket(memory);
  }

  /**
   * What becomes of a packet. Whoever calls this updates the pacer's place in the timer queue afterwards if it has to
   * wait.
   */
  admit(packet: EgressPacket, isRetransmission: boolean, now: number): Admission {
    const bitrate = this.#owner.pacingBitrate;
    if (this.#isEmpty) {
      this.#settle(bitrate, now);
      if (this.#debt <= burstSize(bitrate)) {
        this.#debt += packet.length;
        return Admission.send;
      }
    }
    // While there is more to send than gets through, repetitions would only make it worse; they can be asked for again.
    if (isRetransmission && this.#queuedBytes > (bitrate * MAX_RETRANSMISSION_DELAY) / 8000) return Admission.drop;
    (isRetransmission ? this.#retransmissions : this.#media).push(packet, now);
    if (this.nextDeadline === Infinity) this.#plan(now);
    return Admission.wait;
  }

  onTimeout(now: number): void {
    const bitrate = this.#bitrate(now);
    this.#settle(bitrate, now);
    this.#sendWhile(burstSize(bitrate), now);
    // What left faster than it should is not made up for.
    this.#debt = Math.min(this.#debt, burstSize(bitrate) + MAX_DEBT);
    this.#plan(now);
  }

  /** Sends packets that wait, `size` bytes of them or a bit more. Returns how many bytes these were. */
  send(size: number, now: number): number {
    const debt = this.#debt;
    this.#sendWhile(debt + size, now);
    return this.#debt - debt;
  }

  /** Drops what waits of a stream. */
  remove(ssrc: number): void {
    this.#retransmissions.remove(ssrc);
    this.#media.remove(ssrc);
  }

  /** Drops all that waits. */
  clear(): void {
    this.#retransmissions.clear();
    this.#media.clear();
    this.nextDeadline = Infinity;
  }

  get #isEmpty(): boolean {
    return this.#media.isEmpty && this.#retransmissions.isEmpty;
  }

  get #queuedBytes(): number {
    return this.#media.bytes + this.#retransmissions.bytes;
  }

  /** When the oldest packet has to leave at the latest. */
  get #latestDeparture(): number {
    return Math.min(this.#media.waitingSince, this.#retransmissions.waitingSince) + MAX_PACING_DELAY;
  }

  /** bps; what the oldest packet needs in order not to wait too long, if that is more. */
  #bitrate(now: number): number {
    const timeLeft = Math.max(1, this.#latestDeparture - now);
    return Math.max(this.#owner.pacingBitrate, (this.#queuedBytes * 8000) / timeLeft);
  }

  #settle(bitrate: number, now: number): void {
    this.#debt = Math.max(0, this.#debt - ((now - this.#updatedAt) * bitrate) / 8000);
    this.#updatedAt = now;
  }

  /** Sends until the debt is above `maxDebt`. */
  #sendWhile(maxDebt: number, now: number): void {
    while (this.#debt < maxDebt && !this.#isEmpty) {
      const queue = this.#retransmissions.isEmpty ? this.#media : this.#retransmissions;
      queue.shift(this.#packet);
      this.#debt += this.#packet.length;
      this.#owner.onPacerSend(this.#packet, now);
      queue.release(this.#packet);
    }
  }

  /** Wakes up when nothing is owed any more, or nothing may wait any more. */
  #plan(now: number): void {
    this.nextDeadline = this.#isEmpty
      ? Infinity
      : Math.min(now + (this.#debt * 8000) / this.#bitrate(now), Math.max(now + 1, this.#latestDeparture));
  }
}

/** Bytes. */
function burstSize(bitrate: number): number {
  return (bitrate * BURST_DURATION) / 8000;
}
