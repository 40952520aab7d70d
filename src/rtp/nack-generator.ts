import { type Machine } from '../common/timer-queue.js';
import { isSeqLower, seqDiff } from '../common/serial-number.js';

/** How far back in sequence numbers anything is remembered. */
const MAX_AGE = 10_000;
/** With more packets missing than this, a key frame is asked for instead. */
const MAX_NACK_PACKETS = 1000;
const MAX_RETRIES = 10;
const DEFAULT_RTT = 100;
const TIMER_INTERVAL = 40;

export interface NackGeneratorOwner {
  /** Asks the sender for `seqs[0 .. count)`, in order. The array is only valid during the call. */
  onNackRequired(seqs: Uint16Array, count: number, now: number): void;
  /** So much is missing that only a key frame helps. */
  onNackKeyFrameRequired(now: number): void;
}

/**
 * Decides which missing packets to ask for (RFC 4585 §6.2.1 generic NACK) and when: once after `delay`, since packets
 * often are only reordered, then again every round trip time until the packet arrives, at most ten times.
 *
 * Missing packets lie in parallel arrays in order of sequence number. New ones are always newer than those there.
 */
export class NackGenerator implements Machine {
  nextDeadline = Infinity;

  readonly #owner: NackGeneratorOwner;
  readonly #delay: number;
  #rtt = DEFAULT_RTT;
  #started = false;
  #lastSeq = 0;

  #count = 0;
  readonly #seqs = new Uint16Array(MAX_NACK_PACKETS);
  readonly #createdAt = new Float64Array(MAX_NACK_PACKETS);
  /** -1: not asked for yet. */
  readonly #sentAt = new Float64Array(MAX_NACK_PACKETS);
  readonly #retries = new Uint8Array(MAX_NACK_PACKETS);

  readonly #keyFrames = new AscendingSeqs();
  readonly #recovered = new AscendingSeqs();
  readonly #batch = new Uint16Array(MAX_NACK_PACKETS);

  /** @param delay ms to wait before a missing packet is asked for the first time */
  constructor(delay: number, owner: NackGeneratorOwner) {
    this.#delay = delay;
    this.#owner = owner;
  }

  /** Packets missing at the moment. */
  get size(): number {
    return this.#count;
  }

