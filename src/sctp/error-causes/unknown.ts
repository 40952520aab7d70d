import { readUint16 } from '../../common/bytes.js';
import { encodeTlv, tlvValue } from '../tlv.js';

/** An error cause of a code this endpoint does not know. */
export interface UnknownErrorCause {
  readonly kind: 'unknown';
  readonly code: number;
  readonly value: Uint8Array;
}

export function parseUnknownErrorCause(bytes: Uint8Array, offset: number, length: number): UnknownErrorCause {
  return { kind: 'unknown', code: readUint16(bytes, offset), value: tlvValue(bytes, offset, length) };
}

export function encodeUnknownErrorCause({ code, value }: UnknownErrorCause): Uint8Array {
  return encodeTlv(code, value);
}
