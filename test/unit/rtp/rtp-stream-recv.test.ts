import { beforeEach, describe, expect, it } from 'vitest';
import { createPayloadParser } from '../../../src/rtp/codecs/registry.js';
import { createHeaderExtensionIds, HeaderExtension } from '../../../src/rtp/header-extension.js';
import { type RtpPacket } from '../../../src/rtp/rtp-packet.js';
import { RtpStreamRecv, type RtpStreamRecvOptions } from '../../../src/rtp/rtp-stream-recv.js';
import { type RtpStreamParams } from '../../../src/rtp/rtp-stream.js';
import { compactNtp } from '../../../src/rtp/time.js';
import { buildPacket, type PacketParts, parse, uint } from './support.js';

const events: unknown[][] = [];
beforeEach(() => (events.length = 0));

const owner = {
  onRtpStreamScore: (_: unknown, score: number, previous: number) => events.push(['score', score, previous]),
  onRtpStreamSpatialLayerActivityChanged: () => events.push(['activity']),
  onRtpStreamNack: (_: unknown, seqs: Uint16Array, count: number) => events.push(['nack', ...seqs.subarray(0, count)]),
  onRtpStreamPli: () => events.push(['pli']),
  onRtpStreamFir: (_: unknown, seq: number) => events.push(['fir', seq]),
  onRtpStreamRestart: () => events.push(['restart']),
};

function create(
  params: Partial<RtpStreamParams> = {},
  options: Partial<RtpStreamRecvOptions> = {},
  now = 10_000,
): RtpStreamRecv {
  const all: RtpStreamParams = {
    encodingIdx: 0,
    ssrc: 1111,
    payloadType: 100,
    mimeType: 'video/VP8',
    clockRate: 90_000,
    rid: '',
    cname: 'cname',
    useNack: true,
    usePli: true,
    useFir: false,
    useInBandFec: false,
    useDtx: false,
    spatialLayers: 1,
    temporalLayers: 1,
    ...params,
  };
  return new RtpStreamRecv(
    {
      params: all,
      parser: createPayloadParser(all.mimeType),
      nackDelay: 0,
      inactivityCheck: false,
      ntpOffset: 0,
      ...options,
    },
    owner,
    now,
  );
}

/** A VP8 packet without picture id, not of a key frame. */
function media(sequenceNumber: number, parts: PacketParts = {}): RtpPacket {
  return parse(buildPacket({ ssrc: 1111, sequenceNumber, payload: [0x00, 0x01, 2, 3], ...parts }))!;
}

function rtx(sequenceNumber: number, original: number, payload: number[] = [0x00, 0x01, 2, 3]): RtpPacket {
  const parts = { ssrc: 2222, payloadType: 101, sequenceNumber, payload: [...uint(original, 2), ...payload] };
  return parse(buildPacket(parts))!;
}

function receive(stream: RtpStreamRecv, seqs: number[], now = 10_000): boolean[] {
  return seqs.map(seq => stream.receivePacket(media(seq), now));
}

describe('RtpStreamRecv and an interval of which all was lost', () => {
  it('reports 256 of 256 as 0, there being 8 bits', () => {
    const stream = create();
    stream.setRtx({ ssrc: 2222, payloadType: 101 });
    receive(stream, [1]);
    stream.receptionReport(0, 10_000);
    // What comes by RTX only counts as lost.
    stream.receiveRtxPacket(rtx(700, 2), 10_000);
    expect(stream.receptionReport(0, 11_000)).toMatchObject({ fractionLost: 0, totalLost: 1 });
    stream.receiveRtxPacket(rtx(701, 3), 11_000);
    receive(stream, [4], 11_000);
    expect(stream.receptionReport(0, 12_000)).toMatchObject({ fractionLost: 128, totalLost: 2 });
  });
});