  /**
   * Takes note of an arrived packet.
   *
   * @param recovered it came by RTX
   * @returns for a packet older than the newest: whether it was missing; for a newer one: whether it is `recovered`.
   *   So for retransmissions: whether the packet is of any use.
   */
  receivePacket(seq: number, isKeyFrame: boolean, recovered: boolean, now: number): boolean {
    if (!this.#started) {
      this.#started = true;
      this.#lastSeq = seq;
      if (isKeyFrame) this.#keyFrames.push(seq);
      return false;
    }
    if (seq === this.#lastSeq) return false;
    if (isSeqLower(seq, this.#lastSeq)) return this.#erase(seq);

    const oldest = (seq - MAX_AGE) & 0xffff;
    if (isKeyFrame) this.#keyFrames.push(seq);
    this.#keyFrames.dropLowerThan(oldest);
    this.#recovered.dropLowerThan(oldest);
    if (recovered) this.#recovered.push(seq);

    this.#addMissing((this.#lastSeq + 1) & 0xffff, seq, now);
    this.#lastSeq = seq;
    this.#request(false, now);
    if (this.nextDeadline === Infinity && this.#count > 0) this.nextDeadline = now + TIMER_INTERVAL;
    return recovered;
  }

  /** @param rtt ms, 0 if unknown */
  updateRtt(rtt: number): void {
    this.#rtt = rtt > 0 ? rtt : DEFAULT_RTT;
  }

  /** Forgets all: the next packet is taken as the first one. */
  reset(): void {
    this.#count = 0;
    this.#keyFrames.clear();
    this.#recovered.clear();
    this.#started = false;
    this.#lastSeq = 0;
  }

  onTimeout(now: number): void {
    this.#request(true, now);
    this.nextDeadline = this.#count > 0 ? now + TIMER_INTERVAL : Infinity;
  }

  /** Notes that [start, end) are missing, unless RTX brought them already. */
  #addMissing(start: number, end: number, now: number): void {
    this.#removeFirst(this.#lowerBound((end - MAX_AGE) & 0xffff));
    const added = (end - start) & 0xffff;
    while (this.#count + added > MAX_NACK_PACKETS && this.#removeUntilKeyFrame());
    if (this.#count + added > MAX_NACK_PACKETS) {
      this.#count = 0;
      this.#owner.onNackKeyFrameRequired(now);
      return;
    }
    for (let seq = start; seq !== end; seq = (seq + 1) & 0xffff) {
      if (this.#recovered.has(seq)) continue;
      this.#seqs[this.#count] = seq;
      this.#createdAt[this.#count] = now;
      this.#sentAt[this.#count] = -1;
      this.#retries[this.#count] = 0;
      this.#count++;
    }
  }

  /** Gives up what lies before the oldest key frame that has anything missing before it. False if none has. */
  #removeUntilKeyFrame(): boolean {
    while (this.#keyFrames.size > 0) {
      const before = this.#lowerBound(this.#keyFrames.first);
      if (before > 0) {
        this.#removeFirst(before);
        return true;
      }
      this.#keyFrames.shift();
    }
    return false;
  }

  /** @param again also what was asked for a round trip time ago */
  #request(again: boolean, now: number): void {
    let requested = 0;
    let kept = 0;
    for (let i = 0; i < this.#count; i++) {
      const due = now - this.#createdAt[i] >= this.#delay;
      if (due && (this.#sentAt[i] < 0 || (again && now - this.#sentAt[i] >= this.#rtt))) {
        this.#batch[requested++] = this.#seqs[i];
        this.#sentAt[i] = now;
        if (++this.#retries[i] >= MAX_RETRIES) continue;
      }
      if (kept !== i) this.#move(i, kept);
      kept++;
    }
    this.#count = kept;
    if (requested > 0) this.#owner.onNackRequired(this.#batch, requested, now);
  }

  #erase(seq: number): boolean {
    const index = this.#lowerBound(seq);
    if (index === this.#count || this.#seqs[index] !== seq) return false;
    for (let i = index + 1; i < this.#count; i++) this.#move(i, i - 1);
    this.#count--;
    return true;
  }

  #removeFirst(count: number): void {
    if (count === 0) return;
    for (let i = count; i < this.#count; i++) this.#move(i, i - count);
    this.#count -= count;
  }

  #move(from: number, to: number): void {
    this.#seqs[to] = this.#seqs[from];
    this.#createdAt[to] = this.#createdAt[from];
    this.#sentAt[to] = this.#sentAt[from];
    this.#retries[to] = this.#retries[from];
  }

  /** Index of the first entry not lower than `seq`. */
  #lowerBound(seq: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isSeqLower(this.#seqs[middle], seq)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Sequence numbers in ascending order, of a span that serial number arithmetic can order. A ring that grows. */
class AscendingSeqs {
  #ring = new Uint16Array(64);
  #start = 0;
  size = 0;

  get first(): number {
    return this.#ring[this.#start];
  }

  /** `seq` must be higher than all there. */
  push(seq: number): void {
    if (this.size === this.#ring.length) this.#grow();
    this.#ring[(this.#start + this.size) & (this.#ring.length - 1)] = seq;
    this.size++;
  }

  shift(): void {
    this.#start = (this.#start + 1) & (this.#ring.length - 1);
    this.size--;
  }

  dropLowerThan(seq: number): void {
    while (this.size > 0 && isSeqLower(this.first, seq)) this.shift();
  }

  has(seq: number): boolean {
    let low = 0;
    let high = this.size - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const distance = seqDiff(this.#ring[(this.#start + middle) & (this.#ring.length - 1)], seq);
      if (distance === 0) return true;
      if (distance < 0) low = middle + 1;
      else high = middle - 1;
    }
    return false;
  }

  clear(): void {
    this.#start = 0;
    this.size = 0;
  }

  #grow(): void {
    const grown = new Uint16Array(this.#ring.length * 2);
    for (let i = 0; i < this.size; i++) grown[i] = this.#ring[(this.#start + i) & (this.#ring.length - 1)];
    this.#ring = grown;
    this.#start = 0;
  }
}
