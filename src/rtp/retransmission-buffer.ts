import { isSeqHigher, isSeqLower, isTimestampHigher, isTimestampLower } from '../common/serial-number.js';
import { NO_HANDLE, type PacketMemory } from '../common/packet-memory.js';

/** The first size of the ring: a power of two, as all of them. */
const INITIAL_CAPACITY = 32;

/**
 * What a send stream has sent lately, for retransmission: handles of packets in packet memory, which it shares with all
 * other Consumers, and what this stream sent in place of what is stored there.
 *
 * A ring with one slot per sequence number from the oldest packet to the newest one; slots of packets never sent are
 * empty, but for the first and the last. Order of sequence numbers and order of timestamps must agree.
 */
export class RetransmissionBuffer {
  readonly #memory: PacketMemory;
  readonly #maxItems: number;
  readonly #maxAge: number;
  readonly #clockRate: number;

  #size = 0;
  /** Sequence number and ring index of the oldest packet. */
  #firstSeq = 0;
  #first = 0;

  #mask = INITIAL_CAPACITY - 1;
  /** NO_HANDLE: the slot is empty. */
  #handles = new Uint32Array(INITIAL_CAPACITY);
  #timestamps = new Uint32Array(INITIAL_CAPACITY);
  #markers = new Uint8Array(INITIAL_CAPACITY);
  #rewrites = new Int32Array(INITIAL_CAPACITY);
  /** -1: never. */
  #resentAt = new Float64Array(INITIAL_CAPACITY);
  #sentTimes = new Uint8Array(INITIAL_CAPACITY);

  /**
   * @param maxItems how many sequence numbers it spans at most
   * @param maxAge ms, by RTP timestamps
   */
  constructor(memory: PacketMemory, maxItems: number, maxAge: number, clockRate: number) {
    this.#memory = memory;
    this.#maxItems = maxItems;
    this.#maxAge = maxAge;
    this.#clockRate = clockRate;
  }

  /** How many sequence numbers it spans. */
  get size(): number {
    return this.#size;
  }

