import { beforeEach, describe, expect, it, vi } from 'vitest';
import { DropReason } from '../../../src/common/drop-reason.js';
import { TraceEventType } from '../../../src/channel/fbs/consumer.js';
import { Type } from '../../../src/channel/fbs/rtp-parameters.js';
import { CompoundBuilder } from '../../../src/rtp/rtcp/compound.js';
import { type Consumer } from '../../../src/worker/consumer.js';
import { type Producer } from '../../../src/worker/producer.js';
import { buildPacket, packetBytes, type PacketParts, payloadBytes, uint } from '../rtp/support.js';
import {
  type ConsumeOptions,
  consumeRequest,
  MediaHarness,
  type ProduceOptions,
  produceRequest,
  DELTA_FRAME,
  KEY_FRAME,
} from './media-support.js';

const PLAIN = { considersLoss: false, isCongested: false };

let harness: MediaHarness;
let producer: Producer;
let consumer: Consumer;

function setUp(produceOptions: ProduceOptions = {}, consumeOptions: ConsumeOptions = {}, connected = true): void {
  harness = new MediaHarness();
  producer = harness.produce(produceRequest(produceOptions));
  consumer = harness.consume(consumeRequest(consumeOptions), connected);
  harness.takeEvents();
}

/** A key frame if the sequence number is a string, else another frame. */
function send(...seqs: (number | string)[]): void {
  for (const seq of seqs) {
    receive({ sequenceNumber: Number(seq), payload: typeof seq === 'string' ? KEY_FRAME : DELTA_FRAME });
  }
}

function receive(parts: PacketParts): void {
  const timestamp = (parts.sequenceNumber ?? 0) * 3000;
  harness.receive(producer, buildPacket({ ssrc: 1111, payloadType: 100, payload: KEY_FRAME, timestamp, ...parts }));
}

/** Sequence numbers sent since the last call, relative to the first one of all. */
let firstSeq: number | undefined;
function sentSeqs(): number[] {
  return harness.takeSent().map(({ sequenceNumber }) => {
    firstSeq ??= sequenceNumber;
    return sequenceNumber - firstSeq;
  });
}

beforeEach(() => (firstSeq = undefined));

