import { beforeEach, describe, expect, it } from 'vitest';
import { LossBasedEstimator } from '../../../src/bwe/loss-based-estimator.js';
import { LossObservations } from '../../../src/bwe/loss-observations.js';
import { type ReportedPacket, Reporter } from './support.js';

let reporter: Reporter;
beforeEach(() => {
  reporter = new Reporter();
});

/** Packets of 1000 bytes, evenly in a period of 250 ms and at its end, of which the first ones get lost. */
const period = (start: number, count: number, lost: number): ReportedPacket[] =>
  Array.from({ length: count }, (_, i) => {
    const sentAt = start + ((i + 1) * 250) / count;
    // The last one arrives: what is missing behind it would be taken for late.
    return i < lost ? { sentAt } : { sentAt, arrival: sentAt + 50 };
  });

describe('LossObservations', () => {
  let observations: LossObservations;
  let start: number;
  beforeEach(() => {
    observations = new LossObservations();
    start = 0;
    observations.add(reporter.report([{ sentAt: 0, arrival: 50, size: 1 }]));
  });

  const add = (count: number, lost: number): boolean => {
    const isComplete = observations.add(reporter.report(period(start, count, lost)));
    start += 250;
    return isComplete;
  };

  it('are of periods of at least 250 ms', () => {
    expect(observations.add(reporter.report([{ sentAt: 249, arrival: 300 }]))).toBe(false);
    expect(observations.add(reporter.report([{ sentAt: 250, arrival: 300 }]))).toBe(true);
    expect(observations.count).toBe(1);
    expect(observations.endedAt).toBe(250);
  });

  it('know the average loss, without the best and the worst period', () => {
    add(10, 1);
    expect(observations.averageLoss).toBeCloseTo(0.1, 3);
    add(10, 1);
    add(10, 9);
    add(10, 0);
    expect(observations.averageLoss).toBeCloseTo(0.1, 3);
  });

  it('do not leave out the worst period if much more was sent then', () => {
    for (let i = 0; i < 4; i++) add(10, 0);
    add(40, 20);
    expect(observations.averageLoss).toBeGreaterThan(0.25);
  });

  it('count what arrives late as received', () => {
    observations.add(reporter.report([{ sentAt: 100 }, { sentAt: 110, arrival: 160 }]));
    add(8, 0);
    expect(observations.averageLoss).toBeCloseTo(0.1, 3);
    const late = new LossObservations();
    const lateReporter = new Reporter();
    late.add(lateReporter.report([{ sentAt: 0, arrival: 50, size: 1 }]));
    const feedback = lateReporter.report([{ sentAt: 100 }, { sentAt: 110, arrival: 160 }]);
    late.add(feedback);
    feedback.wasLost[0] = 1;
    feedback.arrivals[0] = 170;
    feedback.count = 1;
    late.add(feedback);
    late.add(lateReporter.report(period(0, 8, 0)));
    expect(late.averageLoss).toBe(0);
  });

  it('find the inherent loss that fits', () => {
    for (let i = 0; i < 15; i++) add(20, 1);
    let loss = 0.01;
    for (let i = 0; i < 20; i++) loss = observations.fitInherentLoss(10_000_000, loss);
    expect(loss).toBeCloseTo(0.05, 3);
  });

  it('do not believe in more inherent loss than fits the bitrate', () => {
    for (let i = 0; i < 15; i++) add(20, 10);
    let loss = 0.01;
    for (let i = 0; i < 20; i++) loss = observations.fitInherentLoss(3_000_000, loss);
    expect(loss).toBeCloseTo(0.15, 3);
  });

  it('tell a path that is too small from one that loses packets', () => {
    // Nothing gets lost at 320 kbps, and half of 640 kbps.
    for (let i = 0; i < 10; i++) {
      add(10, 0);
      add(20, 10);
    }
    const tooSmall = observations.likelihood(320_000, 0.001);
    expect(tooSmall).toBeGreaterThan(observations.likelihood(10_000_000, 0.25));
    expect(tooSmall).toBeGreaterThan(observations.likelihood(160_000, 0.001));
  });

  it('prefer the higher of two bitrates that nothing speaks against', () => {
    for (let i = 0; i < 10; i++) add(10, 0);
    expect(observations.likelihood(5_000_000, 0.001)).toBeGreaterThan(observations.likelihood(4_000_000, 0.001));
  });
});

