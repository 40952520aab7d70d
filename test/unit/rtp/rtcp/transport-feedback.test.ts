import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RTCP_MAX_LENGTH } from '../../../../src/rtp/rtcp/rtcp-packet.js';
import { REFERENCE_TIME_PERIOD_US } from '../../../../src/rtp/rtcp/transport-feedback.js';
import { AddResult, TransportFeedbackBuilder } from '../../../../src/rtp/rtcp/transport-feedback-builder.js';
import { TransportFeedbackReader } from '../../../../src/rtp/rtcp/transport-feedback-reader.js';
import { bytes, hex, type ReportedPacket, viewOf, written } from './support.js';

const BASE_US = 64_000_000;

const start = (seq: number, us = BASE_US): TransportFeedbackBuilder => {
  const builder = new TransportFeedbackBuilder();
  builder.start(0, 0xaa, 7);
  builder.setBase(seq, us);
  return builder;
};
const finish = (builder: TransportFeedbackBuilder): Uint8Array => {
  builder.finish();
  const packet = written((view, offset) => builder.write(view, offset));
  expect(packet.length).toBe(builder.length);
  return packet;
};
const reader = (packet: Uint8Array): TransportFeedbackReader => {
  const one = new TransportFeedbackReader();
  expect(one.read(viewOf(packet), 0, packet.length)).toBe(true);
  return one;
};
const all = (feedback: TransportFeedbackReader): ReportedPacket[] => {
  const packets: ReportedPacket[] = [];
  while (feedback.next()) {
    packets.push({ seq: feedback.sequenceNumber, at: feedback.received ? feedback.receivedAtUs : undefined });
  }
  return packets;
};
/** Chunks and deltas for packets given as [sequence number, ms after the base]. */
const contentOf = (base: number, packets: [number, number][]): string => {
  const builder = start(base);
  for (const [seq, ms] of packets) expect(builder.add(seq, BASE_US + ms * 1000)).toBe(AddResult.added);
  return hex(finish(builder).subarray(20));
};
/** Packets every `ms`, from sequence number `from` to `to`. */
const every = (ms: number, from: number, to: number): [number, number][] =>
  Array.from({ length: to - from + 1 }, (_, i) => [from + i, (i + 1) * ms]);

