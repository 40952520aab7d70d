import { beforeEach, describe, expect, it } from 'vitest';
import { SackChunk } from '../../../src/sctp/chunks/sack.js';
import { DataTracker } from '../../../src/sctp/data-tracker.js';

const INITIAL_TSN = 11;
const ACK_DELAY = 200;

let tracker: DataTracker;
let now: number;

beforeEach(() => {
  tracker = new DataTracker(INITIAL_TSN);
  now = 1000;
});

/** Packets of one chunk each. */
const receive = (...tsns: number[]): boolean[] =>
  tsns.map(tsn => {
    const isNew = tracker.add(tsn >>> 0, false);
    tracker.onPacketEnd(now, ACK_DELAY);
    return isNew;
  });

interface Report {
  cumulative: number;
  window: number;
  gaps: [start: number, end: number][];
  duplicates: number[];
}

const report = (window = 0): Report => {
  const sack = new SackChunk();
  tracker.fillSack(sack, window);
  return {
    cumulative: sack.cumulativeTsn,
    window: sack.advertisedReceiverWindow,
    gaps: Array.from({ length: sack.gapBlockCount }, (_, i) => [sack.gapStarts[i], sack.gapEnds[i]]),
    duplicates: [...sack.duplicateTsns.subarray(0, sack.duplicateCount)],
  };
};

/** Sends the SACK that is due, if one is. */
const isSackDue = (): boolean => tracker.takeSack(false);

