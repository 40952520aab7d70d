import { newTlv, TLV_HEADER_LENGTH } from '../tlv.js';
import { ErrorCauseCode } from './error-cause-code.js';

/**
 * Invalid Mandatory Parameter (RFC 9260 §3.3.10.7).
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |            Type = 7           |           Length = 4          |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface InvalidMandatoryParameter {
  readonly kind: 'invalidMandatoryParameter';
}

export function parseInvalidMandatoryParameter(
  _bytes: Uint8Array,
  _offset: number,
  length: number,
): InvalidMandatoryParameter | undefined {
  return length === TLV_HEADER_LENGTH ? { kind: 'invalidMandatoryParameter' } : undefined;
}

export function encodeInvalidMandatoryParameter(): Uint8Array {
  return newTlv(ErrorCauseCode.invalidMandatoryParameter, 0);
}
