import { beforeEach, describe, expect, it } from 'vitest';
import { SendSideBandwidthEstimator } from '../../../src/bwe/send-side-bandwidth-estimator.js';
import { TransportFeedbackBuilder } from '../../../src/rtp/rtcp/transport-feedback-builder.js';
import { TransportFeedbackReader } from '../../../src/rtp/rtcp/transport-feedback-reader.js';
import { between, type Flow, mean, Network } from './closed-loop.js';
import { FakeFeedback } from './support.js';

const MIN = 100_000;
const MAX = 5_000_000;
const LINK = 3_000_000;

let network: Network;
let flow: Flow;
beforeEach(() => {
  network = new Network();
  flow = network.addFlow({ minBitrate: MIN, maxBitrate: MAX });
  network.run(10);
});

/** The last numbers used, as the flow counts them. */
const last = (): number => flow.lastSequenceNumber;

/** Lets `attack` happen every 100 ms for 5 s, and checks that the target stays in bounds, and is found again. */
const survive = (attack: (now: number) => void): void => {
  network.run(5, () => {
    if (network.now % 100 === 0) attack(network.now);
    expect(flow.estimator.targetBitrate).toBeGreaterThanOrEqual(MIN);
    expect(flow.estimator.targetBitrate).toBeLessThanOrEqual(MAX);
  });
  network.run(20);
  expect(mean(between(flow, 25, 35).map(({ target }) => target))).toBeGreaterThan(0.8 * LINK);
  expect(mean(between(flow, 25, 35).map(({ target }) => target))).toBeLessThan(1.1 * LINK);
};

const feed = (feedback: FakeFeedback): void => flow.estimator.onTransportFeedback(feedback, network.now);

describe('feedback', () => {
  it('of packets that were never sent is ignored', () => {
    survive(() => feed(new FakeFeedback(last() + 1, new Array<number>(1000).fill(1000))));
  });

  it('of packets from long ago is ignored', () => {
    survive(() => feed(new FakeFeedback(last() - 40_000, new Array<number>(1000).fill(1000))));
  });

  it('that comes again and again counts once', () => {
    const feedback = new FakeFeedback(last() - 20, new Array<number>(20).fill(network.now * 1000));
    survive(() => {
      for (let i = 0; i < 100; i++) feed(feedback);
    });
  });

  it('that tells times backwards is survived', () => {
    survive(now => {
      const arrivals = Array.from({ length: 30 }, (_, i) => (now - i * 10) * 1000);
      feed(new FakeFeedback(last() - 30, arrivals));
    });
  });

  it('whose clock jumps by hours is survived', () => {
    let jump = 3.6e9;
    survive(now => {
      jump = -jump;
      feed(new FakeFeedback(last() - 5, new Array<number>(5).fill(now * 1000 + jump)));
    });
  });

  it('whose clock is set forward, or back, is survived', () => {
    for (const step of [1e9, -2e9]) {
      flow.clockOffsetUs += step;
      network.run(20);
      expect(mean(between(flow, flow.samples.at(-1)!.at - 10, Infinity).map(({ target }) => target))).toBeGreaterThan(
        0.8 * LINK,
      );
    }
  });

  it('that tells all packets arrived at the same time is survived', () => {
    survive(now => feed(new FakeFeedback(last() - 50, new Array<number>(50).fill(now * 1000))));
  });

  it('that tells all packets are lost but one is survived', () => {
    survive(now => feed(new FakeFeedback(last() - 100, [...new Array<number>(99).fill(NaN), now * 1000])));
  });

  it('that is empty is ignored', () => {
    survive(() => feed(new FakeFeedback(last(), [])));
  });

  it('that promises everything gets no more than the maximum', () => {
    network.run(20, () => {
      if (network.now % 20 !== 0) return;
      const arrivals = Array.from({ length: 50 }, (_, i) => (network.now + i * 0.01) * 1000);
      feed(new FakeFeedback(last() - 50, arrivals));
      expect(flow.estimator.targetBitrate).toBeLessThanOrEqual(MAX);
    });
  });

  it('of numbers that wrapped is taken as any other', () => {
    // From 65000 on, some 250 packets per second.
    network.run(5);
    expect(last()).toBeGreaterThan(65_536);
    expect(mean(between(flow, 10, 15).map(({ target }) => target))).toBeGreaterThan(0.85 * LINK);
  });
});

describe('REMBs', () => {
  it('of any bitrate keep the target within its limits', () => {
    for (const bitrate of [1, MIN - 1, 2 ** 40, Number.MAX_SAFE_INTEGER, 0]) {
      flow.estimator.onRemb(bitrate, network.now);
      expect(flow.estimator.targetBitrate).toBeGreaterThanOrEqual(MIN);
      expect(flow.estimator.targetBitrate).toBeLessThanOrEqual(MAX);
    }
  });
});

describe('a feedback packet', () => {
  it('is read as the reader of RTCP gives it', () => {
    const estimator = new SendSideBandwidthEstimator(
      { initialBitrate: 600_000, minBitrate: MIN, maxBitrate: MAX },
      { onTargetBitrate() {}, onSendProbe() {} },
    );
    for (let i = 0; i < 20; i++) estimator.onPacketSent(i, 1000, i * 10);
    const builder = new TransportFeedbackBuilder();
    builder.start(0, 1, 0);
    builder.setBase(0, 1_000_000);
    for (let i = 0; i < 20; i++) if (i % 4 !== 2) builder.add(i, 1_000_000 + i * 10_000);
    builder.finish();
    const bytes = new Uint8Array(1500);
    const view = new DataView(bytes.buffer);
    const length = builder.write(view, 0);
    const reader = new TransportFeedbackReader();
    expect(reader.read(view, 0, length)).toBe(true);
    estimator.onTransportFeedback(reader, 250);
    expect(estimator.packetLoss).toBe(0.25);
    expect(estimator.describe().acknowledgedBitrate).toBeCloseTo((14 * 8_000_000) / 190, -3);
    expect(estimator.rtt).toBe(60);
  });
});
