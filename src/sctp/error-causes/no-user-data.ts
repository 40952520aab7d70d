import { readUint32, writeUint32 } from '../../common/bytes.js';
import { newTlv } from '../tlv.js';
import { ErrorCauseCode } from './error-cause-code.js';

/**
 * No User Data (RFC 9260 §3.3.10.9): a DATA chunk was empty.
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |            Type = 9           |           Length = 8          |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                     TSN of the DATA chunk                     |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface NoUserData {
  readonly kind: 'noUserData';
  readonly tsn: number;
}

export function parseNoUserData(bytes: Uint8Array, offset: number, length: number): NoUserData | undefined {
  return length === 8 ? { kind: 'noUserData', tsn: readUint32(bytes, offset + 4) } : undefined;
}

export function encodeNoUserData({ tsn }: NoUserData): Uint8Array {
  const tlv = newTlv(ErrorCauseCode.noUserData, 4);
  writeUint32(tlv, 4, tsn);
  return tlv;
}
