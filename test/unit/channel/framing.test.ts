import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader, FrameWriter, MAX_FRAME_LENGTH, MAX_PAYLOAD_LENGTH } from '../../../src/channel/framing.js';

const framesOf = (...payloads: Uint8Array[]): Uint8Array => {
  const writer = new FrameWriter();
  for (const payload of payloads) expect(writer.add(payload)).toBe(true);
  return writer.take();
};

/** Reads a stream that arrives in the given pieces, and copies what comes out. */
const read = (pieces: Uint8Array[], oversized: 'skip' | 'stop' = 'stop') => {
  const payloads: Uint8Array[] = [];
  const tooLong: number[] = [];
  const reader = new FrameReader(
    payload => {
      expect(payload.byteOffset % 4).toBe(0);
      payloads.push(payload.slice());
    },
    length => {
      tooLong.push(length);
      return oversized;
    },
  );
  for (const piece of pieces) reader.push(piece);
  return { payloads, tooLong };
};

const cut = (bytes: Uint8Array, at: number[]): Uint8Array[] => {
  const positions = [0, ...at.map(position => position % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return positions.slice(1).map((end, index) => bytes.subarray(positions[index], end));
};

const payload = (length: number, seed = 1): Uint8Array => Uint8Array.from({ length }, (_, index) => index * 7 + seed);

describe('frames', () => {
  it('are a little-endian length and the payload', () => {
    expect([...framesOf(Uint8Array.of(9, 8, 7), payload(0))]).toEqual([3, 0, 0, 0, 9, 8, 7, 0, 0, 0, 0]);
    expect([...framesOf(payload(0x012345)).subarray(0, 4)]).toEqual([0x45, 0x23, 0x01, 0]);
  });

  it('are handed over once', () => {
    const writer = new FrameWriter();
    writer.add(payload(5));
    expect(writer.isEmpty).toBe(false);
    expect(writer.take().length).toBe(9);
    expect(writer.isEmpty).toBe(true);
    expect(writer.take().length).toBe(0);
  });

  it('are read however the stream is split', () => {
    const payloads = [payload(3), payload(0), payload(8, 2), payload(1, 3), payload(0)];
    const stream = framesOf(...payloads);
    for (let first = 0; first <= stream.length; first++) {
      for (let second = first; second <= stream.length; second++) {
        expect(read(cut(stream, [first, second])).payloads).toEqual(payloads);
      }
    }
    expect(read([...stream].map(byte => Uint8Array.of(byte))).payloads).toEqual(payloads);
  });

  it('are read whatever their number, size and pieces', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 9000 }), { maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        (payloads, at) => {
          expect(read(cut(framesOf(...payloads), at)).payloads).toEqual(payloads);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('may be as long as the protocol allows, and no longer', () => {
    const longest = new Uint8Array(MAX_PAYLOAD_LENGTH).fill(7);
    const stream = framesOf(longest, payload(2));
    expect(stream.length).toBe(MAX_FRAME_LENGTH + 6);
    expect(read(cut(stream, [100_000])).payloads.map(({ length }) => length)).toEqual([MAX_PAYLOAD_LENGTH, 2]);
    expect(new FrameWriter().add(new Uint8Array(MAX_PAYLOAD_LENGTH + 1))).toBe(false);
  });

  it.each([[[]], [[2]], [[4]], [[6, 1_000_000]]])('that are too long are skipped (cut at %j)', at => {
    const tooLong = new Uint8Array(4 + MAX_PAYLOAD_LENGTH + 1);
    new DataView(tooLong.buffer).setUint32(0, MAX_PAYLOAD_LENGTH + 1, true);
    const stream = Buffer.concat([tooLong, framesOf(payload(4))]);
    const result = read(cut(stream, at), 'skip');
    expect(result.tooLong).toEqual([MAX_PAYLOAD_LENGTH + 1]);
    expect(result.payloads).toEqual([payload(4)]);
  });

  it('that are too long end the stream, without waiting for their bytes', () => {
    const result = read([framesOf(payload(4)), Uint8Array.of(255, 255, 255, 255), framesOf(payload(4))], 'stop');
    expect(result.tooLong).toEqual([0xffffffff]);
    expect(result.payloads).toEqual([payload(4)]);
  });

  it('are plain bytes, which `slice` copies, also if they arrive in a Buffer', () => {
    const stream = Buffer.from(framesOf(payload(4)));
    let kept: Uint8Array | undefined;
    new FrameReader(
      bytes => (kept = bytes.slice()),
      () => 'stop',
    ).push(stream);
    stream.fill(0);
    expect(kept).toEqual(payload(4));
  });

  it('are not read after stop, even from the same piece', () => {
    let count = 0;
    const reader: FrameReader = new FrameReader(
      () => {
        count++;
        reader.stop();
      },
      () => 'stop',
    );
    reader.push(framesOf(payload(4), payload(4)));
    reader.push(framesOf(payload(4)));
    expect(count).toBe(1);
  });
});
