import { encodeTlv, tlvValue } from '../tlv.js';
import { ParameterType } from './parameter-type.js';

/**
 * State Cookie (RFC 9260 §3.3.3.1): what an INIT ACK asks to be sent back.
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |            Type = 7           |             Length            |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Cookie                                                    ....
 */
export interface StateCookieParameter {
  readonly kind: 'stateCookie';
  readonly cookie: Uint8Array;
}

export function parseStateCookieParameter(bytes: Uint8Array, offset: number, length: number): StateCookieParameter {
  return { kind: 'stateCookie', cookie: tlvValue(bytes, offset, length) };
}

export function encodeStateCookieParameter({ cookie }: StateCookieParameter): Uint8Array {
  return encodeTlv(ParameterType.stateCookie, cookie);
}
