import { TimerQueue } from '../common/timer-queue.js';
import { type Clock } from '../worker/runtime.js';

interface Event {
  at: number;
  /** Events of the same time happen in the order in which they were planned. */
  order: number;
  action: () => void;
}

/**
 * Time that passes only when it is told to, and things that happen in it. An instant is all that happens at one time;
 * when it is over its `atEndOfInstant` callbacks run.
 */
export class VirtualTime implements Clock {
  readonly wallClockOffset = Date.UTC(2026, 0, 1);

  #now = 0;
  #order = 0;
  /** A binary heap. */
  readonly #events: Event[] = [];
  #endOfInstant: (() => void)[] = [];
  #isPassing = false;

  now(): number {
    return this.#now;
  }

  /** Whether something is happening right now: time is being advanced, and this is called by an event. */
  get isPassing(): boolean {
    return this.#isPassing;
  }

  /** Whether nothing will ever happen by itself. */
  get isIdle(): boolean {
    return this.#events.length === 0 && this.#endOfInstant.length === 0;
  }

  /** Plans `action` for the time `at`, or for now if that is past. */
  at(at: number, action: () => void): void {
    this.#push({ at: Math.max(at, this.#now), order: this.#order++, action });
  }

  after(delay: number, action: () => void): void {
    this.at(this.#now + delay, action);
  }

  atEndOfInstant(callback: () => void): void {
    this.#endOfInstant.push(callback);
  }

  /** A queue of timers that this time runs, each exactly at its deadline. */
  createTimers(): TimerQueue {
    let planned = Infinity;
    const plan = (deadline: number): void => {
      if (deadline >= planned) return;
      planned = deadline;
      this.at(deadline, () => {
        // An earlier one may have been planned since; then this one is superfluous.
        if (planned !== deadline) return;
        planned = Infinity;
        timers.run(this.#now);
        plan(timers.nextDeadline);
      });
    };
    const timers = new TimerQueue(plan);
    return timers;
  }

  /** Lets `duration` ms pass. Promises do not proceed meanwhile. */
  advance(duration: number): void {
    const end = this.#now + duration;
    while (this.#step(end));
    this.#now = end;
  }

  /** Like `advance`, but promises settle after each instant. */
  async advanceAsync(duration: number): Promise<void> {
    const end = this.#now + duration;
    do await settled();
    while (this.#step(end));
    this.#now = end;
  }

  /**
   * Lets time pass in which nothing can happen, as if the machine slept. What should have happened meanwhile happens, late,
   * when time goes on.
   */
  sleep(duration: number): void {
    this.#now += duration;
  }

  /** Runs until nothing is left to happen. @throws Error if that is not so after `limit` ms */
  runUntilIdle(limit = 3_600_000): void {
    const end = this.#now + limit;
    while (this.#step(end));
    if (!this.isIdle) throw new Error(`not idle after ${limit} ms`);
  }

  #step(end: number): boolean {
    this.#isPassing = true;
    try {
      return this.#happen(end);
    } finally {
      this.#isPassing = false;
    }
  }

  /** One event, or the end of an instant. False if nothing is left until `end`. */
  #happen(end: number): boolean {
    const next = this.#events.length > 0 ? this.#events[0].at : Infinity;
    if (this.#endOfInstant.length > 0 && next > this.#now) {
      const callbacks = this.#endOfInstant;
      this.#endOfInstant = [];
      for (const callback of callbacks) callback();
      return true;
    }
    if (next > end || next === Infinity) return false;
    this.#now = Math.max(this.#now, next);
    this.#pop().action();
    return true;
  }

  #push(event: Event): void {
    const heap = this.#events;
    let index = heap.length;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(event, heap[parent])) break;
      heap[index] = heap[parent];
      index = parent;
    }
    heap[index] = event;
  }

  #pop(): Event {
    const heap = this.#events;
    const first = heap[0];
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child++;
      if (!isBefore(heap[child], last)) break;
      heap[index] = heap[child];
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** When all promises that can settle have settled. */
function settled(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}