describe('RtpStreamRecv and missing packets', () => {
  it('asks for a packet once, and counts it as repaired when it comes without RTX', () => {
    const stream = create();
    receive(stream, [1, 2, 4]);
    expect(events).toEqual([['nack', 3]]);
    receive(stream, [3]);
    expect(events).toHaveLength(1);
    expect(stream).toMatchObject({ nackCount: 1, nackPacketCount: 1, packetsRepaired: 1, packetsRetransmitted: 1 });
  });

  it('asks across the wrap', () => {
    receive(create(), [0xfffe, 1]);
    expect(events).toEqual([['nack', 0xffff, 0]]);
  });

  it('asks for a key frame after a gap of more than 1000', () => {
    receive(create(), [1, 1003]);
    expect(events).toEqual([['pli']]);
    receive(create({ usePli: false, useFir: true }), [1, 1003, 3000]);
    expect(events.slice(1)).toEqual([
      ['fir', 1],
      ['fir', 2],
    ]);
  });

  it('asks for nothing without NACK', () => {
    const stream = create({ useNack: false });
    receive(stream, [1, 5]);
    expect(events).toEqual([]);
    expect(stream.nextDeadline).toBe(Infinity);
  });

  it('takes retransmissions that are of use', () => {
    const stream = create();
    receive(stream, [1, 2, 4]);
    stream.setRtx({ ssrc: 2222, payloadType: 101 });
    const packet = rtx(700, 3);
    expect(stream.receiveRtxPacket(packet, 10_000)).toBe(true);
    expect(packet).toMatchObject({ ssrc: 1111, payloadType: 100, sequenceNumber: 3, payloadLength: 4 });
    expect(stream.receiveRtxPacket(rtx(701, 3), 10_000)).toBe(false);
    expect(stream).toMatchObject({ packetsRepaired: 1, packetsRetransmitted: 2, packetCount: 4 });
  });

  it('learns nothing of time from retransmissions', () => {
    const stream = create();
    stream.receivePacket(media(1, { timestamp: 90_000 }), 10_000);
    stream.receivePacket(media(2, { timestamp: 93_000 }), 10_040);
    stream.setRtx({ ssrc: 2222, payloadType: 101 });
    const before = { jitter: stream.jitter, maxPacketTs: stream.maxPacketTs, maxPacketAt: stream.maxPacketAt };
    expect(before.jitter).toBeGreaterThan(0);
    const late = rtx(700, 3);
    late.timestamp = 180_000;
    expect(stream.receiveRtxPacket(late, 12_000)).toBe(true);
    expect(stream).toMatchObject(before);
    expect(stream.sequence.maxSeq).toBe(3);
  });

  it('learns nothing of capture times from retransmissions', () => {
    const stream = create();
    receive(stream, [1]);
    stream.setRtx({ ssrc: 2222, payloadType: 101 });
    const ids = createHeaderExtensionIds();
    ids[HeaderExtension.absCaptureTime] = 3;
    const late = parse(
      buildPacket({
        ssrc: 2222,
        payloadType: 101,
        sequenceNumber: 700,
        extensions: [[3, [...uint(200, 4), ...uint(0, 4)]]],
        payload: [...uint(2, 2), 0, 1, 2, 3],
      }),
    )!;
    late.extensionIds = ids;
    expect(stream.receiveRtxPacket(late, 10_000)).toBe(true);
    expect(stream.captureTimeByAbsCaptureTime(late.timestamp)).toBeNaN();
  });

  it('takes a retransmission of what was never seen', () => {
    const stream = create();
    receive(stream, [1]);
    stream.setRtx({ ssrc: 2222, payloadType: 101 });
    expect(stream.receiveRtxPacket(rtx(700, 2), 10_000)).toBe(true);
    receive(stream, [3]);
    expect(events).toEqual([]);
  });

  it.each([
    ['without RTX stream', undefined, rtx(1, 3)],
    ['of another payload type', { ssrc: 2222, payloadType: 99 }, rtx(1, 3)],
    ['without original sequence number', { ssrc: 2222, payloadType: 101 }, parse(buildPacket({ payloadType: 101 }))!],
  ])('does not take RTX packets %s', (_, params, packet) => {
    const stream = create();
    receive(stream, [1, 4]);
    if (params !== undefined) stream.setRtx(params);
    expect(stream.receiveRtxPacket(packet, 10_000)).toBe(false);
    expect(stream.packetsRetransmitted).toBe(0);
  });

  it('does not take an RTX packet whose own number is not plausible', () => {
    const stream = create();
    receive(stream, [1, 4]);
    stream.setRtx({ ssrc: 2222, payloadType: 101 });
    expect([rtx(700, 2), rtx(20_000, 3)].map(packet => stream.receiveRtxPacket(packet, 10_000))).toEqual([true, false]);
    expect(stream).toMatchObject({ packetsRetransmitted: 1, rtx: { sequence: { packetsDiscarded: 1 } } });
  });

  it('forgets what is missing when paused', () => {
    const stream = create({}, { nackDelay: 10 });
    receive(stream, [1, 4]);
    stream.pause();
    stream.onTimeout(10_040);
    expect(events).toEqual([]);
  });
});

