import { encodeTlv, tlvValue } from '../tlv.js';
import { ParameterType } from './parameter-type.js';

/**
 * Unrecognized Parameter (RFC 9260 §3.3.3.1): a parameter of the INIT that the sender of the INIT ACK does not know.
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |            Type = 8           |             Length            |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  The parameter, with its header                            ....
 */
export interface UnrecognizedParameter {
  readonly kind: 'unrecognizedParameter';
  readonly parameter: Uint8Array;
}

export function parseUnrecognizedParameter(bytes: Uint8Array, offset: number, length: number): UnrecognizedParameter {
  return { kind: 'unrecognizedParameter', parameter: tlvValue(bytes, offset, length) };
}

export function encodeUnrecognizedParameter({ parameter }: UnrecognizedParameter): Uint8Array {
  return encodeTlv(ParameterType.unrecognizedParameter, parameter);
}