describe('a simple Consumer', () => {
  beforeEach(() => setUp({}, { mid: '7' }));

  it('sends what the Producer receives, as its own', () => {
    receive({ sequenceNumber: 500, timestamp: 12345, marker: true });
    const [packet] = harness.takeSent();
    expect(packet).toMatchObject({ ssrc: 5001, payloadType: 101, timestamp: 12345, marker: true });
    expect(packet.sequenceNumber).toBeGreaterThan(1000);
    expect(payloadBytes(packet)).toEqual(KEY_FRAME);
    expect([packet.readMid(), packet.readTransportWideCc(), packet.readAbsSendTime()]).toEqual(['7', 77, 0x123456]);
  });

  it('begins with a key frame, and sends what came before its first packet but belongs to it', () => {
    send(1, 5, 3, '2', 6);
    // 1 is before the key frame; 3 and 5 come along with it.
    expect(sentSeqs()).toEqual([0, 1, 3, 4]);
    expect(harness.dropped(DropReason.consumerWaitsForKeyFrame)).toBe(3);
  });

  it('tells before from behind the key frame also where sequence numbers wrap', () => {
    send(1, 65_533, '65535', 2);
    expect(sentSeqs()).toEqual([0, 2, 3]);
    setUp();
    firstSeq = undefined;
    send(65_535, 3, '1', 4);
    expect(sentSeqs()).toEqual([0, 2, 3]);
  });

  it('keeps nothing of what came before the key frame once that is there', () => {
    setUp({}, { codec: { feedback: [] } });
    send(1, 5, 3);
    expect(harness.memory.slotsInUse).toBe(3);
    send('2');
    harness.flush();
    expect(harness.memory.slotsInUse).toBe(0);
  });

  it('leaves no gap where padding was, and keeps those of the network', () => {
    send('1', 2);
    receive({ sequenceNumber: 3, payload: [], padding: 100 });
    send(4, 6, 5);
    expect(sentSeqs()).toEqual([0, 1, 2, 4, 3]);
    expect(harness.dropped(DropReason.consumerLayer)).toBe(1);
  });

  it('leaves out payload types that were not negotiated', () => {
    const mapped = produceRequest();
    mapped.rtpMapping.codecs.push({
      ...mapped.rtpMapping.codecs[0],
      payloadType: 13,
      mappedPayloadType: 13,
    });
    producer = harness.produce(mapped);
    send('1');
    receive({ sequenceNumber: 2, payloadType: 13 });
    send(3);
    expect(sentSeqs()).toEqual([0, 1]);
    expect(harness.dropped(DropReason.consumerPayloadType)).toBe(1);
  });

  it('sends nothing twice', () => {
    send('1', 2, 2, '1', 3);
    expect(sentSeqs()).toEqual([0, 1, 2]);
    expect(harness.dropped(DropReason.consumerDuplicate)).toBe(2);
  });

  it('asks for a key frame when it is resumed', () => {
    send('1', 2);
    consumer.pause(harness.now);
    consumer.pause(harness.now);
    send(3);
    expect(harness.dropped(DropReason.consumerInactive)).toBe(1);
    harness.takeEvents();
    consumer.resume(harness.now);
    consumer.resume(harness.now);
    expect(harness.takeEvents()).toEqual([
      ['keyFrame', 9001],
      ['PLI', 1111],
    ]);
    send(4, '5', 6);
    expect(sentSeqs()).toEqual([0, 1, 2, 3]);
  });

  it('follows the Producer', () => {
    send('1');
    harness.takeEvents();
    producer.pause(harness.now);
    expect([consumer.active, consumer.producerPaused]).toEqual([false, true]);
    producer.resume(harness.now);
    consumer.onProducerClosed(harness.now);
    expect(harness.takeEvents()).toEqual([
      ['CONSUMER_PRODUCER_PAUSE', 'c1'],
      ['keyFrame', 9001],
      ['PLI', 1111],
      ['CONSUMER_PRODUCER_RESUME', 'c1'],
      ['PLI', 1111],
      ['CONSUMER_PRODUCER_CLOSE', 'c1'],
      ['producerClosed', 'c1'],
    ]);
    expect(consumer.active).toBe(false);
  });

  it('sends only while connected', () => {
    send('1');
    harness.flush();
    consumer.onTransportDisconnected(harness.now);
    consumer.onTransportDisconnected(harness.now);
    // Nothing is kept for retransmission.
    expect(harness.memory.slotsInUse).toBe(0);
    send('2');
    consumer.onTransportConnected(harness.now);
    consumer.onTransportConnected(harness.now);
    send(3, '4');
    expect(sentSeqs()).toEqual([0, 1]);
  });

  it('tells of scores', () => {
    send('1');
    expect(harness.takeEvents()).toEqual([
      ['PRODUCER_SCORE', '0:10'],
      ['newStream', 9001],
      ['CONSUMER_SCORE', 'c1', 10, 10, 10],
    ]);
    for (let seq = 2; seq < 12; seq++) send(seq);
    consumer.rtcp.receiveReceiverReport(5001, 64, 5, 0, 0, 0, harness.now);
    expect(harness.takeEvents()).toEqual([['CONSUMER_SCORE', 'c1', 1, 10, 10]]);
  });

  it('has no layers', () => {
    const respond: unknown[] = [];
    consumer.setPreferredLayers({ spatialLayer: 1, temporalLayer: 1 }, layers => respond.push(layers), harness.now);
    expect([consumer.preferredLayers, respond]).toEqual([undefined, [undefined]]);
    expect(consumer.dump()).toMatchObject({
      preferredSpatialLayer: -1,
      targetSpatialLayer: -1,
      currentSpatialLayer: 0,
      preferredTemporalLayer: -1,
      targetTemporalLayer: -1,
      currentTemporalLayer: 0,
    });
  });

  it('takes a priority of at least 1', () => {
    expect(() => consumer.setPriority(0)).toThrow(new TypeError('wrong priority (must be higher than 0)'));
    consumer.setExternallyManagedBitrate();
    consumer.setPriority(200);
    // It counts when bitrate is distributed the next time.
    expect(harness.takeEvents()).toEqual([]);
    expect([consumer.dump().base.priority, consumer.bitratePriority]).toEqual([200, 200]);
    consumer.pause(harness.now);
    expect(consumer.bitratePriority).toBe(0);
  });

  it('takes the bitrate of its stream, once in a round', () => {
    for (let seq = 2; seq < 100; seq++) send(`${seq}`);
    const bitrate = consumer.desiredBitrate(harness.now);
    expect(bitrate).toBeGreaterThan(1000);
    expect(consumer.increaseLayer(1e6, PLAIN, harness.now)).toBe(bitrate);
    expect(consumer.increaseLayer(1e6, PLAIN, harness.now)).toBe(0);
    consumer.applyLayers(harness.now);
    expect(consumer.increaseLayer(1000, PLAIN, harness.now)).toBe(1000);
  });

  it('sends whatever bitrate there is', () => {
    send('1');
    consumer.setExternallyManagedBitrate();
    consumer.increaseLayer(0, PLAIN, harness.now);
    consumer.applyLayers(harness.now);
    send(2);
    expect(sentSeqs()).toEqual([0, 1]);
  });

  it('sends extensions that it did not negotiate', () => {
    setUp({ extensions: [['VideoOrientation', 9]] });
    expect(consumer.rtpParameters.headerExtensions).toEqual([]);
    receive({ sequenceNumber: 1, extensions: [[9, [5]]] });
    const [packet] = harness.takeSent();
    expect([...packet.bytes.subarray(packet.extensionOffset(8), packet.extensionOffset(8) + 1)]).toEqual([5]);
  });

  it('gives everything back', () => {
    send(1, 2, '3', 4);
    expect(harness.memory.slotsInUse).toBeGreaterThan(0);
    harness.close();
    expect(harness.memory.slotsInUse).toBe(0);
  });
});

