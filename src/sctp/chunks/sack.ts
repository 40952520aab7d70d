import { readUint16, readUint32, writeUint16, writeUint32 } from '../../common/bytes.js';
import { ChunkType, writeChunkHeader } from './chunk.js';

/**
 * SACK (RFC 9260 §3.3.4).
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |   Type = 3    |     Flags     |            Length             |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                      Cumulative TSN Ack                       |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |          Advertised Receiver Window Credit (a_rwnd)           |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |   Number of Gap Ack Blocks    |   Number of Duplicate TSNs    |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |     Gap Ack Block Start       |      Gap Ack Block End        |   offsets from the Cumulative TSN Ack
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  ... more blocks, then Duplicate TSNs, 32 bits each         ....
 */
const SACK_HEADER_LENGTH = 16;

/** A reusable object that `parseSack` fills and `writeSack` reads. */
export class SackChunk {
  cumulativeTsn = 0;
  advertisedReceiverWindow = 0;
  gapBlockCount = 0;
  /** Offset of the first TSN of each block from the cumulative TSN. Only the first `gapBlockCount` ones count. */
  gapStarts = new Uint16Array(64);
  /** Offset of the last TSN of each block. */
  gapEnds = new Uint16Array(64);
  duplicateCount = 0;
  duplicateTsns = new Uint32Array(64);

  clear(): void {
    this.gapBlockCount = 0;
    this.duplicateCount = 0;
  }

  addGapBlock(start: number, end: number): void {
    if (this.gapBlockCount === this.gapStarts.length) {
      this.gapStarts = grown(this.gapStarts);
      this.gapEnds = grown(this.gapEnds);
    }
    this.gapStarts[this.gapBlockCount] = start;
    this.gapEnds[this.gapBlockCount] = end;
    this.gapBlockCount++;
  }

  addDuplicateTsn(tsn: number): void {
    if (this.duplicateCount === this.duplicateTsns.length) {
      const more = new Uint32Array(2 * this.duplicateTsns.length);
      more.set(this.duplicateTsns);
      this.duplicateTsns = more;
    }
    this.duplicateTsns[this.duplicateCount++] = tsn;
  }
}

function grown(array: Uint16Array<ArrayBuffer>): Uint16Array<ArrayBuffer> {
  const more = new Uint16Array(2 * array.length);
  more.set(array);
  return more;
}

/** Whether the length fits the counts. */
export function isSack(bytes: Uint8Array, offset: number, length: number): boolean {
  if (length < SACK_HEADER_LENGTH) return false;
  return length === SACK_HEADER_LENGTH + 4 * (readUint16(bytes, offset + 12) + readUint16(bytes, offset + 14));
}

/**
 * Fills `sack`. Its gap blocks come out in order, neither overlapping nor adjoining, whatever the peer wrote: blocks
 * that end before they start are left out, an offset 0 (the cumulative TSN itself) counts as 1.
 */
export function parseSack(bytes: Uint8Array, offset: number, length: number, sack: SackChunk): boolean {
  if (!isSack(bytes, offset, length)) return false;
  sack.clear();
  sack.cumulativeTsn = readUint32(bytes, offset + 4);
  sack.advertisedReceiverWindow = readUint32(bytes, offset + 8);

  const endOfBlocks = offset + SACK_HEADER_LENGTH + 4 * readUint16(bytes, offset + 12);
  let inOrder = true;
  let previousEnd = -1;
  for (let at = offset + SACK_HEADER_LENGTH; at < endOfBlocks; at += 4) {
    const start = Math.max(readUint16(bytes, at), 1);
    const end = readUint16(bytes, at + 2);
    if (end < start) continue;
    inOrder &&= start > previousEnd + 1;
    previousEnd = end;
    sack.addGapBlock(start, end);
  }
  if (!inOrder) sortGapBlocks(sack);

  for (let at = endOfBlocks; at < offset + length; at += 4) sack.addDuplicateTsn(readUint32(bytes, at));
  return true;
}

/** Sorts blocks and merges those that overlap or adjoin. No honest peer makes it necessary. */
function sortGapBlocks(sack: SackChunk): void {
  const blocks: { start: number; end: number }[] = [];
  for (let i = 0; i < sack.gapBlockCount; i++) blocks.push({ start: sack.gapStarts[i], end: sack.gapEnds[i] });
  blocks.sort((a, b) => a.start - b.start);
  let last = 0;
  for (const { start, end } of blocks) {
    if (last > 0 && start <= sack.gapEnds[last - 1] + 1) {
      sack.gapEnds[last - 1] = Math.max(sack.gapEnds[last - 1], end);
    } else {
      sack.gapStarts[last] = start;
      sack.gapEnds[last] = end;
      last++;
    }
  }
  sack.gapBlockCount = last;
}

export function sackLength(sack: SackChunk): number {
  return SACK_HEADER_LENGTH + 4 * (sack.gapBlockCount + sack.duplicateCount);
}

/** Needs room for `sackLength(sack)`. */
export function writeSack(bytes: Uint8Array, offset: number, sack: SackChunk): void {
  writeChunkHeader(bytes, offset, ChunkType.sack, 0, sackLength(sack));
  writeUint32(bytes, offset + 4, sack.cumulativeTsn);
  writeUint32(bytes, offset + 8, sack.advertisedReceiverWindow);
  writeUint16(bytes, offset + 12, sack.gapBlockCount);
  writeUint16(bytes, offset + 14, sack.duplicateCount);
  let at = offset + SACK_HEADER_LENGTH;
  for (let i = 0; i < sack.gapBlockCount; i++, at += 4) {
    writeUint16(bytes, at, sack.gapStarts[i]);
    writeUint16(bytes, at + 2, sack.gapEnds[i]);
  }
  for (let i = 0; i < sack.duplicateCount; i++, at += 4) writeUint32(bytes, at, sack.duplicateTsns[i]);
}
