import { copyBytes } from '../../common/bytes.js';
import { CHUNK_HEADER_LENGTH, ChunkType, newChunk } from './chunk.js';

/**
 * COOKIE ECHO (RFC 9260 §3.3.11): the cookie of the peer's INIT ACK, unchanged.
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |   Type = 10   |     Flags     |            Length             |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Cookie                                                     ....
 */
export interface CookieEchoChunk {
  readonly cookie: Uint8Array;
}

export function parseCookieEcho(bytes: Uint8Array, offset: number, length: number): CookieEchoChunk {
  return { cookie: copyBytes(bytes, offset + CHUNK_HEADER_LENGTH, offset + length) };
}

export function encodeCookieEcho({ cookie }: CookieEchoChunk): Uint8Array {
  const chunk = newChunk(ChunkType.cookieEcho, 0, CHUNK_HEADER_LENGTH + cookie.length);
  chunk.set(cookie, CHUNK_HEADER_LENGTH);
  return chunk;
}