describe('a Consumer and NACK', () => {
  it('sends again with RTX', () => {
    setUp({}, { mid: '7' });
    consumer.enableTraceEvents([TraceEventType.NACK, TraceEventType.RTP]);
    send('1');
    receive({ sequenceNumber: 2, payload: DELTA_FRAME, padding: 4, marker: true });
    const sent = harness.takeSent();
    const { sequenceNumber, timestamp } = sent[1];
    harness.takeEvents();
    consumer.rtcp.receiveNack(5001, harness.now);
    consumer.rtcp.receiveNackItem(5001, sequenceNumber, 0, harness.now);
    const [packet] = harness.takeSent();
    expect(packet).toMatchObject({ ssrc: 6001, payloadType: 102, timestamp, marker: true, paddingLength: 0 });
    expect(payloadBytes(packet)).toEqual([...uint(sequenceNumber, 2), ...DELTA_FRAME]);
    expect([packet.readMid(), packet.readTransportWideCc()]).toEqual(['7', 77]);
    expect(harness.takeEvents()).toMatchObject([
      ['CONSUMER_TRACE', 'c1', { type: TraceEventType.NACK, direction: 0 }],
      [
        'CONSUMER_TRACE',
        'c1',
        {
          type: TraceEventType.RTP,
          direction: 1,
          info: { isRtx: true, rtpPacket: { ssrc: 6001, mid: '7', wideSequenceNumber: 77, payloadSize: 6n } },
        },
      ],
    ]);
    consumer.rtcp.receiveNackItem(5001, sequenceNumber, 0, harness.now + 200);
    expect(harness.takeSent()[0].sequenceNumber).toBe((packet.sequenceNumber + 1) & 0xffff);
    expect(consumer.getStats(harness.now).stats[0]).toMatchObject({
      data: { base: { data: { nackCount: 1n, nackPacketCount: 2n, packetsRetransmitted: 2n, packetsRepaired: 1n } } },
    });
  });

  it('sends the same packet again without RTX', () => {
    setUp({}, { encodings: [{ ssrc: 5001 }], rtxPayloadType: undefined });
    send('1', 2);
    const [first] = harness.takeSent();
    consumer.rtcp.receiveNackItem(5001, first.sequenceNumber, 0, harness.now);
    expect(packetBytes(harness.takeSent()[0])).toEqual(packetBytes(first));
  });

  it('rewrites the payload the same again', () => {
    const layers = { consumable: ['L1T2'], preferredLayers: [0, 0] as [number, number] };
    setUp({ encodings: [{ ssrc: 1111, mode: 'L1T2' }] }, layers);
    // Picture id 500, TL0PICIDX 9, temporal layer 0 with Y.
    const payload = [0x90, 0xe0, 0x81, 0xf4, 9, 0x20, 0x00, 1, 2, 3];
    receive({ sequenceNumber: 1, payload });
    receive({ sequenceNumber: 2, payload });
    const first = harness.takeSent();
    expect(payloadBytes(first[0])).toEqual([0x90, 0xe0, 0x80, 0x01, 1, 0x20, 0x00, 1, 2, 3]);
    consumer.rtcp.receiveNackItem(5001, first[0].sequenceNumber, 0, harness.now);
    expect(payloadBytes(harness.takeSent()[0])).toEqual([
      ...uint(first[0].sequenceNumber, 2),
      ...payloadBytes(first[0]),
    ]);
  });

  it('does not notice what comes twice if NACK was not negotiated', () => {
    setUp({}, { codec: { feedback: [] } });
    send('1', 2, 2, 3);
    expect(sentSeqs()).toEqual([0, 1, 1, 2]);
  });

  it('ignores it while paused, and for other SSRCs', () => {
    setUp();
    consumer.enableTraceEvents([TraceEventType.NACK]);
    send('1', 2);
    const [first] = harness.takeSent();
    consumer.rtcp.receiveNack(999, harness.now);
    consumer.rtcp.receiveNackItem(999, first.sequenceNumber, 0, harness.now);
    consumer.pause(harness.now);
    harness.takeEvents();
    consumer.rtcp.receiveNack(5001, harness.now);
    consumer.rtcp.receiveNackItem(5001, first.sequenceNumber, 0, harness.now);
    expect([harness.takeSent(), harness.takeEvents()]).toEqual([[], []]);
  });

  it('shares stored packets with other Consumers', () => {
    setUp({}, { mid: 'one' });
    const other = harness.consume(consumeRequest({ id: 'c2', mid: 'another', encodings: [{ ssrc: 5002, rtx: 6002 }] }));
    send('1', 2);
    harness.flush();
    // However many Consumers there are, a packet is stored once.
    expect(harness.memory.slotsInUse).toBe(2);
    const sent = harness.takeSent();
    expect(sent.map(packet => [packet.ssrc, packet.readMid()])).toEqual([
      [5001, 'one'],
      [5002, 'another'],
      [5001, 'one'],
      [5002, 'another'],
    ]);
    other.rtcp.receiveNackItem(5002, sent[1].sequenceNumber, 0, harness.now);
    consumer.rtcp.receiveNackItem(5001, sent[0].sequenceNumber, 0, harness.now);
    expect(harness.takeSent().map(packet => [packet.ssrc, packet.readMid()])).toEqual([
      [6002, 'another'],
      [6001, 'one'],
    ]);
  });
});

