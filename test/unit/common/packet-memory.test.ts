import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_HANDLE, PacketMemory } from '../../../src/common/packet-memory.js';

describe('PacketMemory', () => {
  it('hands out slots that are large enough and do not overlap', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 69632 }), { maxLength: 60 }), sizes => {
        const memory = new PacketMemory();
        const slots = sizes
          .map(size => memory.allocate(size))
          .map(handle => [handle, handle + memory.capacity(handle)]);
        slots.forEach(([from, to], index) => expect(to - from).toBeGreaterThanOrEqual(sizes[index]));
        slots.sort((a, b) => a[0] - b[0]);
        for (let i = 1; i < slots.length; i++) expect(slots[i][0]).toBeGreaterThanOrEqual(slots[i - 1][1]);
        expect(memory.slotsInUse).toBe(sizes.length);
        if (slots.length > 0) expect(slots.at(-1)![1]).toBeLessThanOrEqual(memory.bytes.length);
      }),
      { numRuns: 20 },
    );
  });

  it('gives a slot back with its last reference, and hands it out again', () => {
    const memory = new PacketMemory();
    const handle = memory.allocate(100);
    memory.retain(handle);
    memory.release(handle);
    expect(memory.slotsInUse).toBe(1);
    expect(memory.allocate(100)).not.toBe(handle);
    memory.release(handle);
    expect(memory.slotsInUse).toBe(1);
    expect(memory.allocate(100)).toBe(handle);
  });

  it('does not count as in use what somebody keeps for good', () => {
    const memory = new PacketMemory();
    const handle = memory.reserve(100);
    expect(memory.slotsInUse).toBe(0);
    expect(memory.allocate(100)).not.toBe(handle);
    memory.releaseReserved(handle);
    expect(memory.slotsInUse).toBe(1);
    expect(memory.allocate(100)).toBe(handle);
  });

  it('keeps what is stored when it grows', () => {
    const memory = new PacketMemory();
    const first = memory.allocate(2048);
    memory.bytes.fill(0xab, first, first + 2048);
    const before = memory.bytes;
    while (memory.bytes === before) expect(memory.allocate(2048)).not.toBe(NO_HANDLE);
    expect(memory.bytes.subarray(first, first + 2048).every(byte => byte === 0xab)).toBe(true);
    expect(memory.capacity(first)).toBe(2048);
    expect(memory.references(first)).toBe(1);
    expect(before[first]).toBe(0xab);
  });

  it('refuses at its bound and recovers when something is given back', () => {
    const memory = new PacketMemory(1024 * 1024);
    const handles: number[] = [];
    for (let handle = memory.allocate(2048); handle !== NO_HANDLE; handle = memory.allocate(2048)) handles.push(handle);
    expect(handles.length).toBe((1024 * 1024 - 256 * 1024) / 2048);
    memory.release(handles[7]);
    expect(memory.allocate(2000)).toBe(handles[7]);
  });

  it('refuses an absurd size', () => {
    expect(new PacketMemory().allocate(70_000)).toBe(NO_HANDLE);
  });
});
