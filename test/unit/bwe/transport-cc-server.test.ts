import { describe, expect, it } from 'vitest';
import { type ReceivedPacket } from '../../../src/bwe/congestion-control-server.js';
import { TransportCcServer } from '../../../src/bwe/transport-cc-server.js';
import { TransportFeedbackBuilder } from '../../../src/rtp/rtcp/transport-feedback-builder.js';
import { TransportFeedbackReader } from '../../../src/rtp/rtcp/transport-feedback-reader.js';

interface Feedback {
  at: number;
  count: number;
  mediaSsrc: number;
  base: number;
  received: number[];
  lost: number[];
  /** ms, by the sequence number. */
  arrivals: Map<number, number>;
  length: number;
}

const SSRC = 22222222;

/** A server with a clock, which notes what is sent. */
class Bench {
  readonly feedback: Feedback[] = [];
  readonly rembs: { at: number; bitrate: number; ssrcs: number[] }[] = [];
  readonly server: TransportCcServer<TransportFeedbackBuilder>;
  now: number;

  constructor(now = 64_000) {
    this.now = now;
    this.server = new TransportCcServer(new TransportFeedbackBuilder(), {
      onSendTransportFeedback: builder => this.#note(builder),
      onSendRemb: (bitrate, ssrcs) => this.rembs.push({ at: this.now, bitrate, ssrcs: [...ssrcs] }),
    });
    this.server.transportConnected(now);
  }

  /** Lets time pass until `ms` after the start, 64000. */
  until(ms: number): void {
    const end = 64_000 + ms;
    while (this.server.nextDeadline <= end) {
      this.now = this.server.nextDeadline;
      this.server.onTimeout(this.now);
    }
    this.now = end;
  }

  receive(wideSeq: number, ssrc = SSRC): void {
    const packet: ReceivedPacket = {
      ssrc,
      payloadLength: 100,
      readTransportWideCc: () => (wideSeq < 0 ? -1 : wideSeq & 0xffff),
      readAbsSendTime: () => -1,
    };
    this.server.receivePacket(packet, this.now);
  }

  /** Packets, one every `ms`, the first one at `from`. */
  receiveAll(seqs: number[], from: number, ms: number): void {
    seqs.forEach((seq, i) => {
      this.until(from + i * ms);
      this.receive(seq);
    });
  }

  #note(builder: TransportFeedbackBuilder): void {
    const memory = new DataView(new ArrayBuffer(2000));
    const length = builder.write(memory, 0);
    const reader = new TransportFeedbackReader();
    expect(reader.read(memory, 0, length)).toBe(true);
    expect(memory.getUint32(4)).toBe(0);
    const feedback: Feedback = {
      at: this.now - 64_000,
      count: reader.feedbackCount,
      mediaSsrc: memory.getUint32(8),
      base: reader.baseSequenceNumber,
      received: [],
      lost: [],
      arrivals: new Map(),
      length,
    };
    while (reader.next()) {
      (reader.received ? feedback.received : feedback.lost).push(reader.sequenceNumber);
      if (reader.received)
        feedback.arrivals.set(reader.sequenceNumber, (reader.receivedAtUs % (2 ** 24 * 64_000)) / 1000);
    }
    this.feedback.push(feedback);
  }
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const all = (bench: Bench, kind: 'received' | 'lost'): number[] => bench.feedback.flatMap(one => one[kind]);

