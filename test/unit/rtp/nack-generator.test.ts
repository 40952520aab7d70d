import { describe, expect, it } from 'vitest';
import { NackGenerator } from '../../../src/rtp/nack-generator.js';

class Harness {
  readonly nacks: number[][] = [];
  keyFrameRequests = 0;
  readonly generator: NackGenerator;

  constructor(delay = 0) {
    this.generator = new NackGenerator(delay, {
      onNackRequired: (seqs, count) => this.nacks.push([...seqs.subarray(0, count)]),
      onNackKeyFrameRequired: () => this.keyFrameRequests++,
    });
  }

  /** A sequence number with `k` behind it is a key frame. */
  receive(seqs: (number | `${number}k`)[], now = 1000): void {
    for (const seq of seqs) {
      const isKeyFrame = typeof seq === 'string';
      this.generator.receivePacket(isKeyFrame ? parseInt(seq) : seq, isKeyFrame, false, now);
    }
  }
}

const range = (from: number, count: number) => Array.from({ length: count }, (_, i) => (from + i) & 0xffff);

describe('NackGenerator', () => {
  it.each<{ name: string; input: (number | `${number}k`)[]; nacks: number[][]; size: number }>([
    { name: 'no gap', input: [2371, 2372, 2373, 2374], nacks: [], size: 0 },
    { name: 'a gap', input: [2371, 2373, 2374], nacks: [[2372]], size: 1 },
    { name: 'wrap', input: [65534, 65535, 0, 1], nacks: [], size: 0 },
    { name: 'a gap across the wrap', input: [65534, 65535, 1, 2], nacks: [[0]], size: 1 },
    {
      name: 'gaps among key frames',
      input: [65532, 65535, '0k', 3],
      nacks: [
        [65533, 65534],
        [1, 2],
      ],
      size: 4,
    },
    { name: 'every other packet', input: [1, 3, 5, 7], nacks: [[2], [4], [6]], size: 3 },
    { name: 'a jump from 1 to 300', input: [1, 300], nacks: [range(2, 298)], size: 298 },
    { name: 'a repeated packet', input: [1, 1, 2], nacks: [], size: 0 },
  ])('asks for what is missing: $name', ({ input, nacks, size }) => {
    const harness = new Harness();
    harness.receive(input);
    expect(harness.nacks).toEqual(nacks);
    expect(harness.generator.size).toBe(size);
    expect(harness.keyFrameRequests).toBe(0);
  });

  it('forgets what arrives late', () => {
    const harness = new Harness();
    harness.receive([1, 300]);
    expect(harness.generator.receivePacket(14, false, false, 1000)).toBe(true);
    expect(harness.generator.receivePacket(14, false, false, 1000)).toBe(false);
    expect(harness.generator.size).toBe(297);
  });

  it('asks for a key frame when too much is missing', () => {
    const harness = new Harness();
    harness.receive([1, 3000]);
    expect(harness).toMatchObject({ nacks: [], keyFrameRequests: 1 });
    expect(harness.generator.size).toBe(0);
  });

  it('rather gives up what lies before a key frame', () => {
    const harness = new Harness();
    harness.receive([1, 500, '501k', 1200]);
    expect(harness.keyFrameRequests).toBe(0);
    expect(harness.generator.size).toBe(698);
  });

  it('waits, and then asks again after a round trip time, ten times at most', () => {
    const harness = new Harness(10);
    harness.receive([10, 12], 1000);
    expect(harness.nacks).toEqual([]);
    expect(harness.generator.nextDeadline).toBe(1040);
    const times: number[] = [];
    for (let now = 1040; harness.generator.nextDeadline < Infinity; now += 40) {
      const before = harness.nacks.length;
      harness.generator.onTimeout(now);
      if (harness.nacks.length > before) times.push(now);
    }
    // Without a measurement the round trip time is taken for 100 ms.
    expect(times).toEqual(Array.from({ length: 10 }, (_, i) => 1040 + i * 120));
    expect(new Set(harness.nacks.flat())).toEqual(new Set([11]));
  });

  it('asks at the next packet once the delay is over', () => {
    const harness = new Harness(10);
    harness.receive([10, 12], 1000);
    harness.receive([13], 1009);
    expect(harness.nacks).toEqual([]);
    harness.receive([14], 1010);
    harness.receive([15], 1200);
    expect(harness.nacks).toEqual([[11]]);
  });

  it('uses the measured round trip time', () => {
    const harness = new Harness(10);
    harness.generator.updateRtt(30);
    harness.receive([10, 12], 1000);
    for (const now of [1040, 1080, 1120]) harness.generator.onTimeout(now);
    expect(harness.nacks).toHaveLength(3);
    harness.generator.updateRtt(0);
    harness.generator.onTimeout(1160);
    expect(harness.nacks).toHaveLength(3);
  });

  it('takes retransmissions that are of use', () => {
    const { generator, nacks } = new Harness();
    generator.receivePacket(10, false, false, 1000);
    generator.receivePacket(12, false, false, 1000);
    expect(generator.receivePacket(11, false, true, 1000)).toBe(true);
    expect(generator.receivePacket(11, false, true, 1000)).toBe(false);
    // A packet never seen before, as probes of congestion control are, is taken, and not asked for later.
    expect(generator.receivePacket(14, false, true, 1000)).toBe(true);
    generator.receivePacket(16, false, false, 1000);
    expect(nacks).toEqual([[11], [13], [15]]);
  });

  it('starts anew after a reset', () => {
    const harness = new Harness();
    harness.receive([1, 10]);
    harness.generator.reset();
    harness.receive([5000, 5001]);
    expect(harness.nacks).toHaveLength(1);
    expect(harness.generator.size).toBe(0);
    harness.generator.onTimeout(1040);
    expect(harness.generator.nextDeadline).toBe(Infinity);
  });

  it('forgets what is more than 10000 packets old', () => {
    const harness = new Harness();
    harness.receive([0, 2]);
    for (let seq = 3; seq <= 10_001; seq++) harness.generator.receivePacket(seq, true, false, 1000);
    expect(harness.generator.size).toBe(1);
    harness.receive([10_002]);
    expect(harness.generator.size).toBe(0);
  });

  it('does not take a key frame of long ago for one that is ahead', () => {
    const harness = new Harness();
    harness.receive(['0k']);
    for (let seq = 1; seq <= 40_000; seq++) harness.receive([seq]);
    harness.receive([40_600, 41_200]);
    expect(harness.keyFrameRequests).toBe(1);
  });

  it('asks for what RTX brought a cycle ago', () => {
    const harness = new Harness();
    harness.receive([4]);
    harness.generator.receivePacket(5, false, true, 1000);
    for (let seq = 6; seq <= 65_536 + 4; seq++) harness.receive([seq & 0xffff]);
    harness.receive([6]);
    expect(harness.nacks).toEqual([[5]]);
  });
});
