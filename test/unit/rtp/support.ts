import { ExtensionList } from '../../../src/rtp/extension-list.js';
import { type ReportBlock } from '../../../src/rtp/rtcp/receiver-report.js';
import { RtpPacket } from '../../../src/rtp/rtp-packet.js';

export interface PacketParts {
  payloadType?: number;
  marker?: boolean;
  sequenceNumber?: number;
  timestamp?: number;
  ssrc?: number;
  csrcs?: number[];
  /** Profile and elements `[id, value]`; or raw bytes of the block's content. */
  profile?: number;
  extensions?: [number, number[]][];
  rawExtensions?: number[];
  payload?: number[];
  padding?: number;
}

/** An RTP packet, written independently of the code under test. */
export function buildPacket(parts: PacketParts): Uint8Array {
  const { csrcs = [], payload = [], padding = 0, extensions, rawExtensions } = parts;
  const profile = parts.profile ?? 0xbede;
  const block: number[] = [...(rawExtensions ?? [])];
  for (const [id, value] of extensions ?? []) {
    if (profile === 0xbede) block.push((id << 4) | (value.length - 1), ...value);
    else block.push(id, value.length, ...value);
  }
  while (block.length % 4 !== 0) block.push(0);
  const hasBlock = extensions !== undefined || rawExtensions !== undefined;
  return Uint8Array.from([
    0x80 | (padding > 0 ? 0x20 : 0) | (hasBlock ? 0x10 : 0) | csrcs.length,
    (parts.marker ? 0x80 : 0) | (parts.payloadType ?? 100),
    ...uint(parts.sequenceNumber ?? 1000, 2),
    ...uint(parts.timestamp ?? 90000, 4),
    ...uint(parts.ssrc ?? 0x12345678, 4),
    ...csrcs.flatMap(csrc => uint(csrc, 4)),
    ...(hasBlock ? [...uint(profile, 2), ...uint(block.length / 4, 2), ...block] : []),
    ...payload,
    ...(padding > 0 ? [...Array<number>(padding - 1).fill(0), padding] : []),
  ]);
}

/** A report block that says nothing. */
export function emptyReportBlock(ssrc: number): ReportBlock {
  return {
    ssrc,
    fractionLost: 0,
    totalLost: 0,
    highestSeq: 0,
    jitter: 0,
    lastSenderReport: 0,
    delaySinceLastSenderReport: 0,
  };
}

export function uint(value: number, length: number): number[] {
  return Array.from({ length }, (_, i) => Math.floor(value / 256 ** (length - 1 - i)) % 256);
}

export function hex(text: string): number[] {
  return [...Buffer.from(text.replaceAll(/\s/g, ''), 'hex')];
}

/** Parses bytes that have `headroom` bytes before them. */
export function parse(bytes: ArrayLike<number>, headroom = 0): RtpPacket | undefined {
  const packet = new RtpPacket();
  const memory = new Uint8Array(headroom + bytes.length);
  memory.set(Uint8Array.from(Array.from(bytes)), headroom);
  return packet.parse(memory, new DataView(memory.buffer), headroom, bytes.length, 0) ? packet : undefined;
}

export function packetBytes(packet: RtpPacket): number[] {
  return [...packet.bytes.slice(packet.offset, packet.offset + packet.length)];
}

export function payloadBytes(packet: RtpPacket): number[] {
  return [...packet.bytes.slice(packet.payloadOffset, packet.payloadOffset + packet.payloadLength)];
}

export function extensionBytes(packet: RtpPacket, id: number): number[] | undefined {
  const offset = packet.extensionOffset(id);
  return offset === 0 ? undefined : [...packet.bytes.slice(offset, offset + packet.extensionLength(id))];
}

export function listOf(...elements: [id: number, value: number[]][]): ExtensionList {
  const list = new ExtensionList();
  for (const [id, value] of elements) list.append(id, Uint8Array.from(value), 0, value.length);
  return list;
}

export function text(value: string): number[] {
  return [...Buffer.from(value)];
}
