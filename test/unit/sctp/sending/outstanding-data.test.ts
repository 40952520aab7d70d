import { describe, expect, it } from 'vitest';
import { type SctpSendOptions } from '../../../../src/sctp/association-owner.js';
import { Fragment, OutgoingMessage } from '../../../../src/sctp/sending/outgoing-message.js';
import { OutstandingData } from '../../../../src/sctp/sending/outstanding-data.js';
import { sack, states } from './outstanding-support.js';

const NOW = 1000;
const HEADER = 16;

interface Setup {
  initialTsn?: number;
  isPartiallyReliable?: boolean;
  /** Some of every message that is given up waits in the queue. */
  hasRest?: boolean;
}

const setUp = ({ initialTsn = 10, isPartiallyReliable = true, hasRest = false }: Setup = {}) => {
  const log: string[] = [];
  const outstanding = new OutstandingData(initialTsn, HEADER, isPartiallyReliable, {
    discardRest: message => {
      log.push(`discard ${message.ppid}`);
      return hasRest;
    },
    onMessageDone: (message, isAbandoned) => log.push(`${isAbandoned ? 'given up' : 'acked'} ${message.ppid}`),
  });
  return { outstanding, log };
};

/** A message of this many fragments of 1 byte. */
const message = (fragments: number, options: SctpSendOptions = {}, ppid = 53, streamId = 1): OutgoingMessage =>
  Object.assign(new OutgoingMessage(streamId, ppid, new Uint8Array(fragments), options, NOW), { messageId: 0 });

/** Sends fragments of a message, all of them by default. */
const send = (outstanding: OutstandingData, of: OutgoingMessage, count = of.length, now = NOW): boolean[] => {
  const fragment = new Fragment();
  const sent: boolean[] = [];
  for (let i = 0; i < count; i++) {
    fragment.set(of, of.sentLength, 1, of.nextFsn++);
    of.sentLength++;
    sent.push(outstanding.add(fragment, now));
  }
  return sent;
};

const retransmit = (outstanding: OutstandingData, maxLength = 1e6): number[] => {
  const tsns: number[] = [];
  for (let tsn = outstanding.takeRetransmission(0, maxLength); tsn >= 0;) {
    tsns.push(tsn);
    tsn = outstanding.takeRetransmission(tsn, maxLength);
  }
  return tsns;
};

