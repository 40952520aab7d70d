import { encodeTlv, tlvValue } from '../tlv.js';
import { ErrorCauseCode } from './error-cause-code.js';

/**
 * Restart of an Association with New Addresses (RFC 9260 §3.3.10.11).
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |           Type = 11           |             Length            |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  The address parameters, with their headers                ....
 */
export interface RestartWithNewAddresses {
  readonly kind: 'restartWithNewAddresses';
  readonly addresses: Uint8Array;
}

export function parseRestartWithNewAddresses(
  bytes: Uint8Array,
  offset: number,
  length: number,
): RestartWithNewAddresses {
  return { kind: 'restartWithNewAddresses', addresses: tlvValue(bytes, offset, length) };
}

export function encodeRestartWithNewAddresses({ addresses }: RestartWithNewAddresses): Uint8Array {
  return encodeTlv(ErrorCauseCode.restartWithNewAddresses, addresses);
}
