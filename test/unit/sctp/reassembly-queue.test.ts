import { beforeEach, describe, expect, it } from 'vitest';
import { type SkippedStream } from '../../../src/sctp/chunks/forward-tsn-chunk.js';
import { ReassemblyQueue } from '../../../src/sctp/reassembly-queue.js';
import { CHUNK_OVERHEAD } from '../../../src/sctp/reassembly/message-assembler.js';
import { chunkOf, type ChunkValues, Inbox, permutations } from './received.js';

const INITIAL_TSN = 10;

let inbox: Inbox;
let queue: ReassemblyQueue;

const start = (interleaving: boolean, initialTsn = INITIAL_TSN): void => {
  inbox = new Inbox();
  queue = new ReassemblyQueue(initialTsn, { interleaving, windowSize: 10_000, maxMessageSize: 1000 }, inbox);
};

const add = (...chunks: ChunkValues[]): void => {
  for (const values of chunks) {
    const chunk = chunkOf(values);
    queue.add(chunk);
    // What is kept must be a copy.
    chunk.bytes.fill(0);
  }
};

const skip = (newCumulativeTsn: number, ...skippedStreams: Partial<SkippedStream>[]): void => {
  queue.forwardTsn({
    newCumulativeTsn,
    skippedStreams: skippedStreams.map(stream => ({ streamId: 1, unordered: false, messageId: 0, ...stream })),
  });
};

/** What `chunks` of so many payload bytes in all cost while they are held. */
const cost = (chunks: number, payload: number): number => chunks * CHUNK_OVERHEAD + payload;

