import { CHUNK_HEADER_LENGTH, ChunkType, newChunk } from './chunk.js';

/**
 * COOKIE ACK (RFC 9260 §3.3.12): The cookie was accepted: the association is established. It is a header and nothing else.
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |   Type = 11   |     Flags     |          Length = 4           |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export function isCookieAck(length: number): boolean {
  return length === CHUNK_HEADER_LENGTH;
}

export function encodeCookieAck(): Uint8Array {
  return newChunk(ChunkType.cookieAck, 0, CHUNK_HEADER_LENGTH);
}
