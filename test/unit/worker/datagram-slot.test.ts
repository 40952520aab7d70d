import { expect, it } from 'vitest';
import { NO_HANDLE, PacketMemory } from '../../../src/common/packet-memory.js';
import { DatagramSlot } from '../../../src/worker/datagram-slot.js';

const put = (memory: PacketMemory, slot: DatagramSlot, start: number, bytes: number[]): number => {
  const offset = slot.begin(start, bytes.length);
  memory.bytes.set(bytes, offset);
  slot.finish(start, bytes.length);
  return offset;
};

it('holds one datagram after the other in the same place', () => {
  const memory = new PacketMemory();
  const slot = new DatagramSlot(memory);
  const offset = put(memory, slot, 0, [1, 2, 3]);
  expect([...slot.view]).toEqual([1, 2, 3]);
  expect(put(memory, slot, 6, [4, 5])).toBe(offset + 6);
  expect([...slot.view]).toEqual([4, 5]);
  expect(slot.begin(0, 2048)).toBe(offset);
  // It is not in use: it is always there.
  expect(memory.slotsInUse).toBe(0);
});

it('makes a view once for each start and length', () => {
  const memory = new PacketMemory();
  const slot = new DatagramSlot(memory);
  put(memory, slot, 4, [1, 2, 3]);
  const { view } = slot;
  put(memory, slot, 4, [4, 5]);
  put(memory, slot, 4, [6, 7, 8]);
  expect(slot.view).toBe(view);
  expect([...view]).toEqual([6, 7, 8]);
});

it('grows for a datagram that is longer than most', () => {
  const memory = new PacketMemory();
  const slot = new DatagramSlot(memory);
  put(memory, slot, 0, [1]);
  const long = Array.from({ length: 9000 }, (_, i) => i & 255);
  put(memory, slot, 7, long);
  expect([...slot.view]).toEqual(long);
  put(memory, slot, 0, [1]);
  expect([...slot.view]).toEqual([1]);
  expect(memory.slotsInUse).toBe(0);
});

it('leaves its memory to a datagram that is read later, until that is given back', () => {
  const memory = new PacketMemory();
  const slot = new DatagramSlot(memory);
  const offset = put(memory, slot, 0, [1, 2, 3]);
  const { view } = slot;
  const giveBack = slot.leave();
  expect(put(memory, slot, 0, [4, 5, 6])).not.toBe(offset);
  expect([...view]).toEqual([1, 2, 3]);
  const others = Array.from({ length: 5 }, () => memory.allocate(2048));
  expect(others).not.toContain(offset);
  giveBack();
  expect(memory.allocate(2048)).toBe(offset);
  expect(memory.slotsInUse).toBe(6);
});

it('says so if there is no memory', () => {
  const memory = new PacketMemory(512 * 1024);
  while (memory.allocate(2048) !== NO_HANDLE);
  expect(new DatagramSlot(memory).begin(0, 100)).toBe(NO_HANDLE);
});
