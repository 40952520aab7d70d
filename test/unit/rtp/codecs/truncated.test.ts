import { describe, expect, it } from 'vitest';
import { createPayloadParser } from '../../../../src/rtp/codecs/registry.js';
import { createHeaderExtensionIds, HeaderExtension } from '../../../../src/rtp/header-extension.js';
import { RtpPacket } from '../../../../src/rtp/rtp-packet.js';
import { MediaHarness, consumeRequest, produceRequest } from '../../worker/media-support.js';
import { buildPacket, hex, payloadBytes } from '../support.js';
import { structure } from './support.js';

/** Packets that end at every byte of what a codec's parser reads. */

/** With all that a payload descriptor may have, and a few bytes of a picture. */
const payloads: [what: string, mimeType: string, payload: string][] = [
  ['VP8, one byte of picture id', 'video/VP8', '90 f0 05 03 a7 00 01 02 03'],
  ['VP8, two bytes of picture id', 'video/VP8', '90 f0 92 34 03 27 00 01 02 03'],
  ['VP9, not flexible, scalability structure', 'video/VP9', 'aa 92 34 01 09 38 00f0 0087 01e0 010e 01 04 83 49 83'],
  ['VP9, flexible, three references', 'video/VP9', 'fc 92 34 55 03 05 06 83 49 83'],
  ['H264, single SPS', 'video/H264', '67 42 c0 0d 8c 8d'],
  ['H264, STAP-A', 'video/H264', '78 0004 6742c00d 0003 68ce3c 0002 6588'],
  ['H264, FU-A', 'video/H264', '7c 87 42 c0 0d'],
  ['H265, single VPS', 'video/H265', '4001 0c 01 ff'],
  ['H265, aggregation', 'video/H265', '6001 0003 40010c 0003 420101 0003 4401c1 0003 2601af'],
  ['H265, fragment', 'video/H265', '6201 a0 0c 01'],
  ['AV1 without dependency descriptor', 'video/AV1', '18 0a 0b 00 00 00 02'],
  ['Opus, one frame', 'audio/opus', 'fc 01 02 03'],
  ['Opus, two frames', 'audio/opus', 'fe 01 02 03'],
  ['Opus, many frames', 'audio/opus', 'ff 82 01 02 03'],
  ['multi-opus', 'audio/multiopus', 'fc 01 02 03'],
];

const DESCRIPTOR_ID = 13;
const extensionIds = createHeaderExtensionIds();
extensionIds[HeaderExtension.dependencyDescriptor] = DESCRIPTOR_ID;

/** What a parser makes of a datagram that lies between other bytes. */
function parseBetween(mimeType: string, datagram: Uint8Array, others: number) {
  const memory = new Uint8Array(64 + datagram.length + 64).fill(others);
  memory.set(datagram, 64);
  const packet = new RtpPacket();
  packet.extensionIds = extensionIds;
  expect(packet.parse(memory, new DataView(memory.buffer), 64, datagram.length, 0)).toBe(true);
  createPayloadParser(mimeType)!(packet);
  const outside = [...memory.subarray(0, 60), ...memory.subarray(64 + datagram.length)];
  expect(outside.every(byte => byte === others)).toBe(true);
  return { descriptor: { ...packet.descriptor }, payload: payloadBytes(packet) };
}

/** Reads only what is there, whatever lies behind it. */
function parseExactly(mimeType: string, datagram: Uint8Array) {
  const parsed = parseBetween(mimeType, datagram, 0x00);
  expect(parseBetween(mimeType, datagram, 0xff)).toEqual(parsed);
  return parsed;
}

type Descriptor = ReturnType<typeof parseExactly>['descriptor'];

/** Says nothing about a packet that the whole one does not say. */
function expectPartOf(part: Descriptor, whole: Descriptor, note: string): void {
  if (!part.present) {
    expect(part, note).toEqual({ ...parseExactly('video/H265', buildPacket({})).descriptor });
    return;
  }
  const { pictureId, tl0PictureIndex, spatialLayer, temporalLayer, hasTemporalLayer, isKeyFrame } = part;
  const { pictureId: id, tl0PictureIndex: tl0, spatialLayer: s, temporalLayer: t, hasTemporalLayer: has } = whole;
  expect([pictureId, tl0PictureIndex, spatialLayer, temporalLayer, hasTemporalLayer], note).toEqual([
    id,
    tl0,
    s,
    t,
    has,
  ]);
  if (isKeyFrame) expect(whole.isKeyFrame, note).toBe(true);
}

