import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BandwidthEstimator,
  type BandwidthEstimatorOptions,
  type BandwidthEstimatorOwner,
} from '../../src/bwe/bandwidth-estimator.js';
import { RembBandwidthEstimator } from '../../src/bwe/remb-bandwidth-estimator.js';
import { SendSideBandwidthEstimator } from '../../src/bwe/send-side-bandwidth-estimator.js';
import { TransportFeedbackReader } from '../../src/rtp/rtcp/transport-feedback-reader.js';

/** An estimator, whatever it is told, keeps its target within the limits, and does not run away. */

const OPTIONS = { initialBitrate: 600_000, minBitrate: 30_000, maxBitrate: Infinity };

class Peer implements BandwidthEstimatorOwner {
  readonly estimator: BandwidthEstimator;
  now = 0;
  sequenceNumber = 0;
  min = OPTIONS.minBitrate;
  max = OPTIONS.maxBitrate;
  #told: number;

  constructor(create: (options: BandwidthEstimatorOptions, owner: BandwidthEstimatorOwner) => BandwidthEstimator) {
    this.estimator = create(OPTIONS, this);
    this.#told = this.estimator.targetBitrate;
    this.estimator.transportConnected(0);
  }

  onTargetBitrate(bitrate: number): void {
    expect(bitrate).toBe(this.estimator.targetBitrate);
    expect(bitrate).not.toBe(this.#told);
    this.#told = bitrate;
  }

  onSendProbe(size: number): void {
    expect(size).toBeGreaterThan(0);
    expect(size).toBeLessThan(1e6);
    this.send(size);
  }

  send(size: number): void {
    this.estimator.onPacketSent(this.sequenceNumber, size, this.now);
    this.sequenceNumber = (this.sequenceNumber + 1) & 0xffff;
  }

  /** Lets time pass. */
  advance(ms: number): void {
    const end = this.now + ms;
    let wakeUps = 0;
    while (this.estimator.nextDeadline <= end) {
      this.now = Math.max(this.now, this.estimator.nextDeadline);
      this.estimator.onTimeout(this.now);
      // It wakes up for a reason, and not again at once for ever.
      expect(++wakeUps).toBeLessThan(200 + ms);
    }
    this.now = end;
  }

  check(): void {
    const { estimator } = this;
    expect(estimator.targetBitrate).toBeGreaterThanOrEqual(this.min);
    expect(estimator.targetBitrate).toBeLessThanOrEqual(this.max);
    expect(Number.isInteger(estimator.targetBitrate)).toBe(true);
    expect(estimator.nextDeadline).not.toBeNaN();
    expect(estimator.packetLoss).toBeGreaterThanOrEqual(0);
    expect(estimator.packetLoss).toBeLessThanOrEqual(1);
    expect(estimator.rtt).not.toBeLessThan(0);
    expect(estimator.describe().inFlight).toBeGreaterThanOrEqual(0);
  }
}

type Step = (peer: Peer) => void;

const bitrate = fc.oneof(fc.integer({ min: 1, max: 20_000_000 }), fc.constantFrom(0, 1, 2 ** 31, 2 ** 53 - 1));
const share = fc.double({ min: 0, max: 1, noNaN: true });

/** A feedback packet whose numbers are near those that were sent, or anywhere. */
const feedback: fc.Arbitrary<Step> = fc
  .record({
    behind: fc.oneof(fc.integer({ min: -5, max: 200 }), fc.integer({ min: -32_768, max: 32_768 })),
    count: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 65_535 })),
    referenceTime: fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 2 ** 24 - 1 })),
    rest: fc.uint8Array({ minLength: 2, maxLength: 400 }),
    runs: fc.boolean(),
  })
  .map(({ behind, count, referenceTime, rest, runs }) => peer => {
    const bytes = new Uint8Array(20 + rest.length);
    const view = new DataView(bytes.buffer);
    view.setUint16(12, (peer.sequenceNumber - behind) & 0xffff);
    view.setUint16(14, count);
    view.setUint32(16, referenceTime << 8);
    bytes.set(rest, 20);
    // A run of packets received with small deltas, which random bytes seldom are.
    if (runs) {
      const run = Math.min(count, rest.length - 2);
      view.setUint16(14, run);
      view.setUint16(20, 0x2000 | run);
    }
    const reader = new TransportFeedbackReader();
    if (reader.read(view, 0, bytes.length)) peer.estimator.onTransportFeedback(reader, peer.now);
  });

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: feedback },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 1500 }))
      .map(([count, size]): Step => peer => {
        for (let i = 0; i < count; i++) peer.send(size);
      }),
  },
  {
    weight: 4,
    arbitrary: fc.integer({ min: 0, max: 3000 }).map(
      (ms): Step =>
        peer =>
          peer.advance(ms),
    ),
  },
  {
    weight: 1,
    arbitrary: bitrate.map(
      (value): Step =>
        peer =>
          peer.estimator.onRemb(value, peer.now),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(share, fc.double({ min: 0, max: 1e5 })).map(
      ([loss, rtt]): Step =>
        peer =>
          peer.estimator.onReceiverReport(loss, rtt, peer.now),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(bitrate, bitrate).map(([a, b]): Step => peer => {
      peer.min = Math.max(30_000, Math.min(a, b));
      peer.max = Math.max(peer.min, a, b);
      peer.estimator.setLimits(peer.min, peer.max, peer.now);
    }),
  },
  {
    weight: 1,
    arbitrary: bitrate.map(
      (value): Step =>
        peer =>
          peer.estimator.setDesiredBitrate(value, peer.now),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 0, max: 0xffff }).map((number): Step => peer => {
      peer.sequenceNumber = number;
    }),
  },
  {
    weight: 1,
    arbitrary: fc.boolean().map((isConnected): Step => peer => {
      if (isConnected) peer.estimator.transportConnected(peer.now);
      else peer.estimator.transportDisconnected();
    }),
  },
);

describe.each<[string, ConstructorParameters<typeof Peer>[0]]>([
  ['SendSideBandwidthEstimator', (options, owner) => new SendSideBandwidthEstimator(options, owner)],
  ['RembBandwidthEstimator', (options, owner) => new RembBandwidthEstimator(options, owner)],
])('%s', (_, create) => {
  it('stays within its limits, whatever it is told', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), steps => {
        const peer = new Peer(create);
        for (const run of steps) {
          run(peer);
          peer.check();
        }
      }),
      { numRuns: 300 },
    );
  });
});

it('a flood of feedback costs little', () => {
  const peer = new Peer((options, owner) => new SendSideBandwidthEstimator(options, owner));
  for (let i = 0; i < 1000; i++) peer.send(1000);
  const view = new DataView(new ArrayBuffer(36));
  // 65528 packets that were never sent, reported lost in runs as long as they can be.
  view.setUint16(12, 2000);
  view.setUint16(14, 65_528);
  for (let i = 0; i < 8; i++) view.setUint16(20 + 2 * i, 8191);
  const reader = new TransportFeedbackReader();
  expect(reader.read(view, 0, 36)).toBe(true);
  let looks = 0;
  const next = reader.next.bind(reader);
  reader.next = () => {
    looks++;
    return next();
  };
  peer.estimator.onTransportFeedback(reader, 10);
  expect(looks).toBeLessThan(10_000);
  peer.check();
  expect(peer.estimator.packetLoss).toBe(0);
});
