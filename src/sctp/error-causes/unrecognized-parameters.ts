import { encodeTlv, tlvValue } from '../tlv.js';
import { ErrorCauseCode } from './error-cause-code.js';

/**
 * Unrecognized Parameters (RFC 9260 §3.3.10.8).
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |            Type = 8           |             Length            |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  The parameters, with their headers                        ....
 */
export interface UnrecognizedParameters {
  readonly kind: 'unrecognizedParameters';
  readonly parameters: Uint8Array;
}

export function parseUnrecognizedParameters(bytes: Uint8Array, offset: number, length: number): UnrecognizedParameters {
  return { kind: 'unrecognizedParameters', parameters: tlvValue(bytes, offset, length) };
}

export function encodeUnrecognizedParameters({ parameters }: UnrecognizedParameters): Uint8Array {
  return encodeTlv(ErrorCauseCode.unrecognizedParameters, parameters);
}
