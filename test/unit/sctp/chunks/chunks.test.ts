import { describe, expect, it } from 'vitest';
import { DataChunk } from '../../../../src/sctp/chunks/data-chunk.js';
import { isUnknownChunkReported, isUnknownChunkSkipped } from '../../../../src/sctp/chunks/unknown.js';
import { isChunkWellFormed } from '../../../../src/sctp/chunks/well-formed.js';
import { knownChunkTypes, rewrite } from '../rewrite.js';
import { bytes, embedded, hex } from '../support.js';

/** Flags that are reserved, and reserved fields, are 0 here, so that writing gives the same bytes. */
const goodChunks: [name: string, chunk: string, content: unknown][] = [
  [
    'DATA, a whole message',
    '000b 0015 00000065 0007 0102 00000033 68656c6c6f',
    {
      interleaved: false,
      tsn: 101,
      streamId: 7,
      unordered: false,
      beginning: true,
      ending: true,
      immediateAck: true,
      messageId: 0x102,
      fsn: 0,
      ppid: 51,
      payload: '68656c6c6f',
    },
  ],
  [
    'DATA, unordered, in the middle',
    '0004 0011 ffffffff ffff 0000 fffefdfc 00',
    {
      interleaved: false,
      tsn: 0xffffffff,
      streamId: 0xffff,
      unordered: true,
      beginning: false,
      ending: false,
      immediateAck: false,
      messageId: 0,
      fsn: 0,
      ppid: 0xfffefdfc,
      payload: '00',
    },
  ],
  ['DATA without payload', '0003 0010 00000001 0002 0003 00000004', expect.objectContaining({ payload: '' })],
  [
    'I-DATA, the beginning',
    '4002 0016 00000065 0007 0000 80000001 00000035 abcd',
    {
      interleaved: true,
      tsn: 101,
      streamId: 7,
      unordered: false,
      beginning: true,
      ending: false,
      immediateAck: false,
      messageId: 0x80000001,
      fsn: 0,
      ppid: 53,
      payload: 'abcd',
    },
  ],
  [
    'I-DATA, the end',
    '4005 0015 00000065 0007 0000 00000001 00000009 ab',
    expect.objectContaining({ unordered: true, beginning: false, ending: true, fsn: 9, ppid: 0, payload: 'ab' }),
  ],
  [
    'I-DATA without payload',
    '4003 0014 00000065 0007 0000 00000001 00000009',
    expect.objectContaining({ payload: '' }),
  ],
  [
    'INIT without parameters',
    '0100 0014 a1b2c3d4 00500000 ffff 0010 0365ac72',
    {
      initiateTag: 0xa1b2c3d4,
      advertisedReceiverWindow: 5242880,
      outboundStreams: 65535,
      inboundStreams: 16,
      initialTsn: 0x0365ac72,
      parameters: [],
    },
  ],
  [
    'INIT with parameters',
    '0100 0026 a1b2c3d4 00500000 ffff ffff 0365ac72 8008 0005 c2000000 c000 0004 0001 0006 1122',
    undefined,
  ],
  [
    'INIT ACK with a cookie',
    '0200 0021 a1b2c3d4 00500000 ffff ffff 0365ac72 c000 0004 0007 0009 0102030405',
    expect.objectContaining({
      parameters: [{ kind: 'forwardTsnSupported' }, { kind: 'stateCookie', cookie: bytes('0102030405') }],
    }),
  ],
  [
    'SACK of nothing in particular',
    '0300 0010 00000065 00500000 0000 0000',
    { cumulativeTsn: 101, advertisedReceiverWindow: 5242880, gaps: [], duplicates: [] },
  ],
  [
    // RFC 9260 §3.3.4.
    'SACK with gap blocks and duplicates',
    '0300 0020 0000000c 00001234 0002 0002 0002 0003 0005 0005 0000000a fffffff0',
    {
      cumulativeTsn: 12,
      advertisedReceiverWindow: 0x1234,
      gaps: [
        [2, 3],
        [5, 5],
      ],
      duplicates: [10, 0xfffffff0],
    },
  ],
  [
    'HEARTBEAT',
    '0400 000e 0001 000a 112233445566',
    { parameters: [{ kind: 'heartbeatInfo', info: bytes('112233445566') }] },
  ],
  ['HEARTBEAT without parameters', '0400 0004', { parameters: [] }],
  [
    'HEARTBEAT ACK',
    '0500 000c 0001 0008 11223344',
    { parameters: [{ kind: 'heartbeatInfo', info: bytes('11223344') }] },
  ],
  ['ABORT', '0600 0004', { tagReflected: false, causes: [] }],
  [
    'ABORT with T and causes',
    '0601 0012 0003 0008 00000fff 000c 0006 6869',
    {
      tagReflected: true,
      causes: [
        { kind: 'staleCookie', stalenessUs: 4095 },
        { kind: 'userInitiatedAbort', reason: 'hi' },
      ],
    },
  ],
  ['SHUTDOWN', '0700 0008 89abcdef', { cumulativeTsn: 0x89abcdef }],
  ['SHUTDOWN ACK', '0800 0004', {}],
  ['ERROR', '0900 000c 0009 0008 00000065', { causes: [{ kind: 'noUserData', tsn: 101 }] }],
  ['COOKIE ECHO', '0a00 0007 010203', { cookie: bytes('010203') }],
  ['COOKIE ECHO without a cookie', '0a00 0004', { cookie: new Uint8Array(0) }],
  ['COOKIE ACK', '0b00 0004', {}],
  ['SHUTDOWN COMPLETE', '0e00 0004', { tagReflected: false }],
  ['SHUTDOWN COMPLETE with T', '0e01 0004', { tagReflected: true }],
  [
    'RE-CONFIG',
    '8200 0016 000d 0012 00000010 00000020 00000030 0007',
    {
      parameters: [
        {
          kind: 'outgoingSsnResetRequest',
          requestSequenceNumber: 16,
          responseSequenceNumber: 32,
          lastAssignedTsn: 48,
          streamIds: [7],
        },
      ],
    },
  ],
  ['FORWARD TSN', 'c000 0008 00000065', { newCumulativeTsn: 101, skippedStreams: [] }],
  [
    'FORWARD TSN with streams',
    'c000 0010 00000065 0001 0002 fffe ffff',
    {
      newCumulativeTsn: 101,
      skippedStreams: [
        { streamId: 1, unordered: false, messageId: 2 },
        { streamId: 0xfffe, unordered: false, messageId: 0xffff },
      ],
    },
  ],
  ['I-FORWARD-TSN', 'c200 0008 00000065', { newCumulativeTsn: 101, skippedStreams: [] }],
  [
    'I-FORWARD-TSN with streams',
    'c200 0018 00000065 0001 0000 00000002 fffe 0001 ffffffff',
    {
      newCumulativeTsn: 101,
      skippedStreams: [
        { streamId: 1, unordered: false, messageId: 2 },
        { streamId: 0xfffe, unordered: true, messageId: 0xffffffff },
      ],
    },
  ],
];

