import { expect, it } from 'vitest';
import { DropReason } from '../../../src/common/drop-reason.js';
import { createPair, protectRtp, rtpPacket, suiteNames, unprotectRtp } from './support.js';

/** A seeded generator: the same network every time. */
const createRandom = (seed: number) => (): number => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};

it.each(suiteNames)('%s over a network that loses, reorders, duplicates and corrupts', suite => {
  const { sender, receiver } = createPair(suite);
  const random = createRandom(42);
  const queue: { at: number; index: number; ssrc: number; srtp: Uint8Array; corrupt: boolean }[] = [];
  const ssrcs = [1, 0xfffffffe];

  // 2 x 3000 packets over a wrap, up to 300 places late.
  for (let index = 64_000; index < 67_000; index++) {
    for (const ssrc of ssrcs) {
      const srtp = protectRtp(sender, rtpPacket(ssrc, index & 0xffff, (index * 7) % 120)) as Uint8Array;
      if (random() < 0.1 && index > 64_000) continue;
      const send = (corrupt: boolean): void => {
        queue.push({ at: index + (random() < 0.2 ? random() * 300 : 0), index, ssrc, srtp, corrupt });
      };
      send(false);
      if (random() < 0.1) send(false);
      if (random() < 0.1) send(true);
    }
  }
  queue.sort((a, b) => a.at - b.at);

  const taken = new Set<string>();
  const counts = new Map<number, number>();
  for (const { index, ssrc, srtp, corrupt } of queue) {
    const wire = srtp.slice();
    if (corrupt) wire[12 + Math.floor(random() * (wire.length - 12))] ^= 1 << Math.floor(random() * 8);
    const result = unprotectRtp(receiver, wire);
    const name = `${ssrc} ${index}`;
    if (typeof result === 'number') {
      counts.set(result, (counts.get(result) ?? 0) + 1);
      expect(result).toBe(taken.has(name) ? DropReason.srtpReplay : DropReason.srtpAuthentication);
      expect(taken.has(name) || corrupt).toBe(true);
    } else {
      expect(corrupt || taken.has(name)).toBe(false);
      expect(result).toEqual(rtpPacket(ssrc, index & 0xffff, (index * 7) % 120));
      taken.add(name);
    }
  }
  expect(taken.size).toBeGreaterThan(5000);
  expect(counts.get(DropReason.srtpReplay)).toBeGreaterThan(300);
  expect(counts.get(DropReason.srtpAuthentication)).toBeGreaterThan(50);
});
