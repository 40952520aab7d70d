import { beforeEach, describe, expect, it } from 'vitest';
import { ProbeBitrateEstimator } from '../../../src/bwe/probe-bitrate-estimator.js';
import { ProbeController } from '../../../src/bwe/probe-controller.js';
import { type ProbeCluster, Prober } from '../../../src/bwe/prober.js';
import { type ReportedPacket, Reporter } from './support.js';

const cluster = (values: Partial<ProbeCluster> = {}): ProbeCluster => ({
  id: 1,
  bitrate: 1_000_000,
  minBytes: 1875,
  minBursts: 5,
  ...values,
});

describe('Prober', () => {
  let prober: Prober;
  beforeEach(() => {
    prober = new Prober();
  });

  const burst = (size: number, now: number): void => {
    prober.onPacketSent(size);
    prober.onBurstSent(now);
  };

  it('has nothing to do at first', () => {
    expect(prober.nextDeadline).toBe(Infinity);
    expect(prober.cluster).toBeUndefined();
    expect(prober.burstSize).toBe(0);
  });

  it('sends bursts of 2 ms at the pace of the cluster, until there are enough of them and enough bytes', () => {
    prober.add(cluster(), 100);
    expect(prober.nextDeadline).toBe(100);
    expect(prober.burstSize).toBe(250);
    const deadlines: number[] = [];
    for (let i = 0; prober.cluster; i++) {
      deadlines.push(prober.nextDeadline);
      burst(250, prober.nextDeadline);
    }
    // 8 bursts of 250 bytes for 1875.
    expect(deadlines).toEqual([100, 102, 104, 106, 108, 110, 112, 114]);
    expect(prober.nextDeadline).toBe(Infinity);
  });

  it('counts media that is sent in the meantime', () => {
    prober.add(cluster(), 0);
    burst(250, 0);
    prober.onPacketSent(1000);
    burst(250, 2);
    expect(prober.nextDeadline).toBe(12);
  });

  it('catches up when it was woken up late', () => {
    prober.add(cluster(), 0);
    burst(250, 9);
    expect(prober.nextDeadline).toBe(2);
  });

  it('sends clusters one after the other', () => {
    prober.add(cluster({ minBytes: 100, minBursts: 1 }), 0);
    prober.add(cluster({ id: 2 }), 0);
    burst(250, 0);
    expect(prober.cluster?.id).toBe(2);
    expect(prober.nextDeadline).toBe(0);
  });

  it('can be told to stop', () => {
    prober.add(cluster(), 0);
    prober.clear();
    expect(prober.cluster).toBeUndefined();
    expect(prober.nextDeadline).toBe(Infinity);
  });
});

