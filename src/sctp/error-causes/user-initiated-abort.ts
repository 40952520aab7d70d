import { encodeTlv } from '../tlv.js';
import { ErrorCauseCode } from './error-cause-code.js';
import { bytesOf, textOf } from './text.js';

/**
 * User-Initiated Abort (RFC 9260 §3.3.10.12): the application wants it.
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |           Type = 12           |             Length            |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Upper Layer Abort Reason                                  ....
 */
export interface UserInitiatedAbort {
  readonly kind: 'userInitiatedAbort';
  /** For a log. */
  readonly reason: string;
}

export function parseUserInitiatedAbort(bytes: Uint8Array, offset: number, length: number): UserInitiatedAbort {
  return { kind: 'userInitiatedAbort', reason: textOf(bytes, offset, length) };
}

export function encodeUserInitiatedAbort({ reason }: UserInitiatedAbort): Uint8Array {
  return encodeTlv(ErrorCauseCode.userInitiatedAbort, bytesOf(reason));
}
