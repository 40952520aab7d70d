import { describe, expect, it } from 'vitest';
import { FrameDecoder } from '../../../src/io/frame-decoder.js';

const frame = (content: Uint8Array | string): Buffer => {
  const bytes = Buffer.from(content);
  return Buffer.concat([Uint8Array.of(bytes.length >> 8, bytes.length), bytes]);
};

/** Pushes the chunks, stops when told so. Frames as text, and whether the stream is intact. */
function decode(chunks: Uint8Array[], decoder = new FrameDecoder()): [string[], boolean] {
  const frames: string[] = [];
  for (const chunk of chunks) {
    const isIntact = decoder.push(Buffer.from(chunk), one => {
      frames.push(one.toString('latin1'));
      return true;
    });
    if (!isIntact) return [frames, false];
  }
  return [frames, true];
}

describe('RFC 4571 frames', () => {
  const stream = Buffer.concat([frame('a'), frame(''), frame('bcd'), frame(''), frame('x'.repeat(300)), frame('e')]);
  const frames = ['a', 'bcd', 'x'.repeat(300), 'e'];

  it('are cut wherever the chunks end', () => {
    for (let size = 1; size <= stream.length; size++) {
      const chunks = [];
      for (let at = 0; at < stream.length; at += size) chunks.push(stream.subarray(at, at + size));
      expect(decode(chunks)).toEqual([frames, true]);
    }
    for (let at = 0; at <= stream.length; at++) {
      expect(decode([stream.subarray(0, at), stream.subarray(at)])).toEqual([frames, true]);
    }
  });

  it('of one chunk are all delivered', () => {
    const [delivered] = decode([Buffer.concat(Array.from({ length: 100 }, (_, i) => frame(`frame ${i}`)))]);
    expect(delivered).toHaveLength(100);
    expect(delivered[99]).toBe('frame 99');
  });

  it('may be empty in any number', () => {
    expect(decode([Buffer.alloc(65_536), Buffer.alloc(1), Buffer.alloc(1), frame('a')])).toEqual([['a'], true]);
  });

  it('have up to 65534 bytes', () => {
    const longest = frame(Buffer.alloc(65_534));
    expect(decode([longest])[1]).toBe(true);
    expect(decode([longest.subarray(0, 1), longest.subarray(1)])[0][0]).toHaveLength(65_534);
    expect(decode([Uint8Array.of(0xff, 0xff)])).toEqual([[], false]);
    expect(decode([Uint8Array.of(0xff), Uint8Array.of(0xff)])).toEqual([[], false]);
    expect(decode([frame('a'), Uint8Array.of(0xff, 0xff)])).toEqual([['a'], false]);
  });

  it('stop when the receiver says so', () => {
    const delivered: string[] = [];
    const decoder = new FrameDecoder();
    const isIntact = decoder.push(Buffer.concat([frame('a'), frame('b'), frame('c')]), one => {
      delivered.push(one.toString());
      return delivered.length < 2;
    });
    expect(isIntact).toBe(false);
    expect(delivered).toEqual(['a', 'b']);
  });
});