/** Both forms of streams. DATA knows no FSN, I-DATA needs no TSN. */
describe.each([
  ['DATA', false],
  ['I-DATA', true],
])('a ReassemblyQueue of %s', (_name, interleaving) => {
  beforeEach(() => {
    start(interleaving);
  });

  it('is empty at first', () => {
    expect(queue.heldBytes).toBe(0);
    expect(queue.availableWindow).toBe(9000);
    expect([queue.isAboveWatermark, queue.isFull]).toEqual([false, false]);
  });

  it('hands on a whole message at once, unordered or not', () => {
    add({ tsn: 12, text: 'one', position: 'be', unordered: true, ppid: 51 }, { tsn: 10, text: 'two', position: 'be' });
    expect(inbox.take()).toEqual(['1:51:one', '1:53:two']);
    expect(queue.heldBytes).toBe(0);
  });

  it.each([
    ['ordered', false],
    ['unordered', true],
  ])('puts an %s message of four fragments together in whatever order they come', (_order, unordered) => {
    const fragments: ChunkValues[] = [
      { tsn: 10, text: 'a', position: 'b', fsn: 0, ppid: 51, unordered },
      { tsn: 11, text: 'bc', fsn: 1, ppid: 0, unordered },
      { tsn: 12, text: 'd', fsn: 2, ppid: 0, unordered },
      { tsn: 13, text: 'efg', position: 'e', fsn: 3, ppid: 0, unordered },
    ];
    for (const order of permutations(fragments)) {
      start(interleaving);
      add(...order.slice(0, 3));
      expect(inbox.take()).toEqual([]);
      expect(queue.heldBytes).toBe(cost(3, 7 - order[3].text!.length));
      add(order[3]);
      expect(inbox.take()).toEqual(['1:51:abcdefg']);
      expect(queue.heldBytes).toBe(0);
    }
  });

  it('keeps ordered messages in order', () => {
    const messages = [0, 1, 2, 3].map((i): ChunkValues => ({
      tsn: 10 + i,
      text: `m${i}`,
      position: 'be',
      messageId: i,
    }));
    for (const order of permutations(messages)) {
      start(interleaving);
      add(...order);
      expect(inbox.take()).toEqual(['1:53:m0', '1:53:m1', '1:53:m2', '1:53:m3']);
      expect(queue.heldBytes).toBe(0);
    }
  });

  it('keeps messages of several fragments in order', () => {
    const fragments = [0, 1].flatMap((i): ChunkValues[] => [
      { tsn: 10 + 3 * i, text: `${i}a`, position: 'b', messageId: i, fsn: 0 },
      { tsn: 11 + 3 * i, text: `${i}b`, messageId: i, fsn: 1 },
      { tsn: 12 + 3 * i, text: `${i}c`, position: 'e', messageId: i, fsn: 2 },
    ]);
    for (const order of permutations(fragments)) {
      start(interleaving);
      add(...order);
      expect(inbox.take()).toEqual(['1:53:0a0b0c', '1:53:1a1b1c']);
      expect(queue.heldBytes).toBe(0);
    }
  });

  it('lets streams not wait for each other, nor unordered messages for ordered ones', () => {
    add(
      { tsn: 11, text: 'late', position: 'be', messageId: 1 },
      { tsn: 12, text: 'other', position: 'be', streamId: 2 },
      { tsn: 13, text: 'unordered', position: 'be', messageId: 7, unordered: true },
    );
    expect(inbox.take()).toEqual(['2:53:other', '1:53:unordered']);
    expect(queue.heldBytes).toBe(cost(1, 4));
    add({ tsn: 10, text: 'first', position: 'be' });
    expect(inbox.take()).toEqual(['1:53:first', '1:53:late']);
  });

  it('delivers in order when its message counter wraps', () => {
    const last = interleaving ? 0xffffffff : 0xffff;
    // Forward in steps of less than half the number space.
    for (const messageId of [last / 4, last / 2, last * 0.75, last - 1]) skip(10, { messageId: Math.floor(messageId) });
    add(
      { tsn: 13, text: 'c', position: 'be', messageId: 1 },
      { tsn: 11, text: 'a', position: 'be', messageId: last },
      { tsn: 12, text: 'b', position: 'be', messageId: 0 },
    );
    expect(inbox.take()).toEqual(['1:53:a', '1:53:b', '1:53:c']);
  });

  it('delivers when TSNs wrap', () => {
    start(interleaving, 0xfffffffe);
    add(
      { tsn: 0, text: 'c', fsn: 2 },
      { tsn: 1, text: 'd', position: 'e', fsn: 3 },
      { tsn: 0xfffffffe, text: 'a', position: 'b' },
      { tsn: 0xffffffff, text: 'b', fsn: 1 },
    );
    expect(inbox.take()).toEqual(['1:53:abcd']);
  });

  it('drops messages that are too long, and goes on', () => {
    const long = 'y'.repeat(600);
    add(
      { tsn: 13, text: 'next', position: 'be', messageId: 2 },
      { tsn: 12, text: 'x'.repeat(1001), position: 'be', messageId: 1 },
      { tsn: 10, text: long, position: 'b' },
      { tsn: 11, text: long, position: 'e', fsn: 1 },
    );
    expect(inbox.take()).toEqual(['1: oversized, 1200', '1: oversized, 1001', '1:53:next']);
    add({ tsn: 14, text: 'z'.repeat(1000), position: 'be', messageId: 3 });
    expect(inbox.take()).toEqual([`1:53:${'z'.repeat(1000)}`]);
  });

  it('counts what it holds, with overhead, into the window', () => {
    add({ tsn: 10, text: 'x'.repeat(900), position: 'b' }, { tsn: 11, text: 'x'.repeat(50), fsn: 1 });
    expect(queue.heldBytes).toBe(cost(2, 950));
    expect(queue.availableWindow).toBe(9000 - cost(2, 950));
    for (let fsn = 2; !queue.isAboveWatermark; fsn++) add({ tsn: 10 + fsn, text: 'y', fsn });
    expect(queue.heldBytes).toBeGreaterThanOrEqual(9000);
    expect(queue.heldBytes).toBeLessThan(9000 + cost(1, 1));
    expect([queue.availableWindow, queue.isFull]).toEqual([0, false]);
    add({ tsn: 1000, text: 'z'.repeat(1000 - CHUNK_OVERHEAD), fsn: 990 });
    expect(queue.isFull).toBe(true);
  });

  it('does not put together what contradicts itself', () => {
    add(
      { tsn: 12, text: 'c', fsn: 2 },
      // Begins behind a fragment that is here.
      { tsn: 13, text: 'd', position: 'b', fsn: 3 },
      { tsn: 14, text: 'e', position: 'e', fsn: 4 },
      // Ends before one that is here.
      { tsn: 11, text: 'b', position: 'e', fsn: 1 },
      { tsn: 10, text: 'a', position: 'b' },
      // Is beyond the end.
      { tsn: 15, text: 'f', fsn: 5 },
      // Is before the beginning.
      { tsn: 9, text: '-', fsn: -1 },
      // Is here already.
      { tsn: 10, text: 'A', position: 'b' },
    );
    expect(inbox.take()).toEqual([]);
  });

  it('drops ordered messages that are given up, and delivers those behind them', () => {
    add(
      { tsn: 10, text: 'x', position: 'b' },
      { tsn: 13, text: 'y', position: 'b', messageId: 1 },
      { tsn: 16, text: 'whole', position: 'be', messageId: 2 },
      { tsn: 18, text: 'later', position: 'be', messageId: 4 },
      { tsn: 30, text: 'other', position: 'b', streamId: 2 },
    );
    expect(queue.heldBytes).toBe(cost(5, 17));
    skip(15, { messageId: 1 });
    expect(inbox.take()).toEqual(['1:53:whole']);
    expect(queue.heldBytes).toBe(cost(2, 10));
    // Is over.
    add({ tsn: 14, text: 'z', position: 'e', messageId: 1 });
    expect(queue.heldBytes).toBe(cost(2, 10));
    skip(17, { messageId: 3 });
    expect(inbox.take()).toEqual(['1:53:later']);
    // Names an old message: nothing happens.
    skip(18, { messageId: 3 });
    add({ tsn: 19, text: 'end', position: 'be', messageId: 5 });
    expect(inbox.take()).toEqual(['1:53:end']);
  });

  it('does not wait for the very first message when it is given up', () => {
    skip(10, { messageId: 0 }, { streamId: 7, messageId: 3 });
    add(
      { tsn: 11, text: 'two', position: 'be', messageId: 1 },
      { tsn: 12, text: 'other', position: 'be', streamId: 7, messageId: 4 },
    );
    expect(inbox.take()).toEqual(['1:53:two', '7:53:other']);
  });

  it('drops a message that waits for its turn', () => {
    add({ tsn: 11, text: 'b', position: 'be', messageId: 1 }, { tsn: 12, text: 'c', position: 'be', messageId: 2 });
    skip(11, { messageId: 1 });
    expect(inbox.take()).toEqual(['1:53:c']);
    expect(queue.heldBytes).toBe(0);
  });

  it('counts from 0 again in streams that are reset', () => {
    for (const streamId of [1, 2]) {
      add(
        { tsn: 10 + 2 * streamId, text: 'a', position: 'be', streamId },
        { tsn: 11 + 2 * streamId, text: 'b', position: 'be', streamId, messageId: 1 },
      );
    }
    inbox.take();
    queue.resetStreams([1, 99]);
    add({ tsn: 16, text: 'new', position: 'be', streamId: 1 }, { tsn: 17, text: 'old', position: 'be', streamId: 2 });
    add({ tsn: 18, text: 'on', position: 'be', streamId: 2, messageId: 2 });
    expect(inbox.take()).toEqual(['1:53:new', '2:53:on']);
    queue.resetStreams([]);
    add({ tsn: 19, text: 'again', position: 'be', streamId: 1 }, { tsn: 20, text: 'too', position: 'be', streamId: 2 });
    expect(inbox.take()).toEqual(['1:53:again', '2:53:too']);
  });

  it('forgets what a reset stream held', () => {
    add({ tsn: 10, text: 'a', position: 'b' }, { tsn: 12, text: 'c', position: 'be', messageId: 1 });
    queue.resetStreams([1]);
    expect(queue.heldBytes).toBe(0);
    add({ tsn: 13, text: 'new', position: 'be' }, { tsn: 14, text: 'next', position: 'be', messageId: 1 });
    expect(inbox.take()).toEqual(['1:53:new', '1:53:next']);
  });

  it('holds back what comes behind a reset that waits for data', () => {
    add({ tsn: 10, text: 'a', position: 'be' });
    queue.deferReset(11, [1]);
    add(
      { tsn: 12, text: 'new', position: 'be' },
      { tsn: 13, text: 'other', position: 'be', streamId: 2 },
      { tsn: 14, text: 'newer', position: 'be', messageId: 1 },
    );
    expect(inbox.take()).toEqual(['1:53:a', '2:53:other']);
    expect(queue.heldBytes).toBe(cost(2, 8));
    add({ tsn: 11, text: 'b', position: 'be', messageId: 1 });
    expect(inbox.take()).toEqual(['1:53:b']);
    queue.resetStreams([1]);
    expect(inbox.take()).toEqual(['1:53:new', '1:53:newer']);
    expect(queue.heldBytes).toBe(0);
  });

  it('holds back all streams if the reset names none', () => {
    queue.deferReset(10, []);
    // Another one has to wait.
    queue.deferReset(20, [9]);
    add({ tsn: 11, text: 'x', position: 'be', streamId: 5 }, { tsn: 12, text: 'y', position: 'be', streamId: 6 });
    expect(inbox.take()).toEqual([]);
    queue.resetStreams([]);
    expect(inbox.take()).toEqual(['5:53:x', '6:53:y']);
  });

  it('holds back what is given up behind a reset that waits, and counts it', () => {
    queue.deferReset(11, [1]);
    skip(12, { messageId: 0 });
    add({ tsn: 13, text: 'second', position: 'be', messageId: 1 });
    expect(queue.heldBytes).toBe(cost(3, 6));
    skip(11, { messageId: 5 });
    expect(queue.heldBytes).toBe(cost(3, 6));
    queue.resetStreams([1]);
    expect(inbox.take()).toEqual(['1:53:second']);
    expect(queue.heldBytes).toBe(0);
  });
});

