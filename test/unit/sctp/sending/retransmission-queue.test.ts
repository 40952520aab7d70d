import { describe, expect, it } from 'vitest';
import { type SctpSendOptions } from '../../../../src/sctp/association-owner.js';
import { ErrorCounter } from '../../../../src/sctp/error-counter.js';
import { defaultSctpOptions } from '../../../../src/sctp/options.js';
import { PacketBuilder } from '../../../../src/sctp/packet.js';
import { RetransmissionTimeout } from '../../../../src/sctp/retransmission-timeout.js';
import { OutgoingMessage } from '../../../../src/sctp/sending/outgoing-message.js';
import { RetransmissionQueue } from '../../../../src/sctp/sending/retransmission-queue.js';
import { SendQueue } from '../../../../src/sctp/sending/send-queue.js';
import { sack, states } from './outstanding-support.js';

const MTU = 1191;
const INITIAL_TSN = 10;

interface Setup {
  partialReliability?: boolean;
  messageInterleaving?: boolean;
  peerWindow?: number;
  cwnd?: number;
}

const setUp = ({ partialReliability = true, messageInterleaving = false, peerWindow = 1e6, cwnd = 10 }: Setup = {}) => {
  const options = { ...defaultSctpOptions, initialCongestionWindow: cwnd };
  const sendQueue = new SendQueue(options, {
    onBufferedAmountLow: () => {},
    onTotalBufferedAmountLow: () => {},
    onMessageExpired: () => {},
  });
  sendQueue.messageInterleaving = messageInterleaving;
  const rto = new RetransmissionTimeout(options);
  const errorCounter = new ErrorCounter(10);
  const queue = new RetransmissionQueue({
    options,
    negotiated: { partialReliability, messageInterleaving },
    initialTsn: INITIAL_TSN,
    peerWindow,
    sendQueue,
    rto,
    errorCounter,
    onMessageFate: () => {},
  });
  const builder = new PacketBuilder(MTU);
  const test = {
    queue,
    rto,
    errorCounter,
    sendQueue,
    now: 0,
    add(length: number, sendOptions: SctpSendOptions = {}, streamId = 1): void {
      sendQueue.add(new OutgoingMessage(streamId, 53, new Uint8Array(length), sendOptions, test.now));
    },
    /** Fills one packet with what may be sent. Returns its length without the header. */
    send(): number {
      builder.start(1, 2, 3);
      queue.fillPacket(builder, test.now);
      return builder.length - 12;
    },
    sendFast(): number {
      builder.start(1, 2, 3);
      queue.fillFastRetransmission(builder, test.now);
      return builder.length - 12;
    },
    sack: (cumulativeTsn: number, blocks: readonly (readonly [number, number])[] = [], window = 1e6): boolean =>
      queue.handleSack(sack(cumulativeTsn, blocks, window), test.now),
    get states(): string {
      return states(queue.outstanding);
    },
    /** Sends so many packets of one full chunk each. */
    sendFull(count: number): void {
      for (let i = 0; i < count; i++) {
        test.add(1160);
        test.send();
      }
    },
  };
  return test;
};

