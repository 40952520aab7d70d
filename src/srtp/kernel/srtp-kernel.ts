import { FIRST_SLOT, NO_HANDLE, type PacketMemory } from '../../common/packet-memory.js';
import { webAssembly } from '../../common/webassembly.js';
import { kernelWasm } from './wasm.js';

/** What `./assembly` exports. All arguments are byte offsets in packet memory, lengths or counts. */
interface KernelExports {
  xor(target: number, source: number, keystream: number, length: number): void;
  counterModeBlocks: CounterBlocks;
  gcmBlocks: CounterBlocks;
  hmacSha1(): void;
  hmacSha1Key(target: number, key: number, keyLength: number): void;
  ghashTable(table: number, key: number): void;
  gcmTag(target: number, table: number, packet: number, headerLength: number, length: number, mask: number): void;
}

type CounterBlocks = (
  target: number,
  iv: number,
  indexHigh: number,
  indexLow: number,
  packets: number,
  blocks: number,
) => void;

/** As in ./assembly/layout.ts. */
const LANES = 1024;
const LANE_LENGTH = 16;
const DIGESTS = 1280;
const DIGEST_STRIDE = 32;
/** Here we put what a call reads: an IV or a key. */
const INPUT = 2560;
/** 16 bytes that a call leaves here. */
const OUTPUT = 2656;
/** Counter blocks on their way into AES; enough for the longest datagram. */
const COUNTERS = 65536;
const COUNTERS_LENGTH = 65536 + 64;
/** Keystream of one packet. */
const KEYSTREAM = 135168;

export const LANE_COUNT = 4;
export const AES_BLOCK = 16;
const HMAC_KEY_LENGTH = 40;
const MAX_HMAC_KEY_LENGTH = 64;
const GHASH_TABLE_LENGTH = 8192;

/**
 * What SRTP does with packets in packet memory, four at a time where that is faster: WebAssembly with SIMD. It checks
 * that all it is given lies in memory, and throws a RangeError otherwise; the module itself trusts its arguments.
 */
export class SrtpKernel {
  readonly memory: PacketMemory;
  readonly #exports: KernelExports;
  /** Bytes that Node allocated for results outside of the JavaScript heap: see `onAllocation`. */
  readonly #onAllocation: (bytes: number) => void;
  /** By number of blocks: a view of that much of COUNTERS, made once. */
  readonly #counterViews: Buffer[] = [];

  /**
   * @param onAllocation told how many bytes outside of the JavaScript heap have become garbage
   * @returns undefined where there is no WebAssembly with SIMD
   */
  static create(memory: PacketMemory, onAllocation: (bytes: number) => void = () => {}): SrtpKernel | undefined {
    const code = Buffer.from(kernelWasm, 'base64');
    if (!webAssembly?.validate(code)) return undefined;
    const { exports } = new webAssembly.Instance(new webAssembly.Module(code), { env: { memory: memory.memory } });
    return new SrtpKernel(memory, exports as unknown as KernelExports, onAllocation);
  }

  private constructor(memory: PacketMemory, exports: KernelExports, onAllocation: (bytes: number) => void) {
    this.memory = memory;
    this.#exports = exports;
    this.#onAllocation = onAllocation;
  }

  /** target[i] = source[i] XOR keystream[i]. */
  xor(target: number, source: number, keystream: number, length: number): void {
    this.#checkSlot(target, length);
    this.#checkSlot(source, length);
    this.#checkMemory(keystream, length);
    this.#exports.xor(target, source, keystream, length);
  }

  /**
   * Encrypts a payload whose beginning is in place and whose rest comes from elsewhere, see `KernelCipher.protect`.
   *
   * @param keystream where that of the payload's first byte is
   */
  xorSegments(
    offset: number,
    headerLength: number,
    prefixLength: number,
    restOffset: number,
    restLength: number,
    keystream: number,
  ): void {
    const start = offset + headerLength;
    const begun = prefixLength - headerLength;
    if (begun > 0) this.xor(start, start, keystream, begun);
    if (restLength > 0) this.xor(start + begun, restOffset, keystream + begun, restLength);
  }

  /**
   * The keystream of `packets` packets with consecutive indexes, `blocks` AES blocks each, written to `target`.
   *
   * @param aes encrypts blocks (ECB)
   * @param iv salt XOR SSRC, 16 bytes
   */
  fillKeystream(
    aes: BlockCipher,
    mode: CounterMode,
    iv: Uint8Array,
    rolloverCounter: number,
    sequenceNumber: number,
    packets: number,
    blocks: number,
    target: number,
  ): void {
    this.#checkSlot(target, packets * blocks * AES_BLOCK);
    this.#fill(aes, mode, iv, rolloverCounter, sequenceNumber, packets, blocks, target);
  }

  /** The same for one packet, in a place where it stays until the next call. Returns the place. */
  fillOnce(
    aes: BlockCipher,
    mode: CounterMode,
    iv: Uint8Array,
    rolloverCounter: number,
    sequenceNumber: number,
    blocks: number,
  ): number {
    this.#fill(aes, mode, iv, rolloverCounter, sequenceNumber, 1, blocks, KEYSTREAM);
    return KEYSTREAM;
  }

