import { beforeEach, describe, expect, it } from 'vitest';
import { PacketMemory } from '../../../src/common/packet-memory.js';
import { type RetransmissionBuffer } from '../../../src/rtp/retransmission-buffer.js';
import { RtpPacket } from '../../../src/rtp/rtp-packet.js';
import { RtpStreamSend } from '../../../src/rtp/rtp-stream-send.js';
import { type RtpStreamParams } from '../../../src/rtp/rtp-stream.js';
import { compactNtp } from '../../../src/rtp/time.js';

let memory: PacketMemory;
let resent: number[];
let scores: number[];
let padding: number[];
beforeEach(() => {
  memory = new PacketMemory();
  resent = [];
  scores = [];
  padding = [];
});

const NTP_OFFSET = 3_900_000_000e6;

function create(params: Partial<RtpStreamParams> = {}): RtpStreamSend {
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
  const owner = {
    onRtpStreamScore: (_: unknown, score: number) => scores.push(score),
    onRtpStreamRetransmit: (buffer: RetransmissionBuffer, slot: number) => resent.push(buffer.seq(slot)),
    onRtpStreamPadding: (buffer: RetransmissionBuffer, slot: number) => padding.push(buffer.seq(slot)),
  };
  return new RtpStreamSend(all, undefined, 0, memory, NTP_OFFSET, owner, 10_000);
}

/** A packet in packet memory. */
function store(length: number, payloadLength: number, captureAtUs = NaN): RtpPacket {
  return Object.assign(new RtpPacket(), { handle: memory.allocate(100), length, payloadLength, captureAtUs });
}

/** Sends packets whose timestamps are 10 ms apart per sequence number unless told. */
function send(stream: RtpStreamSend, seqs: number[], timestamp?: number, now = 10_000): boolean[] {
  return seqs.map(seq => {
    const packet = store(112, 100);
    const sent = stream.receivePacket(packet, seq, timestamp ?? seq * 900, false, -1, now);
    memory.release(packet.handle);
    return sent;
  });
}

describe('RtpStreamSend retransmission', () => {
  it('sends again what it was asked for', () => {
    const stream = create();
    send(stream, [21006, 21007, 21008, 21009, 21010]);
    stream.receiveNackItem(21006, 0b1111, 10_000);
    expect(resent).toEqual([21006, 21007, 21008, 21009, 21010]);
    expect(stream).toMatchObject({ nackPacketCount: 5, packetsRetransmitted: 5, packetsRepaired: 5 });
  });

  it('leaves out what it does not have', () => {
    const stream = create();
    send(stream, [65535, 1], 1000);
    stream.receiveNackItem(65534, 0b111, 10_000);
    expect(resent).toEqual([65535, 1]);
  });

  it('has nothing without NACK', () => {
    const stream = create({ useNack: false });
    expect(send(stream, [1, 2, 2])).toEqual([true, true, true]);
    stream.receiveNackItem(1, 1, 10_000);
    expect(resent).toEqual([]);
    expect(memory.slotsInUse).toBe(0);
  });

  it('does not send again within a round trip time', () => {
    const stream = create();
    send(stream, [1, 2]);
    for (const now of [10_000, 10_100, 10_101]) stream.receiveNackItem(1, 0, now);
    expect(resent).toEqual([1, 1]);
    stream.rtt = 20;
    for (const now of [10_121, 10_122]) stream.receiveNackItem(1, 0, now);
    expect(resent).toHaveLength(3);
    stream.rtt = 0.5;
    for (const now of [10_122, 10_123]) stream.receiveNackItem(1, 0, now);
    expect(resent).toHaveLength(4);
    // Only the first one counts as a repair.
    expect(stream).toMatchObject({ packetsRetransmitted: 4, packetsRepaired: 1 });
  });

  it.each([
    ['video', 'video/VP8', 90_000, 2000],
    ['audio', 'audio/opus', 48_000, 1000],
  ])('keeps %s for a limited time', (_, mimeType, clockRate, limit) => {
    const stream = create({ mimeType, clockRate });
    send(stream, [1], 0);
    send(stream, [2], (limit * clockRate) / 1000);
    stream.receiveNackItem(1, 0, 10_000);
    expect(resent).toEqual([1]);
    send(stream, [3], ((limit + 1) * clockRate) / 1000);
    stream.receiveNackItem(1, 0, 20_000);
    expect(resent).toEqual([1]);
  });

  it('keeps packets of 2500 sequence numbers', () => {
    const stream = create();
    send(stream, Array.from({ length: 2501 }, (_, i) => i + 1), 0); // prettier-ignore
    stream.receiveNackItem(1, 1, 10_000);
    expect(resent).toEqual([2]);
  });

  it('sends no packet twice', () => {
    expect(send(create(), [1, 2, 2, 1, 3])).toEqual([true, true, false, false, true]);
  });

  it('forgets all when sequence numbers start anew', () => {
    const stream = create();
    send(stream, [1, 2, 3]);
    expect(send(stream, [20_000, 20_001])).toEqual([false, true]);
    stream.receiveNackItem(2, 0, 10_000);
    expect(resent).toEqual([]);
  });

  it('gives all packets back', () => {
    const stream = create();
    send(stream, [1, 2, 3]);
    expect(memory.slotsInUse).toBe(3);
    stream.pause();
    expect(memory.slotsInUse).toBe(0);
    send(stream, [4]);
    stream.close();
    expect(memory.slotsInUse).toBe(0);
  });
});

