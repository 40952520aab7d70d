import { type DropReason } from '../common/drop-reason.js';
import { type KeystreamCache } from './keystream-cache.js';
import { type TagBatch } from './tag-batch.js';

/**
 * The RTP half of a suite for packets that lie in packet memory: the fast counterpart of `PacketCipher`, implemented by
 * `AesCmKernelCipher` and `AesGcmKernelCipher`. Offsets are those of packet memory. `keystream` is the packet's stream's.
 */
export interface KernelCipher {
  createKeystream(ssrc: number): KeystreamCache;

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
  ): number;

  /** Whether a packet's tag is right. */
  authenticate(
    keystream: KeystreamCache,
    offset: number,
    headerLength: number,
    length: number,
    rolloverCounter: number,
    sequenceNumber: number,
  ): DropReason;

  /** Decrypts an authentic packet in place. Returns the length without the tag. */
  decrypt(
    keystream: KeystreamCache,
    offset: number,
    headerLength: number,
    length: number,
    rolloverCounter: number,
    sequenceNumber: number,
  ): number;

  /** Gives memory back, but for the keystreams. To be called once nothing waits in a batch. */
  close(): void;
}
