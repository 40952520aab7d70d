import { readUint32, writeUint32 } from '../../common/bytes.js';
import { newTlv } from '../tlv.js';
import { ErrorCauseCode } from './error-cause-code.js';

/**
 * Stale Cookie (RFC 9260 §3.3.10.3): the cookie was right, but came too late.
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |            Type = 3           |           Length = 8          |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                   Measure of Staleness (µs)                   |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface StaleCookie {
  readonly kind: 'staleCookie';
  /** µs */
  readonly stalenessUs: number;
}

export function parseStaleCookie(bytes: Uint8Array, offset: number, length: number): StaleCookie | undefined {
  return length === 8 ? { kind: 'staleCookie', stalenessUs: readUint32(bytes, offset + 4) } : undefined;
}

export function encodeStaleCookie({ stalenessUs }: StaleCookie): Uint8Array {
  const tlv = newTlv(ErrorCauseCode.staleCookie, 4);
  writeUint32(tlv, 4, stalenessUs);
  return tlv;
}
