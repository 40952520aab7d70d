import { describe, expect, it } from 'vitest';
import { RateCalculator, RtpDataCounter } from '../../../src/rtp/rate-calculator.js';

/** Offset in ms, bytes to count then, rate expected right after. */
type Step = [offset: number, size: number, rate: number];

function play(calculator: RateCalculator, steps: Step[], start = 1_000_000): void {
  for (const [offset, size, rate] of steps) {
    calculator.update(size, start + offset);
    expect(calculator.rate(start + offset), `at ${offset}`).toBe(rate);
  }
}

describe('RateCalculator', () => {
  it('counts one item per second', () => {
    play(new RateCalculator(), [
      [0, 5, 40],
      [1000, 5, 40],
      [2000, 0, 0],
    ]);
  });

  it('sums up what falls into one second', () => {
    play(new RateCalculator(), [
      [0, 5, 40],
      [100, 2, 56],
      [300, 2, 72],
      [999, 4, 104],
    ]);
  });

  it.each([
    [100, 8],
    [1000, 24],
  ])('slides with %i items', (items, rateAtEnd) => {
    play(new RateCalculator(1000, 8000, items), [
      [0, 5, 40],
      [999, 2, 56],
      [1001, 1, 24],
      [1001, 1, 32],
      [2000, 1, rateAtEnd],
    ]);
  });

  it('begins its first item with the first update, whenever that is', () => {
    const calculator = new RateCalculator();
    calculator.update(5, 1_000_005);
    expect([1_001_004, 1_001_005].map(now => calculator.rate(now))).toEqual([40, 0]);
  });

  it('goes round the ring', () => {
    const calculator = new RateCalculator(1000, 8000, 5);
    play(calculator, [
      [1000, 1, 8],
      [1200, 1, 16],
      [1400, 1, 24],
      [1600, 1, 32],
      [1800, 1, 40],
      [2000, 1, 40],
      [2200, 1, 40],
    ]);
    expect(calculator.total).toBe(7);
  });

  it('does not let the borders of items drift with the traffic', () => {
    const calculator = new RateCalculator(1000, 8000, 10);
    calculator.update(1, 0);
    // Each of these lies late in its item; the next item still starts on the raster of 100 ms.
    for (const now of [190, 290, 390, 490]) calculator.update(1, now);
    expect(calculator.rate(999)).toBe(40);
    expect(calculator.rate(1000)).toBe(32);
    expect(calculator.rate(1100)).toBe(24);
  });

  it('computes the rate anew when something was counted at the same time', () => {
    const calculator = new RateCalculator();
    calculator.update(5, 5000);
    expect(calculator.rate(5000)).toBe(40);
    calculator.update(5, 5000);
    expect(calculator.rate(5000)).toBe(80);
  });

  it('takes windows which are not a multiple of the items', () => {
    const calculator = new RateCalculator(250, 8000, 100);
    calculator.update(100, 10_000);
    expect(calculator.rate(10_000)).toBe(3200);
    expect(calculator.rate(10_249)).toBe(3200);
    expect(calculator.rate(10_252)).toBe(0);
  });

  it('has a rate at time zero, fresh and after a reset', () => {
    const calculator = new RateCalculator();
    expect(calculator.rate(0)).toBe(0);
    calculator.update(5, 0);
    expect(calculator.rate(0)).toBe(40);
    calculator.reset();
    expect(calculator.rate(0)).toBe(0);
    expect(calculator.total).toBe(5);
    calculator.update(2, 0);
    expect(calculator.rate(0)).toBe(16);
  });

  it('clamps absurd arguments', () => {
    const calculator = new RateCalculator(0, 0, 0);
    calculator.update(7, 1);
    expect(calculator.rate(1)).toBe(7);
  });

  it('ignores what is older than the window and still answers', () => {
    const calculator = new RateCalculator();
    calculator.update(5, 10_000);
    calculator.update(100, 9_000);
    expect(calculator.rate(9_000)).toBe(40);
    expect(calculator.rate(10_000)).toBe(40);
    expect(calculator.total).toBe(5);
    calculator.update(1, 9_001);
    expect(calculator.total).toBe(6);
  });

  it('forgets everything in the far future', () => {
    const calculator = new RateCalculator();
    calculator.update(5, 10);
    expect(calculator.rate(1e12)).toBe(0);
  });
});

describe('RtpDataCounter', () => {
  it('counts whole packets', () => {
    const counter = new RtpDataCounter(false, 1000);
    counter.update(112, 100, 5000);
    counter.update(12, 0, 5000);
    expect([counter.packetCount, counter.byteCount, counter.bitrate(5000)]).toEqual([2, 124, 992]);
  });

  it('leaves padding-only packets out of the bytes if told so', () => {
    const counter = new RtpDataCounter(true, 1000);
    counter.update(112, 100, 5000);
    counter.update(255, 0, 5000);
    expect([counter.packetCount, counter.byteCount]).toEqual([2, 112]);
  });
});