describe('the retransmission queue', () => {
  it('begins with nothing', () => {
    const { queue } = setUp();
    expect(queue).toMatchObject({ lastAssignedTsn: 9, cwnd: 11910, ssthresh: 1e6, rwnd: 1e6, rtxPackets: 0 });
    expect(queue.t3.isRunning).toBe(false);
  });

  it('sends a chunk, and starts T3 (RFC 9260 §6.3.2 R1)', () => {
    const test = setUp();
    test.add(1);
    expect(test.send()).toBe(20);
    expect(test.states).toBe('9:F');
    expect(test.queue.t3.deadline).toBe(500);
    expect(test.queue.lastAssignedTsn).toBe(10);
  });

  it('stops T3 when everything is acknowledged (RFC 9260 §6.3.2 R2)', () => {
    const test = setUp();
    test.add(1);
    test.send();
    expect(test.sack(10)).toBe(true);
    expect(test.states).toBe('10:');
    expect(test.queue.t3.isRunning).toBe(false);
  });

  it('restarts T3 when the first of several chunks is acknowledged (RFC 9260 §6.3.2 R3)', () => {
    const test = setUp();
    test.sendFull(3);
    test.now = 100;
    test.sack(11);
    expect(test.states).toBe('11:F');
    expect(test.queue.t3.deadline).toBe(100 + test.rto.rto);
  });

  it('sends nothing if there is nothing', () => {
    const test = setUp();
    expect(test.send()).toBe(0);
    expect(test.queue.t3.isRunning).toBe(false);
  });

  it('bundles chunks, and fills packets to the last four bytes', () => {
    const test = setUp();
    test.add(100);
    test.add(5000);
    expect(test.send()).toBe(1176);
    expect(test.states).toBe('9:FF');
  });

  it('sends less than it wants if the queue has less', () => {
    const test = setUp();
    for (let i = 0; i < 2; i++) test.add(1);
    expect(test.send()).toBe(40);
    expect(test.send()).toBe(0);
    expect(test.states).toBe('9:FF');
  });

  it('retransmits fast what three SACKs show to be lost, and asks the send queue for nothing', () => {
    const test = setUp();
    for (let i = 0; i < 8; i++) test.add(1);
    test.send();
    test.add(1);
    test.sack(12, [[2, 3]]);
    test.sack(12, [
      [2, 3],
      [5, 5],
    ]);
    expect(test.states).toBe('12:NAANA');
    test.add(1);
    test.send();
    expect(test.states).toBe('12:NAANAFF');
    test.sack(12, [
      [2, 3],
      [5, 6],
    ]);
    expect(test.states).toBe('12:QAANAAF');
    expect(test.sendFast()).toBe(20);
    expect(test.states).toBe('12:FAANAAF');
    expect(test.queue).toMatchObject({ rtxPackets: 1, rtxBytes: 20, hasFastRetransmissions: false });
  });

  it('restarts T3 when the lowest outstanding TSN is retransmitted fast (RFC 9260 §7.2.4)', () => {
    const deadlineAfter = (lost: number): number => {
      const test = setUp();
      for (let i = 0; i < 5; i++) test.add(1);
      test.send();
      test.now = 300;
      for (const end of [3, 4, 5]) test.sack(9, lost === 10 ? [[2, end]] : [[lost - 9 + 1, end]]);
      test.sendFast();
      return test.queue.t3.deadline;
    };
    expect(deadlineAfter(10)).toBe(800);
  });

  it('sends everything again when T3 expires, by and by (RFC 9260 §6.3.3)', () => {
    const test = setUp();
    test.sendFull(5);
    test.queue.onT3Expired();
    expect(test.states).toBe('9:RRRRR');
    expect(test.queue).toMatchObject({ cwnd: MTU, ssthresh: 11910 / 2 });
    expect(test.queue.outstanding.inFlightBytes).toBe(0);
    expect(test.send()).toBe(1176);
    expect(test.states).toBe('9:FRRRR');
    expect(test.send()).toBe(0);
    test.sack(10);
    expect(test.send()).toBe(1176);
    expect(test.states).toBe('10:FRRR');
  });

  it('does not take less than four MTUs for the threshold (RFC 9260 §7.2.3)', () => {
    const test = setUp({ cwnd: 5 });
    test.queue.onT3Expired();
    expect(test.queue.ssthresh).toBe(4 * MTU);
  });

  describe('with messages that may not be sent again', () => {
    it('sends them again if the peer does not support partial reliability', () => {
      const test = setUp({ partialReliability: false });
      test.add(1, { maxRetransmissions: 0 });
      test.send();
      test.queue.onT3Expired();
      expect(test.queue.needsForwardTsn(0)).toBe(false);
      expect(test.states).toBe('9:R');
    });

    it('gives them up when T3 expires', () => {
      const test = setUp();
      test.add(1, { maxRetransmissions: 0 });
      test.send();
      expect(test.queue.needsForwardTsn(0)).toBe(false);
      test.queue.onT3Expired();
      expect(test.queue.needsForwardTsn(0)).toBe(true);
      expect(test.states).toBe('9:X');
    });

    it('gives them up at the fourth expiry if they may be sent again three times', () => {
      const test = setUp();
      test.add(1, { maxRetransmissions: 3 });
      test.send();
      for (let i = 0; i < 3; i++) {
        test.queue.onT3Expired();
        expect(test.states).toBe('9:R');
        test.send();
        expect(test.states).toBe('9:F');
      }
      test.queue.onT3Expired();
      expect(test.states).toBe('9:X');
    });

    it('counts three reports as one loss', () => {
      const test = setUp();
      test.add(1, { maxRetransmissions: 2 });
      test.send();
      const seen: string[] = [];
      for (let end = 2; end <= 10; end++) {
        test.add(1);
        test.send();
        test.sack(9, [[2, end]]);
        seen.push(test.states[2]);
        if (test.queue.hasFastRetransmissions) test.sendFast();
      }
      expect(seen.join('')).toBe('NNQNNRNNX');
    });

    it('skips also what it never sent of them', () => {
      const test = setUp();
      test.add(3000, { maxRetransmissions: 0 });
      test.send();
      test.queue.onT3Expired();
      expect(test.states).toBe('9:XX');
      expect(test.queue.forwardTsn(10)).toEqual({
        newCumulativeTsn: 11,
        skippedStreams: [{ streamId: 1, unordered: false, messageId: 0 }],
      });
      expect(test.sendQueue.isEmpty).toBe(true);
    });

    it('skips only what it sent if it sent all of them', () => {
      const test = setUp();
      test.add(1500, { maxRetransmissions: 0 });
      test.send();
      test.send();
      test.queue.onT3Expired();
      expect(test.queue.forwardTsn(10).newCumulativeTsn).toBe(11);
    });

    it('skips message by message with interleaving (RFC 8260 §2.3)', () => {
      const test = setUp({ messageInterleaving: true });
      for (const streamId of [1, 2]) {
        for (const unordered of [false, true]) test.add(1, { maxRetransmissions: 0, unordered }, streamId);
      }
      test.add(1, { maxRetransmissions: 0 }, 1);
      test.send();
      test.queue.onT3Expired();
      const { newCumulativeTsn, skippedStreams } = test.queue.forwardTsn(10);
      expect(newCumulativeTsn).toBe(14);
      expect(skippedStreams.map(({ streamId, unordered, messageId }) => [streamId, unordered, messageId])).toEqual(
        expect.arrayContaining([
          [1, false, 1],
          [1, true, 0],
          [2, false, 0],
          [2, true, 0],
        ]),
      );
    });

    it('gives the right ones up when lifetimes end', () => {
      const test = setUp();
      for (const lifetime of [10, undefined, 10]) test.add(1, lifetime === undefined ? {} : { lifetime });
      test.send();
      test.sack(9, [[3, 3]]);
      expect(test.queue.needsForwardTsn(11)).toBe(true);
      expect(test.states).toBe('9:XNA');
    });

    it('gives up a message half-way when its lifetime ends, without asking for its rest', () => {
      const test = setUp();
      test.add(3000, { lifetime: 10 });
      test.send();
      test.now = 11;
      test.add(5);
      expect(test.send()).toBe(24);
      expect(test.states).toBe('9:XXXF');
      expect(test.queue.rwnd).toBeGreaterThan(0);
    });

    it('does not count them as being in flight', () => {
      const test = setUp();
      test.add(1000, { maxRetransmissions: 0 });
      test.send();
      test.sendFull(3);
      for (const end of [2, 3, 4]) test.sack(9, [[2, end]]);
      expect(test.states).toBe('9:XAAA');
      expect(test.queue.outstanding).toMatchObject({ inFlightBytes: 0, inFlightPayloadBytes: 0, inFlightChunks: 0 });
    });
  });

  it('measures the round trip time (RFC 9260 §6.3.1)', () => {
    const test = setUp();
    test.add(1);
    test.send();
    test.now = 123;
    test.sack(10);
    expect(test.rto.srtt).toBe(123);
  });

  it('measures nothing by a SACK with gaps, or by what was sent twice', () => {
    const test = setUp();
    for (let i = 0; i < 3; i++) test.add(1);
    test.send();
    test.now = 100;
    test.sack(10, [[2, 2]]);
    test.queue.onT3Expired();
    test.send();
    test.now = 200;
    test.sack(11);
    expect(test.rto.isMeasured).toBe(false);
  });

  describe('ignores a SACK (RFC 9260 §6.2.1)', () => {
    it.each([
      ['that acknowledges what was not sent', 11, []],
      ['that is older than another one', 8, []],
      ['whose gap blocks are beyond what was sent', 9, [[2, 2]]],
    ] as const)('%s', (_, cumulativeTsn, blocks) => {
      const test = setUp();
      test.add(1);
      test.send();
      expect(test.sack(cumulativeTsn, blocks)).toBe(false);
      expect(test.states).toBe('9:F');
    });

    it('unless it says the same as before, with another window', () => {
      const test = setUp();
      expect(test.sack(9, [], 5)).toBe(true);
      expect(test.queue.rwnd).toBe(5);
    });
  });

  it('does not move the cumulative TSN for gap blocks', () => {
    const test = setUp();
    for (let i = 0; i < 3; i++) test.add(1);
    test.send();
    test.sack(9, [[1, 2]]);
    expect(test.states).toBe('9:AAF');
  });

  describe('keeps to the window of the peer (RFC 9260 §6.1 A)', () => {
    it('less what is in flight', () => {
      const test = setUp({ peerWindow: 10_000 });
      test.sendFull(2);
      expect(test.queue.rwnd).toBe(10_000 - 2 * 1160);
      test.sack(10, [], 5000);
      expect(test.queue.rwnd).toBe(5000 - 1160);
    });

    it('and sends not more than it', () => {
      const test = setUp({ peerWindow: 1500 });
      test.add(5000);
      expect(test.send()).toBe(1176);
      expect(test.send()).toBe(16 + 340);
      expect(test.send()).toBe(0);
    });

    it('but one chunk is always allowed', () => {
      const test = setUp({ peerWindow: 0 });
      test.add(5000);
      expect(test.send()).toBe(1176);
      expect(test.send()).toBe(0);
      expect(test.queue.rwnd).toBe(0);
    });

    it('and counts no error while the peer answers that it has none', () => {
      const test = setUp({ peerWindow: 0 });
      test.add(5000);
      test.send();
      test.errorCounter.increment();
      test.sack(9, [], 0);
      expect(test.errorCounter.count).toBe(0);
    });
  });

  it('clears the error counter only by what is newly acknowledged (RFC 9260 §8.1)', () => {
    const test = setUp();
    test.sendFull(2);
    test.errorCounter.increment();
    test.sack(9);
    expect(test.errorCounter.count).toBe(1);
    test.sack(9, [[2, 2]]);
    expect(test.errorCounter.count).toBe(0);
  });

  describe('controls congestion (RFC 9260 §7.2)', () => {
    it('by a window that grows with what is acknowledged, at most by one MTU a SACK', () => {
      const test = setUp();
      test.sendFull(10);
      test.sack(10);
      expect(test.queue.cwnd).toBe(11910 + 1176);
      test.sendFull(2);
      test.sack(12);
      expect(test.queue.cwnd).toBe(11910 + 1176 + MTU);
    });

    it('by a window that does not grow while it is not used', () => {
      const test = setUp();
      test.sendFull(2);
      test.sack(11);
      expect(test.queue.cwnd).toBe(11910);
    });

    it('by a window that halves when packets are lost, once', () => {
      const test = setUp();
      test.sendFull(10);
      for (const end of [3, 4, 5]) test.sack(9, [[3, end]]);
      expect(test.queue).toMatchObject({ cwnd: 5955, ssthresh: 5955, isInFastRecovery: true });
      test.sendFast();
      for (const end of [6, 7, 8]) test.sack(9, [[3, end]]);
      expect(test.queue).toMatchObject({ cwnd: 5955, isInFastRecovery: true });
      test.sack(18);
      expect(test.queue.isInFastRecovery).toBe(true);
      test.sack(19);
      expect(test.queue.isInFastRecovery).toBe(false);
    });

    it('and ends fast recovery when T3 expires, so that slow start can begin (RFC 6582 §4)', () => {
      const test = setUp();
      test.sendFull(10);
      for (const end of [3, 4, 5]) test.sack(9, [[3, end]]);
      expect(test.queue.isInFastRecovery).toBe(true);
      test.queue.onT3Expired();
      expect(test.queue).toMatchObject({ isInFastRecovery: false, cwnd: MTU });
      test.send();
      test.sack(10);
      expect(test.queue.cwnd).toBe(MTU + 1176);
    });

    it('by a window that grows by an MTU a window when it is above the threshold', () => {
      const test = setUp();
      test.sendFull(10);
      test.queue.ssthresh = 5000;
      for (let tsn = 10; tsn < 20; tsn++) {
        test.sack(tsn);
        test.sendFull(1);
      }
      expect(test.queue.cwnd).toBe(11910);
      test.sack(20);
      expect(test.queue.cwnd).toBe(11910 + MTU);
    });

    it('and sends nothing while the window is full', () => {
      const test = setUp({ cwnd: 1 });
      test.add(5000);
      expect(test.send()).toBe(1176);
      expect(test.send()).toBe(0);
      test.sack(10);
      expect(test.send()).toBe(1176);
    });

    it('and grows again when it was small and packets are acknowledged', () => {
      const test = setUp();
      test.sendFull(10);
      test.queue.onT3Expired();
      const cwnds: number[] = [];
      for (let tsn = 10; tsn < 15; tsn++) {
        while (test.send() > 0);
        test.sack(tsn);
        cwnds.push(test.queue.cwnd);
      }
      expect(cwnds).toEqual([1, 2, 3, 4, 5].map(acked => MTU + acked * 1176));
    });
  });

  it('keeps no more than 65535 chunks, though the peer acknowledges all but the first one', () => {
    const test = setUp({ cwnd: 100 });
    for (let i = 0; i < 70_000; i++) test.add(1);
    const { outstanding } = test.queue;
    const first = outstanding.cumulativeTsn;
    for (let before = -1; outstanding.count > before;) {
      before = outstanding.count;
      while (test.send() > 0);
      test.sack(first, [[2, outstanding.highestTsn - first]]);
    }
    expect(outstanding.count).toBe(65_535);
    test.sack(outstanding.highestTsn);
    expect(test.send()).toBeGreaterThan(0);
  });

  it('asks for immediate SACKs while the window is small (RFC 7053)', () => {
    const iBit = (cwnd: number): number => {
      const test = setUp({ cwnd });
      const builder = new PacketBuilder(MTU);
      builder.start(1, 2, 3);
      test.add(1);
      test.queue.fillPacket(builder, 0);
      return builder.bytes[13] & 0x08;
    };
    expect([iBit(9), iBit(10)]).toEqual([8, 0]);
  });
});
