import { DropReason } from '../common/drop-reason.js';
import { NO_HANDLE } from '../common/packet-memory.js';
import { HmacSha1, isTag } from './hmac-sha1.js';
import { AES_BLOCK, type BlockCipher, type SrtpKernel } from './kernel/srtp-kernel.js';
import { type KernelCipher } from './kernel-cipher.js';
import { createBlockCipher, type SessionKeys } from './key-derivation.js';
import { KeystreamCache } from './keystream-cache.js';
import { readUint32, writeUint32 } from './packet-cipher.js';
import { type SrtpSuite } from './srtp-suite.js';
import { type TagBatch } from './tag-batch.js';

/** What AesCmCipher does with RTP, for packets in packet memory: with keystream computed ahead and tags in batches. */
export class AesCmKernelCipher implements KernelCipher {
  readonly #kernel: SrtpKernel;
  readonly #tagLength: number;
  readonly #aes: BlockCipher;
  readonly #salt: Uint8Array;
  readonly #hmac: HmacSha1;
  #hmacKey: number;

  constructor(kernel: SrtpKernel, suite: SrtpSuite, { encryptionKey, authenticationKey, salt }: SessionKeys) {
    this.#kernel = kernel;
    this.#tagLength = suite.rtpTagLength;
    this.#aes = createBlockCipher(encryptionKey);
    this.#salt = salt;
    this.#hmac = new HmacSha1(authenticationKey);
    this.#hmacKey = kernel.createHmacKey(authenticationKey);
  }

  createKeystream(ssrc: number): KeystreamCache {
    // RFC 3711 §4.1.1: (salt << 16) XOR (SSRC << 64); the index comes later.
    const iv = new Uint8Array(AES_BLOCK);
    iv.set(this.#salt);
    writeUint32(iv, 4, readUint32(iv, 4) ^ ssrc);
    return new KeystreamCache(this.#kernel, this.#aes, 'counterModeBlocks', iv);
  }

  protect(
    keystream: KeystreamCache,
    offset: number,
    headerLength: number,
    prefixLength: number,
    restOffset: number,
    restLength: number,
    rolloverCounter: number,
    sequenceNumber: number,
    batch: TagBatch,
  ): number {
    const length = prefixLength + restLength;
    const blocks = (length - headerLength + AES_BLOCK - 1) >> 4;
    if (blocks > 0) {
      const key = keystream.at(rolloverCounter, sequenceNumber, blocks);
      this.#kernel.xorSegments(offset, headerLength, prefixLength, restOffset, restLength, key);
    }
    batch.add(this.#kernel, this.#hmac, this.#hmacKey, offset, length, rolloverCounter, this.#tagLength);
    return length + this.#tagLength;
  }

  authenticate(
    _keystream: KeystreamCache,
    offset: number,
    _headerLength: number,
    length: number,
    rolloverCounter: number,
  ): DropReason {
    const { bytes } = this.#kernel.memory;
    const plainLength = length - this.#tagLength;
    const tag = this.#hmac.digestWithWord(bytes, offset, plainLength, rolloverCounter);
    return isTag(tag, bytes, offset + plainLength, this.#tagLength) ? DropReason.none : DropReason.srtpAuthentication;
  }

  decrypt(
    keystream: KeystreamCache,
    offset: number,
    headerLength: number,
    length: number,
    rolloverCounter: number,
    sequenceNumber: number,
  ): number {
    const plainLength = length - this.#tagLength;
    const blocks = (plainLength - headerLength + AES_BLOCK - 1) >> 4;
    if (blocks > 0) {
      const key = keystream.at(rolloverCounter, sequenceNumber, blocks);
      const start = offset + headerLength;
      this.#kernel.xor(start, start, key, plainLength - headerLength);
    }
    return plainLength;
  }

  close(): void {
    if (this.#hmacKey !== NO_HANDLE) this.#kernel.releaseSecret(this.#hmacKey);
    this.#hmacKey = NO_HANDLE;
  }
}
