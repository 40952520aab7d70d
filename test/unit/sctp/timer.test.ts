import { describe, expect, it } from 'vitest';
import { ErrorCounter } from '../../../src/sctp/error-counter.js';
import { Timer } from '../../../src/sctp/timer.js';

/** When a timer of 100 ms, started at 0, expires. */
const expirations = (timer: Timer, count: number): number[] => {
  timer.start(0, 100);
  const times: number[] = [];
  while (times.length < count && timer.isRunning) {
    const now = timer.deadline;
    expect(timer.expire(now - 1)).toBe(false);
    expect(timer.expire(now)).toBe(true);
    times.push(now);
  }
  return times;
};

describe('a timer', () => {
  it('does not run before it is started, or when it was stopped', () => {
    const timer = new Timer();
    expect([timer.isRunning, timer.deadline, timer.expire(1e9)]).toEqual([false, Infinity, false]);
    timer.start(0, 100);
    timer.stop();
    expect(timer.expire(1000)).toBe(false);
  });

  it('doubles its duration', () => {
    expect(expirations(new Timer(), 5)).toEqual([100, 300, 700, 1500, 3100]);
  });

  it('keeps its duration if it is told so', () => {
    expect(expirations(new Timer(Infinity, 1), 3)).toEqual([100, 200, 300]);
  });

  it('stops when it was restarted often enough', () => {
    const timer = new Timer(2);
    expect(expirations(timer, 10)).toEqual([100, 300, 700]);
    expect(timer.expirations).toBe(3);
    expect(expirations(new Timer(0), 10)).toEqual([100]);
  });

  it('begins with the first duration when it is started again', () => {
    const timer = new Timer();
    expirations(timer, 5);
    timer.start(5000, 100);
    expect([timer.deadline, timer.expirations]).toEqual([5100, 0]);
  });

  it('never waits longer than a day', () => {
    const times = expirations(new Timer(), 60);
    expect(times[59] - times[58]).toBe(24 * 60 * 60 * 1000);
  });
});

describe('the error counter (RFC 9260 §8.1)', () => {
  const errors = (limit: number, count: number): ErrorCounter => {
    const counter = new ErrorCounter(limit);
    for (let i = 0; i < count; i++) counter.increment();
    return counter;
  };

  it.each([
    [0, 0, false],
    [0, 1, true],
    [2, 2, false],
    [2, 3, true],
    [Infinity, 1000, false],
  ])('with limit %s after %i errors: exhausted %s', (limit, count, exhausted) => {
    expect(errors(limit, count).isExhausted).toBe(exhausted);
  });

  it('begins anew when the peer answers', () => {
    const counter = errors(2, 2);
    counter.clear();
    expect(counter.count).toBe(0);
    counter.increment();
    expect(counter.isExhausted).toBe(false);
  });
});
