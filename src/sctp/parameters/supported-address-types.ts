import { newTlv, TLV_HEADER_LENGTH } from '../tlv.js';
import { ParameterType } from './parameter-type.js';
import { readUint16List, writeUint16List } from './uint16-list.js';

/**
 * Supported Address Types (RFC 9260 §3.3.2.1.5).
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |           Type = 12           |             Length            |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Address Types (of the address parameters), 16 bits each   ....
 */
export interface SupportedAddressTypes {
  readonly kind: 'supportedAddressTypes';
  readonly addressTypes: readonly number[];
}

export function parseSupportedAddressTypes(
  bytes: Uint8Array,
  offset: number,
  length: number,
): SupportedAddressTypes | undefined {
  if (length % 2 !== 0) return undefined;
  return {
    kind: 'supportedAddressTypes',
    addressTypes: readUint16List(bytes, offset + TLV_HEADER_LENGTH, offset + length),
  };
}

export function encodeSupportedAddressTypes({ addressTypes }: SupportedAddressTypes): Uint8Array {
  const tlv = newTlv(ParameterType.supportedAddressTypes, 2 * addressTypes.length);
  writeUint16List(tlv, TLV_HEADER_LENGTH, addressTypes);
  return tlv;
}
