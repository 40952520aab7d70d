import { performance } from 'node:perf_hooks';
import { type Clock } from '../worker/runtime.js';

/** The process's monotonic clock. */
export class NodeClock implements Clock {
  readonly wallClockOffset: number;

  constructor() {
    // Not performance.timeOrigin: the wall clock may have been set since then.
    this.wallClockOffset = Date.now() - performance.now();
  }

  now(): number {
    return performance.now();
  }
}
