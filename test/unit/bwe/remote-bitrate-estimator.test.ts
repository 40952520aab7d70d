import { describe, expect, it } from 'vitest';
import { RemoteBitrateEstimator } from '../../../src/bwe/remote-bitrate-estimator.js';

// The scenarios, and what has to come out, are those that libwebrtc's estimator is tested with.

const SSRC = 1;
const absSendTime = (us: number): number => Math.floor((us * 2 ** 18 + 500_000) / 1e6) & 0xffffff;

const FPS = 30;

it('keeps no more streams than a REMB can name', () => {
  const estimator = new RemoteBitrateEstimator();
  for (let ssrc = 1; ssrc <= 300; ssrc++) estimator.update(ssrc, absSendTime(ssrc * 1000), 100, ssrc);
  expect(estimator.ssrcs).toHaveLength(255);
  estimator.update(300, absSendTime(3_000_000), 100, 3000);
  expect(estimator.ssrcs).toEqual([300]);
});

/** A sender of several streams at the bitrate that it is told, a link with a queue, and the estimator behind it. */
class Link {
  readonly estimator = new RemoteBitrateEstimator();
  capacity = 1_000_000;
  /** Of all streams. */
  bitrate: number;
  /** Whether the last packet brought a new estimate. */
  isUpdated = false;
  /** Whether an estimate was lower than what was being sent. */
  wasOverused = false;
  nowUs = 100_000_000;

  readonly #streams: { ssrc: number; bitrate: number; nextUs: number }[];
  #linkFreeAtUs = 0;

  /** The first stream has half of the bitrate, the others share the rest unequally. */
  constructor(bitrate: number, streams = 1) {
    this.bitrate = bitrate;
    const shares = streams * (streams - 1);
    this.#streams = Array.from({ length: streams }, (_, i) => ({
      ssrc: SSRC + i,
      bitrate: i === 0 ? bitrate / 2 : Math.floor((bitrate * i + shares / 2) / shares),
      nextUs: 0,
    }));
  }

  /** Sends a frame of one stream, and takes an estimate over that is lower, or that came with the last packet. */
  sendFrame(): void {
    this.#divideBitrate();
    const sentUs = this.nowUs;
    const stream = this.#nextStream();
    const bits = Math.floor((stream.bitrate + FPS / 2) / FPS);
    const packets = Math.max(1, Math.floor((bits + 4800) / 9600));
    const size = Math.floor((bits + 4 * packets) / (8 * packets));
    let isOverused = false;
    for (let i = 0; i < packets; i++) {
      const us = Math.floor((8000 * size) / (this.capacity / 1000) + 0.5);
      this.#linkFreeAtUs = Math.max(sentUs + us, this.#linkFreeAtUs + us);
      const arrival = (this.#linkFreeAtUs + 500) / 1000;
      this.isUpdated = this.estimator.update(stream.ssrc, absSendTime(sentUs + 1_000_000), size, arrival);
      if (this.isUpdated && this.estimator.bitrate < this.bitrate) isOverused = true;
    }
    stream.nextUs = sentUs + Math.floor((1_000_000 + FPS / 2) / FPS);
    this.nowUs = Math.max(this.#nextStream().nextUs, sentUs);
    this.wasOverused ||= isOverused;
    if (isOverused || this.isUpdated) this.bitrate = this.estimator.bitrate;
  }

  #nextStream(): { ssrc: number; bitrate: number; nextUs: number } {
    return this.#streams.reduce((next, stream) => (stream.nextUs < next.nextUs ? stream : next));
  }

  #divideBitrate(): void {
    const total = this.#streams.reduce((sum, stream) => sum + stream.bitrate, 0);
    let before = 0;
    let after = 0;
    for (const stream of this.#streams) {
      before += stream.bitrate;
      stream.bitrate = Math.floor((before * this.bitrate + total / 2) / total) - after;
      after += stream.bitrate;
    }
  }
}

