import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PacketMemory } from '../../src/common/packet-memory.js';
import { createEncodingContext, createPayloadParser } from '../../src/rtp/codecs/registry.js';
import { EgressHeader } from '../../src/rtp/egress-header.js';
import { createHeaderExtensionIds } from '../../src/rtp/header-extension.js';
import { PacketIdCounter, PacketMangler } from '../../src/rtp/packet-mangler.js';
import { DATAGRAM_OFFSET, parseSlot, restoreSlot, storeGeometry } from '../../src/rtp/packet-slot.js';
import { RtpPacket } from '../../src/rtp/rtp-packet.js';

const codecs = ['video/VP8', 'video/VP9', 'video/H264', 'video/AV1', 'audio/opus'];

interface Session {
  packets: string[];
}

const corpus = (
  JSON.parse(readFileSync(new URL('../fixtures/rtp/browser-packets.json', import.meta.url), 'utf8')) as Session[]
).flatMap(session => session.packets.slice(0, 25).map(text => Buffer.from(text, 'hex')));

/** Bytes at random places of a real packet replaced, and the packet cut or made longer. */
const mutated = fc
  .tuple(
    fc.constantFrom(...corpus),
    fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 8 }),
    fc.option(fc.nat(120)),
    fc.uint8Array({ maxLength: 40 }),
  )
  .map(([packet, changes, cut, more]) => {
    const bytes = Uint8Array.from([...packet.subarray(0, cut ?? packet.length), ...more]);
    for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
    return bytes;
  });

/** Anything behind a valid start. */
const random = fc.uint8Array({ minLength: 12, maxLength: 400 }).map(bytes => {
  bytes[0] = 0x80 | (bytes[0] & 0x3f);
  if (bytes.length > 16 && bytes[12] < 0x80) bytes.set([0xbe, 0xde], 12);
  return bytes;
});

/** Ids of a Producer: any, also several extensions with one id. */
const ids = fc.array(fc.nat(15), { minLength: 12, maxLength: 12 }).map(list => {
  const all = createHeaderExtensionIds();
  all.set(list, 1);
  return all;
});

const memory = new PacketMemory();
const packet = new RtpPacket();
/** Slots in use around the one under attack. */
const around = [memory.allocate(512), memory.allocate(512), memory.allocate(512)];
const slot = around[1];
const egressSlot = memory.allocate(2048);

function receive(datagram: Uint8Array): boolean {
  for (const handle of around) memory.bytes.fill(0xee, handle, handle + 512);
  memory.bytes.set(datagram, slot + DATAGRAM_OFFSET);
  return parseSlot(packet, memory, slot, datagram.length);
}

function expectNeighboursUntouched(datagram: Uint8Array): void {
  for (const handle of [around[0], around[2]]) {
    expect(memory.bytes.slice(handle, handle + 512).every(byte => byte === 0xee)).toBe(true);
  }
  const end = slot + DATAGRAM_OFFSET + datagram.length;
  expect(memory.bytes.slice(end, slot + 512).every(byte => byte === 0xee)).toBe(true);
}

function expectConsistent(): void {
  expect(packet.payloadOffset).toBe(packet.offset + packet.headerLength);
  expect(packet.length).toBe(packet.headerLength + packet.payloadLength + packet.paddingLength);
  expect(packet.offset).toBeGreaterThanOrEqual(slot + 32);
  for (let id = 0; id < 256; id++) {
    const offset = packet.extensionOffset(id);
    if (offset === 0) continue;
    expect(offset).toBeGreaterThan(packet.offset);
    expect(offset + packet.extensionLength(id)).toBeLessThanOrEqual(packet.payloadOffset);
  }
}

describe('any datagram', () => {
  it('passes the whole way of a packet without harm', () => {
    const parsers = codecs.map(codec => createPayloadParser(codec)!);
    const contexts = codecs.map(codec => createEncodingContext(codec, { spatialLayers: 3, temporalLayers: 3, ksvc: false })!); // prettier-ignore
    for (const context of contexts) context.targetSpatialLayer = context.targetTemporalLayer = 1;
    const packetIds = new PacketIdCounter(0);
    const header = new EgressHeader();
    const restored = new RtpPacket();
    const payloadOf = (one: RtpPacket): number[] => [
      ...one.bytes.slice(one.payloadOffset, one.payloadOffset + one.payloadLength),
    ];

    const property = fc.property(
      fc.oneof(mutated, random),
      ids,
      fc.nat(codecs.length - 1),
      fc.boolean(),
      (datagram, extensionIds, codec, isRtx) => {
        if (!receive(datagram)) return;
        expectConsistent();
        packet.extensionIds = extensionIds;
        packet.readMid();
        packet.readRid();
        packet.readAbsCaptureTimeUs();
        if (isRtx && !packet.decodeRtx(96, 1)) return;
        parsers[codec](packet);
        expectConsistent();
        const payload = payloadOf(packet);

        const mangler = new PacketMangler({ kind: codec === 4 ? 'audio' : 'video', extensionIds, packetIds });
        mangler.senderClockOffsetUs = 12345;
        if (!mangler.mangle(packet, 100, 7)) return expectNeighboursUntouched(datagram);
        expectConsistent();
        expect(payloadOf(packet)).toEqual(payload);
        packet.updateMid(Uint8Array.from([1, 2, 3]));
        storeGeometry(packet);
        restoreSlot(restored, memory, slot);
        expect(payloadOf(restored)).toEqual(payload);
        expect({ ...restored.descriptor }).toEqual({ ...packet.descriptor });

        const context = contexts[codec];
        if (context.process(restored)) {
          const { bytes, view } = memory;
          header.writeRtx(restored, bytes, view, egressSlot, 97, 8, 1, 2, 3, context.marker, context.rewrite);
          expect(header.restLength).toBeGreaterThanOrEqual(0);
          bytes.copyWithin(egressSlot + header.length, header.restOffset, header.restOffset + header.restLength);
          const length = header.length + header.restLength;
          expect(packet.parse(bytes, view, egressSlot, length)).toBe(true);
          expect(packet.payloadLength).toBe(payload.length + 2);
        }
        expectNeighboursUntouched(datagram);
      },
    );
    fc.assert(property, { numRuns: 10_000 });
  });
});
