import { DropReason } from '../common/drop-reason.js';
import { NO_HANDLE } from '../common/packet-memory.js';
import { HmacSha1, isTag } from './hmac-sha1.js';
import { AES_BLOCK, type SrtpKernel } from './kernel/srtp-kernel.js';
import { KernelCipher } from './kernel-cipher.js';
import { type SessionKeys } from './key-derivation.js';
import { type KeystreamCache } from './keystream-cache.js';
import { type SrtpSuite } from './srtp-suite.js';
import { type TagBatch } from './tag-batch.js';

/** What AesCmCipher does with RTP, for packets in packet memory: with keystream computed ahead and tags in batches. */
export class AesCmKernelCipher extends KernelCipher {
  readonly #tagLength: number;
  readonly #hmac: HmacSha1;
  #hmacKey: number;

  constructor(kernel: SrtpKernel, suite: SrtpSuite, keys: SessionKeys) {
    // RFC 3711 §4.1.1: (salt << 16) XOR (SSRC << 64) XOR (index << 16).
    super(kernel, keys, 'counterModeBlocks', 4);
    this.#tagLength = suite.rtpTagLength;
    this.#hmac = new HmacSha1(keys.authenticationKey);
    this.#hmacKey = kernel.createHmacKey(keys.authenticationKey);
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
      this.kernel.xorSegments(offset, headerLength, prefixLength, restOffset, restLength, key);
    }
    this.#addTag(batch, offset, length, rolloverCounter, offset + length);
    return length + this.#tagLength;
  }

  beginTag(offset: number, length: number, rolloverCounter: number, target: number, batch: TagBatch): boolean {
    this.#addTag(batch, offset, length - this.#tagLength, rolloverCounter, target);
    return true;
  }

  compareTag(offset: number, length: number, target: number): DropReason {
    const isAuthentic = this.isSame(offset + length - this.#tagLength, target, this.#tagLength);
    return isAuthentic ? DropReason.none : DropReason.srtpAuthentication;
  }

  authenticate(
    _keystream: KeystreamCache,
    offset: number,
    _headerLength: number,
    length: number,
    rolloverCounter: number,
  ): DropReason {
    const { bytes } = this.kernel.memory;
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
      this.kernel.xor(start, start, key, plainLength - headerLength);
    }
    return plainLength;
  }

  close(): void {
    if (this.#hmacKey !== NO_HANDLE) this.kernel.releaseSecret(this.#hmacKey);
    this.#hmacKey = NO_HANDLE;
  }

  #addTag(batch: TagBatch, offset: number, length: number, rolloverCounter: number, target: number): void {
    batch.add(this.kernel, this.#hmac, this.#hmacKey, offset, length, rolloverCounter, target, this.#tagLength);
  }
}