/** Looks at a chunk by the length in its header, wherever it is. */
const parsed = (chunk: Uint8Array, chunkLength = chunk.length): ReturnType<typeof rewrite> => {
  const { memory, offset } = embedded(chunk);
  const result = rewrite(memory, offset, chunkLength);
  expect(isChunkWellFormed(chunk[0], memory, offset, chunkLength)).toBe(result !== undefined);
  return result;
};

describe('chunks', () => {
  it.each(goodChunks)('%s: are read, and written as they were', (_name, text, content) => {
    const chunk = bytes(text);
    const result = parsed(chunk)!;
    if (content !== undefined) expect(result.content).toEqual(content);
    expect(hex(result.chunk)).toBe(hex(chunk));
  });

  it('of all known types are among them', () => {
    const types = new Set(goodChunks.map(([, text]) => bytes(text)[0]));
    expect([...types].sort((a, b) => a - b)).toEqual([...knownChunkTypes].sort((a, b) => a - b));
  });

  /** The lengths, below the right one, at which a shorter chunk is one nevertheless. */
  it.each<[name: string, text: string, legal: number[]]>([
    ['DATA', '0003 0014 00000001 0002 0003 00000004 01020304', [16, 17, 18, 19]],
    ['I-DATA', '4003 0016 00000001 0002 0003 00000004 00000005 0102', [20, 21]],
    ['INIT', '0100 001e 00000001 00000002 0003 0004 00000005 0000', [20]],
    // Without its last parameter, or without the padding between them.
    [
      'INIT with parameters',
      '0100 0020 00000001 00000002 0003 0004 00000005 0007 0005 01000000 c000 0004',
      [20, 25, 26, 27, 28],
    ],
    ['INIT ACK', '0200 0014 00000001 00000002 0003 0004 00000005', []],
    ['SACK', '0300 0014 00000001 00000002 0001 0000 0002 0003', []],
    ['HEARTBEAT', '0400 000b 0001 0007 112233', [4]],
    ['HEARTBEAT ACK', '0500 000b 0001 0007 112233', [4]],
    ['ABORT', '0600 000b 000c 0007 616263', [4]],
    ['SHUTDOWN', '0700 0008 89abcdef', []],
    ['ERROR', '0900 000b 000d 0007 616263', [4]],
    ['COOKIE ECHO', '0a00 0007 010203', [4, 5, 6]],
    ['RE-CONFIG', '8200 000c 000f 0008 00000001', [4]],
    ['FORWARD TSN', 'c000 0010 00000001 0002 0003 0004 0005', [8, 12]],
    ['I-FORWARD-TSN', 'c200 0018 00000001 0002 0000 00000003 0004 0001 00000005', [8, 16]],
  ])('%s: are not read when they are cut off', (_name, text, legal) => {
    const chunk = bytes(text);
    const readable: number[] = [];
    for (let length = 4; length < chunk.length; length++) {
      if (parsed(chunk.slice(0, length))) readable.push(length);
    }
    expect(readable).toEqual(legal);
  });

  it.each([
    ['SACK with fewer blocks than it says', '0300 0014 00000001 00000002 0002 0000 0002 0003'],
    ['SACK with more duplicates than it says', '0300 0018 00000001 00000002 0000 0001 00000001 00000002'],
    ['SHUTDOWN that is longer', '0700 000c 00000001 00000002'],
    ['SHUTDOWN ACK that is longer', '0800 0008 00000000'],
    ['COOKIE ACK that is longer', '0b00 0005 00'],
    ['SHUTDOWN COMPLETE that is longer', '0e00 0008 00000000'],
    ['FORWARD TSN with half a stream', 'c000 000a 00000001 0002'],
    ['I-FORWARD-TSN with half a stream', 'c200 000c 00000001 0002 0000'],
    ['INIT with a parameter that is too long', '0100 0018 00000001 00000002 0003 0004 00000005 0007 0008'],
    ['INIT with a parameter that is too short', '0100 0018 00000001 00000002 0003 0004 00000005 0007 0003'],
    ['INIT with a parameter of the wrong length', '0100 001c 00000001 00000002 0003 0004 00000005 c000 0008 00000000'],
    ['ABORT with a cause of the wrong length', '0600 0010 0003 000c 00000000 00000000'],
    ['HEARTBEAT with half a parameter', '0400 0006 0001'],
  ])('%s: are not read', (_name, text) => {
    expect(parsed(bytes(text))).toBeUndefined();
  });

  it('may leave the padding of their last parameter out of their length, or not', () => {
    const heartbeat = bytes('0400 0000 0001 0005 aa000000');
    for (const length of [9, 10, 11, 12]) {
      heartbeat[3] = length;
      expect(parsed(heartbeat, length)!.content).toEqual({
        parameters: [{ kind: 'heartbeatInfo', info: bytes('aa') }],
      });
    }
  });

  it('are written without that padding', () => {
    const { chunk } = parsed(bytes('0400 000c 0001 0005 aa000000'))!;
    expect(hex(chunk)).toBe(hex(bytes('0400 0009 0001 0005 aa')));
  });
});

