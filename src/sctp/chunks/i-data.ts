import { readUint16, readUint32, writeUint16, writeUint32 } from '../../common/bytes.js';
import { ChunkType, writeChunkHeader } from './chunk.js';
import { type DataChunk } from './data-chunk.js';

/**
 * I-DATA (RFC 8260 §2.1), which takes the place of DATA when both sides support message interleaving.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |   Type = 64   |  Res  |I|U|B|E|            Length             |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                              TSN                              |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |      Stream Identifier        |           Reserved            |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                      Message Identifier                       |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |       Payload Protocol Identifier (in the first fragment)     |
 *   |             / Fragment Sequence Number (in others)            |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  User Data                                                  ....
 */
export const I_DATA_HEADER_LENGTH = 20;

/** Fills `chunk`. The payload may be empty. */
export function parseIData(bytes: Uint8Array, offset: number, length: number, chunk: DataChunk): boolean {
  if (length < I_DATA_HEADER_LENGTH) return false;
  chunk.interleaved = true;
  chunk.setFlags(bytes[offset + 1]);
  chunk.tsn = readUint32(bytes, offset + 4);
  chunk.streamId = readUint16(bytes, offset + 8);
  chunk.messageId = readUint32(bytes, offset + 12);
  const ppidOrFsn = readUint32(bytes, offset + 16);
  chunk.fsn = chunk.beginning ? 0 : ppidOrFsn;
  chunk.ppid = chunk.beginning ? ppidOrFsn : 0;
  chunk.bytes = bytes;
  chunk.payloadOffset = offset + I_DATA_HEADER_LENGTH;
  chunk.payloadLength = length - I_DATA_HEADER_LENGTH;
  return true;
}

/** Needs room for I_DATA_HEADER_LENGTH + payloadLength. */
export function writeIData(bytes: Uint8Array, offset: number, chunk: DataChunk): void {
  writeChunkHeader(bytes, offset, ChunkType.iData, chunk.flags, I_DATA_HEADER_LENGTH + chunk.payloadLength);
  writeUint32(bytes, offset + 4, chunk.tsn);
  writeUint16(bytes, offset + 8, chunk.streamId);
  writeUint16(bytes, offset + 10, 0);
  writeUint32(bytes, offset + 12, chunk.messageId);
  writeUint32(bytes, offset + 16, chunk.beginning ? chunk.ppid : chunk.fsn);
  chunk.copyPayload(bytes, offset + I_DATA_HEADER_LENGTH);
}