describe('generation', () => {
  it('writes the header', () => {
    const builder = start(65534, 0x123456 * 64_000 + 63_999);
    builder.add(65534, 0x123456 * 64_000 + 63_999);
    expect(hex(finish(builder))).toBe('8fcd000500000000000000aafffe00011234560740010100');
  });

  it.each<[string, number, [number, number][], string]>([
    ['one small delta', 100, [[100, 1]], '20010400'],
    ['one large delta', 100, [[100, 64]], '4001' + '0100'],
    ['six small deltas: a run', 100, every(1, 100, 105), '2006' + '04'.repeat(6)],
    ['seven small deltas: a run', 100, every(1, 100, 106), '2007' + '04'.repeat(7) + '000000'],
    ['twenty small deltas: a run', 100, every(1, 100, 119), '2014' + '04'.repeat(20) + '0000'],
    [
      'small, lost, small: a vector',
      100,
      [
        [100, 1],
        [102, 2],
      ],
      // 01 00 01 00 00 00 00
      'd100' + '0404',
    ],
    [
      'a run of small deltas, then a large one, which starts a vector',
      100,
      [...every(1, 100, 106), [107, 107]],
      '2007' + 'e000' + '04'.repeat(7) + '0190' + '000000',
    ],
    [
      'the same, seven large ones: the vector is full',
      100,
      [...every(1, 100, 106), ...every(100, 107, 113).map(([seq, ms]): [number, number] => [seq, ms + 7])],
      '2007' + 'eaaa' + '04'.repeat(7) + '0190'.repeat(7) + '000000',
    ],
    [
      'a run of small deltas, then lost ones',
      100,
      [...every(1, 100, 107), [109, 9]],
      // 00 01
      '2008' + 'c400' + '04'.repeat(8) + '04' + '000000',
    ],
    [
      'twenty lost: a vector and a run, then the received one starts afresh',
      100,
      [[120, 1]],
      'c000' + '000d' + '2001' + '04' + '00',
    ],
    ['exactly seven lost: a vector', 100, [[107, 1]], 'c000' + '2001' + '04' + '000000'],
    [
      'a mixed vector that is filled up with lost ones',
      100,
      [
        [100, 1],
        [108, 2],
      ],
      // 01, six lost; one more lost; one received.
      'd000' + '0001' + '2001' + '0404',
    ],
  ])('%s', (_name, base, packets, content) => {
    const actual = contentOf(base, packets);
    const padded = content + '0'.repeat((8 - (content.length % 8)) % 8);
    expect(actual).toBe(padded);
  });

  it('has no time but that of the base tick, so the first delta carries the rest', () => {
    const builder = start(1, BASE_US + 63_000);
    builder.add(1, BASE_US + 63_000);
    const packet = finish(builder);
    expect(reader(packet).referenceTime).toBe(1000);
    expect(hex(packet.subarray(20))).toBe('2001fc00');
  });

  it('rounds to the nearest 250 us, halves away from zero, and does not add the error up', () => {
    const builder = start(0);
    // 0.5, 1.0 (by the rounded time), then back by 0.5, in ticks.
    for (const [seq, us] of [
      [0, 125],
      [1, 375],
      [2, 375],
      [3, 250],
    ]) {
      builder.add(seq, BASE_US + us);
    }
    const packets = all(reader(finish(builder))).map(({ at }) => (at! - REFERENCE_TIME_PERIOD_US - BASE_US) / 250);
    expect(packets).toEqual([1, 2, 1, 1]);
  });

  it('ignores packets that are not ahead', () => {
    const builder = start(100);
    builder.add(100, BASE_US + 1000);
    for (const seq of [100, 99, 65000]) expect(builder.add(seq, BASE_US + 2000)).toBe(AddResult.added);
    expect(builder.receivedCount).toBe(1);
    expect(builder.latestSeq).toBe(100);
  });

  it('does not reach further than 8191 lost packets', () => {
    const builder = start(0);
    expect(builder.add(8192, BASE_US)).toBe(AddResult.tooFar);
    expect(builder.add(8191, BASE_US)).toBe(AddResult.added);
    const packets = all(reader(finish(builder)));
    expect(packets.length).toBe(8192);
    expect(packets.filter(({ at }) => at !== undefined).length).toBe(1);
  });

  it('does not reach further than 32767 ticks, either way', () => {
    const builder = start(0);
    const most = 32767 * 250;
    expect(builder.add(0, BASE_US + most + 125)).toBe(AddResult.tooFar);
    expect(builder.add(0, BASE_US + most + 124)).toBe(AddResult.added);
    expect(builder.add(1, BASE_US - 125)).toBe(AddResult.tooFar);
    expect(builder.add(1, BASE_US - 124)).toBe(AddResult.added);
    expect(hex(finish(builder).subarray(20))).toBe('40027fff80010000');
  });

  it('stays within 1292 bytes', () => {
    const builder = start(0);
    let seq = 0;
    while (builder.add(seq, BASE_US + seq * 1000) === AddResult.added) seq++;
    expect(seq).toBeGreaterThan(1200);
    expect(finish(builder).length).toBeLessThanOrEqual(RTCP_MAX_LENGTH);
    // Alternating losses take chunks, too.
    builder.start(0, 0, 0);
    builder.setBase(0, BASE_US);
    for (seq = 0; builder.add(seq, BASE_US + seq * 100_000) === AddResult.added;) seq += 2;
    expect(finish(builder).length).toBeLessThanOrEqual(RTCP_MAX_LENGTH);
  });

  it('is full near 65535 packets', () => {
    const builder = start(0);
    let seq = 8000;
    for (; !builder.isFull && builder.add(seq & 0xffff, BASE_US) === AddResult.added;) seq += 8000;
    const packets = all(reader(finish(builder)));
    expect(packets.length).toBe(builder.statusCount);
    expect(builder.statusCount).toBeLessThanOrEqual(65535);
    expect(builder.statusCount).toBeGreaterThan(56_000);
  });

  it('starts anew after start()', () => {
    const builder = start(5);
    builder.add(9, BASE_US + 90_000);
    builder.start(1, 2, 300);
    expect(builder.isBaseSet).toBe(false);
    expect(builder.hasPackets).toBe(false);
    builder.setBase(100, BASE_US);
    builder.add(100, BASE_US + 1000);
    expect(hex(finish(builder))).toBe('8fcd000500000001000000020064000100' + '03e82c' + '20010400');
  });

  it('wraps the reference time', () => {
    const feedback = (us: number): TransportFeedbackReader => {
      const builder = start(0, us);
      builder.add(0, us);
      return reader(finish(builder));
    };
    const before = feedback((2 ** 23 - 1) * 64_000);
    const after = feedback(2 ** 23 * 64_000);
    expect(before.referenceTime).toBe(2 ** 23 - 1);
    expect(after.referenceTime).toBe(-(2 ** 23));
    expect(after.timeSinceUs(before.referenceTimeUs)).toBe(64_000);
    expect(before.timeSinceUs(after.referenceTimeUs)).toBe(-64_000);
    expect(feedback(2 ** 24 * 64_000 + 64_000).referenceTime).toBe(1);
    expect(feedback(100 * 64_000).timeSinceUs(feedback(40 * 64_000).referenceTimeUs)).toBe(60 * 64_000);
  });
});

