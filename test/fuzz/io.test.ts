import { isIP, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIp, ipFamily, normalizeIp, writeIp } from '../../src/common/ip-address.js';
import { FrameDecoder } from '../../src/io/frame-decoder.js';

describe('IP addresses', () => {
  it('are what Node takes for addresses', () => {
    const part = fc.oneof(
      fc.constantFrom(':', '::', '.', '%', '0', '00', '1.2.3.4', '::ffff:', '256', 'fffff', ' ', '-1'),
      fc.integer({ min: 0, max: 0xffff }).map(word => word.toString(16)),
      fc.integer({ min: 0, max: 300 }).map(String),
    );
    const text = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.array(part, { maxLength: 17 }).map(parts => parts.join('')),
      fc.array(part, { maxLength: 9 }).map(parts => parts.join(':')),
      fc.string(),
    );
    fc.assert(
      fc.property(text, ip => {
        // Node takes zones, we do not.
        expect(ipFamily(ip)).toBe(ip.includes('%') ? 0 : isIP(ip));
      }),
      { numRuns: 20_000 },
    );
  });

  it('survive the way through bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(0xffff), (bytes, zeros) => {
        for (let i = 0; i < 16; i++) if (zeros & (1 << i)) bytes[i] = 0;
        const text = formatIp(bytes, 0, 6);
        expect(isIPv6(text)).toBe(true);
        expect(normalizeIp(text)).toBe(text);
        const back = new Uint8Array(16);
        expect(writeIp(text, back, 0)).toBe(6);
        expect(back).toEqual(bytes);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('RFC 4571 frames', () => {
  it('come out of any stream, however it is cut, as from the whole of it', () => {
    const frame = fc.uint8Array({ maxLength: 60 }).map(bytes => [bytes.length >> 8, bytes.length, ...bytes]);
    const garbage = fc.uint8Array({ maxLength: 20 }).map(bytes => [...bytes]);
    const stream = fc.array(fc.oneof({ weight: 10, arbitrary: frame }, garbage), { maxLength: 20 });
    fc.assert(
      fc.property(stream, fc.array(fc.nat(200), { maxLength: 20 }), (parts, cuts) => {
        const bytes = Buffer.from(parts.flat());
        const positions = [0, ...cuts.filter(cut => cut < bytes.length).toSorted((a, b) => a - b), bytes.length];
        const chunks = positions.slice(1).map((end, i) => bytes.subarray(positions[i], end));
        expect(decode(chunks)).toEqual(decode([bytes]));
      }),
      { numRuns: 5_000 },
    );
  });

  function decode(chunks: Buffer[]): { frames: string[]; isIntact: boolean } {
    const decoder = new FrameDecoder();
    const frames: string[] = [];
    const isIntact = chunks.every(chunk =>
      decoder.push(chunk, one => {
        frames.push(one.toString('hex'));
        return true;
      }),
    );
    return { frames, isIntact };
  }
});
