import { describe, expect, it } from 'vitest';
import { compare, matchesPath } from './player/compare.js';
import { type LogEntry, type LoggedEvent } from './player/event-log.js';
import { type Naming } from './player/naming.js';
import { Normaliser } from './player/normalise.js';
import { type Json, type Options, type Tolerance } from './player/recording.js';
import { parseRtp } from './player/rtp-wire.js';
import { SctpPeer } from './player/sctp-peer.js';
import { crc32c, readSctpPacket } from './player/sctp-wire.js';
import { describeStun, writeStunRequest } from './player/stun.js';
import { expandTemplate } from './player/templates.js';
import { ranges } from './player/views/view.js';

/** The player itself: it must see differences, and must not see what differs from run to run. */

const paths = (expected: Json, actual: Json, tolerances: Tolerance[] = []): string[] =>
  compare(expected, actual, tolerances).map(({ path }) => path);

describe('compare', () => {
  it('finds nothing in equal observations, whatever the order of members', () => {
    expect(paths({ a: [1, { b: 'x', c: null }] }, { a: [1, { c: null, b: 'x' }] })).toEqual([]);
  });

  it.each<[string, Json, Json, string[]]>([
    ['another value', { a: [1, { b: 'x' }] }, { a: [1, { b: 'y' }] }, ['a.1.b']],
    ['another type', { a: 1 }, { a: '1' }, ['a']],
    ['null for absent', { a: null }, {}, ['a']],
    ['a missing member', { a: 1, b: 2 }, { a: 1 }, ['b']],
    ['an additional member', { a: 1 }, { a: 1, b: { c: 2 } }, ['b']],
    ['a missing element', [1, 2], [1], ['1']],
    ['an additional element', [1], [1, 2], ['1']],
    ['a list for an object', { a: [] }, { a: {} }, ['a']],
    ['an empty list for none', { a: [] }, {}, ['a']],
    ['another order of elements', [1, 2], [2, 1], ['0', '1']],
  ])('finds %s', (_, expected, actual, found) => {
    expect(paths(expected, actual)).toEqual(found);
  });

  it('allows numbers to be as far off as a tolerance says', () => {
    const abs = [{ path: '**.rtt', abs: 3 }];
    expect(paths({ a: { rtt: 10 } }, { a: { rtt: 13 } }, abs)).toEqual([]);
    expect(paths({ a: { rtt: 10 } }, { a: { rtt: 14 } }, abs)).toEqual(['a.rtt']);
    expect(paths({ a: { rtt: 10 } }, { a: { rtt: '10' } }, abs)).toEqual(['a.rtt']);
    expect(paths({ a: { rtt: 10 } }, { a: {} }, abs)).toEqual(['a.rtt']);
    const rel = [{ path: 'rate', rel: 0.1 }];
    expect(paths({ rate: 100 }, { rate: 91 }, rel)).toEqual([]);
    expect(paths({ rate: 100 }, { rate: 89 }, rel)).toEqual(['rate']);
  });

  it('lets the last matching tolerance win', () => {
    const tolerances = [
      { path: '**.n', ignore: true },
      { path: 'a.n', abs: 1 },
    ];
    expect(paths({ a: { n: 1 }, b: { n: 1 } }, { a: { n: 5 }, b: { n: 5 } }, tolerances)).toEqual(['a.n']);
  });

  it('ignores what is missing or additional where it ignores values', () => {
    const tolerances = [{ path: 'x.probation@*.**', ignore: true }];
    expect(paths({ x: { 'probation@e': { n: 1 } } }, { x: {} }, tolerances)).toEqual([]);
    expect(paths({ x: {} }, { x: { 'probation@e': { n: 1 } } }, tolerances)).toEqual([]);
    expect(paths({ x: {} }, { x: { 'c1@e': { n: 1 } } }, tolerances)).toEqual(['x.c1@e']);
  });

  it('matches paths with wildcards', () => {
    const matches = (pattern: string, path: string): boolean => matchesPath(pattern.split('.'), path.split('.'));
    expect(matches('a.*.c', 'a.b.c')).toBe(true);
    expect(matches('a.*.c', 'a.b.b.c')).toBe(false);
    expect(matches('a.**.c', 'a.b.b.c')).toBe(true);
    expect(matches('a.**.c', 'a.c')).toBe(true);
    expect(matches('**.*itrate', 'log.0.result.0.sendBitrate')).toBe(true);
    expect(matches('**.jitter', 'log.0.jitterMore')).toBe(false);
    expect(matches('**.j.t', 'log.0.jxt')).toBe(false);
  });
});

