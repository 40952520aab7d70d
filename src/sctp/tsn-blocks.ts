/** TSNs received beyond the cumulative one, as blocks with gaps between them, in ascending order. TSNs are unwrapped. */
export class TsnBlocks {
  readonly #firsts: number[] = [];
  readonly #lasts: number[] = [];

  get count(): number {
    return this.#firsts.length;
  }

  first(block: number): number {
    return this.#firsts[block];
  }

  last(block: number): number {
    return this.#lasts[block];
  }

  /** Adds a TSN. False if it is there already. */
  add(tsn: number): boolean {
    const firsts = this.#firsts;
    const lasts = this.#lasts;
    const block = this.#firstEndingAtOrAfter(tsn - 1);
    if (block === firsts.length) {
      firsts.push(tsn);
      lasts.push(tsn);
    } else if (lasts[block] === tsn - 1) {
      lasts[block] = tsn;
      if (firsts[block + 1] === tsn + 1) this.#mergeWithNext(block);
    } else if (firsts[block] === tsn + 1) {
      firsts[block] = tsn;
    } else if (firsts[block] > tsn) {
      firsts.splice(block, 0, tsn);
      lasts.splice(block, 0, tsn);
    } else {
      return false;
    }
    return true;
  }

  /** Whether `add` of this TSN would need one more block. */
  opensBlock(tsn: number): boolean {
    const block = this.#firstEndingAtOrAfter(tsn - 1);
    return block === this.#firsts.length || this.#firsts[block] > tsn + 1;
  }

  /** Forgets what is not above `tsn`. */
  eraseTo(tsn: number): void {
    const block = this.#firstEndingAtOrAfter(tsn + 1);
    this.#firsts.splice(0, block);
    this.#lasts.splice(0, block);
    if (this.#firsts.length > 0 && this.#firsts[0] <= tsn) this.#firsts[0] = tsn + 1;
  }

  #mergeWithNext(block: number): void {
    this.#lasts[block] = this.#lasts[block + 1];
    this.#firsts.splice(block + 1, 1);
    this.#lasts.splice(block + 1, 1);
  }

  /** Index of the first block whose last TSN is not below `tsn`; `count` if there is none. */
  #firstEndingAtOrAfter(tsn: number): number {
    const lasts = this.#lasts;
    let low = 0;
    let high = lasts.length;
    // In the usual order a TSN continues the last block or comes behind it.
    if (high > 0 && lasts[high - 1] < tsn) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (lasts[middle] < tsn) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
