import { beforeEach, describe, expect, it } from 'vitest';
import { DropReason } from '../../../src/common/drop-reason.js';
import { TraceEventType, TraceInfo } from '../../../src/channel/fbs/producer.js';
import { Type } from '../../../src/channel/fbs/rtp-parameters.js';
import { HeaderExtension } from '../../../src/rtp/header-extension.js';
import { NTP_UNIX_OFFSET_SECONDS } from '../../../src/rtp/time.js';
import { type Producer, ReceivedAs } from '../../../src/worker/producer.js';
import { extensionBytes, type PacketParts, uint } from '../rtp/support.js';
import {
  consumeRequest,
  DELTA_FRAME,
  MediaHarness,
  type ProduceOptions,
  produceRequest,
  vp8Packet,
} from './media-support.js';

let harness: MediaHarness;
beforeEach(() => (harness = new MediaHarness()));

const produce = (options: ProduceOptions = {}): Producer => harness.produce(produceRequest(options));

/** SDES texts as extension values. */
const chars = (text: string) => [...Buffer.from(text)];

const THREE_RIDS: ProduceOptions = {
  mid: 'm',
  extensions: [
    ['Mid', 1],
    ['RtpStreamId', 2],
    ['RepairRtpStreamId', 3],
  ],
  encodings: [{ rid: 'r0' }, { rid: 'r1' }, { rid: 'r2' }],
  rtxPayloadType: 99,
};

describe('Producer type', () => {
  it.each<[string, ProduceOptions, Type | string]>([
    ['one encoding', {}, Type.SIMPLE],
    ['several encodings', { encodings: [{ ssrc: 1 }, { ssrc: 2 }] }, Type.SIMULCAST],
    ['temporal layers', { encodings: [{ ssrc: 1, mode: 'L1T3' }] }, Type.SVC],
    ['layers in AV1', { codec: { mimeType: 'video/AV1' }, encodings: [{ ssrc: 1, mode: 'L3T3' }] }, Type.SVC],
    [
      'several encodings of VP9',
      { codec: { mimeType: 'video/vp9' }, encodings: [{ ssrc: 1 }, { ssrc: 2 }] },
      'video/VP9 codec not supported for simulcast',
    ],
    [
      'layers in audio',
      { codec: { mimeType: 'audio/opus' }, encodings: [{ ssrc: 1, mode: 'L1T3' }] },
      'invalid RTP parameters',
    ],
  ])('%s', (_, options, expected) => {
    if (typeof expected === 'string') expect(() => produce(options)).toThrow(new TypeError(expected));
    else expect(produce(options).type).toBe(expected);
  });
});