describe('a Consumer and RTCP', () => {
  beforeEach(() => setUp());

  it('reports what it sent, once a second', () => {
    const length = () => {
      const compound = new CompoundBuilder();
      expect(consumer.rtcp.getRtcp(compound, harness.now)).toBe(true);
      return compound.length;
    };
    expect(length()).toBe(0);
    harness.advance(500);
    send('1');
    // Although there was nothing to report.
    expect(length()).toBe(0);
    harness.advance(400);
    // Sender report, and SDES with `cname`.
    expect(length()).toBe(28 + 16);
    harness.advance(500);
    expect(length()).toBe(0);
    consumer.rtcp.receiveReceiverReferenceTime(1, 2, harness.now);
    harness.advance(500);
    expect(length()).toBe(28 + 16 + 8 + 16);
  });

  it('passes key frame requests on', () => {
    consumer.enableTraceEvents([TraceEventType.PLI, TraceEventType.FIR]);
    send('1');
    harness.takeEvents();
    consumer.rtcp.receiveKeyFrameRequest(5001, 'pli', harness.now);
    consumer.rtcp.receiveKeyFrameRequest(5001, 'fir', harness.now);
    consumer.rtcp.receiveKeyFrameRequest(999, 'pli', harness.now);
    expect(harness.takeEvents()).toMatchObject([
      ['CONSUMER_TRACE', 'c1', { type: TraceEventType.PLI, direction: 0, info: { ssrc: 5001 } }],
      ['keyFrame', 9001],
      ['PLI', 1111],
      ['CONSUMER_TRACE', 'c1', { type: TraceEventType.FIR, direction: 0, info: { ssrc: 5001 } }],
      ['keyFrame', 9001],
    ]);
    consumer.pause(harness.now);
    consumer.rtcp.receiveKeyFrameRequest(5001, 'pli', harness.now);
    expect(harness.takeEvents()).toHaveLength(1);
    expect(consumer.getStats(harness.now).stats[0]).toMatchObject({
      data: { base: { data: { pliCount: 2n, firCount: 1n } } },
    });
  });

  it('knows the worst loss of its receiver while it sends', () => {
    consumer.rtcp.receiveReceiverReport(5001, 33, 1, 0, 0, 0, harness.now);
    expect(consumer.worstFractionLost(9001)).toBe(33);
    consumer.pause(harness.now);
    expect(consumer.worstFractionLost(9001)).toBe(0);
  });

  it('has the statistics of its stream and of the Producer', () => {
    expect(consumer.getStats(harness.now).stats).toHaveLength(1);
    send('1', 2);
    const { stats } = consumer.getStats(harness.now);
    expect(stats).toMatchObject([
      { data: { packetCount: 2n, base: { data: { ssrc: 5001, rtxSsrc: 6001 } } } },
      { data: { packetCount: 2n, base: { data: { ssrc: 1111 } } } },
    ]);
  });
});

