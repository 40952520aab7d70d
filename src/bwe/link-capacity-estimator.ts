/** What throughput was possible when the path was overused, with its variance. */
export class LinkCapacityEstimator {
  /** kbps; NaN: unknown. */
  #estimate = NaN;
  /** Variance, in proportion to the estimate. */
  #deviation = 0.4;

  readonly #minExcess: number;

  /** @param minExcess of the estimate: what exceeds it at least */
  constructor(minExcess = 1) {
    this.#minExcess = minExcess;
  }

  get hasEstimate(): boolean {
    return !Number.isNaN(this.#estimate);
  }

  /** bps; only if `hasEstimate`. */
  get estimate(): number {
    return Math.round(this.#estimate * 1000);
  }

  /** bps; Infinity without estimate. */
  get upperBound(): number {
    if (!this.hasEstimate) return Infinity;
    return Math.round(Math.max(this.#minExcess * this.#estimate, this.#estimate + 3 * this.#standardDeviation) * 1000);
  }

  /** bps; 0 without estimate. */
  get lowerBound(): number {
    return this.hasEstimate ? Math.round(Math.max(0, this.#estimate - 3 * this.#standardDeviation) * 1000) : 0;
  }

  reset(): void {
    this.#estimate = NaN;
  }

  /** @param throughput bps */
  onOveruse(throughput: number): void {
    this.#update(throughput / 1000, OVERUSE_WEIGHT);
  }

  #update(sample: number, weight: number): void {
    this.#estimate = this.hasEstimate ? (1 - weight) * this.#estimate + weight * sample : sample;
    const error = this.#estimate - sample;
    const variance = (error * error) / Math.max(this.#estimate, 1);
    const deviation = (1 - weight) * this.#deviation + weight * variance;
    this.#deviation = Math.max(MIN_DEVIATION, Math.min(MAX_DEVIATION, deviation));
  }

  get #standardDeviation(): number {
    return Math.sqrt(this.#deviation * this.#estimate);
  }
}

const OVERUSE_WEIGHT = 0.05;
/** About 14 kbps at 500 kbps. */
const MIN_DEVIATION = 0.4;
/** About 35 kbps at 500 kbps. */
const MAX_DEVIATION = 2.5;
