import { encodeParameters, type Parameter, parseParameters } from '../parameters/parameter.js';
import { CHUNK_HEADER_LENGTH, ChunkType, newChunk } from './chunk.js';

/**
 * HEARTBEAT and, with type 5, HEARTBEAT ACK (RFC 9260 §3.3.5, §3.3.6). The parameter is Heartbeat Info, whose content
 * is its sender's own affair.
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |   Type = 4    |     Flags     |            Length             |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Parameters                                                 ....
 */
export interface HeartbeatChunk {
  readonly parameters: readonly Parameter[];
}

export function parseHeartbeat(bytes: Uint8Array, offset: number, length: number): HeartbeatChunk | undefined {
  const parameters = parseParameters(bytes, offset + CHUNK_HEADER_LENGTH, offset + length);
  return parameters && { parameters };
}

export function encodeHeartbeat(heartbeat: HeartbeatChunk): Uint8Array {
  return encodeHeartbeatOfType(ChunkType.heartbeat, heartbeat);
}

/** @internal for HEARTBEAT ACK, which differs in its type only. */
export function encodeHeartbeatOfType(type: number, { parameters }: HeartbeatChunk): Uint8Array {
  const list = encodeParameters(parameters);
  const chunk = newChunk(type, 0, CHUNK_HEADER_LENGTH + list.length);
  chunk.set(list, CHUNK_HEADER_LENGTH);
  return chunk;
}
