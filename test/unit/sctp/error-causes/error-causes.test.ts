import { describe, expect, it } from 'vitest';
import { encodeErrorCauses, type ErrorCause, parseErrorCauses } from '../../../../src/sctp/error-causes/error-cause.js';
import { bytes, embedded, hex } from '../support.js';

const goodCauses: [text: string, cause: ErrorCause][] = [
  ['0001 0008 fffe 0000', { kind: 'invalidStreamIdentifier', streamId: 65534 }],
  ['0002 000c 00000002 0007 0009', { kind: 'missingMandatoryParameter', parameterTypes: [7, 9] }],
  ['0002 0008 00000000', { kind: 'missingMandatoryParameter', parameterTypes: [] }],
  ['0003 0008 ffffffff', { kind: 'staleCookie', stalenessUs: 0xffffffff }],
  ['0004 0004', { kind: 'outOfResource' }],
  ['0005 000c 0005 0008 01020304', { kind: 'unresolvableAddress', address: bytes('0005000801020304') }],
  ['0006 0008 49000004', { kind: 'unrecognizedChunkType', chunk: bytes('49000004') }],
  ['0007 0004', { kind: 'invalidMandatoryParameter' }],
  ['0008 0008 abcd0004', { kind: 'unrecognizedParameters', parameters: bytes('abcd0004') }],
  ['0009 0008 00000065', { kind: 'noUserData', tsn: 101 }],
  ['000a 0004', { kind: 'cookieReceivedWhileShuttingDown' }],
  ['000b 0008 01020304', { kind: 'restartWithNewAddresses', addresses: bytes('01020304') }],
  ['000c 0009 c3a46263 64', { kind: 'userInitiatedAbort', reason: 'äbcd' }],
  ['000d 0007 616263', { kind: 'protocolViolation', information: 'abc' }],
  ['000d 0004', { kind: 'protocolViolation', information: '' }],
  ['0063 0006 0102', { kind: 'unknown', code: 99, value: bytes('0102') }],
];

const parse = (of: Uint8Array): ErrorCause[] | undefined => {
  const { memory, offset, length } = embedded(of);
  return parseErrorCauses(memory, offset, offset + length);
};

describe('error causes', () => {
  it.each(goodCauses)('%s', (text, cause) => {
    const encoded = bytes(text);
    expect(parse(encoded)).toEqual([cause]);
    expect(hex(encodeErrorCauses([cause]))).toBe(hex(encoded));
  });

  it('follow each other, padded', () => {
    const list = goodCauses.map(([, cause]) => cause);
    expect(parse(encodeErrorCauses(list))).toEqual(list);
  });

  it.each<[name: string, code: string, legal: number[]]>([
    ['Invalid Stream Identifier', '0001', [8]],
    ['Missing Mandatory Parameter of none', '0002', [8]],
    ['Stale Cookie', '0003', [8]],
    ['Out of Resource', '0004', [4]],
    ['Invalid Mandatory Parameter', '0007', [4]],
    ['No User Data', '0009', [8]],
    ['Cookie Received While Shutting Down', '000a', [4]],
  ])('%s has only these lengths', (_name, code, legal) => {
    const readable: number[] = [];
    for (let length = 4; length <= 16; length++) {
      const cause = bytes(code + '00'.repeat(14)).slice(0, length);
      cause[3] = length;
      if (parse(cause)) readable.push(length);
    }
    expect(readable).toEqual(legal);
  });

  it.each([
    ['more types than there are', '0002 000a 00000002 0007'],
    ['fewer types than there are', '0002 000c 00000001 0007 0009'],
    ['a number of types that overflows 32 bits', '0002 0008 80000000'],
  ])('do not read a Missing Mandatory Parameter that says %s', (_name, text) => {
    expect(parse(bytes(text))).toBeUndefined();
  });

  it('take any bytes as text', () => {
    expect(parse(bytes('000c 0006 ff61'))).toEqual([{ kind: 'userInitiatedAbort', reason: '\ufffda' }]);
  });
});
