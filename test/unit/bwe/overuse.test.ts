import { describe, expect, it } from 'vitest';
import { AimdRateControl } from '../../../src/bwe/aimd-rate-control.js';
import { BandwidthUsage } from '../../../src/bwe/bandwidth-usage.js';
import { InterArrival } from '../../../src/bwe/inter-arrival.js';
import { LinkCapacityEstimator } from '../../../src/bwe/link-capacity-estimator.js';
import { OveruseDetector } from '../../../src/bwe/overuse-detector.js';
import { PacketLossHistory } from '../../../src/bwe/packet-loss-history.js';
import { RateStatistics } from '../../../src/bwe/rate-statistics.js';

const ticks = (ms: number): number => Math.round((ms * 2 ** 26) / 1000) >>> 0;

describe('InterArrival', () => {
  it('compares groups once two are complete', () => {
    const groups = new InterArrival();
    expect(groups.update(ticks(0), 100, 100, 10)).toBe(false);
    expect(groups.update(ticks(20), 121, 121, 20)).toBe(false);
    expect(groups.update(ticks(40), 141, 141, 30)).toBe(true);
    expect(groups.sendDelta).toBeCloseTo(20, 4);
    expect(groups.receiveDelta).toBe(21);
    expect(groups.sizeDelta).toBe(10);
  });

  it('takes packets sent within 5 ms, and bursts, for one group', () => {
    const groups = new InterArrival();
    groups.update(ticks(0), 100, 100, 1);
    groups.update(ticks(4), 104, 104, 2);
    // Sent 10 ms after that, but arriving with it.
    groups.update(ticks(14), 105, 105, 4);
    groups.update(ticks(40), 140, 140, 10);
    expect(groups.update(ticks(60), 160, 160, 1)).toBe(true);
    expect(groups.sizeDelta).toBe(3);
    expect(groups.sendDelta).toBeCloseTo(26, 4);
    expect(groups.receiveDelta).toBe(35);
  });

  it('ignores packets from before the group, over a wrap too', () => {
    const groups = new InterArrival();
    groups.update(2 ** 32 - ticks(10), 100, 100, 1);
    expect(groups.update(2 ** 32 - ticks(30), 101, 101, 1)).toBe(false);
    groups.update(ticks(10), 120, 120, 1);
    expect(groups.update(ticks(30), 140, 140, 1)).toBe(true);
    expect(groups.sendDelta).toBeCloseTo(20, 4);
  });

  it('starts anew when the clock of arrivals jumps', () => {
    const groups = new InterArrival();
    groups.update(ticks(0), 100, 100, 1);
    groups.update(ticks(20), 3200, 120, 1);
    expect(groups.update(ticks(40), 3220, 140, 1)).toBe(false);
    // Two groups more are needed.
    expect(groups.update(ticks(60), 3240, 160, 1)).toBe(false);
    expect(groups.update(ticks(80), 3260, 180, 1)).toBe(false);
    expect(groups.update(ticks(100), 3280, 200, 1)).toBe(true);
  });
});

describe('OveruseDetector', () => {
  it('calls it overuse when the delay grows for more than 10 ms, and does not fall', () => {
    const detector = new OveruseDetector();
    detector.detect(5, 10, 1, 0);
    expect(detector.usage).toBe(BandwidthUsage.normal);
    detector.detect(5, 10, 10, 10);
    expect(detector.usage).toBe(BandwidthUsage.normal);
    detector.detect(6, 10, 11, 20);
    expect(detector.usage).toBe(BandwidthUsage.overusing);
    detector.detect(-6, 10, 12, 30);
    expect(detector.usage).toBe(BandwidthUsage.underusing);
    detector.detect(0, 10, 13, 40);
    expect(detector.usage).toBe(BandwidthUsage.normal);
  });

  it('waits while the growth falls', () => {
    const detector = new OveruseDetector();
    for (let i = 0; i < 5; i++) detector.detect(9 - i, 10, 10, i * 10);
    expect(detector.usage).toBe(BandwidthUsage.normal);
  });

  it('gets used to what is usual', () => {
    const detector = new OveruseDetector();
    // 12 is just below the threshold; after it has come down, the same is above.
    for (let i = 0; i < 50; i++) detector.detect(0, 100, 60, i * 100);
    for (let i = 50; i < 53; i++) detector.detect(0.2, 100, 60, i * 100);
    expect(detector.usage).toBe(BandwidthUsage.overusing);
  });
});

