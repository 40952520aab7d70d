import { encodeTlv } from '../tlv.js';
import { ErrorCauseCode } from './error-cause-code.js';
import { bytesOf, textOf } from './text.js';

/**
 * Protocol Violation (RFC 9260 §3.3.10.13).
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |           Type = 13           |             Length            |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Additional Information                                    ....
 */
export interface ProtocolViolation {
  readonly kind: 'protocolViolation';
  /** For a log. */
  readonly information: string;
}

export function parseProtocolViolation(bytes: Uint8Array, offset: number, length: number): ProtocolViolation {
  return { kind: 'protocolViolation', information: textOf(bytes, offset, length) };
}

export function encodeProtocolViolation({ information }: ProtocolViolation): Uint8Array {
  return encodeTlv(ErrorCauseCode.protocolViolation, bytesOf(information));
}
