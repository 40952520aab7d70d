/** Extends the 16 bit sequence numbers of one stream to 48 bit packet indexes (RFC 3711 §3.3.1). */
export class RolloverCounter {
  /** How often the sequence number has wrapped, 0..2^32-1. */
  #count = 0;
  /** The highest sequence number of this round (s_l of the RFC), -1 before the first packet. */
  #highest = -1;

  /**
   * The rollover counter that a packet most likely belongs to (RFC 3711, Appendix A). 2^32 means that the indexes of
   * these keys are used up.
   */
  estimate(sequenceNumber: number): number {
    if (this.#highest < 0) return 0;
    const ahead = sequenceNumber - this.#highest;
    if (ahead < -0x8000) return this.#count + 1;
    // Nothing comes before the first round, so a jump that far is one forward.
    if (ahead > 0x8000 && this.#count > 0) return this.#count - 1;
    return this.#count;
  }

  /** Takes note of an (authenticated) packet with the counter that `estimate` gave it. */
  update(count: number, sequenceNumber: number): void {
    if (count > this.#count) {
      this.#count = count;
      this.#highest = sequenceNumber;
    } else if (count === this.#count && sequenceNumber > this.#highest) {
      this.#highest = sequenceNumber;
    }
  }
}