/** Packets at an even pace. */
const send = (
  estimator: RemoteBitrateEstimator,
  packets: { count: number; size: number; from: number; sendInterval: number; interval: number; sentFrom?: number },
): boolean => {
  let isUpdated = false;
  for (let i = 1; i <= packets.count; i++) {
    const sentUs = ((packets.sentFrom ?? packets.from) + i * packets.sendInterval) * 1000;
    if (estimator.update(SSRC, absSendTime(sentUs), packets.size, packets.from + i * packets.interval))
      isUpdated = true;
  }
  return isUpdated;
};

describe('a steady stream', () => {
  it('is measured, and then allowed to grow a bit', () => {
    const estimator = new RemoteBitrateEstimator();
    send(estimator, { count: 253, size: 1200, from: 102_000, sendInterval: 20, interval: 20, sentFrom: 0 });
    expect(estimator.bitrate).toBeGreaterThan(674_840 - 50_000);
    expect(estimator.bitrate).toBeLessThan(674_840 + 50_000);
    expect(estimator.ssrcs).toEqual([SSRC]);
  });

  it('has no estimate before packets of some time are there', () => {
    const estimator = new RemoteBitrateEstimator();
    expect(send(estimator, { count: 2, size: 1200, from: 102_000, sendInterval: 20, interval: 20 })).toBe(false);
    expect(estimator.bitrate).toBe(0);
  });

  it('is not disturbed by packets in the wrong order', () => {
    const estimator = new RemoteBitrateEstimator();
    send(estimator, { count: 253, size: 1200, from: 102_000, sendInterval: 20, interval: 20, sentFrom: 0 });
    for (let i = 0; i < 10; i++) {
      const ms = 5060 + 40 * i;
      estimator.update(SSRC, absSendTime((ms + 40) * 1000), 1000, 102_000 + ms);
      estimator.update(SSRC, absSendTime((ms + 20) * 1000), 1000, 102_000 + ms);
    }
    expect(Math.abs(estimator.bitrate - 674_840)).toBeLessThan(50_000);
  });
});

it('raises the bitrate from 30 to 500 kbps in the time that it takes', () => {
  const link = new Link(30_000);
  let frames = 0;
  for (; link.bitrate < 500_000 && frames < 2000; frames++) link.sendFrame();
  expect(frames).toBe(1237);
});

it.each([
  [1, 633],
  [2, 700],
  [3, 633],
  [13, 667],
])('with %i streams finds the capacity of the link, and follows within %i ms when it drops', (streams, expected) => {
  const link = new Link(900_000, streams);
  for (let i = 0; i < 300 * streams && !(link.wasOverused && link.bitrate > 1_000_000); i++) link.sendFrame();
  expect(Math.abs(link.bitrate - 1_000_000)).toBeLessThan(130_000);
  expect(link.estimator.ssrcs.length).toBe(streams);
  link.capacity = 500_000;
  const droppedUs = link.nowUs;
  for (let i = 0; i < 100 * streams && link.estimator.bitrate > 500_000; i++) {
    const { bitrate } = link;
    link.sendFrame();
    if (!link.isUpdated) link.bitrate = bitrate;
  }
  // Within a frame.
  expect(Math.abs(Math.round((link.nowUs - droppedUs) / 1000) - expected)).toBeLessThanOrEqual(33);
  // And stays about there.
  for (let i = 0; i < 600 * streams; i++) link.sendFrame();
  expect(link.bitrate).toBeGreaterThan(300_000);
  expect(link.bitrate).toBeLessThan(600_000);
});

it.each([35, 10 * 64])('does not raise the estimate after a pause of %i s, in which the send time wraps', seconds => {
  const estimator = new RemoteBitrateEstimator();
  send(estimator, { count: 3000, size: 1000, from: 100_000, sendInterval: 10, interval: 10, sentFrom: 0 });
  const before = estimator.bitrate;
  expect(before).toBeGreaterThan(800_000);
  const from = 130_000 + seconds * 1000;
  send(estimator, { count: 21, size: 1000, from, sendInterval: 10, interval: 20, sentFrom: 30_000 + seconds * 1000 });
  expect(estimator.bitrate).toBeLessThan(before);
});

