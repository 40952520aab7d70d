/** One packet of a compound RTCP packet. */
export interface RtcpPacket {
  readonly type: number;
  /** The five bits behind version and padding: number of items, or format of feedback. */
  readonly count: number;
  /** Everything behind the first four bytes, without padding. */
  readonly body: Buffer;
}

export interface ReportBlock {
  readonly ssrc: number;
  readonly fraction: number;
  readonly lost: number;
  readonly highest: number;
  readonly jitter: number;
  readonly lsr: number;
  readonly dlsr: number;
}

export const RtcpType = { SR: 200, RR: 201, SDES: 202, BYE: 203, APP: 204, RTPFB: 205, PSFB: 206, XR: 207 } as const;

/** @returns the packets of a datagram, or undefined if it is not RTCP from its first to its last byte. */
export function splitRtcp(bytes: Buffer): RtcpPacket[] | undefined {
  const packets: RtcpPacket[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < 4 || bytes[at] >> 6 !== 2) return undefined;
    const size = 4 * (bytes.readUInt16BE(at + 2) + 1);
    if (at + size > bytes.length) return undefined;
    const padding = bytes[at] & 0x20 ? bytes[at + size - 1] : 0;
    packets.push({
      type: bytes[at + 1],
      count: bytes[at] & 0x1f,
      body: bytes.subarray(at + 4, at + size - padding),
    });
    at += size;
  }
  return packets;
}

export function readReportBlocks(body: Buffer, offset: number, count: number): ReportBlock[] {
  return Array.from({ length: count }, (_, index) => {
    const at = offset + 24 * index;
    return {
      ssrc: body.readUInt32BE(at),
      fraction: body[at + 4],
      lost: body.readIntBE(at + 5, 3),
      highest: body.readUInt32BE(at + 8),
      jitter: body.readUInt32BE(at + 12),
      lsr: body.readUInt32BE(at + 16),
      dlsr: body.readUInt32BE(at + 20),
    };
  });
}

/** Chunks of SDES (RFC 3550 §6.5). */
export function readSdesChunks(body: Buffer, count: number): { ssrc: number; items: [number, string][] }[] {
  const chunks: { ssrc: number; items: [number, string][] }[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    const ssrc = body.readUInt32BE(at);
    const items: [number, string][] = [];
    at += 4;
    while (at < body.length && body[at] !== 0) {
      const size = body[at + 1];
      items.push([body[at], body.toString('utf8', at + 2, at + 2 + size)]);
      at += 2 + size;
    }
    // At least one null byte ends the list, and more fill up the word.
    at = 4 * (Math.floor(at / 4) + 1);
    chunks.push({ ssrc, items });
  }
  return chunks;
}

/** Blocks of XR (RFC 3611 §3). */
export function readXrBlocks(body: Buffer): { type: number; content: Buffer }[] {
  const blocks: { type: number; content: Buffer }[] = [];
  let at = 4;
  while (at + 4 <= body.length) {
    const size = 4 * body.readUInt16BE(at + 2);
    blocks.push({ type: body[at], content: body.subarray(at + 4, at + 4 + size) });
    at += 4 + size;
  }
  return blocks;
}

/** The sequence numbers of a generic NACK (RFC 4585 §6.2.1), in order. */
export function readNackItems(body: Buffer): number[] {
  const numbers: number[] = [];
  for (let at = 8; at + 4 <= body.length; at += 4) {
    const first = body.readUInt16BE(at);
    const mask = body.readUInt16BE(at + 2);
    numbers.push(first);
    for (let bit = 0; bit < 16; bit++) {
      if (mask & (1 << bit)) numbers.push((first + bit + 1) & 0xffff);
    }
  }
  return numbers;
}