describe('gap blocks of a SACK', () => {
  const gaps = (...blocks: [number, number][]): unknown => {
    const chunk = new Uint8Array(16 + 4 * blocks.length);
    const view = new DataView(chunk.buffer);
    view.setUint16(0, 0x0300);
    view.setUint16(2, chunk.length);
    view.setUint16(12, blocks.length);
    blocks.forEach(([start, end], i) => {
      view.setUint16(16 + 4 * i, start);
      view.setUint16(18 + 4 * i, end);
    });
    return (parsed(chunk)!.content as { gaps: unknown }).gaps;
  };

  it.each<[name: string, blocks: [number, number][], expected: [number, number][]]>([
    [
      'in order: as they are',
      [
        [2, 3],
        [5, 5],
        [8, 65535],
      ],
      [
        [2, 3],
        [5, 5],
        [8, 65535],
      ],
    ],
    ['one that begins at 1: as it is', [[1, 4]], [[1, 4]]],
    [
      'not in order: sorted',
      [
        [8, 9],
        [2, 3],
        [5, 5],
      ],
      [
        [2, 3],
        [5, 5],
        [8, 9],
      ],
    ],
    [
      'that overlap: one',
      [
        [2, 5],
        [4, 7],
      ],
      [[2, 7]],
    ],
    [
      'that adjoin: one',
      [
        [2, 3],
        [4, 5],
      ],
      [[2, 5]],
    ],
    [
      'twice: once',
      [
        [2, 3],
        [2, 3],
      ],
      [[2, 3]],
    ],
    [
      'one inside of another: the larger one',
      [
        [2, 9],
        [4, 5],
      ],
      [[2, 9]],
    ],
    [
      'not in order, and overlapping: sorted and merged',
      [
        [10, 20],
        [1, 3],
        [4, 6],
        [15, 30],
      ],
      [
        [1, 6],
        [10, 30],
      ],
    ],
    [
      'that end before they start: left out',
      [
        [5, 4],
        [7, 8],
        [3, 0],
      ],
      [[7, 8]],
    ],
    ['only bogus ones: nothing', [[5, 4]], []],
    [
      'the cumulative TSN itself: not counted',
      [
        [0, 0],
        [0, 3],
      ],
      [[1, 3]],
    ],
  ])('%s', (_name, blocks, expected) => {
    expect(gaps(...blocks)).toEqual(expected);
  });

  it('are read and ordered in reasonable time, however many there are', () => {
    const blocks = Array.from({ length: 16_000 }, (_, i): [number, number] => [65_000 - 4 * i, 65_001 - 4 * i]);
    expect(gaps(...blocks)).toHaveLength(16_000);
  });
});

describe('DataChunk', () => {
  it('writes its payload from the middle of other memory', () => {
    const chunk = new DataChunk();
    chunk.bytes = bytes('0102030405');
    chunk.payloadOffset = 1;
    chunk.payloadLength = 3;
    const target = new Uint8Array(5).fill(0xff);
    chunk.copyPayload(target, 1);
    expect(hex(target)).toBe('ff020304ff');
    expect(hex(chunk.payload())).toBe('020304');
  });
});

describe('chunks of unknown types', () => {
  it.each([
    [15, false, false],
    [0x49, false, true],
    [132, true, false],
    [193, true, true],
  ])('%i says what to do with them', (type, skipped, reported) => {
    expect(isUnknownChunkSkipped(type)).toBe(skipped);
    expect(isUnknownChunkReported(type)).toBe(reported);
    expect(isChunkWellFormed(type, bytes('49000004'), 0, 4)).toBe(true);
  });
});