describe('an audio Consumer', () => {
  const audio = { codec: { mimeType: 'audio/opus' } };

  it('begins with any packet', () => {
    setUp(audio, audio);
    receive({ sequenceNumber: 1, payload: [0xf8, 1, 2] });
    const [packet] = harness.takeSent();
    expect(packet.readTransportWideCc()).toBe(-1);
    expect(consumer.bitratePriority).toBe(0);
    expect(harness.takeEvents()).toEqual([
      ['PRODUCER_SCORE', '0:10'],
      ['newStream', 9001],
      ['CONSUMER_SCORE', 'c1', 10, 10, 10],
    ]);
    consumer.requestKeyFrame(harness.now);
    expect(harness.takeEvents()).toEqual([]);
  });

  it.each([
    [false, [0, 1, 2]],
    [true, [0, 1]],
  ])('leaves DTX out if it is told so: %s', (ignoreDtx, expected) => {
    setUp(audio, { ...audio, ignoreDtx });
    receive({ sequenceNumber: 1, payload: [0xf8, 1, 2] });
    receive({ sequenceNumber: 2, payload: [0xf8] });
    receive({ sequenceNumber: 3, payload: [0xf8, 1, 2] });
    expect(sentSeqs()).toEqual(expected);
    expect(harness.dropped(DropReason.consumerDtx)).toBe(ignoreDtx ? 1 : 0);
  });
});

describe('a Consumer of a codec whose key frames are looked for', () => {
  it.each([
    ['video/VP8', [0x10, 0x01], [0x10, 0x00]],
    ['video/VP9', [0x48, 0x00], [0x08, 0x00]],
    ['video/H264', [0x61, 0x88], [0x67, 0x42]],
    ['video/H265', [0x02, 0x01], [0x42, 0x01]],
  ])('begins with a key frame of %s', (mimeType, other, keyFrame) => {
    setUp({ codec: { mimeType } }, { codec: { mimeType } });
    receive({ sequenceNumber: 1, payload: other });
    expect(harness.takeSent()).toEqual([]);
    receive({ sequenceNumber: 2, payload: keyFrame });
    expect(harness.takeSent().map(payloadBytes)).toEqual([keyFrame]);
  });
});

