import { beforeEach, describe, expect, it } from 'vitest';
import { DataReceiver, ReceiveOutcome } from '../../../src/sctp/data-receiver.js';
import { CHUNK_OVERHEAD } from '../../../src/sctp/reassembly/message-assembler.js';
import { chunkOf, type ChunkValues, Inbox } from './received.js';

const WINDOW = 10_000;

let inbox: Inbox;
let receiver: DataReceiver;

beforeEach(() => {
  inbox = new Inbox();
  receiver = new DataReceiver(10, { interleaving: false, windowSize: WINDOW, maxMessageSize: 100_000 }, inbox);
});

const add = (values: ChunkValues): ReceiveOutcome => receiver.onData(chunkOf(values));

/** Fragments of one message without an end that fill the window up to the watermark. */
const fill = (firstTsn: number): number => {
  let tsn = firstTsn;
  while (!receiver.queue.isAboveWatermark) {
    expect(add({ tsn, text: 'x'.repeat(300), position: tsn === firstTsn ? 'b' : '' })).toBe(ReceiveOutcome.taken);
    tsn++;
  }
  return tsn;
};

describe('DataReceiver', () => {
  it('takes each TSN once', () => {
    expect(add({ tsn: 10, text: 'a', position: 'be' })).toBe(ReceiveOutcome.taken);
    expect(add({ tsn: 10, text: 'a', position: 'be' })).toBe(ReceiveOutcome.ignored);
    expect(add({ tsn: 12, text: 'c', position: 'be', messageId: 2 })).toBe(ReceiveOutcome.taken);
    expect(add({ tsn: 12, text: 'c', position: 'be', messageId: 2 })).toBe(ReceiveOutcome.ignored);
    expect(inbox.take()).toEqual(['1:53:a']);
  });

  it('does not count an empty chunk as received', () => {
    expect(add({ tsn: 10, text: '', position: 'be' })).toBe(ReceiveOutcome.noUserData);
    expect(receiver.tracker.cumulativeTsn).toBe(9);
    expect(inbox.take()).toEqual([]);
  });

  it('refuses the kind of chunk that was not negotiated', () => {
    expect(add({ tsn: 10, position: 'be', interleaved: true })).toBe(ReceiveOutcome.wrongKind);
    receiver = new DataReceiver(10, { interleaving: true, windowSize: WINDOW, maxMessageSize: 1000 }, inbox);
    expect(add({ tsn: 10, position: 'be' })).toBe(ReceiveOutcome.wrongKind);
    expect(add({ tsn: 10, position: 'be', interleaved: true })).toBe(ReceiveOutcome.taken);
  });

  it.each([
    ['too far ahead', 10 + 100_000],
    ['too far behind', 0xffffffff - 100_000],
    ['half the number space away', 9 + 0x80000000],
  ])('ignores a TSN that is %s, without a word', (_name, tsn) => {
    expect(add({ tsn, position: 'be' })).toBe(ReceiveOutcome.ignored);
    expect(receiver.tracker.takeSack(true)).toBe(false);
    expect(inbox.take()).toEqual([]);
  });

  it('above the watermark takes only what comes next, and says so at once', () => {
    const next = fill(10);
    receiver.tracker.takeSack(true);
    expect(add({ tsn: next + 1, text: 'y' })).toBe(ReceiveOutcome.ignored);
    expect(receiver.tracker.takeSack(false)).toBe(true);
    expect(add({ tsn: next, text: 'y', position: 'e' })).toBe(ReceiveOutcome.taken);
    expect(inbox.take()).toHaveLength(1);
    expect(receiver.queue.heldBytes).toBe(0);
    expect(add({ tsn: next + 2, position: 'be', messageId: 1 })).toBe(ReceiveOutcome.taken);
  });

  it('is exhausted by a message that does not end', () => {
    let tsn = fill(10);
    const outcomes: ReceiveOutcome[] = [];
    for (; outcomes.at(-1) !== ReceiveOutcome.exhausted; tsn++) outcomes.push(add({ tsn, text: 'x'.repeat(300) }));
    expect(new Set(outcomes)).toEqual(new Set([ReceiveOutcome.taken, ReceiveOutcome.exhausted]));
    expect(receiver.queue.heldBytes).toBeLessThan(WINDOW + 300 + CHUNK_OVERHEAD);
    expect(add({ tsn, position: 'e' })).toBe(ReceiveOutcome.exhausted);
    expect(receiver.onForwardTsn({ newCumulativeTsn: tsn, skippedStreams: [] })).toBe(ReceiveOutcome.exhausted);
  });

  it('is not exhausted by messages that wait for a lost one, however many and small they are', () => {
    for (let i = 1; i < 1000; i++) add({ tsn: 10 + i, position: 'be', messageId: i });
    expect(receiver.queue.isFull).toBe(false);
    expect(add({ tsn: 10, position: 'be' })).toBe(ReceiveOutcome.taken);
    expect(inbox.take().length).toBeGreaterThan(50);
    expect(receiver.queue.heldBytes).toBe(0);
  });

  it('goes on behind what the peer gives up', () => {
    add({ tsn: 12, text: 'c', position: 'be', messageId: 1 });
    const skippedStreams = [{ streamId: 1, unordered: false, messageId: 0 }];
    expect(receiver.onForwardTsn({ newCumulativeTsn: 11, skippedStreams })).toBe(ReceiveOutcome.taken);
    expect(inbox.take()).toEqual(['1:53:c']);
    expect(receiver.tracker.cumulativeTsn).toBe(12);
    expect(receiver.onForwardTsn({ newCumulativeTsn: 11, skippedStreams })).toBe(ReceiveOutcome.ignored);
  });

  it('takes a FORWARD TSN far ahead that names 16000 streams, and goes on behind it', () => {
    const newCumulativeTsn = 10 + 2 ** 30;
    const skippedStreams = Array.from({ length: 16_000 }, (_, streamId) => ({
      streamId,
      unordered: false,
      messageId: 4,
    }));
    expect(receiver.onForwardTsn({ newCumulativeTsn, skippedStreams })).toBe(ReceiveOutcome.taken);
    expect([receiver.tracker.cumulativeTsn, receiver.queue.heldBytes]).toEqual([newCumulativeTsn, 0]);
    // Half of all TSNs ahead is behind.
    expect(receiver.onForwardTsn({ newCumulativeTsn: newCumulativeTsn + 2 ** 31 + 1, skippedStreams })).toBe(
      ReceiveOutcome.ignored,
    );
    expect(add({ tsn: newCumulativeTsn + 1, text: 'next', position: 'be', messageId: 5 })).toBe(ReceiveOutcome.taken);
    expect(inbox.take()).toEqual(['1:53:next']);
  });
});
