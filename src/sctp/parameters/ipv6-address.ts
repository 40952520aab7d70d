import { encodeTlv, tlvValue } from '../tlv.js';
import { ParameterType } from './parameter-type.js';

/**
 * IPv6 Address (RFC 9260 §3.3.2.1.2). Addresses are not used: the association has one path.
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |            Type = 6           |             Length            |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  IPv6 Address (16 bytes)                                   ....
 */
export interface Ipv6Address {
  readonly kind: 'ipv6Address';
  readonly address: Uint8Array;
}

export function parseIpv6Address(bytes: Uint8Array, offset: number, length: number): Ipv6Address | undefined {
  if (length !== 20) return undefined;
  return { kind: 'ipv6Address', address: tlvValue(bytes, offset, length) };
}

export function encodeIpv6Address({ address }: Ipv6Address): Uint8Array {
  return encodeTlv(ParameterType.ipv6Address, address);
}