describe('RtpStreamRecv and sequence numbers', () => {
  it('takes late packets, but no jump before it is confirmed', () => {
    const stream = create({ useNack: false });
    expect(receive(stream, [1000, 999, 1001, 0, 5000, 1002, 6000, 6001, 6002])).toEqual([
      ...[true, true, true, true],
      ...[false, true, false],
      ...[true, true],
    ]);
    expect(stream.sequence.packetsDiscarded).toBe(2);
    expect(stream.sequence.extendedMaxSeq).toBe(6002);
  });

  it.each([
    [2999, true],
    [3000, false],
    [-1499, true],
    [-1500, false],
  ])('takes a packet that is %i ahead: %s', (distance, taken) => {
    expect(receive(create({ useNack: false }), [10_000, 10_000 + distance])).toEqual([true, taken]);
  });

  it('confirms a jump across the wrap', () => {
    expect(receive(create({ useNack: false }), [30_000, 65_535, 0])).toEqual([true, false, true]);
  });

  it('counts cycles', () => {
    const stream = create({ useNack: false });
    receive(stream, [65_534, 65_535, 0, 1]);
    expect(stream.sequence.extendedMaxSeq).toBe(65_537);
    expect(stream.sequence.expectedPackets).toBe(4);
  });

  it('has not gone through a cycle if it starts at 0', () => {
    const stream = create({ useNack: false });
    receive(stream, [0, 1]);
    expect(stream.sequence.expectedPackets).toBe(2);
  });

  it('follows the highest timestamp, also when the sender steps back', () => {
    const stream = create({ useNack: false });
    stream.receivePacket(media(1, { timestamp: 1000 }), 10_000);
    stream.receivePacket(media(3, { timestamp: 3000 }), 10_010);
    stream.receivePacket(media(2, { timestamp: 2000 }), 10_020);
    expect([stream.maxPacketTs, stream.maxPacketAt]).toEqual([3000, 10_010]);
    stream.receivePacket(media(4, { timestamp: 500 }), 10_030);
    expect([stream.maxPacketTs, stream.maxPacketAt]).toEqual([500, 10_030]);
  });
});

