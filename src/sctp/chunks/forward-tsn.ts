import { readUint16, readUint32, writeUint16, writeUint32 } from '../../common/bytes.js';
import { ChunkType, newChunk } from './chunk.js';
import { type ForwardTsnChunk, type SkippedStream } from './forward-tsn-chunk.js';

/**
 * FORWARD TSN (RFC 3758 §3.2).
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Type = 192   |     Flags     |            Length             |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                      New Cumulative TSN                       |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |      Stream Identifier        |    Stream Sequence Number     |   the last one skipped
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  ... more streams                                           ....
 */
const HEADER_LENGTH = 8;
const STREAM_LENGTH = 4;

export function parseForwardTsn(bytes: Uint8Array, offset: number, length: number): ForwardTsnChunk | undefined {
  if (length < HEADER_LENGTH || length % STREAM_LENGTH !== 0) return undefined;
  const skippedStreams: SkippedStream[] = [];
  for (let at = offset + HEADER_LENGTH; at < offset + length; at += STREAM_LENGTH) {
    skippedStreams.push({ streamId: readUint16(bytes, at), unordered: false, messageId: readUint16(bytes, at + 2) });
  }
  return { newCumulativeTsn: readUint32(bytes, offset + 4), skippedStreams };
}

export function encodeForwardTsn({ newCumulativeTsn, skippedStreams }: ForwardTsnChunk): Uint8Array {
  const chunk = newChunk(ChunkType.forwardTsn, 0, HEADER_LENGTH + skippedStreams.length * STREAM_LENGTH);
  writeUint32(chunk, 4, newCumulativeTsn);
  let at = HEADER_LENGTH;
  for (const { streamId, messageId } of skippedStreams) {
    writeUint16(chunk, at, streamId);
    writeUint16(chunk, at + 2, messageId);
    at += STREAM_LENGTH;
  }
  return chunk;
}
