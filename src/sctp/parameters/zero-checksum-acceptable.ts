import { readUint32, writeUint32 } from '../../common/bytes.js';
import { newTlv } from '../tlv.js';
import { ParameterType } from './parameter-type.js';

/**
 * Zero Checksum Acceptable (RFC 9653 §4): the sender takes packets without a checksum, because something below SCTP
 * finds errors.
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |         Type = 0x8001         |           Length = 8          |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |           Error Detection Method Identifier (EDMID)           |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface ZeroChecksumAcceptable {
  readonly kind: 'zeroChecksumAcceptable';
  /** 1: DTLS (RFC 9653 §8). */
  readonly errorDetectionMethod: number;
}

export function parseZeroChecksumAcceptable(
  bytes: Uint8Array,
  offset: number,
  length: number,
): ZeroChecksumAcceptable | undefined {
  return length === 8
    ? { kind: 'zeroChecksumAcceptable', errorDetectionMethod: readUint32(bytes, offset + 4) }
    : undefined;
}

export function encodeZeroChecksumAcceptable({ errorDetectionMethod }: ZeroChecksumAcceptable): Uint8Array {
  const tlv = newTlv(ParameterType.zeroChecksumAcceptable, 4);
  writeUint32(tlv, 4, errorDetectionMethod);
  return tlv;
}
