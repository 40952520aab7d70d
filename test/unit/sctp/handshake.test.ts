import { describe, expect, it } from 'vitest';
import { encodeAbort } from '../../../src/sctp/chunks/abort.js';
import { encodeCookieAck } from '../../../src/sctp/chunks/cookie-ack.js';
import { encodeCookieEcho } from '../../../src/sctp/chunks/cookie-echo.js';
import { parseError } from '../../../src/sctp/chunks/error.js';
import { encodeInit, parseInit } from '../../../src/sctp/chunks/init.js';
import { encodeInitAck } from '../../../src/sctp/chunks/init-ack.js';
import { anInit, chunkBytes, chunksOf, packetOf, Pair, Peer } from './association-support.js';

const containing =
  (chunk: string, times = 1) =>
  (packet: Uint8Array): boolean =>
    chunksOf(packet).includes(chunk) && times-- > 0;

const tagOf = (packet: Uint8Array): number => new DataView(packet.buffer, packet.byteOffset).getUint32(4);
const checksumOf = (packet: Uint8Array): number => new DataView(packet.buffer, packet.byteOffset).getUint32(8);
const initOf = (packet: Uint8Array) => {
  const [chunk] = chunkBytes(packet);
  return parseInit(chunk, 0, chunk.length)!;
};

