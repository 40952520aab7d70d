import { type PacketFeedback } from './packet-feedback.js';

/**
 * The queue on the way, seen from how long packets take: by how much longer than the shortest of the last 10 to 20 s.
 * Clocks of sender and receiver need not agree, since only differences matter.
 */
export class QueueDelay {
  /** ms, of the packet of the last feedback that waited least. */
  current = 0;
  /**
   * bps that come out of a queue which has been standing for a while: what the path carries, no matter what is sent. NaN
   * if there is none.
   */
  drainBitrate = NaN;
  /** ms; how long there has been a queue without a break. */
  standingFor = 0;

  #shortest = Infinity;
  #shortestBefore = Infinity;
  #periodBeganAt = -Infinity;

  /** A time in which each packet had to wait for the one before: what has arrived since its first packet. */
  #standingSince = NaN;
  #busySince = NaN;
  #busyBytes = 0;
  #lastArrival = NaN;

  update(feedback: PacketFeedback, now: number): void {
    if (feedback.receivedCount === 0) return;
    let delay = Infinity;
    for (let i = 0; i < feedback.receivedCount; i++) {
      const index = feedback.byArrival[i];
      delay = Math.min(delay, feedback.arrivals[index] - feedback.sentAt[index]);
    }
    if (now - this.#periodBeganAt >= PERIOD_MS) {
      this.#shortestBefore = this.#shortest;
      this.#shortest = Infinity;
      this.#periodBeganAt = now;
    }
    this.#shortest = Math.min(this.#shortest, delay);
    const shortest = Math.min(this.#shortest, this.#shortestBefore);
    this.current = delay - shortest;
    for (let i = 0; i < feedback.receivedCount; i++) {
      const index = feedback.byArrival[i];
      this.#measureDrain(feedback.sentAt[index] + shortest, feedback.arrivals[index], feedback.sizes[index]);
    }
  }

  /** @param arrivalWithoutQueue when the packet would have arrived if it had not had to wait */
  #measureDrain(arrivalWithoutQueue: number, arrival: number, size: number): void {
    if (arrivalWithoutQueue < this.#lastArrival) {
      this.standingFor = arrival - this.#standingSince;
      this.#busyBytes += size;
      const duration = arrival - this.#busySince;
      if (duration >= MIN_BUSY_MS) {
        this.drainBitrate = (this.#busyBytes * 8000) / duration;
        this.#startBusy(arrival);
      }
    } else {
      this.drainBitrate = NaN;
      this.standingFor = 0;
      this.#standingSince = arrival;
      this.#startBusy(arrival);
    }
    this.#lastArrival = arrival;
  }

  #startBusy(arrival: number): void {
    this.#busySince = arrival;
    this.#busyBytes = 0;
  }
}

const PERIOD_MS = 10_000;
/** Of so much at least the bitrate is measured. */
const MIN_BUSY_MS = 100;
