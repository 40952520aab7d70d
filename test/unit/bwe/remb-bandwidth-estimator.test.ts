import { beforeEach, describe, expect, it } from 'vitest';
import { RembBandwidthEstimator } from '../../../src/bwe/remb-bandwidth-estimator.js';
import { RemoteBitrateEstimator } from '../../../src/bwe/remote-bitrate-estimator.js';

const options = { initialBitrate: 600_000, minBitrate: 30_000, maxBitrate: Infinity };

let targets: number[];
let padding: { size: number; now: number }[];
let estimator: RembBandwidthEstimator;

beforeEach(() => {
  targets = [];
  padding = [];
  estimator = new RembBandwidthEstimator(options, {
    onTargetBitrate: bitrate => targets.push(bitrate),
    onSendProbe: (size, now) => {
      padding.push({ size, now });
      estimator.onPacketSent(0, size, now);
    },
  });
});

const run = (from: number, to: number): void => {
  for (let now = from; now < to; now++) if (estimator.nextDeadline <= now) estimator.onTimeout(now);
};

describe('the receiver', () => {
  it('says what may be sent', () => {
    expect(estimator.targetBitrate).toBe(600_000);
    estimator.onRemb(1_000_000, 0);
    estimator.onRemb(400_000, 1000);
    expect(targets).toEqual([1_000_000, 400_000]);
    expect(estimator.describe().limitedBy).toBe('receiver');
  });

  it('is bounded by the limits', () => {
    estimator.setLimits(200_000, 900_000, 0);
    estimator.onRemb(1_000_000, 0);
    expect(estimator.describe()).toMatchObject({ targetBitrate: 900_000, limitedBy: 'maximum' });
    estimator.onRemb(100_000, 1000);
    expect(estimator.describe()).toMatchObject({ targetBitrate: 200_000, limitedBy: 'minimum' });
  });

  it('may lift its limit', () => {
    estimator.onRemb(100_000, 0);
    estimator.onRemb(0, 0);
    expect(estimator.describe()).toMatchObject({ targetBitrate: 600_000, limitedBy: 'initial' });
  });
});

describe('loss', () => {
  const remb = 4_000_000;
  beforeEach(() => estimator.onRemb(remb, 0));

  it('of up to 10 % changes nothing', () => {
    estimator.onReceiverReport(0.1, 50, 1000);
    expect(estimator.targetBitrate).toBe(remb);
  });

  it('of more lowers the bitrate by half of it, and not again before it can have had an effect', () => {
    estimator.onReceiverReport(0.5, 100, 1000);
    expect(estimator.targetBitrate).toBe(0.75 * remb);
    estimator.onReceiverReport(0.5, 100, 1399);
    expect(estimator.targetBitrate).toBe(0.75 * remb);
    estimator.onReceiverReport(0.5, 100, 1400);
    expect(estimator.targetBitrate).toBe(0.75 * 0.75 * remb);
    expect(estimator.describe().limitedBy).toBe('loss');
  });

  it('is left behind when it is gone', () => {
    estimator.onReceiverReport(0.5, 100, 1000);
    estimator.onReceiverReport(0, 100, 2000);
    expect(estimator.targetBitrate).toBe(Math.round(0.75 * remb * 1.08 + 1000));
    for (let now = 3000; now < 7000; now += 1000) estimator.onReceiverReport(0, 100, now);
    expect(estimator.targetBitrate).toBe(remb);
  });

  it('that stays, whatever is sent, does not lower the bitrate for ever', () => {
    for (let now = 1000; now < 60_000; now += 1000) estimator.onReceiverReport(0.2, 50, now);
    expect(estimator.targetBitrate).toBe(2_000_000);
  });

  it('says nothing any more 5 s after the last report: nothing is sent that could be lost', () => {
    estimator.transportConnected(0);
    estimator.setDesiredBitrate(2 * remb, 0);
    estimator.onReceiverReport(0.5, 100, 1000);
    estimator.onRemb(remb, 6000);
    run(6000, 6500);
    expect([estimator.targetBitrate, padding.length]).toEqual([0.75 * remb, 0]);
    estimator.onRemb(remb, 6501);
    run(6501, 7000);
    expect(estimator.targetBitrate).toBe(remb);
    expect(padding.length).toBeGreaterThan(0);
  });
});

