import { beforeEach, describe, expect, it } from 'vitest';
import { DropReason } from '../../../src/common/drop-reason.js';
import { TimerQueue } from '../../../src/common/timer-queue.js';
import { type CompoundBuilder } from '../../../src/rtp/rtcp/compound.js';
import { RtcpPacketType } from '../../../src/rtp/rtcp/rtcp-packet.js';
import { type WorkerContext } from '../../../src/worker/context.js';
import { type TransportConsumers } from '../../../src/worker/transport-consumers.js';
import { type TransportProducers } from '../../../src/worker/transport-producers.js';
import { TransportRtcp } from '../../../src/worker/transport-rtcp.js';
import { emptyReportBlock, hex } from '../rtp/support.js';

/** SSRCs: of a Consumer, of its RTX, of a Producer, of nobody. */
const [CONSUMER, RTX, PRODUCER] = [0xaa, 0xbb, 0xcc];

/** What was called, with the arguments. */
let calls: unknown[][];
const note =
  (name: string) =>
  (...values: unknown[]): void =>
    void calls.push([name, ...values]);

let timers: TimerQueue;
let random: number;
/** Reports that each round has. */
let sending: number;
let receiving: number;
/** Packet type and length of what was sent when. */
let sent: [at: number, type: number, length: number][];
let now: number;
let rtcp: TransportRtcp;

const TIME = { ntpSeconds: 1, ntpFraction: 2 };
const consumer = {
  active: true,
  rtt: 40,
  rtcp: {
    getRtcp: (compound: CompoundBuilder) =>
      compound.addSenders(
        Array.from({ length: sending }, (_, ssrc) => ({
          report: { ssrc, ...TIME, rtpTimestamp: 3, packetCount: 4, octetCount: 5 },
          cname: new Uint8Array(2),
          delay: undefined,
        })),
      ),
    receiveReceiverReport: note('receiver report'),
    receiveReceiverReferenceTime: note('reference time'),
    receiveNack: note('NACK'),
    receiveNackItem: note('NACK item'),
    receiveKeyFrameRequest: note('key frame'),
  },
};
const producer = {
  rtcp: {
    getRtcp: (compound: CompoundBuilder) =>
      compound.addReceivers(
        Array.from({ length: receiving }, (_, ssrc) => emptyReportBlock(ssrc)),
        TIME,
      ),
    receiveSenderReport: note('sender report'),
    receiveDelaySinceLastReceiverReport: note('delay'),
  },
};

beforeEach(() => {
  calls = [];
  sent = [];
  random = 0;
  now = 0;
  [sending, receiving] = [0, 1];
  timers = new TimerQueue();
  const context = { runtime: { timers, random: { uint32: () => random } } } as unknown as WorkerContext;
  const idle = { ...consumer, active: false, rtt: 1 };
  const consumers = {
    [Symbol.iterator]: () => [idle, consumer][Symbol.iterator](),
    findBySsrc: (ssrc: number) => (ssrc === CONSUMER ? consumer : undefined),
    findByRtxSsrc: (ssrc: number) => (ssrc === RTX ? consumer : undefined),
    outgoing: {
      receiveRemb: note('REMB'),
      receiveTransportFeedback: (_: unknown, at: number) => note('feedback')(at),
      receiveReportBlock: note('report block'),
      receiveReceiverReport: note('reports end'),
    },
  };
  const producers = {
    [Symbol.iterator]: () => [producer][Symbol.iterator](),
    findBySsrc: (ssrc: number) => (ssrc === PRODUCER ? producer : undefined),
  };
  rtcp = new TransportRtcp(
    context,
    producers as unknown as TransportProducers,
    consumers as unknown as TransportConsumers,
    (bytes, offset, length) => sent.push([now, bytes[offset + 1], length]),
  );
});

function run(end: number): void {
  for (; now <= end; now += 50) timers.run(now);
}

describe('reports of a transport', () => {
  it.each([
    [0, 1000],
    [5, 1500],
    [6, 1000],
  ])('begin after 500 ms, and with the random number %i come every %i ms', (given, interval) => {
    random = given;
    rtcp.start(0);
    run(5000);
    const times = sent.map(([at]) => at);
    expect(times.slice(0, 3)).toEqual([500, 500 + interval, 500 + 2 * interval]);
  });

  it('begin anew with each connection, and end with it', () => {
    rtcp.start(0);
    run(400);
    rtcp.start(now);
    run(1400);
    rtcp.stop();
    run(5000);
    expect(sent.map(([at]) => at)).toEqual([950]);
  });

  it('are of Consumers first, and lie in one packet if they fit', () => {
    [sending, receiving] = [1, 2];
    rtcp.start(0);
    run(500);
    // Two Consumers: 2 * (28 + 8) and the header of SDES; 8 + 2 * 24 of the receiver report, 20 of XR.
    expect(sent).toEqual([[500, RtcpPacketType.senderReport, 2 * 40 + 4 + 8 + 48 + 20]]);
  });

  it('are sent and go on in another packet if they do not fit', () => {
    [sending, receiving] = [20, 40];
    rtcp.start(0);
    run(500);
    expect(sent.map(([, type]) => type)).toEqual([200, 200, 201]);
  });

  it('are not sent if there are none but a reference time', () => {
    receiving = 0;
    rtcp.start(0);
    run(5000);
    expect(sent).toEqual([]);
  });
});

