import { readUint16 } from '../../common/bytes.js';
import { concatTlvs, parseTlvs } from '../tlv.js';
import {
  type CookieReceivedWhileShuttingDown,
  encodeCookieReceivedWhileShuttingDown,
  parseCookieReceivedWhileShuttingDown,
} from './cookie-received-while-shutting-down.js';
import { ErrorCauseCode } from './error-cause-code.js';
import {
  encodeInvalidMandatoryParameter,
  type InvalidMandatoryParameter,
  parseInvalidMandatoryParameter,
} from './invalid-mandatory-parameter.js';
import {
  encodeInvalidStreamIdentifier,
  type InvalidStreamIdentifier,
  parseInvalidStreamIdentifier,
} from './invalid-stream-identifier.js';
import {
  encodeMissingMandatoryParameter,
  type MissingMandatoryParameter,
  parseMissingMandatoryParameter,
} from './missing-mandatory-parameter.js';
import { encodeNoUserData, type NoUserData, parseNoUserData } from './no-user-data.js';
import { encodeOutOfResource, type OutOfResource, parseOutOfResource } from './out-of-resource.js';
import { encodeProtocolViolation, parseProtocolViolation, type ProtocolViolation } from './protocol-violation.js';
import {
  encodeRestartWithNewAddresses,
  parseRestartWithNewAddresses,
  type RestartWithNewAddresses,
} from './restart-with-new-addresses.js';
import { encodeStaleCookie, parseStaleCookie, type StaleCookie } from './stale-cookie.js';
import { encodeUnknownErrorCause, parseUnknownErrorCause, type UnknownErrorCause } from './unknown.js';
import {
  encodeUnrecognizedChunkType,
  parseUnrecognizedChunkType,
  type UnrecognizedChunkType,
} from './unrecognized-chunk-type.js';
import {
  encodeUnrecognizedParameters,
  parseUnrecognizedParameters,
  type UnrecognizedParameters,
} from './unrecognized-parameters.js';
import {
  encodeUnresolvableAddress,
  parseUnresolvableAddress,
  type UnresolvableAddress,
} from './unresolvable-address.js';
import { encodeUserInitiatedAbort, parseUserInitiatedAbort, type UserInitiatedAbort } from './user-initiated-abort.js';

/** The error causes of ABORT and ERROR. */
export type ErrorCause =
  | InvalidStreamIdentifier
  | MissingMandatoryParameter
  | StaleCookie
  | OutOfResource
  | UnresolvableAddress
  | UnrecognizedChunkType
  | InvalidMandatoryParameter
  | UnrecognizedParameters
  | NoUserData
  | CookieReceivedWhileShuttingDown
  | RestartWithNewAddresses
  | UserInitiatedAbort
  | ProtocolViolation
  | UnknownErrorCause;

/** Reads the list in bytes[start, end). Undefined if one of them is malformed. */
export function parseErrorCauses(bytes: Uint8Array, start: number, end: number): ErrorCause[] | undefined {
  return parseTlvs(bytes, start, end, parseErrorCause);
}

export function encodeErrorCauses(causes: readonly ErrorCause[]): Uint8Array {
  return concatTlvs(causes.map(encodeErrorCause));
}

function parseErrorCause(bytes: Uint8Array, offset: number, length: number): ErrorCause | undefined {
  switch (readUint16(bytes, offset)) {
    case ErrorCauseCode.invalidStreamIdentifier:
      return parseInvalidStreamIdentifier(bytes, offset, length);
    case ErrorCauseCode.missingMandatoryParameter:
      return parseMissingMandatoryParameter(bytes, offset, length);
    case ErrorCauseCode.staleCookie:
      return parseStaleCookie(bytes, offset, length);
    case ErrorCauseCode.outOfResource:
      return parseOutOfResource(bytes, offset, length);
    case ErrorCauseCode.unresolvableAddress:
      return parseUnresolvableAddress(bytes, offset, length);
    case ErrorCauseCode.unrecognizedChunkType:
      return parseUnrecognizedChunkType(bytes, offset, length);
    case ErrorCauseCode.invalidMandatoryParameter:
      return parseInvalidMandatoryParameter(bytes, offset, length);
    case ErrorCauseCode.unrecognizedParameters:
      return parseUnrecognizedParameters(bytes, offset, length);
    case ErrorCauseCode.noUserData:
      return parseNoUserData(bytes, offset, length);
    case ErrorCauseCode.cookieReceivedWhileShuttingDown:
      return parseCookieReceivedWhileShuttingDown(bytes, offset, length);
    case ErrorCauseCode.restartWithNewAddresses:
      return parseRestartWithNewAddresses(bytes, offset, length);
    case ErrorCauseCode.userInitiatedAbort:
      return parseUserInitiatedAbort(bytes, offset, length);
    case ErrorCauseCode.protocolViolation:
      return parseProtocolViolation(bytes, offset, length);
    default:
      return parseUnknownErrorCause(bytes, offset, length);
  }
}

function encodeErrorCause(cause: ErrorCause): Uint8Array {
  switch (cause.kind) {
    case 'invalidStreamIdentifier':
      return encodeInvalidStreamIdentifier(cause);
    case 'missingMandatoryParameter':
      return encodeMissingMandatoryParameter(cause);
    case 'staleCookie':
      return encodeStaleCookie(cause);
    case 'outOfResource':
      return encodeOutOfResource();
    case 'unresolvableAddress':
      return encodeUnresolvableAddress(cause);
    case 'unrecognizedChunkType':
      return encodeUnrecognizedChunkType(cause);
    case 'invalidMandatoryParameter':
      return encodeInvalidMandatoryParameter();
    case 'unrecognizedParameters':
      return encodeUnrecognizedParameters(cause);
    case 'noUserData':
      return encodeNoUserData(cause);
    case 'cookieReceivedWhileShuttingDown':
      return encodeCookieReceivedWhileShuttingDown();
    case 'restartWithNewAddresses':
      return encodeRestartWithNewAddresses(cause);
    case 'userInitiatedAbort':
      return encodeUserInitiatedAbort(cause);
    case 'protocolViolation':
      return encodeProtocolViolation(cause);
    case 'unknown':
      return encodeUnknownErrorCause(cause);
  }
}
