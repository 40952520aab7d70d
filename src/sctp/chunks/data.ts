import { readUint16, readUint32, writeUint16, writeUint32 } from '../../common/bytes.js';
import { ChunkType, writeChunkHeader } from './chunk.js';
import { type DataChunk } from './data-chunk.js';

/**
 * DATA (RFC 9260 §3.3.1, I bit: RFC 7053).
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |   Type = 0    |  Res  |I|U|B|E|            Length             |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                              TSN                              |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |      Stream Identifier        |    Stream Sequence Number     |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                  Payload Protocol Identifier                  |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  User Data                                                  ....
 */
export const DATA_HEADER_LENGTH = 16;

/** Fills `chunk`. The payload may be empty, which is an error that deserves an answer (RFC 9260 §6.2). */
export function parseData(bytes: Uint8Array, offset: number, length: number, chunk: DataChunk): boolean {
  if (length < DATA_HEADER_LENGTH) return false;
  chunk.interleaved = false;
  chunk.setFlags(bytes[offset + 1]);
  chunk.tsn = readUint32(bytes, offset + 4);
  chunk.streamId = readUint16(bytes, offset + 8);
  chunk.messageId = readUint16(bytes, offset + 10);
  chunk.fsn = 0;
  chunk.ppid = readUint32(bytes, offset + 12);
  chunk.bytes = bytes;
  chunk.payloadOffset = offset + DATA_HEADER_LENGTH;
  chunk.payloadLength = length - DATA_HEADER_LENGTH;
  return true;
}

/** Needs room for DATA_HEADER_LENGTH + payloadLength. */
export function writeData(bytes: Uint8Array, offset: number, chunk: DataChunk): void {
  writeChunkHeader(bytes, offset, ChunkType.data, chunk.flags, DATA_HEADER_LENGTH + chunk.payloadLength);
  writeUint32(bytes, offset + 4, chunk.tsn);
  writeUint16(bytes, offset + 8, chunk.streamId);
  writeUint16(bytes, offset + 10, chunk.messageId);
  writeUint32(bytes, offset + 12, chunk.ppid);
  chunk.copyPayload(bytes, offset + DATA_HEADER_LENGTH);
}