describe('the TSNs of a DataTracker', () => {
  it('starts before the first TSN', () => {
    expect(report(1234)).toEqual({ cumulative: 10, window: 1234, gaps: [], duplicates: [] });
    expect(new DataTracker(0).cumulativeTsn).toBe(0xffffffff);
  });

  it.each<[name: string, tsns: number[], cumulative: number, gaps: [number, number][]]>([
    ['one in order', [11], 11, []],
    ['many in order', [11, 12, 13, 14, 15], 15, []],
    ['out of order', [13, 12, 11, 15, 14], 15, []],
    ['one gap', [12], 10, [[2, 2]]],
    // RFC 9260 §3.3.4: 10, 11, 12, 14, 15, 17 of a cumulative TSN 9.
    [
      'the figure of RFC 9260',
      [11, 12, 13, 15, 16, 18],
      13,
      [
        [2, 3],
        [5, 5],
      ],
    ],
    ['a gap that is filled', [11, 13, 14, 12], 14, []],
    [
      'one more behind the last block',
      [12, 14],
      10,
      [
        [2, 2],
        [4, 4],
      ],
    ],
    ['a block grows to the right', [12, 13], 10, [[2, 3]]],
    [
      'a block in the middle grows to the right',
      [12, 14, 17, 15],
      10,
      [
        [2, 2],
        [4, 5],
        [7, 7],
      ],
    ],
    ['a block grows to the left', [13, 12], 10, [[2, 3]]],
    [
      'a block in the middle grows to the left',
      [12, 16, 18, 15],
      10,
      [
        [2, 2],
        [5, 6],
        [8, 8],
      ],
    ],
    ['two blocks become one', [12, 14, 13], 10, [[2, 4]]],
    [
      'a block between others',
      [12, 20, 16],
      10,
      [
        [2, 2],
        [6, 6],
        [10, 10],
      ],
    ],
    ['many blocks become one', [12, 14, 16, 18, 13, 17, 15], 10, [[2, 8]]],
  ])('%s', (_name, tsns, cumulative, gaps) => {
    expect(receive(...tsns)).not.toContain(false);
    expect(report()).toEqual({ cumulative, window: 0, gaps, duplicates: [] });
  });

  it('go over the wrap of 32 bits', () => {
    tracker = new DataTracker(0xfffffffe);
    receive(0xfffffffe, 0, 1);
    expect(report()).toMatchObject({ cumulative: 0xfffffffe, gaps: [[2, 3]] });
    expect(receive(0xffffffff)).toEqual([true]);
    expect(report()).toMatchObject({ cumulative: 1, gaps: [] });
    expect(receive(0xffffffff, 0xfffffff0)).toEqual([false, false]);
    expect(report()).toMatchObject({ cumulative: 1, duplicates: [0xffffffff, 0xfffffff0] });
  });

  it('are said to be the next one, or ahead', () => {
    receive(11, 13);
    expect([10, 11, 12, 13, 14].map(tsn => tracker.isNext(tsn))).toEqual([false, false, true, false, false]);
    expect([10, 11, 12, 13].map(tsn => tracker.isAheadOfCumulativeTsn(tsn))).toEqual([false, false, true, true]);
  });

  it('are acceptable up to 100000 from the cumulative one', () => {
    tracker = new DataTracker(1_000_000);
    const cumulative = 999_999;
    const distances = [-100_001, -100_000, 0, 1, 100_000, 100_001, 0x80000000];
    expect(distances.map(distance => tracker.isAcceptable((cumulative + distance) >>> 0))).toEqual([
      false,
      true,
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it('make no more than 4096 blocks', () => {
    for (let i = 0; i < 4096; i++) receive(13 + 2 * i);
    const highest = 13 + 2 * 4095;
    expect(tracker.isAcceptable(highest + 2)).toBe(false);
    expect(tracker.isAcceptable(12)).toBe(true);
    expect(tracker.isAcceptable(highest + 1)).toBe(true);
    // The next one, although it opens none of the blocks.
    expect(tracker.isAcceptable(11)).toBe(true);
    receive(11);
    expect(tracker.isAcceptable(highest + 2)).toBe(false);
    receive(12);
    expect(tracker.isAcceptable(highest + 2)).toBe(true);
  });
});

describe('the SACKs of a DataTracker', () => {
  it('report at most 100 gap blocks, the lowest ones', () => {
    for (let i = 0; i < 120; i++) receive(12 + 2 * i);
    expect(report().gaps).toEqual(Array.from({ length: 100 }, (_, i) => [2 + 2 * i, 2 + 2 * i]));
  });

  it('leave out what their 16 bit offsets cannot express', () => {
    for (const tsn of [10 + 65_534, 10 + 65_535, 10 + 65_536, 10 + 65_538]) receive(tsn);
    expect(report().gaps).toEqual([[65_534, 65_535]]);
  });

  it.each<[name: string, tsns: number[], duplicates: number[]]>([
    ['one duplicate', [11, 11], [11]],
    ['the same one once', [11, 11, 11], [11]],
    ['some', [11, 12, 13, 12, 11, 13], [12, 11, 13]],
    ['inside of blocks', [13, 14, 13, 14, 13], [13, 14]],
    ['before the beginning', [5], [5]],
  ])('report duplicates: %s', (_name, tsns, duplicates) => {
    receive(...tsns);
    expect(report().duplicates).toEqual(duplicates);
    expect(report().duplicates).toEqual([]);
  });

  it('report at most 20 duplicates', () => {
    const tsns = Array.from({ length: 30 }, (_, i) => 11 + i);
    receive(...tsns, ...tsns);
    expect(report().duplicates).toEqual(tsns.slice(0, 20));
  });
});

describe('when a DataTracker acknowledges', () => {
  it('at once the very first data', () => {
    expect(isSackDue()).toBe(false);
    receive(11);
    expect(isSackDue()).toBe(true);
    expect(isSackDue()).toBe(false);
  });

  it('every second packet while nothing is missing', () => {
    receive(11);
    expect(isSackDue()).toBe(true);
    const due = [12, 13, 14, 15].map(tsn => {
      receive(tsn);
      return isSackDue();
    });
    expect(due).toEqual([false, true, false, true]);
  });

  it('packets, not chunks', () => {
    receive(11);
    isSackDue();
    for (const tsn of [12, 13, 14]) tracker.add(tsn, false);
    tracker.onPacketEnd(now, ACK_DELAY);
    expect(isSackDue()).toBe(false);
    for (const tsn of [15, 16]) tracker.add(tsn, false);
    expect(isSackDue()).toBe(true);
  });

  it('every packet while something is missing', () => {
    const due = [11, 13, 14, 15, 12, 16].map(tsn => {
      receive(tsn);
      return isSackDue();
    });
    expect(due).toEqual([true, true, true, true, false, true]);
  });

  it('at once a duplicate', () => {
    receive(11, 12);
    expect(isSackDue()).toBe(true);
    receive(12);
    expect(isSackDue()).toBe(true);
  });

  it('at once data that ask for it', () => {
    receive(11);
    isSackDue();
    tracker.add(12, true);
    tracker.onPacketEnd(now, ACK_DELAY);
    expect(isSackDue()).toBe(true);
  });

  it('after a delay if no second packet comes', () => {
    receive(11);
    isSackDue();
    expect(tracker.nextDeadline).toBe(Infinity);
    tracker.add(12, false);
    expect(tracker.nextDeadline).toBe(Infinity);
    tracker.onPacketEnd(now, ACK_DELAY);
    expect(tracker.nextDeadline).toBe(1200);
    tracker.onTimeout(1199);
    expect(isSackDue()).toBe(false);
    tracker.onTimeout(1200);
    expect(tracker.nextDeadline).toBe(Infinity);
    expect(isSackDue()).toBe(true);
  });

  it('stops waiting when the SACK goes out with other chunks', () => {
    expect(tracker.takeSack(true)).toBe(false);
    receive(11);
    isSackDue();
    receive(12);
    expect(tracker.nextDeadline).toBe(1200);
    expect(tracker.takeSack(true)).toBe(true);
    expect(tracker.nextDeadline).toBe(Infinity);
    expect(tracker.takeSack(true)).toBe(false);
  });

  it('when it is told to', () => {
    tracker.requestSack();
    expect(isSackDue()).toBe(true);
  });
});

describe('a FORWARD TSN at a DataTracker', () => {
  it.each<[name: string, tsns: number[], to: number, cumulative: number, gaps: [number, number][]]>([
    ['nothing received', [], 12, 12, []],
    [
      'before the first block',
      [13, 14, 16],
      11,
      11,
      [
        [2, 3],
        [5, 5],
      ],
    ],
    ['to the one before a block', [13, 14, 16], 12, 14, [[2, 2]]],
    ['to the begin of a block', [13, 14, 15], 13, 15, []],
    ['into a block', [13, 14, 15, 17], 14, 15, [[2, 2]]],
    [
      'to the end of a block',
      [13, 14, 16, 18],
      14,
      14,
      [
        [2, 2],
        [4, 4],
      ],
    ],
    ['right behind a block, before the next', [12, 14, 15], 13, 15, []],
    ['between two blocks', [12, 16], 13, 13, [[3, 3]]],
    ['into the second block', [12, 14, 15, 16, 20], 15, 16, [[4, 4]]],
    ['to the end of the second block', [12, 14, 15, 18], 15, 15, [[3, 3]]],
    ['far behind all', [12, 14], 1000, 1000, []],
    ['half the number space', [12], 10 + 0x7fffffff, 10 + 0x7fffffff, []],
    ['over a missing one, to the next block', [11, 13, 16], 12, 13, [[3, 3]]],
  ])('%s', (_name, tsns, to, cumulative, gaps) => {
    receive(...tsns);
    expect(tracker.forwardTo(to)).toBe(true);
    expect(report()).toMatchObject({ cumulative, gaps });
  });

  it.each([10, 9, 0xffffffff])('is answered at once but has no effect if it is old: %i', to => {
    receive(11);
    isSackDue();
    expect(tracker.forwardTo(to)).toBe(false);
    expect(isSackDue()).toBe(true);
    expect(report().cumulative).toBe(11);
  });

  it('is acknowledged like data', () => {
    tracker.forwardTo(12);
    tracker.onPacketEnd(now, ACK_DELAY);
    expect(isSackDue()).toBe(false);
    tracker.forwardTo(13);
    expect(isSackDue()).toBe(true);
  });

  it('makes late data duplicates', () => {
    receive(11, 13, 17);
    tracker.forwardTo(15);
    expect(receive(11, 13, 14, 15)).toEqual([false, false, false, false]);
    expect(receive(17, 16)).toEqual([false, true]);
    expect(report().cumulative).toBe(17);
  });
});