const naming = {
  number: (value: number) => (value === 987654321 ? 'ssrc:c1' : value),
  port: (port: number) => (port === 0 ? 0 : `<port:${port}>`),
  text: (text: string) => text.replaceAll('127.0.0.9', '$ip'),
} as Naming;

const normaliser = (options: Options = {}, hasScript = true): Normaliser =>
  new Normaliser(naming, { options, hasScript });

const event = (on: string, name: string, data?: Json, kind = 'consumer'): LoggedEvent => ({
  ...{ on, kind, event: name },
  ...(data === undefined ? {} : { data }),
});

const entry = (step: string, more: Partial<LogEntry> = {}): LogEntry => ({ step, quiet: false, events: [], ...more });

describe('Normaliser', () => {
  it('masks what differs from run to run, and nothing else', () => {
    const value = {
      timestamp: 12345,
      rtpPacket: { timestamp: 12345 },
      localPort: 40000,
      remotePort: 0,
      ssrc: 987654321,
      password: '0123456789abcdef0123456789abcdef',
      keyBase64: Buffer.alloc(30).toString('base64'),
      bitrate: 0,
      bytesSent: 5,
      bytesReceived: 5,
      cname: 'cname-1',
      localIp: '127.0.0.9',
    };
    expect(normaliser().value(value)).toEqual({
      timestamp: '<time>',
      rtpPacket: { timestamp: 12345 },
      localPort: '<port:40000>',
      remotePort: 0,
      ssrc: 'ssrc:c1',
      password: '<random 32>',
      keyBase64: '<key:30>',
      bitrate: '<rate>',
      bytesSent: '<n>',
      bytesReceived: 5,
      cname: 'cname-1',
      localIp: '$ip',
    });
  });

  it('shows secrets and keys that are not as they should be', () => {
    expect(normaliser().value({ password: 'SHORT' })).toEqual({ password: 'SHORT' });
    expect(normaliser().value({ keyBase64: 'AAAA' })).toEqual({ keyBase64: '<key:3>' });
    expect(normaliser().value({ algorithm: 'sha-1', value: 'ab:cd' })).toEqual({ algorithm: 'sha-1', value: 'ab:cd' });
  });

  it('keeps zero rates and counts where nothing was sent', () => {
    const value = { recvBitrate: 0, bytesSent: 0, bitrateByLayer: { '0.0': 0 } };
    expect(normaliser({}, false).value(value)).toEqual({ ...value, bitrateByLayer: { '0.0': '<rate>' } });
    expect(normaliser({}, false).value({ recvBitrate: 1 })).toEqual({ recvBitrate: '<rate>' });
  });

  it('sorts only lists whose order has no meaning', () => {
    const value = {
      producerIds: ['b', 'a'],
      scores: [2, 1],
      mapX: [
        { key: 'b', values: ['z', 'y'] },
        { key: 'a', values: [] },
      ],
    };
    expect(normaliser().value(value)).toEqual({
      producerIds: ['a', 'b'],
      scores: [2, 1],
      mapX: [
        { key: 'a', values: [] },
        { key: 'b', values: ['y', 'z'] },
      ],
    });
  });

  it('leaves out quiet calls, but not their events and errors', () => {
    const log = [
      entry('(start)'),
      entry('a', { quiet: true, result: 1 }),
      entry('b', { quiet: true, result: 1, events: [event('c1', 'score', 1)] }),
      entry('c', { quiet: true, error: { message: 'm' } }),
      entry('-- text'),
      entry('d', { result: null }),
    ];
    expect(normaliser().log(log)).toEqual([
      { step: 'b', events: [{ on: 'c1', event: 'score', data: 1 }] },
      { step: 'c', error: { message: 'm' } },
      { step: 'd' },
    ]);
  });

  it('sorts events of one name on objects of one kind, and keeps any other order', () => {
    const events = [
      event('c2', 'score', 1),
      event('c1', 'score', 2),
      event('c1', 'score', 3),
      event('p1', 'score', 4, 'producer'),
      event('c1', 'score', 5),
    ];
    const [normal] = normaliser().log([entry('x', { events })]) as { events: { data: number }[] }[];
    expect(normal.events.map(({ data }) => data)).toEqual([2, 3, 1, 4, 5]);
  });

  it('counts equal neighbours once only where it is told to', () => {
    const log = [entry('x', { events: [event('o', 'silence'), event('o', 'silence')] })];
    expect(normaliser().log(log)).toHaveProperty('0.events.length', 2);
    expect(normaliser({ mergeEvents: true }).log(log)).toHaveProperty('0.events.length', 1);
  });
});

