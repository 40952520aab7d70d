import { type Machine, type TimerQueue, type WakeUp } from '../common/timer-queue.js';

/** Something that is to be done now and then, until it is closed. */
export class PeriodicTimer implements Machine {
  nextDeadline = Infinity;
  readonly #wakeUp: WakeUp;
  readonly #run: (now: number) => number;

  /** @param run does it, and says after how many ms again (Infinity: not until the next `start`) */
  constructor(timers: TimerQueue, run: (now: number) => number) {
    this.#run = run;
    this.#wakeUp = timers.register(this);
  }

  /** Next time after `delay` ms, whatever was planned before. */
  start(now: number, delay: number): void {
    this.nextDeadline = now + delay;
    this.#wakeUp.update();
  }

  stop(): void {
    this.nextDeadline = Infinity;
  }

  close(): void {
    this.stop();
    this.#wakeUp.cancel();
  }

  onTimeout(now: number): void {
    const due = this.nextDeadline;
    this.nextDeadline = Infinity;
    const delay = this.#run(now);
    // Counted from when it was due, so that lateness does not add up; what a long sleep missed is not caught up with.
    this.nextDeadline = due + delay > now ? due + delay : now + delay;
  }
}
