import { DropReason } from '../common/drop-reason.js';
import { NO_HANDLE } from '../common/packet-memory.js';
import { AES_BLOCK, type SrtpKernel } from './kernel/srtp-kernel.js';
import { KernelCipher } from './kernel-cipher.js';
import { type SessionKeys } from './key-derivation.js';
import { type KeystreamCache } from './keystream-cache.js';

const TAG_LENGTH = 16;

/** What AesGcmCipher does with RTP, for packets in packet memory: with keystream computed ahead and GHASH in the kernel. */
export class AesGcmKernelCipher extends KernelCipher {
  #table: number;

  /** @returns undefined if there is no memory */
  static create(kernel: SrtpKernel, keys: SessionKeys): AesGcmKernelCipher | undefined {
    const cipher = new AesGcmKernelCipher(kernel, keys);
    return cipher.#table === NO_HANDLE ? undefined : cipher;
  }

  private constructor(kernel: SrtpKernel, keys: SessionKeys) {
    // RFC 7714 §8.1: 00 00 || SSRC || rollover counter || sequence number, XOR the salt.
    super(kernel, keys, 'gcmBlocks', 2);
    this.#table = kernel.createGhashTable(this.aes.update(new Uint8Array(AES_BLOCK)));
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
  ): number {
    const length = prefixLength + restLength;
    const mask = keystream.at(rolloverCounter, sequenceNumber, blockCount(length - headerLength));
    this.kernel.xorSegments(offset, headerLength, prefixLength, restOffset, restLength, mask + AES_BLOCK);
    const tag = this.kernel.gcmTag(this.#table, offset, headerLength, length, mask);
    const { bytes } = this.kernel.memory;
    for (let i = 0; i < TAG_LENGTH; i++) bytes[offset + length + i] = bytes[tag + i];
    return length + TAG_LENGTH;
  }

  /** Each is computed by itself. */
  beginTag(): boolean {
    return false;
  }

  compareTag(offset: number, length: number, target: number): DropReason {
    const isAuthentic = this.isSame(offset + length - TAG_LENGTH, target, TAG_LENGTH);
    return isAuthentic ? DropReason.none : DropReason.srtpAuthentication;
  }

  authenticate(
    keystream: KeystreamCache,
    offset: number,
    headerLength: number,
    length: number,
    rolloverCounter: number,
    sequenceNumber: number,
  ): DropReason {
    const plainLength = length - TAG_LENGTH;
    // The keystream of a packet that may be forged is not worth computing ahead, and only its first block is needed.
    const mask = keystream.peek(rolloverCounter, sequenceNumber);
    return this.compareTag(offset, length, this.kernel.gcmTag(this.#table, offset, headerLength, plainLength, mask));
  }

  decrypt(
    keystream: KeystreamCache,
    offset: number,
    headerLength: number,
    length: number,
    rolloverCounter: number,
    sequenceNumber: number,
  ): number {
    const plainLength = length - TAG_LENGTH;
    const payloadLength = plainLength - headerLength;
    if (payloadLength > 0) {
      const mask = keystream.at(rolloverCounter, sequenceNumber, blockCount(payloadLength));
      const start = offset + headerLength;
      this.kernel.xor(start, start, mask + AES_BLOCK, payloadLength);
    }
    return plainLength;
  }

  close(): void {
    if (this.#table !== NO_HANDLE) this.kernel.releaseSecret(this.#table);
    this.#table = NO_HANDLE;
  }
}

/** The first block masks the tag. */
function blockCount(payloadLength: number): number {
  return 1 + ((payloadLength + AES_BLOCK - 1) >> 4);
}
