import { hash } from 'node:crypto';
import { WordCopier, writeUint32 } from '../common/bytes.js';

const SHA1_BLOCK = 64;
const SHA1_LENGTH = 20;
/** Longest message for which a view of the scratch memory is kept. */
const MAX_KEPT_VIEW = 2048;

/** What is hashed, gathered in one piece: `key XOR ipad || packet || rollover counter`. Holds nothing between two calls. */
const innerMessage = Buffer.allocUnsafeSlow(SHA1_BLOCK + 65536 + 4);
const innerCopier = new WordCopier(innerMessage);
const outerMessage = Buffer.allocUnsafeSlow(SHA1_BLOCK + SHA1_LENGTH);
/** By length of the message: a view of that much of `innerMessage`, made once. */
const innerMessages: Buffer[] = [];

/**
 * HMAC-SHA1 (RFC 2104) as two one-shot hashes, the fastest that Node offers: an Hmac object per packet, or a result
 * as a Buffer, costs more than the hashing. Digests are strings of one character per byte ('binary').
 */
export class HmacSha1 {
  readonly #innerPad: Uint8Array;
  readonly #outerPad: Uint8Array;

  constructor(key: Uint8Array) {
    this.#innerPad = new Uint8Array(SHA1_BLOCK).fill(0x36);
    this.#outerPad = new Uint8Array(SHA1_BLOCK).fill(0x5c);
    for (let i = 0; i < key.length; i++) {
      this.#innerPad[i] ^= key[i];
      this.#outerPad[i] ^= key[i];
    }
  }

  digest(bytes: Uint8Array, offset: number, length: number): string {
    innerCopier.copy(bytes, offset, length, SHA1_BLOCK);
    return this.#digestInner(SHA1_BLOCK + length);
  }

  /** The digest of bytes[offset, offset + length) and a 32 bit word behind them. */
  digestWithWord(bytes: Uint8Array, offset: number, length: number, word: number): string {
    innerCopier.copy(bytes, offset, length, SHA1_BLOCK);
    writeUint32(innerMessage, SHA1_BLOCK + length, word);
    return this.#digestInner(SHA1_BLOCK + length + 4);
  }

  #digestInner(messageLength: number): string {
    innerMessage.set(this.#innerPad);
    outerMessage.set(this.#outerPad);
    const message =
      messageLength > MAX_KEPT_VIEW
        ? innerMessage.subarray(0, messageLength)
        : (innerMessages[messageLength] ??= innerMessage.subarray(0, messageLength));
    const inner = hash('sha1', message, 'binary');
    for (let i = 0; i < SHA1_LENGTH; i++) outerMessage[SHA1_BLOCK + i] = inner.charCodeAt(i);
    return hash('sha1', outerMessage, 'binary');
  }
}

export function writeTag(digest: string, bytes: Uint8Array, offset: number, length: number): void {
  for (let i = 0; i < length; i++) bytes[offset + i] = digest.charCodeAt(i);
}

/** Compares in constant time: how long it takes says nothing about where the first difference is. */
export function isTag(digest: string, bytes: Uint8Array, offset: number, length: number): boolean {
  let difference = 0;
  for (let i = 0; i < length; i++) difference |= digest.charCodeAt(i) ^ bytes[offset + i];
  return difference === 0;
}
