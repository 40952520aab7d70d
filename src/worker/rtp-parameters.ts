import * as FbsRtpParameters from '../channel/fbs/rtp-parameters.js';
import { createHeaderExtensionIds, type HeaderExtensionIds } from '../rtp/header-extension.js';

/**
 * RTP parameters as Producers and Consumers work with them: read from a request with all checks, and written again for
 * dumps. Everything wrong is a TypeError with the reference's words.
 */
export interface RtpParameters {
  /** Empty if not given. */
  readonly mid: string;
  readonly codecs: readonly RtpCodec[];
  readonly headerExtensions: readonly FbsRtpParameters.RtpHeaderExtensionParameters[];
  readonly encodings: readonly RtpEncoding[];
  readonly rtcp: { readonly cname: string; readonly reducedSize: boolean };
  /** Empty if not given. */
  readonly msid: string;
}

export interface RtpCodec {
  readonly kind: 'audio' | 'video';
  /** Canonical spelling, `video/VP8`. */
  readonly mimeType: string;
  readonly subtype: string;
  readonly payloadType: number;
  readonly clockRate: number;
  readonly channels: number;
  readonly parameters: readonly FbsRtpParameters.Parameter[];
  readonly rtcpFeedback: readonly RtcpFeedback[];
}

export interface RtcpFeedback {
  readonly type: string;
  /** Empty if not given. */
  readonly parameter: string;
}

export interface RtpEncoding {
  /** 0 if not given. */
  readonly ssrc: number;
  /** Empty if not given. */
  readonly rid: string;
  /** Only undefined in a Consumer's consumable encodings. */
  readonly codecPayloadType: number | undefined;
  readonly rtxSsrc: number | undefined;
  readonly dtx: boolean;
  readonly scalabilityMode: string;
  readonly spatialLayers: number;
  readonly temporalLayers: number;
  readonly ksvc: boolean;
  /** bps, 0 if not given. */
  readonly maxBitrate: number;
}

/** What a codec is for: media, or something that comes beside it, or a mechanism that carries other packets. */
const MEDIA_SUBTYPES = [
  ...['opus', 'multiopus', 'PCMA', 'PCMU', 'ISAC', 'G722', 'iLBC', 'SILK'],
  ...['VP8', 'VP9', 'H264', 'H265', 'AV1'],
];
const COMPLEMENTARY_SUBTYPES = ['CN', 'telephone-event'];
const FEATURE_SUBTYPES = ['rtx', 'ulpfec', 'x-ulpfecuc', 'flexfec', 'red'];

const canonicalSubtypes = new Map(
  [...MEDIA_SUBTYPES, ...COMPLEMENTARY_SUBTYPES, ...FEATURE_SUBTYPES].map(name => [name.toLowerCase(), name]),
);

/** Codecs that several encodings, or several layers in one, are understood of. The other types take any codec. */
const SIMULCAST_CODECS = ['video/VP8', 'video/H264', 'video/H265'];
const SVC_CODECS = ['video/VP8', 'video/VP9', 'video/H264', 'video/H265', 'video/AV1'];

/** @throws TypeError if the kind is neither of those that there are */
export function parseMediaKind(kind: FbsRtpParameters.MediaKind): FbsRtpParameters.MediaKind {
  if (kind > FbsRtpParameters.MediaKind.VIDEO) throw new TypeError('invalid media kind');
  return kind;
}

/** @throws TypeError */
export function parseRtpParameters(fbs: FbsRtpParameters.RtpParameters): RtpParameters {
  const codecs = fbs.codecs.map(parseCodec);
  if (codecs.length === 0) throw new TypeError('empty codecs');
  const encodings = fbs.encodings.map(parseEncoding);
  if (encodings.length === 0) throw new TypeError('empty encodings');
  if (fbs.headerExtensions.some(extension => extension.id === 0)) throw new TypeError('invalid id 0');
  const rtcp = parseRtcp(fbs.rtcp);
  checkCodecs(codecs);
  return {
    mid: fbs.mid ?? '',
    codecs,
    headerExtensions: fbs.headerExtensions,
    encodings: resolveEncodings(encodings, codecs),
    rtcp,
    msid: fbs.msid ?? '',
  };
}

/** @throws TypeError */
export function parseEncoding(fbs: FbsRtpParameters.RtpEncodingParameters): RtpEncoding {
  const layers = parseScalabilityMode(fbs.scalabilityMode ?? '');
  return {
    ssrc: fbs.ssrc ?? 0,
    rid: fbs.rid ?? '',
    codecPayloadType: fbs.codecPayloadType,
    rtxSsrc: fbs.rtx?.ssrc,
    dtx: fbs.dtx,
    ...layers,
    maxBitrate: Number(fbs.maxBitrate ?? 0n),
  };
}