describe('ProbeBitrateEstimator', () => {
  let probes: ProbeBitrateEstimator;
  let reporter: Reporter;
  beforeEach(() => {
    probes = new ProbeBitrateEstimator();
    reporter = new Reporter();
    probes.add(cluster({ minBytes: 5000 }), 0);
  });

  /** 1000 bytes each. */
  const packets = (count: number, sendInterval: number, receiveInterval: number, clusterId = 1): ReportedPacket[] =>
    Array.from({ length: count }, (_, i) => ({
      sentAt: i * sendInterval,
      arrival: 50 + i * receiveInterval,
      clusterId,
    }));

  it('finds the bitrate of a cluster that arrives as it was sent', () => {
    // 5 packets, in 4 intervals of 8 ms.
    expect(probes.update(reporter.report(packets(5, 8, 8)))).toBe(1_000_000);
    expect(probes.isSaturated).toBe(false);
  });

  it('takes the lower one of what was sent and received', () => {
    expect(probes.update(reporter.report(packets(5, 8, 5)))).toBe(1_000_000);
    expect(probes.update(reporter.report(packets(0, 0, 0)))).toBeNaN();
  });

  it('takes a bit less than what is received on a path that is full', () => {
    expect(probes.update(reporter.report(packets(5, 8, 10)))).toBeCloseTo(0.95 * 800_000, 6);
    expect(probes.isSaturated).toBe(true);
  });

  it('needs 80 % of the packets and bytes, from any number of feedbacks', () => {
    const all = packets(5, 8, 8);
    expect(probes.update(reporter.report(all.slice(0, 3)))).toBeNaN();
    expect(probes.update(reporter.report(all.slice(3, 4)))).toBe(1_000_000);
    probes.add(cluster({ id: 2, minBytes: 5001 }), 0);
    expect(probes.update(reporter.report(packets(4, 8, 8, 2)))).toBeNaN();
  });

  it.each<[string, number, number]>([
    ['arrives much faster than it was sent', 8, 3],
    ['arrives all at once', 8, 0],
    ['was sent all at once', 0, 8],
    ['takes more than a second', 400, 400],
  ])('learns nothing from a cluster that %s', (_, sendInterval, receiveInterval) => {
    expect(probes.update(reporter.report(packets(5, sendInterval, receiveInterval)))).toBeNaN();
  });

  it('ignores packets of no cluster, or of an unknown one', () => {
    expect(probes.update(reporter.report(packets(5, 8, 8, 0)))).toBeNaN();
    expect(probes.update(reporter.report(packets(5, 8, 8, 9)))).toBeNaN();
  });

  it('forgets clusters after 5 s', () => {
    probes.add(cluster({ id: 2 }), 5001);
    expect(probes.update(reporter.report(packets(5, 8, 8, 1)))).toBeNaN();
    expect(probes.update(reporter.report(packets(5, 8, 8, 2)))).toBe(1_000_000);
  });
});

