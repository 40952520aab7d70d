import { CHUNK_HEADER_LENGTH, ChunkType, newChunk } from './chunk.js';

/**
 * SHUTDOWN COMPLETE (RFC 9260 §3.3.13): the end of an association.
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |   Type = 14   |  Reserved   |T|          Length = 4           |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface ShutdownCompleteChunk {
  /** T bit: the sender has no association and reflected the verification tag of what it got (RFC 9260 §8.5.1). */
  readonly tagReflected: boolean;
}

export function parseShutdownComplete(
  bytes: Uint8Array,
  offset: number,
  length: number,
): ShutdownCompleteChunk | undefined {
  return length === CHUNK_HEADER_LENGTH ? { tagReflected: (bytes[offset + 1] & 1) !== 0 } : undefined;
}

export function encodeShutdownComplete({ tagReflected }: ShutdownCompleteChunk): Uint8Array {
  return newChunk(ChunkType.shutdownComplete, tagReflected ? 1 : 0, CHUNK_HEADER_LENGTH);
}