describe('received RTCP', () => {
  const block = (ssrc: number): string =>
    `${ssrc.toString(16).padStart(8, '0')} 40000010 00010203 00000007 47002666 00000009`;
  const read = (...packets: string[]): DropReason => {
    const bytes = Uint8Array.from(hex(packets.join('')));
    return rtcp.receive(bytes, 0, bytes.length, 5);
  };
  const { none, rtcpUnknownStream } = DropReason;

  it.each<[string, string, unknown[][]]>([
    [
      'receiver report',
      `81c90007 00000001 ${block(CONSUMER)}`,
      [
        ['receiver report', CONSUMER, 0x40, 16, 7, 0x47002666, 9, 5],
        ['report block', CONSUMER, 0x10203, 16],
        ['reports end', 40, 5],
      ],
    ],
    ['receiver report on RTX', `81c90007 00000001 ${block(RTX)}`, [['reports end', 40, 5]]],
    ['receiver report on probation', `81c90007 00000001 ${block(1234)}`, [['reports end', 40, 5]]],
    [
      'sender report',
      '80c80006 000000cc 00000001 00000002 00000003 00000004 00000005',
      [['sender report', PRODUCER, 1, 2, 3, 4, 5, 5]],
    ],
    ['delay', '80cf0005 00000001 05000003 000000cc 00000002 00000003', [['delay', PRODUCER, 2, 3, 5]]],
    ['delay of the sender itself', '80cf0005 000000cc 05000003 00000000 00000002 00000003', [['delay', PRODUCER, 2, 3, 5]]],
    [
      'reference time, for all Consumers',
      '80cf0004 00000001 04000002 00000002 00000003',
      [
        ['reference time', 2, 3, 5],
        ['reference time', 2, 3, 5],
      ],
    ],
    ['PLI', '81ce0002 00000001 000000aa', [['key frame', CONSUMER, 'pli', 5]]],
    ['PLI for probation', '81ce0002 00000001 000004d2', []],
    ['FIR, by its items', '84ce0004 00000001 00000000 000000aa 09000000', [['key frame', CONSUMER, 'fir', 5]]],
    ['REMB', '8fce0005 00000001 00000000 52454d42 0103ffff 000000aa', [['REMB', 0x3ffff, 5]]],
    [
      'NACK',
      '81cd0003 00000001 000000aa 00640003',
      [
        ['NACK', CONSUMER, 5],
        ['NACK item', CONSUMER, 100, 3, 5],
      ],
    ],
    ['transport-wide feedback', '8fcd0005 00000000 00000000 00010001 00000205 20010400', [['feedback', 5]]],
    ['SDES', '81ca0003 00000001 01036162 63000000', []],
    ['BYE', '81cb0001 000000cc', []],
    ['SLI', '82ce0003 00000001 000000aa 00000000', []],
    ['ECN', '88cd0002 00000001 000000aa', []],
  ])('reaches whom it concerns: %s', (_, packet, expected) => {
    expect(read(packet)).toBe(none);
    expect(calls).toEqual(expected);
  }); // prettier-ignore

  it.each([
    ['receiver report', `81c90007 00000001 ${block(0xdd)}`],
    ['sender report', '80c80006 000000dd 00000001 00000002 00000003 00000004 00000005'],
    ['sender report of a Consumer', '80c80006 000000aa 00000001 00000002 00000003 00000004 00000005'],
    ['delay', '80cf0005 00000001 05000003 000000dd 00000002 00000003'],
    ['PLI', '81ce0002 00000001 000000dd'],
    ['FIR', '84ce0004 00000001 000000aa 000000dd 09000000'],
    ['NACK', '81cd0003 00000001 000000dd 00640003'],
  ])('about an unknown stream is counted, and what is behind it read: %s', (_, packet) => {
    expect(read(packet, '81ce0002 00000001 000000aa')).toBe(rtcpUnknownStream);
    expect(calls.filter(([name]) => name !== 'reports end')).toEqual([['key frame', CONSUMER, 'pli', 5]]);
  });
});
