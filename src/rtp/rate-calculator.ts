/**
 * How much happened per second over a sliding window: a ring of items of equal duration, the newest one growing.
 * The items' borders stay on a fixed raster from the first update on, however irregular the updates are.
 */
export class RateCalculator {
  /** Everything ever counted; never expires. */
  total = 0;

  readonly #windowSize: number;
  readonly #itemSize: number;
  readonly #rateScale: number;
  readonly #ring: Float64Array;
  #newestIndex = 0;
  #newestStart = 0;
  /** Sum of the ring. */
  #windowTotal = 0;
  /** The rate computed last, and for which state. */
  #lastRate = 0;
  #lastRateTime = -1;
  #lastRateTotal = 0;

  /**
   * @param windowSize ms
   * @param scale 8000: bytes become bits per second; 1000: things per second
   * @param items at most into how many items the window is cut
   */
  constructor(windowSize = 1000, scale = 8000, items = 100) {
    this.#windowSize = Math.max(1, windowSize);
    this.#itemSize = Math.ceil(this.#windowSize / Math.max(1, items));
    this.#rateScale = Math.max(1, scale) / this.#windowSize;
    this.#ring = new Float64Array(Math.ceil(this.#windowSize / this.#itemSize));
  }

  /** Counts `size` at `now` (ms). Older than the window: ignored. A little in the past: counted as of now. */
  update(size: number, now: number): void {
    if (!this.#slide(now)) return;
    this.#ring[this.#newestIndex] += size;
    this.#windowTotal += size;
    this.total += size;
  }

  /** The rate over the window that ends at `now`, rounded. */
  rate(now: number): number {
    if (now === this.#lastRateTime && this.#windowTotal === this.#lastRateTotal) return this.#lastRate;
    this.#slide(now);
    this.#lastRate = Math.floor(this.#windowTotal * this.#rateScale + 0.5);
    this.#lastRateTime = now;
    this.#lastRateTotal = this.#windowTotal;
    return this.#lastRate;
  }

  /** Empties the window; `total` stays. */
  reset(): void {
    this.#clear();
    this.#newestStart = 0;
  }

  /** Expires what is older than the window. False if `now` lies before the window. */
  #slide(now: number): boolean {
    const elapsed = now - this.#newestStart;
    if (elapsed <= -this.#windowSize) return false;
    if (elapsed < this.#itemSize) return true;
    const steps = Math.floor(elapsed / this.#itemSize);
    if (steps >= this.#ring.length) {
      this.#clear();
      this.#newestStart = now;
      return true;
    }
    for (let step = 0; step < steps; step++) {
      if (++this.#newestIndex === this.#ring.length) this.#newestIndex = 0;
      this.#windowTotal -= this.#ring[this.#newestIndex];
      this.#ring[this.#newestIndex] = 0;
    }
    this.#newestStart += steps * this.#itemSize;
    return true;
  }

  #clear(): void {
    this.#ring.fill(0);
    this.#newestIndex = 0;
    this.#windowTotal = 0;
  }
}

/** Packets, bytes and bitrate of RTP. Bytes are whole packets, header included. */
export class RtpDataCounter {
  packetCount = 0;

  readonly #ignorePaddingOnly: boolean;
  readonly #rate: RateCalculator;

  /** @param ignorePaddingOnly packets without payload count as packets, but not as bytes */
  constructor(ignorePaddingOnly: boolean, windowSize = 2500) {
    this.#ignorePaddingOnly = ignorePaddingOnly;
    this.#rate = new RateCalculator(windowSize);
  }

  update(length: number, payloadLength: number, now: number): void {
    this.packetCount++;
    if (this.#ignorePaddingOnly && payloadLength === 0) return;
    this.#rate.update(length, now);
  }

  get byteCount(): number {
    return this.#rate.total;
  }

  /** Bits per second. */
  bitrate(now: number): number {
    return this.#rate.rate(now);
  }
}