it('takes packets sent within 5 ms for one group', () => {
  const estimator = new RemoteBitrateEstimator();
  let sentUs = 63_000_000;
  let now = 100_000;
  for (let i = 0; i <= 300; i++, sentUs += 20_000, now += 20) estimator.update(SSRC, absSendTime(sentUs), 1000, now);
  expect(estimator.bitrate).toBeGreaterThan(400_000);
  // 15 packets at once, each group arriving 5 ms later than it should.
  for (let i = 0; i < 100; i++) {
    for (let j = 0; j < 15; j++, now++) estimator.update(SSRC, absSendTime(sentUs + j * 11), 100, now);
    now += 10;
    sentUs += 20_000;
  }
  expect(estimator.bitrate).toBeLessThan(400_000);
});

describe('probes', () => {
  const probe = (sendInterval: number, interval: number, size = 1000, count = 5): RemoteBitrateEstimator => {
    const estimator = new RemoteBitrateEstimator();
    send(estimator, { count, size, from: 100_000, sendInterval, interval, sentFrom: 0 });
    return estimator;
  };

  it('raise the estimate, one after the other', () => {
    const estimator = probe(10, 10);
    expect(Math.abs(estimator.bitrate - 800_000)).toBeLessThan(10_000);
    send(estimator, { count: 5, size: 1000, from: 100_050, sendInterval: 5, interval: 5, sentFrom: 50 });
    expect(estimator.bitrate).toBeGreaterThan(1_500_000);
  });

  it('that the link disperses do not', () => {
    const estimator = probe(10, 10);
    send(estimator, { count: 5, size: 1000, from: 100_050, sendInterval: 5, interval: 8, sentFrom: 50 });
    expect(Math.abs(estimator.bitrate - 800_000)).toBeLessThan(10_000);
  });

  it.each([
    ['arrives a bit faster', 10, 5, 800_000, Infinity],
    ['arrives much faster', 10, 1, -1, 0],
    ['arrives a bit slower', 5, 7, 1_130_000, 1_150_000],
    ['is fast, and arrives at half the rate', 1, 2, 3_990_000, 4_010_000],
  ])('a probe that %s', (_name, sendInterval, interval, low, high) => {
    const { bitrate } = probe(sendInterval, interval);
    expect(bitrate).toBeGreaterThan(low);
    expect(bitrate).toBeLessThanOrEqual(high);
  });

  it('ignore small packets', () => {
    const estimator = probe(10, 10, 200);
    expect(estimator.bitrate).toBe(0);
    send(estimator, { count: 5, size: 1000, from: 100_050, sendInterval: 10, interval: 10, sentFrom: 50 });
    expect(Math.abs(estimator.bitrate - 800_000)).toBeLessThan(10_000);
  });

  it('are not taken for probes after 2 s', () => {
    const estimator = probe(10, 10);
    send(estimator, { count: 20, size: 150, from: 100_050, sendInterval: 100, interval: 100, sentFrom: 50 });
    const before = estimator.bitrate;
    send(estimator, { count: 5, size: 1000, from: 102_100, sendInterval: 2, interval: 2, sentFrom: 2100 });
    expect(estimator.bitrate).toBeLessThan(before * 1.5);
  });
});

it('names the streams of the last 2 s', () => {
  const estimator = new RemoteBitrateEstimator();
  for (const [ssrc, now] of [
    [9, 1000],
    [5, 1500],
    [0xffffffff, 2000],
    [7, 2500],
  ]) {
    estimator.update(ssrc, absSendTime(now * 1000), 100, now);
  }
  expect(estimator.ssrcs).toEqual([5, 7, 9, 0xffffffff]);
  estimator.update(7, absSendTime(3_001_000), 100, 3001);
  expect(estimator.ssrcs).toEqual([5, 7, 0xffffffff]);
});
