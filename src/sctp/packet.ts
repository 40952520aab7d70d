import { readUint16, readUint32, writeUint16, writeUint32 } from '../common/bytes.js';
import { DropReason } from '../common/drop-reason.js';
import { CHUNK_HEADER_LENGTH, ChunkType } from './chunks/chunk.js';
import { isChunkWellFormed } from './chunks/well-formed.js';
import { packetChecksum } from './crc32c.js';
import { padded } from './tlv.js';

/**
 * SCTP packets (RFC 9260 §3): a common header, then chunks, each padded to a multiple of four bytes.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |      Source Port Number       |    Destination Port Number    |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                       Verification Tag                        |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |        Checksum: CRC32c, least significant byte first         |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Chunks                                                     ....
 */
export const PACKET_HEADER_LENGTH = 12;

const noBytes = new Uint8Array(0);

/**
 * A received packet: a reusable view over bytes of somebody else, valid as long as those are left alone. The chunks
 * are visited one after another:
 *
 *     if (packet.parse(bytes, offset, length, false) !== DropReason.none) return;
 *     while (packet.nextChunk()) switch (packet.chunkType) { … }
 */
export class SctpPacket {
  bytes: Uint8Array = noBytes;
  offset = 0;
  length = 0;
  sourcePort = 0;
  destinationPort = 0;
  verificationTag = 0;

  chunkCount = 0;
  /** DATA or I-DATA is among the chunks. */
  hasData = false;
  /** Type of the first chunk, -1 without. */
  firstChunkType = -1;
  firstChunkFlags = 0;

  /** The current chunk; its length is without padding. */
  chunkType = -1;
  chunkOffset = 0;
  chunkLength = 0;

  #nextOffset = 0;

  /**
   * Looks at bytes[offset, offset + length). A packet with one malformed chunk is malformed as a whole.
   *
   * @param zeroChecksumAcceptable Whether a checksum of 0 means that there is none (RFC 9653 §5.3).
   * @returns none, sctpMalformed or sctpChecksum
   */
  parse(bytes: Uint8Array, offset: number, length: number, zeroChecksumAcceptable: boolean): DropReason {
    this.bytes = bytes;
    this.offset = offset;
    this.length = length;
    if (length < PACKET_HEADER_LENGTH || length % 4 !== 0) return DropReason.sctpMalformed;
    this.sourcePort = readUint16(bytes, offset);
    this.destinationPort = readUint16(bytes, offset + 2);
    this.verificationTag = readUint32(bytes, offset + 4);
    if (!this.#isChecksumRight(zeroChecksumAcceptable)) return DropReason.sctpChecksum;
    return this.#checkChunks() ? DropReason.none : DropReason.sctpMalformed;
  }

  /** Goes on to the next chunk. False if there is none. */
  nextChunk(): boolean {
    const { bytes } = this;
    const offset = this.#nextOffset;
    if (offset >= this.offset + this.length) return false;
    this.chunkType = bytes[offset];
    this.chunkOffset = offset;
    this.chunkLength = readUint16(bytes, offset + 2);
    this.#nextOffset = offset + padded(this.chunkLength);
    return true;
  }

  #checkChunks(): boolean {
    const { bytes } = this;
    const end = this.offset + this.length;
    this.chunkCount = 0;
    this.hasData = false;
    this.firstChunkType = -1;
    this.firstChunkFlags = 0;
    let offset = this.offset + PACKET_HEADER_LENGTH;
    this.#nextOffset = offset;
    while (offset < end) {
      // The length is a multiple of four, so there is room for a header.
      const type = bytes[offset];
      const length = readUint16(bytes, offset + 2);
      if (length < CHUNK_HEADER_LENGTH || offset + padded(length) > end) return false;
      if (!isChunkWellFormed(type, bytes, offset, length)) return false;
      if (type === ChunkType.data || type === ChunkType.iData) this.hasData = true;
      if (this.chunkCount === 0) {
        this.firstChunkType = type;
        this.firstChunkFlags = bytes[offset + 1];
      }
      this.chunkCount++;
      offset += padded(length);
    }
    return true;
  }

  #isChecksumRight(zeroChecksumAcceptable: boolean): boolean {
    const { bytes } = this;
    const at = this.offset + CHECKSUM_OFFSET;
    const checksum = (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
    if (checksum === 0 && zeroChecksumAcceptable) return true;
    return checksum === packetChecksum(bytes, this.offset, this.length);
  }
}

/**
 * Builds packets, one after another, in memory of its own. Chunks that exist as bytes are added, those that are
 * written in place get room reserved:
 *
 *     builder.start(5000, 5000, peerTag);
 *     builder.add(encodeCookieAck());
 *     const offset = builder.reserve(sackLength(sack));
 *     if (offset >= 0) writeSack(builder.bytes, offset, sack);
 *     if (!builder.isEmpty) send(builder.bytes, 0, builder.finish(true));
 */
export class PacketBuilder {
  readonly bytes: Uint8Array;
  /** Of the packet so far. A multiple of four. */
  length = PACKET_HEADER_LENGTH;

  /** @param maxLength Of a packet, bytes. No packet is longer than its last multiple of four. */
  constructor(maxLength: number) {
    this.bytes = new Uint8Array(maxLength & ~3);
  }

  start(sourcePort: number, destinationPort: number, verificationTag: number): void {
    writeUint16(this.bytes, 0, sourcePort);
    writeUint16(this.bytes, 2, destinationPort);
    writeUint32(this.bytes, 4, verificationTag);
    this.length = PACKET_HEADER_LENGTH;
  }

  /** No chunk was added since `start`. */
  get isEmpty(): boolean {
    return this.length === PACKET_HEADER_LENGTH;
  }

  /** The longest chunk there is room for, header included, bytes. A multiple of four. */
  get remaining(): number {
    return this.bytes.length - this.length;
  }

  /**
   * Makes room for a chunk of this length (the one of its header).
   *
   * @returns where in `bytes` to write it, -1 if it does not fit.
   */
  reserve(chunkLength: number): number {
    const offset = this.length;
    const end = offset + padded(chunkLength);
    if (end > this.bytes.length) return -1;
    for (let i = offset + chunkLength; i < end; i++) this.bytes[i] = 0;
    this.length = end;
    return offset;
  }

  /** Adds a chunk. False if it does not fit. */
  add(chunk: Uint8Array): boolean {
    const offset = this.reserve(chunk.length);
    if (offset < 0) return false;
    this.bytes.set(chunk, offset);
    return true;
  }

  /**
   * Completes the packet, which is bytes[0, result).
   *
   * @param withChecksum Without, the checksum is 0 (RFC 9653 §5.2).
   */
  finish(withChecksum: boolean): number {
    const checksum = withChecksum ? packetChecksum(this.bytes, 0, this.length) : 0;
    this.bytes[CHECKSUM_OFFSET] = checksum;
    this.bytes[CHECKSUM_OFFSET + 1] = checksum >>> 8;
    this.bytes[CHECKSUM_OFFSET + 2] = checksum >>> 16;
    this.bytes[CHECKSUM_OFFSET + 3] = checksum >>> 24;
    return this.length;
  }
}

const CHECKSUM_OFFSET = 8;
