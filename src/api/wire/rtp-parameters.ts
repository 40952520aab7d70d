import {
  MediaKind as FbsMediaKind,
  type Parameter,
  type RtpCodecParameters as FbsRtpCodecParameters,
  type RtpEncodingParameters as FbsRtpEncodingParameters,
  type RtpHeaderExtensionParameters as FbsRtpHeaderExtensionParameters,
  RtpHeaderExtensionUri as FbsUri,
  type RtpMapping,
  type RtpParameters as FbsRtpParameters,
  Type,
  Value,
} from '../../channel/fbs/rtp-parameters.js';
import { type RtpCodecsEncodingsMapping } from '../ortc/ortc.js';
import { type ConsumerType } from '../types/consumer.js';
import {
  type MediaKind,
  type RtcpFeedback,
  type RtpCodecParameters,
  type RtpEncodingParameters,
  type RtpHeaderExtensionParameters,
  type RtpHeaderExtensionUri,
  type RtpParameters,
} from '../types/rtp-parameters.js';
import { EnumNames } from './convert.js';

export const mediaKinds = new EnumNames<MediaKind, FbsMediaKind>('MediaKind', {
  audio: FbsMediaKind.AUDIO,
  video: FbsMediaKind.VIDEO,
});

export const rtpTypes = new EnumNames<ConsumerType, Type>('RtpParameters.Type', {
  simple: Type.SIMPLE,
  simulcast: Type.SIMULCAST,
  svc: Type.SVC,
  pipe: Type.PIPE,
});

const uris = new EnumNames<RtpHeaderExtensionUri, FbsUri>('RtpHeaderExtensionUri', {
  'urn:ietf:params:rtp-hdrext:sdes:mid': FbsUri.Mid,
  'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id': FbsUri.RtpStreamId,
  'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id': FbsUri.RepairRtpStreamId,
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time': FbsUri.AbsSendTime,
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01': FbsUri.TransportWideCcDraft01,
  'urn:ietf:params:rtp-hdrext:ssrc-audio-level': FbsUri.SsrcAudioLevel,
  'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension':
    FbsUri.DependencyDescriptor,
  'urn:3gpp:video-orientation': FbsUri.VideoOrientation,
  'urn:ietf:params:rtp-hdrext:toffset': FbsUri.TimeOffset,
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time': FbsUri.AbsCaptureTime,
  'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay': FbsUri.PlayoutDelay,
  'urn:mediasoup:params:rtp-hdrext:packet-id': FbsUri.MediasoupPacketId,
});

/**
 * RtpParameters, checked and normalised before, for the worker.
 * @throws TypeError - unknown header extension. RangeError - maxBitrate is not an integer.
 */
export function rtpParametersToFbs(parameters: RtpParameters): FbsRtpParameters {
  return {
    mid: parameters.mid,
    codecs: parameters.codecs.map(codecToFbs),
    headerExtensions: (parameters.headerExtensions ?? []).map(headerExtensionToFbs),
    encodings: encodingsToFbs(parameters.encodings),
    rtcp: {
      cname: parameters.rtcp?.cname,
      reducedSize: Boolean(parameters.rtcp?.reducedSize),
    },
    msid: parameters.msid,
  };
}

export const encodingsToFbs = (encodings: RtpEncodingParameters[] = []): FbsRtpEncodingParameters[] =>
  encodings.map(encoding => ({
    ssrc: encoding.ssrc || undefined,
    rid: encoding.rid,
    codecPayloadType: encoding.codecPayloadType || undefined,
    rtx: encoding.rtx && { ssrc: encoding.rtx.ssrc },
    dtx: Boolean(encoding.dtx),
    scalabilityMode: encoding.scalabilityMode || undefined,
    maxBitrate: encoding.maxBitrate === undefined ? undefined : BigInt(encoding.maxBitrate),
  }));

export const rtpMappingToFbs = (mapping: RtpCodecsEncodingsMapping): RtpMapping => ({
  codecs: mapping.codecs.map(({ payloadType, mappedPayloadType }) => ({ payloadType, mappedPayloadType })),
  encodings: mapping.encodings.map(({ rid, ssrc, mappedSsrc }) => ({ rid, ssrc, mappedSsrc })),
});

/** As the reference hands it out: what an encoding lacks is null. */
export const rtpMappingFromFbs = ({ codecs, encodings }: RtpMapping): unknown => ({
  codecs,
  encodings: encodings.map(encoding => ({ rid: null, ssrc: null, ...encoding })),
});

/** What `serializeRtpMapping` takes of FlatBuffers' `Builder`. */
export interface FlatBufferBuilder {
  createString(text: string | undefined): number;
  startObject(fieldCount: number): void;
  addFieldInt8(slot: number, value: number, missing: number): void;
  addFieldInt32(slot: number, value: number, missing: number): void;
  addFieldOffset(slot: number, offset: number, missing: number): void;
  endObject(): number;
  startVector(elementSize: number, length: number, alignment: number): void;
  addOffset(offset: number): void;
  endVector(): number;
}