describe('Producer and its streams', () => {
  it('finds them by SSRC', () => {
    const producer = produce({ encodings: [{ ssrc: 1111 }, { ssrc: 1112 }] });
    expect(harness.receive(producer, vp8Packet())).toBe(ReceivedAs.media);
    expect(harness.receive(producer, vp8Packet({ ssrc: 1112 }))).toBe(ReceivedAs.media);
    expect(producer.scores).toEqual([10, 10]);
    expect([...producer.streamsByMappedSsrc.keys()]).toEqual([9001, 9002]);
  });

  it('finds them by RID, once and for all', () => {
    const producer = produce(THREE_RIDS);
    const first = vp8Packet({ ssrc: 7, extensions: [[2, chars('r1')]] });
    expect(harness.receive(producer, first)).toBe(ReceivedAs.media);
    expect(harness.receive(producer, vp8Packet({ ssrc: 7, sequenceNumber: 2 }))).toBe(ReceivedAs.media);
    expect(producer.dump().rtpStreams).toMatchObject([{ params: { encodingIdx: 1, ssrc: 7, rid: 'r1' } }]);
    // Another SSRC of the same RID, and a RID that is not announced.
    expect(harness.receive(producer, vp8Packet({ ssrc: 8, extensions: [[2, chars('r1')]] }))).toBe(
      ReceivedAs.discarded,
    );
    expect(harness.receive(producer, vp8Packet({ ssrc: 9, extensions: [[2, chars('rx')]] }))).toBe(
      ReceivedAs.discarded,
    );
    expect(harness.dropped(DropReason.rtpUnknownStream)).toBe(2);
  });

  it('finds the only one without SSRC and RID', () => {
    const producer = produce({ mid: 'm', encodings: [{}], rtxPayloadType: 99, extensions: [['RtpStreamId', 2]] });
    // A RID that is not announced is not passed over.
    expect(harness.receive(producer, vp8Packet({ ssrc: 6, extensions: [[2, chars('r')]] }))).toBe(ReceivedAs.discarded);
    const retransmission = vp8Packet({ ssrc: 8, payloadType: 99, payload: [...uint(1, 2), ...DELTA_FRAME] });
    expect(harness.receive(producer, retransmission)).toBe(ReceivedAs.discarded);
    expect(harness.receive(producer, vp8Packet({ ssrc: 7 }))).toBe(ReceivedAs.media);
    expect(harness.receive(producer, vp8Packet({ ssrc: 9 }))).toBe(ReceivedAs.discarded);
    expect(harness.receive(producer, retransmission)).toBe(ReceivedAs.retransmission);
    expect(producer.receivedSsrcs).toEqual([7, 8]);
  });

  it('finds RTX by announced SSRC and by repaired RID', () => {
    const announced = produce({ encodings: [{ ssrc: 1111, rtx: 2222 }], rtxPayloadType: 99 });
    const retransmission = (ssrc: number, parts: PacketParts) =>
      vp8Packet({ ssrc, payloadType: 99, payload: [...uint(5, 2), ...DELTA_FRAME], ...parts });
    expect(harness.receive(announced, retransmission(2222, {}))).toBe(ReceivedAs.discarded);
    harness.receive(announced, vp8Packet());
    expect(harness.receive(announced, vp8Packet({ ssrc: 2222 }))).toBe(ReceivedAs.discarded);
    expect(harness.receive(announced, retransmission(2222, {}))).toBe(ReceivedAs.retransmission);
    expect(announced.dump().rtpStreams[0]).toMatchObject({
      params: { rtxSsrc: 2222, rtxPayloadType: 99 },
      rtxStream: { params: { ssrc: 2222, mimeType: 'video/rtx' } },
    });

    const byRid = produce({ ...THREE_RIDS, id: 'p2' });
    harness.receive(byRid, vp8Packet({ ssrc: 7, extensions: [[2, chars('r0')]] }));
    expect(harness.receive(byRid, retransmission(8, { extensions: [[3, chars('r0')]] }))).toBe(
      ReceivedAs.retransmission,
    );
    expect(harness.receive(byRid, retransmission(9, { extensions: [[3, chars('r0')]] }))).toBe(ReceivedAs.discarded);
  });

  const feedback = (...given: [string, string][]): ProduceOptions => ({ codec: { feedback: given } });
  it.each<[string, ProduceOptions, object]>([
    ['nothing', feedback(), { useNack: false, usePli: false, useFir: false, useInBandFec: false, useDtx: false }],
    ['NACK', feedback(['nack', '']), { useNack: true, usePli: false, useFir: false }],
    ['PLI', feedback(['nack', 'pli']), { useNack: false, usePli: true, useFir: false }],
    ['FIR', feedback(['ccm', 'fir']), { useNack: false, usePli: false, useFir: true }],
    ['usedtx', { codec: { parameters: [['usedtx', 1]] } }, { useDtx: true }],
    ['usedtx=0', { codec: { parameters: [['usedtx', 0]] } }, { useDtx: false }],
    ['DTX of the encoding', { encodings: [{ ssrc: 1111, dtx: true }] }, { useDtx: true }],
    ['useinbandfec', { codec: { parameters: [['useinbandfec', 1]] } }, { useInBandFec: true }],
    ['layers', { encodings: [{ ssrc: 1111, mode: 'L2T3' }] }, { spatialLayers: 2, temporalLayers: 3 }],
    ['clock rate', { codec: { clockRate: 1000 } }, { clockRate: 1000, mimeType: 'video/VP8', cname: 'cname' }],
  ])('make them of what was negotiated: %s', (_, options, expected) => {
    const producer = produce(options);
    harness.receive(producer, vp8Packet());
    expect(producer.dump().rtpStreams[0].params).toMatchObject(expected);
  });

  it.each<[string, PacketParts]>([
    ['unknown payload type', { payloadType: 111 }],
    ['unknown SSRC', { ssrc: 3 }],
    ['padding only, of an unknown SSRC', { ssrc: 3, payload: [], padding: 200 }],
  ])('drops and counts: %s', (_, parts) => {
    const producer = produce();
    expect(harness.receive(producer, vp8Packet(parts))).toBe(ReceivedAs.discarded);
    expect(harness.dropped(DropReason.rtpUnknownStream)).toBe(1);
    expect(harness.takeEvents()).toEqual([]);
  });

  it('takes for received what a stream then refuses', () => {
    const producer = produce({ encodings: [{ ssrc: 1111, rtx: 2222 }], rtxPayloadType: 99 });
    harness.receive(producer, vp8Packet());
    // A jump that is not believed yet, and a retransmission of what is there.
    expect(harness.receive(producer, vp8Packet({ sequenceNumber: 30_000 }))).toBe(ReceivedAs.media);
    const again = vp8Packet({ ssrc: 2222, payloadType: 99, payload: [...uint(1, 2), ...DELTA_FRAME] });
    expect(harness.receive(producer, again)).toBe(ReceivedAs.retransmission);
    expect(harness.drops.toJSON()).toEqual({ rtpBadSequence: 1, rtpUselessRetransmission: 1 });
  });

  it('drops packets of an unmapped payload type in a known stream', () => {
    const producer = produce();
    harness.receive(producer, vp8Packet());
    expect(harness.receive(producer, vp8Packet({ sequenceNumber: 2, payloadType: 13 }))).toBe(ReceivedAs.unusable);
    expect(harness.dropped(DropReason.rtpUnmappedPayloadType)).toBe(1);
  });

  it('keeps nothing of a flood of SSRCs', () => {
    const producer = produce({ mid: 'm', encodings: [{}] });
    harness.receive(producer, vp8Packet({ ssrc: 1 }));
    for (let ssrc = 2; ssrc < 5000; ssrc++) harness.receive(producer, vp8Packet({ ssrc }));
    expect(harness.dropped(DropReason.rtpUnknownStream)).toBe(4998);
    expect(producer.receivedSsrcs).toEqual([1]);
    expect(harness.memory.slotsInUse).toBe(0);
  });
});

