import { type PacketFeedback } from './packet-feedback.js';

/**
 * How long packets wait in a queue on the way: by how much their way takes longer than the shortest one of the last 10 to
 * 20 s. Clocks of sender and receiver need not agree, since only differences matter.
 */
export class QueueDelay {
  /** ms, of the packet of the last feedback that waited least. */
  current = 0;

  #shortest = Infinity;
  #shortestBefore = Infinity;
  #periodBeganAt = -Infinity;

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
    this.current = delay - Math.min(this.#shortest, this.#shortestBefore);
  }
}

const PERIOD_MS = 10_000;
