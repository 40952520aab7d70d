import {
  type MediaKind,
  type RemoteRtpCapabilities,
  type RouterRtpCapabilities,
  type RtpParameters,
} from '../types/rtp-parameters.js';
import { type SctpStreamParameters } from '../types/sctp-parameters.js';

/** Data of an application or of a remote endpoint: anything may be in it. */
type Unchecked = Record<string, unknown>;

/**
 * Checks RtpCapabilities and fills in what is absent, in place.
 * @throws TypeError
 */
export function validateAndNormalizeRtpCapabilities(
  caps: RemoteRtpCapabilities | RouterRtpCapabilities,
): asserts caps is Required<typeof caps> {
  checkObject(caps, 'caps');
  const unchecked = caps as Unchecked;
  optionalArray(unchecked, 'codecs', 'caps').forEach(codec => normalizeCodec(codec, 'capability'));
  optionalArray(unchecked, 'headerExtensions', 'caps').forEach(normalizeHeaderExtensionCapability);
}

/**
 * Checks one codec of RtpCapabilities and fills in what is absent, in place.
 * @throws TypeError
 */
export const validateAndNormalizeRtpCodecCapability = (codec: unknown): void => normalizeCodec(codec, 'capability');

/**
 * Checks RtpParameters and fills in what is absent, in place.
 * @throws TypeError
 */
export function validateAndNormalizeRtpParameters(params: RtpParameters): void {
  checkObject(params, 'params');
  const unchecked = params as unknown as Unchecked;
  check(!params.mid || typeof params.mid === 'string', 'params.mid is not a string');
  check(Array.isArray(params.codecs), 'missing params.codecs');
  params.codecs.forEach(codec => normalizeCodec(codec, 'parameters'));
  optionalArray(unchecked, 'headerExtensions', 'params').forEach(normalizeHeaderExtensionParameters);
  optionalArray(unchecked, 'encodings', 'params').forEach(normalizeEncoding);
  check(!params.rtcp || typeof params.rtcp === 'object', 'params.rtcp is not an object');
  params.rtcp ||= {};
  check(!params.msid || typeof params.msid === 'string', 'params.msid is not a string');
  check(!params.rtcp.cname || typeof params.rtcp.cname === 'string', 'invalid rtcp.cname');
  // Compound RTCP is understood too, but the worker sends reduced-size packets to everybody.
  params.rtcp.reducedSize = true;
}

/**
 * Checks SctpStreamParameters and fills in what is absent, in place.
 * @throws TypeError
 */
export function validateAndNormalizeSctpStreamParameters(params: SctpStreamParameters): void {
  checkObject(params, 'params');
  check(typeof params.streamId === 'number', 'missing params.streamId');
  const orderedGiven = typeof params.ordered === 'boolean';
  if (!orderedGiven) params.ordered = true;
  const { maxPacketLifeTime, maxRetransmits } = params;
  check(!maxPacketLifeTime || typeof maxPacketLifeTime === 'number', 'invalid params.maxPacketLifeTime');
  check(!maxRetransmits || typeof maxRetransmits === 'number', 'invalid params.maxRetransmits');
  check(!maxPacketLifeTime || !maxRetransmits, 'cannot provide both maxPacketLifeTime and maxRetransmits');
  if (!maxPacketLifeTime && !maxRetransmits) return;
  check(!orderedGiven || !params.ordered, 'cannot be ordered with maxPacketLifeTime or maxRetransmits');
  params.ordered = false;
}