describe('a ReassemblyQueue of DATA', () => {
  beforeEach(() => {
    start(false);
  });

  it('tells unordered messages apart by where they begin and end', () => {
    const fragments: ChunkValues[] = [
      { tsn: 10, text: 'a', position: 'b', unordered: true },
      { tsn: 11, text: 'b', position: 'e', unordered: true },
      { tsn: 12, text: 'c', position: 'b', unordered: true },
      { tsn: 13, text: 'd', position: 'e', unordered: true },
      { tsn: 14, text: 'e', position: 'b', unordered: true, streamId: 2 },
    ];
    for (const order of permutations(fragments)) {
      start(false);
      add(...order);
      expect(inbox.take().sort()).toEqual(['1:53:ab', '1:53:cd']);
      expect(queue.heldBytes).toBe(cost(1, 1));
    }
  });

  it('does not join fragments of different streams', () => {
    add(
      { tsn: 10, position: 'b', unordered: true, streamId: 1 },
      { tsn: 11, position: 'e', unordered: true, streamId: 2 },
    );
    add(
      { tsn: 13, position: 'e', unordered: true, streamId: 2 },
      { tsn: 12, position: 'b', unordered: true, streamId: 1 },
    );
    expect(inbox.take()).toEqual([]);
  });

  it.each([
    ['before the fragments', 9, 4],
    ['to the first one', 10, 3],
    ['into the middle', 12, 1],
    ['to the last one', 13, 0],
    ['far behind them', 1_000_000, 0],
  ])('drops fragments of unordered messages up to where they are given up: %s', (_name, to, left) => {
    add(
      { tsn: 10, position: 'b', unordered: true },
      { tsn: 11, unordered: true },
      { tsn: 12, unordered: true },
      { tsn: 13, unordered: true },
    );
    skip(to);
    expect(queue.heldBytes).toBe(cost(left, left));
    // Complete only if nothing was dropped.
    add({ tsn: 14, position: 'e', unordered: true });
    expect(inbox.take()).toEqual(left === 4 ? ['1:53:xxxxx'] : []);
  });

  it('drops fragments of many unordered messages step by step', () => {
    const tsns = Array.from({ length: 25 }, (_, i) => 10 + 2 * i);
    for (const tsn of tsns) add({ tsn, unordered: true, streamId: tsn });
    for (let to = 9; to <= 60; to++) {
      skip(to);
      const left = tsns.filter(tsn => tsn > to).length;
      expect(queue.heldBytes).toBe(cost(left, left));
    }
  });
});