describe('Producer events', () => {
  it('announces a stream: score, key frame request, then its Router', () => {
    const producer = produce();
    harness.receive(producer, vp8Packet({ payload: DELTA_FRAME }));
    expect(harness.takeEvents()).toEqual([
      ['PRODUCER_SCORE', '0:10'],
      ['PLI', 1111],
      ['newStream', 9001],
    ]);
    harness.receive(producer, vp8Packet({ sequenceNumber: 2 }));
    harness.advance(5000);
    expect(harness.takeEvents()).toEqual([]);
  });

  it('repeats the request if no key frame comes', () => {
    const producer = produce();
    harness.receive(producer, vp8Packet({ payload: DELTA_FRAME }));
    harness.takeEvents();
    harness.advance(5000);
    expect(harness.takeEvents()).toEqual([['PLI', 1111]]);
  });

  it('tells of the video orientation when it changes', () => {
    const producer = produce({ extensions: [['VideoOrientation', 9]] });
    const turned = (sequenceNumber: number, value: number) =>
      harness.receive(producer, vp8Packet({ sequenceNumber, extensions: [[9, [value]]] }));
    turned(1, 0b0000);
    turned(2, 0b0000);
    harness.receive(producer, vp8Packet({ sequenceNumber: 3 }));
    turned(4, 0b1101);
    const name = 'PRODUCER_VIDEO_ORIENTATION_CHANGE';
    expect(harness.takeEvents().filter(event => (event as string[])[0] === name)).toEqual([
      [name, 'p1', { camera: false, flip: false, rotation: 0 }],
      [name, 'p1', { camera: true, flip: true, rotation: 90 }],
    ]);
  });

  it('scores a silent stream of several 0', () => {
    const producer = produce({ encodings: [{ ssrc: 1111 }, { ssrc: 1112 }] });
    harness.receive(producer, vp8Packet());
    harness.takeEvents();
    harness.advance(1500);
    expect(harness.takeEvents()).toEqual([['PRODUCER_SCORE', '0:0']]);
    expect(producer.scores).toEqual([0, 0]);
    harness.receive(producer, vp8Packet({ sequenceNumber: 2 }));
    expect(harness.takeEvents()).toEqual([['PRODUCER_SCORE', '0:10']]);
  });

  it.each<[string, ProduceOptions]>([
    ['one stream', {}],
    ['one stream with layers', { encodings: [{ ssrc: 1111, mode: 'L1T3' }] }],
    ['SVC', { codec: { mimeType: 'video/VP9' }, encodings: [{ ssrc: 1111, mode: 'L3T3' }] }],
  ])('leaves the score of what falls silent, if it is %s', (_, options) => {
    const producer = produce(options);
    harness.receive(producer, vp8Packet());
    harness.advance(60_000);
    expect(producer.scores).toEqual([10]);
  });

  it('tells Consumers of a score before it tells of it itself, but of the first score of a stream after that', () => {
    const producer = produce({ encodings: [{ ssrc: 1111 }, { ssrc: 1112 }] });
    harness.consume(consumeRequest({ consumable: ['S1T1', 'S1T1'] }));
    const scores = () =>
      harness
        .takeEvents()
        .map(event => (event as string[])[0])
        .filter(name => name.endsWith('_SCORE'));
    harness.receive(producer, vp8Packet());
    expect(scores().slice(0, 2)).toEqual(['PRODUCER_SCORE', 'CONSUMER_SCORE']);
    harness.advance(1500);
    expect(scores()).toEqual(['CONSUMER_SCORE', 'PRODUCER_SCORE']);
  });

  it('asks for missing packets after 10 ms, and traces that', () => {
    const producer = produce();
    producer.enableTraceEvents([TraceEventType.NACK]);
    harness.receive(producer, vp8Packet());
    harness.receive(producer, vp8Packet({ sequenceNumber: 3, payload: DELTA_FRAME }));
    harness.advance(9);
    harness.receive(producer, vp8Packet({ sequenceNumber: 4, payload: DELTA_FRAME }));
    harness.takeEvents();
    harness.advance(1);
    harness.receive(producer, vp8Packet({ sequenceNumber: 5, payload: DELTA_FRAME }));
    expect(harness.takeEvents()).toMatchObject([
      ['NACK', 1111],
      ['PRODUCER_TRACE', 'p1', { direction: 1, info: undefined }],
    ]);
    expect([...harness.rtcp[0]]).toEqual([0x81, 0xcd, 0, 3, 0, 0, 0, 0, ...uint(1111, 4), 0, 2, 0, 0]);
  });

  it('traces packets as they came', () => {
    const producer = produce({
      extensions: [
        ['Mid', 5],
        ['TransportWideCcDraft01', 6],
        ['RtpStreamId', 7],
      ],
    });
    producer.enableTraceEvents([TraceEventType.RTP, TraceEventType.KEYFRAME, TraceEventType.SR]);
    const extensions: [number, number[]][] = [
      [5, chars('mm')],
      [6, [1, 2]],
      [7, chars('r')],
    ];
    const layers = [0x90, 0x20, 0x40, 0x00];
    const first = vp8Packet({ timestamp: 7, marker: true, extensions, payload: layers, padding: 2 });
    harness.receive(producer, first);
    const second = vp8Packet({ sequenceNumber: 2, payload: DELTA_FRAME });
    harness.receive(producer, second);
    const traces = harness.takeEvents().filter(event => (event as string[])[0] === 'PRODUCER_TRACE');
    const info = { infoType: TraceInfo.KeyFrameTraceInfo, timestamp: BigInt(harness.now), direction: 0 };
    const rtpPacket = { payloadType: 100, ssrc: 1111, spatialLayer: 0, payloadSize: 4n };
    expect(traces).toEqual([
      [
        'PRODUCER_TRACE',
        'p1',
        {
          ...info,
          type: TraceEventType.KEYFRAME,
          info: {
            isRtx: false,
            rtpPacket: {
              ...rtpPacket,
              sequenceNumber: 1,
              timestamp: 7,
              marker: true,
              isKeyFrame: true,
              size: BigInt(first.length),
              temporalLayer: 1,
              mid: 'mm',
              rid: 'r',
              rrid: 'r',
              wideSequenceNumber: 258,
            },
          },
        },
      ],
      [
        'PRODUCER_TRACE',
        'p1',
        {
          ...info,
          type: TraceEventType.RTP,
          infoType: TraceInfo.RtpTraceInfo,
          info: {
            isRtx: false,
            rtpPacket: {
              ...rtpPacket,
              sequenceNumber: 2,
              timestamp: 90_000,
              marker: false,
              isKeyFrame: false,
              size: BigInt(second.length),
              temporalLayer: 0,
            },
          },
        },
      ],
    ]);
    // Sender reports are traced, but not in the dump.
    expect(producer.dump().traceEventTypes).toEqual([TraceEventType.RTP, TraceEventType.KEYFRAME]);
  });

  it('traces FIRs and sender reports', () => {
    const producer = produce({ codec: { feedback: [['ccm', 'fir']] } });
    producer.enableTraceEvents([TraceEventType.FIR, TraceEventType.SR]);
    harness.receive(producer, vp8Packet({ payload: DELTA_FRAME }));
    producer.rtcp.receiveSenderReport(1111, 1, 2, 3, 4, 5, harness.now);
    const traces = harness.takeEvents().filter(event => (event as string[])[0] === 'PRODUCER_TRACE');
    const timestamp = BigInt(harness.now);
    const fir = { type: TraceEventType.FIR, direction: 1, infoType: TraceInfo.FirTraceInfo, info: { ssrc: 1111 } };
    const report = { ssrc: 1111, ntpSec: 1, ntpFrac: 2, rtpTs: 3, packetCount: 4, octetCount: 5 };
    const sr = { type: TraceEventType.SR, direction: 0, infoType: TraceInfo.SrTraceInfo, info: report };
    expect(traces.map(trace => (trace as unknown[])[2])).toEqual([
      { ...fir, timestamp },
      { ...sr, timestamp },
    ]);
  });

  it('traces a PLI as a NACK, too', () => {
    const producer = produce();
    producer.enableTraceEvents([TraceEventType.NACK, TraceEventType.PLI, TraceEventType.FIR]);
    harness.receive(producer, vp8Packet({ payload: DELTA_FRAME }));
    expect(harness.takeEvents()).toMatchObject([
      ['PRODUCER_SCORE', '0:10'],
      ['PLI', 1111],
      ['PRODUCER_TRACE', 'p1', { type: TraceEventType.PLI, direction: 1, info: { ssrc: 1111 } }],
      ['PRODUCER_TRACE', 'p1', { type: TraceEventType.NACK, direction: 1, info: undefined }],
      ['newStream', 9001],
    ]);
  });
});

