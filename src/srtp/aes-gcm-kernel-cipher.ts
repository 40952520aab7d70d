import { DropReason } from '../common/drop-reason.js';
import { NO_HANDLE } from '../common/packet-memory.js';
import { AES_BLOCK, type BlockCipher, type SrtpKernel } from './kernel/srtp-kernel.js';
import { type KernelCipher } from './kernel-cipher.js';
import { createBlockCipher, type SessionKeys } from './key-derivation.js';
import { KeystreamCache } from './keystream-cache.js';
import { readUint32, writeUint32 } from './packet-cipher.js';

const TAG_LENGTH = 16;

/** What AesGcmCipher does with RTP, for packets in packet memory: with keystream computed ahead and GHASH in the kernel. */
export class AesGcmKernelCipher implements KernelCipher {
  readonly #kernel: SrtpKernel;
  readonly #aes: BlockCipher;
  readonly #salt: Uint8Array;
  #table: number;

  /** @returns undefined if there is no memory */
  static create(kernel: SrtpKernel, keys: SessionKeys): AesGcmKernelCipher | undefined {
    const aes = createBlockCipher(keys.encryptionKey);
    const table = kernel.createGhashTable(aes.update(new Uint8Array(AES_BLOCK)));
    return table === NO_HANDLE ? undefined : new AesGcmKernelCipher(kernel, aes, keys.salt, table);
  }

  private constructor(kernel: SrtpKernel, aes: BlockCipher, salt: Uint8Array, table: number) {
    this.#kernel = kernel;
    this.#aes = aes;
    this.#salt = salt;
    this.#table = table;
  }

  createKeystream(ssrc: number): KeystreamCache {
    // RFC 7714 §8.1: 00 00 || SSRC || 00 00 00 00 00 00, XOR the salt; the index comes later.
    const iv = new Uint8Array(AES_BLOCK);
    iv.set(this.#salt);
    writeUint32(iv, 2, readUint32(iv, 2) ^ ssrc);
    return new KeystreamCache(this.#kernel, this.#aes, 'gcmBlocks', iv);
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
    this.#kernel.xorSegments(offset, headerLength, prefixLength, restOffset, restLength, mask + AES_BLOCK);
    const tag = this.#kernel.gcmTag(this.#table, offset, headerLength, length, mask);
    const { bytes } = this.#kernel.memory;
    for (let i = 0; i < TAG_LENGTH; i++) bytes[offset + length + i] = bytes[tag + i];
    return length + TAG_LENGTH;
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
    const tag = this.#kernel.gcmTag(this.#table, offset, headerLength, plainLength, mask);
    const { bytes } = this.#kernel.memory;
    let difference = 0;
    for (let i = 0; i < TAG_LENGTH; i++) difference |= bytes[offset + plainLength + i] ^ bytes[tag + i];
    return difference === 0 ? DropReason.none : DropReason.srtpAuthentication;
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
      this.#kernel.xor(start, start, mask + AES_BLOCK, payloadLength);
    }
    return plainLength;
  }

  close(): void {
    if (this.#table !== NO_HANDLE) this.#kernel.releaseSecret(this.#table);
    this.#table = NO_HANDLE;
  }
}

/** The first block masks the tag. */
function blockCount(payloadLength: number): number {
  return 1 + ((payloadLength + AES_BLOCK - 1) >> 4);
}
