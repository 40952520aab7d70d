import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createPair, protectRtcp, protectRtp, suiteNames, unprotectRtcp, unprotectRtp } from '../unit/srtp/support.js';

const packets = fc.oneof(
  fc.uint8Array({ maxLength: 120 }),
  // Likely headers.
  fc
    .tuple(fc.integer({ min: 0x80, max: 0x9f }), fc.uint8Array({ minLength: 11, maxLength: 200 }))
    .map(([first, rest]) => Uint8Array.of(first, ...rest)),
);

it.each(suiteNames)('%s: garbage is dropped and creates no state', suite => {
  const { receiver } = createPair(suite);
  fc.assert(
    fc.property(packets, packet => {
      expect(unprotectRtp(receiver, packet)).toBeTypeOf('number');
      expect(unprotectRtcp(receiver, packet)).toBeTypeOf('number');
      expect(receiver.streamCount).toBe(0);
    }),
    { numRuns: 1500 },
  );
});

it.each(suiteNames)('%s: what can be protected comes out as it went in', suite => {
  fc.assert(
    fc.property(packets, packet => {
      const { sender, receiver } = createPair(suite);
      const srtp = protectRtp(sender, packet);
      if (typeof srtp !== 'number') expect(unprotectRtp(receiver, srtp)).toEqual(packet);
      const srtcp = protectRtcp(sender, packet);
      if (typeof srtcp !== 'number') expect(unprotectRtcp(receiver, srtcp)).toEqual(packet);
    }),
    { numRuns: 500 },
  );
});

it.each(suiteNames)('%s: one changed byte is enough to be dropped', suite => {
  fc.assert(
    fc.property(packets, fc.nat(), fc.integer({ min: 1, max: 255 }), (packet, at, change) => {
      const { sender, receiver } = createPair(suite);
      const srtp = protectRtp(sender, packet);
      if (typeof srtp === 'number') return;
      srtp[at % srtp.length] ^= change;
      expect(unprotectRtp(receiver, srtp)).toBeTypeOf('number');
    }),
    { numRuns: 500 },
  );
});
