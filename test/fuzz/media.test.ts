import { describe, expect, it } from 'vitest';
import { buildPacket } from '../unit/rtp/support.js';
import {
  type ConsumeOptions,
  consumeRequest,
  MediaHarness,
  type ProduceOptions,
  produceRequest,
} from '../unit/worker/media-support.js';

/**
 * Hostile packets and feedback through Producers and Consumers of all types: nothing throws, what is sent is well-formed
 * (the harness parses it), and no packet is kept for ever.
 */

const seed = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const ROUNDS = 4000;

/** mulberry32 */
function generator(state: number): (below: number) => number {
  return below => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const EXTENSIONS: ProduceOptions['extensions'] = [
  ['Mid', 1],
  ['RtpStreamId', 2],
  ['RepairRtpStreamId', 3],
  ['DependencyDescriptor', 4],
  ['VideoOrientation', 5],
  ['AbsCaptureTime', 6],
  ['PlayoutDelay', 7],
  ['TimeOffset', 8],
];

const cases: [name: string, produce: ProduceOptions, consume: ConsumeOptions][] = [
  ['Opus', { codec: { mimeType: 'audio/opus' } }, { codec: { mimeType: 'audio/opus' }, ignoreDtx: true }],
  ['VP8', {}, {}],
  ['VP8 with layers', { encodings: [{ ssrc: 1, mode: 'L1T3' }] }, { consumable: ['L1T3'] }],
  ['VP8 simulcast', { encodings: [{ ssrc: 1 }, { ssrc: 2 }, { rid: 'a' }] }, { consumable: ['L1T3', 'L1T3', 'L1T3'] }],
  [
    'H264 simulcast',
    { codec: { mimeType: 'video/H264' }, encodings: [{ ssrc: 1 }, { ssrc: 2 }] },
    { codec: { mimeType: 'video/H264' }, consumable: ['L1T2', 'L1T2'] },
  ],
  [
    'VP9',
    { codec: { mimeType: 'video/VP9' }, encodings: [{ ssrc: 1, mode: 'L3T3_KEY' }] },
    { codec: { mimeType: 'video/VP9' }, consumable: ['L3T3_KEY'] },
  ],
  [
    'AV1 with layers',
    { codec: { mimeType: 'video/AV1' }, encodings: [{ ssrc: 1, mode: 'L3T3' }] },
    { codec: { mimeType: 'video/AV1' }, consumable: ['L3T3'] },
  ],
  ['pipe', { encodings: [{ ssrc: 1 }, { ssrc: 2 }] }, { pipe: true, consumable: ['S1T1', 'S1T1'] }],
];

describe(`media path, FUZZ_SEED=${seed}`, () => {
  it.each(cases)('survives hostile packets: %s', (name, produceOptions, consumeOptions) => {
    const random = generator(seed);
    const bytes = (count: number) => Array.from({ length: count }, () => random(256));
    const harness = new MediaHarness();
    const encodings = produceOptions.encodings ?? [{ ssrc: 1 }];
    const rtxPayloadType = produceOptions.codec?.mimeType?.startsWith('audio') ? undefined : 99;
    const request = produceRequest({ mid: 'm', extensions: EXTENSIONS, rtxPayloadType, ...produceOptions, encodings });
    const producer = harness.produce(request);
    const consumer = harness.consume(consumeRequest({ mid: '1', ...consumeOptions }));
    let seq = random(65536);
    let timestamp = random(2 ** 31);
    for (let round = 0; round < ROUNDS; round++) {
      seq = (seq + (random(40) === 0 ? random(65536) : random(5) - 1)) & 0xffff;
      timestamp = (timestamp + (random(40) === 0 ? random(2 ** 31) : random(4000))) >>> 0;
      const extensions: [number, number[]][] = Array.from({ length: random(4) }, () => [
        1 + random(8),
        random(4) === 0 ? [97] : bytes(1 + random(16)),
      ]);
      const datagram = buildPacket({
        ssrc: random(30) === 0 ? random(2 ** 31) : 1 + random(3),
        payloadType: [100, 100, 100, 100, 99, 13][random(6)],
        sequenceNumber: seq,
        timestamp,
        marker: random(2) === 0,
        extensions,
        payload: random(10) === 0 ? [] : bytes(1 + random(30)),
        padding: random(10) === 0 ? 1 + random(20) : 0,
      });
      for (let flips = random(20) === 0 ? random(5) : 0; flips > 0; flips--)
        datagram[random(datagram.length)] = random(256);
      harness.receive(producer, random(20) === 0 ? datagram.subarray(0, random(datagram.length)) : datagram);
      harness.advance(random(60));
      for (const { ssrc } of consumer.rtpParameters.encodings) {
        if (random(10) === 0) {
          consumer.rtcp.receiveNack(ssrc, harness.now);
          const sent = harness.sent.at(-1);
          consumer.rtcp.receiveNackItem(
            ssrc,
            sent === undefined ? random(65536) : sent.sequenceNumber - random(10),
            random(65536),
            harness.now,
          );
        }
        if (random(20) === 0) {
          consumer.rtcp.receiveReceiverReport(
            ssrc,
            random(256),
            random(2000) - 500,
            random(2 ** 31),
            random(2 ** 31),
            random(2 ** 31),
            harness.now,
          );
        }
        if (random(20) === 0) consumer.rtcp.receiveKeyFrameRequest(ssrc, 'pli', harness.now);
      }
      if (random(20) === 0) {
        producer.rtcp.receiveSenderReport(
          1 + random(3),
          random(2 ** 31),
          random(2 ** 31),
          timestamp,
          0,
          0,
          harness.now,
        );
      }
      if (random(200) === 0) consumer.pause(harness.now);
      if (random(50) === 0) consumer.resume(harness.now);
      if (random(300) === 0) producer.pause(harness.now);
      if (random(50) === 0) producer.resume(harness.now);
      if (random(200) === 0) consumer.onTransportDisconnected(harness.now);
      if (random(50) === 0) consumer.onTransportConnected(harness.now);
      if (random(100) === 0) {
        const preferred = { spatialLayer: random(4), temporalLayer: random(4) };
        consumer.setPreferredLayers(preferred, () => {}, harness.now);
      }
      if (random(3) === 0) harness.flush();
      if (harness.sent.length > 100) harness.sent.splice(0, 90);
      harness.takeEvents();
      expect(harness.memory.slotsInUse).toBeLessThan(8000);
    }
    // A dependency descriptor that makes a key frame does not come about by chance.
    if (name !== 'AV1 with layers') expect(harness.sentCount).toBeGreaterThan(0);
    harness.close();
    expect(harness.memory.slotsInUse).toBe(0);
  });
});
