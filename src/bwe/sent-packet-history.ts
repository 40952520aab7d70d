import { seqDiff } from '../common/serial-number.js';

/**
 * What was sent under which transport-wide sequence number, until it is known what became of it. Numbers are unwrapped:
 * plain, consecutive, and growing beyond 65535.
 */
export class SentPacketHistory {
  /** Bytes sent after the last packet that the receiver told of. */
  inFlight = 0;

  /** The oldest number that may still be known, and the one after the newest. */
  #first = 0;
  #end = 0;
  /** The first number that counts as in flight. */
  #inFlightFrom = 0;
  // By number, modulo capacity.
  #fates = new Uint8Array(MIN_CAPACITY);
  #sentAt = new Float64Array(MIN_CAPACITY);
  #sizes = new Int32Array(MIN_CAPACITY);
  #clusters = new Int32Array(MIN_CAPACITY);

  /** How many packets are held at most, at present. */
  get capacity(): number {
    return this.#fates.length;
  }

  /**
   * @param sequenceNumber 16 bits, the one after that of the last packet; one from before it is ignored
   * @param clusterId of the probe that the packet belongs to; 0: none
   */
  add(sequenceNumber: number, size: number, clusterId: number, now: number): void {
    const ahead = seqDiff(sequenceNumber, this.#end & 0xffff);
    if (this.#end === 0) this.#restart(sequenceNumber);
    else if (ahead < 0) return;
    else if (ahead > 0) this.#skip(ahead);
    this.#makeRoom(now);
    const index = this.#index(this.#end);
    this.#fates[index] = Fate.unknown;
    this.#sentAt[index] = now;
    this.#sizes[index] = size;
    this.#clusters[index] = clusterId;
    this.#end++;
    this.inFlight += size;
  }

  /** The packet that was the last one sent with this 16 bit number; -1 if nothing is known of it. */
  find(sequenceNumber: number): number {
    const seq = this.#end - 1 - ((this.#end - 1 - sequenceNumber) & 0xffff);
    return seq >= this.#first && this.#fates[this.#index(seq)] !== Fate.none ? seq : -1;
  }

  sentAt(seq: number): number {
    return this.#sentAt[this.#index(seq)];
  }

  size(seq: number): number {
    return this.#sizes[this.#index(seq)];
  }

  clusterId(seq: number): number {
    return this.#clusters[this.#index(seq)];
  }

  isReportedLost(seq: number): boolean {
    return this.#fates[this.#index(seq)] === Fate.lost;
  }

  /** Remembers that a packet was reported lost: it may still turn out to be late. */
  markLost(seq: number): void {
    this.#fates[this.#index(seq)] = Fate.lost;
  }

  /** Forgets a packet that was received. */
  remove(seq: number): void {
    this.#fates[this.#index(seq)] = Fate.none;
    this.#landed(seq);
    while (this.#first < this.#end && this.#fates[this.#index(this.#first)] === Fate.none) this.#first++;
  }

  /** Everything up to this packet is not in flight any more. */
  #landed(seq: number): void {
    for (; this.#inFlightFrom <= seq; this.#inFlightFrom++)
      this.inFlight -= this.#sizes[this.#index(this.#inFlightFrom)];
  }

  #restart(sequenceNumber: number): void {
    // Not 0, which means that nothing was sent yet.
    this.#end = sequenceNumber + 0x10000;
    this.#first = this.#end;
    this.#inFlightFrom = this.#end;
    this.inFlight = 0;
  }

  /** Leaves numbers out that no packet was sent with. */
  #skip(count: number): void {
    if (count >= this.capacity) {
      this.#restart((this.#end + count) & 0xffff);
      return;
    }
    for (; count > 0; count--) {
      if (this.#end - this.#first >= this.capacity) this.#drop();
      const index = this.#index(this.#end++);
      this.#fates[index] = Fate.none;
      this.#sizes[index] = 0;
    }
  }

  #makeRoom(now: number): void {
    while (this.#first < this.#end) {
      const index = this.#index(this.#first);
      if (this.#fates[index] !== Fate.none && now - this.#sentAt[index] <= MAX_AGE_MS) break;
      this.#drop();
    }
    if (this.#end - this.#first < this.capacity) return;
    if (this.capacity < MAX_CAPACITY) this.#grow();
    else this.#drop();
  }

  #drop(): void {
    this.#landed(this.#first);
    this.#first++;
  }

  #grow(): void {
    const old = { fates: this.#fates, sentAt: this.#sentAt, sizes: this.#sizes, clusters: this.#clusters };
    const capacity = 2 * this.capacity;
    this.#fates = new Uint8Array(capacity);
    this.#sentAt = new Float64Array(capacity);
    this.#sizes = new Int32Array(capacity);
    this.#clusters = new Int32Array(capacity);
    for (let seq = this.#first; seq < this.#end; seq++) {
      const from = seq & (old.fates.length - 1);
      const to = seq & (capacity - 1);
      this.#fates[to] = old.fates[from];
      this.#sentAt[to] = old.sentAt[from];
      this.#sizes[to] = old.sizes[from];
      this.#clusters[to] = old.clusters[from];
    }
  }

  #index(seq: number): number {
    return seq & (this.#fates.length - 1);
  }
}

const Fate = { none: 0, unknown: 1, lost: 2 } as const;

/** Powers of two. Half of the sequence numbers: the other half tells what is newer. */
const MIN_CAPACITY = 256;
const MAX_CAPACITY = 32768;
/** After which nothing is heard of a packet any more. */
const MAX_AGE_MS = 10_000;
