import { ChunkType } from './chunk.js';
import { encodeInitOfType, type InitChunk, parseInit } from './init.js';

/** INIT ACK (RFC 9260 §3.3.3): an INIT of another type, which carries a state cookie among its parameters. */
export function parseInitAck(bytes: Uint8Array, offset: number, length: number): InitChunk | undefined {
  return parseInit(bytes, offset, length);
}

export function encodeInitAck(initAck: InitChunk): Uint8Array {
  return encodeInitOfType(ChunkType.initAck, initAck);
}
