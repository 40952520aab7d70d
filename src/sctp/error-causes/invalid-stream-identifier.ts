import { readUint16, writeUint16 } from '../../common/bytes.js';
import { newTlv } from '../tlv.js';
import { ErrorCauseCode } from './error-cause-code.js';

/**
 * Invalid Stream Identifier (RFC 9260 §3.3.10.1): DATA for a stream that does not exist.
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |            Type = 1           |           Length = 8          |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |       Stream Identifier       |            Reserved           |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface InvalidStreamIdentifier {
  readonly kind: 'invalidStreamIdentifier';
  readonly streamId: number;
}

export function parseInvalidStreamIdentifier(
  bytes: Uint8Array,
  offset: number,
  length: number,
): InvalidStreamIdentifier | undefined {
  return length === 8 ? { kind: 'invalidStreamIdentifier', streamId: readUint16(bytes, offset + 4) } : undefined;
}

export function encodeInvalidStreamIdentifier({ streamId }: InvalidStreamIdentifier): Uint8Array {
  const tlv = newTlv(ErrorCauseCode.invalidStreamIdentifier, 4);
  writeUint16(tlv, 4, streamId);
  return tlv;
}