describe('reading and writing packets', () => {
  it('expands templates', () => {
    const context = {
      endpoints: [],
      now: 0,
      object: () => ({ rtpParameters: { encodings: [{ ssrc: 1 }, { ssrc: 0x01020304, rtx: { ssrc: 5 } }] } }),
    };
    expect(expandTemplate('80 {ssrc:c1[1]} (ab)x3 {rtx:c1[1]}', context).toString('hex')).toBe(
      '8001020304ababab00000005',
    );
    expect(() => expandTemplate('{seq:c1:0}', context)).toThrow('no such packet came');
    expect(() => expandTemplate('xy', context)).toThrow('not a hex template');
  });

  it('reads RTP with extensions and padding', () => {
    const packet = parseRtp(Buffer.from('b0e0000100000002000000' + '03bede000210aa21bbcc000000' + 'dd0002', 'hex'));
    expect(packet.extensions.map(({ id, value }) => [id, value.toString('hex')])).toEqual([
      [1, 'aa'],
      [2, 'bbcc'],
    ]);
    expect(packet).toMatchObject({ headerSize: 24, paddingSize: 2, payload: Buffer.from('dd', 'hex') });
  });

  it('writes Binding requests whose integrity and fingerprint it accepts itself, and only those', () => {
    const request = { transaction: 'tx1---------', username: 'a:b', password: 'secret', priority: 1 };
    const good = describeStun(writeStunRequest({ ...request, options: {} }), 'secret');
    expect(good.attributes).toContainEqual({ messageIntegrity: 'valid' });
    expect(good.attributes).toContainEqual({ fingerprint: 'valid' });
    const bad = describeStun(
      writeStunRequest({ ...request, options: { badIntegrity: true, badFingerprint: true } }),
      'secret',
    );
    expect(bad.attributes).toContainEqual({ messageIntegrity: 'invalid' });
    expect(bad.attributes).toContainEqual({ fingerprint: 'invalid' });
  });

  it('writes ranges', () => {
    expect(ranges([5, 1, 2, 3, 2])).toEqual(['1-3', '5']);
  });
});

