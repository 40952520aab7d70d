/**
 * Loaded into each thread and process of the bench before all else (NODE_OPTIONS): if BENCH_PAUSES names a directory, it
 * writes there how long garbage was collected, and how late the event loop was. `sections/pauses.ts` reads it.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { constants, monitorEventLoopDelay, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { threadId } from 'node:worker_threads';
import { type Pauses } from '../sections/pauses.js';

/** ms */
const INTERVAL = 250;
const RESOLUTION = 1;

const directory = process.env.BENCH_PAUSES;
if (directory !== undefined) observe(path.join(directory, `${process.pid}-${threadId}.json`));

function observe(file: string): void {
  const collections: { duration: number; isMajor: boolean }[] = [];
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) {
      const { kind } = (entry as PerformanceEntry & { detail: { kind: number } }).detail;
      collections.push({ duration: entry.duration, isMajor: kind === constants.NODE_PERFORMANCE_GC_MAJOR });
    }
  }).observe({ entryTypes: ['gc'] });
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  setInterval(() => {
    const pauses: Pauses = {
      collections: collections.splice(0),
      // What is measured is the time from one look to the next.
      loopP99: Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION),
      loopMax: Math.max(0, delay.max / 1e6 - RESOLUTION),
    };
    delay.reset();
    writeFileSync(file, `${JSON.stringify(pauses)}\n`, { flag: 'a' });
  }, INTERVAL).unref();
}