describe('AimdRateControl', () => {
  it('takes the throughput after 5 s', () => {
    const control = new AimdRateControl();
    expect(control.update(BandwidthUsage.normal, 100_000, 0)).toBe(30_000_000);
    control.update(BandwidthUsage.normal, 100_000, 5000);
    expect(control.hasEstimate).toBe(false);
    control.update(BandwidthUsage.normal, 100_000, 5001);
    expect(control.hasEstimate).toBe(true);
    expect(control.bitrate).toBe(101_000);
  });

  it('grows by 8 % per second, at least 1000 bps, not beyond 1.5 times the throughput', () => {
    const control = new AimdRateControl();
    control.setEstimate(1_000_000, 0);
    control.update(BandwidthUsage.normal, 1_000_000, 0);
    expect(control.update(BandwidthUsage.normal, 1_000_000, 1000)).toBe(Math.round(1_001_000 * 1.08));
    expect(control.update(BandwidthUsage.normal, 500_000, 2000)).toBe(Math.round(1_001_000 * 1.08));
  });

  it('falls to 85 % of the throughput when overused, holds, then grows slowly near the capacity', () => {
    const control = new AimdRateControl();
    control.setEstimate(1_000_000, 0);
    expect(control.update(BandwidthUsage.overusing, 800_000, 1000)).toBe(680_000);
    expect(control.update(BandwidthUsage.underusing, 800_000, 1500)).toBe(680_000);
    expect(control.update(BandwidthUsage.normal, 800_000, 2000)).toBe(680_000);
    // A packet of 945 bytes per 600 ms.
    expect(control.update(BandwidthUsage.normal, 800_000, 3000) - 680_000).toBeCloseTo(12_593, -2);
  });

  it('gets an estimate by overuse, too', () => {
    const control = new AimdRateControl();
    control.update(BandwidthUsage.overusing, 100_000, 0);
    expect(control.hasEstimate).toBe(true);
    expect(control.bitrate).toBe(85_000);
  });

  it('is told more often the higher the bitrate is', () => {
    const control = new AimdRateControl();
    expect(control.feedbackInterval).toBe(200);
    control.setEstimate(20_000, 0);
    expect(control.feedbackInterval).toBe(640);
    control.setEstimate(5000, 0);
    expect(control.feedbackInterval).toBe(1000);
  });

  it('reduces further after 200 ms, or at half the throughput', () => {
    const control = new AimdRateControl();
    control.setEstimate(1_000_000, 1000);
    expect(control.isTimeToReduceFurther(600_000, 1199)).toBe(false);
    expect(control.isTimeToReduceFurther(600_000, 1200)).toBe(true);
    expect(control.isTimeToReduceFurther(499_999, 1001)).toBe(true);
  });
});

describe('LinkCapacityEstimator', () => {
  it('knows nothing at first, and follows slowly', () => {
    const capacity = new LinkCapacityEstimator();
    expect([capacity.hasEstimate, capacity.lowerBound, capacity.upperBound]).toEqual([false, 0, Infinity]);
    capacity.onOveruse(500_000);
    expect(capacity.estimate).toBe(500_000);
    // Three times the deviation of about 14 kbps.
    expect(capacity.upperBound).toBe(500_000 + Math.round(3 * Math.sqrt(0.4 * 500) * 1000));
    capacity.onOveruse(400_000);
    expect(capacity.estimate).toBe(495_000);
    capacity.reset();
    expect(capacity.hasEstimate).toBe(false);
  });
});

describe('RateStatistics', () => {
  it('needs two samples, or a whole window', () => {
    const rate = new RateStatistics();
    expect(rate.rate(0)).toBeNaN();
    rate.add(1000, 0);
    expect(rate.rate(500)).toBeNaN();
    expect(rate.rate(999)).toBe(8000);
    rate.add(1000, 999);
    expect(rate.rate(999)).toBe(16_000);
  });

  it('forgets what is older than a second', () => {
    const rate = new RateStatistics();
    for (let now = 0; now < 5000; now += 10) rate.add(125, now);
    expect(rate.rate(4990)).toBe(100_000);
    expect(rate.rate(5490)).toBe(50_000);
    expect(rate.rate(7000)).toBeNaN();
    rate.reset();
    rate.add(10, 7000);
    rate.add(10, 7001);
    expect(rate.rate(7001)).toBe(80_000);
  });
});

it('PacketLossHistory weighs the latest 24 samples', () => {
  const history = new PacketLossHistory();
  expect(history.average).toBe(0);
  history.add(1);
  expect(history.average).toBe(1);
  history.add(0);
  expect(history.average).toBeCloseTo(1 / 3);
  for (let i = 0; i < 24; i++) history.add(0.5);
  expect(history.average).toBeCloseTo(0.5);
});
