import { describe, expect, it } from 'vitest';
import { RemoteCaptureTimeEstimator } from '../../../src/rtp/remote-capture-time-estimator.js';
import { RemoteClockOffsetEstimator } from '../../../src/rtp/remote-clock-offset-estimator.js';

const NTP = 3_900_000_000_000_000;

/** Feeds reports whose network delay in ms is given, one a second; the sender's clock is 0 at local time 0. */
function feed(estimator: RemoteClockOffsetEstimator, delays: number[], rtt = 0, drift = 0, start = 0): void {
  delays.forEach((delay, i) => {
    const sent = (start + i) * 1e6;
    estimator.addSenderReport(NTP + sent, sent + delay * 1000 + i * drift, rtt);
  });
}

describe('RemoteClockOffsetEstimator', () => {
  it('needs three samples', () => {
    const estimator = new RemoteClockOffsetEstimator();
    feed(estimator, [20, 20]);
    expect(estimator.offset).toBeNaN();
    feed(estimator, [20], 0, 0, 2);
    expect(estimator.offset).toBe(20_000 - NTP);
  });

  it('takes half the round trip time, in whole ms, off', () => {
    const estimator = new RemoteClockOffsetEstimator();
    feed(estimator, [20, 20, 20], 30.9);
    expect(estimator.offset).toBe(5000 - NTP);
  });

  it.each([
    [[10, 20, 30, 40], 30],
    [[100, 1, 2, 3, 4, 5, 6, 7], 4],
  ])('goes by the median of the last seven, of an even number the upper one: %j', (delays, median) => {
    const estimator = new RemoteClockOffsetEstimator();
    feed(estimator, delays);
    expect(estimator.offset).toBe(median * 1000 - NTP);
  });

  it('is not impressed by an outlier', () => {
    const estimator = new RemoteClockOffsetEstimator();
    feed(estimator, [20, 20, 500, 20, 20]);
    expect(estimator.offset).toBe(20_000 - NTP);
  });

  it('follows once the majority has changed', () => {
    const estimator = new RemoteClockOffsetEstimator();
    feed(estimator, [20, 20, 20, 20, 20, 20, 20]);
    feed(estimator, [80, 80, 80], 0, 0, 7);
    expect(estimator.offset).toBe(20_000 - NTP);
    feed(estimator, [80], 0, 0, 10);
    expect(estimator.offset).toBe(80_000 - NTP);
  });

  it('follows a drift', () => {
    const estimator = new RemoteClockOffsetEstimator();
    feed(estimator, new Array<number>(20).fill(20), 0, 100);
    expect(estimator.offset).toBe(20_000 + 16 * 100 - NTP);
  });

  it('counts reports of one datagram once, and those without time not at all', () => {
    const estimator = new RemoteClockOffsetEstimator();
    estimator.addSenderReport(NTP, 20_000, 0);
    estimator.addSenderReport(NTP + 5, 20_000, 0);
    estimator.addSenderReport(0, 30_000, 0);
    estimator.addSenderReport(NTP + 1e6, 1_020_000, 0);
    expect(estimator.offset).toBeNaN();
  });

  it('forgets all when reset', () => {
    const estimator = new RemoteClockOffsetEstimator();
    feed(estimator, [20, 20, 20]);
    estimator.reset();
    expect(estimator.offset).toBeNaN();
    feed(estimator, [50, 50, 50], 0, 0, 3);
    expect(estimator.offset).toBe(50_000 - NTP);
  });
});

describe('RemoteCaptureTimeEstimator', () => {
  const stream = { captureTimeByAbsCaptureTime: () => NTP + 1e6, captureTimeBySenderReport: () => NTP + 2e6 };

  function create(...sources: boolean[]): RemoteCaptureTimeEstimator {
    const estimator = new RemoteCaptureTimeEstimator();
    for (const absCaptureTime of sources) estimator.updateSource(absCaptureTime);
    for (let i = 0; i < 3; i++) estimator.addSenderReport(NTP + i * 1e6, i * 1e6 + 20_000, 0);
    return estimator;
  }

  it('knows nothing without source', () => {
    expect(create().localCaptureTime(stream, 0)).toBeNaN();
  });

  it('goes by abs-capture-time if all streams have it', () => {
    expect(create(true, true).localCaptureTime(stream, 0)).toBe(1_020_000);
  });

  it('goes by sender reports else, for good', () => {
    expect(create(false).localCaptureTime(stream, 0)).toBe(2_020_000);
    expect(create(true, false, true).localCaptureTime(stream, 0)).toBe(2_020_000);
  });

  it('does not fall back to another source', () => {
    const withoutAbs = { ...stream, captureTimeByAbsCaptureTime: () => NaN };
    expect(create(true).localCaptureTime(withoutAbs, 0)).toBeNaN();
  });

  it('knows nothing before the clock offset', () => {
    const estimator = new RemoteCaptureTimeEstimator();
    estimator.updateSource(true);
    expect(estimator.localCaptureTime(stream, 0)).toBeNaN();
  });

  it('does not go back before the start of the clock', () => {
    const early = { ...stream, captureTimeBySenderReport: () => NTP - 1e6 };
    expect(create(false).localCaptureTime(early, 0)).toBeNaN();
  });
});
