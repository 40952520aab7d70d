import { UnsupportedError } from '../errors.js';
import { parseScalabilityMode } from '../scalability-modes.js';
import { getSupportedRtpCapabilities } from '../supported-rtp-capabilities.js';
import {
  type MediaKind,
  type RemoteRtpCapabilities,
  type RouterRtpCodecCapability,
  type RtcpFeedback,
  type RtpCapabilities,
  type RtpCodecCapability,
  type RtpCodecParameters,
  type RtpEncodingParameters,
  type RtpHeaderExtensionParameters,
  type RtpHeaderExtensionUri,
  type RtpParameters,
} from '../types/rtp-parameters.js';
import { clone, generateRandomNumber } from '../utils.js';
import { type Codec, isRtxCodec, matchCodecs } from './match-codecs.js';
import { validateAndNormalizeRtpCapabilities, validateAndNormalizeRtpCodecCapability } from './validation.js';

/**
 * How what a producer sends becomes what the router forwards, which is the same for all endpoints: payload types by
 * codec and SSRCs by stream.
 */
export type RtpCodecsEncodingsMapping = {
  codecs: { payloadType: number; mappedPayloadType: number }[];
  encodings: { ssrc?: number; rid?: string; mappedSsrc: number }[];
};

/** The order in which payload types are given to codecs that have none: the dynamic range of RFC 3551 §6. */
const dynamicPayloadTypes = [...Array.from({ length: 28 }, (_, i) => 100 + i), 96, 97, 98, 99];

const midUri: RtpHeaderExtensionUri = 'urn:ietf:params:rtp-hdrext:sdes:mid';
const absSendTimeUri: RtpHeaderExtensionUri = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time';
const transportWideCcUri: RtpHeaderExtensionUri =
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';
const absCaptureTimeUri: RtpHeaderExtensionUri = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time';

/** Layers of AV1 are known by this extension, so a router has to be sent it although endpoints are not. */
const dependencyDescriptor: RtpHeaderExtensionParameters = {
  uri: 'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension',
  id: 7,
  encrypt: false,
  parameters: {},
};

/**
 * The RTP capabilities of a router that is to support some codecs. The codecs given are checked and normalised in
 * place.
 * @throws TypeError - wrong codecs. UnsupportedError - an unknown one. Error - too many.
 */
export function generateRouterRtpCapabilities(mediaCodecs: RouterRtpCodecCapability[] = []): RtpCapabilities {
  const supported = getSupportedRtpCapabilities();
  validateAndNormalizeRtpCapabilities(supported);
  if (!Array.isArray(mediaCodecs)) throw new TypeError('mediaCodecs must be an Array');

  const freePayloadTypes = [...dynamicPayloadTypes];
  const takePayloadType = (): number => {
    const payloadType = freePayloadTypes.shift();
    if (payloadType === undefined) throw new Error('cannot allocate more dynamic codec payload types');
    return payloadType;
  };
  const codecs: RtpCodecCapability[] = [];

  for (const mediaCodec of mediaCodecs) {
    validateAndNormalizeRtpCodecCapability(mediaCodec);
    const match = supported.codecs.find(codec => matchCodecs(mediaCodec, codec));
    if (!match) throw new UnsupportedError(`media codec not supported [mimeType:${mediaCodec.mimeType}]`);

    const codec = clone(match) as RtpCodecCapability;
    if (typeof mediaCodec.preferredPayloadType === 'number') {
      codec.preferredPayloadType = mediaCodec.preferredPayloadType;
      const index = freePayloadTypes.indexOf(codec.preferredPayloadType);
      if (index !== -1) freePayloadTypes.splice(index, 1);
    } else {
      codec.preferredPayloadType ??= takePayloadType();
    }
    if (codecs.some(({ preferredPayloadType }) => preferredPayloadType === codec.preferredPayloadType)) {
      throw new TypeError('duplicated codec.preferredPayloadType');
    }
    codec.parameters = { ...codec.parameters, ...mediaCodec.parameters };
    codecs.push(codec);

    if (codec.kind === 'video') {
      codecs.push({
        kind: codec.kind,
        mimeType: `${codec.kind}/rtx`,
        preferredPayloadType: takePayloadType(),
        clockRate: codec.clockRate,
        parameters: { apt: codec.preferredPayloadType },
        rtcpFeedback: [],
      });
    }
  }
  return { codecs, headerExtensions: supported.headerExtensions };
}