describe('a Consumer of a codec whose key frames are not looked for', () => {
  it('begins with any packet', () => {
    setUp({ codec: { mimeType: 'video/AV1' } }, { codec: { mimeType: 'video/AV1' } });
    send(1, 2);
    expect(sentSeqs()).toEqual([0, 1]);
  });

  it('begins with any packet in a pipe, too', () => {
    setUp({ codec: { mimeType: 'video/AV1' } }, { codec: { mimeType: 'video/AV1' }, pipe: true });
    send(1, 2);
    expect(sentSeqs()).toEqual([0, 1]);
  });

  it('waits for a key frame if it has layers', () => {
    const codec = { mimeType: 'video/AV1' };
    setUp({ codec, encodings: [{ ssrc: 1111, mode: 'L1T2' }] }, { codec, consumable: ['L1T2'] });
    send(1, 2);
    expect(sentSeqs()).toEqual([]);
    expect(harness.dropped(DropReason.consumerWaitsForKeyFrame)).toBe(2);
  });
});

describe('a pipe Consumer', () => {
  const encodings = [{ ssrc: 1111 }, { ssrc: 1112 }];
  beforeEach(() => setUp({ encodings }, { pipe: true, consumable: ['L1T3', 'L1T3'] }));

  it('passes all streams on, each from a key frame on', () => {
    send('1', 2);
    receive({ ssrc: 1112, sequenceNumber: 7, payload: DELTA_FRAME });
    receive({ ssrc: 1112, sequenceNumber: 8, marker: true });
    expect(harness.takeSent().map(({ ssrc, marker }) => [ssrc, marker])).toEqual([
      [5001, false],
      [5001, false],
      [5002, true],
    ]);
  });

  it('asks for key frames of all streams', () => {
    consumer.pause(harness.now);
    consumer.resume(harness.now);
    consumer.requestKeyFrame(harness.now);
    consumer.rtcp.receiveKeyFrameRequest(5002, 'pli', harness.now);
    expect(harness.takeEvents()).toEqual(
      [1, 2, 3].flatMap(() => [
        ['keyFrame', 9001],
        ['keyFrame', 9002],
      ]),
    );
  });

  it('asks for no key frames of audio', () => {
    setUp({ codec: { mimeType: 'audio/opus' } }, { pipe: true, codec: { mimeType: 'audio/opus' } });
    consumer.pause(harness.now);
    consumer.resume(harness.now);
    consumer.requestKeyFrame(harness.now);
    expect(harness.takeEvents()).toEqual([]);
  });

  it('retransmits per stream', () => {
    send('1');
    receive({ ssrc: 1112, sequenceNumber: 8 });
    const [, second] = harness.takeSent();
    consumer.rtcp.receiveNackItem(5002, second.sequenceNumber, 0, harness.now);
    expect(harness.takeSent()[0].ssrc).toBe(6002);
  });

  it('has neither score events nor layers, and takes no bitrate', () => {
    send('1');
    expect(harness.takeEvents()).toEqual([
      ['PRODUCER_SCORE', '0:10'],
      ['newStream', 9001],
    ]);
    expect(consumer.score).toMatchObject({ score: 10, producerScore: 10, producerScores: Uint8Array.of(10, 0) });
    expect([consumer.increaseLayer(1e9, PLAIN, 0), consumer.desiredBitrate(0), consumer.bitratePriority]).toEqual([
      0, 0, 1,
    ]);
    expect(consumer.dump()).toMatchObject({ currentSpatialLayer: -1, base: { type: Type.PIPE } });
  });
});

