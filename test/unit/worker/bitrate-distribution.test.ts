import { describe, expect, it } from 'vitest';
import { BitrateTrend } from '../../../src/worker/bitrate-trend.js';
import { distributeBitrate } from '../../../src/worker/bitrate-distribution.js';
import { type Consumer } from '../../../src/worker/consumer.js';

/** Takes layers of these bitrates, one after the other, and notes what it got. */
class Taker {
  readonly bitratePriority: number;
  readonly #layers: number[];
  #taken = 0;
  applied = -1;

  constructor(priority: number, ...layers: number[]) {
    this.bitratePriority = priority;
    this.#layers = layers;
  }

  increaseLayer(bitrate: number): number {
    const cost = this.#layers[this.#taken];
    if (cost === undefined || cost > bitrate) return 0;
    this.#taken++;
    return cost;
  }

  applyLayers(): void {
    this.applied = this.#taken;
  }
}

function distribute(available: number, ...takers: Taker[]): number[] {
  distributeBitrate(takers as unknown as Consumer[], available, false, 0);
  return takers.map(({ applied }) => applied);
}

describe('the distribution of bitrate', () => {
  it('gives everybody one layer before anybody gets two', () => {
    expect(distribute(30, new Taker(1, 10, 10), new Taker(5, 10, 10, 10), new Taker(1, 10))).toEqual([1, 1, 1]);
  });

  it('then gives those with the highest priority as many layers per round as it says', () => {
    expect(distribute(60, new Taker(1, 10, 10, 10), new Taker(3, 10, 10, 10, 10))).toEqual([2, 4]);
    expect(distribute(50, new Taker(2, 10, 10, 10), new Taker(3, 10, 10, 10, 10))).toEqual([1, 4]);
  });

  it('begins with the youngest among equals', () => {
    expect(distribute(10, new Taker(1, 10), new Taker(1, 10))).toEqual([0, 1]);
  });

  it('gives what others cannot use', () => {
    expect(distribute(100, new Taker(9, 200), new Taker(1, 40, 40))).toEqual([0, 2]);
  });

  it('leaves out who has no priority, and makes all others send what they got, be it nothing', () => {
    expect(distribute(0, new Taker(0, 10), new Taker(1, 10))).toEqual([-1, 0]);
    expect(distributeBitrate([], 100, false, 0)).toBe(false);
  });
});

describe('BitrateTrend', () => {
  it('rises at once, and falls by 5 % of the peak per second at most', () => {
    const trend = new BitrateTrend();
    trend.update(1000, 0);
    trend.update(2000, 1000);
    expect(trend.value).toBe(2000);
    trend.update(500, 2000);
    expect(trend.value).toBe(1900);
    trend.update(500, 11_000);
    expect(trend.value).toBe(1000);
    trend.update(500, 30_000);
    expect(trend.value).toBe(500);
    trend.reset(0, 30_000);
    expect(trend.value).toBe(0);
  });
});