describe('the handshake (RFC 9260 §5.1)', () => {
  it('takes four packets', () => {
    const pair = new Pair();
    pair.a.association.connect(pair.now);
    expect(pair.a.association.state).toBe('connecting');
    pair.exchange();
    expect(pair.a.sentChunks).toEqual(['init', 'cookieEcho']);
    expect(pair.z.sentChunks).toEqual(['initAck', 'cookieAck']);
    expect(pair.a.events).toEqual(['connecting', 'connecting', 'negotiated out 65535 in 65535', 'connected']);
    expect(pair.z.events).toEqual(['negotiated out 65535 in 65535', 'connected']);
    expect([pair.a.association.state, pair.z.association.state]).toEqual(['connected', 'connected']);
  });

  it('says in INIT and INIT ACK what this side can do', () => {
    const pair = new Pair();
    pair.a.association.connect(pair.now);
    pair.exchange();
    const capabilities = [
      { kind: 'supportedExtensions', chunkTypes: Uint8Array.of(130, 192, 64, 194) },
      { kind: 'forwardTsnSupported' },
    ];
    expect(tagOf(pair.a.sent[0])).toBe(0);
    expect(initOf(pair.a.sent[0])).toMatchObject({
      advertisedReceiverWindow: 5242880,
      outboundStreams: 65535,
      inboundStreams: 65535,
      parameters: capabilities,
    });
    expect(tagOf(pair.z.sent[0])).toBe(initOf(pair.a.sent[0]).initiateTag);
    expect(initOf(pair.z.sent[0]).parameters).toMatchObject([{ kind: 'stateCookie' }, ...capabilities]);
  });

  it('succeeds if both sides begin', () => {
    const pair = new Pair();
    pair.a.association.connect(pair.now);
    pair.z.association.connect(pair.now);
    pair.exchange();
    for (const peer of [pair.a, pair.z]) {
      expect(peer.association.state).toBe('connected');
      expect(peer.events).not.toContain('restart');
      expect(peer.events.filter(event => event === 'connected')).toHaveLength(1);
      // Both got an INIT ACK.
      expect(peer.association.metrics.peerImplementation).toBe('tsfu');
    }
    pair.a.send(1, 'from a', pair.now);
    pair.z.send(1, 'from z', pair.now);
    pair.exchange();
    expect(pair.z.receivedTexts).toEqual(['from a']);
    expect(pair.a.receivedTexts).toEqual(['from z']);
  });

  it('answers an INIT with the tag and TSN of its own INIT (RFC 9260 §5.2.1)', () => {
    const pair = new Pair();
    pair.a.association.connect(pair.now);
    pair.z.association.connect(pair.now);
    pair.deliver(pair.z);
    const [init, initAck] = pair.a.sent.map(initOf);
    expect([initAck.initiateTag, initAck.initialTsn]).toEqual([init.initiateTag, init.initialTsn]);
  });

  it('succeeds if the other side connects when the first INIT was lost', () => {
    const pair = new Pair();
    pair.a.association.connect(pair.now);
    pair.drop();
    pair.z.association.connect(pair.now);
    pair.exchange();
    expect([pair.a.association.state, pair.z.association.state]).toEqual(['connected', 'connected']);
  });

  it.each(['init', 'initAck', 'cookieEcho', 'cookieAck'])('survives the loss of %s', chunk => {
    const pair = new Pair();
    pair.a.association.connect(pair.now);
    pair.run(999, containing(chunk));
    expect(pair.a.association.state).toBe('connecting');
    pair.run(1);
    expect([pair.a.association.state, pair.z.association.state]).toEqual(['connected', 'connected']);
    expect(pair.z.events.filter(event => event === 'connected')).toHaveLength(1);
  });

  it.each(['init', 'cookieEcho'])('gives up when %s is never answered', chunk => {
    const pair = new Pair();
    const times: number[] = [];
    const start = pair.now;
    pair.a.association.connect(pair.now);
    pair.run(600_000, packet => {
      if (!chunksOf(packet).includes(chunk)) return false;
      times.push((pair.now - start) / 1000);
      return true;
    });
    expect(times).toEqual([0, 1, 3, 7, 15, 31, 63, 127, 255]);
    expect(pair.a.association.state).toBe('failed');
    expect(pair.a.events.slice(-2)).toEqual(['error tooManyRetries', 'failed']);
    expect(pair.a.association.nextDeadline).toBe(Infinity);
  });

  it('delivers what was sent before it began, with the COOKIE ECHO', () => {
    const pair = new Pair();
    expect(pair.a.send(1, 'early', pair.now)).toBe('sent');
    pair.a.association.connect(pair.now);
    pair.exchange();
    expect(pair.a.sentChunks).toContain('cookieEcho iData');
    expect(pair.z.receivedTexts).toEqual(['early']);
  });

  it('sends one packet only until the COOKIE ACK, and repeats lost data after it', () => {
    const pair = new Pair();
    pair.a.send(1, new Uint8Array(5000), pair.now);
    pair.a.association.connect(pair.now);
    pair.deliver(pair.a);
    pair.deliver(pair.z);
    pair.a.send(1, 'more', pair.now);
    expect(pair.a.outbox.map(chunksOf)).toEqual([['cookieEcho', 'iData']]);
    pair.drop();
    // T3 expires before T1-cookie, to no effect.
    pair.wait(999);
    expect(pair.a.outbox).toEqual([]);
    pair.run(5000);
    expect(pair.z.messages.map(({ payload }) => payload.length)).toEqual([5000, 4]);
  });

  it('negotiates the numbers of streams', () => {
    const pair = new Pair(
      { announcedMaxInboundStreams: 12, announcedMaxOutboundStreams: 45 },
      { announcedMaxInboundStreams: 23, announcedMaxOutboundStreams: 34 },
    );
    pair.a.association.connect(pair.now);
    pair.exchange();
    expect(pair.a.events).toContain('negotiated out 23 in 12');
    expect(pair.z.events).toContain('negotiated out 12 in 23');
  });

  it('tells who made the peer, to the side that got an INIT ACK', () => {
    const pair = new Pair().connect();
    expect(pair.a.association.metrics.peerImplementation).toBe('tsfu');
    expect(pair.z.association.metrics.peerImplementation).toBe('unknown');
  });

  it('leaves checksums out if both sides want it, but for INIT and COOKIE ECHO (RFC 9653 §5.2)', () => {
    const pair = new Pair({ zeroChecksumMethod: 1 });
    pair.a.association.connect(pair.now);
    pair.exchange();
    pair.a.send(1, 'data', pair.now);
    pair.exchange();
    const withChecksum = [...pair.a.sent, ...pair.z.sent].filter(packet => checksumOf(packet) !== 0);
    expect(withChecksum.map(packet => chunksOf(packet)[0])).toEqual(['init', 'cookieEcho']);
    expect(pair.z.receivedTexts).toEqual(['data']);
  });

  it('keeps checksums if one side does not know it', () => {
    const pair = new Pair({ zeroChecksumMethod: 1 }, {});
    pair.a.association.connect(pair.now);
    pair.exchange();
    pair.a.send(1, 'data', pair.now);
    pair.exchange();
    expect([...pair.a.sent, ...pair.z.sent].filter(packet => checksumOf(packet) === 0)).toEqual([]);
    expect(pair.z.receivedTexts).toEqual(['data']);
  });
});

