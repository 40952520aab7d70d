import { describe, expect, it } from 'vitest';
import { DatagramKind, datagramKind, isPlainSctp } from '../../../src/worker/datagram-kind.js';

const datagram = (length: number, ...first: number[]): Uint8Array => {
  const bytes = new Uint8Array(length);
  bytes.set(first.slice(0, length));
  return bytes;
};

describe('datagramKind', () => {
  const { other, rtcp, rtp, dtls } = DatagramKind;
  const cases: [string, Uint8Array, DatagramKind][] = [
    ['empty', datagram(0), other],
    ['3 bytes of RTCP', datagram(3, 0x80, 200), other],
    ['4 bytes of RTCP', datagram(4, 0x80, 200), rtcp],
    ['lowest RTCP type', datagram(8, 0x81, 192), rtcp],
    ['highest RTCP type', datagram(8, 0xbf, 223), rtcp],
    ['RTP type below RTCP', datagram(12, 0x80, 191), rtp],
    ['RTP type above RTCP', datagram(12, 0x80, 224), rtp],
    ['11 bytes of RTP', datagram(11, 0x80, 96), other],
    ['first byte 127', datagram(20, 127), other],
    ['first byte 192', datagram(20, 192), other],
    ['DTLS', datagram(13, 20), dtls],
    ['DTLS, last byte of the range', datagram(13, 63), dtls],
    ['12 bytes of DTLS', datagram(12, 22), other],
    ['first byte 19', datagram(20, 19), other],
    ['first byte 64', datagram(20, 64), other],
  ];
  it.each(cases)('%s', (_, bytes, expected) => {
    expect(datagramKind(bytes)).toBe(expected);
  });

  it('takes what is a multiple of four long for SCTP', () => {
    expect([8, 11, 12, 13, 16].filter(length => isPlainSctp(datagram(length)))).toEqual([12, 16]);
  });
});
