import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { type RecordHeader } from '../record.js';
import { type RecordProtection } from '../record-layer.js';
import { type CipherSuite } from './cipher-suite.js';

const TAG_LENGTH = 16;
const NONCE_LENGTH = 12;

/** The keys of one direction. */
export interface TrafficKeys {
  key: Uint8Array;
  fixedIv: Uint8Array;
}

/** AEAD record protection of DTLS 1.2 (RFC 5246 §6.2.3.3): AES-GCM (RFC 5288) or ChaCha20-Poly1305 (RFC 7905). */
export class AeadProtection implements RecordProtection {
  readonly overhead: number;
  readonly #cipher: 'aes-128-gcm';
  readonly #key: KeyObject;
  readonly #fixedIv: Uint8Array;
  /** Bytes of the nonce that travel in front of the ciphertext. */
  readonly #explicitLength: number;

  constructor(suite: CipherSuite, keys: TrafficKeys) {
    // All three ciphers are used alike, but the types of node:crypto have no name for that.
    this.#cipher = suite.cipher as 'aes-128-gcm';
    this.#key = createSecretKey(keys.key);
    this.#fixedIv = keys.fixedIv;
    this.#explicitLength = NONCE_LENGTH - keys.fixedIv.length;
    this.overhead = this.#explicitLength + TAG_LENGTH;
  }

  protect(header: RecordHeader, plaintext: Uint8Array): Uint8Array {
    const explicit = epochAndSequence(header).subarray(0, this.#explicitLength);
    const nonce = this.#nonce(header, explicit);
    const cipher = createCipheriv(this.#cipher, this.#key, nonce, { authTagLength: TAG_LENGTH });
    cipher.setAAD(additionalData(header, plaintext.length), { plaintextLength: plaintext.length });
    const ciphertext = cipher.update(plaintext);
    cipher.final();
    return Buffer.concat([explicit, ciphertext, cipher.getAuthTag()]);
  }

  unprotect(header: RecordHeader, content: Uint8Array): Uint8Array | undefined {
    if (content.length < this.overhead) return undefined;
    const ciphertext = content.subarray(this.#explicitLength, content.length - TAG_LENGTH);
    const nonce = this.#nonce(header, content.subarray(0, this.#explicitLength));
    const decipher = createDecipheriv(this.#cipher, this.#key, nonce, { authTagLength: TAG_LENGTH });
    decipher.setAAD(additionalData(header, ciphertext.length), { plaintextLength: ciphertext.length });
    decipher.setAuthTag(content.subarray(content.length - TAG_LENGTH));
    const plaintext = decipher.update(ciphertext);
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return plaintext;
  }

  /** AES-GCM puts the explicit part behind the fixed one; ChaCha20 masks the fixed IV with the sequence number. */
  #nonce(header: RecordHeader, explicit: Uint8Array): Uint8Array {
    const nonce = new Uint8Array(NONCE_LENGTH);
    nonce.set(this.#fixedIv);
    if (explicit.length > 0) {
      nonce.set(explicit, this.#fixedIv.length);
    } else {
      const number = epochAndSequence(header);
      for (let i = 0; i < number.length; i++) nonce[NONCE_LENGTH - number.length + i] ^= number[i];
    }
    return nonce;
  }
}

/** The 64-bit number that identifies a record, which DTLS uses where TLS has its sequence number (RFC 6347 §4.1.2.1). */
function epochAndSequence({ epoch, sequence }: RecordHeader): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, epoch);
  view.setUint16(2, Math.floor(sequence / 2 ** 32));
  view.setUint32(4, sequence % 2 ** 32);
  return bytes;
}

/** seq_num + type + version + length (RFC 5246 §6.2.3.3). */
function additionalData(header: RecordHeader, plaintextLength: number): Uint8Array {
  const { type, version } = header;
  const tail = [type, version >>> 8, version & 0xff, plaintextLength >>> 8, plaintextLength & 0xff];
  return Uint8Array.of(...epochAndSequence(header), ...tail);
}