describe('RtpStreamRecv reports', () => {
  it('reports loss, jitter and the highest sequence number', () => {
    const stream = create({ useNack: false });
    receive(stream, [1, 2, 3, 6]);
    expect(stream.receptionReport(0, 11_000)).toMatchObject({
      ssrc: 1111,
      fractionLost: Math.round((2 * 256) / 6),
      totalLost: 2,
      highestSeq: 6,
      jitter: 0,
      lastSenderReport: 0,
      delaySinceLastSenderReport: 0,
    });
    receive(stream, [7, 8]);
    expect(stream.receptionReport(0, 12_000)).toMatchObject({ fractionLost: 0, totalLost: 2, highestSeq: 8 });
    expect(stream).toMatchObject({ packetsLost: 2, fractionLost: 0 });
  });

  it('rounds the fraction of loss, and takes duplicates for no gain', () => {
    const stream = create({ useNack: false });
    receive(stream, [1, 2, 3, 4, 5, 7]);
    // 256 / 7 = 36.57
    expect(stream.receptionReport(0, 11_000)).toMatchObject({ fractionLost: 37, totalLost: 1 });
    receive(stream, [7, 7, 7, 8]);
    expect(stream.receptionReport(0, 12_000)).toMatchObject({ fractionLost: 0, totalLost: 0 });
  });

  it('reports what receivers lose if that is worse', () => {
    const stream = create({ useNack: false });
    receive(stream, [1, 2, 3, 4]);
    expect(stream.receptionReport(64, 11_000)).toMatchObject({ fractionLost: 64, totalLost: 1 });
    expect(stream.fractionLost).toBe(0);
  });

  it('tells of the last sender report', () => {
    const stream = create();
    receive(stream, [1]);
    stream.receiveSenderReport(0, 0, 1234, 10_000);
    expect(stream.receptionReport(0, 11_000).lastSenderReport).toBe(0);
    stream.receiveSenderReport(0x12345678, 0x9abcdef0, 1234, 11_000);
    expect(stream.receptionReport(0, 12_500)).toMatchObject({
      lastSenderReport: 0x56789abc,
      delaySinceLastSenderReport: 1.5 * 65536,
    });
  });

  it('measures jitter as RFC 3550 A.8', () => {
    const stream = create({ useNack: false });
    // 20 ms of media each, arriving after 20, 30 and 10 ms: the deviation is 900 units twice.
    [0, 20, 50, 60].forEach((at, i) => {
      stream.receivePacket(media(i, { timestamp: i * 1800 }), 10_000 + at);
    });
    const once = 900 / 16;
    expect(stream.jitter).toBeCloseTo(once + (900 - once) / 16);
    // 108.98
    expect(stream.receptionReport(0, 11_000).jitter).toBe(108);
    stream.pause();
    expect(stream.jitter).toBe(0);
  });

  it('measures jitter in whole units of the timestamp', () => {
    const stream = create({ useNack: false });
    stream.receivePacket(media(1, { timestamp: 0 }), 10_000);
    // 0.63 units later.
    stream.receivePacket(media(2, { timestamp: 0 }), 10_000.007);
    expect(stream.jitter).toBe(0);
  });

  it('measures the round trip time by DLRR', () => {
    const stream = create();
    // The receiver reference time was 9.5 s, the sender answered after 0.4 s.
    stream.receiveDelaySinceLastReceiverReport(compactNtp(9, 0x80000000), 0.4 * 65536, 10_000);
    expect(stream.rtt).toBeCloseTo(100, 1);
    for (const [lastReport, delay] of [
      [0, 0],
      [0, 1],
      [compactNtp(9, 0), 0],
      [compactNtp(9, 0), 65_536],
    ]) {
      stream.rtt = 100;
      stream.receiveDelaySinceLastReceiverReport(lastReport, delay, 10_000);
      expect(stream.rtt).toBe(0);
    }
  });

  it('asks again for what is missing after the round trip time', () => {
    const stream = create();
    stream.receiveDelaySinceLastReceiverReport(compactNtp(9, 0x80000000), 0.48 * 65536, 10_000);
    receive(stream, [1, 3]);
    stream.onTimeout(10_040);
    expect(events).toEqual([
      ['nack', 2],
      ['nack', 2],
    ]);
  });

  it('reports on RTX apart', () => {
    const stream = create();
    receive(stream, [1, 2, 4]);
    stream.setRtx({ ssrc: 2222, payloadType: 101 });
    stream.receiveRtxPacket(rtx(700, 3), 10_000);
    stream.receiveRtxPacket(rtx(702, 5), 10_000);
    // A time of 0 counts here.
    stream.rtx!.receiveSenderReport(0, 0, 9_000);
    expect(stream.rtx!.receptionReport(10_000)).toMatchObject({
      lastSenderReport: 0,
      delaySinceLastSenderReport: 65536,
      highestSeq: 702,
      fractionLost: 85,
    });
    stream.rtx!.receiveSenderReport(0, 0x10000, 10_000);
    expect(stream.rtx!.receptionReport(11_000)).toMatchObject({
      ssrc: 2222,
      highestSeq: 702,
      fractionLost: 0,
      totalLost: 1,
      jitter: 0,
      lastSenderReport: 1,
      delaySinceLastSenderReport: 65536,
    });
    // What RTX brought does not count as received.
    expect(stream.receptionReport(0, 11_000)).toMatchObject({ totalLost: 2 });
  });
});