describe('Producer key frame requests', () => {
  it('ask for the key frame of the mapped stream', () => {
    const producer = produce({ encodings: [{ ssrc: 1111 }, { ssrc: 1112 }] });
    harness.receive(producer, vp8Packet({ ssrc: 1112 }));
    harness.takeEvents();
    for (const mappedSsrc of [9001, 9002, 1112]) producer.requestKeyFrame(mappedSsrc, harness.now);
    expect(harness.takeEvents()).toEqual([['PLI', 1112]]);
    expect([...harness.rtcp[0]]).toEqual([0x81, 0xce, 0, 2, ...uint(1112, 4), ...uint(1112, 4)]);
  });

  it('do not wait for one that is pending, or delayed, when too much is missing', () => {
    const producer = produce({ keyFrameRequestDelay: 500 });
    harness.receive(producer, vp8Packet({ payload: DELTA_FRAME }));
    producer.requestKeyFrame(9001, harness.now);
    harness.takeEvents();
    for (const sequenceNumber of [1500, 3000]) {
      harness.receive(producer, vp8Packet({ sequenceNumber, payload: DELTA_FRAME }));
      expect(harness.takeEvents()).toEqual([['PLI', 1111]]);
    }
  });

  it('name the stream as their sender, too', () => {
    const pli = produce();
    harness.receive(pli, vp8Packet({ payload: DELTA_FRAME }));
    const fir = produce({ id: 'p2', codec: { feedback: [['ccm', 'fir']] } });
    harness.receive(fir, vp8Packet({ payload: DELTA_FRAME }));
    for (const bytes of harness.rtcp) expect([...bytes.slice(4, 12)]).toEqual([...uint(1111, 4), ...uint(1111, 4)]);
    expect(harness.rtcp).toHaveLength(2);
  });

  it('use FIR where PLI was not negotiated, or nothing', () => {
    const fir = produce({ codec: { feedback: [['ccm', 'fir']] } });
    harness.receive(fir, vp8Packet({ payload: DELTA_FRAME }));
    const none = produce({ id: 'p2', codec: { feedback: [] } });
    harness.receive(none, vp8Packet({ payload: DELTA_FRAME }));
    expect(harness.rtcp.map(([, type]) => type)).toEqual([0xce]);
    // The sender, the media, and who is asked.
    const ssrc = uint(1111, 4);
    expect([...harness.rtcp[0]]).toEqual([0x84, 0xce, 0, 4, ...ssrc, ...ssrc, ...ssrc, 1, 0, 0, 0]);
  });

  it('are delayed if wanted', () => {
    const producer = produce({ keyFrameRequestDelay: 300 });
    harness.receive(producer, vp8Packet());
    harness.takeEvents();
    producer.requestKeyFrame(9001, harness.now);
    harness.advance(100);
    producer.requestKeyFrame(9001, harness.now);
    expect(harness.takeEvents()).toEqual([['PLI', 1111]]);
    harness.receive(producer, vp8Packet({ sequenceNumber: 2 }));
    harness.advance(200);
    expect(harness.takeEvents()).toEqual([['PLI', 1111]]);
  });

  it('mean nothing for audio', () => {
    const producer = produce({ codec: { mimeType: 'audio/opus' } });
    harness.receive(producer, vp8Packet());
    harness.takeEvents();
    producer.requestKeyFrame(9001, harness.now);
    expect(harness.takeEvents()).toEqual([]);
  });
});

