import { describe, expect, it } from 'vitest';
import { between, type Flow, mean, Network, percentile } from './closed-loop.js';

/** Closed loops: the estimator, media that fills what it allows, and a link with a queue, in virtual time. */

const LINK = 3_000_000;

const targets = (flow: Flow, from: number, to: number): number[] => between(flow, from, to).map(({ target }) => target);
const sent = (flow: Flow, from: number, to: number): number => mean(between(flow, from, to).map(sample => sample.sent));
const delivered = (flow: Flow, from: number, to: number): number =>
  mean(between(flow, from, to).map(sample => sample.delivered));
const queues = (flow: Flow, from: number, to: number): number[] => between(flow, from, to).map(({ queue }) => queue);
/** Seconds until the target gets there. */
const reaches = (flow: Flow, bitrate: number, from = 0): number =>
  (flow.samples.find(({ at, target }) => at >= from && target >= bitrate)?.at ?? Infinity) - from;

describe('a steady link', () => {
  it.each([20, 50, 150])('of %i ms is found, used, and its queue is kept short', rtt => {
    const network = new Network({ delay: rtt / 2 });
    const flow = network.addFlow();
    network.run(60);
    expect(reaches(flow, 0.85 * LINK)).toBeLessThan(6);
    expect(delivered(flow, 10, 60)).toBeGreaterThan(0.9 * LINK);
    expect(percentile(queues(flow, 6, 60), 0.95)).toBeLessThan(60);
  });

  it.each([
    [300_000, 0.85],
    [1_000_000, 0.85],
    [10_000_000, 0.85],
    [20_000_000, 0.85],
  ])('of %i bps is used', (capacity, share) => {
    const network = new Network({ capacity });
    const flow = network.addFlow({ media: 30_000_000 });
    network.run(40);
    expect(delivered(flow, 6, 40)).toBeGreaterThan(share * capacity);
    expect(Math.max(...targets(flow, 6, 40))).toBeLessThan(1.5 * capacity);
  });
});

describe('a changing link', () => {
  it('is followed down within 1.5 s and up within 8 s', () => {
    const network = new Network();
    const flow = network.addFlow();
    network.run(20);
    network.link.capacity = 1_000_000;
    network.run(15);
    network.link.capacity = LINK;
    network.run(15);
    expect(Math.max(...targets(flow, 21.5, 23))).toBeLessThan(1_000_000);
    expect(percentile(queues(flow, 23, 35), 0.95)).toBeLessThan(60);
    expect(delivered(flow, 23, 35)).toBeGreaterThan(0.85 * 1_000_000);
    expect(reaches(flow, 0.8 * LINK, 35)).toBeLessThan(8);
  });

  it('gets no burst, of whatever kind, before the queue has drained that its fall made', () => {
    const network = new Network();
    const flow = network.addFlow({ media: 2_000_000 });
    network.run(20);
    const pacing = (): number => flow.estimator.pacingBitrate / flow.estimator.targetBitrate;
    expect(pacing()).toBeCloseTo(1.5);
    network.link.capacity = 500_000;
    network.run(1);
    expect(pacing()).toBe(1);
    flow.media = 200_000;
    network.run(3);
    expect(pacing()).toBeCloseTo(1.5);
  });

  it('is found again after a long freeze', () => {
    const network = new Network();
    const flow = network.addFlow();
    network.run(20);
    network.freeze();
    network.run(8);
    expect(flow.estimator.describe().limitedBy).toBe('rtt');
    expect(flow.estimator.targetBitrate).toBeLessThan(0.4 * LINK);
    network.thaw();
    network.run(20);
    expect(reaches(flow, 0.8 * LINK, 29)).toBeLessThan(12);
    expect(delivered(flow, 38, 48)).toBeGreaterThan(0.85 * LINK);
  });
});

