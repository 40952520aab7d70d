import * as FbsSrtpParameters from '../channel/fbs/srtp-parameters.js';
import { masterLength, SRTP_SUITES, type SrtpSuiteName } from '../srtp/srtp-suite.js';
import { type Random } from './runtime.js';

/** How one direction of a Plain or Pipe transport is encrypted. */
export interface SrtpParameters {
  readonly suite: SrtpSuiteName;
  /** Master key || master salt. */
  readonly masterKey: Uint8Array;
}

/** By number. */
const SUITE_NAMES = Object.keys(FbsSrtpParameters.SrtpCryptoSuite) as SrtpSuiteName[];

export function srtpSuiteName(number: FbsSrtpParameters.SrtpCryptoSuite): SrtpSuiteName {
  return SUITE_NAMES[number];
}

export function srtpSuiteNumber(name: SrtpSuiteName): FbsSrtpParameters.SrtpCryptoSuite {
  return FbsSrtpParameters.SrtpCryptoSuite[name];
}

export function generateSrtpParameters(suite: SrtpSuiteName, random: Random): SrtpParameters {
  const masterKey = new Uint8Array(masterLength(SRTP_SUITES[suite]));
  random.fill(masterKey);
  return { suite, masterKey };
}

/**
 * The key of a peer. Characters that Base64 does not have (RFC 4648 §4) are skipped.
 *
 * @throws TypeError if it is not Base64, or has not the length of the suite.
 */
export function decodeMasterKey(suite: SrtpSuiteName, keyBase64: string): Uint8Array {
  const digits = keyBase64.replace(/[^A-Za-z0-9+/=]/g, '');
  if (digits.length === 0 || digits.length % 4 !== 0) throw new TypeError('invalid data');
  const masterKey = new Uint8Array(Buffer.from(digits, 'base64'));
  if (masterKey.length !== masterLength(SRTP_SUITES[suite])) throw new TypeError('invalid decoded SRTP key length');
  return masterKey;
}

export function srtpParametersDump({ suite, masterKey }: SrtpParameters): FbsSrtpParameters.SrtpParameters {
  return { cryptoSuite: srtpSuiteNumber(suite), keyBase64: Buffer.from(masterKey).toString('base64') };
}
