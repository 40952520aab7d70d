/** Which of the last 64 record sequence numbers of an epoch have been seen (RFC 6347 §4.1.2.6). */
export class ReplayWindow {
  #highest: number;
  /** Bit n: `#highest - n` was seen, n from 0 to 31. */
  #recent: number;
  /** The same for n from 32 to 63. */
  #older: number;

  constructor() {
    this.#highest = -1;
    this.#recent = 0;
    this.#older = 0;
  }

  /** `old`: too far behind to know. */
  look(sequence: number): 'new' | 'seen' | 'old' {
    const distance = this.#highest - sequence;
    if (distance < 0) return 'new';
    if (distance >= 64) return 'old';
    const bit = distance < 32 ? this.#recent >>> distance : this.#older >>> (distance - 32);
    return (bit & 1) === 1 ? 'seen' : 'new';
  }

  /** Marks a number as seen; only for records that were authentic. */
  add(sequence: number): void {
    const distance = this.#highest - sequence;
    if (distance < 0) {
      this.#shift(-distance);
      this.#highest = sequence;
      this.#recent |= 1;
    } else if (distance < 32) {
      this.#recent |= 1 << distance;
    } else if (distance < 64) {
      this.#older |= 1 << (distance - 32);
    }
  }

  #shift(by: number): void {
    if (by >= 64) {
      this.#older = 0;
      this.#recent = 0;
    } else if (by >= 32) {
      // A shift by 32 would be a shift by 0.
      this.#older = this.#recent << (by - 32);
      this.#recent = 0;
    } else {
      this.#older = (this.#older << by) | (this.#recent >>> (32 - by));
      this.#recent <<= by;
    }
  }
}
