import { MAX_COUNT, RTCP_HEADER_LENGTH, RtcpPacketType, writeRtcpHeader } from './rtcp-packet.js';

/**
 * Source description (RFC 3550 §6.5): header, then as many chunks as it counts. A chunk is an SSRC and items, ended and
 * padded to 4 bytes with 1 to 4 null bytes.
 *
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                              SSRC                             |
 *     |   CNAME = 1   |     length    | user and domain name        ...
 *     |  ...          |       0       |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * The worker knows CNAMEs from signalling; so what is received is only checked.
 */
export interface SdesChunk {
  ssrc: number;
  /** The canonical name; what exceeds 255 bytes is cut off. */
  cname: Uint8Array;
}

const CNAME = 1;
const MAX_ITEM_LENGTH = 255;

/** Whether the packet has the chunks that it counts, each ended and padded as it must be. */
export function isSdes(view: DataView, offset: number, length: number): boolean {
  const end = offset + length;
  let position = offset + RTCP_HEADER_LENGTH;
  for (let count = view.getUint8(offset) & 0x1f; count > 0; count--) {
    position = skipChunk(view, position, end);
    if (position < 0) return false;
  }
  return true;
}

/** Where the chunk at `start` ends, -1 if it is malformed. */
function skipChunk(view: DataView, start: number, end: number): number {
  if (start + 4 > end) return -1;
  let position = start + 4;
  while (position < end && view.getUint8(position) !== 0) {
    if (position + 2 > end || position + 2 + view.getUint8(position + 1) > end) return -1;
    position += 2 + view.getUint8(position + 1);
  }
  // The null byte that ends the items, and those that pad the chunk.
  const chunkEnd = start + (((position - start) >> 2) + 1) * 4;
  if (chunkEnd > end) return -1;
  for (; position < chunkEnd; position++) if (view.getUint8(position) !== 0) return -1;
  return chunkEnd;
}

/** Bytes that the chunks take, in as many packets as they need. */
export function sdesLength(chunks: readonly SdesChunk[]): number {
  let length = Math.ceil(chunks.length / MAX_COUNT) * RTCP_HEADER_LENGTH;
  for (const chunk of chunks) length += chunkLength(chunk);
  return length;
}

/** Writes packets with up to 31 chunks each. Returns their length. */
export function writeSdes(view: DataView, offset: number, chunks: readonly SdesChunk[]): number {
  let position = offset;
  for (let first = 0; first < chunks.length; first += MAX_COUNT) {
    const ofPacket = chunks.slice(first, first + MAX_COUNT);
    writeRtcpHeader(view, position, ofPacket.length, RtcpPacketType.sourceDescription, sdesLength(ofPacket));
    position += RTCP_HEADER_LENGTH;
    for (const chunk of ofPacket) {
      writeChunk(view, position, chunk);
      position += chunkLength(chunk);
    }
  }
  return position - offset;
}

function chunkLength({ cname }: SdesChunk): number {
  return ((4 + 2 + Math.min(cname.length, MAX_ITEM_LENGTH)) & ~3) + 4;
}

function writeChunk(view: DataView, offset: number, chunk: SdesChunk): void {
  const length = Math.min(chunk.cname.length, MAX_ITEM_LENGTH);
  view.setUint32(offset, chunk.ssrc);
  view.setUint8(offset + 4, CNAME);
  view.setUint8(offset + 5, length);
  for (let i = 0; i < length; i++) view.setUint8(offset + 6 + i, chunk.cname[i]);
  for (let i = 6 + length; i < chunkLength(chunk); i++) view.setUint8(offset + i, 0);
}
