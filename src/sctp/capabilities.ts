import { type SctpNegotiatedCapabilities } from './association-owner.js';
import { ChunkType } from './chunks/chunk.js';
import { type InitChunk } from './chunks/init.js';
import { type SctpAssociationOptions } from './options.js';
import { findParameter, type Parameter } from './parameters/parameter.js';

/** What one side says in its INIT or INIT ACK that it can do. */
export interface Capabilities {
  readonly outboundStreams: number;
  readonly inboundStreams: number;
  readonly partialReliability: boolean;
  readonly messageInterleaving: boolean;
  readonly reconfiguration: boolean;
  /** Error detection method that makes checksums superfluous (RFC 9653); 0: none. */
  readonly zeroChecksumMethod: number;
}

export function capabilitiesOf(init: InitChunk): Capabilities {
  const extensions: readonly number[] = [...(findParameter(init.parameters, 'supportedExtensions')?.chunkTypes ?? [])];
  return {
    outboundStreams: init.outboundStreams,
    inboundStreams: init.inboundStreams,
    partialReliability:
      findParameter(init.parameters, 'forwardTsnSupported') !== undefined || extensions.includes(ChunkType.forwardTsn),
    messageInterleaving: extensions.includes(ChunkType.iData) && extensions.includes(ChunkType.iForwardTsn),
    reconfiguration: extensions.includes(ChunkType.reConfig),
    zeroChecksumMethod: findParameter(init.parameters, 'zeroChecksumAcceptable')?.errorDetectionMethod ?? 0,
  };
}

/** What our INIT and INIT ACK say. */
export function capabilityParameters(options: SctpAssociationOptions): Parameter[] {
  const chunkTypes: number[] = [ChunkType.reConfig];
  if (options.partialReliability) chunkTypes.push(ChunkType.forwardTsn);
  if (options.messageInterleaving) chunkTypes.push(ChunkType.iData, ChunkType.iForwardTsn);
  const parameters: Parameter[] = [{ kind: 'supportedExtensions', chunkTypes: Uint8Array.from(chunkTypes) }];
  if (options.partialReliability) parameters.push({ kind: 'forwardTsnSupported' });
  if (options.zeroChecksumMethod !== 0) {
    parameters.push({ kind: 'zeroChecksumAcceptable', errorDetectionMethod: options.zeroChecksumMethod });
  }
  return parameters;
}

export function negotiate(options: SctpAssociationOptions, peer: Capabilities): SctpNegotiatedCapabilities {
  return {
    maxOutboundStreams: Math.min(options.announcedMaxOutboundStreams, peer.inboundStreams),
    maxInboundStreams: Math.min(options.announcedMaxInboundStreams, peer.outboundStreams),
    partialReliability: options.partialReliability && peer.partialReliability,
    messageInterleaving: options.messageInterleaving && peer.messageInterleaving,
    reconfiguration: peer.reconfiguration,
    zeroChecksum: options.zeroChecksumMethod !== 0 && options.zeroChecksumMethod === peer.zeroChecksumMethod,
  };
}
