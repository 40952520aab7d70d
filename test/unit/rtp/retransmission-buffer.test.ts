import { beforeEach, describe, expect, it } from 'vitest';
import { NO_HANDLE, PacketMemory } from '../../../src/common/packet-memory.js';
import { RetransmissionBuffer } from '../../../src/rtp/retransmission-buffer.js';

let memory: PacketMemory;
let buffer: RetransmissionBuffer;

beforeEach(() => {
  memory = new PacketMemory();
  // 2000 ms at 90 kHz.
  buffer = new RetransmissionBuffer(memory, 2500, 2000, 90_000);
});

function insert(seq: number, timestamp: number): boolean {
  const handle = memory.allocate(100);
  const stored = buffer.insert(handle, seq, timestamp, false, -1);
  memory.release(handle);
  return stored;
}

/** Sequence numbers from the oldest on, `undefined` where nothing is stored. */
function content(first: number): (number | undefined)[] {
  return Array.from({ length: buffer.size }, (_, i) => {
    const seq = (first + i) & 0xffff;
    return buffer.find(seq) < 0 ? undefined : seq;
  });
}

const insertAll = (packets: [seq: number, timestamp: number][]) => packets.map(packet => insert(...packet));

describe('RetransmissionBuffer', () => {
  it('refuses a packet that lies in no slot', () => {
    insert(1, 1000);
    expect(buffer.insert(NO_HANDLE, 2, 1000, false, -1)).toBe(false);
    expect(buffer.size).toBe(1);
  });

  it('keeps packets in order', () => {
    insertAll([
      [10001, 1_000_000_000],
      [10002, 1_000_000_000],
      [10003, 1_000_000_200],
      [10004, 1_000_000_200],
    ]);
    expect(content(10001)).toEqual([10001, 10002, 10003, 10004]);
  });

  it('sorts packets that come out of order, and leaves holes', () => {
    insertAll([
      [20004, 2_000_000_200],
      [20001, 2_000_000_000],
      [20003, 2_000_000_200],
    ]);
    expect(content(20001)).toEqual([20001, undefined, 20003, 20004]);
    expect(insert(20002, 2_000_000_000)).toBe(true);
    expect(insert(20000, 2_000_000_000)).toBe(true);
    expect(content(20000)).toEqual([20000, 20001, 20002, 20003, 20004]);
  });

  it('works across the wrap', () => {
    insertAll([
      [65534, 100],
      [0, 300],
      [65535, 200],
    ]);
    expect(content(65534)).toEqual([65534, 65535, 0]);
  });

  it('starts anew after a large jump', () => {
    insertAll([
      [10001, 1_000_000_000],
      [10002, 1_000_000_000],
      [40002, 1_000_000_200],
    ]);
    expect(content(40002)).toEqual([40002]);
    expect(memory.slotsInUse).toBe(1);
  });

  it('spans no more than its maximum', () => {
    buffer = new RetransmissionBuffer(memory, 10, 2000, 90_000);
    for (let seq = 1; seq <= 30; seq++) insert(seq, 1000);
    expect(content(21)).toEqual([21, 22, 23, 24, 25, 26, 27, 28, 29, 30]);
    // 35 leaves room for 26 to 30.
    insert(35, 1000);
    expect(content(26)).toEqual([26, 27, 28, 29, 30, undefined, undefined, undefined, undefined, 35]);
    expect(insert(25, 1000)).toBe(false);
    expect(memory.slotsInUse).toBe(6);
  });

  it('starts anew with a packet that all others are too far from', () => {
    buffer = new RetransmissionBuffer(memory, 10, 2000, 90_000);
    insertAll([
      [1, 1000],
      [11, 1000],
    ]);
    expect(content(11)).toEqual([11]);
    insert(20, 1000);
    expect(buffer.size).toBe(10);
  });

  it('does not take what it has', () => {
    expect(
      insertAll([
        [1, 100],
        [2, 100],
        [1, 100],
        [2, 100],
      ]),
    ).toEqual([true, true, false, false]);
  });

  it('gives up what is older than its maximum age', () => {
    insertAll([
      [10001, 1_000_000_000],
      [10002, 1_000_000_000 + 90 * 1000],
      [10003, 1_000_000_000 + 90 * 2000],
    ]);
    expect(content(10001)).toEqual([10001, 10002, 10003]);
    insert(10006, 1_000_000_000 + 90 * 2001);
    expect(content(10002)).toEqual([10002, 10003, undefined, undefined, 10006]);
  });

  it('does not take what is too old', () => {
    insert(10003, 1_000_000_000);
    expect(insert(10001, 1_000_000_000 - 90 * 2001)).toBe(false);
    expect(insert(10001, 1_000_000_000 - 90 * 2000)).toBe(true);
  });

  it('does not take packets whose timestamps contradict their order', () => {
    insertAll([
      [10001, 1000],
      [10005, 2000],
    ]);
    // Newer, but with a lower timestamp; between two, but outside of their timestamps.
    expect(
      insertAll([
        [10006, 1999],
        [10003, 999],
        [10004, 1500],
        [10002, 1600],
      ]),
    ).toEqual([false, false, true, false]);
    // Older than the oldest, with a higher timestamp than it.
    expect(insert(10000, 1001)).toBe(false);
  });

  it('compares timestamps of neighbours as plain numbers, and ages over their wrap', () => {
    const beforeWrap = 2 ** 32 - 90 * 100;
    const afterWrap = 90 * 100;
    expect(insert(10, beforeWrap)).toBe(true);
    expect(insert(13, afterWrap)).toBe(true);
    // 200 ms are no age. But between these two no number is not lower than the one and not higher than the other.
    expect(content(10)).toEqual([10, undefined, undefined, 13]);
    expect([insert(11, beforeWrap + 90), insert(12, afterWrap - 90)]).toEqual([false, false]);
    insert(14, afterWrap + 90 * 1801);
    expect(buffer.find(10)).toBe(-1);
  });

  it('starts anew with an older packet whose timestamp is the highest', () => {
    insertAll([
      [10001, 1000],
      [10005, 2000],
    ]);
    expect(insert(10002, 5000)).toBe(true);
    expect(content(10002)).toEqual([10002]);
  });

  it('keeps what was sent', () => {
    const handle = memory.allocate(100);
    buffer.insert(handle, 7, 4_294_967_295, true, 123_456);
    const slot = buffer.find(7);
    expect([buffer.handle(slot), buffer.timestamp(slot), buffer.marker(slot), buffer.rewrite(slot)]).toEqual([
      handle,
      4_294_967_295,
      true,
      123_456,
    ]);
    expect(buffer.resentAt(slot)).toBe(-1);
    expect([buffer.markResent(slot, 1234), buffer.markResent(slot, 2345)]).toEqual([1, 2]);
    expect(buffer.resentAt(slot)).toBe(2345);
  });

  it('releases everything when cleared', () => {
    for (let seq = 0; seq < 5000; seq += 3) insert(seq, 1000);
    expect(memory.slotsInUse).toBeGreaterThan(800);
    buffer.clear();
    expect([buffer.size, memory.slotsInUse, buffer.find(4998)]).toEqual([0, 0, -1]);
  });

  it('never loses or keeps a packet too many, whatever comes', () => {
    let state = 12345;
    const random = (n: number) => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) % n;
    let seq = 65000;
    let timestamp = 4_294_900_000;
    for (let i = 0; i < 20_000; i++) {
      seq = (seq + (random(10) === 0 ? random(65536) : random(6) - 2)) & 0xffff;
      timestamp = (timestamp + (random(50) === 0 ? random(0xffffffff) : random(9000) - 2000)) >>> 0;
      insert(seq, timestamp);
      expect(buffer.size).toBeLessThanOrEqual(2500);
      let stored = 0;
      if (i % 500 === 0) {
        for (let one = 0; one < 65536; one++) if (buffer.find(one) >= 0) stored++;
        expect(memory.slotsInUse).toBe(stored);
      }
    }
    buffer.clear();
    expect(memory.slotsInUse).toBe(0);
  });
});