describe('outstanding data', () => {
  it('begin with nothing', () => {
    const { outstanding } = setUp();
    expect(outstanding).toMatchObject({
      inFlightBytes: 0,
      inFlightPayloadBytes: 0,
      inFlightChunks: 0,
      cumulativeTsn: 9,
      nextTsn: 10,
      highestTsn: 9,
      isEmpty: true,
      hasRetransmissions: false,
      hasFastRetransmissions: false,
      hasAbandonedToSkip: false,
    });
    expect(states(outstanding)).toBe('9:');
  });

  it('count what is in flight, with headers and padding and without', () => {
    const { outstanding } = setUp();
    expect(send(outstanding, message(1))).toEqual([true]);
    expect(outstanding).toMatchObject({ inFlightBytes: HEADER + 4, inFlightPayloadBytes: 1, inFlightChunks: 1 });
    expect(states(outstanding)).toBe('9:F');
  });

  it('are gone when acknowledged', () => {
    const { outstanding, log } = setUp();
    send(outstanding, message(1));
    outstanding.handleSack(sack(10), 10, false);
    expect(outstanding).toMatchObject({
      newlyAckedBytes: HEADER + 4,
      hasPacketLoss: false,
      inFlightBytes: 0,
      isEmpty: true,
    });
    expect(states(outstanding)).toBe('10:');
    expect(log).toEqual(['acked 53']);
  });

  it('do not change with what was acknowledged before', () => {
    const { outstanding } = setUp();
    send(outstanding, message(1));
    outstanding.handleSack(sack(9), 9, false);
    expect(outstanding.newlyAckedBytes).toBe(0);
    expect(states(outstanding)).toBe('9:F');
  });

  it('are acknowledged and reported missing by gap blocks', () => {
    const { outstanding } = setUp();
    send(outstanding, message(2));
    outstanding.handleSack(sack(9, [[2, 2]]), 9, false);
    expect(outstanding).toMatchObject({ newlyAckedBytes: HEADER + 4, hasPacketLoss: false, inFlightChunks: 0 });
    expect(states(outstanding)).toBe('9:NA');
  });

  it('understand the gap blocks of RFC 9260 §3.3.4', () => {
    const { outstanding } = setUp();
    send(outstanding, message(8));
    outstanding.handleSack(
      sack(12, [
        [2, 3],
        [5, 5],
      ]),
      12,
      false,
    );
    expect(states(outstanding)).toBe('12:NAANA');
  });

  it('are not lost by three reports of the same (RFC 9260 §7.2.4)', () => {
    const { outstanding } = setUp();
    send(outstanding, message(2));
    for (let i = 0; i < 3; i++) outstanding.handleSack(sack(9, [[2, 2]]), 9, false);
    expect(outstanding.hasPacketLoss).toBe(false);
    expect(states(outstanding)).toBe('9:NA');
  });

  it('are lost by three reports of news behind them', () => {
    const { outstanding } = setUp();
    send(outstanding, message(4));
    outstanding.handleSack(sack(9, [[2, 2]]), 9, false);
    outstanding.handleSack(sack(9, [[2, 3]]), 9, false);
    expect(outstanding.hasFastRetransmissions).toBe(false);
    outstanding.handleSack(sack(9, [[2, 4]]), 9, false);
    expect(outstanding).toMatchObject({ hasPacketLoss: true, hasFastRetransmissions: true, hasRetransmissions: false });
    expect(states(outstanding)).toBe('9:QAAA');
    expect(outstanding.takeFastRetransmission(0, 100)).toBe(10);
    expect(states(outstanding)).toBe('9:FAAA');
    expect(outstanding).toMatchObject({ hasFastRetransmissions: false, inFlightChunks: 1 });
  });

  it('are given up instead if they may not be sent again', () => {
    const { outstanding, log } = setUp();
    send(outstanding, message(4, { maxRetransmissions: 0 }));
    for (const end of [2, 3, 4]) outstanding.handleSack(sack(9, [[2, end]]), 9, false);
    expect(outstanding).toMatchObject({ hasPacketLoss: true, hasFastRetransmissions: false, nextTsn: 14 });
    expect(states(outstanding)).toBe('9:XXXX');
    expect(log).toEqual(['discard 53']);
    outstanding.handleSack(sack(13), 13, false);
    expect(log).toEqual(['discard 53', 'given up 53']);
  });

  it('get an end that is never sent if a message is given up half-way (RFC 3758 §3.5 A3)', () => {
    const { outstanding, log } = setUp({ hasRest: true });
    send(outstanding, message(5, { maxRetransmissions: 0 }), 4);
    for (const end of [2, 3, 4]) outstanding.handleSack(sack(9, [[2, end]]), 9, false);
    expect(states(outstanding)).toBe('9:XXXXX');
    expect(outstanding).toMatchObject({ nextTsn: 15, inFlightBytes: 0, inFlightPayloadBytes: 0, inFlightChunks: 0 });
    outstanding.handleSack(sack(14), 14, false);
    expect(log).toEqual(['discard 53']);
  });

  it('are not sent if they have expired meanwhile, nor is the rest of their message', () => {
    const { outstanding } = setUp();
    const old = message(3, { lifetime: 5 });
    expect(send(outstanding, old, 2)).toEqual([true, true]);
    expect(send(outstanding, old, 1, NOW + 6)).toEqual([false]);
    expect(states(outstanding)).toBe('9:XXX');
    expect(outstanding.inFlightChunks).toBe(0);
  });

  it('never expire without partial reliability', () => {
    const { outstanding } = setUp({ isPartiallyReliable: false });
    const old = message(2, { lifetime: 5, maxRetransmissions: 0 });
    send(outstanding, old, 1);
    expect(send(outstanding, old, 1, NOW + 6)).toEqual([true]);
    outstanding.nackAll();
    expect(states(outstanding)).toBe('9:RR');
  });

  it('expire when they are reported missing, not while they may have arrived', () => {
    const { outstanding } = setUp();
    for (let i = 0; i < 4; i++) send(outstanding, message(1, { lifetime: 5 }, i));
    outstanding.expire(NOW + 6);
    expect(states(outstanding)).toBe('9:FFFF');
    outstanding.handleSack(sack(9, [[3, 3]]), 9, false);
    outstanding.expire(NOW + 5);
    expect(states(outstanding)).toBe('9:NNAF');
    outstanding.expire(NOW + 6);
    expect(states(outstanding)).toBe('9:XXAF');
  });

  it('do not expire behind one that does not', () => {
    const { outstanding } = setUp();
    send(outstanding, message(1));
    send(outstanding, message(1, { lifetime: 5 }));
    send(outstanding, message(1));
    outstanding.handleSack(sack(9, [[3, 3]]), 9, false);
    outstanding.expire(NOW + 6);
    expect(states(outstanding)).toBe('9:NNA');
  });

  it('are all lost when T3 expires', () => {
    const { outstanding } = setUp();
    send(outstanding, message(4));
    outstanding.handleSack(sack(9, [[3, 3]]), 9, false);
    outstanding.nackAll();
    expect(states(outstanding)).toBe('9:RRAR');
    expect(outstanding.inFlightBytes).toBe(0);
    expect(retransmit(outstanding)).toEqual([10, 11, 13]);
    expect(states(outstanding)).toBe('9:FFAF');
    expect(outstanding).toMatchObject({ inFlightChunks: 3, hasRetransmissions: false });
  });

  it('are given up when T3 expires too often', () => {
    const { outstanding, log } = setUp();
    send(outstanding, message(1, { maxRetransmissions: 2 }));
    for (let i = 0; i < 2; i++) {
      outstanding.nackAll();
      expect(retransmit(outstanding)).toEqual([10]);
    }
    outstanding.nackAll();
    expect(states(outstanding)).toBe('9:X');
    outstanding.handleSack(sack(10), 10, false);
    expect(log).toEqual(['discard 53', 'given up 53']);
  });

  it('are retransmitted as far as they fit, the lowest TSN first', () => {
    const { outstanding } = setUp();
    const large = new OutgoingMessage(1, 53, new Uint8Array(100), {}, NOW);
    const fragment = new Fragment();
    fragment.set(large, 0, 100, 0);
    outstanding.add(fragment, NOW);
    send(outstanding, message(3));
    outstanding.nackAll();
    expect(outstanding.takeRetransmission(0, 2 * HEADER)).toBe(11);
    expect(outstanding.takeRetransmission(12, 2 * HEADER)).toBe(12);
    expect(states(outstanding)).toBe('9:RFFR');
    expect(retransmit(outstanding)).toEqual([10, 13]);
  });

  it('are retransmitted by cwnd if they did not fit the fast packet (RFC 9260 §7.2.4)', () => {
    const { outstanding } = setUp();
    send(outstanding, message(8));
    for (const end of [6, 7, 8]) outstanding.handleSack(sack(9, [[6, end]]), 9, false);
    expect(states(outstanding)).toBe('9:QQQQQAAA');
    expect(outstanding.takeFastRetransmission(0, 100)).toBe(10);
    outstanding.endFastRetransmission();
    expect(states(outstanding)).toBe('9:FRRRRAAA');
    expect(outstanding.hasFastRetransmissions).toBe(false);
    expect(retransmit(outstanding)).toEqual([11, 12, 13, 14]);
  });

  it('need three reports of what was sent behind their retransmission to be lost again', () => {
    const { outstanding } = setUp();
    send(outstanding, message(6));
    for (const end of [2, 3, 4]) outstanding.handleSack(sack(9, [[2, end]]), 9, false);
    outstanding.takeFastRetransmission(0, 100);
    send(outstanding, message(4));
    for (const end of [5, 6]) outstanding.handleSack(sack(9, [[2, end]]), 9, false);
    expect(states(outstanding)).toBe('9:FAAAAAFFFF');
    for (const end of [7, 8]) outstanding.handleSack(sack(9, [[2, end]]), 9, false);
    expect(states(outstanding)).toBe('9:NAAAAAAAFF');
    outstanding.handleSack(sack(9, [[2, 9]]), 9, false);
    expect(states(outstanding)).toBe('9:QAAAAAAAAF');
  });

  it('are reported missing up to the last block in fast recovery, if the cumulative TSN moves (RFC 9260 §7.2.4)', () => {
    const afterRetransmission = (isInFastRecovery: boolean): string => {
      const { outstanding } = setUp();
      send(outstanding, message(6));
      const blocks: [number, number][][] = [
        [[2, 2]],
        [
          [2, 2],
          [4, 4],
        ],
        [
          [2, 2],
          [4, 5],
        ],
      ];
      for (const of of blocks) outstanding.handleSack(sack(9, of), 9, false);
      expect(states(outstanding)).toBe('9:QANAAF');
      outstanding.takeFastRetransmission(0, 100);
      // Only 10, sent again, is news, and nothing before it is missing.
      outstanding.handleSack(sack(11, [[2, 3]]), 11, isInFastRecovery);
      return states(outstanding);
    };
    expect(afterRetransmission(false)).toBe('11:NAAF');
    expect(afterRetransmission(true)).toBe('11:RAAF');
  });

  it('tell when a chunk was sent if it was sent once (Karn)', () => {
    const { outstanding } = setUp();
    send(outstanding, message(2), 2, NOW + 7);
    expect([outstanding.sentOnceAt(9), outstanding.sentOnceAt(10), outstanding.sentOnceAt(12)]).toEqual([
      NaN,
      NOW + 7,
      NaN,
    ]);
    outstanding.nackAll();
    retransmit(outstanding);
    expect(outstanding.sentOnceAt(10)).toBeNaN();
  });

  it('go on when TSNs wrap around', () => {
    const { outstanding } = setUp({ initialTsn: 2 ** 32 - 2 });
    send(outstanding, message(100));
    outstanding.handleSack(sack(1, [[3, 4]]), 2 ** 32 + 1, false);
    expect(states(outstanding)).toBe(`${2 ** 32 + 1}:NNAA${'F'.repeat(92)}`);
    expect(outstanding.chunk(2 ** 32 + 2).offset).toBe(4);
  });

  it('keep their place when there are more of them than ever', () => {
    const { outstanding } = setUp();
    send(outstanding, message(5000));
    outstanding.handleSack(sack(3009), 3009, false);
    expect(outstanding.count).toBe(2000);
    expect([3010, 4000, 5009].map(tsn => outstanding.chunk(tsn).offset)).toEqual([3000, 3990, 4999]);
  });
});