/**
 * By which payload types and SSRCs a producer is forwarded. Both arguments are checked and normalised before. Codecs of
 * H264 in `params` get the profile and level that the router can do too.
 * @throws UnsupportedError - a codec that the router does not have. TypeError - RTX of nothing.
 */
export function getProducerRtpParametersMapping(
  params: RtpParameters,
  caps: RtpCapabilities,
): RtpCodecsEncodingsMapping {
  const routerCodecs = caps.codecs ?? [];
  const matches = new Map<RtpCodecParameters, RtpCodecCapability>();

  for (const codec of params.codecs.filter(isMediaCodec)) {
    const match = routerCodecs.find(other => matchCodecs(codec, other, { strict: true, modify: true }));
    if (!match) {
      const { mimeType, payloadType } = codec;
      throw new UnsupportedError(`unsupported codec [mimeType:${mimeType}, payloadType:${payloadType}]`);
    }
    matches.set(codec, match);
  }

  for (const rtx of params.codecs.filter(isRtxCodec)) {
    const media = params.codecs.find(({ payloadType }) => payloadType === rtx.parameters?.apt);
    const match = media && matches.get(media);
    if (!match) throw new TypeError(`missing media codec found for RTX PT ${rtx.payloadType}`);
    const { preferredPayloadType } = match;
    const rtxMatch = findRtxCodec(routerCodecs, preferredPayloadType);
    if (!rtxMatch) throw new UnsupportedError(`no RTX codec for capability codec PT ${preferredPayloadType}`);
    matches.set(rtx, rtxMatch);
  }

  const firstSsrc = generateRandomNumber();
  return {
    codecs: Array.from(matches, ([{ payloadType }, { preferredPayloadType }]) => ({
      payloadType,
      mappedPayloadType: preferredPayloadType,
    })),
    encodings: (params.encodings ?? []).map(({ ssrc, rid }, index) => ({ ssrc, rid, mappedSsrc: firstSsrc + index })),
  };
}

/** How the router forwards a producer, before it is adapted to the endpoint of a consumer. */
export function getConsumableRtpParameters(
  kind: MediaKind | (string & {}),
  params: RtpParameters,
  caps: RtpCapabilities,
  rtpMapping: RtpCodecsEncodingsMapping,
): RtpParameters {
  const routerCodecs = caps.codecs ?? [];
  const codecs = params.codecs.filter(isMediaCodec).flatMap(codec => {
    const mapped = rtpMapping.codecs.find(({ payloadType }) => payloadType === codec.payloadType)?.mappedPayloadType;
    const routerCodec = routerCodecs.find(({ preferredPayloadType }) => preferredPayloadType === mapped);
    if (!routerCodec) throw new TypeError(`missing mapping of codec PT ${codec.payloadType}`);
    const media: RtpCodecParameters = {
      mimeType: routerCodec.mimeType,
      payloadType: routerCodec.preferredPayloadType,
      clockRate: routerCodec.clockRate,
      channels: routerCodec.channels,
      // Those of the stream, not what the router could do.
      parameters: codec.parameters,
      rtcpFeedback: routerCodec.rtcpFeedback,
    };
    const rtx = findRtxCodec(routerCodecs, routerCodec.preferredPayloadType);
    if (!rtx) return [media];
    const { mimeType, preferredPayloadType: payloadType, clockRate, parameters, rtcpFeedback } = rtx;
    return [media, { mimeType, payloadType, clockRate, parameters, rtcpFeedback }];
  });

  // Not filled in by the router, so only of use if the producer sends it.
  const hasCaptureTime = (params.headerExtensions ?? []).some(({ uri }) => uri === absCaptureTimeUri);
  const headerExtensions = (caps.headerExtensions ?? [])
    .filter(ext => ext.kind === kind && (ext.direction === 'sendrecv' || ext.direction === 'sendonly'))
    .filter(({ uri }) => uri !== absCaptureTimeUri || hasCaptureTime)
    .map(({ uri, preferredId, preferredEncrypt }) => ({
      uri,
      id: preferredId,
      encrypt: preferredEncrypt,
      parameters: {},
    }));

  const encodings = (params.encodings ?? []).map((encoding, index) => {
    const { rid: _rid, rtx: _rtx, codecPayloadType: _codecPayloadType, ...rest } = clone(encoding);
    return { ...rest, ssrc: rtpMapping.encodings[index].mappedSsrc };
  });

  return {
    codecs,
    headerExtensions,
    encodings,
    rtcp: { cname: params.rtcp?.cname, reducedSize: true },
    msid: params.msid,
  };
}

