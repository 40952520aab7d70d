/**
 * Chunks of types this endpoint does not know. The two highest bits of the type say what to do with them
 * (RFC 9260 §3.2).
 */

/** Whether the rest of the packet is processed nevertheless. */
export function isUnknownChunkSkipped(type: number): boolean {
  return (type & 0x80) !== 0;
}

/** Whether the peer is told, by an ERROR with the cause Unrecognized Chunk Type. */
export function isUnknownChunkReported(type: number): boolean {
  return (type & 0x40) !== 0;
}
