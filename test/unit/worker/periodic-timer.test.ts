import { describe, expect, it } from 'vitest';
import { TimerQueue } from '../../../src/common/timer-queue.js';
import { PeriodicTimer } from '../../../src/worker/periodic-timer.js';

function setUp(delay: () => number) {
  const timers = new TimerQueue();
  const runs: number[] = [];
  const timer = new PeriodicTimer(timers, now => {
    runs.push(now);
    return delay();
  });
  return { timers, timer, runs };
}

describe('PeriodicTimer', () => {
  it('waits as long as it was told, then as long as it is told each time', () => {
    let delay = 100;
    const { timers, timer, runs } = setUp(() => (delay += 100));
    timer.start(1000, 50);
    for (let now = 1000; now <= 2000; now += 10) timers.run(now);
    expect(runs).toEqual([1050, 1250, 1550, 1950]);
  });

  it('does not add up lateness, nor catch up with what it missed', () => {
    const { timers, timer, runs } = setUp(() => 100);
    timer.start(0, 100);
    timers.run(130);
    expect(timer.nextDeadline).toBe(200);
    timers.run(1000);
    timers.run(1000);
    timers.run(1099);
    expect(runs).toEqual([130, 1000]);
  });

  it('stops, starts anew, and is closed for good', () => {
    const { timers, timer, runs } = setUp(() => 100);
    timer.start(0, 100);
    timer.stop();
    timers.run(500);
    timer.start(500, 100);
    timers.run(600);
    timer.close();
    timers.run(5000);
    expect(runs).toEqual([600]);
    expect(timers.size).toBe(0);
  });
});
