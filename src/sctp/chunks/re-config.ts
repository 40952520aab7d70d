import { encodeParameters, type Parameter, parseParameters } from '../parameters/parameter.js';
import { CHUNK_HEADER_LENGTH, ChunkType, newChunk } from './chunk.js';

/**
 * RE-CONFIG (RFC 6525 §3.1): one or two requests or responses as parameters.
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Type = 130   |     Flags     |            Length             |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Parameters                                                 ....
 */
export interface ReConfigChunk {
  readonly parameters: readonly Parameter[];
}

export function parseReConfig(bytes: Uint8Array, offset: number, length: number): ReConfigChunk | undefined {
  const parameters = parseParameters(bytes, offset + CHUNK_HEADER_LENGTH, offset + length);
  return parameters && { parameters };
}

export function encodeReConfig({ parameters }: ReConfigChunk): Uint8Array {
  const list = encodeParameters(parameters);
  const chunk = newChunk(ChunkType.reConfig, 0, CHUNK_HEADER_LENGTH + list.length);
  chunk.set(list, CHUNK_HEADER_LENGTH);
  return chunk;
}
