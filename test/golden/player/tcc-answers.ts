import { type Endpoint } from './endpoint.js';
import { parseRtp } from './rtp-wire.js';

const EXTENSION_ID = 5;

/**
 * Lets an endpoint answer the transport-wide sequence numbers it receives with feedback
 * (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).
 *
 * @returns what stops it.
 */
export function answerTransportWide(
  endpoint: Endpoint,
  send: (feedback: Buffer) => void,
  { every = 50, dropEvery = 0 }: { every?: number; dropEvery?: number },
): () => void {
  let arrived: { number: number; at: number }[] = [];
  let highest = -1;
  let seen = 0;
  let feedbackCount = 0;
  let mediaSsrc = 0;
  const started = performance.now();

  endpoint.onArrival = ({ kind, bytes, at }) => {
    if (kind !== 'rtp') return;
    const packet = parseRtp(bytes);
    const value = packet.extensions.find(({ id }) => id === EXTENSION_ID)?.value;
    if (value === undefined) return;
    seen++;
    if (dropEvery > 0 && seen % dropEvery === 0) return;
    const number = unwrap(value.readUInt16BE(0), highest);
    highest = Math.max(highest, number);
    mediaSsrc = packet.ssrc;
    arrived.push({ number, at: at - started });
  };

  const timer = setInterval(() => {
    if (arrived.length === 0) return;
    send(feedback(arrived, feedbackCount, mediaSsrc));
    feedbackCount = (feedbackCount + 1) & 0xff;
    arrived = [];
  }, every);
  return () => clearInterval(timer);
}

function unwrap(number: number, highest: number): number {
  if (highest < 0) return number;
  return highest + (((number - highest) << 16) >> 16);
}

function feedback(arrived: { number: number; at: number }[], feedbackCount: number, mediaSsrc: number): Buffer {
  const byNumber = new Map(arrived.map(({ number, at }) => [number, at] as const));
  const numbers = [...byNumber.keys()].sort((a, b) => a - b);
  const base = numbers[0];
  const count = numbers.at(-1)! - base + 1;
  // Reference time in 64 ms, deltas in 250 µs.
  const reference = Math.floor(byNumber.get(base)! / 64);
  let previous = reference * 256;

  const symbols: number[] = [];
  const deltas: Buffer[] = [];
  for (let number = base; number < base + count; number++) {
    const at = byNumber.get(number);
    if (at === undefined) {
      symbols.push(0);
      continue;
    }
    const ticks = Math.round(at * 4);
    const delta = ticks - previous;
    previous = ticks;
    const small = delta >= 0 && delta <= 255;
    symbols.push(small ? 1 : 2);
    const bytes = Buffer.alloc(small ? 1 : 2);
    if (small) bytes.writeUInt8(delta);
    else bytes.writeInt16BE(delta);
    deltas.push(bytes);
  }

  // Status vector chunks of seven two-bit symbols.
  const chunks: Buffer[] = [];
  for (let at = 0; at < symbols.length; at += 7) {
    let chunk = 0xc000;
    for (let index = 0; index < 7; index++) chunk |= (symbols[at + index] ?? 0) << (12 - 2 * index);
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16BE(chunk);
    chunks.push(bytes);
  }

  const head = Buffer.alloc(20);
  head.writeUInt8(0x8f);
  head.writeUInt8(205, 1);
  head.writeUInt32BE(1, 4);
  head.writeUInt32BE(mediaSsrc, 8);
  head.writeUInt16BE(base & 0xffff, 12);
  head.writeUInt16BE(count, 14);
  head.writeIntBE(reference, 16, 3);
  head.writeUInt8(feedbackCount, 19);
  const body = Buffer.concat([head, ...chunks, ...deltas]);
  const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
  padded.writeUInt16BE(padded.length / 4 - 1, 2);
  return padded;
}
