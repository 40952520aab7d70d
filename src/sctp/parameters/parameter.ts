import { readUint16 } from '../../common/bytes.js';
import { concatTlvs, parseTlvs } from '../tlv.js';
import { type AddIncomingStreams, encodeAddIncomingStreams, parseAddIncomingStreams } from './add-incoming-streams.js';
import { type AddOutgoingStreams, encodeAddOutgoingStreams, parseAddOutgoingStreams } from './add-outgoing-streams.js';
import { type CookiePreservative, encodeCookiePreservative, parseCookiePreservative } from './cookie-preservative.js';
import {
  encodeForwardTsnSupported,
  type ForwardTsnSupported,
  parseForwardTsnSupported,
} from './forward-tsn-supported.js';
import { encodeHeartbeatInfo, type HeartbeatInfo, parseHeartbeatInfo } from './heartbeat-info.js';
import {
  encodeIncomingSsnResetRequest,
  type IncomingSsnResetRequest,
  parseIncomingSsnResetRequest,
} from './incoming-ssn-reset-request.js';
import { encodeIpv4Address, type Ipv4Address, parseIpv4Address } from './ipv4-address.js';
import { encodeIpv6Address, type Ipv6Address, parseIpv6Address } from './ipv6-address.js';
import {
  encodeOutgoingSsnResetRequest,
  type OutgoingSsnResetRequest,
  parseOutgoingSsnResetRequest,
} from './outgoing-ssn-reset-request.js';
import { ParameterType } from './parameter-type.js';
import {
  encodeReconfigurationResponse,
  parseReconfigurationResponse,
  type ReconfigurationResponse,
} from './reconfiguration-response.js';
import { encodeSsnTsnResetRequest, parseSsnTsnResetRequest, type SsnTsnResetRequest } from './ssn-tsn-reset-request.js';
import { encodeStateCookieParameter, parseStateCookieParameter, type StateCookieParameter } from './state-cookie.js';
import {
  encodeSupportedAddressTypes,
  parseSupportedAddressTypes,
  type SupportedAddressTypes,
} from './supported-address-types.js';
import {
  encodeSupportedExtensions,
  parseSupportedExtensions,
  type SupportedExtensions,
} from './supported-extensions.js';
import { encodeUnknownParameter, parseUnknownParameter, type UnknownParameter } from './unknown.js';
import {
  encodeUnrecognizedParameter,
  parseUnrecognizedParameter,
  type UnrecognizedParameter,
} from './unrecognized-parameter.js';
import {
  encodeZeroChecksumAcceptable,
  parseZeroChecksumAcceptable,
  type ZeroChecksumAcceptable,
} from './zero-checksum-acceptable.js';

/** The parameters of chunks. */
export type Parameter =
  | HeartbeatInfo
  | Ipv4Address
  | Ipv6Address
  | StateCookieParameter
  | UnrecognizedParameter
  | CookiePreservative
  | SupportedAddressTypes
  | OutgoingSsnResetRequest
  | IncomingSsnResetRequest
  | SsnTsnResetRequest
  | ReconfigurationResponse
  | AddOutgoingStreams
  | AddIncomingStreams
  | ZeroChecksumAcceptable
  | SupportedExtensions
  | ForwardTsnSupported
  | UnknownParameter;

/** Reads the list in bytes[start, end). Undefined if one of them is malformed. */
export function parseParameters(bytes: Uint8Array, start: number, end: number): Parameter[] | undefined {
  return parseTlvs(bytes, start, end, parseParameter);
}

export function encodeParameters(parameters: readonly Parameter[]): Uint8Array {
  return concatTlvs(parameters.map(encodeParameter));
}

/** The first parameter of this kind. */
export function findParameter<Kind extends Parameter['kind']>(
  parameters: readonly Parameter[],
  kind: Kind,
): Extract<Parameter, { kind: Kind }> | undefined {
  return parameters.find(parameter => parameter.kind === kind) as Extract<Parameter, { kind: Kind }> | undefined;
}

function parseParameter(bytes: Uint8Array, offset: number, length: number): Parameter | undefined {
  switch (readUint16(bytes, offset)) {
    case ParameterType.heartbeatInfo:
      return parseHeartbeatInfo(bytes, offset, length);
    case ParameterType.ipv4Address:
      return parseIpv4Address(bytes, offset, length);
    case ParameterType.ipv6Address:
      return parseIpv6Address(bytes, offset, length);
    case ParameterType.stateCookie:
      return parseStateCookieParameter(bytes, offset, length);
    case ParameterType.unrecognizedParameter:
      return parseUnrecognizedParameter(bytes, offset, length);
    case ParameterType.cookiePreservative:
      return parseCookiePreservative(bytes, offset, length);
    case ParameterType.supportedAddressTypes:
      return parseSupportedAddressTypes(bytes, offset, length);
    case ParameterType.outgoingSsnResetRequest:
      return parseOutgoingSsnResetRequest(bytes, offset, length);
    case ParameterType.incomingSsnResetRequest:
      return parseIncomingSsnResetRequest(bytes, offset, length);
    case ParameterType.ssnTsnResetRequest:
      return parseSsnTsnResetRequest(bytes, offset, length);
    case ParameterType.reconfigurationResponse:
      return parseReconfigurationResponse(bytes, offset, length);
    case ParameterType.addOutgoingStreams:
      return parseAddOutgoingStreams(bytes, offset, length);
    case ParameterType.addIncomingStreams:
      return parseAddIncomingStreams(bytes, offset, length);
    case ParameterType.zeroChecksumAcceptable:
      return parseZeroChecksumAcceptable(bytes, offset, length);
    case ParameterType.supportedExtensions:
      return parseSupportedExtensions(bytes, offset, length);
    case ParameterType.forwardTsnSupported:
      return parseForwardTsnSupported(bytes, offset, length);
    default:
      return parseUnknownParameter(bytes, offset, length);
  }
}

function encodeParameter(parameter: Parameter): Uint8Array {
  switch (parameter.kind) {
    case 'heartbeatInfo':
      return encodeHeartbeatInfo(parameter);
    case 'ipv4Address':
      return encodeIpv4Address(parameter);
    case 'ipv6Address':
      return encodeIpv6Address(parameter);
    case 'stateCookie':
      return encodeStateCookieParameter(parameter);
    case 'unrecognizedParameter':
      return encodeUnrecognizedParameter(parameter);
    case 'cookiePreservative':
      return encodeCookiePreservative(parameter);
    case 'supportedAddressTypes':
      return encodeSupportedAddressTypes(parameter);
    case 'outgoingSsnResetRequest':
      return encodeOutgoingSsnResetRequest(parameter);
    case 'incomingSsnResetRequest':
      return encodeIncomingSsnResetRequest(parameter);
    case 'ssnTsnResetRequest':
      return encodeSsnTsnResetRequest(parameter);
    case 'reconfigurationResponse':
      return encodeReconfigurationResponse(parameter);
    case 'addOutgoingStreams':
      return encodeAddOutgoingStreams(parameter);
    case 'addIncomingStreams':
      return encodeAddIncomingStreams(parameter);
    case 'zeroChecksumAcceptable':
      return encodeZeroChecksumAcceptable(parameter);
    case 'supportedExtensions':
      return encodeSupportedExtensions(parameter);
    case 'forwardTsnSupported':
      return encodeForwardTsnSupported();
    case 'unknown':
      return encodeUnknownParameter(parameter);
  }
}
