import { describe, expect, it } from 'vitest';
import { DropReason } from '../../../src/common/drop-reason.js';
import { packetChecksum } from '../../../src/sctp/crc32c.js';
import { PacketBuilder, SctpPacket } from '../../../src/sctp/packet.js';
import { rewrite } from './rewrite.js';
import { bytes, embedded, hex, recorded } from './support.js';

const sessions = ['chromium-publisher', 'firefox-publisher'] as const;

/** A packet of these chunks, with a right checksum. */
const packetOf = (chunks: string): Uint8Array => {
  const packet = bytes(`1388 1389 01020304 00000000 ${chunks}`);
  if (packet.length >= 12) new DataView(packet.buffer).setUint32(8, packetChecksum(packet, 0, packet.length), true);
  return packet;
};

const parse = (packet: Uint8Array, zeroChecksumAcceptable = false): [DropReason, SctpPacket] => {
  const view = new SctpPacket();
  const { memory, offset, length } = embedded(packet);
  return [view.parse(memory, offset, length, zeroChecksumAcceptable), view];
};

const chunksOf = (view: SctpPacket): string[] => {
  const chunks: string[] = [];
  while (view.nextChunk()) chunks.push(hex(view.bytes.slice(view.chunkOffset, view.chunkOffset + view.chunkLength)));
  return chunks;
};

describe('SctpPacket', () => {
  it('reads the header and the chunks', () => {
    const [reason, packet] = parse(packetOf('0b00 0004 0a00 0005 aa000000 0e01 0004'));
    expect(reason).toBe(DropReason.none);
    expect(packet).toMatchObject({
      sourcePort: 5000,
      destinationPort: 5001,
      verificationTag: 0x01020304,
      chunkCount: 3,
      hasData: false,
      firstChunkType: 11,
      firstChunkFlags: 0,
    });
    expect(chunksOf(packet)).toEqual(['0b000004', '0a000005aa', '0e010004']);
    expect(packet.nextChunk()).toBe(false);
  });

  it('may have no chunks', () => {
    const [reason, packet] = parse(packetOf(''));
    expect(reason).toBe(DropReason.none);
    expect(packet).toMatchObject({ chunkCount: 0, firstChunkType: -1 });
    expect(packet.nextChunk()).toBe(false);
  });

  it.each([
    ['DATA', '0003 0011 00000001 0002 0003 00000004 01000000', true],
    ['I-DATA', '0b00 0004 4003 0015 00000001 0002 0000 00000004 00000005 01000000', true],
    ['SACK', '0300 0010 00000001 00000002 0000 0000', false],
  ])('says whether data are inside: %s', (_name, chunks, hasData) => {
    const [reason, packet] = parse(packetOf(chunks));
    expect(reason).toBe(DropReason.none);
    expect(packet.hasData).toBe(hasData);
  });

  it('can be used again', () => {
    const packet = new SctpPacket();
    const first = packetOf('0b00 0004');
    packet.parse(first, 0, first.length, false);
    chunksOf(packet);
    const second = packetOf('0601 0004 0a00 0004');
    packet.parse(second, 0, second.length, false);
    expect(packet).toMatchObject({ chunkCount: 2, firstChunkType: 6, firstChunkFlags: 1 });
    expect(chunksOf(packet)).toEqual(['06010004', '0a000004']);
  });

  it.each([
    ['a chunk length of 0', '0b00 0000'],
    ['a chunk length of 3', '0b00 0003'],
    ['a chunk that is longer than the packet', '0a00 0009 aabbccdd'],
    ['a chunk of 65535 bytes', '0a00 ffff aabbccdd'],
    ['a chunk that is malformed, behind a good one', '0b00 0004 0700 0004'],
    ['a SACK whose counts do not fit', '0300 0010 00000001 00000002 0001 0000'],
    ['a parameter whose length is wrong', '8200 0008 000d 0010'],
    ['a cause whose length is wrong', '0600 0008 0003 0004'],
  ])('is malformed as a whole with %s', (_name, chunks) => {
    expect(parse(packetOf(chunks))[0]).toBe(DropReason.sctpMalformed);
  });

  it.each([0, 1, 4, 11, 13, 14, 15, 17])('is malformed with %i bytes', length => {
    expect(parse(packetOf('0b00 0004 0b00 0004').slice(0, length))[0]).toBe(DropReason.sctpMalformed);
  });

  it('is dropped when one bit of it is wrong', () => {
    const packet = packetOf('0a00 0008 01020304');
    for (let bit = 0; bit < packet.length * 8; bit++) {
      const damaged = packet.slice();
      damaged[bit >> 3] ^= 1 << (bit & 7);
      expect(parse(damaged)[0]).toBe(DropReason.sctpChecksum);
    }
  });

  it('needs no checksum if that was agreed on', () => {
    const packet = packetOf('0b00 0004');
    expect(parse(packet, true)[0]).toBe(DropReason.none);
    packet.fill(0, 8, 12);
    expect(parse(packet, true)[0]).toBe(DropReason.none);
    expect(parse(packet, false)[0]).toBe(DropReason.sctpChecksum);
    packet[8] = 1;
    expect(parse(packet, true)[0]).toBe(DropReason.sctpChecksum);
  });

  it('reads 16000 chunks', () => {
    const [reason, packet] = parse(packetOf('0b000004'.repeat(16_000)));
    expect(reason).toBe(DropReason.none);
    expect(packet.chunkCount).toBe(16_000);
  });

  it.each(sessions)('reads the packets of %s', session => {
    const packets = recorded(session).map(({ direction, packet }) => {
      const [reason, view] = parse(packet);
      expect(reason).toBe(DropReason.none);
      const chunks: string[] = [];
      while (view.nextChunk()) chunks.push(`${view.chunkType}:${view.chunkLength}`);
      return `${direction} ${chunks.join(' ')}`;
    });
    expect(packets).toMatchSnapshot();
  });

  it.each(sessions)('reads none of the packets of %s when they are cut off', session => {
    for (const { packet } of recorded(session)) {
      for (let length = 0; length < packet.length; length++) {
        const cut = packet.slice(0, length);
        if (length >= 12) new DataView(cut.buffer).setUint32(8, packetChecksum(cut, 0, length), true);
        const [reason, view] = parse(cut);
        // What is left are whole chunks.
        if (reason === DropReason.none) expect(view.chunkCount).toBeLessThan(2);
        else expect(reason).toBe(DropReason.sctpMalformed);
      }
    }
  });
});

