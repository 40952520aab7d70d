import { newTlv, TLV_HEADER_LENGTH } from '../tlv.js';
import { ErrorCauseCode } from './error-cause-code.js';

/**
 * Out of Resource (RFC 9260 §3.3.10.4).
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |            Type = 4           |           Length = 4          |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface OutOfResource {
  readonly kind: 'outOfResource';
}

export function parseOutOfResource(_bytes: Uint8Array, _offset: number, length: number): OutOfResource | undefined {
  return length === TLV_HEADER_LENGTH ? { kind: 'outOfResource' } : undefined;
}

export function encodeOutOfResource(): Uint8Array {
  return newTlv(ErrorCauseCode.outOfResource, 0);
}
