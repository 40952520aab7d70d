import { encodeErrorCauses, type ErrorCause, parseErrorCauses } from '../error-causes/error-cause.js';
import { CHUNK_HEADER_LENGTH, ChunkType, newChunk } from './chunk.js';

/**
 * ABORT (RFC 9260 §3.3.7).
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |   Type = 6    |  Reserved   |T|            Length             |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Error Causes                                               ....
 */
export interface AbortChunk {
  /** T bit: the sender has no association and reflected the verification tag of what it got (RFC 9260 §8.5.1). */
  readonly tagReflected: boolean;
  readonly causes: readonly ErrorCause[];
}

export function parseAbort(bytes: Uint8Array, offset: number, length: number): AbortChunk | undefined {
  const causes = parseErrorCauses(bytes, offset + CHUNK_HEADER_LENGTH, offset + length);
  return causes && { tagReflected: (bytes[offset + 1] & 1) !== 0, causes };
}

export function encodeAbort({ tagReflected, causes }: AbortChunk): Uint8Array {
  const list = encodeErrorCauses(causes);
  const chunk = newChunk(ChunkType.abort, tagReflected ? 1 : 0, CHUNK_HEADER_LENGTH + list.length);
  chunk.set(list, CHUNK_HEADER_LENGTH);
  return chunk;
}