  /** Sets the message of a lane: `length` bytes and the big endian `word`. */
  setLane(lane: number, packet: number, length: number, key: number, word: number): void {
    if (!(lane >= 0 && lane < LANE_COUNT)) throw new RangeError('no such lane');
    this.#checkSlot(packet, length);
    this.#checkSlot(key, HMAC_KEY_LENGTH);
    const { view } = this.memory;
    const at = LANES + lane * LANE_LENGTH;
    view.setUint32(at, packet, true);
    view.setUint32(at + 4, length, true);
    view.setUint32(at + 8, key, true);
    view.setUint32(at + 12, word);
  }

  /** Computes HMAC-SHA1 of all lanes. Each has to have been set, if to what another lane is. */
  hashLanes(): void {
    this.#exports.hmacSha1();
  }

  /** Where the digest of a lane lies, 20 bytes, until the next call. */
  digestOf(lane: number): number {
    return DIGESTS + lane * DIGEST_STRIDE;
  }

  /** Makes of an HMAC key what lanes are given: a slot of packet memory, NO_HANDLE if there is none. */
  createHmacKey(key: Uint8Array): number {
    if (key.length > MAX_HMAC_KEY_LENGTH) throw new RangeError('HMAC key too long');
    const handle = this.memory.allocate(HMAC_KEY_LENGTH);
    if (handle === NO_HANDLE) return handle;
    this.memory.bytes.set(key, INPUT);
    this.#exports.hmacSha1Key(handle, INPUT, key.length);
    this.memory.bytes.fill(0, INPUT, INPUT + key.length);
    return handle;
  }

  /** The table of a GHASH key, 16 bytes: a slot of packet memory, NO_HANDLE if there is none. */
  createGhashTable(key: Uint8Array): number {
    if (key.length !== AES_BLOCK) throw new RangeError('a GHASH key has 16 bytes');
    const handle = this.memory.allocate(GHASH_TABLE_LENGTH);
    if (handle === NO_HANDLE) return handle;
    this.memory.bytes.set(key, INPUT);
    this.#exports.ghashTable(handle, INPUT);
    this.memory.bytes.fill(0, INPUT, INPUT + AES_BLOCK);
    return handle;
  }

  /**
   * The tag of an encrypted AES-GCM packet: 16 bytes in a place where they stay until the next call. Returns the place.
   *
   * @param mask where the first block of the packet's keystream is
   */
  gcmTag(table: number, packet: number, headerLength: number, length: number, mask: number): number {
    this.#checkSlot(table, GHASH_TABLE_LENGTH);
    this.#checkSlot(packet, length);
    this.#checkMemory(mask, AES_BLOCK);
    if (!(headerLength >= 0 && headerLength <= length)) throw new RangeError('header longer than the packet');
    this.#exports.gcmTag(OUTPUT, table, packet, headerLength, length, mask);
    return OUTPUT;
  }

  /** Gives back a slot that held a key. */
  releaseSecret(handle: number): void {
    this.memory.bytes.fill(0, handle, handle + this.memory.capacity(handle));
    this.memory.release(handle);
  }

  #fill(
    aes: BlockCipher,
    mode: CounterMode,
    iv: Uint8Array,
    rolloverCounter: number,
    sequenceNumber: number,
    packets: number,
    blocks: number,
    target: number,
  ): void {
    const length = packets * blocks * AES_BLOCK;
    if (!(packets > 0 && blocks > 0 && length <= COUNTERS_LENGTH)) throw new RangeError('too much keystream at once');
    const { bytes } = this.memory;
    for (let i = 0; i < AES_BLOCK; i++) bytes[INPUT + i] = iv[i];
    this.#exports[mode](COUNTERS, INPUT, rolloverCounter, sequenceNumber, packets, blocks);
    const keystream = aes.update((this.#counterViews[packets * blocks] ??= this.#view(COUNTERS, length)));
    bytes.set(keystream, target);
    this.#onAllocation(length);
  }

  #view(offset: number, length: number): Buffer {
    return Buffer.from(this.memory.bytes.buffer, offset, length);
  }

  /** Slots only, not what the kernels work with themselves. */
  #checkSlot(offset: number, length: number): void {
    this.#checkRange(offset, length, FIRST_SLOT);
  }

  #checkMemory(offset: number, length: number): void {
    this.#checkRange(offset, length, 0);
  }

  #checkRange(offset: number, length: number, start: number): void {
    // False for NaN, too. Fractions are cut by the module.
    if (!(offset >= start && length >= 0 && offset + length <= this.memory.bytes.length)) {
      throw new RangeError(`${length} bytes at ${offset} are not in packet memory`);
    }
  }
}

/** How counter blocks are laid out: RFC 3711 §4.1.1, or RFC 7714 §8.1. */
export type CounterMode = 'counterModeBlocks' | 'gcmBlocks';

/** AES-ECB without padding. */
export interface BlockCipher {
  update(blocks: Uint8Array): Uint8Array;
}
