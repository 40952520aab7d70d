import { writeUint16 } from '../../common/bytes.js';

/**
 * Every chunk begins with this header (RFC 9260 §3.2). Parsers get (bytes, offset, length) of a chunk, where `length`
 * is the one of its header: the packet has checked that it is ≥ 4 and that the chunk with its padding is inside.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |     Type      |     Flags     |            Length             |   length: with these four bytes, without padding
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export const CHUNK_HEADER_LENGTH = 4;

/** The chunks this endpoint knows. ECNE, CWR, AUTH, ASCONF and all others are unknown to it. */
export const ChunkType = {
  data: 0,
  init: 1,
  initAck: 2,
  sack: 3,
  heartbeat: 4,
  heartbeatAck: 5,
  abort: 6,
  shutdown: 7,
  shutdownAck: 8,
  error: 9,
  cookieEcho: 10,
  cookieAck: 11,
  shutdownComplete: 14,
  /** RFC 8260. */
  iData: 64,
  /** RFC 6525. */
  reConfig: 130,
  /** RFC 3758. */
  forwardTsn: 192,
  /** RFC 8260. */
  iForwardTsn: 194,
} as const;

export function writeChunkHeader(bytes: Uint8Array, offset: number, type: number, flags: number, length: number): void {
  bytes[offset] = type;
  bytes[offset + 1] = flags;
  writeUint16(bytes, offset + 2, length);
}

/** A chunk of zeros behind its header, to be filled in. */
export function newChunk(type: number, flags: number, length: number): Uint8Array {
  const chunk = new Uint8Array(length);
  writeChunkHeader(chunk, 0, type, flags, length);
  return chunk;
}
