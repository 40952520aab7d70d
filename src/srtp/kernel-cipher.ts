import { readUint32, writeUint32 } from '../common/bytes.js';
import { type DropReason } from '../common/drop-reason.js';
import { AES_BLOCK, type BlockCipher, type CounterMode, type SrtpKernel } from './kernel/srtp-kernel.js';
import { createBlockCipher, type SessionKeys } from './key-derivation.js';
import { KeystreamCache } from './keystream-cache.js';
import { type TagBatch } from './tag-batch.js';

/**
 * The RTP half of a suite for packets that lie in packet memory: the fast counterpart of `PacketCipher`, implemented by
 * `AesCmKernelCipher` and `AesGcmKernelCipher`. Offsets are those of packet memory. `keystream` is the packet's stream's.
 */
export abstract class KernelCipher {
  protected readonly kernel: SrtpKernel;
  protected readonly aes: BlockCipher;
  readonly #salt: Uint8Array;
  readonly #mode: CounterMode;
  readonly #ssrcOffset: number;

  /** @param ssrcOffset where in the IV the SSRC is XORed onto the salt */
  constructor(kernel: SrtpKernel, { encryptionKey, salt }: SessionKeys, mode: CounterMode, ssrcOffset: number) {
    this.kernel = kernel;
    this.aes = createBlockCipher(encryptionKey);
    this.#salt = salt;
    this.#mode = mode;
    this.#ssrcOffset = ssrcOffset;
  }

  createKeystream(ssrc: number): KeystreamCache {
    const iv = new Uint8Array(AES_BLOCK);
    iv.set(this.#salt);
    writeUint32(iv, this.#ssrcOffset, readUint32(iv, this.#ssrcOffset) ^ ssrc);
    return new KeystreamCache(this.kernel, this.aes, this.#mode, iv);
  }

  /**
   * Protects the packet
   *
   * ```
   *   offset       headerLength           prefixLength
   *   | header     | payload, beginning   |                                  here
   *                                       | restOffset ... restLength        elsewhere: moves behind the beginning
   * ```
   *
   * Its tag may be missing until `batch.finish`. Returns the new length.
   */
  abstract protect(
    keystream: KeystreamCache,
    offset: number,
    headerLength: number,
    prefixLength: number,
    restOffset: number,
    restLength: number,
    rolloverCounter: number,
    sequenceNumber: number,
    batch: TagBatch,
  ): number;

  /** Lets `batch` write the tag that a received packet ought to have to `target`. False: tags are not computed like that. */
  abstract beginTag(offset: number, length: number, rolloverCounter: number, target: number, batch: TagBatch): boolean;

  /** Whether a packet's tag is the one at `target`. */
  abstract compareTag(offset: number, length: number, target: number): DropReason;

  /** Whether a packet's tag is right. */
  abstract authenticate(
    keystream: KeystreamCache,
    offset: number,
    headerLength: number,
    length: number,
    rolloverCounter: number,
    sequenceNumber: number,
  ): DropReason;

  /** Decrypts an authentic packet in place. Returns the length without the tag. */
  abstract decrypt(
    keystream: KeystreamCache,
    offset: number,
    headerLength: number,
    length: number,
    rolloverCounter: number,
    sequenceNumber: number,
  ): number;

  /** Gives memory back, but for the keystreams. To be called once nothing waits in a batch. */
  abstract close(): void;

  /** Compares in constant time: how long it takes says nothing about where the first difference is. */
  protected isSame(a: number, b: number, length: number): boolean {
    const { bytes } = this.kernel.memory;
    let difference = 0;
    for (let i = 0; i < length; i++) difference |= bytes[a + i] ^ bytes[b + i];
    return difference === 0;
  }
}