describe('PacketBuilder', () => {
  it('keeps to the last multiple of four of its length', () => {
    const builder = new PacketBuilder(1191);
    builder.start(1, 2, 3);
    expect(builder.remaining).toBe(1176);
    expect(builder.add(new Uint8Array(1177))).toBe(false);
    expect(builder.isEmpty).toBe(true);
    expect(builder.add(new Uint8Array(1173))).toBe(true);
    expect(builder.remaining).toBe(0);
    expect(builder.reserve(1)).toBe(-1);
    expect(builder.finish(true)).toBe(1188);
  });

  it('pads with zeros, also where another packet was before', () => {
    const builder = new PacketBuilder(100);
    builder.start(0x1111, 0x2222, 0x33333333);
    builder.add(new Uint8Array(88).fill(0xff));
    builder.start(0x1388, 0x1389, 0x01020304);
    expect(builder.isEmpty).toBe(true);
    expect(builder.add(bytes('0a000005aa'))).toBe(true);
    const offset = builder.reserve(4);
    builder.bytes.set(bytes('0b000004'), offset);
    const packet = builder.bytes.slice(0, builder.finish(true));
    expect(hex(packet)).toBe(hex(packetOf('0a00 0005 aa000000 0b00 0004')));
  });

  it('leaves the checksum out', () => {
    const builder = new PacketBuilder(100);
    builder.start(0x1388, 0x1389, 0x01020304);
    builder.add(bytes('0b000004'));
    expect(hex(builder.bytes.slice(0, builder.finish(false)))).toBe('1388138901020304000000000b000004');
  });

  it.each(sessions)('writes the packets of %s as they were', session => {
    const builder = new PacketBuilder(1200);
    for (const { packet } of recorded(session)) {
      const [, view] = parse(packet);
      builder.start(view.sourcePort, view.destinationPort, view.verificationTag);
      while (view.nextChunk()) builder.add(rewrite(view.bytes, view.chunkOffset, view.chunkLength)!.chunk);
      expect(hex(builder.bytes.slice(0, builder.finish(true)))).toBe(hex(packet));
    }
  });
});
