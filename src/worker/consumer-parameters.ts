import { type ConsumerLayers } from '../channel/fbs/consumer.js';
import { type MediaKind, Type } from '../channel/fbs/rtp-parameters.js';
import { type ConsumeRequest } from '../channel/fbs/transport.js';
import {
  checkCodecForType,
  codecForEncoding,
  headerExtensionIds,
  isMediaCodec,
  parseEncoding,
  parseMediaKind,
  parseRtpParameters,
  type RtpCodec,
  type RtpEncoding,
  type RtpParameters,
} from './rtp-parameters.js';

/** What a `consume` request says, checked. */
export interface ConsumerParameters {
  readonly kind: MediaKind;
  readonly type: Type;
  readonly rtpParameters: RtpParameters;
  /** The Producer's encodings with mapped SSRCs. */
  readonly consumableEncodings: readonly RtpEncoding[];
  /** Of the first encoding. */
  readonly codec: RtpCodec;
  /** Whether key frames can be told from others, so that one can wait for them. */
  readonly keyFrameSupported: boolean;
  /** Within what there is; of no meaning for simple and pipe Consumers. */
  readonly preferredLayers: [spatialLayer: number, temporalLayer: number];
  /** Whether Opus packets of discontinuous transmission are left out. */
  readonly ignoreDtx: boolean;
  /** By payload type: 1 if packets with it are passed on. */
  readonly supportedPayloadTypes: Uint8Array;
}

/** AV1 is not among them: only with layers does one wait for a key frame of it. */
const CODECS_WITH_KEY_FRAMES = ['video/VP8', 'video/VP9', 'video/H264', 'video/H265'];

/** @throws TypeError */
export function parseConsumerParameters(request: ConsumeRequest): ConsumerParameters {
  const kind = parseMediaKind(request.kind);
  const isPipe = request.type === Type.PIPE;
  const rtpParameters = parseRtpParameters(request.rtpParameters);
  for (const { ssrc, rtxSsrc } of rtpParameters.encodings) {
    if (ssrc === 0) throw new TypeError('invalid encoding in rtpParameters (missing ssrc)');
    if (rtxSsrc === 0) throw new TypeError('invalid encoding in rtpParameters (missing rtx.ssrc)');
  }
  const consumableEncodings = request.consumableRtpEncodings.map(parseEncoding);
  if (consumableEncodings.length === 0) throw new TypeError('empty consumableRtpEncodings');
  if (consumableEncodings.some(({ ssrc }) => ssrc === 0)) {
    throw new TypeError('wrong encoding in consumableRtpEncodings (missing ssrc)');
  }
  if (isPipe && rtpParameters.encodings.length !== consumableEncodings.length) {
    throw new TypeError('number of rtpParameters.encodings and consumableRtpEncodings do not match');
  }
  headerExtensionIds(rtpParameters);

  const type = isPipe ? Type.PIPE : consumerType(consumableEncodings);
  const codec = codecForEncoding(rtpParameters, rtpParameters.encodings[0]);
  checkLayers(type, rtpParameters.encodings[0], consumableEncodings, codec);
  return {
    kind,
    type,
    rtpParameters,
    consumableEncodings,
    codec,
    keyFrameSupported: CODECS_WITH_KEY_FRAMES.includes(codec.mimeType),
    preferredLayers: clampLayers(request.preferredLayers, rtpParameters.encodings[0]),
    ignoreDtx: request.ignoreDtx,
    supportedPayloadTypes: supportedPayloadTypes(rtpParameters),
  };
}

/** Layers that the encoding has; the highest ones where none are given. */
export function clampLayers(
  layers: ConsumerLayers | undefined,
  { spatialLayers, temporalLayers }: RtpEncoding,
): [spatialLayer: number, temporalLayer: number] {
  return [
    Math.min(layers?.spatialLayer ?? Infinity, spatialLayers - 1),
    Math.min(layers?.temporalLayer ?? Infinity, temporalLayers - 1),
  ];
}

/** What there is to consume decides, not what the request says. */
function consumerType(consumableEncodings: readonly RtpEncoding[]): Type {
  if (consumableEncodings.length > 1) return Type.SIMULCAST;
  const [{ spatialLayers, temporalLayers }] = consumableEncodings;
  return spatialLayers > 1 || temporalLayers > 1 ? Type.SVC : Type.SIMPLE;
}

function checkLayers(
  type: Type,
  encoding: RtpEncoding,
  consumableEncodings: readonly RtpEncoding[],
  codec: RtpCodec,
): void {
  if (type === Type.SIMULCAST) {
    if (encoding.spatialLayers !== consumableEncodings.length) {
      throw new TypeError('encoding.spatialLayers does not match number of consumableRtpEncodings');
    }
    checkCodecForType(codec, type);
  } else if (type === Type.SVC) {
    if (encoding.spatialLayers < 2 && encoding.temporalLayers < 2) throw new TypeError('invalid number of layers');
    checkCodecForType(codec, type);
  }
}

function supportedPayloadTypes(rtpParameters: RtpParameters): Uint8Array {
  const supported = new Uint8Array(256);
  for (const codec of rtpParameters.codecs) if (isMediaCodec(codec)) supported[codec.payloadType] = 1;
  return supported;
}
