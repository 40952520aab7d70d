import { beforeEach, describe, expect, it } from 'vitest';
import { BandwidthUsage } from '../../../src/bwe/bandwidth-usage.js';
import { DelayBasedEstimator } from '../../../src/bwe/delay-based-estimator.js';
import { Reporter } from './support.js';

const INITIAL = 600_000;

let reporter: Reporter;
let estimator: DelayBasedEstimator;
/** Of the next packet. */
let sentAt: number;
let arrival: number;
beforeEach(() => {
  reporter = new Reporter();
  estimator = new DelayBasedEstimator(INITIAL);
  sentAt = 0;
  arrival = 50;
});

interface Update {
  throughput?: number;
  probed?: number;
  isApplicationLimited?: boolean;
}

/** Sends a packet every 10 ms, of which each takes `growth` ms more than the one before, and reports them every 100 ms. */
const run = (ms: number, growth: number, update: Update = {}): void => {
  for (const end = sentAt + ms; sentAt < end;) {
    const packets = Array.from({ length: 10 }, () => {
      arrival += 10 + growth;
      sentAt += 10;
      return { sentAt, arrival };
    });
    const { throughput = 800_000, probed = NaN, isApplicationLimited = false } = update;
    estimator.update(reporter.report(packets), throughput, probed, isApplicationLimited, arrival + 50);
  }
};

describe('DelayBasedEstimator', () => {
  it('begins with the initial bitrate, which is never below the minimum', () => {
    expect(estimator.bitrate).toBe(INITIAL);
    estimator.setMinimum(700_000);
    expect(estimator.bitrate).toBe(700_000);
  });

  it('grows by 8 % per second while the delay is steady and no limit is known', () => {
    run(100, 0);
    const before = estimator.bitrate;
    run(1000, 0);
    expect(estimator.usage).toBe(BandwidthUsage.normal);
    expect(estimator.bitrate / before).toBeCloseTo(1.08, 2);
  });

  it('does not grow far beyond what arrives', () => {
    run(60_000, 0, { throughput: 500_000 });
    expect(estimator.bitrate).toBe(1.5 * 500_000 + 10_000);
  });

  it('falls below what arrives when the delay grows', () => {
    run(2000, 0);
    run(1000, 2, { throughput: 500_000 });
    expect(estimator.usage).toBe(BandwidthUsage.overusing);
    expect(estimator.trend).toBeGreaterThan(estimator.threshold);
    // The longer the queue, the further.
    expect(estimator.queueDelay).toBeGreaterThan(100);
    expect(estimator.bitrate).toBeLessThan(0.85 * 500_000);
    expect(estimator.bitrate).toBeGreaterThanOrEqual(0.7 * 500_000);
  });

  it('waits while a queue drains, and notices when it has drained', () => {
    run(2000, 0);
    run(1000, 2, { throughput: 500_000 });
    run(600, -2, { throughput: 450_000 });
    expect(estimator.usage).toBe(BandwidthUsage.underusing);
    const before = estimator.bitrate;
    run(300, -2, { throughput: 450_000 });
    expect(estimator.bitrate).toBe(before);
    expect(estimator.queueDelay).toBeGreaterThan(10);
    expect(estimator.hasRecovered).toBe(false);
    run(100, -2, { throughput: 450_000 });
    expect(estimator.queueDelay).toBeLessThan(5);
    expect(estimator.hasRecovered).toBe(true);
    run(100, 0, { throughput: 450_000 });
    expect(estimator.hasRecovered).toBe(false);
  });

  it('grows slowly near the bitrate that was too much', () => {
    run(2000, 0);
    run(1000, 2, { throughput: 500_000 });
    run(3000, 0, { throughput: 500_000 });
    const before = estimator.bitrate;
    estimator.setRtt(100);
    run(1000, 0, { throughput: 500_000 });
    // Twice half of a frame of 16 kbit, as it takes two packets, in 2 * (100 + 100) ms: some 40 kbps in a second.
    expect(estimator.bitrate - before).toBeGreaterThan(35_000);
    expect(estimator.bitrate - before).toBeLessThan(45_000);
  });

  it('takes over what a probe found, but not while the delay grows', () => {
    run(100, 0, { probed: 2_000_000 });
    expect(estimator.bitrate).toBe(2_000_000);
    run(2000, 2);
    run(100, 2, { probed: 3_000_000 });
    expect(estimator.bitrate).toBeLessThan(800_000);
  });

  it('does not grow while there is little media, which cannot fill it', () => {
    run(100, 0, { probed: 2_000_000 });
    run(5000, 0, { throughput: 1_500_000, isApplicationLimited: true });
    expect(estimator.bitrate).toBe(2_000_000);
    run(1000, 0, { throughput: 1_500_000 });
    expect(estimator.bitrate).toBeGreaterThan(2_000_000);
  });

  it('falls below what comes out of a queue that stands, however much media there was before', () => {
    run(100, 0, { probed: 2_000_000 });
    // 1000 bytes every 10 ms, of which one arrives every 12 ms.
    run(2000, 2, { throughput: 1_900_000, isApplicationLimited: true });
    const drained = 8_000_000 / 12;
    expect(estimator.isCongested).toBe(true);
    expect(estimator.recentCapacity(arrival)).toBeCloseTo(drained, -3);
    expect(estimator.recentCapacity(arrival + 11_000)).toBeNaN();
    expect(estimator.bitrate).toBeLessThan(0.92 * drained);
    expect(estimator.bitrate).toBeGreaterThan(0.65 * drained);
  });

  it('is halved by a growing delay if it is not known what arrives', () => {
    run(2000, 2, { throughput: NaN });
    expect(estimator.bitrate).toBeLessThanOrEqual(INITIAL / 2);
  });

  it('begins anew after 2 s without feedback', () => {
    run(2000, 2);
    expect(estimator.usage).toBe(BandwidthUsage.overusing);
    sentAt += 2100;
    arrival += 2100;
    run(100, 2);
    expect(estimator.usage).toBe(BandwidthUsage.normal);
    expect(estimator.trend).toBe(0);
  });

  it('survives a jump of the clock of the receiver', () => {
    run(2000, 0);
    const before = estimator.bitrate;
    arrival += 3_600_000;
    run(1000, 0);
    arrival -= 7_200_000;
    run(1000, 0);
    expect(estimator.bitrate).toBeGreaterThan(0.85 * before);
    run(3000, 0);
    expect(estimator.usage).toBe(BandwidthUsage.normal);
  });
});
