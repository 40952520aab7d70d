import { describe, expect, it } from 'vitest';
import { encodeAbort } from '../../../src/sctp/chunks/abort.js';
import { encodeShutdownAck } from '../../../src/sctp/chunks/shutdown-ack.js';
import { encodeShutdownComplete } from '../../../src/sctp/chunks/shutdown-complete.js';
import { chunkBytes, chunksOf, packetOf, Pair } from './association-support.js';

const states = (pair: Pair): string[] => [pair.a.association.associationState, pair.z.association.associationState];
const tagOf = (packet: Uint8Array): number => new DataView(packet.buffer, packet.byteOffset).getUint32(4);

describe('a shutdown (RFC 9260 §9.2)', () => {
  it('takes three packets and closes both sides', () => {
    const pair = new Pair().connect();
    pair.a.association.shutdown(pair.now);
    pair.exchange();
    expect(pair.a.sentChunks).toEqual(['shutdown', 'shutdownComplete']);
    expect(pair.z.sentChunks).toEqual(['shutdownAck']);
    expect([pair.a.events, pair.z.events]).toEqual([['closed'], ['closed']]);
    expect([pair.a.association.nextDeadline, pair.z.association.nextDeadline]).toEqual([Infinity, Infinity]);
  });

  it('waits until everything queued has arrived', () => {
    const pair = new Pair().connect();
    pair.a.send(1, new Uint8Array(100_000), pair.now);
    pair.a.association.shutdown(pair.now);
    expect(pair.a.association.associationState).toBe('shutdownPending');
    expect(pair.a.send(1, 'more', pair.now)).toBe('shuttingDown');
    let count = 0;
    pair.run(10_000, packet => chunksOf(packet).includes('iData') && ++count % 5 === 1);
    expect(pair.z.messages.map(({ payload }) => payload.length)).toEqual([100_000]);
    expect(states(pair)).toEqual(['closed', 'closed']);
  });

  it.each(['a', 'z'] as const)('sends what %s has queued and not sent', name => {
    const pair = new Pair().connect();
    const other = name === 'a' ? pair.z : pair.a;
    pair[name].association.enqueue(1, 53, new Uint8Array(10), {}, pair.now);
    pair.a.association.shutdown(pair.now);
    pair.run(1000);
    expect(other.messages.map(({ payload }) => payload.length)).toEqual([10]);
    expect(states(pair)).toEqual(['closed', 'closed']);
  });

  it('waits for a stream that is being reset, and for what is queued behind the reset', () => {
    const pair = new Pair().connect();
    pair.a.association.resetStreams([1], pair.now);
    pair.drop();
    pair.a.send(1, 'behind', pair.now);
    pair.a.association.shutdown(pair.now);
    expect(states(pair)[0]).toBe('shutdownPending');
    pair.run(5000);
    expect(pair.z.receivedTexts).toEqual(['behind']);
    expect(states(pair)).toEqual(['closed', 'closed']);
  });

  it('lets the other side finish what it has queued', () => {
    const pair = new Pair().connect();
    pair.z.send(1, new Uint8Array(50_000), pair.now);
    pair.a.association.shutdown(pair.now);
    pair.run(10_000);
    expect(pair.a.messages.map(({ payload }) => payload.length)).toEqual([50_000]);
    expect(states(pair)).toEqual(['closed', 'closed']);
  });

  it('ends while the COOKIE ACK is waited for', () => {
    const pair = new Pair();
    pair.a.association.connect(pair.now);
    pair.deliver(pair.a);
    pair.deliver(pair.z);
    pair.deliver(pair.a);
    pair.drop();
    expect(pair.a.association.associationState).toBe('cookieEchoed');
    pair.a.association.shutdown(pair.now);
    pair.exchange();
    expect(pair.a.sentChunks.slice(2)).toEqual(['shutdown', 'shutdownComplete']);
    expect(states(pair)).toEqual(['closed', 'closed']);
    expect(pair.a.association.nextDeadline).toBe(Infinity);
  });

  it('ends at once before there is an association', () => {
    const pair = new Pair();
    pair.a.association.connect(pair.now);
    pair.a.association.shutdown(pair.now);
    expect(pair.a.association.state).toBe('closed');
    expect(pair.a.association.nextDeadline).toBe(Infinity);
  });

  it('that is not answered is repeated ten times and then aborted', () => {
    const pair = new Pair().connect();
    const start = pair.now;
    const times: number[] = [];
    pair.a.association.shutdown(pair.now);
    pair.run(600_000 + 500_000, (packet, from) => {
      if (from === pair.a && chunksOf(packet)[0] === 'shutdown') times.push(pair.now - start);
      return true;
    });
    expect(times).toEqual([0, 500, 1500, 3500, 7500, 15500, 31500, 63500, 127500, 255500, 511500]);
    expect(pair.a.sentChunks.at(-1)).toBe('abort');
    expect(pair.a.events.slice(-2)).toEqual(['error tooManyRetries', 'closed']);
  });

  it('that is answered, but the answer lost, is answered again', () => {
    const pair = new Pair().connect();
    pair.a.association.shutdown(pair.now);
    pair.deliver(pair.a);
    pair.drop();
    pair.run(500);
    expect(states(pair)).toEqual(['closed', 'closed']);
  });

  it('whose SHUTDOWN COMPLETE was lost is completed by the closed side (RFC 9260 §8.4)', () => {
    const pair = new Pair().connect();
    pair.a.association.shutdown(pair.now);
    pair.run(499, packet => chunksOf(packet).includes('shutdownComplete'));
    expect(states(pair)).toEqual(['closed', 'shutdownAckSent']);
    pair.run(1);
    expect(states(pair)).toEqual(['closed', 'closed']);
  });

  it('in SHUTDOWN-RECEIVED, SHUTDOWN-PENDING and SHUTDOWN-SENT does nothing the second time', () => {
    const pair = new Pair().connect();
    pair.a.send(1, 'x', pair.now);
    pair.a.association.shutdown(pair.now);
    pair.a.association.shutdown(pair.now);
    expect(pair.a.association.associationState).toBe('shutdownPending');
    pair.drop();
    const other = new Pair().connect();
    other.z.send(1, 'x', other.now);
    other.drop();
    other.a.association.shutdown(other.now);
    other.a.association.shutdown(other.now);
    expect(other.a.sentChunks).toEqual(['shutdown']);
    other.deliver(other.a);
    expect(other.z.association.associationState).toBe('shutdownReceived');
    other.z.association.shutdown(other.now);
    expect(other.z.association.associationState).toBe('shutdownReceived');
    other.run(5000);
    expect(states(other)).toEqual(['closed', 'closed']);
  });

  it('may be begun by both sides at once', () => {
    const pair = new Pair().connect();
    pair.a.association.shutdown(pair.now);
    pair.z.association.shutdown(pair.now);
    pair.exchange();
    expect(states(pair)).toEqual(['closed', 'closed']);
  });

  it('is told again to a peer that goes on sending', () => {
    const pair = new Pair().connect();
    pair.a.association.shutdown(pair.now);
    pair.drop();
    pair.z.send(1, 'x', pair.now);
    pair.deliver(pair.z);
    expect(pair.a.sentChunks).toEqual(['shutdown', 'shutdown', 'sack']);
    pair.run(1000);
    expect(pair.a.receivedTexts).toEqual(['x']);
    expect(states(pair)).toEqual(['closed', 'closed']);
  });

  it('acknowledges data: SHUTDOWN carries the cumulative TSN', () => {
    const pair = new Pair().connect();
    pair.z.send(1, 'x', pair.now);
    pair.a.association.shutdown(pair.now);
    pair.deliver(pair.z);
    pair.exchange(packet => chunksOf(packet).includes('sack'));
    expect(states(pair)).toEqual(['closed', 'closed']);
  });
});

