import { describe, expect, it } from 'vitest';
import { QueueDelay } from '../../../src/bwe/queue-delay.js';
import { Reporter } from './support.js';

describe('QueueDelay', () => {
  const reporter = new Reporter();
  const queueAfter = (delay: QueueDelay, way: number, now: number): number => {
    // Of the one that waited least.
    delay.update(
      reporter.report([
        { sentAt: now, arrival: now + way + 30 },
        { sentAt: now, arrival: now + way },
      ]),
      now,
    );
    return delay.current;
  };

  it('is what the way takes longer than the shortest one', () => {
    const delay = new QueueDelay();
    expect(queueAfter(delay, 50, 0)).toBe(0);
    expect(queueAfter(delay, 80, 100)).toBe(30);
    expect(queueAfter(delay, 40, 200)).toBe(0);
    expect(queueAfter(delay, 80, 300)).toBe(40);
  });

  it('knows what comes out of a queue that stands, and for how long it has stood', () => {
    const delay = new QueueDelay();
    let arrival = 50;
    const send = (count: number, interval: number, drain: number): void => {
      const packets = Array.from({ length: count }, () => {
        const sentAt = now;
        now += interval;
        arrival = Math.max(arrival + drain, sentAt + 50);
        return { sentAt, arrival };
      });
      delay.update(reporter.report(packets), now);
    };
    let now = 0;
    send(20, 20, 10);
    expect(delay.drainBitrate).toBeNaN();
    expect(delay.standingFor).toBe(0);
    // Twice as much as fits.
    send(40, 5, 10);
    expect(delay.drainBitrate).toBe(800_000);
    expect(delay.standingFor).toBeGreaterThan(300);
    send(40, 20, 10);
    expect(delay.drainBitrate).toBeNaN();
    expect(delay.standingFor).toBe(0);
  });

  it('takes a longer way for the way itself after a while', () => {
    const delay = new QueueDelay();
    queueAfter(delay, 50, 0);
    for (let now = 1000; now < 19_000; now += 1000) expect(queueAfter(delay, 90, now)).toBe(40);
    expect(queueAfter(delay, 90, 20_000)).toBe(0);
  });
});
