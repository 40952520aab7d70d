/** The key of one direction of SRTP, for transports without DTLS. */
export type SrtpParameters = {
  cryptoSuite: SrtpCryptoSuite;
  /** Base64 of master key and salt: 44 bytes for AEAD_AES_256_GCM, 28 for AEAD_AES_128_GCM, 30 for AES_CM_128. */
  keyBase64: string;
};

export type SrtpCryptoSuite =
  'AEAD_AES_256_GCM' | 'AEAD_AES_128_GCM' | 'AES_CM_128_HMAC_SHA1_80' | 'AES_CM_128_HMAC_SHA1_32';
