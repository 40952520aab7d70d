import { encodeErrorCauses, type ErrorCause, parseErrorCauses } from '../error-causes/error-cause.js';
import { CHUNK_HEADER_LENGTH, ChunkType, newChunk } from './chunk.js';

/**
 * ERROR (RFC 9260 §3.3.10): something was wrong, but the association goes on.
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |   Type = 9    |     Flags     |            Length             |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Error Causes                                               ....
 */
export interface ErrorChunk {
  readonly causes: readonly ErrorCause[];
}

export function parseError(bytes: Uint8Array, offset: number, length: number): ErrorChunk | undefined {
  const causes = parseErrorCauses(bytes, offset + CHUNK_HEADER_LENGTH, offset + length);
  return causes && { causes };
}

export function encodeError({ causes }: ErrorChunk): Uint8Array {
  const list = encodeErrorCauses(causes);
  const chunk = newChunk(ChunkType.error, 0, CHUNK_HEADER_LENGTH + list.length);
  chunk.set(list, CHUNK_HEADER_LENGTH);
  return chunk;
}