describe('a ReassemblyQueue of I-DATA', () => {
  beforeEach(() => {
    start(true);
  });

  it('puts interleaved messages together', () => {
    add(
      { tsn: 10, text: 'a', position: 'b', messageId: 0, fsn: 0, unordered: true },
      { tsn: 11, text: 'A', position: 'b', messageId: 1, fsn: 0, unordered: true },
      { tsn: 12, text: '1', position: 'b', messageId: 0, fsn: 0, streamId: 2 },
      { tsn: 13, text: 'B', position: 'e', messageId: 1, fsn: 1, unordered: true },
      { tsn: 14, text: '2', position: 'e', messageId: 0, fsn: 1, streamId: 2 },
      { tsn: 15, text: 'b', position: 'e', messageId: 0, fsn: 1, unordered: true },
    );
    expect(inbox.take()).toEqual(['1:53:AB', '2:53:12', '1:53:ab']);
    expect(queue.heldBytes).toBe(0);
  });

  it('drops unordered messages that are given up, by their identifier', () => {
    add(
      { tsn: 10, position: 'b', messageId: 0, unordered: true },
      { tsn: 11, position: 'b', messageId: 1, unordered: true },
      { tsn: 12, position: 'b', messageId: 2, unordered: true },
      { tsn: 13, position: 'b', messageId: 0 },
    );
    skip(11, { messageId: 1, unordered: true });
    expect(queue.heldBytes).toBe(cost(2, 2));
    add({ tsn: 14, text: 'y', position: 'e', messageId: 2, fsn: 1, unordered: true });
    expect(inbox.take()).toEqual(['1:53:xy']);
    skip(13, { messageId: 0 });
    expect(queue.heldBytes).toBe(0);
  });

  it('counts unordered messages from 0 again, too', () => {
    add({ tsn: 10, position: 'b', messageId: 0x7000_0000, unordered: true });
    queue.resetStreams([1]);
    expect(queue.heldBytes).toBe(0);
    add({ tsn: 11, position: 'b', unordered: true }, { tsn: 12, text: 'y', position: 'e', fsn: 1, unordered: true });
    expect(inbox.take()).toEqual(['1:53:xy']);
  });
});