/** A codec of RtpCapabilities, whose payload type is a wish, or of RtpParameters, where it is a fact. */
function normalizeCodec(codec: unknown, of: 'capability' | 'parameters'): void {
  checkObject(codec, 'codec');
  check(codec.mimeType && typeof codec.mimeType === 'string', 'missing codec.mimeType');
  const match = /^(audio|video)\/(.+)/i.exec(codec.mimeType);
  check(match, 'invalid codec.mimeType');
  const kind = match[1].toLowerCase() as MediaKind;
  if (of === 'capability') {
    codec.kind = kind;
    const preferred = codec.preferredPayloadType;
    check(!preferred || typeof preferred === 'number', 'invalid codec.preferredPayloadType');
  } else {
    check(typeof codec.payloadType === 'number', 'missing codec.payloadType');
  }
  check(typeof codec.clockRate === 'number', 'missing codec.clockRate');
  if (kind === 'video') delete codec.channels;
  else if (typeof codec.channels !== 'number') codec.channels = 1;
  normalizeParameters(codec, (key, value) => {
    check(isStringOrNumber(value), `invalid codec parameter [key:${key}s, value:${String(value)}]`);
    check(key !== 'apt' || typeof value === 'number', 'invalid codec apt parameter');
  });
  if (!Array.isArray(codec.rtcpFeedback)) codec.rtcpFeedback = [];
  (codec.rtcpFeedback as unknown[]).forEach(normalizeRtcpFeedback);
}

function normalizeRtcpFeedback(fb: unknown): void {
  checkObject(fb, 'fb');
  check(fb.type && typeof fb.type === 'string', 'missing fb.type');
  if (!fb.parameter || typeof fb.parameter !== 'string') fb.parameter = '';
}

function normalizeHeaderExtensionCapability(ext: unknown): void {
  checkObject(ext, 'ext');
  check(ext.kind === 'audio' || ext.kind === 'video', 'invalid ext.kind');
  check(ext.uri && typeof ext.uri === 'string', 'missing ext.uri');
  check(typeof ext.preferredId === 'number', 'missing ext.preferredId');
  check(!ext.preferredEncrypt || typeof ext.preferredEncrypt === 'boolean', 'invalid ext.preferredEncrypt');
  ext.preferredEncrypt ||= false;
  check(!ext.direction || typeof ext.direction === 'string', 'invalid ext.direction');
  ext.direction ||= 'sendrecv';
}

function normalizeHeaderExtensionParameters(ext: unknown): void {
  checkObject(ext, 'ext');
  check(ext.uri && typeof ext.uri === 'string', 'missing ext.uri');
  check(typeof ext.id === 'number', 'missing ext.id');
  check(!ext.encrypt || typeof ext.encrypt === 'boolean', 'invalid ext.encrypt');
  ext.encrypt ||= false;
  normalizeParameters(ext, (_key, value) => check(isStringOrNumber(value), 'invalid header extension parameter'));
}

function normalizeEncoding(encoding: unknown): void {
  checkObject(encoding, 'encoding');
  check(!encoding.ssrc || typeof encoding.ssrc === 'number', 'invalid encoding.ssrc');
  check(!encoding.rid || typeof encoding.rid === 'string', 'invalid encoding.rid');
  check(!encoding.rtx || typeof encoding.rtx === 'object', 'invalid encoding.rtx');
  if (encoding.rtx) check(typeof (encoding.rtx as Unchecked).ssrc === 'number', 'missing encoding.rtx.ssrc');
  encoding.dtx = encoding.dtx === true;
  const mode = encoding.scalabilityMode;
  check(!mode || typeof mode === 'string', 'invalid encoding.scalabilityMode');
}

function normalizeParameters(owner: Unchecked, checkOne: (key: string, value: unknown) => void): void {
  if (!owner.parameters || typeof owner.parameters !== 'object') owner.parameters = {};
  const parameters = owner.parameters as Unchecked;
  for (const key of Object.keys(parameters)) {
    if (parameters[key] === undefined) parameters[key] = '';
    checkOne(key, parameters[key]);
  }
}

const isStringOrNumber = (value: unknown): boolean => typeof value === 'string' || typeof value === 'number';

/** A list, empty if it is absent. */
function optionalArray(owner: Unchecked, key: string, name: string): unknown[] {
  check(!owner[key] || Array.isArray(owner[key]), `${name}.${key} is not an array`);
  owner[key] ||= [];
  return owner[key] as unknown[];
}

function checkObject(value: unknown, name: string): asserts value is Unchecked {
  check(typeof value === 'object', `${name} is not an object`);
}

function check(condition: unknown, message: string): asserts condition {
  if (!condition) throw new TypeError(message);
}
