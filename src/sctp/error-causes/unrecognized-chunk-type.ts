import { encodeTlv, tlvValue } from '../tlv.js';
import { ErrorCauseCode } from './error-cause-code.js';

/**
 * Unrecognized Chunk Type (RFC 9260 §3.3.10.6).
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |            Type = 6           |             Length            |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  The chunk, with its header                                ....
 */
export interface UnrecognizedChunkType {
  readonly kind: 'unrecognizedChunkType';
  readonly chunk: Uint8Array;
}

export function parseUnrecognizedChunkType(bytes: Uint8Array, offset: number, length: number): UnrecognizedChunkType {
  return { kind: 'unrecognizedChunkType', chunk: tlvValue(bytes, offset, length) };
}

export function encodeUnrecognizedChunkType({ chunk }: UnrecognizedChunkType): Uint8Array {
  return encodeTlv(ErrorCauseCode.unrecognizedChunkType, chunk);
}
