import {
  SrtpCryptoSuite as FbsSuite,
  type SrtpParameters as FbsSrtpParameters,
} from '../../channel/fbs/srtp-parameters.js';
import { type SrtpCryptoSuite, type SrtpParameters } from '../types/srtp-parameters.js';
import { EnumNames } from './convert.js';

export const srtpCryptoSuites = new EnumNames<SrtpCryptoSuite, FbsSuite>('SrtpCryptoSuite', {
  AEAD_AES_256_GCM: FbsSuite.AEAD_AES_256_GCM,
  AEAD_AES_128_GCM: FbsSuite.AEAD_AES_128_GCM,
  AES_CM_128_HMAC_SHA1_80: FbsSuite.AES_CM_128_HMAC_SHA1_80,
  AES_CM_128_HMAC_SHA1_32: FbsSuite.AES_CM_128_HMAC_SHA1_32,
});

export const srtpParametersToFbs = ({ cryptoSuite, keyBase64 }: SrtpParameters): FbsSrtpParameters => ({
  cryptoSuite: srtpCryptoSuites.toValue(cryptoSuite),
  keyBase64,
});

/** Undefined if there are none. */
export const srtpParametersFromFbs = (parameters?: FbsSrtpParameters): SrtpParameters | undefined =>
  parameters
    ? {
        cryptoSuite: srtpCryptoSuites.toName(parameters.cryptoSuite),
        keyBase64: parameters.keyBase64,
      }
    : undefined;
