import { randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeMessage } from '../../src/channel/codec.js';
import { FrameReader, FrameWriter } from '../../src/channel/framing.js';
import { verifyMessage } from '../../src/channel/verifier.js';
import { everyMessage } from '../support/channel-schema.js';

const seed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31));
console.log(`FUZZ_SEED=${seed}`);

/** mulberry32 */
let state = seed;
const random = (below: number): number => {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
};

const messages = [...everyMessage('filled'), ...everyMessage('zero'), ...everyMessage('default')].map(one => one.bytes);
const aMessage = (): Uint8Array => messages[random(messages.length)].slice();

let accepted = 0;
/** The verifier never throws, and what it accepts can be unpacked, at a cost that is bounded by its length. */
const check = (bytes: Uint8Array): void => {
  if (verifyMessage(bytes) !== undefined) return;
  accepted++;
  const unpacked = decodeMessage(bytes);
  expect(sizeOf(unpacked)).toBeLessThan(40 * bytes.length + 1000);
};

/** Roughly: objects, characters and elements in what has been unpacked. */
const sizeOf = (value: unknown): number => {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length;
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + sizeOf(item), 1);
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce((sum: number, item) => sum + sizeOf(item), 1);
};

const SIZES = [8, 16, 32] as const;
const set = (view: DataView, size: (typeof SIZES)[number], position: number, value: number): void => {
  if (size === 8) view.setUint8(position, value);
  else if (size === 16) view.setUint16(position, value, true);
  else view.setUint32(position, value, true);
};
/** Numbers at which parsers go wrong. */
const awkward = [
  0, 1, 2, 3, 4, 5, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff,
];

describe('the verifier', () => {
  it('survives garbage', () => {
    for (let round = 0; round < 20_000; round++) {
      const bytes = new Uint8Array(random(200)).map(() => (random(3) === 0 ? random(256) : random(12)));
      check(bytes);
    }
  });

  it('survives messages that are cut', () => {
    for (let round = 0; round < 5000; round++) {
      const bytes = aMessage();
      check(bytes.subarray(0, random(bytes.length)));
    }
  });

  it('survives flipped bits', () => {
    accepted = 0;
    for (let round = 0; round < 20_000; round++) {
      const bytes = aMessage();
      for (let flips = 1 + random(4); flips > 0; flips--) bytes[random(bytes.length)] ^= 1 << random(8);
      check(bytes);
    }
    // Many bits are in values, where they do no harm.
    expect(accepted).toBeGreaterThan(1000);
  });

  it('survives awkward numbers anywhere, among them unknown types, and offsets that lead into other parts', () => {
    accepted = 0;
    for (let round = 0; round < 30_000; round++) {
      const bytes = aMessage();
      const view = new DataView(bytes.buffer);
      for (let changes = 1 + random(2); changes > 0; changes--) {
        const size = SIZES[random(3)];
        const position = random(bytes.length - 3) & (random(4) === 0 ? -1 : -4);
        const value = random(2) === 0 ? awkward[random(awkward.length)] : random(bytes.length);
        set(view, size, position, value);
      }
      check(bytes);
    }
    expect(accepted).toBeGreaterThan(1000);
  });

  it('survives pieces of one message in another', () => {
    for (let round = 0; round < 10_000; round++) {
      const [bytes, other] = [aMessage(), aMessage()];
      const length = random(Math.min(bytes.length, other.length));
      bytes.set(other.subarray(0, length), random(bytes.length - length));
      check(bytes);
    }
  });

  it('survives oversized messages, and messages with something behind them', () => {
    for (let round = 0; round < 20; round++) {
      const message = aMessage();
      const bytes = new Uint8Array(8_388_604).fill(random(256));
      bytes.set(message);
      check(bytes);
    }
  });
});

describe('the frame reader', () => {
  it('survives garbage, and finds every frame after it has skipped one', () => {
    for (let round = 0; round < 2000; round++) {
      let frames = 0;
      const reader = new FrameReader(
        payload => {
          expect(payload.byteOffset % 4).toBe(0);
          frames++;
        },
        () => 'skip',
      );
      for (let pieces = random(8); pieces > 0; pieces--) {
        reader.push(new Uint8Array(random(40)).map(() => (random(2) === 0 ? 0 : random(6))));
      }
      expect(frames).toBeGreaterThanOrEqual(0);
    }
  });

  it('gives back what was written, however it is split', () => {
    for (let round = 0; round < 500; round++) {
      const sent = Array.from({ length: random(10) }, aMessage);
      const writer = new FrameWriter();
      sent.forEach(message => writer.add(message));
      const stream = writer.take();
      const received: Uint8Array[] = [];
      const reader = new FrameReader(
        payload => received.push(payload.slice()),
        () => 'stop',
      );
      for (let position = 0; position < stream.length;) {
        const length = 1 + random(random(4) === 0 ? 8 : 4000);
        reader.push(stream.subarray(position, position + length));
        position += length;
      }
      expect(received).toEqual(sent);
    }
  });
});
