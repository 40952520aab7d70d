import { readUint32, writeUint32 } from '../../common/bytes.js';
import { newTlv } from '../tlv.js';
import { ParameterType } from './parameter-type.js';

/**
 * Cookie Preservative (RFC 9260 §3.3.2.1.3): a wish for a longer life of the cookie.
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |            Type = 9           |           Length = 8          |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |           Suggested Cookie Life-Span Increment (ms)           |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface CookiePreservative {
  readonly kind: 'cookiePreservative';
  /** ms */
  readonly lifeSpanIncrement: number;
}

export function parseCookiePreservative(
  bytes: Uint8Array,
  offset: number,
  length: number,
): CookiePreservative | undefined {
  return length === 8 ? { kind: 'cookiePreservative', lifeSpanIncrement: readUint32(bytes, offset + 4) } : undefined;
}

export function encodeCookiePreservative({ lifeSpanIncrement }: CookiePreservative): Uint8Array {
  const tlv = newTlv(ParameterType.cookiePreservative, 4);
  writeUint32(tlv, 4, lifeSpanIncrement);
  return tlv;
}