describe('padding', () => {
  const sendMedia = (from: number, to: number): void => {
    for (let now = from; now < to; now += 20) estimator.onPacketSent(0, 500, now);
  };

  beforeEach(() => {
    estimator.transportConnected(0);
    sendMedia(0, 1000); // 200 kbps
  });

  it('fills up what the receiver allows, while more is wanted', () => {
    estimator.setDesiredBitrate(2_000_000, 1000);
    estimator.onRemb(400_000, 1000);
    run(1000, 2000);
    const bytes = padding.reduce((sum, { size }) => sum + size, 0);
    // No media was sent in that second.
    expect(bytes * 8).toBeGreaterThan(0.9 * 400_000);
    expect(bytes * 8).toBeLessThan(1.05 * 400_000);
  });

  it('comes in bursts of a bounded size, whatever the receiver allows', () => {
    estimator.setDesiredBitrate(2e10, 1000);
    estimator.onRemb(1e10, 1000);
    run(1000, 1100);
    expect(Math.max(...padding.map(({ size }) => size))).toBe(500_000);
  });

  it('is sent when even the lowest layer does not fit, and there is nothing else to send (mediasoup #316)', () => {
    estimator.setDesiredBitrate(2_000_000, 1000);
    estimator.onRemb(50_000, 10_000);
    run(10_000, 11_000);
    const bytes = padding.reduce((sum, { size }) => sum + size, 0);
    expect(bytes * 8).toBeGreaterThan(0.9 * 50_000);
  });

  it('is sent when the receiver allows less than the minimum', () => {
    estimator.setDesiredBitrate(2_000_000, 1000);
    estimator.onRemb(20_000, 10_000);
    run(10_000, 12_000);
    expect(estimator.describe()).toMatchObject({ targetBitrate: 30_000, limitedBy: 'minimum' });
    const bytes = padding.reduce((sum, { size }) => sum + size, 0);
    expect((bytes * 8) / 2).toBeGreaterThan(0.9 * 30_000);
  });

  it('stops when it is of no use, and is tried again later and later', () => {
    estimator.setDesiredBitrate(2_000_000, 1000);
    const begins: number[] = [];
    for (let now = 1000; now < 120_000; now += 1000) {
      sendMedia(now, now + 1000);
      estimator.onRemb(400_000, now + 1000);
      const wasPadding = padding.length > 0 && now - padding[padding.length - 1].now < 1000;
      run(now, now + 1000);
      if (!wasPadding && padding.length > 0 && padding[padding.length - 1].now >= now) begins.push(now / 1000);
    }
    expect(begins.length).toBeGreaterThan(2);
    expect(begins.length).toBeLessThan(6);
    expect(begins[1] - begins[0]).toBeGreaterThan(9);
    expect(begins[2] - begins[1]).toBeGreaterThan(19);
  });

  it.each<[string, () => void]>([
    ['nothing more is wanted', () => estimator.setDesiredBitrate(300_000, 1000)],
    ['packets get lost', () => estimator.onReceiverReport(0.05, 50, 1000)],
    ['there is no connection', () => estimator.transportDisconnected()],
  ])('is not sent while %s', (_, change) => {
    estimator.setDesiredBitrate(2_000_000, 900);
    change();
    estimator.onRemb(400_000, 1000);
    run(1000, 3000);
    expect(padding).toEqual([]);
    expect(estimator.nextDeadline).toBe(Infinity);
  });

  it('is not sent while media fills what the receiver allows', () => {
    estimator.setDesiredBitrate(2_000_000, 900);
    estimator.onRemb(220_000, 1000);
    run(1000, 3000);
    expect(padding).toEqual([]);
  });

  it('leads to the next layer with a receiver like libwebrtc', () => {
    const receiver = new RemoteBitrateEstimator();
    estimator.setDesiredBitrate(1_500_000, 0);
    let remb = 0;
    const receive = (size: number, now: number): void => {
      const sendTime = Math.floor((now / 1000) * 2 ** 18) & 0xffffff;
      if (receiver.update(1, sendTime, size, now + 20) && now - remb > 1000) {
        remb = now;
        estimator.onRemb(receiver.bitrate, now);
      }
    };
    let reachedAt = NaN;
    for (let now = 1000; now < 60_000 && Number.isNaN(reachedAt); now++) {
      if (now % 20 === 0) {
        estimator.onPacketSent(0, 500, now);
        receive(500, now);
      }
      if (estimator.nextDeadline <= now) {
        const before = padding.length;
        estimator.onTimeout(now);
        for (const { size } of padding.slice(before)) receive(size, now);
      }
      if (remb > 0 && estimator.targetBitrate >= 1_000_000) reachedAt = now;
    }
    expect(reachedAt).toBeLessThan(40_000);
  });
});