/**
 * Whether an endpoint can receive what the router forwards. Its capabilities are checked and normalised in place.
 * @throws TypeError - wrong capabilities.
 */
export function canConsume(consumableParams: RtpParameters, caps: RemoteRtpCapabilities): boolean {
  validateAndNormalizeRtpCapabilities(caps);
  return startsWithMedia(consumableParams.codecs.filter(codec => findMatch(caps, codec)));
}

/**
 * How an endpoint has to receive what the router forwards: with those codecs, feedbacks and header extensions that it
 * knows, under SSRCs of its own.
 * @throws TypeError - wrong capabilities. UnsupportedError - no codec fits.
 */
export function getConsumerRtpParameters({
  consumableRtpParameters,
  remoteRtpCapabilities,
  pipe,
  enableRtx,
}: {
  consumableRtpParameters: RtpParameters;
  remoteRtpCapabilities: RemoteRtpCapabilities;
  /** Whether all streams are forwarded as they are. */
  pipe: boolean;
  /** Whether lost packets are retransmitted. */
  enableRtx: boolean;
}): RtpParameters {
  remoteRtpCapabilities.codecs?.forEach(validateAndNormalizeRtpCodecCapability);

  let codecs = withoutRtxUnless(enableRtx, clone(consumableRtpParameters.codecs)).filter(codec => {
    const match = findMatch(remoteRtpCapabilities, codec);
    if (!match) return false;
    codec.rtcpFeedback = (match.rtcpFeedback ?? []).filter(fb => enableRtx || !isPlainNack(fb));
    return true;
  });
  codecs = codecs.filter(
    codec => !isRtxCodec(codec) || codecs.some(({ payloadType }) => payloadType === codec.parameters?.apt),
  );
  if (!startsWithMedia(codecs)) throw new UnsupportedError('no compatible media codecs');
  const hasRtx = codecs.some(isRtxCodec);

  const remoteExtensions = remoteRtpCapabilities.headerExtensions!;
  const headerExtensions = (consumableRtpParameters.headerExtensions ?? []).filter(({ id, uri }) =>
    remoteExtensions.some(remote => remote.preferredId === id && remote.uri === uri),
  );

  // Without it decoders show the lowest spatial layer only. (Endpoints never say that they know it: routers do not offer
  // it to them.)
  const consumable = consumableRtpParameters.encodings ?? [];
  if (codecs[0].mimeType.toLowerCase() === 'video/av1' && hasSpatialLayers(consumable)) {
    headerExtensions.push(clone(dependencyDescriptor));
  }

  // One kind of bandwidth estimation: by the best feedback that the header extensions allow.
  const has = (wanted: RtpHeaderExtensionUri): boolean => headerExtensions.some(({ uri }) => uri === wanted);
  const unusable = has(transportWideCcUri)
    ? ['goog-remb']
    : has(absSendTimeUri)
      ? ['transport-cc']
      : ['goog-remb', 'transport-cc'];
  for (const codec of codecs) {
    codec.rtcpFeedback = codec.rtcpFeedback?.filter(({ type }) => !unusable.includes(type));
  }

  return {
    codecs,
    headerExtensions,
    encodings: pipe ? pipeEncodings(consumable, hasRtx) : [consumerEncoding(consumable, hasRtx)],
    rtcp: consumableRtpParameters.rtcp,
    msid: consumableRtpParameters.msid,
  };
}

