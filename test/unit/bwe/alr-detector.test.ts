import { beforeEach, describe, expect, it } from 'vitest';
import { AlrDetector } from '../../../src/bwe/alr-detector.js';

// The budget fills with 80 % of the estimate, and holds as much as that is in 500 ms.
const ESTIMATE = 1_000_000;

let detector: AlrDetector;
beforeEach(() => {
  detector = new AlrDetector();
  detector.setBitrate(ESTIMATE);
});

/** Sends at a share of the estimate. */
const send = (share: number, from: number, to: number): void => {
  for (let now = from; now < to; now += 10) detector.onPacketSent((share * ESTIMATE) / 8 / 100, now);
};

describe('AlrDetector', () => {
  it('sees that media fills the estimate', () => {
    send(0.85, 0, 10_000);
    expect(detector.isLimited).toBe(false);
  });

  it('sees that there is little media', () => {
    // 40 % of the estimate is left over, half of the rate of the budget: 40 % of it, 200 ms of it, after 400 ms.
    send(0.4, 0, 390);
    expect(detector.isLimited).toBe(false);
    send(0.4, 390, 450);
    expect(detector.isLimited).toBe(true);
    expect(detector.startedAt).toBeGreaterThanOrEqual(400);
  });

  it('sees that there is no media at all', () => {
    send(1, 0, 1000);
    detector.update(5000);
    expect(detector.isLimited).toBe(true);
  });

  it('sees that there is enough again', () => {
    send(0.1, 0, 2000);
    send(1.2, 2000, 3000);
    expect(detector.isLimited).toBe(true);
    send(1.2, 3000, 4000);
    expect(detector.isLimited).toBe(false);
  });

  it('keeps no more budget than fits the estimate', () => {
    send(0.1, 0, 2000);
    detector.setBitrate(ESTIMATE / 4);
    // All of the budget, and 60 % more, at 4.8 times its rate less what comes in: (1 + 0.6) * 500 ms / 3.8.
    send(4 * 0.24, 2000, 2200);
    expect(detector.isLimited).toBe(true);
    send(4 * 0.24, 2200, 2300);
    expect(detector.isLimited).toBe(false);
  });
});
