import { describe, expect, it } from 'vitest';
import { DropReason } from '../../../src/common/drop-reason.js';
import { encodeCookieAck } from '../../../src/sctp/chunks/cookie-ack.js';
import { encodeError, parseError } from '../../../src/sctp/chunks/error.js';
import { encodeForwardTsn } from '../../../src/sctp/chunks/forward-tsn.js';
import { DATA_HEADER_LENGTH, writeData } from '../../../src/sctp/chunks/data.js';
import { DataChunk } from '../../../src/sctp/chunks/data-chunk.js';
import { encodeHeartbeat, parseHeartbeat } from '../../../src/sctp/chunks/heartbeat.js';
import { I_DATA_HEADER_LENGTH, writeIData } from '../../../src/sctp/chunks/i-data.js';
import { encodeInit, parseInit } from '../../../src/sctp/chunks/init.js';
import { SackChunk, sackLength, writeSack } from '../../../src/sctp/chunks/sack.js';
import { CHUNK_OVERHEAD } from '../../../src/sctp/reassembly/message-assembler.js';
import { anInit, chunkBytes, chunksOf, packetOf, Pair, Peer } from './association-support.js';

const MTU = 1191;

const tagOf = (packet: Uint8Array): number => new DataView(packet.buffer, packet.byteOffset).getUint32(4);
const isData = (packet: Uint8Array): boolean => chunksOf(packet).some(chunk => /^(d|iD)ata$/.test(chunk));

/** Gives `z` a packet with these chunks, as if `a` had sent it. Returns what `z` answers. */
const inject = (pair: Pair, ...chunks: Uint8Array[]): string[] => {
  pair.a.association.close(0);
  const tag = tagOf(pair.a.outbox.at(-1)!);
  pair.drop();
  const packet = packetOf(tag, ...chunks);
  pair.z.association.onPacket(packet, 0, packet.length, pair.now);
  return pair.z.outbox.map(sent => chunksOf(sent).join(' '));
};

