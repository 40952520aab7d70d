import { beforeEach, describe, expect, it } from 'vitest';
import { SendSideBandwidthEstimator } from '../../../src/bwe/send-side-bandwidth-estimator.js';
import { FakeFeedback } from './support.js';

const options = { initialBitrate: 600_000, minBitrate: 30_000, maxBitrate: Infinity };

let targets: number[];
/** Sizes of probe bursts, and when they were asked for. */
let probes: { size: number; now: number }[];
let canProbe: boolean;
let estimator: SendSideBandwidthEstimator;
let sequenceNumber: number;

beforeEach(() => {
  targets = [];
  probes = [];
  canProbe = true;
  sequenceNumber = 0;
  estimator = new SendSideBandwidthEstimator(options, {
    onTargetBitrate: bitrate => targets.push(bitrate),
    onSendProbe: (size, now) => {
      probes.push({ size, now });
      if (canProbe) send(size, now);
    },
  });
});

const send = (size: number, now: number): void => {
  estimator.onPacketSent(sequenceNumber, size, now);
  sequenceNumber = (sequenceNumber + 1) & 0xffff;
};

const runTimers = (from: number, to: number): void => {
  for (let now = from; now < to; now++) if (estimator.nextDeadline <= now) estimator.onTimeout(now);
};

/** Reports everything since `base` as received, with a constant delay and as fast as it was sent. */
const acknowledge = (base: number, count: number, from: number, interval: number, now: number): void => {
  const arrivals = Array.from({ length: count }, (_, i) => (from + i * interval + 50) * 1000);
  estimator.onTransportFeedback(new FakeFeedback(base, arrivals), now);
};

describe('the target', () => {
  it('is the initial bitrate at first, within the limits', () => {
    expect(estimator.targetBitrate).toBe(600_000);
    expect(estimator.describe().limitedBy).toBe('initial');
    const small = new SendSideBandwidthEstimator(
      { ...options, maxBitrate: 500_000 },
      { onTargetBitrate() {}, onSendProbe() {} },
    );
    expect(small.targetBitrate).toBe(500_000);
  });

  it('follows the limits', () => {
    estimator.setLimits(30_000, 400_000, 0);
    estimator.setLimits(700_000, 900_000, 0);
    estimator.setLimits(30_000, Infinity, 0);
    expect(targets[0]).toBe(400_000);
    expect(targets[1]).toBe(700_000);
    expect(estimator.describe()).toMatchObject({ minBitrate: 30_000, maxBitrate: Infinity });
  });

  it('is told only when it changes', () => {
    estimator.setLimits(30_000, 800_000, 0);
    estimator.setLimits(20_000, 700_000, 0);
    expect(targets).toEqual([]);
  });

  it('is bounded by a REMB, until that is lifted', () => {
    estimator.onRemb(250_000, 0);
    expect(estimator.describe()).toMatchObject({ targetBitrate: 250_000, limitedBy: 'receiver' });
    estimator.onRemb(0, 0);
    expect(estimator.targetBitrate).toBe(600_000);
  });

  it('does not mind receiver reports, which tell the same as the feedback', () => {
    for (let now = 0; now < 60_000; now += 1000) estimator.onReceiverReport(0.5, 50, now);
    expect(estimator.targetBitrate).toBe(600_000);
  });

  it('paces packets at 1.5 times the target', () => {
    expect(estimator.pacingBitrate).toBe(900_000);
  });
});

describe('what is known', () => {
  it('is the round trip time without the time that the receiver waited', () => {
    for (let i = 0; i < 10; i++) send(1000, i * 10);
    acknowledge(0, 10, 0, 10, 190);
    // Sent at 90, arrived at 140 of a clock that does not matter, reported at once.
    expect(estimator.rtt).toBe(100);
  });

  it('is the loss', () => {
    for (let i = 0; i < 4; i++) send(1000, i * 10);
    estimator.onTransportFeedback(new FakeFeedback(0, [0, NaN, 20_000, 30_000]), 100);
    expect(estimator.packetLoss).toBe(0.25);
  });

  it('is what is in flight', () => {
    for (let i = 0; i < 10; i++) send(1000, i * 10);
    acknowledge(0, 7, 0, 10, 190);
    expect(estimator.describe().inFlight).toBe(3000);
  });
});

describe('probing', () => {
  beforeEach(() => estimator.setDesiredBitrate(10_000_000, 0));

  it('begins once packets are sent over a connected transport', () => {
    runTimers(0, 1000);
    estimator.transportConnected(1000);
    expect(estimator.nextDeadline).toBe(Infinity);
    send(1000, 1000);
    runTimers(1000, 2000);
    expect(probes.length).toBeGreaterThanOrEqual(10);
    const bytes = probes.reduce((sum, { size }) => sum + size, 0);
    // 15 ms of 1.8 and of 3.6 Mbps, and not much more.
    expect(bytes).toBeGreaterThanOrEqual(10_125);
    expect(bytes).toBeLessThan(12_000);
    expect(probes.at(-1)!.now - probes[0].now).toBeLessThan(40);
  });

  it('is told by the state', () => {
    estimator.transportConnected(0);
    send(1000, 0);
    estimator.onTimeout(estimator.nextDeadline);
    expect(estimator.describe().probeBitrate).toBe(1_800_000);
  });

  it('raises the target', () => {
    estimator.transportConnected(0);
    send(1000, 0);
    runTimers(0, 100);
    const count = sequenceNumber;
    const times = [0, ...probes.map(({ now }) => now)];
    estimator.onTransportFeedback(
      new FakeFeedback(
        0,
        times.slice(0, count).map(now => (now + 20) * 1000),
      ),
      150,
    );
    expect(estimator.targetBitrate).toBeGreaterThan(3_000_000);
    expect(estimator.targetBitrate).toBeLessThan(4_500_000);
  });

  it('gives up when nothing can be sent', () => {
    canProbe = false;
    estimator.transportConnected(0);
    send(1000, 0);
    runTimers(0, 1000);
    expect(probes.length).toBe(1);
  });

  it('stops with the connection', () => {
    estimator.transportConnected(0);
    send(1000, 0);
    estimator.onTimeout(estimator.nextDeadline);
    estimator.transportDisconnected();
    expect(estimator.nextDeadline).toBe(Infinity);
    send(1000, 60);
    expect(estimator.nextDeadline).toBe(Infinity);
  });
});

describe('timers', () => {
  it('rest when nothing is sent for 5 s', () => {
    estimator.transportConnected(0);
    send(1000, 0);
    runTimers(0, 4900);
    expect(estimator.nextDeadline).toBeLessThan(5000);
    runTimers(4900, 5200);
    expect(estimator.nextDeadline).toBe(Infinity);
    send(1000, 6000);
    expect(estimator.nextDeadline).toBe(6050);
  });

  it('notice that nothing is heard of what is sent', () => {
    estimator.transportConnected(0);
    send(1000, 0);
    acknowledge(0, 1, 0, 10, 20);
    expect(estimator.describe().limitedBy).toBe('delay');
    for (let now = 100; now < 6000; now += 100) {
      send(1000, now);
      runTimers(now, now + 100);
    }
    expect(estimator.targetBitrate).toBeCloseTo(601_000 * 0.8 ** 3, -4);
    expect(estimator.describe().limitedBy).toBe('rtt');
  });
});
