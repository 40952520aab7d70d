import { NO_HANDLE, type PacketMemory } from '../common/packet-memory.js';
import { type HmacSha1, writeTag } from './hmac-sha1.js';
import { LANE_COUNT, type SrtpKernel } from './kernel/srtp-kernel.js';

/** Packets that may wait for their tags. */
const CAPACITY = 64;
/** A single packet is faster with a one-shot hash, two are if they are longer than this. */
const LONG_PACKET = 256;

/**
 * HMAC-SHA1 tags of several packets, of any sessions: four are computed in the time of one. Whoever encrypts a packet adds
 * it here; before it is sent, `finish` has to be called. Likewise for the tags that received packets ought to have.
 */
export class TagBatch {
  readonly memory: PacketMemory;

  #kernel: SrtpKernel | undefined = undefined;
  #count = 0;
  readonly #keys: (HmacSha1 | undefined)[] = new Array<undefined>(CAPACITY).fill(undefined);
  readonly #keyHandles = new Float64Array(CAPACITY);
  readonly #offsets = new Float64Array(CAPACITY);
  readonly #lengths = new Float64Array(CAPACITY);
  readonly #words = new Float64Array(CAPACITY);
  readonly #targets = new Float64Array(CAPACITY);
  readonly #tagLengths = new Uint8Array(CAPACITY);
  /** Indexes of packets, the longest first. */
  readonly #order = new Uint8Array(CAPACITY);

  constructor(memory: PacketMemory) {
    this.memory = memory;
  }

  /**
   * Lets the tag of a packet and the 32 bit `word` be written to `target`.
   *
   * @param kernel the same for all packets
   * @param keyHandle the same key in packet memory, NO_HANDLE if it is not there
   * @param target a place in packet memory with room for `tagLength` bytes
   */
  add(
    kernel: SrtpKernel,
    key: HmacSha1,
    keyHandle: number,
    offset: number,
    length: number,
    word: number,
    target: number,
    tagLength: number,
  ): void {
    if (this.#count === CAPACITY) this.finish();
    this.#kernel = kernel;
    const index = this.#count++;
    this.#keys[index] = key;
    this.#keyHandles[index] = keyHandle;
    this.#offsets[index] = offset;
    this.#lengths[index] = length;
    this.#words[index] = word;
    this.#targets[index] = target;
    this.#tagLengths[index] = tagLength;
    // Packets of one batch mostly have the same length, so there is little to move.
    let at = index;
    for (; at > 0 && this.#lengths[this.#order[at - 1]] < length; at--) this.#order[at] = this.#order[at - 1];
    this.#order[at] = index;
  }

  /** Writes all tags that are missing. */
  finish(): void {
    const count = this.#count;
    // Even if this fails: nothing of it is still here next time.
    this.#count = 0;
    for (let first = 0; first < count; first += LANE_COUNT) {
      const lanes = Math.min(LANE_COUNT, count - first);
      if (this.#areLanesFaster(first, lanes)) this.#hashLanes(this.#kernel!, first, lanes);
      else for (let i = first; i < first + lanes; i++) this.#hashOne(this.#order[i]);
    }
  }

  #areLanesFaster(first: number, lanes: number): boolean {
    for (let i = first; i < first + lanes; i++) if (this.#keyHandles[this.#order[i]] === NO_HANDLE) return false;
    return lanes > 2 || (lanes === 2 && this.#lengths[this.#order[first]] <= LONG_PACKET);
  }

  #hashLanes(kernel: SrtpKernel, first: number, lanes: number): void {
    for (let lane = 0; lane < LANE_COUNT; lane++) {
      // A lane too many repeats the last packet.
      const index = this.#order[first + Math.min(lane, lanes - 1)];
      kernel.setLane(lane, this.#offsets[index], this.#lengths[index], this.#keyHandles[index], this.#words[index]);
    }
    kernel.hashLanes();
    const { bytes } = this.memory;
    for (let lane = 0; lane < lanes; lane++) {
      const index = this.#order[first + lane];
      const digest = kernel.digestOf(lane);
      const target = this.#targets[index];
      const tagLength = this.#tagLengths[index];
      for (let i = 0; i < tagLength; i++) bytes[target + i] = bytes[digest + i];
    }
  }

  #hashOne(index: number): void {
    const { bytes } = this.memory;
    const digest = this.#keys[index]!.digestWithWord(
      bytes,
      this.#offsets[index],
      this.#lengths[index],
      this.#words[index],
    );
    writeTag(digest, bytes, this.#targets[index], this.#tagLengths[index]);
  }
}