describe('an association', () => {
  it('carries messages both ways', () => {
    const pair = new Pair().connect();
    expect(pair.a.send(1, 'hello', pair.now, {}, 51)).toBe('sent');
    pair.z.send(1, 'hi', pair.now);
    pair.exchange();
    expect(pair.z.messages.map(({ streamId, ppid }) => [streamId, ppid])).toEqual([[1, 51]]);
    expect(pair.z.receivedTexts).toEqual(['hello']);
    expect(pair.a.receivedTexts).toEqual(['hi']);
  });

  it('carries large messages in both directions over a lossy network', () => {
    const pair = new Pair().connect();
    const payload = new Uint8Array(200_000).map((_, i) => i * 7);
    let n = 0;
    pair.a.send(1, payload, pair.now);
    pair.z.send(2, payload, pair.now);
    pair.run(60_000, () => n++ % 10 === 3);
    expect(pair.z.messages.map(m => Buffer.compare(m.payload, payload))).toEqual([0]);
    expect(pair.a.messages.map(m => Buffer.compare(m.payload, payload))).toEqual([0]);
  });

  it('sends lost data again when T3 expires (RFC 9260 §6.3.3)', () => {
    const pair = new Pair().connect();
    pair.a.send(1, 'lost', pair.now);
    pair.drop();
    pair.run(499);
    expect(pair.z.messages).toEqual([]);
    pair.run(1);
    expect(pair.z.receivedTexts).toEqual(['lost']);
    expect(pair.a.association.metrics.rtxPackets).toBe(1);
  });

  it('repairs the loss of the second packet of a large message without waiting for T3 (RFC 9260 §7.2.4)', () => {
    const pair = new Pair().connect();
    let n = 0;
    const start = pair.now;
    pair.a.send(1, new Uint8Array(20 * MTU), pair.now);
    pair.run(100, (packet, from) => from === pair.a && isData(packet) && ++n === 2);
    expect(pair.z.messages.map(({ payload }) => payload.length)).toEqual([20 * MTU]);
    expect(pair.now - start).toBe(100);
  });

  it('carries many small messages sent in one go', () => {
    const pair = new Pair().connect();
    for (let i = 0; i < 100; i++) {
      pair.a.association.enqueue(1, 53, Uint8Array.of(i), {}, pair.now);
    }
    expect(pair.a.outbox).toEqual([]);
    pair.a.association.flush(pair.now);
    expect(pair.a.outbox.length).toBe(3);
    pair.exchange();
    expect(pair.z.messages.map(({ payload }) => payload[0])).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it('may be used by its owner while it tells of a message', () => {
    const pair = new Pair().connect();
    pair.z.onMessage = ({ streamId, payload }, now) => {
      if (payload.length < 5) pair.z.association.send(streamId, 53, new Uint8Array(payload.length + 1), {}, now);
    };
    pair.a.onMessage = pair.z.onMessage;
    pair.a.onMessage = ({ streamId, payload }, now) => {
      pair.a.association.send(streamId, 53, new Uint8Array(payload.length + 1), {}, now);
    };
    pair.a.send(1, 'x', pair.now);
    pair.exchange();
    expect(pair.z.messages.map(({ payload }) => payload.length)).toEqual([1, 3, 5]);
    expect(pair.a.messages.map(({ payload }) => payload.length)).toEqual([2, 4]);
  });

  it('may be closed by its owner while it tells of a message', () => {
    const pair = new Pair().connect();
    pair.z.onMessage = (_, now) => pair.z.association.close(now);
    pair.a.send(1, 'one', pair.now);
    pair.a.send(1, 'two', pair.now);
    pair.exchange();
    expect(pair.z.association.state).toBe('closed');
    expect(pair.a.association.state).toBe('closed');
  });

  it.each([
    [{}, true, 'iData'],
    [{ messageInterleaving: false }, false, 'data'],
  ])('with %o on one side negotiates interleaving: %s', (options, interleaving, chunk) => {
    const pair = new Pair({}, options).connect();
    expect(pair.a.association.negotiated?.messageInterleaving).toBe(interleaving);
    pair.a.send(1, 'x', pair.now);
    pair.exchange();
    expect(pair.a.sentChunks[0]).toContain(chunk);
    expect(pair.z.receivedTexts).toEqual(['x']);
  });

  it('counts packets and messages', () => {
    const pair = new Pair();
    expect(pair.a.association.metrics).toMatchObject({ negotiated: undefined, cwnd: 0, txPackets: 0 });
    pair.a.association.connect(pair.now);
    pair.exchange();
    expect(pair.a.association.metrics).toMatchObject({ txPackets: 2, rxPackets: 2, cwnd: 10 * MTU, unackedChunks: 0 });
    pair.a.send(1, 'x', pair.now);
    pair.exchange();
    expect(pair.a.association.metrics).toMatchObject({ txPackets: 3, rxPackets: 3, txMessages: 1, unackedChunks: 0 });
    expect(pair.z.association.metrics).toMatchObject({ txPackets: 3, rxPackets: 3, rxMessages: 1 });
  });

  it('refuses messages that are empty or too large', () => {
    const pair = new Pair({ maxSendMessageSize: 100 }).connect();
    expect(pair.a.send(1, '', pair.now)).toBe('messageEmpty');
    expect(pair.a.send(1, new Uint8Array(101), pair.now)).toBe('messageTooLarge');
    expect(pair.a.send(1, new Uint8Array(100), pair.now)).toBe('sent');
  });

  it('limits what a stream and what all streams may queue', () => {
    const pair = new Pair({ sendBufferSize: 4000, perStreamSendQueueLimit: 1000 });
    const send = (streamId: number) => pair.a.send(streamId, new Uint8Array(600), pair.now);
    expect([send(1), send(1), send(1)]).toEqual(['sent', 'sent', 'bufferFull']);
    expect([send(2), send(2), send(3), send(3), send(4), send(4)]).toEqual([
      'sent',
      'sent',
      'sent',
      'sent',
      'sent',
      'bufferFull',
    ]);
  });

  it('counts as buffered what was not put into packets', () => {
    const pair = new Pair().connect();
    pair.a.send(1, 'small', pair.now);
    expect(pair.a.association.bufferedAmount(1)).toBe(0);
    pair.a.send(1, new Uint8Array(20 * MTU), pair.now);
    const amount = pair.a.association.bufferedAmount(1);
    expect(amount).toBeGreaterThan(0);
    expect(amount).toBeLessThan(20 * MTU);
    expect(pair.a.association.totalBufferedAmount).toBe(amount);
    pair.exchange();
    expect(pair.a.association.bufferedAmount(1)).toBe(0);
  });

  describe('tells when the buffered amount becomes low', () => {
    it('with a threshold of 0, which is the default', () => {
      const pair = new Pair().connect();
      expect(pair.a.association.bufferedAmountLowThreshold(1)).toBe(0);
      pair.a.send(1, 'x', pair.now);
      expect(pair.a.events).toEqual(['stream 1 low at 0']);
    });

    it('with the default threshold that was configured', () => {
      const pair = new Pair({ defaultStreamBufferedAmountLowThreshold: 1024 }).connect();
      expect(pair.a.association.bufferedAmountLowThreshold(1)).toBe(1024);
      pair.a.send(1, new Uint8Array(10_000), pair.now);
      pair.exchange();
      expect(pair.a.events).toEqual([expect.stringMatching(/^stream 1 low at \d+$/)]);
    });

    it('but not if it never was higher', () => {
      const pair = new Pair({ defaultStreamBufferedAmountLowThreshold: 1024 }).connect();
      pair.a.send(1, new Uint8Array(1024), pair.now);
      pair.exchange();
      expect(pair.a.events).toEqual([]);
    });

    it('also when the threshold is raised to it', () => {
      const pair = new Pair();
      pair.a.send(1, new Uint8Array(100), pair.now);
      pair.a.association.setBufferedAmountLowThreshold(1, 99, pair.now);
      expect(pair.a.events).toEqual([]);
      pair.a.association.setBufferedAmountLowThreshold(1, 100, pair.now);
      expect(pair.a.events).toEqual(['stream 1 low at 100']);
    });
  });

  it('gives streams priorities', () => {
    const peer = new Peer(1, { defaultStreamPriority: 42 });
    expect(peer.association.streamPriority(1)).toBe(42);
    peer.association.setStreamPriority(1, 7);
    expect([peer.association.streamPriority(1), peer.association.streamPriority(2)]).toEqual([7, 42]);
  });

  describe('with message interleaving', () => {
    const sendAll = (pair: Pair, messages: [streamId: number, ppid: number][], length: number) => {
      for (const [streamId, ppid] of messages) {
        pair.a.association.enqueue(streamId, ppid, new Uint8Array(length), {}, pair.now);
      }
      pair.a.association.flush(pair.now);
      pair.exchange();
      return pair.z.messages.map(({ ppid }) => ppid);
    };
    const messages: [number, number][] = [
      [1, 301],
      [1, 302],
      [1, 303],
      [2, 201],
      [2, 202],
      [3, 101],
    ];

    it('sends small messages by priority', () => {
      const pair = new Pair().connect();
      pair.a.association.setStreamPriority(1, 100);
      pair.a.association.setStreamPriority(2, 200);
      pair.a.association.setStreamPriority(3, 600);
      expect(sendAll(pair, messages, 100)).toEqual([101, 201, 301, 202, 302, 303]);
    });

    it('sends large messages by priority', () => {
      const pair = new Pair().connect();
      pair.a.association.setStreamPriority(1, 100);
      pair.a.association.setStreamPriority(2, 200);
      pair.a.association.setStreamPriority(3, 600);
      const large: [number, number][] = [
        [1, 301],
        [2, 201],
        [3, 101],
        [3, 102],
      ];
      expect(sendAll(pair, large, MTU)).toEqual([101, 102, 201, 301]);
    });

    it('lets a higher priority overtake a large message', () => {
      const pair = new Pair().connect();
      pair.a.association.setStreamPriority(1, 10);
      pair.a.association.setStreamPriority(2, 10_000);
      pair.a.association.send(1, 100, new Uint8Array(60 * MTU), {}, pair.now);
      pair.a.association.send(2, 200, new Uint8Array(2 * MTU), {}, pair.now);
      pair.exchange();
      expect(pair.z.messages.map(({ ppid }) => ppid)).toEqual([200, 100]);
    });
  });

  it('without message interleaving finishes a message before it begins another', () => {
    const pair = new Pair({ messageInterleaving: false }).connect();
    pair.a.association.setStreamPriority(2, 10_000);
    pair.a.association.send(1, 100, new Uint8Array(60 * MTU), {}, pair.now);
    pair.a.association.send(2, 200, new Uint8Array(2 * MTU), {}, pair.now);
    pair.exchange();
    expect(pair.z.messages.map(({ ppid }) => ppid)).toEqual([100, 200]);
  });

  describe('gives messages up', () => {
    it.each([true, false])('that may not be sent again, interleaving %s', messageInterleaving => {
      const pair = new Pair({ messageInterleaving }).connect();
      for (const ppid of [51, 52, 53]) pair.a.send(1, new Uint8Array(1000), pair.now, { maxRetransmissions: 0 }, ppid);
      pair.a.outbox.splice(1, 1);
      pair.run(5000);
      expect(pair.z.messages.map(({ ppid }) => ppid)).toEqual([51, 53]);
      expect(pair.a.sentChunks.join()).toContain(messageInterleaving ? 'iForwardTsn' : 'forwardTsn');
      expect(pair.a.association.metrics.unackedChunks).toBe(0);
    });

    it('whose lifetime is over, and goes on with those behind', () => {
      const pair = new Pair().connect();
      pair.a.send(1, 'old', pair.now, { lifetime: 100 });
      pair.drop();
      pair.run(200);
      pair.a.send(1, 'new', pair.now);
      pair.run(5000);
      expect(pair.z.receivedTexts).toEqual(['new']);
    });

    it('only if the peer can be told to (RFC 3758 §3.3.1)', () => {
      const pair = new Pair({}, { partialReliability: false }).connect();
      pair.a.send(1, 'x', pair.now, { maxRetransmissions: 0 });
      pair.drop();
      pair.run(5000);
      expect(pair.z.receivedTexts).toEqual(['x']);
    });

    it('and tells their fate', () => {
      const pair = new Pair().connect();
      pair.a.send(1, 'a', pair.now, { lifecycleId: 1 });
      pair.exchange();
      pair.a.send(1, 'b', pair.now, { lifecycleId: 2, maxRetransmissions: 0 });
      pair.drop();
      pair.run(1000);
      // Of this one a part is never sent.
      pair.a.send(1, new Uint8Array(100 * MTU), pair.now, { lifecycleId: 3, maxRetransmissions: 0 });
      pair.drop();
      pair.run(2000);
      const lifecycle = pair.a.events.filter(event => event.startsWith('message'));
      expect(lifecycle).toEqual([
        'message 1 sent',
        'message 1 delivered',
        'message 2 sent',
        'message 2 maybeDelivered',
        'message 3 expired',
      ]);
      expect(pair.a.association.metrics.unackedChunks).toBe(0);
    });

    it('that expire in the queue', () => {
      const pair = new Pair();
      pair.a.send(1, 'old', pair.now, { lifetime: 100, lifecycleId: 9 });
      pair.wait(101);
      pair.a.association.connect(pair.now);
      pair.exchange();
      expect(pair.z.messages).toEqual([]);
      expect(pair.a.association.bufferedAmount(1)).toBe(0);
      expect(pair.a.events.filter(event => event.startsWith('message'))).toEqual(['message 9 expired']);
    });
  });

  it('closes when nothing is acknowledged any more (RFC 9260 §8.1)', () => {
    const pair = new Pair({ heartbeatInterval: 0 }).connect();
    pair.a.send(1, 'x', pair.now);
    pair.run(1_200_000, () => true);
    expect(pair.a.events.slice(-2)).toEqual(['error tooManyRetries', 'closed']);
    expect(pair.a.sentChunks.filter(chunks => chunks.includes('iData'))).toHaveLength(11);
    expect(pair.a.association.nextDeadline).toBe(Infinity);
  });
});

describe('a packet', () => {
  it.each([
    ['too short', new Uint8Array(8), DropReason.sctpMalformed],
    ['without a right checksum', packetOf(1).fill(9, 8, 12), DropReason.sctpChecksum],
    ['without a right tag', packetOf(1, encodeHeartbeat({ parameters: [] })), DropReason.sctpVerificationTag],
    ['with a tag of 0', packetOf(0, encodeHeartbeat({ parameters: [] })), DropReason.sctpVerificationTag],
    ['with an INIT, but a tag', packetOf(1, encodeInit(anInit)), DropReason.sctpVerificationTag],
  ])('%s is dropped', (_, packet, reason) => {
    const pair = new Pair().connect();
    expect(pair.z.association.onPacket(packet, 0, packet.length, pair.now)).toBe(reason);
    expect(pair.z.sent).toEqual([]);
    expect(pair.z.association.state).toBe('connected');
  });
});

describe('a chunk', () => {
  it('of an unknown type that asks for it is reported (RFC 9260 §3.2)', () => {
    const pair = new Pair().connect();
    const unknown = Uint8Array.of(0x49, 0, 0, 8, 1, 2, 3, 4);
    expect(inject(pair, unknown)).toEqual(['error']);
    const [error] = chunkBytes(pair.z.sent.at(-1)!);
    expect(parseError(error, 0, error.length)).toEqual({
      causes: [{ kind: 'unrecognizedChunkType', chunk: unknown }],
    });
  });

  it.each([
    [0x3f, [], false],
    [0x7f, ['error'], false],
    [0xbf, [], true],
    [0xff, ['error'], true],
  ])('of the unknown type %i: reported %j, the rest processed %s', (type, reported, goesOn) => {
    const pair = new Pair().connect();
    const answers = inject(pair, Uint8Array.of(type, 0, 0, 4), encodeHeartbeat({ parameters: [] }));
    expect(answers).toEqual(goesOn ? [...reported, 'heartbeatAck'] : reported);
  });

  it('of an unknown type that is too long for a report is cut', () => {
    const pair = new Pair().connect();
    const unknown = new Uint8Array(60_000);
    unknown.set([0x49, 0, 60_000 >> 8, 60_000 & 0xff]);
    expect(inject(pair, unknown)).toEqual(['error']);
    expect(pair.z.sent.at(-1)!.length).toBe(1188);
  });

  it('HEARTBEAT is answered with all it contains (RFC 9260 §8.3)', () => {
    const pair = new Pair().connect();
    const heartbeat = { parameters: [{ kind: 'heartbeatInfo', info: Uint8Array.of(1, 2, 3, 4, 5) } as const] };
    expect(inject(pair, encodeHeartbeat(heartbeat))).toEqual(['heartbeatAck']);
    const [ack] = chunkBytes(pair.z.sent.at(-1)!);
    expect(parseHeartbeat(ack, 0, ack.length)).toEqual(heartbeat);
  });

  it.each([1200, 60_000])('HEARTBEAT that is too long for an answer is ignored: %i bytes', length => {
    const pair = new Pair().connect();
    const info = new Uint8Array(length);
    expect(inject(pair, encodeHeartbeat({ parameters: [{ kind: 'heartbeatInfo', info }] }))).toEqual([]);
    expect(pair.z.association.state).toBe('connected');
  });

  it('ERROR is reported to the owner', () => {
    const pair = new Pair().connect();
    inject(pair, encodeError({ causes: [{ kind: 'outOfResource' }] }));
    expect(pair.z.events).toEqual(['error peerReported']);
    expect(pair.z.association.state).toBe('connected');
  });

  it('DATA without user data is answered with No User Data (RFC 9260 §6.2)', () => {
    const pair = new Pair({ messageInterleaving: false }).connect();
    const data = new Uint8Array(DATA_HEADER_LENGTH);
    writeData(data, 0, Object.assign(new DataChunk(), { tsn: 7 }));
    expect(inject(pair, data)).toEqual(['error']);
    const [error] = chunkBytes(pair.z.sent.at(-1)!);
    expect(parseError(error, 0, error.length)).toEqual({ causes: [{ kind: 'noUserData', tsn: 7 }] });
  });

  it('DATA instead of I-DATA is ignored (RFC 8260 §2.2.1)', () => {
    const pair = new Pair().connect();
    const data = new Uint8Array(DATA_HEADER_LENGTH + 4);
    writeData(data, 0, Object.assign(new DataChunk(), { bytes: new Uint8Array(4), payloadLength: 4 }));
    expect(inject(pair, data)).toEqual([]);
    expect(pair.z.events).toEqual(['error protocolViolation']);
  });

  it('FORWARD TSN that was not negotiated ends the association', () => {
    const pair = new Pair({ partialReliability: false, messageInterleaving: false }).connect();
    expect(inject(pair, encodeForwardTsn({ newCumulativeTsn: 1, skippedStreams: [] }))).toEqual(['abort']);
    expect(pair.z.events).toEqual(['error protocolViolation', 'closed']);
  });

  it('that means nothing now is ignored, 16000 times in a packet', () => {
    const pair = new Pair().connect();
    expect(inject(pair, ...Array<Uint8Array>(16_000).fill(encodeCookieAck()))).toEqual([]);
    expect(pair.z.association.state).toBe('connected');
    expect(pair.z.events).toEqual([]);
  });

  it('SACK that acknowledges what was never sent is ignored (RFC 9260 §6.2.1)', () => {
    const pair = new Pair().connect();
    pair.z.send(1, 'x', pair.now);
    const sack = new SackChunk();
    sack.cumulativeTsn = 0x12345678;
    const chunk = new Uint8Array(sackLength(sack));
    writeSack(chunk, 0, sack);
    inject(pair, chunk);
    expect(pair.z.association.metrics.unackedChunks).toBe(1);
  });
});

describe('a message of the peer', () => {
  it('that is too large is dropped, and those behind it are not', () => {
    const pair = new Pair({}, { maxReceiveMessageSize: 1000 }).connect();
    pair.a.send(1, new Uint8Array(1001), pair.now);
    pair.a.send(1, new Uint8Array(1000), pair.now);
    pair.exchange();
    expect(pair.z.messages.map(({ payload }) => payload.length)).toEqual([1000]);
  });

  it('that does not fit the receive window ends the association with Out of Resource', () => {
    const pair = new Pair({ maxSendMessageSize: 1_000_000 }, { maxReceiverWindowBufferSize: 100_000 }).connect();
    pair.a.send(1, new Uint8Array(300_000), pair.now);
    pair.run(60_000);
    expect(pair.z.events.slice(-2)).toEqual(['error resourceExhaustion', 'closed']);
    expect(pair.a.association.state).toBe('closed');
  });

  it.each([true, false])('begun on every stream takes no more than the window, interleaving %s', interleaving => {
    const window = 500_000;
    const pair = new Pair({ messageInterleaving: interleaving, maxReceiverWindowBufferSize: window });
    pair.a.association.connect(pair.now);
    pair.exchange();
    const [init] = chunkBytes(pair.a.sent[0]);
    const tag = tagOf(pair.a.sent[1]);
    let tsn = parseInit(init, 0, init.length)!.initialTsn;
    let sent = 0;
    while (pair.z.association.state === 'connected') {
      // One byte each, of messages that never end.
      const data = Object.assign(new DataChunk(), { interleaved: interleaving, beginning: true, payloadLength: 1 });
      const chunks = Array.from({ length: 100 }, () => {
        Object.assign(data, { tsn: tsn++ >>> 0, streamId: sent++ & 0xffff, bytes: new Uint8Array(1) });
        const chunk = new Uint8Array((interleaving ? I_DATA_HEADER_LENGTH : DATA_HEADER_LENGTH) + 1);
        (interleaving ? writeIData : writeData)(chunk, 0, data);
        return chunk;
      });
      const packet = packetOf(tag, ...chunks);
      pair.z.association.onPacket(packet, 0, packet.length, pair.now);
    }
    expect(sent).toBeLessThan(window / CHUNK_OVERHEAD + 100);
    expect(pair.z.sentChunks.at(-1)).toBe('abort');
    expect(pair.z.events.slice(-2)).toEqual(['error resourceExhaustion', 'closed']);
  });
});