describe('RtpStreamRecv score', () => {
  /** Receives all packets of an interval but some, then a sender report. */
  function interval(stream: RtpStreamRecv, from: number, count: number, lost: number): number {
    for (let i = lost; i < count; i++) stream.receivePacket(media(from + i), 10_000);
    stream.receiveSenderReport(1, 1, 0, 10_000);
    return stream.score;
  }

  it('is 10 without loss, and falls with it', () => {
    const stream = create({ useNack: false });
    expect(interval(stream, 1, 10, 0)).toBe(10);
    // 2 of 10 lost: (6/8)^4 = 0.32 -> 3, averaged with the 10 before by weights 1 and 2: 5.33.
    expect(interval(stream, 11, 10, 2)).toBe(5);
    expect(events).toEqual([['score', 5, 10]]);
    expect(interval(stream, 21, 10, 0)).toBe(8);
  });

  it('is computed with a sender report, though it may not tell the time, and not with a report of our own', () => {
    const stream = create({ useNack: false });
    receive(stream, [1, 2, 3, 4, 5, 6, 7, 10]);
    stream.receptionReport(0, 11_000);
    expect([stream.score, events]).toEqual([10, []]);
    stream.receiveSenderReport(0, 0, 0, 11_000);
    expect(stream.score).toBe(3);
  });

  it('is 10 for an interval in which nothing was sent', () => {
    const stream = create({ useNack: false });
    interval(stream, 1, 10, 0);
    stream.receiveSenderReport(0, 0, 0, 10_000);
    expect(stream.score).toBe(10);
  });

  it('is 0 for an interval of which only RTX brought something', () => {
    const stream = create();
    stream.setRtx({ ssrc: 2222, payloadType: 101 });
    interval(stream, 1, 10, 0);
    stream.receiveRtxPacket(rtx(1, 11), 10_000);
    stream.receiveSenderReport(1, 1, 0, 10_000);
    // Averaged with the 10 before by weights 1 and 2.
    expect(stream.score).toBe(3);
  });

  it('without RTX takes what was asked for and came for lost and repaired', () => {
    const stream = create();
    receive(stream, [1, 2, 3, 4, 5, 11, 6, 7, 8, 9, 10]);
    stream.receiveSenderReport(1, 1, 0, 10_000);
    // 5 of 11: weight (11/16)^4 = 0.22, so trunc(5 - 1.12) = 3 are lost, (8/11)^4 = 0.28
    expect(stream.score).toBe(3);
  });

  it('stays 0 while the stream is silent', () => {
    const stream = create({}, { inactivityCheck: true });
    interval(stream, 1, 10, 0);
    stream.onTimeout(11_500);
    stream.receiveSenderReport(1, 1, 0, 12_000);
    expect(stream.score).toBe(0);
  });

  it('counts repaired packets as received', () => {
    const stream = create();
    receive(stream, [1, 2, 3, 4, 5, 6, 7, 8, 10]);
    stream.setRtx({ ssrc: 2222, payloadType: 101 });
    stream.receiveRtxPacket(rtx(1, 9), 10_000);
    stream.receiveSenderReport(1, 1, 0, 10_000);
    // 1 of 9 lost and repaired: weight (9/10)^4 = 0.66, so 0.34 are lost, which is less than one.
    expect(stream.score).toBe(10);
  });
});