describe('the sequence numbers of a Consumer', () => {
  /** The first one of a new worker, whose random numbers are always the same. */
  function first(produced: ProduceOptions, consumed: ConsumeOptions, ssrc = 1111): number {
    setUp(produced, consumed);
    receive({ ssrc, sequenceNumber: 7, marker: true });
    return harness.takeSent()[0].sequenceNumber;
  }

  it('begin behind a number from 1000 to 32767, those of simulcast one later', () => {
    const simple = first({}, {});
    expect(simple).toBeGreaterThan(1000);
    expect(simple).toBeLessThanOrEqual(32768);
    expect(first({ encodings: [{ ssrc: 1111, mode: 'L1T2' }] }, { consumable: ['L1T2'] })).toBe(simple);
    const simulcast = { encodings: [{ ssrc: 1111 }, { ssrc: 1112 }] };
    expect(first(simulcast, { consumable: ['S1T1', 'S1T1'] })).toBe(simple + 1);
  });

  it.each([
    [0, 1001],
    [31_767, 32_768],
    [31_768, 1001],
  ])('begin where the random number %i says: at %i', (random, expected) => {
    setUp();
    vi.spyOn(harness.media.random, 'uint32').mockReturnValue(random);
    harness.consumers.length = 0;
    harness.consume(consumeRequest());
    send('1');
    expect(harness.takeSent()[0].sequenceNumber).toBe(expected);
  });
});

describe('Consumer parameters', () => {
  const vp9 = { mimeType: 'video/VP9' };
  it.each<[string, ConsumeOptions]>([
    ['invalid encoding in rtpParameters (missing ssrc)', { encodings: [{}] }],
    ['invalid encoding in rtpParameters (missing rtx.ssrc)', { encodings: [{ ssrc: 1, rtx: 0 }] }],
    ['empty consumableRtpEncodings', { encodings: [{ ssrc: 1 }], consumable: [] }],
    [
      'number of rtpParameters.encodings and consumableRtpEncodings do not match',
      { pipe: true, encodings: [{ ssrc: 1 }], consumable: ['S1T1', 'S1T1'] },
    ],
    [
      'encoding.spatialLayers does not match number of consumableRtpEncodings',
      { encodings: [{ ssrc: 1 }], consumable: ['S1T1', 'S1T1'] },
    ],
    ['video/VP9 codec not supported for simulcast', { codec: vp9, consumable: ['S1T1', 'S1T1'] }],
    ['invalid number of layers', { encodings: [{ ssrc: 1 }], consumable: ['L1T3'] }],
    ['invalid id 0', { extensions: [['Mid', 0]] }],
  ])('%s', (message, options) => {
    const request = consumeRequest({ consumable: ['S1T1'], ...options });
    expect(() => new MediaHarness().consume(request)).toThrow(new TypeError(message));
  });

  it('wrong encoding in consumableRtpEncodings (missing ssrc)', () => {
    const request = consumeRequest({ consumable: ['S1T1', 'S1T1'] });
    request.consumableRtpEncodings[1].ssrc = 0;
    const message = 'wrong encoding in consumableRtpEncodings (missing ssrc)';
    expect(() => new MediaHarness().consume(request)).toThrow(new TypeError(message));
  });

  it('decide about the type', () => {
    const typeOf = (options: ConsumeOptions) => new MediaHarness().consume(consumeRequest(options)).type;
    expect(typeOf({})).toBe(Type.SIMPLE);
    expect(typeOf({ consumable: ['L1T3'] })).toBe(Type.SVC);
    expect(typeOf({ consumable: ['L1T3', 'L1T3'] })).toBe(Type.SIMULCAST);
    expect(typeOf({ consumable: ['L1T3', 'L1T3'], pipe: true })).toBe(Type.PIPE);
  });

  it.each<[ConsumeOptions['preferredLayers'], [number, number]]>([
    [undefined, [2, 2]],
    [
      [1, undefined],
      [1, 2],
    ],
    [
      [0, 1],
      [0, 1],
    ],
    [
      [9, 9],
      [2, 2],
    ],
  ])('preferred layers %j become %j', (preferredLayers, [spatialLayer, temporalLayer]) => {
    const request = consumeRequest({ codec: vp9, consumable: ['L3T3'], preferredLayers });
    expect(new MediaHarness().consume(request).preferredLayers).toEqual({ spatialLayer, temporalLayer });
  });
});
