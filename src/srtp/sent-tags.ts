const REMEMBERED = 1024;
/** Bytes remembered of a tag: two packets are taken for one with a chance of 2^-64. */
const TAG_BYTES = 8;

/**
 * The authentication tags of what was sent in one AES-GCM stream. AES-GCM breaks when two different packets are
 * encrypted under one index: then whoever has both can forge, and reads what they have in common. Equal tags under one
 * index mean equal packets, and repeating an equal packet gives nothing away.
 *
 * Older packets than are remembered here fall out of a receiver's replay window too, so nobody misses them.
 */
export class SentTags {
  /** By `index % REMEMBERED`: the last index sent there; -1: none. */
  readonly #indexes = new Float64Array(REMEMBERED).fill(-1);
  readonly #tags = new Uint8Array(REMEMBERED * TAG_BYTES);

  /** Whether the index is free, or was used recently enough that a repetition can be compared. */
  mayBeSent(index: number): boolean {
    return this.#indexes[index & (REMEMBERED - 1)] <= index;
  }

  /**
   * Whether the packet with this index and tag may leave: it is the first with its index, or equal to the first. Call
   * it only after `mayBeSent`.
   */
  add(index: number, bytes: Uint8Array, tagOffset: number): boolean {
    const position = index & (REMEMBERED - 1);
    const tag = position * TAG_BYTES;
    if (this.#indexes[position] !== index) {
      this.#indexes[position] = index;
      for (let i = 0; i < TAG_BYTES; i++) this.#tags[tag + i] = bytes[tagOffset + i];
      return true;
    }
    let difference = 0;
    for (let i = 0; i < TAG_BYTES; i++) difference |= this.#tags[tag + i] ^ bytes[tagOffset + i];
    return difference === 0;
  }
}