describe('an unexpected', () => {
  it('SHUTDOWN ACK in an association is answered, to no effect on it (RFC 9260 §8.5.1 E)', () => {
    const pair = new Pair().connect();
    pair.a.send(1, 'x', pair.now);
    const tag = tagOf(pair.a.sent[0]);
    const packet = packetOf(tag, encodeShutdownAck());
    pair.z.association.onPacket(packet, 0, packet.length, pair.now);
    const [answer] = pair.z.outbox;
    expect(chunksOf(answer)).toEqual(['shutdownComplete']);
    expect([tagOf(answer), chunkBytes(answer)[0][1]]).toEqual([tag, 1]);
    expect(pair.z.association.state).toBe('connected');
  });

  it('SHUTDOWN COMPLETE is ignored', () => {
    const pair = new Pair().connect();
    pair.a.send(1, 'x', pair.now);
    const packet = packetOf(tagOf(pair.a.sent[0]), encodeShutdownComplete({ tagReflected: false }));
    pair.z.association.onPacket(packet, 0, packet.length, pair.now);
    expect(pair.z.association.state).toBe('connected');
  });
});

describe('an abort (RFC 9260 §9.1)', () => {
  it('closes both sides', () => {
    const pair = new Pair().connect();
    pair.a.association.close(pair.now);
    pair.exchange();
    expect(pair.a.sentChunks).toEqual(['abort']);
    expect(pair.a.events).toEqual(['closed']);
    expect(pair.z.events).toEqual(['error peerReported', 'closed']);
    expect([pair.a.association.nextDeadline, pair.z.association.nextDeadline]).toEqual([Infinity, Infinity]);
    expect(pair.a.send(1, 'x', pair.now)).toBe('closed');
    expect(pair.a.association.resetStreams([1], pair.now)).toBe('closed');
  });

  it('cannot be undone', () => {
    const pair = new Pair().connect();
    pair.a.association.close(pair.now);
    pair.drop();
    pair.a.association.connect(pair.now);
    expect(pair.a.outbox).toEqual([]);
    expect(pair.a.association.state).toBe('closed');
  });

  it('of an association that was never started tells nobody', () => {
    const pair = new Pair();
    pair.a.association.close(pair.now);
    expect([pair.a.sent, pair.a.events]).toEqual([[], []]);
    expect(pair.a.association.state).toBe('closed');
  });

  it('counts with the own tag, or with the reflected one (RFC 9260 §8.5.1 B)', () => {
    const pair = new Pair().connect();
    pair.a.send(1, 'x', pair.now);
    pair.z.send(1, 'x', pair.now);
    const [zTag, aTag] = [tagOf(pair.a.sent[0]), tagOf(pair.z.sent[0])];
    const abort = (tag: number, tagReflected: boolean) => {
      const packet = packetOf(tag, encodeAbort({ tagReflected, causes: [] }));
      pair.z.association.onPacket(packet, 0, packet.length, pair.now);
      return pair.z.association.state;
    };
    expect(abort(aTag, false)).toBe('connected');
    expect(abort(zTag, true)).toBe('connected');
    expect(abort(aTag, true)).toBe('closed');
  });
});
