import { CHUNK_HEADER_LENGTH, ChunkType, newChunk } from './chunk.js';

/**
 * SHUTDOWN ACK (RFC 9260 §3.3.9): everything the sender of the SHUTDOWN has sent has arrived, and the other way round. It
 * is a header and nothing else.
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |   Type = 8    |     Flags     |          Length = 4           |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export function isShutdownAck(length: number): boolean {
  return length === CHUNK_HEADER_LENGTH;
}

export function encodeShutdownAck(): Uint8Array {
  return newChunk(ChunkType.shutdownAck, 0, CHUNK_HEADER_LENGTH);
}