describe('an INIT', () => {
  it('is ignored if its tag is 0 (RFC 9260 §3.3.2)', () => {
    const peer = new Peer(1);
    const init = packetOf(0, encodeInit({ ...anInit, initiateTag: 0 }));
    peer.association.onPacket(init, 0, init.length, 1);
    expect(peer.sent).toEqual([]);
  });

  it.each([{ outboundStreams: 0 }, { inboundStreams: 0 }])('is refused with %o, which harms nobody else', wrong => {
    const pair = new Pair().connect();
    const init = packetOf(0, encodeInit({ ...anInit, ...wrong }));
    pair.z.association.onPacket(init, 0, init.length, pair.now);
    expect(pair.z.sentChunks).toEqual(['abort']);
    expect(tagOf(pair.z.sent[0])).toBe(anInit.initiateTag);
    expect(pair.z.association.state).toBe('connected');
  });

  it('costs an answer and no memory, however many come (RFC 9260 §5.1.3)', () => {
    const peer = new Peer(1);
    const tags = new Set<number>();
    for (let initiateTag = 1; initiateTag <= 1000; initiateTag++) {
      const init = packetOf(0, encodeInit({ ...anInit, initiateTag }));
      peer.association.onPacket(init, 0, init.length, 1);
      tags.add(initOf(peer.outbox.pop()!).initiateTag);
    }
    expect(peer.sentChunks).toEqual(Array(1000).fill('initAck'));
    expect(tags.size).toBe(1000);
    expect([peer.association.state, peer.association.nextDeadline, peer.events]).toEqual(['new', Infinity, []]);
  });

  it('is ignored when it is not alone (RFC 9260 §6.10)', () => {
    const peer = new Peer(1);
    const packet = packetOf(0, encodeInit(anInit), encodeCookieAck());
    expect(peer.association.onPacket(packet, 0, packet.length, 1)).not.toBe(0);
    expect(peer.sent).toEqual([]);
  });

  it('is answered with another tag by an association that exists, which goes on (RFC 9260 §5.2.2)', () => {
    const pair = new Pair();
    pair.a.association.connect(pair.now);
    pair.exchange();
    const localTag = initOf(pair.z.sent[0]).initiateTag;
    const init = packetOf(0, encodeInit(anInit));
    pair.z.association.onPacket(init, 0, init.length, pair.now);
    expect(initOf(pair.z.sent.at(-1)!).initiateTag).not.toBe(localTag);
    pair.drop();
    pair.a.send(1, 'still here', pair.now);
    pair.exchange();
    expect(pair.z.receivedTexts).toEqual(['still here']);
  });
});

describe('an INIT ACK', () => {
  const answered = (initAck: Uint8Array) => {
    const peer = new Peer(1);
    peer.association.connect(1);
    const packet = packetOf(initOf(peer.sent[0]).initiateTag, initAck);
    peer.association.onPacket(packet, 0, packet.length, 2);
    return peer;
  };
  const cookie = { kind: 'stateCookie', cookie: Uint8Array.of(1, 2, 3, 4) } as const;

  it.each([
    ['without a cookie', {}],
    ['with an empty cookie', { parameters: [{ ...cookie, cookie: new Uint8Array(0) }] }],
    ['with a cookie that fits no COOKIE ECHO', { parameters: [{ ...cookie, cookie: new Uint8Array(1173) }] }],
    ['with a cookie of 20 kB', { parameters: [{ ...cookie, cookie: new Uint8Array(20_000) }] }],
    ['with a tag of 0', { initiateTag: 0, parameters: [cookie] }],
    ['without outbound streams', { outboundStreams: 0, parameters: [cookie] }],
    ['without inbound streams', { inboundStreams: 0, parameters: [cookie] }],
  ])('%s ends the attempt (RFC 9260 §3.3.3)', (_, wrong) => {
    const peer = answered(encodeInitAck({ ...anInit, ...wrong }));
    expect(peer.sentChunks.at(-1)).toBe('abort');
    expect(peer.events.slice(-2)).toEqual(['error protocolViolation', 'failed']);
  });

  it('may have a cookie that just fits a COOKIE ECHO', () => {
    const peer = answered(encodeInitAck({ ...anInit, parameters: [{ ...cookie, cookie: new Uint8Array(1172) }] }));
    expect(peer.sentChunks.at(-1)).toBe('cookieEcho');
    expect(peer.sent.at(-1)!.length).toBe(1188);
  });

  it('is ignored with another tag than that of our INIT', () => {
    const peer = new Peer(1);
    peer.association.connect(1);
    const packet = packetOf(0x55555555, encodeInitAck({ ...anInit, parameters: [cookie] }));
    peer.association.onPacket(packet, 0, packet.length, 2);
    expect(peer.association.associationState).toBe('cookieWait');
  });

  it('is ignored unless it is waited for (RFC 9260 §5.2.3)', () => {
    const pair = new Pair();
    pair.a.association.connect(pair.now);
    pair.exchange();
    const [initAck] = pair.z.sent;
    pair.a.association.onPacket(initAck, 0, initAck.length, pair.now);
    expect(pair.a.outbox).toEqual([]);
    expect(pair.a.association.state).toBe('connected');
  });
});

