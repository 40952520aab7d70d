import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NodeRandom } from '../../../src/io/random.js';
import { NodeRuntime } from '../../../src/io/node-runtime.js';
import { TimerDriver } from '../../../src/io/timer-driver.js';

describe('NodeRuntime', () => {
  it('has a monotonic clock that knows the wall clock', () => {
    const { clock } = new NodeRuntime();
    const before = clock.now();
    expect(clock.now()).toBeGreaterThanOrEqual(before);
    expect(Math.abs(clock.wallClockOffset + clock.now() - Date.now())).toBeLessThan(1000);
  });

  it('ends a tick after what is ready now', async () => {
    const order: string[] = [];
    const runtime = new NodeRuntime();
    const ended = new Promise<void>(resolve => {
      runtime.atEndOfTick(() => {
        order.push('end');
        resolve();
      });
    });
    process.nextTick(() => order.push('soon'));
    order.push('now');
    await ended;
    expect(order).toEqual(['now', 'soon', 'end']);
  });
});

describe('NodeRandom', () => {
  it('never repeats itself', () => {
    const random = new NodeRandom();
    const seen = new Set<string>();
    for (let i = 0; i < 1000; i++) {
      const bytes = new Uint8Array(i % 100 === 0 ? 5000 : 16);
      random.fill(bytes);
      seen.add(Buffer.from(bytes.subarray(0, 16)).toString('hex'));
      if (bytes.length > 16) seen.add(Buffer.from(bytes.subarray(-16)).toString('hex'));
    }
    expect(seen.size).toBe(1010);
  });

  it('draws from all of 32 bits', () => {
    const random = new NodeRandom();
    let all = 0;
    let none = 0xffffffff;
    for (let i = 0; i < 2000; i++) {
      const value = random.uint32();
      expect(value).toBe(value >>> 0);
      all |= value;
      none &= value;
    }
    expect(all >>> 0).toBe(0xffffffff);
    expect(none).toBe(0);
  });
});

describe('TimerDriver', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  /** A machine that notes when it is woken, and sleeps again. */
  class Sleeper {
    nextDeadline = Infinity;
    readonly woken: number[] = [];
    onTimeout(now: number): void {
      this.woken.push(now);
      this.nextDeadline = Infinity;
    }
  }

  const setUp = (): [TimerDriver, { shift: number }] => {
    const clock = { shift: 0 };
    const start = performance.now();
    return [new TimerDriver({ now: () => performance.now() - start + clock.shift, wallClockOffset: 0 }), clock];
  };

  it.each([
    [10, 10],
    [10.2, 11],
    [10.999, 11],
    [0.1, 1],
    [-5, 1],
  ])('wakes for a deadline of %d at %d', (deadline, expected) => {
    const [{ queue }] = setUp();
    const sleeper = new Sleeper();
    sleeper.nextDeadline = deadline;
    queue.register(sleeper);
    vi.advanceTimersByTime(100);
    expect(sleeper.woken).toEqual([expected]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('sleeps again if its timer came too early', () => {
    const [{ queue }, clock] = setUp();
    const sleeper = new Sleeper();
    sleeper.nextDeadline = 10;
    queue.register(sleeper);
    clock.shift = -0.5;
    vi.advanceTimersByTime(10);
    expect(sleeper.woken).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(sleeper.woken).toEqual([10.5]);
  });

  it('sets one timer for many machines', () => {
    const [{ queue }] = setUp();
    const sleepers = Array.from({ length: 100 }, () => new Sleeper());
    sleepers.forEach((sleeper, i) => {
      sleeper.nextDeadline = 200 - i;
      queue.register(sleeper);
      expect(vi.getTimerCount()).toBe(1);
    });
    vi.advanceTimersByTime(150);
    expect(sleepers.filter(({ woken }) => woken.length > 0)).toHaveLength(50);
    vi.advanceTimersByTime(50);
    expect(sleepers.every(({ woken }, i) => woken[0] === 200 - i)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('goes on after an error', () => {
    const [{ queue }] = setUp();
    const broken = {
      nextDeadline: 5,
      onTimeout(): void {
        this.nextDeadline = Infinity;
        throw new Error('broken');
      },
    };
    const sleeper = new Sleeper();
    sleeper.nextDeadline = 7;
    queue.register(broken);
    queue.register(sleeper);
    expect(() => vi.advanceTimersByTime(5)).toThrow('broken');
    vi.advanceTimersByTime(2);
    expect(sleeper.woken).toEqual([7]);
  });

  it('waits longer than a timer can', () => {
    const [{ queue }] = setUp();
    const sleeper = new Sleeper();
    sleeper.nextDeadline = 2 ** 31 + 5000;
    queue.register(sleeper);
    vi.advanceTimersByTime(2 ** 31 + 4999);
    expect(sleeper.woken).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(sleeper.woken).toEqual([2 ** 31 + 5000]);
  });

  it('stops', () => {
    const [driver] = setUp();
    const sleeper = new Sleeper();
    sleeper.nextDeadline = 5;
    driver.queue.register(sleeper);
    driver.stop();
    vi.advanceTimersByTime(10);
    expect(sleeper.woken).toEqual([]);
  });
});
