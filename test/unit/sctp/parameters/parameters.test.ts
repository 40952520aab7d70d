import { describe, expect, it } from 'vitest';
import {
  encodeParameters,
  findParameter,
  type Parameter,
  parseParameters,
} from '../../../../src/sctp/parameters/parameter.js';
import { bytes, embedded, hex } from '../support.js';

const goodParameters: [text: string, parameter: Parameter][] = [
  ['0001 0006 1122', { kind: 'heartbeatInfo', info: bytes('1122') }],
  ['0001 0004', { kind: 'heartbeatInfo', info: new Uint8Array(0) }],
  ['0005 0008 c0000201', { kind: 'ipv4Address', address: bytes('c0000201') }],
  [
    '0006 0014 20010db8000000000000000000000001',
    { kind: 'ipv6Address', address: bytes('20010db8000000000000000000000001') },
  ],
  ['0007 0007 010203', { kind: 'stateCookie', cookie: bytes('010203') }],
  ['0008 0008 c0010004', { kind: 'unrecognizedParameter', parameter: bytes('c0010004') }],
  ['0009 0008 00000fff', { kind: 'cookiePreservative', lifeSpanIncrement: 4095 }],
  ['000c 0008 0005 0006', { kind: 'supportedAddressTypes', addressTypes: [5, 6] }],
  [
    '000d 0014 00000001 00000002 fffffffd 0007 ffff',
    {
      kind: 'outgoingSsnResetRequest',
      requestSequenceNumber: 1,
      responseSequenceNumber: 2,
      lastAssignedTsn: 0xfffffffd,
      streamIds: [7, 65535],
    },
  ],
  [
    '000d 0010 00000001 00000002 00000003',
    {
      kind: 'outgoingSsnResetRequest',
      requestSequenceNumber: 1,
      responseSequenceNumber: 2,
      lastAssignedTsn: 3,
      streamIds: [],
    },
  ],
  ['000e 000a 00000001 0007', { kind: 'incomingSsnResetRequest', requestSequenceNumber: 1, streamIds: [7] }],
  ['000e 0008 00000001', { kind: 'incomingSsnResetRequest', requestSequenceNumber: 1, streamIds: [] }],
  ['000f 0008 80000001', { kind: 'ssnTsnResetRequest', requestSequenceNumber: 0x80000001 }],
  ['0010 000c 00000001 00000006', { kind: 'reconfigurationResponse', responseSequenceNumber: 1, result: 6 }],
  [
    '0010 0014 00000001 00000001 00000003 00000004',
    { kind: 'reconfigurationResponse', responseSequenceNumber: 1, result: 1, nextTsns: { sender: 3, receiver: 4 } },
  ],
  ['0011 000c 00000001 0010 0000', { kind: 'addOutgoingStreams', requestSequenceNumber: 1, newStreams: 16 }],
  ['0012 000c 00000001 0010 0000', { kind: 'addIncomingStreams', requestSequenceNumber: 1, newStreams: 16 }],
  ['8001 0008 00000001', { kind: 'zeroChecksumAcceptable', errorDetectionMethod: 1 }],
  ['8001 0008 fffffffe', { kind: 'zeroChecksumAcceptable', errorDetectionMethod: 0xfffffffe }],
  ['8008 0008 82c040c2', { kind: 'supportedExtensions', chunkTypes: bytes('82c040c2') }],
  ['c000 0004', { kind: 'forwardTsnSupported' }],
  ['abcd 0005 01', { kind: 'unknown', type: 0xabcd, value: bytes('01') }],
];

const parse = (of: Uint8Array): Parameter[] | undefined => {
  const { memory, offset, length } = embedded(of);
  return parseParameters(memory, offset, offset + length);
};

/** Sets the length of the first parameter. */
const withLength = (text: string, length: number): Uint8Array => {
  const parameter = bytes(text + '00'.repeat(16)).slice(0, length);
  new DataView(parameter.buffer).setUint16(2, length);
  return parameter;
};

describe('parameters', () => {
  it.each(goodParameters)('%s', (text, parameter) => {
    const encoded = bytes(text);
    expect(parse(encoded)).toEqual([parameter]);
    expect(hex(encodeParameters([parameter]))).toBe(hex(encoded));
  });

  it('follow each other, padded', () => {
    const list = goodParameters.map(([, parameter]) => parameter);
    const encoded = encodeParameters(list);
    expect(parse(encoded)).toEqual(list);
    expect(parse(bytes('0007 0005 01ffffff c000 0004'))).toHaveLength(2);
    expect(hex(encodeParameters([goodParameters[4][1], { kind: 'forwardTsnSupported' }]))).toBe(
      '0007000701020300c0000004',
    );
    expect(parse(new Uint8Array(0))).toEqual([]);
  });

  it.each<[name: string, text: string, legal: number[]]>([
    ['IPv4 Address', '0005 0008 00000000', [8]],
    ['IPv6 Address', '0006 0014 00000000', [20]],
    ['Cookie Preservative', '0009 0008 00000000', [8]],
    ['Supported Address Types', '000c 0008 00000000', [4, 6, 8, 10, 12, 14, 16, 18, 20, 22]],
    ['Outgoing SSN Reset Request', '000d 0010 0000', [16, 17, 18, 19, 20, 21, 22]],
    ['Incoming SSN Reset Request', '000e 0010 0000', [8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22]],
    ['SSN/TSN Reset Request', '000f 0010 0000', [8]],
    ['Re-configuration Response', '0010 0010 0000', [12, 20]],
    ['Add Outgoing Streams', '0011 0010 0000', [12]],
    ['Add Incoming Streams', '0012 0010 0000', [12]],
    ['Zero Checksum Acceptable', '8001 0010 0000', [8]],
    ['Forward-TSN-Supported', 'c000 0010 0000', [4]],
  ])('%s has only these lengths', (_name, text, legal) => {
    const readable: number[] = [];
    for (let length = 4; length <= 22; length++) if (parse(withLength(text, length))) readable.push(length);
    expect(readable).toEqual(legal);
  });

  it('ignore an odd byte behind stream identifiers', () => {
    expect(parse(bytes('000e 000b 00000001 0007 ff'))).toEqual([
      { kind: 'incomingSsnResetRequest', requestSequenceNumber: 1, streamIds: [7] },
    ]);
  });

  it.each(['0007 0003', '0007 0000', '0007 0005', '0007 0004 00', '0007 0004 000c', 'c000 0004 0007 0008 0102'])(
    'are not read if their lengths are wrong: %s',
    text => {
      expect(parse(bytes(text))).toBeUndefined();
    },
  );

  it('are not read when the last one is cut off', () => {
    const encoded = bytes('c000 0004 8001 0008 00000001');
    for (let length = 5; length < encoded.length; length++) expect(parse(encoded.slice(0, length))).toBeUndefined();
  });

  it('are found by their kind, the first one', () => {
    const parameters = parse(bytes('c000 0004 0007 0005 01000000 0007 0005 02000000'))!;
    expect(findParameter(parameters, 'stateCookie')?.cookie).toEqual(bytes('01'));
    expect(findParameter(parameters, 'heartbeatInfo')).toBeUndefined();
  });
});
