import { beforeEach, describe, expect, it } from 'vitest';
import { BitrateTrend } from '../../../src/worker/bitrate-trend.js';
import { BitrateDistribution } from '../../../src/worker/bitrate-distribution.js';
import { type Consumer } from '../../../src/worker/consumer.js';

/** Takes layers of these bitrates, one after the other, and notes what it got. */
class Taker {
  readonly bitratePriority: number;
  readonly takesKeyFrame: boolean;
  readonly #layers: number[];
  #taken = 0;
  applied = -1;

  constructor(priority: number, ...layers: number[]) {
    this.bitratePriority = priority;
    this.takesKeyFrame = false;
    this.#layers = layers;
  }

  get provisionalBitrate(): number {
    return this.#sum(this.#taken);
  }

  targetBitrate(): number {
    return this.#sum(this.applied);
  }

  increaseLayer(bitrate: number): number {
    const cost = this.#layers[this.#taken];
    if (cost === undefined || cost > bitrate) return 0;
    this.#taken++;
    return cost;
  }

  applyLayers(): void {
    this.applied = this.#taken;
    this.#taken = 0;
  }

  discardLayers(): void {
    this.#taken = 0;
  }

  #sum(layers: number): number {
    return this.#layers.slice(0, Math.max(0, layers)).reduce((sum, layer) => sum + layer, 0);
  }
}

const CALM = { considersLoss: false, isCongested: false };
const CONGESTED = { considersLoss: false, isCongested: true };

let distribution: BitrateDistribution;
beforeEach(() => {
  distribution = new BitrateDistribution();
});

const distributeOnce = (available: number, takers: Taker[]): number[] => {
  distribution.distribute(takers as unknown as Consumer[], available, CALM, 0);
  return takers.map(({ applied }) => applied);
};

/** As often as it changes something. */
const distribute = (available: number, ...takers: Taker[]): number[] => {
  for (let i = 0; i < 10; i++) distributeOnce(available, takers);
  return takers.map(({ applied }) => applied);
};

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
    expect(distribution.distribute([], 100, CALM, 0)).toBe(false);
  });

  it('lets Consumers go up one after the other: one of them at least, together by half of what is to spare', () => {
    const takers = Array.from({ length: 8 }, () => new Taker(1, 10));
    expect(distributeOnce(80, takers)).toEqual([-1, -1, -1, -1, 1, 1, 1, 1]);
    expect(distributeOnce(80, takers)).toEqual([-1, -1, 1, 1, 1, 1, 1, 1]);
    expect(distributeOnce(80, takers)).toEqual([-1, 1, 1, 1, 1, 1, 1, 1]);
    expect(distributeOnce(80, takers)).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
  });

  it('counts key frames as something that Consumers take more', () => {
    const takers = Array.from({ length: 8 }, () => Object.assign(new Taker(1, 10), { takesKeyFrame: true }));
    expect(distributeOnce(80, takers)).toEqual([-1, -1, -1, -1, -1, 1, 1, 1]);
  });

  it('makes all go down at once', () => {
    const takers = Array.from({ length: 8 }, () => new Taker(1, 10, 10));
    distribute(160, ...takers);
    expect(distributeOnce(80, takers)).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
  });
});

describe('a shortage', () => {
  let taker: Taker;
  const tolerates = (available: number, now: number, network = CALM): boolean =>
    distribution.toleratesShortage([taker] as unknown as Consumer[], available, network, now);
  beforeEach(() => {
    taker = new Taker(1, 50, 50);
    distribute(100, taker);
  });

  it('of a fifth is put up with for 2.5 s', () => {
    expect(tolerates(100, 0)).toBe(false);
    expect(tolerates(80, 1000)).toBe(true);
    expect(tolerates(90, 3400)).toBe(true);
    expect(tolerates(90, 3500)).toBe(false);
    expect(tolerates(100, 3600)).toBe(false);
    expect(tolerates(90, 3700)).toBe(true);
  });

  it('of more than that is not', () => {
    expect(tolerates(79, 1000)).toBe(false);
  });

  it('is not while the path is congested', () => {
    expect(tolerates(90, 1000, CONGESTED)).toBe(false);
  });
});

describe('BitrateTrend', () => {
  it('rises at once, and falls by 5 % of the peak per second at most', () => {
    const trend = new BitrateTrend();
    trend.update(1000, 0);
    trend.update(2000, 1000);
    expect(trend.value).toBe(2000);
    trend.update(2000, 1500);
    trend.update(500, 2500);
    expect(trend.value).toBe(1900);
    trend.update(500, 11_500);
    expect(trend.value).toBe(1000);
    trend.update(500, 30_000);
    expect(trend.value).toBe(500);
    trend.reset(0, 30_000);
    expect(trend.value).toBe(0);
  });
});
