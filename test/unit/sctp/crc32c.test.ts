import { describe, expect, it } from 'vitest';
import { crc32c, packetChecksum } from '../../../src/sctp/crc32c.js';
import { embedded, recorded } from './support.js';

const text = (of: string): Uint8Array => new TextEncoder().encode(of);
const sequence = (length: number, valueAt: (i: number) => number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => valueAt(i));

/** Bit by bit, as the definition says. */
const slowCrc32c = (of: Uint8Array): number => {
  let crc = 0xffffffff;
  for (const byte of of) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
};

describe('crc32c', () => {
  it.each([
    ['no bytes', text(''), 0x00000000],
    ['the check value of the catalogue of CRCs', text('123456789'), 0xe3069283],
    ['one letter', text('a'), 0xc1d04330],
    // RFC 3720 §B.4.
    ['32 zeros', sequence(32, () => 0), 0x8a9136aa],
    ['32 ones', sequence(32, () => 0xff), 0x62a8ab43],
    ['32 bytes that count up', sequence(32, i => i), 0x46dd794e],
    ['32 bytes that count down', sequence(32, i => 31 - i), 0x113fdb5c],
  ])('%s', (_name, input, expected) => {
    const { memory, offset, length } = embedded(input);
    expect(crc32c(memory, offset, length)).toBe(expected);
  });

  it('is the same for every length and alignment as bit by bit', () => {
    const memory = sequence(80, i => (i * 151 + 7) & 0xff);
    for (let offset = 0; offset < 9; offset++) {
      for (let length = 0; length <= 64; length++) {
        expect(crc32c(memory, offset, length)).toBe(slowCrc32c(memory.subarray(offset, offset + length)));
      }
    }
  });
});

describe('packetChecksum', () => {
  it.each(['chromium-publisher', 'firefox-publisher'] as const)('is what the packets of %s say', session => {
    for (const { packet } of recorded(session)) {
      const { memory, offset, length } = embedded(packet);
      expect(packetChecksum(memory, offset, length)).toBe(new DataView(packet.buffer).getUint32(8, true));
    }
  });
});