describe('the SCTP peer', () => {
  const WORKER_TAG = 0x0a0b0c0d;
  const WORKER_TSN = 0xffff_fffe;

  function startPeer(options = {}) {
    const sent: Buffer[] = [];
    const peer = new SctpPeer(options, packet => sent.push(packet));
    const receive = (chunks: string, tag = '11223344'): void => {
      const bytes = Buffer.from(`13881388${tag}00000000${chunks}`.replace(/\s/g, ''), 'hex');
      bytes.writeUInt32LE(crc32c(bytes), 8);
      peer.onArrival({ at: 0, bytes, kind: 'other', stunPassword: '' });
    };
    const take = () => sent.splice(0).map(packet => packet.toString('hex'));
    return { peer, receive, take };
  }

  /** INIT: tag, window 0x10000, 16 streams each way, TSN. */
  const INIT = '01000014 0a0b0c0d 00010000 0010 0010 fffffffe';
  const data = (tsn: string): string => `00030011 ${tsn} 0000 0000 00000033 78000000`;

  it('knows CRC32c', () => {
    // RFC 3720 Appendix B.4: 32 bytes of zeros; the other one is the check value of the CRC catalogue.
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  });

  it('answers INIT and COOKIE-ECHO with the tag and TSN of the other end', () => {
    const { peer, receive, take } = startPeer();
    receive(INIT, '00000000');
    const initAck = readSctpPacket(Buffer.from(take()[0], 'hex'));
    expect(initAck).toMatchObject({ sourcePort: 5000, destinationPort: 5000, verificationTag: WORKER_TAG });
    expect(initAck.checksumOk).toBe(true);
    expect(initAck.chunks[0].value.toString('hex')).toBe(
      `11223344 0016e360 0064 0064 000003e8
       00070024 ${Buffer.from('the cookie of the scripted peer.').toString('hex')}
       80080006 82c00000 c0000004`.replace(/\s/g, ''),
    );
    receive('0a000004');
    expect(take()[0]).toMatch(/^138813880a0b0c0d.{8}0b000004$/);
    expect(peer.theirTsn).toBe(WORKER_TSN);
  });

  it('acknowledges each packet with data, and what it is told to lose only the second time', () => {
    const { receive, take } = startPeer({ lose: [1] });
    receive(INIT, '00000000');
    take();
    const sack = (chunk: string): unknown[] => [
      expect.stringMatching(new RegExp(`^.{24}${chunk.replace(/\s/g, '')}$`)),
    ];
    receive(data('fffffffe'));
    expect(take()).toEqual(sack('03000010 fffffffe 0016e360 0000 0000'));
    receive(`${data('ffffffff')}${data('00000000')}`);
    expect(take()).toEqual(sack('03000014 fffffffe 0016e360 0001 0000 0002 0002'));
    receive(data('ffffffff'));
    expect(take()).toEqual(sack('03000010 00000000 0016e360 0000 0000'));
    receive('c0000008 00000004');
    expect(take()).toEqual(sack('03000010 00000004 0016e360 0000 0000'));
  });

  it('performs resets and echoes heartbeats, unless it is told not to', () => {
    const { peer, receive, take } = startPeer();
    receive(INIT, '00000000');
    take();
    receive('82000016 000d0012 00000007 00000007 fffffffe 0003 0000');
    receive('04000008 aabbccdd');
    expect(take().map(packet => packet.slice(24))).toEqual(['820000100010000c0000000700000001', '05000008aabbccdd']);
    peer.set({ heartbeat: false, reconfig: false });
    receive('04000008 aabbccdd');
    receive('82000016 000d0012 00000008 00000007 fffffffe 0003 0000');
    expect(take()).toEqual([]);
  });

  it('writes chunks as recordings describe them, also wrong ones', () => {
    const { peer, receive, take } = startPeer();
    receive(INIT, '00000000');
    take();
    peer.sendChunks([
      { type: 'DATA', tsn: 2, stream: 5, ssn: 1, ppid: 51, flags: 'BUI', hex: '616263' },
      { type: 'OUTGOING_RESET', seq: 1, lastTsn: 2, streams: [5] },
    ]);
    peer.sendChunks([{ type: 'SACK', cum: 3, gaps: [[2, 4]] }], 1);
    peer.sendChunks([{ type: 127, flags: 8, hex: 'aabb' }], 1, 'zero');
    const [good, otherTag, zero] = take();
    expect(good.slice(24)).toBe(
      `000e0013 000003ea 0005 0001 00000033 61626300
       82000016 000d0012 000003e9 00000000 000003ea 0005 0000`.replace(/\s/g, ''),
    );
    expect(otherTag).toMatch(/^1388138800000001.{8}03000014000000010016e3600001000000020004$/);
    expect(zero).toBe('138813880000000100000000' + '7f080006aabb0000');
    peer.sendChunks([{ type: 'ABORT', hex: '' }], WORKER_TAG, 'bad');
    expect(readSctpPacket(Buffer.from(take()[0], 'hex')).checksumOk).toBe(false);
  });
});
