import { readUint16 } from '../../common/bytes.js';
import { encodeTlv, tlvValue } from '../tlv.js';

/** A parameter of a type this endpoint does not know. */
export interface UnknownParameter {
  readonly kind: 'unknown';
  readonly type: number;
  readonly value: Uint8Array;
}

export function parseUnknownParameter(bytes: Uint8Array, offset: number, length: number): UnknownParameter {
  return { kind: 'unknown', type: readUint16(bytes, offset), value: tlvValue(bytes, offset, length) };
}

export function encodeUnknownParameter({ type, value }: UnknownParameter): Uint8Array {
  return encodeTlv(type, value);
}