describe('ProbeController', () => {
  const INITIAL = 600_000;
  let bitrates: number[];
  let controller: ProbeController;
  beforeEach(() => {
    bitrates = [];
    controller = new ProbeController(INITIAL, ({ bitrate }) => bitrates.push(bitrate));
    controller.setDesired(20_000_000);
  });

  const begin = (): void => {
    controller.update(true, false, 0);
    controller.onMeasured();
    bitrates.length = 0;
  };

  /** Lets time pass while nothing changes. */
  const wait = (from: number, to: number, mayProbe = true): number[] => {
    const times: number[] = [];
    for (let now = from; now < to; now += 50) {
      const count = bitrates.length;
      controller.update(mayProbe, false, now);
      if (bitrates.length === count) continue;
      times.push(now);
      controller.onMeasured();
    }
    return times;
  };

  it('begins with 3 and 6 times the initial bitrate', () => {
    controller.update(true, false, 0);
    expect(bitrates).toEqual([3 * INITIAL, 6 * INITIAL]);
  });

  it('makes clusters of 15 ms', () => {
    const clusters: ProbeCluster[] = [];
    const other = new ProbeController(INITIAL, made => clusters.push(made));
    other.setDesired(20_000_000);
    other.update(true, false, 0);
    expect(clusters).toEqual([
      { id: 1, bitrate: 1_800_000, minBytes: 3375, minBursts: 5 },
      { id: 2, bitrate: 3_600_000, minBytes: 6750, minBursts: 5 },
    ]);
  });

  it('goes on while probes succeed', () => {
    begin();
    controller.setEstimate(0.69 * 6 * INITIAL, NaN, 100);
    controller.update(true, false, 100);
    expect(bitrates).toEqual([]);
    controller.setEstimate(0.71 * 6 * INITIAL, NaN, 200);
    controller.update(true, false, 200);
    expect(bitrates).toEqual([2 * 0.71 * 6 * INITIAL]);
  });

  it('probes neither beyond the maximum nor far beyond what is desired', () => {
    controller.setDesired(1_500_000);
    controller.update(true, false, 0);
    expect(bitrates).toEqual([1_800_000, 1.35 * 1_500_000]);
    controller.setMax(1_000_000);
    wait(50, 6000);
    expect(bitrates.at(-1)).toBe(1_000_000);
  });

  it('does not probe for what is known', () => {
    controller.setMax(INITIAL);
    controller.update(true, false, 0);
    expect(bitrates).toEqual([]);
  });

  it('does not probe if nothing more is desired', () => {
    controller.setDesired(INITIAL / 1.2);
    expect(wait(0, 20_000)).toEqual([]);
    controller.setDesired(0);
    expect(wait(20_000, 40_000)).toEqual([]);
  });

  it('does not probe while that is of no use', () => {
    expect(wait(0, 20_000, false)).toEqual([]);
  });

  it('tries again, later each time that it was of no use', () => {
    begin();
    const times = wait(50, 100_000);
    const intervals = times.slice(1).map((time, i) => time - times[i]);
    expect(times[0]).toBe(4000);
    expect(intervals.slice(0, 3)).toEqual([5000, 6250, 7850]);
    expect(intervals.at(-1)).toBe(12_000);
  });

  it('tries again soon if it was of use, or if more is desired', () => {
    begin();
    wait(50, 60_000);
    controller.setEstimate(2 * INITIAL, NaN, 60_000);
    const [first, second, third] = wait(60_000, 80_000);
    expect(first).toBe(60_000);
    expect([second - first, third - second]).toEqual([4000, 5000]);
    wait(80_000, 120_000);
    controller.setDesired(30_000_000);
    const [fourth, fifth] = wait(120_000, 140_000);
    expect(fifth - fourth).toBeLessThanOrEqual(5000);
  });

  it('does not wait when a probe was held down by what was desired, and more is desired now', () => {
    controller.setDesired(1_000_000);
    controller.update(true, false, 0);
    expect(bitrates).toEqual([1_350_000, 1_350_000]);
    controller.onMeasured();
    controller.setDesired(2_000_000);
    controller.update(true, false, 100);
    // Not before it is known that this much gets through.
    expect(bitrates.length).toBe(2);
    controller.setEstimate(1_300_000, NaN, 200);
    controller.update(true, false, 200);
    expect(bitrates.at(-1)).toBe(2_600_000);
    controller.onMeasured();
    controller.setEstimate(2_500_000, NaN, 300);
    controller.setDesired(2_100_000);
    controller.update(true, false, 300);
    expect(bitrates.length).toBe(3);
  });

  it('repeats a probe of which nothing was heard after a second, three times', () => {
    const times: number[] = [];
    for (let now = 0; now < 20_000; now += 50) {
      const count = bitrates.length;
      controller.update(true, false, now);
      if (bitrates.length > count) times.push(now);
    }
    expect(times.slice(0, 5)).toEqual([0, 1050, 2100, 3150, 11_000]);
  });

  it('begins no series while media fills the path', () => {
    begin();
    for (let now = 50; now < 20_000; now += 50) controller.update(true, true, now);
    expect(bitrates).toEqual([]);
    controller.update(true, false, 20_000);
    expect(bitrates.length).toBe(1);
  });

  it('tries what was there before when a queue has drained after a large fall', () => {
    begin();
    controller.setEstimate(3_000_000, 2_000_000, 10_000);
    controller.setEstimate(1_000_000, 1_200_000, 11_000);
    controller.onRecovered(11_500);
    expect(bitrates).toEqual([0.85 * 2_000_000]);
    controller.onRecovered(12_000);
    expect(bitrates.length).toBe(1);
  });

  it('does not after a small one, or one long ago', () => {
    begin();
    controller.setEstimate(3_000_000, 2_000_000, 10_000);
    controller.setEstimate(1_500_000, 1_500_000, 11_000);
    controller.onRecovered(11_500);
    controller.setEstimate(900_000, 900_000, 12_000);
    for (let now = 13_000; now < 25_000; now += 1000) controller.setEstimate(900_000, 900_000, now);
    controller.onRecovered(25_000);
    expect(bitrates).toEqual([]);
  });
});
