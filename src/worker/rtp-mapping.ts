import type * as FbsRtpParameters from '../channel/fbs/rtp-parameters.js';
import { type RtpParameters } from './rtp-parameters.js';

/** How a Producer's payload types and SSRCs become those of its Router. */
export interface RtpMapping {
  readonly codecs: ReadonlyMap<number, number>;
  /** Mapped payload types by payload type, -1 where there is none. */
  readonly payloadTypes: Int16Array;
  /** In the order of the Producer's encodings. */
  readonly encodings: readonly EncodingMapping[];
}

export interface EncodingMapping {
  /** 0 if not given. */
  readonly ssrc: number;
  readonly mappedSsrc: number;
}

/** @throws TypeError */
export function parseRtpMapping(fbs: FbsRtpParameters.RtpMapping, parameters: RtpParameters): RtpMapping {
  const codecs = new Map<number, number>();
  const payloadTypes = new Int16Array(256).fill(-1);
  for (const { payloadType, mappedPayloadType } of fbs.codecs) {
    codecs.set(payloadType, mappedPayloadType);
    payloadTypes[payloadType] = mappedPayloadType & 0x7f;
  }
  const encodings = fbs.encodings.map(({ ssrc, rid, mappedSsrc }) => {
    if (ssrc === undefined && rid === undefined) {
      if (fbs.encodings.length > 1) throw new TypeError('wrong entry in rtpMapping.encodings (missing ssrc or rid)');
      if (parameters.mid === '') {
        throw new TypeError('wrong entry in rtpMapping.encodings (missing ssrc or rid, or rtpParameters.mid)');
      }
    }
    if (mappedSsrc === 0) throw new TypeError('wrong entry in rtpMapping.encodings (missing mappedSsrc)');
    return { ssrc: ssrc ?? 0, mappedSsrc };
  });
  if (encodings.length !== parameters.encodings.length) {
    throw new TypeError('rtpParameters.encodings size does not match rtpMapping.encodings size');
  }
  return { codecs, payloadTypes, encodings };
}

export function serializeRtpMapping(mapping: RtpMapping): FbsRtpParameters.RtpMapping {
  return {
    codecs: [...mapping.codecs].map(([from, to]) => ({ payloadType: from, mappedPayloadType: to })),
    encodings: mapping.encodings.map(({ ssrc, mappedSsrc }) => ({ rid: '', ssrc: ssrc || undefined, mappedSsrc })),
  };
}
