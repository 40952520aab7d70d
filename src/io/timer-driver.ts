import { TimerQueue } from '../common/timer-queue.js';
import { type Clock } from '../worker/runtime.js';

/** The longest delay that setTimeout() understands. */
const MAX_DELAY = 2 ** 31 - 1;

/**
 * Runs a TimerQueue by one real timer, which is set to the queue's earliest deadline: never before it, and up to about
 * a millisecond after it, which is as fine as real timers are. It does not keep the process alive.
 */
export class TimerDriver {
  readonly queue: TimerQueue;

  readonly #clock: Clock;
  #timer: NodeJS.Timeout | undefined = undefined;
  /** What the real timer is set to. */
  #deadline = Infinity;
  #isRunning = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.queue = new TimerQueue(deadline => this.#set(deadline));
  }

  /** Forgets the real timer; it is set again only by an earlier deadline. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#deadline = Infinity;
  }

  #set(deadline: number): void {
    if (this.#isRunning || deadline >= this.#deadline) return;
    clearTimeout(this.#timer);
    this.#deadline = deadline;
    const delay = Math.max(1, Math.ceil(deadline - this.#clock.now()));
    this.#timer = setTimeout(() => this.#run(), Math.min(delay, MAX_DELAY)).unref();
  }

  #run(): void {
    this.#deadline = Infinity;
    this.#isRunning = true;
    try {
      this.queue.run(this.#clock.now());
    } finally {
      this.#isRunning = false;
      this.#set(this.queue.nextDeadline);
    }
  }
}