describe('as the reference worker was recorded', () => {
  it('reports packets in order every 100 ms, with their arrivals', () => {
    const bench = new Bench();
    bench.receiveAll(range(100, 129), 30, 15);
    bench.until(680);
    expect(bench.feedback.map(({ at }) => at)).toEqual([100, 200, 300, 400, 500]);
    expect(bench.feedback.map(({ count }) => count)).toEqual([0, 1, 2, 3, 4]);
    expect(bench.feedback.map(({ base }) => base)).toEqual([100, 105, 112, 118, 125]);
    // The packet that is being built when the first arrives knows no SSRC yet.
    expect(bench.feedback.map(({ mediaSsrc }) => mediaSsrc)).toEqual([0, SSRC, SSRC, SSRC, SSRC]);
    expect(all(bench, 'received')).toEqual(range(100, 129));
    expect(all(bench, 'lost')).toEqual([]);
    for (const { arrivals } of bench.feedback) {
      for (const [seq, at] of arrivals) expect(Math.abs(at - (64_030 + (seq - 100) * 15))).toBeLessThanOrEqual(0.25);
    }
    expect(bench.server.packetLoss).toBe(0);
  });

  it('reports losses', () => {
    const bench = new Bench();
    bench.receiveAll([0, 1, 2, 5, 6, 7, 8, 30, 31, 33, 35, 37, 38, 39, 60, 61], 30, 15);
    bench.until(470);
    expect(bench.feedback.length).toBe(3);
    expect(all(bench, 'received')).toEqual([0, 1, 2, 5, 6, 7, 8, 30, 31, 33, 35, 37, 38, 39, 60, 61]);
    expect(all(bench, 'lost')).toEqual([3, 4, ...range(9, 29), 32, 34, 36, ...range(40, 59)]);
    expect(bench.server.packetLoss).toBeGreaterThan(0.4);
    expect(bench.server.packetLoss).toBeLessThan(0.9);
  });

  it('goes on when the sequence number wraps', () => {
    const bench = new Bench();
    bench.receiveAll(range(65525, 65544), 30, 15);
    bench.until(530);
    expect(bench.feedback[0].base).toBe(65525);
    expect(all(bench, 'received')).toEqual([...range(65525, 65535), ...range(0, 8)]);
    expect(all(bench, 'lost')).toEqual([]);
  });

  it('tells a limit with REMBs, and four times that there is none', () => {
    const bench = new Bench();
    for (let i = 0; i < 220; i++) {
      bench.until(30 + i * 50);
      if (i === 4) bench.server.setMaxIncomingBitrate(400_000, bench.now);
      if (i === 40) bench.server.setMaxIncomingBitrate(1_000_000, bench.now);
      if (i === 74) bench.server.setMaxIncomingBitrate(0, bench.now);
      bench.receive(101 + i);
    }
    expect(bench.rembs.map(({ at, bitrate }) => [at - 64_000, bitrate])).toEqual([
      [230, 400_000],
      [1780, 400_000],
      [3330, 1_000_000],
      [3730, 0],
      [5280, 0],
      [6830, 0],
      [8380, 0],
    ]);
    expect(bench.rembs.every(({ ssrcs }) => ssrcs.length === 0)).toBe(true);
  });
});

it('reports a late packet again together with those behind it', () => {
  const bench = new Bench();
  bench.receiveAll([1, 2, 4, 5], 10, 10);
  bench.until(110);
  bench.receive(3);
  bench.receive(6);
  bench.until(210);
  expect(bench.feedback.map(({ received, lost }) => [received, lost])).toEqual([
    [[1, 2, 4, 5], [3]],
    [[3, 4, 5, 6], []],
  ]);
  // 4 and 5 arrived before 3.
  const { arrivals } = bench.feedback[1];
  expect(arrivals.get(4)!).toBeLessThan(arrivals.get(3)!);
});

it('ignores duplicates, and packets without number', () => {
  const bench = new Bench();
  bench.receiveAll([1, 2, 2, -1, 1, 3], 10, 10);
  bench.until(400);
  expect(bench.feedback.map(({ received }) => received)).toEqual([[1, 2, 3]]);
  expect(bench.feedback[0].arrivals.get(2)).toBe(64_020);
});

it('reports nothing twice but for late packets, and nothing without packets', () => {
  const bench = new Bench();
  bench.until(1000);
  expect(bench.feedback).toEqual([]);
  bench.receive(5);
  bench.until(5000);
  expect(bench.feedback.length).toBe(1);
});

it('reports a packet that comes 500 ms late, but not those behind it', () => {
  const bench = new Bench();
  bench.receiveAll([1, 3, 4], 10, 10);
  bench.until(100);
  bench.receiveAll([5], 700, 0);
  bench.until(710);
  bench.receive(2);
  bench.until(900);
  expect(bench.feedback.map(({ received }) => received)).toEqual([
    [1, 3, 4],
    [2, 5],
  ]);
});

it.each([
  [519, [2, 3, 4]],
  [520, [2, 4]],
])('remembers packets for 500 ms: one that came at 20 ms until %i ms', (at, reported) => {
  const bench = new Bench();
  bench.receiveAll([1, 3], 10, 10);
  bench.until(at);
  bench.receive(4);
  bench.receive(2);
  bench.until(700);
  expect(bench.feedback.map(({ received }) => received)).toEqual([[1, 3], reported]);
});