describe('Producer pause', () => {
  it('still asks for what is missing', () => {
    const producer = produce({ paused: true });
    producer.enableTraceEvents([TraceEventType.RTP, TraceEventType.KEYFRAME]);
    for (const sequenceNumber of [1, 2, 4]) harness.receive(producer, vp8Packet({ sequenceNumber }));
    expect(harness.takeEvents()).toEqual([
      ['PRODUCER_SCORE', '0:10'],
      ['newStream', 9001],
    ]);
    harness.advance(50);
    expect(harness.takeEvents()).toEqual([['NACK', 1111]]);
  });

  it('hands on nothing, and asks for key frames afterwards', () => {
    const producer = produce({ paused: true });
    producer.enableTraceEvents([TraceEventType.RTP]);
    expect(harness.receive(producer, vp8Packet({ payload: DELTA_FRAME }))).toBe(ReceivedAs.media);
    expect(harness.dropped(DropReason.rtpProducerPaused)).toBe(1);
    producer.requestKeyFrame(9001, harness.now);
    expect(harness.takeEvents()).toEqual([
      ['PRODUCER_SCORE', '0:10'],
      ['newStream', 9001],
    ]);
    producer.resume(harness.now);
    producer.resume(harness.now);
    expect(harness.takeEvents()).toEqual([['PLI', 1111]]);
    producer.pause(harness.now);
    expect(producer.paused).toBe(true);
  });
});

