import { encodeTlv, tlvValue } from '../tlv.js';
import { ParameterType } from './parameter-type.js';

/**
 * IPv4 Address (RFC 9260 §3.3.2.1.1). Addresses are not used: the association has one path.
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |            Type = 5           |             Length            |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  IPv4 Address                                              ....
 */
export interface Ipv4Address {
  readonly kind: 'ipv4Address';
  readonly address: Uint8Array;
}

export function parseIpv4Address(bytes: Uint8Array, offset: number, length: number): Ipv4Address | undefined {
  if (length !== 8) return undefined;
  return { kind: 'ipv4Address', address: tlvValue(bytes, offset, length) };
}

export function encodeIpv4Address({ address }: Ipv4Address): Uint8Array {
  return encodeTlv(ParameterType.ipv4Address, address);
}