describe('RtpStreamSend reports', () => {
  it('relates wall-clock time to the timestamp of what is captured now', () => {
    const stream = create();
    expect(stream.senderReport(10_000)).toBeUndefined();
    // Captured 250 ms before it is sent.
    stream.receivePacket(store(112, 100, 9_750_000), 1, 1000, false, -1, 10_000);
    const report = stream.senderReport(10_100)!;
    expect(report).toEqual({
      ssrc: 1111,
      ntpSeconds: 3_900_000_010,
      ntpFraction: Math.floor(0.1 * 2 ** 32),
      rtpTimestamp: 1000 + 31_500,
      packetCount: 1,
      octetCount: 112,
    });
  });

  it('is not there before the first packet, early as it may be', () => {
    expect(create().senderReport(0)).toBeUndefined();
  });

  it('does not take what is captured later for captured now', () => {
    const stream = create();
    stream.receivePacket(store(112, 100, 10_200_000), 1, 1000, false, -1, 10_000);
    expect(stream.senderReport(10_100)!.rtpTimestamp).toBe(1000);
  });

  it('goes by the moment of sending if that of capturing is unknown', () => {
    const stream = create();
    send(stream, [1], 4_294_967_295);
    expect(stream.senderReport(10_100)!.rtpTimestamp).toBe(8999);
  });

  it('counts no octets of padding', () => {
    const stream = create();
    stream.receivePacket(store(255, 0), 1, 1000, false, -1, 10_000);
    expect(stream.senderReport(10_100)).toMatchObject({ packetCount: 1, octetCount: 0 });
  });

  it('has the bitrate of the last 2500 ms', () => {
    const stream = create();
    send(stream, [1]);
    const bitrate = Math.round((112 * 8000) / 2500);
    expect([12_499, 12_500].map(now => stream.bitrate(now))).toEqual([bitrate, 0]);
  });

  it('stop 2 s after the last new timestamp', () => {
    const stream = create();
    send(stream, [1, 2], 1000);
    send(stream, [3], 1000, 11_000);
    expect(stream.senderReport(12_000)).toBeDefined();
    expect(stream.senderReport(12_001)).toBeUndefined();
  });

  it('answers to reference times', () => {
    const stream = create();
    expect(stream.delaySinceLastReceiverReport(10_000)).toBeUndefined();
    stream.receiveReceiverReferenceTime(0x12345678, 0x9abcdef0, 10_000);
    expect(stream.delaySinceLastReceiverReport(10_500)).toEqual({
      ssrc: 1111,
      lastReceiverReport: 0x56789abc,
      delaySinceLastReceiverReport: 32768,
    });
  });
});

describe('RtpStreamSend score', () => {
  const report = (stream: RtpStreamSend, totalLost: number) =>
    stream.receiveReceptionReport(13, totalLost, 7, 0, 0, 10_000);

  it('falls with reported loss', () => {
    const stream = create({ useNack: false });
    send(stream, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    report(stream, 2);
    expect(stream).toMatchObject({ packetsLost: 2, fractionLost: 13, jitter: 7 });
    // (8/10)^4 = 0.41
    expect(scores).toEqual([4]);
    // Nothing was sent, which is not bad; the average by weights 1 and 2 is 8.
    report(stream, 2);
    expect(scores).toEqual([4, 8]);
  });

  it('is the average of the last 24 intervals, the latest of which count most', () => {
    const stream = create({ useNack: false });
    let seq = 0;
    let lost = 0;
    const intervals = (count: number, lostEach: number): void => {
      for (let i = 0; i < count; i++) {
        send(stream, [++seq]);
        report(stream, (lost += lostEach));
      }
    };
    intervals(30, 1);
    expect(stream.score).toBe(0);
    intervals(10, 0);
    // Weights 15 to 24 of 1 to 24: 6.5.
    expect(stream.score).toBe(7);
  });

  it('takes negative loss for none', () => {
    const stream = create({ useNack: false });
    send(stream, [1, 2]);
    report(stream, -5);
    expect(stream).toMatchObject({ packetsLost: -5, score: 10 });
    send(stream, [3, 4]);
    report(stream, 0);
    expect(stream.score).toBe(10);
  });

  it('cannot be worse than if all was lost', () => {
    const stream = create({ useNack: false });
    send(stream, [1, 2]);
    report(stream, 5);
    expect(stream.score).toBe(0);
  });

  it('minds what was repaired', () => {
    const stream = create();
    send(stream, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    stream.receiveNackItem(1, 1, 10_000);
    report(stream, 2);
    // 2 of 10 were lost and repaired: weight (10/12)^4 = 0.48, so trunc(2 - 0.96) = 1 is lost, (9/10)^4 = 0.66
    expect(stream.score).toBe(7);
  });

  it('minds no more repairs than there were losses', () => {
    const stream = create();
    send(stream, Array.from({ length: 20 }, (_, i) => i + 1)); // prettier-ignore
    stream.receiveNackItem(1, 0b111111111, 10_000);
    report(stream, 3);
    // 3 of 20: weight (20/23)^4 * 3/10 = 0.17, so trunc(3 - 0.51) = 2 are lost, (18/20)^4 = 0.66
    expect(stream.score).toBe(7);
  });

  it('measures the round trip time', () => {
    const stream = create();
    stream.receiveReceptionReport(0, 0, 0, compactNtp(3_900_000_009, 0x80000000), 0.4 * 65536, 10_000);
    expect(stream.rtt).toBeCloseTo(100, 1);
  });
});