describe('a FORWARD TSN (RFC 3758 §3.5)', () => {
  const abandon = (
    outstanding: OutstandingData,
    streamId: number,
    ssn: number,
    options: SctpSendOptions = {},
  ): void => {
    const given = message(1, { maxRetransmissions: 0, ...options }, 53, streamId);
    given.ssn = ssn;
    given.messageId = ssn;
    send(outstanding, given);
  };

  it('skips what was given up, and what is behind it does not count', () => {
    const { outstanding } = setUp();
    abandon(outstanding, 1, 0);
    abandon(outstanding, 1, 1);
    send(outstanding, message(1));
    outstanding.nackAll();
    expect(states(outstanding)).toBe('9:XXR');
    expect(outstanding.hasAbandonedToSkip).toBe(true);
    expect(outstanding.forwardTsn(false, 100)).toEqual({
      newCumulativeTsn: 11,
      skippedStreams: [{ streamId: 1, unordered: false, messageId: 1 }],
    });
  });

  it('is not due while something before was not given up', () => {
    const { outstanding } = setUp();
    send(outstanding, message(1));
    abandon(outstanding, 1, 0);
    outstanding.nackAll();
    expect(states(outstanding)).toBe('9:RX');
    expect(outstanding.hasAbandonedToSkip).toBe(false);
  });

  it('lists ordered streams, also when their numbers wrap around', () => {
    const { outstanding } = setUp();
    abandon(outstanding, 1, 0xffff);
    abandon(outstanding, 2, 5);
    abandon(outstanding, 3, 0, { unordered: true });
    abandon(outstanding, 1, 0);
    outstanding.nackAll();
    expect(outstanding.forwardTsn(false, 100).skippedStreams).toEqual([
      { streamId: 1, unordered: false, messageId: 0 },
      { streamId: 2, unordered: false, messageId: 5 },
    ]);
  });

  it('lists unordered messages, too, if it is an I-FORWARD-TSN (RFC 8260 §2.3.1)', () => {
    const { outstanding } = setUp();
    abandon(outstanding, 1, 7);
    abandon(outstanding, 1, 3, { unordered: true });
    outstanding.nackAll();
    expect(outstanding.forwardTsn(true, 100).skippedStreams).toEqual([
      { streamId: 1, unordered: false, messageId: 7 },
      { streamId: 1, unordered: true, messageId: 3 },
    ]);
  });

  it('goes less far if it cannot list all streams', () => {
    const { outstanding } = setUp();
    for (let streamId = 1; streamId <= 5; streamId++) abandon(outstanding, streamId, 0);
    abandon(outstanding, 1, 1);
    outstanding.nackAll();
    const forwardTsn = outstanding.forwardTsn(false, 3);
    expect(forwardTsn.newCumulativeTsn).toBe(12);
    expect(forwardTsn.skippedStreams.map(({ streamId }) => streamId)).toEqual([1, 2, 3]);
  });

  it('does not go over the reset of streams', () => {
    const { outstanding } = setUp();
    abandon(outstanding, 1, 41);
    abandon(outstanding, 1, 42);
    outstanding.beginReset();
    abandon(outstanding, 1, 0);
    outstanding.nackAll();
    expect(outstanding.forwardTsn(false, 100)).toEqual({
      newCumulativeTsn: 11,
      skippedStreams: [{ streamId: 1, unordered: false, messageId: 42 }],
    });
    outstanding.handleSack(sack(11), 11, false);
    expect(outstanding.forwardTsn(false, 100)).toEqual({
      newCumulativeTsn: 12,
      skippedStreams: [{ streamId: 1, unordered: false, messageId: 0 }],
    });
  });
});
