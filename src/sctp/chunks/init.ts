import { readUint16, readUint32, writeUint16, writeUint32 } from '../../common/bytes.js';
import { encodeParameters, type Parameter, parseParameters } from '../parameters/parameter.js';
import { ChunkType, newChunk } from './chunk.js';

/**
 * INIT and, with type 2, INIT ACK (RFC 9260 §3.3.2, §3.3.3).
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |   Type = 1    |     Flags     |            Length             |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                         Initiate Tag                          |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |          Advertised Receiver Window Credit (a_rwnd)           |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Number of Outbound Streams   |   Number of Inbound Streams   |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                          Initial TSN                          |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Parameters                                                 ....
 */
const INIT_HEADER_LENGTH = 20;

/** INIT or INIT ACK. */
export interface InitChunk {
  readonly initiateTag: number;
  /** bytes */
  readonly advertisedReceiverWindow: number;
  readonly outboundStreams: number;
  readonly inboundStreams: number;
  readonly initialTsn: number;
  readonly parameters: readonly Parameter[];
}

export function parseInit(bytes: Uint8Array, offset: number, length: number): InitChunk | undefined {
  if (length < INIT_HEADER_LENGTH) return undefined;
  const parameters = parseParameters(bytes, offset + INIT_HEADER_LENGTH, offset + length);
  if (parameters === undefined) return undefined;
  return {
    initiateTag: readUint32(bytes, offset + 4),
    advertisedReceiverWindow: readUint32(bytes, offset + 8),
    outboundStreams: readUint16(bytes, offset + 12),
    inboundStreams: readUint16(bytes, offset + 14),
    initialTsn: readUint32(bytes, offset + 16),
    parameters,
  };
}

export function encodeInit(init: InitChunk): Uint8Array {
  return encodeInitOfType(ChunkType.init, init);
}

/** @internal for INIT ACK, which differs in its type only. */
export function encodeInitOfType(type: number, init: InitChunk): Uint8Array {
  const parameters = encodeParameters(init.parameters);
  const chunk = newChunk(type, 0, INIT_HEADER_LENGTH + parameters.length);
  writeUint32(chunk, 4, init.initiateTag);
  writeUint32(chunk, 8, init.advertisedReceiverWindow);
  writeUint16(chunk, 12, init.outboundStreams);
  writeUint16(chunk, 14, init.inboundStreams);
  writeUint32(chunk, 16, init.initialTsn);
  chunk.set(parameters, INIT_HEADER_LENGTH);
  return chunk;
}
