import { readUint32, writeUint32 } from '../../common/bytes.js';
import { ChunkType, newChunk } from './chunk.js';

/**
 * SHUTDOWN (RFC 9260 §3.3.8).
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |   Type = 7    |     Flags     |          Length = 8           |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                      Cumulative TSN Ack                       |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
const SHUTDOWN_LENGTH = 8;

export interface ShutdownChunk {
  readonly cumulativeTsn: number;
}

export function parseShutdown(bytes: Uint8Array, offset: number, length: number): ShutdownChunk | undefined {
  return length === SHUTDOWN_LENGTH ? { cumulativeTsn: readUint32(bytes, offset + 4) } : undefined;
}

export function encodeShutdown({ cumulativeTsn }: ShutdownChunk): Uint8Array {
  const chunk = newChunk(ChunkType.shutdown, 0, SHUTDOWN_LENGTH);
  writeUint32(chunk, 4, cumulativeTsn);
  return chunk;
}
