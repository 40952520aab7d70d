import { encodeTlv, tlvValue } from '../tlv.js';
import { ErrorCauseCode } from './error-cause-code.js';

/**
 * Unresolvable Address (RFC 9260 §3.3.10.5).
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |            Type = 5           |             Length            |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  The address parameter, with its header                    ....
 */
export interface UnresolvableAddress {
  readonly kind: 'unresolvableAddress';
  readonly address: Uint8Array;
}

export function parseUnresolvableAddress(bytes: Uint8Array, offset: number, length: number): UnresolvableAddress {
  return { kind: 'unresolvableAddress', address: tlvValue(bytes, offset, length) };
}

export function encodeUnresolvableAddress({ address }: UnresolvableAddress): Uint8Array {
  return encodeTlv(ErrorCauseCode.unresolvableAddress, address);
}