describe('Producer pause of several streams', () => {
  it('does not let them fall silent before it ends', () => {
    const producer = produce({ encodings: [{ ssrc: 1111 }, { ssrc: 1112 }] });
    harness.receive(producer, vp8Packet());
    producer.pause(harness.now);
    // Padding does not make a stream active.
    harness.receive(producer, vp8Packet({ ssrc: 1112, payload: [], padding: 10 }));
    harness.takeEvents();
    harness.advance(5000);
    expect(harness.takeEvents()).toEqual([]);
    producer.resume(harness.now);
    harness.takeEvents();
    harness.advance(1500);
    expect(producer.scores).toEqual([0, 0]);
  });
});

describe('Producer and abs-capture-time', () => {
  it('tells how far our clock is ahead of that of its sender, once it is known', () => {
    const producer = produce({ extensions: [['AbsCaptureTime', 3]] });
    harness.consume(consumeRequest());
    const sent = (sequenceNumber: number): number[] | undefined => {
      harness.receive(producer, vp8Packet({ sequenceNumber, extensions: [[3, uint(1, 8)]] }));
      return extensionBytes(harness.takeSent()[0], HeaderExtension.absCaptureTime);
    };
    expect(sent(1)).toEqual([...uint(1, 8), ...uint(0, 8)]);
    for (let i = 0; i < 3; i++) {
      // Half a second, and two whole ones less: the sender is behind by 1.5 s.
      const ntpSeconds = NTP_UNIX_OFFSET_SECONDS + harness.now / 1000 - 2;
      producer.rtcp.receiveSenderReport(1111, ntpSeconds, 0x80000000, 0, 0, 0, harness.now);
      harness.advance(1000);
    }
    expect(sent(2)).toEqual([...uint(1, 8), ...uint(0xfffffffe, 4), ...uint(0x80000000, 4)]);
  });
});