/** Writes a mapping where the application itself builds messages, with the package `flatbuffers`. Returns its offset. */
export function serializeRtpMapping(builder: FlatBufferBuilder, mapping: RtpCodecsEncodingsMapping): number {
  const vector = (offsets: number[]): number => {
    builder.startVector(4, offsets.length, 4);
    for (const offset of offsets.reverse()) builder.addOffset(offset);
    return builder.endVector();
  };
  const codecs = vector(
    mapping.codecs.map(({ payloadType, mappedPayloadType }) => {
      builder.startObject(2);
      builder.addFieldInt8(0, payloadType, 0);
      builder.addFieldInt8(1, mappedPayloadType, 0);
      return builder.endObject();
    }),
  );
  const encodings = vector(
    mapping.encodings.map(({ rid, ssrc, mappedSsrc }) => {
      const ridOffset = builder.createString(rid);
      builder.startObject(3);
      builder.addFieldOffset(0, ridOffset, 0);
      if (ssrc !== undefined) builder.addFieldInt32(1, ssrc, NaN);
      builder.addFieldInt32(2, mappedSsrc, 0);
      return builder.endObject();
    }),
  );
  builder.startObject(2);
  builder.addFieldOffset(0, codecs, 0);
  builder.addFieldOffset(1, encodings, 0);
  return builder.endObject();
}

export const rtpParametersFromFbs = (parameters: FbsRtpParameters): RtpParameters => ({
  mid: text(parameters.mid),
  codecs: parameters.codecs.map(codecFromFbs),
  headerExtensions: parameters.headerExtensions.map(headerExtensionFromFbs),
  encodings: encodingsFromFbs(parameters.encodings),
  rtcp: { cname: text(parameters.rtcp?.cname), reducedSize: parameters.rtcp?.reducedSize },
  msid: text(parameters.msid),
});

export const encodingsFromFbs = (encodings: FbsRtpEncodingParameters[]): RtpEncodingParameters[] =>
  encodings.map(encoding => ({
    ssrc: encoding.ssrc ?? undefined,
    rid: text(encoding.rid),
    codecPayloadType: encoding.codecPayloadType ?? undefined,
    rtx: encoding.rtx ? { ssrc: encoding.rtx.ssrc } : undefined,
    dtx: encoding.dtx,
    scalabilityMode: text(encoding.scalabilityMode),
    maxBitrate: encoding.maxBitrate === undefined ? undefined : Number(encoding.maxBitrate),
  }));

/** A string of the worker, for which an empty one is none. */
export const text = (value: string | undefined): string | undefined => value || undefined;

const codecToFbs = (codec: RtpCodecParameters): FbsRtpCodecParameters => ({
  mimeType: codec.mimeType,
  payloadType: codec.payloadType,
  clockRate: codec.clockRate,
  // The reference sends 0 where there are none.
  channels: Number(codec.channels) || 0,
  parameters: parametersToFbs(codec.parameters),
  rtcpFeedback: (codec.rtcpFeedback ?? []).map(({ type, parameter }) => ({ type, parameter })),
});

const codecFromFbs = (codec: FbsRtpCodecParameters): RtpCodecParameters => ({
  mimeType: codec.mimeType,
  payloadType: codec.payloadType,
  clockRate: codec.clockRate,
  channels: codec.channels ?? undefined,
  parameters: parametersFromFbs(codec.parameters),
  rtcpFeedback: codec.rtcpFeedback.map(({ type, parameter }): RtcpFeedback => ({
    type: type,
    parameter: text(parameter),
  })),
});

const headerExtensionToFbs = (ext: RtpHeaderExtensionParameters): FbsRtpHeaderExtensionParameters => ({
  uri: uris.toValue(ext.uri),
  id: ext.id,
  encrypt: Boolean(ext.encrypt),
  parameters: parametersToFbs(ext.parameters),
});

const headerExtensionFromFbs = (ext: FbsRtpHeaderExtensionParameters): RtpHeaderExtensionParameters => ({
  uri: uris.toName(ext.uri),
  id: ext.id,
  encrypt: ext.encrypt,
  parameters: parametersFromFbs(ext.parameters),
});

const parametersToFbs = (parameters: Record<string, unknown> = {}): Parameter[] =>
  Object.entries(parameters).map(([key, value]) => {
    if (typeof value === 'string') return { name: key, valueType: Value.String, value: { value } };
    if (typeof value !== 'number') {
      throw new Error(`invalid parameter type [key:'${key}', value:${String(value)}]`);
    }
    return Number.isInteger(value)
      ? { name: key, valueType: Value.Integer32, value: { value } }
      : { name: key, valueType: Value.Double, value: { value } };
  });

const parametersFromFbs = (parameters: Parameter[]): Record<string, unknown> =>
  Object.fromEntries(
    parameters.map(({ name, valueType, value }) => {
      const content = value?.value;
      return [name, valueType === Value.Boolean ? Boolean(content) : content];
    }),
  );