describe('a payload that ends anywhere', () => {
  it.each(payloads)('%s: is read up to its end, and says nothing wrong', (_, mimeType, text) => {
    const payload = hex(text);
    const whole = parseExactly(mimeType, buildPacket({ payload })).descriptor;
    expect(whole.present).toBe(mimeType !== 'video/AV1');
    for (let length = 0; length < payload.length; length++) {
      const { descriptor } = parseExactly(mimeType, buildPacket({ payload: payload.slice(0, length) }));
      expectPartOf(descriptor, whole, `${length} bytes`);
    }
  });

  it.each(payloads)('%s: passes a Router, or is dropped, and those behind it are sent', (_, mimeType, text) => {
    const payload = hex(text);
    const harness = new MediaHarness();
    const codec = { mimeType };
    const producer = harness.produce(produceRequest({ codec }));
    harness.consume(consumeRequest({ codec }));
    let sequenceNumber = 0;
    const send = (one: number[]): void => {
      sequenceNumber++;
      harness.receive(
        producer,
        buildPacket({ ssrc: 1111, sequenceNumber, timestamp: sequenceNumber * 3000, payload: one }),
      );
    };
    const begin = KEY_FRAMES[mimeType] ?? payload;
    send(begin);
    expect(harness.takeSent()).toHaveLength(1);
    for (let length = 0; length <= payload.length; length++) {
      send(payload.slice(0, length));
      // Nothing is made up: what comes out is what came in (VP8 descriptors get longer).
      for (const packet of harness.takeSent()) {
        const tail = payloadBytes(packet).slice(mimeType === 'video/VP8' ? -1 : 0);
        expect(tail).toEqual(payload.slice(0, length).slice(mimeType === 'video/VP8' ? -1 : 0));
      }
    }
    send(begin);
    expect(harness.takeSent()).toHaveLength(1);
    harness.close();
    expect(harness.memory.slotsInUse).toBe(0);
  });
});

/** A packet with which a Consumer begins, where one that ends early would not do. */
const KEY_FRAMES: Record<string, number[]> = {
  'video/VP8': hex('10 00 01 02'),
  'video/VP9': hex('08 83 49 83'),
};

describe('a dependency descriptor that ends anywhere', () => {
  const layers: [number, number][] = [[0, 0], [0, 1], [1, 0], [1, 1]]; // prettier-ignore
  const cases: [string, string][] = [
    ['with a structure', structure(layers, { decodeTargets: 4, chains: 2 })],
    // Start of frame, template 2; custom differences, active decode targets.
    ['with active decode targets', '82000040f0'],
    ['short', '820000'],
  ];
  it.each(cases)('%s: is refused, in AV1, and looked past, in H264', (_, text) => {
    const value = hex(text);
    for (let length = 1; length < value.length; length++) {
      const datagram = buildPacket({
        payload: hex('67 42'),
        profile: 0x1000,
        extensions: [[DESCRIPTOR_ID, value.slice(0, length)]],
      });
      const av1 = parseExactly('video/AV1', datagram).descriptor;
      expect([length, av1.present, av1.isKeyFrame]).toEqual([length, false, false]);
      const h264 = parseExactly('video/H264', datagram).descriptor;
      expect([length, h264.present, h264.isKeyFrame, h264.temporalLayer]).toEqual([length, true, true, 0]);
    }
  });

  it('leaves a Consumer of layers waiting, and one that has begun goes on', () => {
    const codec = { mimeType: 'video/AV1' };
    const extensions = [['DependencyDescriptor', DESCRIPTOR_ID]] as [['DependencyDescriptor', number]];
    const harness = new MediaHarness();
    const producer = harness.produce(produceRequest({ codec, extensions, encodings: [{ ssrc: 1111, mode: 'L2T2' }] }));
    harness.consume(consumeRequest({ codec, consumable: ['L2T2'], preferredLayers: [0, 0] }));
    const value = hex(structure(layers, { decodeTargets: 4, chains: 2 }));
    let sequenceNumber = 0;
    const send = (descriptor: number[]): number => {
      sequenceNumber++;
      const payload = [0x10, 1, 2, 3];
      const parts = { ssrc: 1111, sequenceNumber, timestamp: sequenceNumber * 3000, payload, profile: 0x1000 };
      harness.receive(producer, buildPacket({ ...parts, extensions: [[DESCRIPTOR_ID, descriptor]] }));
      return harness.takeSent().length;
    };
    for (let length = 1; length < value.length; length++) expect(send(value.slice(0, length))).toBe(0);
    expect(send(value)).toBe(1);
    for (let length = 1; length < value.length; length++) send(value.slice(0, length));
    expect(send(value)).toBe(1);
    harness.close();
    expect(harness.memory.slotsInUse).toBe(0);
  });
});
