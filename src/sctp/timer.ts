/** A timer that doubles its duration every time it expires, unless it is told not to. Times in ms. */
export class Timer {
  /** Infinity while it does not run. */
  deadline = Infinity;
  /** Times it expired since it was started. */
  expirations = 0;

  readonly #maxRestarts: number;
  readonly #backoff: number;
  #duration = 0;

  /**
   * @param maxRestarts How often it goes on after it expired.
   * @param backoff What its duration is multiplied by then.
   */
  constructor(maxRestarts = Infinity, backoff = 2) {
    this.#maxRestarts = maxRestarts;
    this.#backoff = backoff;
  }

  get isRunning(): boolean {
    return this.deadline !== Infinity;
  }

  /** Starts, or starts again. */
  start(now: number, duration: number): void {
    this.expirations = 0;
    this.#duration = duration;
    this.deadline = now + duration;
  }

  stop(): void {
    this.deadline = Infinity;
  }

  /** Whether it has expired. If so it runs on, or it stopped because it has been restarted too often. */
  expire(now: number): boolean {
    if (now < this.deadline) return false;
    this.expirations++;
    this.#duration = Math.min(this.#duration * this.#backoff, MAX_DURATION);
    this.deadline = this.expirations > this.#maxRestarts ? Infinity : now + this.#duration;
    return true;
  }
}

/** A day: as good as never. */
const MAX_DURATION = 24 * 60 * 60 * 1000;
