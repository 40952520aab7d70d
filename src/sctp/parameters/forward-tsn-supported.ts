import { newTlv, TLV_HEADER_LENGTH } from '../tlv.js';
import { ParameterType } from './parameter-type.js';

/**
 * Forward-TSN-Supported (RFC 3758 §3.1): the sender can do partial reliability.
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |         Type = 0xc000         |           Length = 4          |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface ForwardTsnSupported {
  readonly kind: 'forwardTsnSupported';
}

export function parseForwardTsnSupported(
  _bytes: Uint8Array,
  _offset: number,
  length: number,
): ForwardTsnSupported | undefined {
  return length === TLV_HEADER_LENGTH ? { kind: 'forwardTsnSupported' } : undefined;
}

export function encodeForwardTsnSupported(): Uint8Array {
  return newTlv(ParameterType.forwardTsnSupported, 0);
}
