import { type PacketFeedback } from './packet-feedback.js';

/**
 * Measures the bitrate that arrives, over a window of packets that were received. It is never more than what was sent,
 * and a pause of the network with a burst behind it does not disturb it. libwebrtc's `RobustThroughputEstimator`.
 */
export class ThroughputEstimator {
  /** bps; NaN while too few packets are known. */
  bitrate = NaN;

  // The window: a ring in the order of arrival.
  readonly #arrivals = new Float64Array(CAPACITY);
  readonly #sentAt = new Float64Array(CAPACITY);
  readonly #sizes = new Int32Array(CAPACITY);
  #first = 0;
  #count = 0;
  /** The latest time that a packet which left the window was sent at. */
  #discardedSentAt = -Infinity;

  update(feedback: PacketFeedback): void {
    for (let i = 0; i < feedback.receivedCount; i++) {
      const index = feedback.byArrival[i];
      this.#add(feedback.arrivals[index], feedback.sentAt[index], feedback.sizes[index]);
    }
    this.bitrate = this.#measure();
  }

  #add(arrival: number, sentAt: number, size: number): void {
    if (this.#count === MAX_PACKETS) this.#discardFirst();
    let position = this.#first + this.#count++;
    for (; position > this.#first && this.#arrivals[(position - 1) & MASK] > arrival; position--) {
      this.#arrivals[position & MASK] = this.#arrivals[(position - 1) & MASK];
      this.#sentAt[position & MASK] = this.#sentAt[(position - 1) & MASK];
      this.#sizes[position & MASK] = this.#sizes[(position - 1) & MASK];
    }
    this.#arrivals[position & MASK] = arrival;
    this.#sentAt[position & MASK] = sentAt;
    this.#sizes[position & MASK] = size;
    const latest = this.#arrivals[(this.#first + this.#count - 1) & MASK];
    // The receiver's clock was set back.
    if (latest - arrival > MAX_REORDERING_MS) this.#clear();
    while (this.#isFirstTooOld()) this.#discardFirst();
  }

  #clear(): void {
    this.#count = 0;
    this.#discardedSentAt = -Infinity;
  }

  #isFirstTooOld(): boolean {
    if (this.#count === 0) return false;
    const duration = this.#arrivals[(this.#first + this.#count - 1) & MASK] - this.#arrivals[this.#first & MASK];
    return duration > MAX_WINDOW_MS || (this.#count > ENOUGH_PACKETS && duration > MIN_WINDOW_MS);
  }

  #discardFirst(): void {
    this.#discardedSentAt = Math.max(this.#discardedSentAt, this.#sentAt[this.#first & MASK]);
    this.#first++;
    this.#count--;
  }

  #measure(): number {
    if (this.#count < REQUIRED_PACKETS) return NaN;
    const received = this.#measureReceived();
    const sent = this.#measureSent();
    return Number.isNaN(sent) ? received : Math.min(received, sent);
  }

  #measureReceived(): number {
    let bytes = 0;
    let longestGap = 0;
    let secondLongestGap = 0;
    // The first packet only marks where the window begins.
    for (let i = this.#first + 1; i < this.#first + this.#count; i++) {
      bytes += this.#sizes[i & MASK];
      const gap = this.#arrivals[i & MASK] - this.#arrivals[(i - 1) & MASK];
      if (gap > longestGap) {
        secondLongestGap = longestGap;
        longestGap = gap;
      } else if (gap > secondLongestGap) {
        secondLongestGap = gap;
      }
    }
    const duration = this.#arrivals[(this.#first + this.#count - 1) & MASK] - this.#arrivals[this.#first & MASK];
    return bitrateOf(bytes, duration - longestGap + secondLongestGap);
  }

  /** NaN if too few packets were sent after those that the window was already moved beyond. */
  #measureSent(): number {
    let bytes = 0;
    let count = 0;
    let firstSentAt = Infinity;
    let lastSentAt = -Infinity;
    let lastSize = 0;
    for (let i = this.#first; i < this.#first + this.#count; i++) {
      const sentAt = this.#sentAt[i & MASK];
      if (sentAt < this.#discardedSentAt) continue;
      bytes += this.#sizes[i & MASK];
      count++;
      firstSentAt = Math.min(firstSentAt, sentAt);
      if (sentAt > lastSentAt) {
        lastSentAt = sentAt;
        lastSize = this.#sizes[i & MASK];
      }
    }
    // The last packet only marks where the window ends.
    return count < REQUIRED_PACKETS ? NaN : bitrateOf(bytes - lastSize, lastSentAt - firstSentAt);
  }
}

function bitrateOf(bytes: number, duration: number): number {
  return (bytes * 8000) / Math.max(duration, MIN_DURATION_MS);
}

/** Packets. */
const REQUIRED_PACKETS = 10;
const ENOUGH_PACKETS = 20;
const MAX_PACKETS = 500;
/** Of the ring: a power of two. */
const CAPACITY = 512;
const MASK = CAPACITY - 1;

const MIN_WINDOW_MS = 500;
const MAX_WINDOW_MS = 5000;
const MAX_REORDERING_MS = 1000;
const MIN_DURATION_MS = 1;
