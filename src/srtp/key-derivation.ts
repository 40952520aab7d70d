import { type Cipher, createCipheriv, createSecretKey } from 'node:crypto';
import { type SrtpSuite, masterLength } from './srtp-suite.js';

/** The session keys of RTP or of RTCP. */
export interface SessionKeys {
  readonly encryptionKey: Uint8Array;
  /** HMAC key; unused by AES-GCM. */
  readonly authenticationKey: Uint8Array;
  readonly salt: Uint8Array;
}

const AUTHENTICATION_KEY_LENGTH = 20;

/** RFC 3711 §4.3.1 and §4.3.2. */
const Label = {
  rtpEncryption: 0,
  rtpAuthentication: 1,
  rtpSalt: 2,
  rtcpEncryption: 3,
  rtcpAuthentication: 4,
  rtcpSalt: 5,
} as const;

/**
 * Derives the session keys from `master key || master salt` (RFC 3711 §4.3, RFC 6188 §3, RFC 7714 §11), with a key
 * derivation rate of 0: they stay for the whole session.
 *
 * @throws TypeError if `master` is not as long as the suite asks for.
 */
export function deriveSessionKeys(suite: SrtpSuite, master: Uint8Array): { rtp: SessionKeys; rtcp: SessionKeys } {
  if (master.length !== masterLength(suite)) {
    throw new TypeError(`${suite.name} takes ${masterLength(suite)} bytes of key and salt, not ${master.length}`);
  }
  const key = master.subarray(0, suite.keyLength);
  const salt = master.subarray(suite.keyLength);
  const derive = (label: number, length: number): Uint8Array => deriveKey(key, salt, label, length);
  return {
    rtp: {
      encryptionKey: derive(Label.rtpEncryption, suite.keyLength),
      authenticationKey: derive(Label.rtpAuthentication, AUTHENTICATION_KEY_LENGTH),
      salt: derive(Label.rtpSalt, suite.saltLength),
    },
    rtcp: {
      encryptionKey: derive(Label.rtcpEncryption, suite.keyLength),
      authenticationKey: derive(Label.rtcpAuthentication, AUTHENTICATION_KEY_LENGTH),
      salt: derive(Label.rtcpSalt, suite.saltLength),
    },
  };
}

/** The pseudo-random function of RFC 3711 §4.3.3: the AES-CM keystream whose IV is the master salt XOR the label. */
export function deriveKey(masterKey: Uint8Array, masterSalt: Uint8Array, label: number, length: number): Uint8Array {
  // A salt of 12 bytes (AES-GCM) is padded on the right (RFC 7714 §11).
  const iv = new Uint8Array(16);
  iv.set(masterSalt);
  iv[7] ^= label;
  return createCipheriv(`aes-${masterKey.length * 8}-ctr`, masterKey, iv).update(new Uint8Array(length));
}

/** AES that encrypts block by block (ECB), to make keystreams with. One is enough for all packets of a session. */
export function createBlockCipher(key: Uint8Array): Cipher {
  return createCipheriv(`aes-${key.length * 8}-ecb`, createSecretKey(key), null).setAutoPadding(false);
}
