import { beforeEach, describe, expect, it } from 'vitest';
import { PacketMemory } from '../../../src/common/packet-memory.js';
import { TargetLayerBuffer } from '../../../src/worker/target-layer-buffer.js';

let memory: PacketMemory;
let buffer: TargetLayerBuffer;
beforeEach(() => {
  memory = new PacketMemory();
  buffer = new TargetLayerBuffer(memory);
});

function insert(...seqs: number[]): void {
  for (const seq of seqs) {
    const handle = memory.allocate(100);
    memory.bytes[handle] = seq & 0xff;
    buffer.insert(seq, handle);
    memory.release(handle);
  }
}

/** Sequence numbers of what is there; each packet says its own. */
const content = (): number[] =>
  Array.from({ length: buffer.size }, (_, index) => {
    expect(memory.bytes[buffer.handle(index)]).toBe(buffer.seq(index) & 0xff);
    return buffer.seq(index);
  });
const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

describe('TargetLayerBuffer', () => {
  it('keeps packets in order, also over the wrap, and none twice', () => {
    insert(65_535, 1, 65_534, 0, 1, 65_534);
    expect(content()).toEqual([65_534, 65_535, 0, 1]);
    expect(memory.slotsInUse).toBe(4);
  });

  it('keeps the newest 30', () => {
    insert(...range(100, 30));
    expect(content()).toEqual(range(100, 30));
    insert(99, 135, 131);
    expect(content()).toEqual([...range(102, 28), 131, 135]);
    expect(memory.slotsInUse).toBe(30);
  });

  it('gives everything back when cleared', () => {
    insert(1, 2, 3);
    buffer.clear();
    expect([buffer.size, memory.slotsInUse]).toEqual([0, 0]);
  });
});
