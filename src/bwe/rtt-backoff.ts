/**
 * Lowers the bitrate while nothing is heard of what is sent, or only after seconds: neither delay nor loss can be seen then.
 * A receiver that has never given feedback may be one that gives none.
 * libwebrtc's `RttBasedBackoff`.
 */
export class RttBackoff {
  /** What may be sent, bps. */
  bitrate = Infinity;

  #rtt = 0;
  #heardAt = NaN;
  #sentAt = NaN;
  #loweredAt = -Infinity;

  onPacketSent(now: number): void {
    this.#sentAt = now;
  }

  /** @param rtt ms */
  onFeedback(rtt: number, now: number): void {
    this.#rtt = rtt;
    this.#heardAt = now;
  }

  /** @param target what is sent at present, bps */
  update(target: number, now: number): void {
    // What was seen before a time in which nothing was sent says nothing of the present.
    const isOld = now - Math.max(this.#sentAt, this.#heardAt) > LIMIT_MS;
    if (isOld || !(this.#rtt + Math.max(0, this.#sentAt - this.#heardAt) > LIMIT_MS)) {
      this.bitrate = Infinity;
    } else if (now - this.#loweredAt >= INTERVAL_MS) {
      this.#loweredAt = now;
      this.bitrate = FACTOR * target;
    }
  }
}

const LIMIT_MS = 3000;
const INTERVAL_MS = 1000;
const FACTOR = 0.8;
