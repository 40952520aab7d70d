/**
 * What wants to be woken: `nextDeadline` says when (ms of the worker's clock, Infinity while idle), `onTimeout` is
 * called then. A machine may move its deadline at any time; whoever fed it calls `WakeUp.update()` afterwards.
 */
export interface Machine {
  nextDeadline: number;
  onTimeout(now: number): void;
}

/** A machine's place in the queue. */
export interface WakeUp {
  /** Takes the machine's current deadline over. Cheap when it did not move to an earlier time. */
  update(): void;
  /** Forgets the machine: it is never called again. */
  cancel(): void;
}

class Entry implements WakeUp {
  /** Index in the heap, -1 while not in it. */
  index = -1;
  /** What the heap is ordered by; never later than the machine's own deadline. */
  deadline = Infinity;
  cancelled = false;

  readonly #queue: TimerQueue;
  readonly machine: Machine;

  constructor(queue: TimerQueue, machine: Machine) {
    this.#queue = queue;
    this.machine = machine;
  }

  update(): void {
    this.#queue.refresh(this);
  }

  cancel(): void {
    this.cancelled = true;
    this.#queue.refresh(this);
  }
}

/**
 * The timers of one worker: a binary heap of machines by deadline. It owns no real timer; `onEarlier` tells its owner
 * that the earliest deadline moved forward.
 *
 * A deadline that moves to a later time costs nothing: the entry stays where it is, and is sorted in again when its
 * old time comes.
 */
export class TimerQueue {
  readonly #heap: Entry[] = [];
  readonly #onEarlier: (deadline: number) => void;

  /** Gets what a machine throws. The others run on; that machine sleeps until whoever feeds it calls `WakeUp.update()`. */
  onError: (error: unknown) => void = error => {
    throw error;
  };

  constructor(onEarlier: (deadline: number) => void = () => {}) {
    this.#onEarlier = onEarlier;
  }

  register(machine: Machine): WakeUp {
    const entry = new Entry(this, machine);
    this.refresh(entry);
    return entry;
  }

  /** When `run` has something to do next; may be early, never late. */
  get nextDeadline(): number {
    return this.#heap.length > 0 ? this.#heap[0].deadline : Infinity;
  }

  /** Number of machines waiting. */
  get size(): number {
    return this.#heap.length;
  }

  /** Wakes every machine whose deadline has come. A machine that sets a deadline in the past runs once per call. */
  run(now: number): void {
    let due = this.#heap.length;
    while (due-- > 0 && this.#heap.length > 0 && this.#heap[0].deadline <= now) {
      const entry = this.#heap[0];
      this.#remove(entry);
      try {
        if (entry.machine.nextDeadline <= now) entry.machine.onTimeout(now);
        this.refresh(entry);
      } catch (error) {
        this.onError(error);
      }
    }
  }

  /** @internal Called by entries. */
  refresh(entry: Entry): void {
    const deadline = entry.cancelled ? Infinity : entry.machine.nextDeadline;
    if (deadline === Infinity) {
      if (entry.cancelled && entry.index >= 0) this.#remove(entry);
      return;
    }
    if (entry.index < 0) {
      entry.deadline = deadline;
      entry.index = this.#heap.length;
      this.#heap.push(entry);
      this.#siftUp(entry);
    } else if (deadline < entry.deadline) {
      entry.deadline = deadline;
      this.#siftUp(entry);
    }
    if (entry.index === 0) this.#onEarlier(entry.deadline);
  }

  #remove(entry: Entry): void {
    const last = this.#heap.pop()!;
    if (last !== entry) {
      last.index = entry.index;
      this.#heap[last.index] = last;
      this.#siftUp(last);
      this.#siftDown(last);
    }
    entry.index = -1;
  }

  #siftUp(entry: Entry): void {
    const heap = this.#heap;
    let index = entry.index;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (heap[parent].deadline <= entry.deadline) break;
      heap[index] = heap[parent];
      heap[index].index = index;
      index = parent;
    }
    heap[index] = entry;
    entry.index = index;
  }

  #siftDown(entry: Entry): void {
    const heap = this.#heap;
    let index = entry.index;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1].deadline < heap[child].deadline) child++;
      if (heap[child].deadline >= entry.deadline) break;
      heap[index] = heap[child];
      heap[index].index = index;
      index = child;
    }
    heap[index] = entry;
    entry.index = index;
  }
}