/** `L3T3`, `S2T1`, `L3T2_KEY...`; anything else counts as `S1T1`. */
export function parseScalabilityMode(
  mode: string,
): Pick<RtpEncoding, 'scalabilityMode' | 'spatialLayers' | 'temporalLayers' | 'ksvc'> {
  const match = /^[LS]([1-9]\d?)T([1-9]\d?)(_KEY)?.*$/.exec(mode);
  if (match === null) {
    return { scalabilityMode: 'S1T1', spatialLayers: 1, temporalLayers: 1, ksvc: false };
  }
  return {
    scalabilityMode: mode,
    spatialLayers: Number(match[1]),
    temporalLayers: Number(match[2]),
    ksvc: match[3] !== undefined,
  };
}

export function isMediaCodec(codec: RtpCodec): boolean {
  return MEDIA_SUBTYPES.includes(codec.subtype);
}

export function codecForEncoding(parameters: RtpParameters, encoding: RtpEncoding): RtpCodec {
  return parameters.codecs.find(codec => codec.payloadType === encoding.codecPayloadType)!;
}

/** The codec that carries retransmissions for the encoding's codec. */
export function rtxCodecForEncoding(parameters: RtpParameters, encoding: RtpEncoding): RtpCodec | undefined {
  return parameters.codecs.find(
    codec => FEATURE_SUBTYPES.includes(codec.subtype) && integerParameter(codec, 'apt') === encoding.codecPayloadType,
  );
}

/** Value of a codec parameter if it is an integer. */
export function integerParameter(codec: RtpCodec, name: string): number | undefined {
  const parameter = codec.parameters.find(parameter => parameter.name === name);
  if (parameter?.valueType !== FbsRtpParameters.Value.Integer32) return undefined;
  return (parameter.value as FbsRtpParameters.Integer32).value;
}

export function hasRtcpFeedback(codec: RtpCodec, type: string, parameter: string): boolean {
  return codec.rtcpFeedback.some(feedback => feedback.type === type && feedback.parameter === parameter);
}

const TYPE_NAMES = ['simple', 'simulcast', 'svc', 'pipe'];

/** @throws TypeError if the codec cannot be sent in this way */
export function checkCodecForType(codec: RtpCodec, type: FbsRtpParameters.Type): void {
  if (!isValidTypeForCodec(type, codec)) {
    throw new TypeError(`${codec.mimeType} codec not supported for ${TYPE_NAMES[type]}`);
  }
}

/** Type of a Producer with these parameters. @throws TypeError */
export function producerType(parameters: RtpParameters): FbsRtpParameters.Type {
  const { SIMPLE, SIMULCAST, SVC } = FbsRtpParameters.Type;
  if (parameters.encodings.length > 1) return SIMULCAST;
  const [encoding] = parameters.encodings;
  if (encoding.spatialLayers === 1 && encoding.temporalLayers === 1) return SIMPLE;
  const codec = codecForEncoding(parameters, encoding);
  if (isValidTypeForCodec(SVC, codec)) return SVC;
  throw new TypeError('invalid RTP parameters');
}

/** Which id carries which extension; of several of a kind the first. @throws TypeError */
export function headerExtensionIds(parameters: RtpParameters): HeaderExtensionIds {
  const ids = createHeaderExtensionIds();
  for (const { uri, id } of parameters.headerExtensions) {
    if (id === 0) throw new TypeError('RTP extension id cannot be 0');
    // The numbers of extensions begin with 1, those of the channel's enum with 0.
    if (ids[uri + 1] === 0) ids[uri + 1] = id;
  }
  return ids;
}

/** For dumps: what the worker understood, rather than what it was given. */
export function serializeRtpParameters(parameters: RtpParameters): FbsRtpParameters.RtpParameters {
  return {
    mid: parameters.mid,
    codecs: parameters.codecs.map(codec => ({
      mimeType: codec.mimeType,
      payloadType: codec.payloadType,
      clockRate: codec.clockRate,
      channels: codec.channels > 1 ? codec.channels : undefined,
      parameters: serializeParameters(codec.parameters),
      rtcpFeedback: codec.rtcpFeedback.map(({ type, parameter }) => ({ type, parameter: parameter || undefined })),
    })),
    headerExtensions: parameters.headerExtensions.map(({ uri, id, encrypt, parameters }) => ({
      uri,
      id,
      encrypt,
      parameters: serializeParameters(parameters),
    })),
    encodings: parameters.encodings.map(serializeEncoding),
    rtcp: { cname: parameters.rtcp.cname, reducedSize: parameters.rtcp.reducedSize },
    msid: parameters.msid,
  };
}

