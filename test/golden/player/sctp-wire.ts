import { type Json, type JsonObject } from './recording.js';

/**
 * SCTP as the player reads and writes it (RFC 9260, RFC 3758, RFC 6525, RFC 8260): on its own, so that the association
 * under test is not its own judge.
 */
export interface SctpChunk {
  readonly type: number;
  readonly flags: number;
  /** Everything behind type, flags and length, without padding. */
  readonly value: Buffer;
}

export interface SctpPacket {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly verificationTag: number;
  readonly checksumOk: boolean;
  readonly chunks: readonly SctpChunk[];
}

export const ChunkType = {
  DATA: 0,
  INIT: 1,
  INIT_ACK: 2,
  SACK: 3,
  HEARTBEAT: 4,
  HEARTBEAT_ACK: 5,
  ABORT: 6,
  SHUTDOWN: 7,
  SHUTDOWN_ACK: 8,
  ERROR: 9,
  COOKIE_ECHO: 10,
  COOKIE_ACK: 11,
  SHUTDOWN_COMPLETE: 14,
  I_DATA: 64,
  RE_CONFIG: 130,
  FORWARD_TSN: 192,
  I_FORWARD_TSN: 194,
} as const;

export const ParameterType = {
  HEARTBEAT_INFO: 1,
  STATE_COOKIE: 7,
  OUTGOING_RESET: 13,
  RECONFIG_RESPONSE: 16,
  SUPPORTED_EXTENSIONS: 0x8008,
  FORWARD_TSN_SUPPORTED: 0xc000,
} as const;

/** A type, a length, and a value: what parameters and error causes look like. */
export interface SctpParameter {
  readonly type: number;
  readonly value: Buffer;
}

/** Flags of DATA and I-DATA by their letters: end, beginning, unordered, immediately. */
const DATA_FLAGS: Readonly<Record<string, number>> = { B: 2, E: 1, U: 4, I: 8 };

export const readDataFlags = (letters: string): number =>
  [...letters].reduce((flags, letter) => flags | DATA_FLAGS[letter], 0);

export const writeDataFlags = (flags: number): string =>
  Object.entries(DATA_FLAGS)
    .filter(([, flag]) => flags & flag)
    .map(([letter]) => letter)
    .join('');

const HEADER_SIZE = 12;

export function readSctpPacket(bytes: Buffer): SctpPacket {
  const chunks: SctpChunk[] = [];
  let at = HEADER_SIZE;
  while (at + 4 <= bytes.length) {
    const length = bytes.readUInt16BE(at + 2);
    chunks.push({ type: bytes[at], flags: bytes[at + 1], value: bytes.subarray(at + 4, at + length) });
    at += padded(Math.max(length, 4));
  }
  const unsigned = Buffer.from(bytes);
  unsigned.fill(0, 8, HEADER_SIZE);
  return {
    sourcePort: bytes.readUInt16BE(0),
    destinationPort: bytes.readUInt16BE(2),
    verificationTag: bytes.readUInt32BE(4),
    checksumOk: crc32c(unsigned) === bytes.readUInt32LE(8),
    chunks,
  };
}

/** @param checksum makes the checksum of the packet from the right one. */
export function writeSctpPacket(
  verificationTag: number,
  chunks: readonly SctpChunk[],
  checksum: (right: number) => number = right => right,
): Buffer {
  const header = Buffer.alloc(HEADER_SIZE);
  header.writeUInt16BE(5000);
  header.writeUInt16BE(5000, 2);
  header.writeUInt32BE(verificationTag, 4);
  const packet = Buffer.concat([header, ...chunks.map(writeChunk)]);
  packet.writeUInt32LE(checksum(crc32c(packet)), 8);
  return packet;
}

function writeChunk({ type, flags, value }: SctpChunk): Buffer {
  const bytes = Buffer.alloc(padded(4 + value.length));
  bytes[0] = type;
  bytes[1] = flags;
  bytes.writeUInt16BE(4 + value.length, 2);
  value.copy(bytes, 4);
  return bytes;
}

export function readParameters(bytes: Buffer): SctpParameter[] {
  const parameters: SctpParameter[] = [];
  let at = 0;
  while (at + 4 <= bytes.length) {
    const length = bytes.readUInt16BE(at + 2);
    parameters.push({ type: bytes.readUInt16BE(at), value: bytes.subarray(at + 4, at + length) });
    at += padded(Math.max(length, 4));
  }
  return parameters;
}

/** The padding behind the last one belongs to the chunk, and is not counted in its length. */
export function writeParameters(parameters: readonly SctpParameter[]): Buffer {
  const parts = parameters.map(({ type, value }, index) => {
    const length = 4 + value.length;
    const bytes = Buffer.alloc(index === parameters.length - 1 ? length : padded(length));
    bytes.writeUInt16BE(type);
    bytes.writeUInt16BE(length, 2);
    value.copy(bytes, 4);
    return bytes;
  });
  return Buffer.concat(parts);
}

