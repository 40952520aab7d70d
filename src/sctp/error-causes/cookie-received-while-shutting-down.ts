import { newTlv, TLV_HEADER_LENGTH } from '../tlv.js';
import { ErrorCauseCode } from './error-cause-code.js';

/**
 * Cookie Received While Shutting Down (RFC 9260 §3.3.10.10).
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |           Type = 10           |           Length = 4          |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface CookieReceivedWhileShuttingDown {
  readonly kind: 'cookieReceivedWhileShuttingDown';
}

export function parseCookieReceivedWhileShuttingDown(
  _bytes: Uint8Array,
  _offset: number,
  length: number,
): CookieReceivedWhileShuttingDown | undefined {
  return length === TLV_HEADER_LENGTH ? { kind: 'cookieReceivedWhileShuttingDown' } : undefined;
}

export function encodeCookieReceivedWhileShuttingDown(): Uint8Array {
  return newTlv(ErrorCauseCode.cookieReceivedWhileShuttingDown, 0);
}