describe('a COOKIE ECHO', () => {
  /** A COOKIE ECHO that answers what `z` says to an INIT from elsewhere. */
  const cookieEchoFor = (pair: Pair, init: Partial<typeof anInit> = {}): Uint8Array => {
    const packet = packetOf(0, encodeInit({ ...anInit, ...init }));
    pair.z.association.onPacket(packet, 0, packet.length, pair.now);
    const initAck = initOf(pair.z.outbox.pop()!);
    const [cookie] = initAck.parameters;
    if (cookie.kind !== 'stateCookie') throw new Error('no cookie');
    return packetOf(initAck.initiateTag, encodeCookieEcho(cookie));
  };
  const deliver = (pair: Pair, packet: Uint8Array): string[] => {
    pair.z.outbox.length = 0;
    pair.z.association.onPacket(packet, 0, packet.length, pair.now);
    return pair.z.outbox.map(sent => chunksOf(sent).join(' '));
  };

  it('with a forged cookie is silently ignored (RFC 9260 §5.1.5)', () => {
    const pair = new Pair();
    const packet = cookieEchoFor(pair);
    const [chunk] = chunkBytes(packet);
    chunk[4 + 24] ^= 1;
    expect(deliver(pair, packetOf(tagOf(packet), chunk))).toEqual([]);
    expect(deliver(pair, packetOf(tagOf(packet), encodeCookieEcho({ cookie: new Uint8Array(0) })))).toEqual([]);
    expect(pair.z.association.state).toBe('new');
    expect(deliver(pair, packet)).toEqual(['cookieAck']);
  });

  it('with another tag than that of the cookie is ignored (RFC 9260 §5.2.4)', () => {
    const pair = new Pair();
    const packet = cookieEchoFor(pair);
    expect(deliver(pair, packetOf(tagOf(packet) ^ 1, ...chunkBytes(packet)))).toEqual([]);
    expect(pair.z.association.state).toBe('new');
  });

  it('with a cookie older than a minute is answered with Stale Cookie (RFC 9260 §5.2.6)', () => {
    const pair = new Pair();
    const packet = cookieEchoFor(pair);
    pair.wait(60_001);
    expect(deliver(pair, packet)).toEqual(['error']);
    expect(tagOf(pair.z.sent.at(-1)!)).toBe(anInit.initiateTag);
    const [error] = chunkBytes(pair.z.sent.at(-1)!);
    expect(parseError(error, 0, error.length)).toEqual({ causes: [{ kind: 'staleCookie', stalenessUs: 1000 }] });
    expect(pair.z.association.state).toBe('new');
  });

  it('that comes again is acknowledged again (RFC 9260 §5.2.4 D)', () => {
    const pair = new Pair();
    const packet = cookieEchoFor(pair);
    expect(deliver(pair, packet)).toEqual(['cookieAck']);
    expect(deliver(pair, packet)).toEqual(['cookieAck']);
    expect(pair.z.events.filter(event => event === 'connected')).toHaveLength(1);
  });

  it('of a peer that restarted makes a new association (RFC 9260 §5.2.4 A)', () => {
    const pair = new Pair();
    deliver(pair, cookieEchoFor(pair));
    const packet = cookieEchoFor(pair, { initiateTag: 99, initialTsn: 1234 });
    pair.z.send(3, 'unanswered', pair.now);
    expect(deliver(pair, packet)[0]).toContain('cookieAck');
    expect(tagOf(pair.z.sent.at(-1)!)).toBe(99);
    expect(pair.z.events).toContain('restart');
    expect(pair.z.events.filter(event => event === 'connected')).toHaveLength(1);
    expect(pair.z.association.state).toBe('connected');
  });

  it('of a peer that restarted loses nothing of what is sent afterwards', () => {
    const pair = new Pair().connect();
    pair.z.send(1, new Uint8Array(50_000), pair.now);
    Object.defineProperty(pair, 'a', { value: new Peer(77) });
    pair.drop();
    pair.a.association.connect(pair.now);
    pair.run(5000);
    pair.z.send(1, 'to the new one', pair.now);
    pair.a.send(2, 'from the new one', pair.now);
    pair.run(5000);
    expect(pair.z.events).toContain('restart');
    // The message that was under way is sent again from its beginning.
    expect(pair.a.messages.map(({ payload }) => payload.length)).toEqual([50_000, 14]);
    expect(pair.z.receivedTexts).toEqual(['from the new one']);
  });

  it('of a restarted peer meets a shutdown: it is to be completed first (RFC 9260 §5.2.4 A)', () => {
    const pair = new Pair().connect();
    pair.a.association.shutdown(pair.now);
    pair.deliver(pair.a);
    expect(pair.z.association.associationState).toBe('shutdownAckSent');
    pair.drop();
    const packet = packetOf(0, encodeInit(anInit));
    expect(deliver(pair, packet)).toEqual(['shutdownAck']);
  });

  it('while both sides begin belongs to the INIT that was answered last (RFC 9260 §5.2.4 B)', () => {
    const pair = new Pair();
    pair.z.association.connect(pair.now);
    const first = cookieEchoFor(pair);
    const second = cookieEchoFor(pair, { initiateTag: 5, initialTsn: 50 });
    expect(deliver(pair, first)).toEqual(['cookieAck']);
    expect(deliver(pair, second)).toEqual(['cookieAck']);
    expect(tagOf(pair.z.sent.at(-1)!)).toBe(5);
  });

  it('that comes late, of an INIT that was answered twice, means nothing (RFC 9260 §5.2.4 C)', () => {
    const pair = new Pair();
    const [late, current] = [cookieEchoFor(pair), cookieEchoFor(pair)];
    deliver(pair, current);
    expect(deliver(pair, late)).toEqual([]);
    expect(deliver(pair, current)).toEqual(['cookieAck']);
    expect(pair.z.events).not.toContain('restart');
  });

  it('means nothing to an association that was closed, as INITs do', () => {
    const pair = new Pair();
    const packet = cookieEchoFor(pair);
    deliver(pair, packet);
    pair.z.association.close(pair.now);
    expect(deliver(pair, packet)).toEqual([]);
    expect(deliver(pair, packetOf(0, encodeInit(anInit)))).toEqual([]);
    expect(pair.z.association.state).toBe('closed');
  });

  it('from before the association existed means nothing to it (RFC 9260 §5.2.4)', () => {
    const pair = new Pair();
    const old = cookieEchoFor(pair);
    const current = cookieEchoFor(pair, { initiateTag: 5 });
    deliver(pair, current);
    expect(deliver(pair, old)).toEqual([]);
    expect(tagOf(pair.z.sent.at(-1)!)).toBe(5);
  });
});

describe('an ABORT', () => {
  it('that nobody authenticated does not end an attempt to connect', () => {
    const pair = new Pair();
    pair.a.association.connect(pair.now);
    const packet = packetOf(1, encodeAbort({ tagReflected: false, causes: [] }));
    pair.a.association.onPacket(packet, 0, packet.length, pair.now);
    pair.exchange();
    expect(pair.a.association.state).toBe('connected');
  });
});