export interface InitFields {
  readonly tag: number;
  readonly rwnd: number;
  readonly os: number;
  readonly mis: number;
  readonly tsn: number;
  readonly parameters: readonly SctpParameter[];
}

/** The value of INIT and INIT-ACK. */
export function readInit(value: Buffer): InitFields {
  return {
    tag: value.readUInt32BE(0),
    rwnd: value.readUInt32BE(4),
    os: value.readUInt16BE(8),
    mis: value.readUInt16BE(10),
    tsn: value.readUInt32BE(12),
    parameters: readParameters(value.subarray(16)),
  };
}

export function writeInit({ tag, rwnd, os, mis, tsn, parameters }: InitFields): Buffer {
  return Buffer.concat([uint32(tag), uint32(rwnd), uint16(os, mis), uint32(tsn), writeParameters(parameters)]);
}

export interface SackFields {
  readonly cum: number;
  readonly rwnd: number;
  /** Offsets from `cum`: first and last of each block. */
  readonly gaps: readonly (readonly [number, number])[];
  readonly duplicates: readonly number[];
}

export function readSack(value: Buffer): SackFields {
  const gapCount = value.readUInt16BE(8);
  const duplicateCount = value.readUInt16BE(10);
  const duplicatesAt = 12 + 4 * gapCount;
  return {
    cum: value.readUInt32BE(0),
    rwnd: value.readUInt32BE(4),
    gaps: Array.from({ length: gapCount }, (_, index) => {
      const at = 12 + 4 * index;
      return [value.readUInt16BE(at), value.readUInt16BE(at + 2)] as const;
    }),
    duplicates: Array.from({ length: duplicateCount }, (_, index) => value.readUInt32BE(duplicatesAt + 4 * index)),
  };
}

export function writeSack({ cum, rwnd, gaps, duplicates }: SackFields): Buffer {
  return Buffer.concat([
    uint32(cum, rwnd),
    uint16(gaps.length, duplicates.length, ...gaps.flat()),
    uint32(...duplicates),
  ]);
}

/** A chunk as recordings write it; `tsn` and the like are made absolute by the functions given. */
export interface ChunkNumbers {
  readonly own: (relative: number) => number;
  readonly theirs: (relative: number) => number;
}

const field = (chunk: JsonObject, name: string, otherwise: number): number =>
  (chunk[name] as number | undefined) ?? otherwise;

export function writeDataChunk(chunk: JsonObject, { own }: ChunkNumbers): SctpChunk {
  const interleaved = chunk.type === 'I_DATA';
  const flags = readDataFlags((chunk.flags as string | undefined) ?? 'BE');
  const ppid = field(chunk, 'ppid', 53);
  const stream = uint16(chunk.stream as number);
  const numbers = interleaved
    ? [stream, uint16(0), uint32(field(chunk, 'mid', 0), field(chunk, 'fsn', ppid))]
    : [stream, uint16(field(chunk, 'ssn', 0)), uint32(ppid)];
  return {
    type: interleaved ? ChunkType.I_DATA : ChunkType.DATA,
    flags,
    value: Buffer.concat([uint32(own(chunk.tsn as number)), ...numbers, Buffer.from(chunk.hex as string, 'hex')]),
  };
}

export function writeForwardTsn(chunk: JsonObject, { own }: ChunkNumbers): Buffer {
  const streams = (chunk.streams as [number, number][] | undefined) ?? [];
  return Buffer.concat([uint32(own(chunk.cum as number)), uint16(...streams.flat())]);
}

export function writeOutgoingReset(chunk: JsonObject, { own }: ChunkNumbers): Buffer {
  const numbers = [own(field(chunk, 'seq', 0)), field(chunk, 'response', 0), own(chunk.lastTsn as number)];
  const value = Buffer.concat([uint32(...numbers), uint16(...((chunk.streams as number[] | undefined) ?? []))]);
  return writeParameters([{ type: ParameterType.OUTGOING_RESET, value }]);
}

export function writeResetResponse(chunk: JsonObject, { theirs }: ChunkNumbers): Buffer {
  const seq = chunk.theirSeq === undefined ? (chunk.seq as number) : theirs(chunk.theirSeq as number);
  return writeParameters([{ type: ParameterType.RECONFIG_RESPONSE, value: uint32(seq, chunk.result as number) }]);
}

export const chunkTypeOf = (name: Json): number =>
  typeof name === 'number' ? name : ChunkType[name as keyof typeof ChunkType];

export const chunkName = (type: number): string =>
  Object.entries(ChunkType).find(([, number]) => number === type)?.[0] ?? `CHUNK${type}`;

export function uint16(...values: number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  values.forEach((value, index) => bytes.writeUInt16BE(value, 2 * index));
  return bytes;
}

export function uint32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeUInt32BE(value >>> 0, 4 * index));
  return bytes;
}

const padded = (length: number): number => 4 * Math.ceil(length / 4);

/** CRC32c, bit by bit (RFC 9260 Appendix A). */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}
