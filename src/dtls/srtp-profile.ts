/** SRTP protection profiles that DTLS can negotiate (RFC 5764 §4.1.2, RFC 7714 §14.2), under their names in the API. */
export type SrtpProfileName =
  'AEAD_AES_256_GCM' | 'AEAD_AES_128_GCM' | 'AES_CM_128_HMAC_SHA1_80' | 'AES_CM_128_HMAC_SHA1_32';

export interface SrtpProfile {
  readonly name: SrtpProfileName;
  /** The code point in the use_srtp extension. */
  readonly id: number;
  /** Bytes. */
  readonly keyLength: number;
  /** Bytes. */
  readonly saltLength: number;
}

export const srtpProfiles: Readonly<Record<SrtpProfileName, SrtpProfile>> = {
  AEAD_AES_256_GCM: { name: 'AEAD_AES_256_GCM', id: 0x0008, keyLength: 32, saltLength: 12 },
  AEAD_AES_128_GCM: { name: 'AEAD_AES_128_GCM', id: 0x0007, keyLength: 16, saltLength: 12 },
  AES_CM_128_HMAC_SHA1_80: { name: 'AES_CM_128_HMAC_SHA1_80', id: 0x0001, keyLength: 16, saltLength: 14 },
  AES_CM_128_HMAC_SHA1_32: { name: 'AES_CM_128_HMAC_SHA1_32', id: 0x0002, keyLength: 16, saltLength: 14 },
};

/**
 * The order in which profiles are offered by a client and chosen by a server, unless the application wants another. Which profile is used is invisible to
 * the application, so the order follows what a packet costs: on Node, AES-CM with HMAC-SHA1 takes about two thirds of
 * the time of GCM, whose multiplication has no instruction in WebAssembly. The 32-bit tag is the last resort.
 */
export const defaultSrtpProfiles: readonly SrtpProfileName[] = [
  'AES_CM_128_HMAC_SHA1_80',
  'AEAD_AES_128_GCM',
  'AEAD_AES_256_GCM',
  'AES_CM_128_HMAC_SHA1_32',
];

/** All profiles: those preferred, in their order, then the others. */
export function orderSrtpProfiles(preferred: readonly SrtpProfileName[]): readonly SrtpProfileName[] {
  return [...new Set([...preferred, ...defaultSrtpProfiles])];
}