describe('RtpStreamRecv inactivity', () => {
  it('makes the score 0, and a packet makes it 10 again', () => {
    const stream = create({}, { inactivityCheck: true });
    expect(stream.nextDeadline).toBe(11_500);
    stream.receivePacket(media(1), 11_000);
    stream.onTimeout(11_500);
    expect([stream.score, stream.nextDeadline]).toEqual([10, 12_500]);
    stream.onTimeout(12_500);
    expect(stream.score).toBe(0);
    stream.receivePacket(media(2, { payload: [], padding: 4 }), 20_000);
    expect(stream.score).toBe(0);
    stream.receivePacket(media(3), 20_001);
    expect(events).toEqual([
      ['score', 0, 10],
      ['score', 10, 0],
    ]);
    expect(stream.activeTime(20_005)).toBe(4);
    expect(stream.packetCount).toBe(3);
  });

  it('is not put off by padding', () => {
    const stream = create({}, { inactivityCheck: true });
    stream.receivePacket(media(1), 11_000);
    stream.receivePacket(media(2, { payload: [], padding: 4 }), 12_000);
    for (const now of [11_500, 12_500]) stream.onTimeout(now);
    expect(stream.score).toBe(0);
  });

  it('takes longer with DTX', () => {
    expect(create({ useDtx: true }, { inactivityCheck: true }).nextDeadline).toBe(15_000);
  });

  it('is not looked for while paused', () => {
    const stream = create({}, { inactivityCheck: true });
    stream.pause();
    expect(stream.nextDeadline).toBe(Infinity);
    stream.resume(20_000);
    expect(stream.nextDeadline).toBe(21_500);
  });

  it('is not looked for after a pause if the stream was silent before', () => {
    const stream = create({}, { inactivityCheck: true });
    stream.onTimeout(11_500);
    stream.pause();
    stream.resume(20_000);
    expect(stream.nextDeadline).toBe(Infinity);
    stream.receivePacket(media(1), 30_000);
    expect([stream.score, stream.nextDeadline]).toEqual([10, 31_500]);
  });

  it('is not looked for without check', () => {
    const stream = create();
    stream.receivePacket(media(1), 10_000);
    stream.resume(20_000);
    expect(stream.nextDeadline).toBe(Infinity);
  });
});

