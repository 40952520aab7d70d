/**
 * Maps the sequence numbers of what comes in to contiguous ones of what goes out, so that a receiver sees no gap where
 * something was left out on purpose, and still sees the gaps of the network. Works for RTP sequence numbers (16 bits),
 * VP8 and VP9 picture ids (15) and TL0PICIDX (8).
 *
 * Each number is either given to `input`, if it is sent on, or to `drop`, if it is left out. `sync` makes another
 * number space continue where the output stands. Numbers may come late: an older number than a dropped one keeps the
 * output it would have had before.
 */
export class SequenceManager {
  readonly #mask: number;
  readonly #half: number;
  readonly #initialOutput: number;
  #started = false;
  /** What is added to an input, modulo the number space, if nothing is dropped. */
  #base = 0;
  #maxInput = 0;
  #maxDropped = 0;
  #maxForwarded = 0;
  /** Without `#initialOutput`. */
  #maxOutput = 0;
  readonly #dropped: SortedNumbers;

  /**
   * @param bits width of the numbers
   * @param initialOutput the first output minus one, if the first input was synced to
   */
  constructor(bits: number, initialOutput = 0) {
    this.#mask = (1 << bits) - 1;
    this.#half = 1 << (bits - 1);
    this.#initialOutput = initialOutput;
    this.#dropped = new SortedNumbers(bits);
  }

  get maxInput(): number {
    return this.#maxInput;
  }

  get maxOutput(): number {
    return (this.#maxOutput + this.#initialOutput) & this.#mask;
  }

  /** The input after `input` gets the output after the highest one so far. */
  sync(input: number): void {
    this.#base = (this.#maxOutput - input) & this.#mask;
    this.#maxInput = input & this.#mask;
    this.#dropped.clear();
  }

  /** Leaves a number out. Without effect if it comes too late for that: something newer was sent on already. */
  drop(input: number): void {
    if (this.isHigher(input, this.#maxInput)) {
      this.#maxInput = input;
      this.#maxDropped = input;
    } else if (this.#maxInput !== this.#maxDropped || !this.isHigher(input, this.#maxForwarded)) {
      return;
    }
    this.#dropped.add(input);
    this.#forgetPreviousCycle();
  }

  /** The output for a number, -1 if it was dropped. */
  input(input: number): number {
    let base = this.#base;
    if (this.#dropped.size > 0) {
      if (this.#started && this.isHigher(input, this.#maxInput)) {
        this.#maxInput = input;
        this.#maxForwarded = input;
      }
      this.#forgetPreviousCycle();
      base = this.#base;
      if (this.#dropped.size > 0) {
        const lower = this.#dropped.countLower(input);
        if (this.#dropped.holdsAt(lower, input)) return -1;
        base -= lower;
      }
    }
    const output = (input + base) & this.#mask;
    if (!this.#started) {
      this.#started = true;
      this.#maxInput = input;
      this.#maxForwarded = input;
      this.#maxOutput = output;
    } else {
      if (this.isHigher(input, this.#maxInput)) {
        this.#maxInput = input;
        this.#maxForwarded = input;
      }
      if (this.isHigher(output, this.#maxOutput)) this.#maxOutput = output;
    }
    return (output + this.#initialOutput) & this.#mask;
  }

  /** Whether `a` is ahead of `b`; of two numbers half the space apart the smaller one is. */
  isHigher(a: number, b: number): boolean {
    const distance = (a - b) & this.#mask;
    return distance === this.#half ? a < b : distance !== 0 && distance < this.#half;
  }

  isLower(a: number, b: number): boolean {
    return a !== b && !this.isHigher(a, b);
  }

  /** Dropped numbers that are ahead of all input now are half the space old. They stay accounted for in the base. */
  #forgetPreviousCycle(): void {
    while (this.#dropped.size > 0 && this.isHigher(this.#dropped.first, this.#maxInput)) {
      this.#dropped.removeFirst();
      this.#base = (this.#base - 1) & this.#mask;
    }
  }
}

/** A set of numbers in serial order, in a ring: cheap to append to, to take the first from and to search. */
class SortedNumbers {
  size = 0;

  readonly #mask: number;
  readonly #half: number;
  #ring = new Uint16Array(16);
  #head = 0;

  constructor(bits: number) {
    this.#mask = (1 << bits) - 1;
    this.#half = 1 << (bits - 1);
  }

  get first(): number {
    return this.#ring[this.#head];
  }

  clear(): void {
    this.size = 0;
  }

  removeFirst(): void {
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.size--;
  }

  /** How many numbers are lower: binary search, but most numbers are ahead of all. */
  countLower(number: number): number {
    if (this.size === 0) return 0;
    if (this.#isLower(this.#at(this.size - 1), number) && this.#isLower(this.first, number)) return this.size;
    let low = 0;
    let count = this.size;
    while (count > 0) {
      const half = count >> 1;
      if (this.#isLower(this.#at(low + half), number)) {
        low += half + 1;
        count -= half + 1;
      } else {
        count = half;
      }
    }
    return low;
  }

  holdsAt(index: number, number: number): boolean {
    return index < this.size && this.#at(index) === number;
  }

  add(number: number): void {
    const index = this.countLower(number);
    if (this.holdsAt(index, number)) return;
    if (this.size === this.#ring.length) this.#grow();
    const mask = this.#ring.length - 1;
    for (let i = this.size; i > index; i--) this.#ring[(this.#head + i) & mask] = this.#at(i - 1);
    this.#ring[(this.#head + index) & mask] = number;
    this.size++;
  }

  #at(index: number): number {
    return this.#ring[(this.#head + index) & (this.#ring.length - 1)];
  }

  #grow(): void {
    const larger = new Uint16Array(this.#ring.length * 2);
    for (let i = 0; i < this.size; i++) larger[i] = this.#at(i);
    this.#ring = larger;
    this.#head = 0;
  }

  #isLower(a: number, b: number): boolean {
    const distance = (b - a) & this.#mask;
    return distance === this.#half ? b < a : distance !== 0 && distance < this.#half;
  }
}