describe('Producer dump and stats', () => {
  it('dumps what it understood', () => {
    const producer = produce({
      mid: 'm',
      rtxPayloadType: 99,
      codec: { mimeType: 'video/vp8', parameters: [['x', 5]] },
    });
    expect(producer.dump()).toMatchObject({
      id: 'p1',
      kind: 1,
      type: Type.SIMPLE,
      paused: false,
      rtpParameters: {
        mid: 'm',
        msid: '',
        codecs: [{ mimeType: 'video/VP8', payloadType: 100, channels: undefined }, { mimeType: 'video/rtx' }],
        encodings: [{ ssrc: 1111, rid: undefined, codecPayloadType: 100, scalabilityMode: 'S1T1' }],
      },
      rtpMapping: {
        codecs: [{ payloadType: 100, mappedPayloadType: 101 }],
        encodings: [{ rid: '', ssrc: 1111, mappedSsrc: 9001 }],
      },
      rtpStreams: [],
      traceEventTypes: [],
    });
  });

  it('has statistics of the streams that have started', () => {
    const producer = produce({ encodings: [{ ssrc: 1111, mode: 'L1T2' }] });
    expect(producer.getStats(harness.now).stats).toEqual([]);
    harness.receive(producer, vp8Packet());
    expect(producer.getStats(harness.now).stats).toMatchObject([
      {
        data: {
          packetCount: 1n,
          byteCount: 16n,
          bitrate: 51n,
          bitrateByLayer: [
            { layer: '0.0', bitrate: 51n },
            { layer: '0.1', bitrate: 0n },
          ],
          base: {
            data: {
              timestamp: 1_000_000n,
              ssrc: 1111,
              kind: 1,
              mimeType: 'video/VP8',
              score: 10,
              rid: undefined,
              rtxSsrc: undefined,
            },
          },
        },
      },
    ]);
  });

  it('has all statistics, with whole numbers', () => {
    const producer = produce({ encodings: [{ ssrc: 1111, rtx: 2222 }], rtxPayloadType: 99 });
    harness.receive(producer, vp8Packet());
    harness.receive(producer, vp8Packet({ ssrc: 2222, payloadType: 99, payload: [...uint(2, 2), ...DELTA_FRAME] }));
    // Ten units earlier than it should be: 10 / 16.
    harness.receive(producer, vp8Packet({ sequenceNumber: 3, timestamp: 90_010 }));
    harness.receive(producer, vp8Packet({ sequenceNumber: 30_000 }));
    expect(producer.getStats(harness.now).stats).toMatchObject([
      {
        data: {
          bitrateByLayer: [],
          base: {
            data: {
              timestamp: BigInt(harness.now),
              ssrc: 1111,
              kind: 1,
              mimeType: 'video/VP8',
              packetsLost: 0,
              fractionLost: 0,
              jitter: 0,
              packetsDiscarded: 1n,
              packetsRetransmitted: 1n,
              packetsRepaired: 1n,
              nackCount: 0n,
              nackPacketCount: 0n,
              pliCount: 0n,
              firCount: 0n,
              rid: undefined,
              rtxSsrc: 2222,
              rtxPacketsDiscarded: 0n,
              roundTripTime: 0,
              score: 10,
            },
          },
        },
      },
    ]);
  });
});

describe('Producer close', () => {
  it('leaves nothing behind', () => {
    const producer = produce();
    harness.receive(producer, vp8Packet({ payload: DELTA_FRAME }));
    harness.takeEvents();
    expect(harness.captureTimes.size).toBe(1);
    producer.close();
    producer.close();
    harness.advance(10_000);
    expect(harness.takeEvents()).toEqual([]);
    expect([harness.captureTimes.size, harness.timers.size, harness.memory.slotsInUse]).toEqual([0, 0, 0]);
  });
});