it('sends as many packets as it takes', () => {
  const bench = new Bench();
  for (let i = 0; i < 3000; i++) {
    bench.until(i * 0.03);
    bench.receive(60_000 + i);
  }
  bench.until(100);
  expect(bench.feedback.length).toBe(3);
  expect(bench.feedback.map(({ count }) => count)).toEqual([0, 1, 2]);
  expect(all(bench, 'received')).toEqual(range(60_000, 62_999));
  for (const { length } of bench.feedback) expect(length).toBeLessThanOrEqual(1292);
});

it('counts feedback packets in 8 bits', () => {
  const bench = new Bench();
  bench.receiveAll(range(0, 299), 50, 100);
  bench.until(40_000);
  expect(bench.feedback.map(({ count }) => count)).toEqual(range(0, 299).map(i => i & 0xff));
});

it('begins anew behind a gap that no feedback can span', () => {
  const bench = new Bench();
  bench.receiveAll([1, 2, 20_000, 20_001, 30_000], 10, 10);
  bench.until(110);
  bench.receiveAll([30_001, 30_003], 120, 10);
  bench.until(300);
  expect(bench.feedback.map(({ received, lost }) => [received, lost])).toEqual([
    [[1, 2], []],
    [[20_000, 20_001], []],
    [[30_000], []],
    [[30_001, 30_003], [30_002]],
  ]);
});

it('begins anew with a packet far behind, as a sender that starts again sends', () => {
  const bench = new Bench();
  bench.receiveAll([30_000, 30_001], 10, 10);
  bench.until(100);
  bench.receiveAll([100, 101], 110, 10);
  bench.until(200);
  bench.receiveAll([102, 103], 210, 10);
  bench.until(400);
  expect(bench.feedback.map(({ received }) => received)).toEqual([
    [30_000, 30_001],
    [100, 101],
    [102, 103],
  ]);
});

it('spans a pause that deltas cannot', () => {
  const bench = new Bench();
  bench.server.transportDisconnected();
  bench.receiveAll([1, 3], 10, 10_000);
  bench.server.transportConnected(bench.now);
  bench.until(10_200);
  expect(bench.feedback.map(({ received, lost }) => [received, lost])).toEqual([
    [[1], []],
    [[3], [2]],
  ]);
});

it('stops while the transport is disconnected', () => {
  const bench = new Bench();
  bench.receive(1);
  bench.server.transportDisconnected();
  expect(bench.server.nextDeadline).toBe(Infinity);
  bench.until(1000);
  expect(bench.feedback).toEqual([]);
  bench.server.transportConnected(bench.now);
  bench.until(1100);
  expect(bench.feedback.length).toBe(1);
});

it('survives any sequence of numbers', () => {
  const bench = new Bench();
  let state = 7;
  for (let i = 0; i < 5000; i++) {
    state = (state * 48271) % 0x7fffffff;
    bench.until(i * 3);
    bench.receive(i % 100 === 0 ? state & 0xffff : (i + (state % 7)) & 0xffff);
  }
  bench.until(16_000);
  expect(bench.feedback.length).toBeGreaterThan(140);
});

it('averages the loss of the latest 24 feedback packets, the newest most', () => {
  const bench = new Bench();
  // Half of the packets lost, for a long time; then none.
  bench.receiveAll(
    range(0, 39).map(i => i * 2 + 1),
    50,
    100,
  );
  bench.until(4100);
  expect(bench.server.packetLoss).toBeCloseTo(0.5, 1);
  bench.receiveAll([80], 4150, 0);
  bench.until(4300);
  expect(bench.server.packetLoss).toBeCloseTo(0.5 * (1 - 24 / 300), 5);
});

it('stops lifting a limit when another is set', () => {
  const bench = new Bench();
  bench.server.setMaxIncomingBitrate(1000, bench.now);
  bench.server.setMaxIncomingBitrate(0, bench.now);
  bench.server.setMaxIncomingBitrate(2000, bench.now);
  bench.receiveAll([1, 2, 3], 1000, 1000);
  expect(bench.rembs.map(({ bitrate }) => bitrate)).toEqual([0, 2000]);
  bench.server.setMaxIncomingBitrate(0, bench.now);
  expect(bench.rembs.map(({ bitrate }) => bitrate)).toEqual([0, 2000, 0]);
});