describe('reading', () => {
  const header = (base: number, count: number): string =>
    `00000000000000aa${base.toString(16).padStart(4, '0')}${count.toString(16).padStart(4, '0')}00000107`;
  const packetOf = (base: number, count: number, content: string): Uint8Array =>
    bytes(`8fcd${((19 + content.length / 2 - 3) / 4).toString(16).padStart(4, '0')}${header(base, count)}${content}`);
  const isWellFormed = (packet: Uint8Array): boolean =>
    new TransportFeedbackReader().read(viewOf(packet), 0, packet.length);
  const received = (packet: Uint8Array): number[] =>
    all(reader(packet))
      .filter(({ at }) => at !== undefined)
      .map(({ seq }) => seq);

  it('understands vectors of one bit', () => {
    // 10 1100 0000 0001 | two deltas more
    expect(received(packetOf(10, 14, 'b001' + '010203' + '000000'))).toEqual([10, 11, 23]);
    // Only the first 3 statuses count.
    expect(received(packetOf(10, 3, 'b801' + '010203' + '000000'))).toEqual([10, 11, 12]);
  });

  it('understands vectors of two bits with statuses beyond the count', () => {
    expect(received(packetOf(10, 2, 'd555' + '0102'))).toEqual([10, 11]);
    // The reserved status is a packet not received.
    expect(received(packetOf(10, 3, 'dd00' + '0102'))).toEqual([10, 12]);
  });

  it('understands runs of length 0', () => {
    expect(received(packetOf(10, 1, '2000' + '2001' + '01000000'))).toEqual([10]);
  });

  it('reads negative reference times and deltas', () => {
    const feedback = reader(bytes('8fcd0005' + '00000000000000aa' + '00010001' + 'ffffff05' + '4001fffe'));
    expect(feedback.referenceTime).toBe(-1);
    expect(all(feedback)).toEqual([{ seq: 1, at: REFERENCE_TIME_PERIOD_US - 64_000 - 500 }]);
  });

  it('can begin again', () => {
    const feedback = reader(packetOf(10, 2, '20020102'));
    const first = all(feedback);
    expect(feedback.next()).toBe(false);
    feedback.rewind();
    expect(all(feedback)).toEqual(first);
    expect(first.length).toBe(2);
  });

  it.each([
    ['nothing lost', 2, '20020102', 0],
    ['half lost', 2, 'd0000100', 128],
    ['all lost', 2, '00020000', 255],
  ])('tells the loss: %s', (_name, count, content, expected) => {
    expect(reader(packetOf(10, count, content)).fractionLost).toBe(expected);
  });

  it.each([
    ['no packet at all', 0, '', true],
    ['a status count without chunks', 1, '', false],
    ['too few statuses', 9, '20080101010101010101', false],
    ['a run beyond the status count', 1, '20020102', false],
    ['the reserved status in a run', 1, '60010102', false],
    ['a small delta missing', 7, '2007010203040506', false],
    ['a large delta missing', 2, '4002' + '0001', false],
    ['a large delta cut', 3, 'e900' + '000101', false],
    ['unused bytes', 1, '2001' + '01000000000000', true],
  ])('%s', (_name, count, content, expected) => {
    expect(isWellFormed(bytes(`8fcd0000${header(10, count)}${content}`))).toBe(expected);
  });

  it('never reads beyond the packet', () => {
    const packet = packetOf(10, 20, '2014' + '01'.repeat(20) + '0000');
    for (let length = 0; length < packet.length - 2; length++) {
      expect(new TransportFeedbackReader().read(viewOf(packet), 0, length)).toBe(false);
    }
  });
});

it('says again when packets arrived, to 250 us', () => {
  // Gaps in sequence number, and µs between arrivals, which go backwards now and then.
  const packet = fc.tuple(
    fc.oneof({ weight: 5, arbitrary: fc.constant(1) }, { weight: 2, arbitrary: fc.integer({ min: 1, max: 40 }) }),
    fc.oneof(
      { weight: 5, arbitrary: fc.integer({ min: 0, max: 30_000 }) },
      { weight: 1, arbitrary: fc.integer({ min: -50_000, max: 3_000_000 }) },
    ),
  );
  fc.assert(
    fc.property(
      fc.nat(65535),
      fc.nat({ max: 2 ** 40 }),
      fc.array(packet, { minLength: 1, maxLength: 120 }),
      (base, startUs, packets) => {
        const builder = start(base, startUs);
        const expected = new Map<number, number>();
        let seq = base - 1;
        let us = startUs;
        for (const [gap, elapsed] of packets) {
          seq = (seq + gap) & 0xffff;
          us += elapsed;
          expect(builder.add(seq, us)).toBe(AddResult.added);
          expected.set(seq, us);
        }
        const feedback = reader(finish(builder));
        const reported = all(feedback);
        expect(feedback.baseSequenceNumber).toBe(base);
        expect(reported.length).toBe(((seq - base) & 0xffff) + 1);
        expect(reported[reported.length - 1].seq).toBe(seq);
        // The reference time wraps; compare what is left after that.
        const origin = Math.trunc(startUs / 64_000) * 64_000 - feedback.referenceTimeUs;
        for (const { seq: one, at } of reported) {
          if (at === undefined) expect(expected.has(one)).toBe(false);
          else expect(Math.abs(at + origin - expected.get(one)!)).toBeLessThanOrEqual(125);
        }
        expect(feedback.receivedCount).toBe(expected.size);
      },
    ),
    { numRuns: 300 },
  );
});