  /**
   * Keeps a packet (retains its handle). False if it does not fit: in no slot of packet memory, too old, there already,
   * or in an order of timestamps that contradicts that of sequence numbers.
   *
   * @param seq, timestamp, marker as sent
   * @param rewrite what else was changed, see `EncodingContext.rewrite`
   */
  insert(handle: number, seq: number, timestamp: number, marker: boolean, rewrite: number): boolean {
    if (handle === NO_HANDLE) return false;
    if (this.#size > 0 && isSeqLower(seq, this.#newestSeq) && isTimestampHigher(timestamp, this.#newestTimestamp)) {
      // The stream started anew.
      this.clear();
    }
    if (this.#size > 0) this.#removeOlderThan(timestamp);
    const slot = this.#size === 0 ? this.#openFirst(seq) : this.#open(seq, timestamp);
    if (slot < 0) return false;

    this.#memory.retain(handle);
    this.#handles[slot] = handle;
    this.#timestamps[slot] = timestamp;
    this.#markers[slot] = marker ? 1 : 0;
    this.#rewrites[slot] = rewrite;
    this.#resentAt[slot] = -1;
    this.#sentTimes[slot] = 0;
    return true;
  }

  /** The slot of the packet with this sequence number, -1 if there is none. Valid until the next `insert`. */
  find(seq: number): number {
    const index = (seq - this.#firstSeq) & 0xffff;
    if (index >= this.#size) return -1;
    const slot = (this.#first + index) & this.#mask;
    return this.#handles[slot] === NO_HANDLE ? -1 : slot;
  }

  /** The slot of the packet that is so many sequence numbers (less than `size`) older than the newest; -1: none. */
  slotBeforeNewest(distance: number): number {
    const slot = (this.#newest - distance) & this.#mask;
    return this.#handles[slot] === NO_HANDLE ? -1 : slot;
  }

  seq(slot: number): number {
    return (this.#firstSeq + ((slot - this.#first) & this.#mask)) & 0xffff;
  }

  handle(slot: number): number {
    return this.#handles[slot];
  }

  timestamp(slot: number): number {
    return this.#timestamps[slot];
  }

  marker(slot: number): boolean {
    return this.#markers[slot] === 1;
  }

  rewrite(slot: number): number {
    return this.#rewrites[slot];
  }

  /** When it was sent again last, ms; -1: never. */
  resentAt(slot: number): number {
    return this.#resentAt[slot];
  }

  /** Notes that it is sent again. Returns how many times this was done, modulo 256. */
  markResent(slot: number, now: number): number {
    this.#resentAt[slot] = now;
    return ++this.#sentTimes[slot];
  }

  /** Forgets and releases everything. */
  clear(): void {
    while (this.#size > 0) this.#removeOldest();
  }

  get #newest(): number {
    return (this.#first + this.#size - 1) & this.#mask;
  }

  get #newestSeq(): number {
    return (this.#firstSeq + this.#size - 1) & 0xffff;
  }

  get #newestTimestamp(): number {
    return this.#timestamps[this.#newest];
  }

  /** Makes room at the place for `seq` and returns the slot, -1 if the packet is not wanted. */
  #open(seq: number, timestamp: number): number {
    if (isSeqHigher(seq, this.#newestSeq)) return this.#openNewer(seq, timestamp);
    if (isSeqLower(seq, this.#firstSeq)) return this.#openOlder(seq, timestamp);
    return this.#openBetween(seq, timestamp);
  }

  #openFirst(seq: number): number {
    this.#firstSeq = seq;
    this.#size = 1;
    return this.#first;
  }

  #openNewer(seq: number, timestamp: number): number {
    if (isTimestampLower(timestamp, this.#newestTimestamp)) return -1;
    const added = (seq - this.#newestSeq) & 0xffff;
    const surplus = this.#size + added - this.#maxItems;
    if (surplus > this.#size - 1) {
      this.clear();
      return this.#openFirst(seq);
    }
    const sizeLeft = this.#size - surplus;
    while (this.#size > sizeLeft) this.#removeOldest();
    const size = ((seq - this.#firstSeq) & 0xffff) + 1;
    this.#reserve(size);
    for (let i = this.#size; i < size; i++) this.#handles[(this.#first + i) & this.#mask] = NO_HANDLE;
    this.#size = size;
    return this.#newest;
  }

  #openOlder(seq: number, timestamp: number): number {
    if (this.#isTooOld(timestamp, this.#newestTimestamp)) return -1;
    if (isTimestampHigher(timestamp, this.#timestamps[this.#first])) return -1;
    const added = (this.#firstSeq - seq) & 0xffff;
    if (this.#size + added > this.#maxItems) return -1;
    this.#reserve(this.#size + added);
    for (let i = 1; i <= added; i++) this.#handles[(this.#first - i) & this.#mask] = NO_HANDLE;
    this.#first = (this.#first - added) & this.#mask;
    this.#firstSeq = seq;
    this.#size += added;
    return this.#first;
  }

  /** The neighbours' timestamps are compared as plain numbers, as the reference does. */
  #openBetween(seq: number, timestamp: number): number {
    const index = (seq - this.#firstSeq) & 0xffff;
    const slot = (this.#first + index) & this.#mask;
    if (this.#handles[slot] !== NO_HANDLE) return -1;
    let older = slot;
    do older = (older - 1) & this.#mask;
    while (this.#handles[older] === NO_HANDLE);
    if (this.#timestamps[older] > timestamp) return -1;
    let newer = slot;
    do newer = (newer + 1) & this.#mask;
    while (this.#handles[newer] === NO_HANDLE);
    return this.#timestamps[newer] < timestamp ? -1 : slot;
  }

  #removeOlderThan(timestamp: number): void {
    const newestTimestamp = this.#newestTimestamp;
    const reference = isTimestampHigher(timestamp, newestTimestamp) ? timestamp : newestTimestamp;
    while (this.#size > 0 && this.#isTooOld(this.#timestamps[this.#first], reference)) this.#removeOldest();
  }

  #isTooOld(timestamp: number, reference: number): boolean {
    if (this.#clockRate === 0) return false;
    return Math.trunc((((reference - timestamp) >>> 0) * 1000) / this.#clockRate) > this.#maxAge;
  }

  /** And the empty slots behind it. */
  #removeOldest(): void {
    this.#memory.release(this.#handles[this.#first]);
    do {
      this.#handles[this.#first] = NO_HANDLE;
      this.#first = (this.#first + 1) & this.#mask;
      this.#firstSeq = (this.#firstSeq + 1) & 0xffff;
      this.#size--;
    } while (this.#size > 0 && this.#handles[this.#first] === NO_HANDLE);
  }

  #reserve(size: number): void {
    let capacity = this.#mask + 1;
    if (size <= capacity) return;
    while (capacity < size) capacity *= 2;
    this.#handles = this.#straightened(this.#handles, new Uint32Array(capacity));
    this.#timestamps = this.#straightened(this.#timestamps, new Uint32Array(capacity));
    this.#markers = this.#straightened(this.#markers, new Uint8Array(capacity));
    this.#rewrites = this.#straightened(this.#rewrites, new Int32Array(capacity));
    this.#resentAt = this.#straightened(this.#resentAt, new Float64Array(capacity));
    this.#sentTimes = this.#straightened(this.#sentTimes, new Uint8Array(capacity));
    this.#first = 0;
    this.#mask = capacity - 1;
  }

  /** Copies a column of the ring so that it starts at index 0. */
  #straightened<Column extends { [index: number]: number }>(column: Column, larger: Column): Column {
    for (let i = 0; i < this.#size; i++) larger[i] = column[(this.#first + i) & this.#mask];
    return larger;
  }
}
