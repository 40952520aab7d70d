/**
 * When packets arrived, by transport-wide sequence number. Numbers are unwrapped: plain and growing beyond 65535, or
 * below 0. The window reaches from `first` to `end`, and holds arrivals for some of the numbers in between.
 */
export class ArrivalWindow {
  /** The lowest number that is held; equal to `end` if none is. */
  first = 0;
  /** The highest number that is held, plus 1. */
  end = 0;

  /** By number, modulo capacity; NaN: not received. */
  #arrivals = new Float64Array(MIN_CAPACITY).fill(NaN);

  /** The arrival of packet `seq`, NaN if it is not held. */
  get(seq: number): number {
    return seq >= this.first && seq < this.end ? this.#arrivals[this.#index(seq)] : NaN;
  }

  /** Adds a packet. One too far from the others (65536 or more) replaces them all. */
  set(seq: number, arrival: number): void {
    if (Math.max(this.end, seq + 1) - Math.min(this.first, seq) > MAX_CAPACITY) this.clear();
    if (this.first === this.end) {
      this.first = seq;
      this.end = seq + 1;
    } else {
      const first = Math.min(this.first, seq);
      const end = Math.max(this.end, seq + 1);
      if (end - first > this.#arrivals.length) this.#grow(end - first);
      this.first = first;
      this.end = end;
    }
    this.#arrivals[this.#index(seq)] = arrival;
  }

  clear(): void {
    this.#arrivals.fill(NaN);
    this.end = this.first;
  }

  /** Removes the lowest packet; only if there is one. */
  removeFirst(): void {
    this.#arrivals[this.#index(this.first)] = NaN;
    do this.first++;
    while (this.first < this.end && Number.isNaN(this.#arrivals[this.#index(this.first)]));
  }

  #index(seq: number): number {
    return seq & (this.#arrivals.length - 1);
  }

  #grow(size: number): void {
    let capacity = this.#arrivals.length;
    while (capacity < size) capacity *= 2;
    const arrivals = new Float64Array(capacity).fill(NaN);
    for (let seq = this.first; seq < this.end; seq++) arrivals[seq & (capacity - 1)] = this.#arrivals[this.#index(seq)];
    this.#arrivals = arrivals;
  }
}

/** Powers of two. */
const MIN_CAPACITY = 256;
const MAX_CAPACITY = 65536;
