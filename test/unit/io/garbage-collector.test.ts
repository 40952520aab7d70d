import { PerformanceObserver } from 'node:perf_hooks';
import { expect, it } from 'vitest';
import { GarbageCollector } from '../../../src/io/garbage-collector.js';

const MINOR = 1;

it('collects the young generation when there is much garbage, and not before', () => {
  const collections: unknown[] = [];
  const collector = new GarbageCollector(() => options => collections.push(options));
  for (let i = 0; i < 7; i++) collector.add(1024 * 1024);
  expect(collections).toEqual([]);
  for (let i = 0; i < 10; i++) collector.add(1024 * 1024);
  expect(collections).toEqual([{ type: 'minor' }, { type: 'minor' }]);
});

it('finds the function of V8 to do so, without leaving it to others', async () => {
  const before = 'gc' in globalThis;
  const kinds: number[] = [];
  const observer = new PerformanceObserver(list => {
    for (const entry of list.getEntries()) kinds.push((entry as unknown as { detail: { kind: number } }).detail.kind);
  });
  observer.observe({ entryTypes: ['gc'] });
  const collector = new GarbageCollector();
  for (let i = 0; i < 10; i++) collector.add(25 * 1024 * 1024);
  // They are told of later.
  while (kinds.filter(kind => kind === MINOR).length < 10) await new Promise(resolve => setImmediate(resolve));
  observer.disconnect();
  expect('gc' in globalThis).toBe(before);
});

it('does nothing where V8 has no such function', () => {
  new GarbageCollector(() => undefined).add(1e9);
});