/** How another router has to receive what this one forwards: all streams, under SSRCs of their own. */
export function getPipeConsumerRtpParameters({
  consumableRtpParameters,
  enableRtx,
}: {
  consumableRtpParameters: RtpParameters;
  /** Whether lost packets are retransmitted. */
  enableRtx: boolean;
}): RtpParameters {
  const codecs = withoutRtxUnless(enableRtx, clone(consumableRtpParameters.codecs));
  for (const codec of codecs) {
    codec.rtcpFeedback = codec.rtcpFeedback?.filter(
      fb => isFeedback(fb, 'nack', 'pli') || isFeedback(fb, 'ccm', 'fir') || (enableRtx && isPlainNack(fb)),
    );
  }

  // Routers do not limit the bandwidth of each other, and the other one gives its own MIDs.
  const notPiped: RtpHeaderExtensionUri[] = [midUri, absSendTimeUri, transportWideCcUri];
  const headerExtensions = (consumableRtpParameters.headerExtensions ?? [])
    .filter(({ uri }) => !notPiped.includes(uri))
    .concat(clone(dependencyDescriptor))
    .sort((a, b) => a.id - b.id);

  return {
    codecs,
    headerExtensions,
    encodings: pipeEncodings(consumableRtpParameters.encodings ?? [], enableRtx),
    rtcp: consumableRtpParameters.rtcp,
    msid: consumableRtpParameters.msid,
  };
}

/** The one stream that an endpoint gets, whichever of the producer's streams it is made of. */
function consumerEncoding(consumable: RtpEncodingParameters[], rtx: boolean): RtpEncodingParameters {
  const encoding: RtpEncodingParameters = { ssrc: generateRandomNumber() };
  if (rtx) encoding.rtx = { ssrc: encoding.ssrc! + 1 };

  let scalabilityMode = consumable.find(one => one.scalabilityMode)?.scalabilityMode;
  // Simulcast looks like spatial layers to the consumer.
  if (consumable.length > 1) {
    scalabilityMode = `L${consumable.length}T${parseScalabilityMode(scalabilityMode).temporalLayers}`;
  }
  if (scalabilityMode) encoding.scalabilityMode = scalabilityMode;

  const maxBitrate = Math.max(0, ...consumable.map(one => one.maxBitrate || 0));
  if (maxBitrate) encoding.maxBitrate = maxBitrate;
  return encoding;
}

function pipeEncodings(consumable: RtpEncodingParameters[], rtx: boolean): RtpEncodingParameters[] {
  const firstSsrc = generateRandomNumber();
  const firstRtxSsrc = generateRandomNumber();
  return consumable.map((one, index) => {
    const encoding: RtpEncodingParameters = { ...clone(one), ssrc: firstSsrc + index };
    if (rtx) encoding.rtx = { ssrc: firstRtxSsrc + index };
    else delete encoding.rtx;
    return encoding;
  });
}

/** The codec of an endpoint's capabilities that is this one. */
const findMatch = (caps: RemoteRtpCapabilities, codec: RtpCodecParameters): Codec | undefined =>
  caps.codecs?.find(other => matchCodecs(other, codec, { strict: true }));

const findRtxCodec = (codecs: RtpCodecCapability[], mediaPayloadType: number): RtpCodecCapability | undefined =>
  codecs.find(codec => isRtxCodec(codec) && codec.parameters?.apt === mediaPayloadType);

const hasSpatialLayers = (encodings: RtpEncodingParameters[]): boolean =>
  encodings.some(({ scalabilityMode }) => parseScalabilityMode(scalabilityMode).spatialLayers > 1);

const isMediaCodec = (codec: Codec): boolean => !isRtxCodec(codec);

const startsWithMedia = (codecs: Codec[]): boolean => codecs.length > 0 && isMediaCodec(codecs[0]);

const withoutRtxUnless = (enableRtx: boolean, codecs: RtpCodecParameters[]): RtpCodecParameters[] =>
  enableRtx ? codecs : codecs.filter(isMediaCodec);

const isFeedback = (fb: RtcpFeedback, type: string, parameter: string): boolean =>
  fb.type === type && fb.parameter === parameter;

/** Requests for retransmission, without which RTX is of no use. */
const isPlainNack = (fb: RtcpFeedback): boolean => fb.type === 'nack' && !fb.parameter;
