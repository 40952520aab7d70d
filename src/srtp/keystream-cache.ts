import { NO_HANDLE } from '../common/packet-memory.js';
import { AES_BLOCK, type BlockCipher, type CounterMode, type SrtpKernel } from './kernel/srtp-kernel.js';

/** Bytes of keystream kept for a stream of short packets (audio), and for others. */
const SMALL = 4096;
const LARGE = 65536;
/** AES blocks per packet of a stream that has had short packets only. */
const SMALL_BLOCKS = 8;
/** Packets with more blocks than that get theirs one at a time. */
const MAX_BLOCKS = 80;
const MAX_PACKETS = 64;
/** Steps in which the number of blocks per packet grows. */
const STEP = 4;

/**
 * The keystream of one stream, computed ahead: a call into node:crypto costs far more than the encryption of a packet, so
 * one call, and the one object that comes of it, serve the next 32 packets or more.
 *
 * ```
 * slot   | packet `first` | `first` + 1 | ...   `stride` blocks each, `count` packets
 * ```
 */
export class KeystreamCache {
  readonly #kernel: SrtpKernel;
  readonly #aes: BlockCipher;
  readonly #mode: CounterMode;
  /** Salt XOR SSRC. */
  readonly #iv: Uint8Array;
  /** Streams that start together should not run dry together. */
  readonly #firstCount: number;

  #handle = NO_HANDLE;
  #stride = 0;
  /** Index of the first packet. */
  #first = 0;
  #count = 0;

  constructor(kernel: SrtpKernel, aes: BlockCipher, mode: CounterMode, iv: Uint8Array) {
    this.#kernel = kernel;
    this.#aes = aes;
    this.#mode = mode;
    this.#iv = iv;
    this.#firstCount = 1 + (iv[5] & 31);
  }

  /** Where in packet memory `blocks` blocks of a packet's keystream are, until the next call of any such method. */
  at(rolloverCounter: number, sequenceNumber: number, blocks: number): number {
    const index = rolloverCounter * 0x10000 + sequenceNumber;
    const position = index - this.#first;
    if (position >= 0 && position < this.#count && blocks <= this.#stride) {
      return this.#handle + position * this.#stride * AES_BLOCK;
    }
    // A packet from before is a retransmission: what comes next is still needed.
    const isOld = this.#count > 0 && position < 0;
    if (isOld || blocks > MAX_BLOCKS || !this.#makeRoom(blocks)) {
      return this.#kernel.fillOnce(this.#aes, this.#mode, this.#iv, rolloverCounter, sequenceNumber, blocks);
    }
    const capacity = this.#capacity;
    this.#count = this.#count === 0 ? Math.min(this.#firstCount, capacity) : capacity;
    this.#first = index;
    this.#kernel.fillKeystream(
      this.#aes,
      this.#mode,
      this.#iv,
      rolloverCounter,
      sequenceNumber,
      this.#count,
      this.#stride,
      this.#handle,
    );
    return this.#handle;
  }

  /** Where a packet's first block of keystream is. Leaves what was computed ahead. */
  peek(rolloverCounter: number, sequenceNumber: number): number {
    const position = rolloverCounter * 0x10000 + sequenceNumber - this.#first;
    return position >= 0 && position < this.#count
      ? this.#handle + position * this.#stride * AES_BLOCK
      : this.#kernel.fillOnce(this.#aes, this.#mode, this.#iv, rolloverCounter, sequenceNumber, 1);
  }

  /** Gives its memory back. It can still be used, and then takes memory anew. */
  close(): void {
    if (this.#handle === NO_HANDLE) return;
    // A keystream is as secret as what it encrypts.
    this.#kernel.releaseSecret(this.#handle);
    this.#handle = NO_HANDLE;
    this.#stride = 0;
    this.#count = 0;
  }

  get #capacity(): number {
    const size = this.#stride <= SMALL_BLOCKS ? SMALL : LARGE;
    return Math.min(MAX_PACKETS, Math.floor(size / (this.#stride * AES_BLOCK)));
  }

  /** Sees to it that packets of that many blocks fit. False: there is no memory. */
  #makeRoom(blocks: number): boolean {
    if (blocks <= this.#stride) return true;
    const isLarge = this.#stride > SMALL_BLOCKS;
    if (blocks > SMALL_BLOCKS !== isLarge || this.#handle === NO_HANDLE) {
      this.close();
      this.#handle = this.#kernel.memory.allocate(blocks <= SMALL_BLOCKS ? SMALL : LARGE);
      if (this.#handle === NO_HANDLE) return false;
    }
    this.#stride = blocks <= SMALL_BLOCKS ? SMALL_BLOCKS : Math.ceil(blocks / STEP) * STEP;
    return true;
  }
}