describe('LossBasedEstimator', () => {
  const MAX = 10_000_000;
  let estimator: LossBasedEstimator;
  let start: number;
  beforeEach(() => {
    estimator = new LossBasedEstimator();
    estimator.setLimits(30_000, MAX);
    start = 0;
    estimator.update(reporter.report([{ sentAt: 0, arrival: 50, size: 1 }]), NaN, NaN, false);
  });

  /** 3.2 Mbps (100 packets in 250 ms), of which a share arrives. */
  const run = (
    periods: number,
    loss: number,
    delayBased = 3_200_000,
    count = 100,
    isApplicationLimited = false,
  ): void => {
    for (let i = 0; i < periods; i++, start += 250) {
      const lost = Math.round(loss * count);
      const acknowledged = (count - lost) * 32_000;
      estimator.update(reporter.report(period(start, count, lost)), acknowledged, delayBased, isApplicationLimited);
    }
  };

  it('needs some periods', () => {
    run(2, 0);
    expect(estimator.isReady).toBe(false);
    run(1, 0);
    expect(estimator.isReady).toBe(true);
  });

  it('is what the delay allows, without loss', () => {
    run(5, 0);
    run(1, 0, 3_500_000);
    expect(estimator.bitrate).toBe(3_500_000);
    run(1, 0, 3_000_000);
    expect(estimator.bitrate).toBe(3_200_000); // That much arrives.
    expect(estimator.state).toBe('delay-based');
  });

  it('is not lowered by a loss that the path has of itself', () => {
    run(40, 0.05);
    expect(estimator.bitrate).toBeGreaterThan(0.95 * 3_200_000);
    expect(estimator.inherentLoss).toBeCloseTo(0.05, 2);
  });

  it('falls to what arrives when half of it gets lost', () => {
    run(10, 0);
    run(8, 0.5);
    expect(estimator.bitrate).toBe(1_600_000);
    expect(estimator.state).toBe('decreasing');
  });

  it('does not fall below what arrives, nor below the minimum', () => {
    run(40, 0.9);
    expect(estimator.bitrate).toBe(320_000);
    estimator.setLimits(500_000, MAX);
    run(1, 0.9);
    expect(estimator.bitrate).toBe(500_000);
  });

  it('grows again, step by step, when the loss is over', () => {
    run(10, 0);
    run(8, 0.5);
    const before = estimator.bitrate;
    let count = 50;
    const bitrates: number[] = [];
    for (let i = 0; i < 40 && estimator.bitrate < 3_200_000; i++) {
      run(1, 0, 3_200_000, count);
      bitrates.push(estimator.bitrate);
      count = Math.round(estimator.bitrate / 32_000);
    }
    expect(estimator.bitrate).toBe(3_200_000);
    expect(estimator.state).toBe('delay-based');
    expect(Math.max(...bitrates.map((bitrate, i) => bitrate / (bitrates[i - 1] ?? before)))).toBeLessThan(2.1);
  });

  it('stays near what the path carries', () => {
    run(10, 0);
    run(4, 0.5);
    // The path carries 1.6 Mbps.
    for (let i = 0; i < 400; i++) {
      const bitrate = estimator.bitrate;
      run(1, Math.max(0, 1 - 1_600_000 / bitrate), 3_200_000, Math.round(bitrate / 32_000));
      expect(estimator.bitrate).toBeLessThan(2_200_000);
      expect(estimator.bitrate).toBeGreaterThan(1_400_000);
    }
  });

  it('takes what a probe found', () => {
    run(10, 0);
    run(4, 0.5);
    estimator.setBitrate(2_500_000);
    expect(estimator.bitrate).toBe(2_500_000);
    expect(estimator.state).toBe('delay-based');
  });

  it('does not take little media for little capacity', () => {
    run(10, 0, 3_200_000, 20, true);
    expect(estimator.bitrate).toBe(3_200_000);
    run(20, 0.1, 3_200_000, 20, true);
    expect(estimator.bitrate).toBeGreaterThan(2_500_000);
  });
});
