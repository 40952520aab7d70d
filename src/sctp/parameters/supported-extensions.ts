import { encodeTlv, tlvValue } from '../tlv.js';
import { ParameterType } from './parameter-type.js';

/**
 * Supported Extensions (RFC 5061 §4.2.7): types of chunks beyond RFC 9260 that the sender knows.
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |         Type = 0x8008         |             Length            |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Chunk Types, 8 bits each                                  ....
 */
export interface SupportedExtensions {
  readonly kind: 'supportedExtensions';
  readonly chunkTypes: Uint8Array;
}

export function parseSupportedExtensions(bytes: Uint8Array, offset: number, length: number): SupportedExtensions {
  return { kind: 'supportedExtensions', chunkTypes: tlvValue(bytes, offset, length) };
}

export function encodeSupportedExtensions({ chunkTypes }: SupportedExtensions): Uint8Array {
  return encodeTlv(ParameterType.supportedExtensions, chunkTypes);
}
