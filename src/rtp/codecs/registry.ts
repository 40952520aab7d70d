import { type RtpPacket } from '../rtp-packet.js';
import { Av1EncodingContext, parseAv1 } from './av1.js';
import { DependencyDescriptorReader } from './dependency-descriptor.js';
import { type EncodingContext, type EncodingParameters } from './encoding-context.js';
import { H264EncodingContext, parseH264 } from './h264.js';
import { H265EncodingContext, parseH265 } from './h265.js';
import { OpusEncodingContext, parseOpus } from './opus.js';
import { parseVp8, Vp8EncodingContext } from './vp8.js';
import { parseVp9, Vp9EncodingContext } from './vp9.js';

/**
 * Fills a received packet's descriptor. Belongs to one stream. May rewrite the payload (VP8).
 */
export type PayloadParser = (packet: RtpPacket) => void;

interface Codec {
  createParser(): PayloadParser;
  createContext(parameters: EncodingParameters): EncodingContext;
}

const opus: Codec = {
  createParser: () => parseOpus,
  createContext: parameters => new OpusEncodingContext(parameters),
};

/** By MIME type in lower case. Of other codecs nothing is known, their packets are forwarded as they are. */
const codecs = new Map<string, Codec>([
  ['audio/opus', opus],
  ['audio/multiopus', opus],
  ['video/vp8', { createParser: () => parseVp8, createContext: parameters => new Vp8EncodingContext(parameters) }],
  ['video/vp9', { createParser: () => parseVp9, createContext: parameters => new Vp9EncodingContext(parameters) }],
  [
    'video/h264',
    {
      createParser: () => {
        const reader = new DependencyDescriptorReader();
        return packet => parseH264(packet, reader);
      },
      createContext: parameters => new H264EncodingContext(parameters),
    },
  ],
  ['video/h265', { createParser: () => parseH265, createContext: parameters => new H265EncodingContext(parameters) }],
  [
    'video/av1',
    {
      createParser: () => {
        const reader = new DependencyDescriptorReader();
        return packet => parseAv1(packet, reader);
      },
      createContext: parameters => new Av1EncodingContext(parameters),
    },
  ],
]);

/** The parser for a receive stream; undefined if the codec needs none. */
export function createPayloadParser(mimeType: string): PayloadParser | undefined {
  return codecs.get(mimeType.toLowerCase())?.createParser();
}

/** The context for a Consumer; undefined if the codec needs none. */
export function createEncodingContext(mimeType: string, parameters: EncodingParameters): EncodingContext | undefined {
  return codecs.get(mimeType.toLowerCase())?.createContext(parameters);
}