describe('a link that loses packets, whatever is sent', () => {
  it.each([
    [0.01, 2_700_000, 2_100_000],
    [0.05, 2_500_000, 2_000_000],
    [0.1, 2_200_000, 1_700_000],
    [0.2, 1_200_000, 800_000],
  ])('%f of them: is not taken for a small one', (loss, average, lowest) => {
    const network = new Network({ capacity: 10_000_000, loss });
    const flow = network.addFlow({ media: LINK });
    network.run(60);
    expect(delivered(flow, 6, 60)).toBeGreaterThan(average);
    expect(Math.min(...targets(flow, 6, 60))).toBeGreaterThan(lowest);
  });

  it('in bursts, with short freezes: keeps its bitrate', () => {
    const network = new Network({ capacity: 5_000_000 }, 3);
    const flow = network.addFlow({ media: LINK });
    for (let i = 0; i < 20; i++) {
      network.run(2.5);
      network.link.loss = 0.4;
      network.run(0.2);
      network.link.loss = 0;
      network.freeze();
      network.run(0.1);
      network.thaw();
    }
    expect(delivered(flow, 6, 56)).toBeGreaterThan(0.85 * LINK);
  });

  it('which are feedback: keeps its bitrate', () => {
    const network = new Network({ feedbackLoss: 0.3 });
    const flow = network.addFlow();
    network.run(60);
    expect(delivered(flow, 6, 60)).toBeGreaterThan(0.8 * LINK);
    expect(percentile(queues(flow, 6, 60), 0.95)).toBeLessThan(80);
  });

  it('tells that from a link that is too small and has no queue', () => {
    const network = new Network({ capacity: 1_000_000, maxQueue: 30 });
    const flow = network.addFlow();
    network.run(40);
    expect(delivered(flow, 10, 40)).toBeGreaterThan(600_000);
    expect(delivered(flow, 10, 40)).toBeGreaterThan(0.8 * sent(flow, 10, 40));
  });
});

describe('a link that is shared', () => {
  it('is shared fairly by two flows', () => {
    const network = new Network();
    const first = network.addFlow();
    const second = network.addFlow({ startAt: 10_000 });
    network.run(120);
    const shares = [delivered(first, 50, 120), delivered(second, 40, 110)];
    expect(Math.min(...shares)).toBeGreaterThan(0.8 * Math.max(...shares));
    expect(shares[0] + shares[1]).toBeGreaterThan(0.85 * LINK);
  });
});

describe('complaints about other estimators', () => {
  it.each([100_000, 200_000])('there is no dead state at %i bps (mediasoup #316, #1031)', capacity => {
    // With the lower one there is no room even for the lowest layer, so that nothing is sent.
    const network = new Network({ capacity });
    const flow = network.addFlow({ media: 2_500_000, layers: [150_000, 500_000, 2_500_000] });
    network.run(30);
    expect(flow.estimator.targetBitrate).toBeLessThan(500_000);
    if (capacity < 150_000) expect(flow.estimator.targetBitrate).toBeLessThan(150_000);
    network.link.capacity = LINK;
    network.run(40);
    expect(delivered(flow, 60, 70)).toBeGreaterThan(2_000_000);
  });

  it('loss on the way from a publisher is not loss on the way to a consumer (mediasoup #962)', () => {
    const network = new Network({ capacity: 10_000_000 });
    const flow = network.addFlow({ media: LINK });
    network.run(20);
    const before = flow.estimator.targetBitrate;
    flow.sourceLoss = 0.3;
    network.run(30);
    expect(flow.estimator.packetLoss).toBe(0);
    expect(Math.min(...targets(flow, 20, 50))).toBeGreaterThanOrEqual(before);
  });

  it('no more is said to be available than gets through (mediasoup #989)', () => {
    const network = new Network({ capacity: 800_000 });
    const flow = network.addFlow({ media: 5_000_000 });
    network.run(60);
    expect(mean(targets(flow, 3, 60))).toBeLessThan(800_000);
    expect(sent(flow, 3, 60)).toBeLessThan(800_000);
  });

  it('layers do not go up and down on a link that is too small for the highest one (mediasoup #1462)', () => {
    const network = new Network({ capacity: 2_000_000 });
    const flow = network.addFlow({ media: 2_500_000, layers: [150_000, 500_000, 2_500_000] });
    let layer = 0;
    let switches = 0;
    network.run(5);
    network.run(60, () => {
      if (flow.mediaBitrate !== layer) switches++;
      layer = flow.mediaBitrate;
    });
    expect(layer).toBe(500_000);
    expect(switches).toBeLessThan(4);
  });

  it('a pause does not lower what is available afterwards', () => {
    const network = new Network();
    const flow = network.addFlow({ media: 2_000_000 });
    network.run(10);
    const before = flow.estimator.targetBitrate;
    flow.media = 0;
    network.run(10);
    expect(flow.estimator.targetBitrate).toBeGreaterThan(0.8 * before);
    flow.media = 2_000_000;
    network.run(5);
    expect(delivered(flow, 21, 25)).toBeGreaterThan(1_800_000);
  });

  it('a link that changes a bit does not make the estimate swing', () => {
    const network = new Network({ capacity: 2_000_000 });
    const flow = network.addFlow({ media: 1_500_000 });
    network.run(10);
    for (let i = 0; i < 20; i++) {
      network.link.capacity = i % 2 === 0 ? 1_800_000 : 2_000_000;
      network.run(2);
    }
    expect(Math.min(...targets(flow, 10, 50))).toBeGreaterThan(1_300_000);
  });
});