describe('RtpStreamRecv layers', () => {
  /** VP9 with layer indices. */
  const vp9 = (seq: number, spatial: number, temporal: number, size = 100) =>
    media(seq, { payload: [0x20, (temporal << 5) | (spatial << 1), 0, ...Array<number>(size).fill(1)] });

  it('have a bitrate each', () => {
    const stream = create({ mimeType: 'video/VP9', spatialLayers: 2, temporalLayers: 2, useNack: false });
    const length = vp9(0, 0, 0).length;
    stream.receivePacket(vp9(1, 0, 0), 10_000);
    stream.receivePacket(vp9(2, 0, 1), 10_000);
    stream.receivePacket(vp9(3, 1, 0), 10_000);
    const one = Math.round((length * 8000) / 2500);
    expect(stream.layerBitrate(0, 0, 10_000)).toBe(one);
    expect(stream.spatialLayerBitrate(0, 10_000)).toBe(2 * one);
    expect(stream.bitrateUpTo(1, 0, 10_000)).toBe(3 * one);
    expect(stream.bitrateUpTo(1, 1, 10_000)).toBe(0);
    expect(stream.bitrate(10_000)).toBe(3 * one);
    expect(stream).toMatchObject({ packetCount: 3, byteCount: 3 * length });
  });

  it.each([
    [false, 2500],
    [true, 6000],
  ])('with DTX, %s: have the bitrate of the last %i ms', (useDtx, window) => {
    const stream = create({ useDtx, useNack: false });
    const packet = media(1);
    stream.receivePacket(packet, 10_000);
    const bitrate = Math.round((packet.length * 8000) / window);
    expect([9_999, 10_000].map(after => stream.bitrate(after + window))).toEqual([bitrate, 0]);
  });

  it('count the picture id of VP8 as two bytes, as it is forwarded', () => {
    const stream = create();
    const packet = parse(buildPacket({ ssrc: 1111, sequenceNumber: 1, payload: [0x90, 0x80, 5, 1] }), 8)!;
    const { length } = packet;
    stream.receivePacket(packet, 10_000);
    expect(stream.byteCount).toBe(length + 1);
    expect(stream.bitrate(10_000)).toBe(Math.round(((length + 1) * 8000) / 2500));
  });

  it('beyond the announced ones count as the last', () => {
    const stream = create({ mimeType: 'video/VP9', useNack: false });
    stream.receivePacket(vp9(1, 2, 2), 10_000);
    expect(stream.layerBitrate(0, 0, 10_000)).toBeGreaterThan(0);
    expect(stream.layerBitrate(2, 2, 10_000)).toBe(0);
  });

  it('are watched every 1500 ms', () => {
    const stream = create({ mimeType: 'video/VP9', spatialLayers: 2, useNack: false });
    stream.receivePacket(vp9(1, 0, 0), 11_000);
    stream.onTimeout(11_500);
    expect(events).toEqual([['activity']]);
    stream.onTimeout(13_000);
    expect(events).toHaveLength(1);
    stream.onTimeout(14_500);
    expect(events).toHaveLength(2);
    expect(stream.nextDeadline).toBe(16_000);
  });
});

describe('RtpStreamRecv capture times', () => {
  it('are computed from sender reports, up to 10 s away', () => {
    const stream = create();
    expect(stream.captureTimeBySenderReport(0)).toBeNaN();
    stream.receiveSenderReport(100, 0, 0xffffff00, 10_000);
    expect(stream.captureTimeBySenderReport(0xffffff00)).toBe(100e6);
    expect(stream.captureTimeBySenderReport((0xffffff00 + 9000) >>> 0)).toBe(100.1e6);
    expect(stream.captureTimeBySenderReport(0xffffff00 - 90_000)).toBe(99e6);
    expect(stream.captureTimeBySenderReport((0xffffff00 + 900_000) >>> 0)).toBe(110e6);
    expect(stream.captureTimeBySenderReport((0xffffff00 + 900_001) >>> 0)).toBeNaN();
    expect(stream.captureTimeBySenderReport(0xffffff00 - 900_001)).toBeNaN();
  });

  it('are computed from abs-capture-time, up to 5 s away', () => {
    const stream = create();
    const packet = (seq: number, timestamp: number, value: number[]) => {
      const one = media(seq, { timestamp, extensions: [[3, value]] });
      const ids = createHeaderExtensionIds();
      ids[HeaderExtension.absCaptureTime] = 3;
      one.extensionIds = ids;
      return one;
    };
    stream.receivePacket(packet(1, 1000, [...uint(200, 4), ...uint(0x80000000, 4)]), 10_000);
    expect(stream.captureTimeByAbsCaptureTime(1000 + 90_000)).toBe(201.5e6);
    stream.receivePacket(packet(2, 2000, uint(0, 8)), 10_000);
    expect(stream.captureTimeByAbsCaptureTime(1000)).toBe(200.5e6);
    expect(stream.captureTimeByAbsCaptureTime(1000 + 450_000)).toBe(205.5e6);
    expect(stream.captureTimeByAbsCaptureTime(1000 + 450_001)).toBeNaN();
  });
});
