import { ChunkType } from './chunk.js';
import { encodeHeartbeatOfType, type HeartbeatChunk, parseHeartbeat } from './heartbeat.js';

/** HEARTBEAT ACK (RFC 9260 §3.3.6): the parameters of the HEARTBEAT that it answers. */
export function parseHeartbeatAck(bytes: Uint8Array, offset: number, length: number): HeartbeatChunk | undefined {
  return parseHeartbeat(bytes, offset, length);
}

export function encodeHeartbeatAck(heartbeatAck: HeartbeatChunk): Uint8Array {
  return encodeHeartbeatOfType(ChunkType.heartbeatAck, heartbeatAck);
}
