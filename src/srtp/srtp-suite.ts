/** Crypto suites by the names that the API uses (those of RFC 4568 and RFC 7714 §14.1). */
export type SrtpSuiteName =
  'AEAD_AES_256_GCM' | 'AEAD_AES_128_GCM' | 'AES_CM_128_HMAC_SHA1_80' | 'AES_CM_128_HMAC_SHA1_32';

/** What a suite is made of. All lengths in bytes. */
export interface SrtpSuite {
  readonly name: SrtpSuiteName;
  /** Which of the two transforms: counter mode with HMAC-SHA1 (RFC 3711), or AES-GCM (RFC 7714). */
  readonly transform: 'aes-cm' | 'aes-gcm';
  /** Of the master key and of the session keys for encryption. */
  readonly keyLength: number;
  /** Of the master salt and of the session salts. */
  readonly saltLength: number;
  readonly rtpTagLength: number;
  /** Always the long tag: RFC 5764 §4.1.2 shortens RTP tags only. */
  readonly rtcpTagLength: number;
}

export const SRTP_SUITES: Readonly<Record<SrtpSuiteName, SrtpSuite>> = {
  AEAD_AES_256_GCM: {
    name: 'AEAD_AES_256_GCM',
    transform: 'aes-gcm',
    keyLength: 32,
    saltLength: 12,
    rtpTagLength: 16,
    rtcpTagLength: 16,
  },
  AEAD_AES_128_GCM: {
    name: 'AEAD_AES_128_GCM',
    transform: 'aes-gcm',
    keyLength: 16,
    saltLength: 12,
    rtpTagLength: 16,
    rtcpTagLength: 16,
  },
  AES_CM_128_HMAC_SHA1_80: {
    name: 'AES_CM_128_HMAC_SHA1_80',
    transform: 'aes-cm',
    keyLength: 16,
    saltLength: 14,
    rtpTagLength: 10,
    rtcpTagLength: 10,
  },
  AES_CM_128_HMAC_SHA1_32: {
    name: 'AES_CM_128_HMAC_SHA1_32',
    transform: 'aes-cm',
    keyLength: 16,
    saltLength: 14,
    rtpTagLength: 4,
    rtcpTagLength: 10,
  },
};

/** Length of `master key || master salt`, which is what the API and DTLS exchange. */
export function masterLength(suite: SrtpSuite): number {
  return suite.keyLength + suite.saltLength;
}

/** Bytes that protecting a packet appends at most: the tag, and the index of an SRTCP packet. */
export function maxTrailerLength(suite: SrtpSuite): number {
  return Math.max(suite.rtpTagLength, suite.rtcpTagLength + 4);
}
