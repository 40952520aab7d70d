import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { isRtcp } from '../../src/rtp/rtcp/rtcp-packet.js';
import { TransportFeedbackReader } from '../../src/rtp/rtcp/transport-feedback-reader.js';
import { bytes, readRtcp, viewOf } from '../unit/rtp/rtcp/support.js';

const file = new URL('../fixtures/rtcp/captures.json', import.meta.url);
const captures = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, string[]>>;
const packets = Object.values(captures)
  .flatMap(sessions => Object.values(sessions).flat())
  .map(bytes);

/** A packet whose type and length are right, the rest anything. */
const likely = fc
  .tuple(
    fc.integer({ min: 0x80, max: 0x9f }),
    fc.integer({ min: 200, max: 207 }),
    fc.array(fc.uint8Array({ minLength: 4, maxLength: 4 }), { maxLength: 40 }),
  )
  .map(([first, type, words]) => Uint8Array.of(first, type, 0, words.length, ...words.flatMap(word => [...word])));

it('any bytes are read without an exception, and only to their end', () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.array(likely, { maxLength: 4 }).map(join)), packet => {
      const { events } = readRtcp(packet);
      if (!isRtcp(packet, 0, packet.length)) expect(events).toEqual([]);
    }),
    { numRuns: 5000 },
  );
});

it('real packets with some bytes changed are read without an exception', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...packets),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      fc.nat(),
      (packet, changes, cut) => {
        const changed = packet.slice();
        for (const [at, value] of changes) changed[at % changed.length] = value;
        readRtcp(changed);
        readRtcp(changed.subarray(0, cut % changed.length));
      },
    ),
    { numRuns: 3000 },
  );
});

it('transport-wide feedback that is taken reports as many packets as it says', () => {
  const content = fc.uint8Array({ minLength: 2, maxLength: 300 });
  let taken = 0;
  fc.assert(
    fc.property(content, fc.integer({ min: 1, max: 60 }), fc.nat(65535), (chunksAndDeltas, count, base) => {
      const packet = new Uint8Array(20 + chunksAndDeltas.length);
      viewOf(packet).setUint16(12, base);
      viewOf(packet).setUint16(14, count);
      packet.set(chunksAndDeltas, 20);
      const feedback = new TransportFeedbackReader();
      if (!feedback.read(viewOf(packet), 0, packet.length)) return;
      taken++;
      let reported = 0;
      let received = 0;
      while (feedback.next()) {
        expect(feedback.sequenceNumber).toBe((base + reported++) & 0xffff);
        if (feedback.received) received++;
      }
      expect([reported, received]).toEqual([count, feedback.receivedCount]);
    }),
    { numRuns: 3000 },
  );
  expect(taken).toBeGreaterThan(100);
});

function join(parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