export function serializeEncoding(encoding: RtpEncoding): FbsRtpParameters.RtpEncodingParameters {
  return {
    ssrc: encoding.ssrc || undefined,
    rid: encoding.rid || undefined,
    codecPayloadType: encoding.codecPayloadType,
    rtx: encoding.rtxSsrc === undefined ? undefined : { ssrc: encoding.rtxSsrc },
    dtx: encoding.dtx,
    scalabilityMode: encoding.scalabilityMode,
  };
}

function parseCodec(fbs: FbsRtpParameters.RtpCodecParameters): RtpCodec {
  const codec = {
    ...parseMimeType(fbs.mimeType),
    payloadType: fbs.payloadType,
    clockRate: fbs.clockRate,
    channels: fbs.channels ?? 1,
    parameters: firstOfEachName(fbs.parameters),
    rtcpFeedback: fbs.rtcpFeedback.map(({ type, parameter }) => ({ type, parameter: parameter ?? '' })),
  };
  if (codec.subtype === 'rtx' && !((integerParameter(codec, 'apt') ?? -1) >= 0)) {
    throw new TypeError('missing apt parameter in RTX codec');
  }
  return codec;
}

function parseMimeType(mimeType: string): Pick<RtpCodec, 'kind' | 'mimeType' | 'subtype'> {
  const slash = mimeType.indexOf('/');
  if (slash <= 0 || slash === mimeType.length - 1) throw new TypeError('wrong codec MIME');
  const type = mimeType.slice(0, slash).toLowerCase();
  if (type !== 'audio' && type !== 'video') throw new TypeError(`unknown codec MIME type '${type}'`);
  const given = mimeType.slice(slash + 1).toLowerCase();
  const subtype = canonicalSubtypes.get(given);
  if (subtype === undefined) throw new TypeError(`unknown codec MIME subtype '${given}'`);
  return { kind: type, mimeType: `${type}/${subtype}`, subtype };
}

function firstOfEachName(parameters: FbsRtpParameters.Parameter[]): FbsRtpParameters.Parameter[] {
  return parameters.filter(({ name }, index) => parameters.findIndex(other => other.name === name) === index);
}

function parseRtcp({ cname, reducedSize }: FbsRtpParameters.RtcpParameters): RtpParameters['rtcp'] {
  if (cname === undefined) throw new TypeError('missing cname');
  if (cname === '') throw new TypeError('empty cname');
  return { cname, reducedSize };
}

function checkCodecs(codecs: readonly RtpCodec[]): void {
  const seen = new Set<number>();
  for (const codec of codecs) {
    if (seen.has(codec.payloadType)) throw new TypeError('duplicated payloadType');
    seen.add(codec.payloadType);
    if (codec.subtype !== 'rtx') continue;
    const apt = integerParameter(codec, 'apt');
    const target = codecs.find(other => other.payloadType === apt);
    if (target === undefined) throw new TypeError('apt in RTX codec points to a non existing codec');
    if (['rtx', 'ulpfec', 'flexfec'].includes(target.subtype)) {
      throw new TypeError(`apt in RTX codec points to a ${target.subtype.toUpperCase()} codec`);
    }
  }
}

/** Checks the encodings against the codecs, and gives those without a payload type the one of the first media codec. */
function resolveEncodings(encodings: readonly RtpEncoding[], codecs: readonly RtpCodec[]): RtpEncoding[] {
  const firstMediaCodec = codecs.find(isMediaCodec);
  if (firstMediaCodec === undefined) throw new TypeError('no media codecs found');
  return encodings.map(encoding => {
    if (encoding.spatialLayers > 1 && encodings.length > 1) {
      throw new TypeError('cannot use both simulcast and encodings with multiple SVC spatial layers');
    }
    const codecPayloadType = encoding.codecPayloadType ?? firstMediaCodec.payloadType;
    const codec = codecs.find(({ payloadType }) => payloadType === codecPayloadType);
    if (codec === undefined) throw new TypeError('unknown codecPayloadType');
    if (!isMediaCodec(codec)) throw new TypeError('invalid codecPayloadType');
    return { ...encoding, codecPayloadType };
  });
}

function isValidTypeForCodec(type: FbsRtpParameters.Type, codec: RtpCodec): boolean {
  if (type === FbsRtpParameters.Type.SIMULCAST) return SIMULCAST_CODECS.includes(codec.mimeType);
  if (type === FbsRtpParameters.Type.SVC) return SVC_CODECS.includes(codec.mimeType);
  return true;
}

/** Boolean parameters are left out, as in the reference's dumps. */
function serializeParameters(parameters: readonly FbsRtpParameters.Parameter[]): FbsRtpParameters.Parameter[] {
  return parameters.filter(({ valueType }) => valueType !== FbsRtpParameters.Value.Boolean);
}
