import { NO_HANDLE, type PacketMemory } from '../common/packet-memory.js';
import { type EgressPacket } from './egress.js';

/** The first size of the ring: a power of two, as all of them. */
const INITIAL_CAPACITY = 64;

/** Packets on their way out that have to wait, in order: what an EgressPacket says of each of them. */
export class PacketQueue {
  /** Bytes of the packets that wait. */
  bytes = 0;

  readonly #memory: PacketMemory;
  #first = 0;
  #count = 0;
  #mask = INITIAL_CAPACITY - 1;
  /** NO_HANDLE: the packet was removed. */
  #handles = new Uint32Array(INITIAL_CAPACITY);
  #offsets = new Uint32Array(INITIAL_CAPACITY);
  #prefixLengths = new Uint32Array(INITIAL_CAPACITY);
  #sourceHandles = new Uint32Array(INITIAL_CAPACITY);
  #restOffsets = new Uint32Array(INITIAL_CAPACITY);
  #restLengths = new Uint32Array(INITIAL_CAPACITY);
  #absSendTimeOffsets = new Uint32Array(INITIAL_CAPACITY);
  #transportWideCcOffsets = new Uint32Array(INITIAL_CAPACITY);
  #ssrcs = new Uint32Array(INITIAL_CAPACITY);
  /** ms */
  #queuedAt = new Float64Array(INITIAL_CAPACITY);

  constructor(memory: PacketMemory) {
    this.#memory = memory;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Since when the first packet waits, ms; Infinity if there is none. */
  get waitingSince(): number {
    return this.#count === 0 ? Infinity : this.#queuedAt[this.#first];
  }

  /** Keeps a packet with its slots. */
  push(packet: EgressPacket, now: number): void {
    if (this.#count > this.#mask) this.#grow();
    const index = (this.#first + this.#count++) & this.#mask;
    this.#memory.retain(packet.handle);
    this.#memory.retain(packet.sourceHandle);
    this.#handles[index] = packet.handle;
    this.#offsets[index] = packet.offset;
    this.#prefixLengths[index] = packet.prefixLength;
    this.#sourceHandles[index] = packet.sourceHandle;
    this.#restOffsets[index] = packet.restOffset;
    this.#restLengths[index] = packet.restLength;
    this.#absSendTimeOffsets[index] = packet.absSendTimeOffset;
    this.#transportWideCcOffsets[index] = packet.transportWideCcOffset;
    this.#ssrcs[index] = packet.ssrc;
    this.#queuedAt[index] = now;
    this.bytes += packet.length;
  }

  /**
   * Takes the first packet out and makes `packet` it: only what it takes to send it. It stays in memory until
   * `release(packet)`.
   */
  shift(packet: EgressPacket): void {
    const index = this.#first;
    packet.handle = this.#handles[index];
    packet.offset = this.#offsets[index];
    packet.prefixLength = this.#prefixLengths[index];
    packet.sourceHandle = this.#sourceHandles[index];
    packet.restOffset = this.#restOffsets[index];
    packet.restLength = this.#restLengths[index];
    packet.absSendTimeOffset = this.#absSendTimeOffsets[index];
    packet.transportWideCcOffset = this.#transportWideCcOffsets[index];
    packet.ssrc = this.#ssrcs[index];
    this.bytes -= packet.length;
    this.#first = (index + 1) & this.#mask;
    this.#count--;
    this.#skipRemoved();
  }

  release(packet: EgressPacket): void {
    this.#memory.release(packet.handle);
    this.#memory.release(packet.sourceHandle);
    packet.handle = NO_HANDLE;
  }

  /** Removes the packets of a stream. */
  remove(ssrc: number): void {
    for (let i = 0; i < this.#count; i++) {
      const index = (this.#first + i) & this.#mask;
      if (this.#ssrcs[index] === ssrc) this.#removeAt(index);
    }
    this.#skipRemoved();
  }

  clear(): void {
    for (let i = 0; i < this.#count; i++) this.#removeAt((this.#first + i) & this.#mask);
    this.#count = 0;
  }

  #removeAt(index: number): void {
    if (this.#handles[index] === NO_HANDLE) return;
    this.#memory.release(this.#handles[index]);
    this.#memory.release(this.#sourceHandles[index]);
    this.#handles[index] = NO_HANDLE;
    this.bytes -= this.#prefixLengths[index] + this.#restLengths[index];
  }

  #skipRemoved(): void {
    while (this.#count > 0 && this.#handles[this.#first] === NO_HANDLE) {
      this.#first = (this.#first + 1) & this.#mask;
      this.#count--;
    }
  }

  #grow(): void {
    const capacity = 2 * (this.#mask + 1);
    this.#handles = this.#straightened(this.#handles, new Uint32Array(capacity));
    this.#offsets = this.#straightened(this.#offsets, new Uint32Array(capacity));
    this.#prefixLengths = this.#straightened(this.#prefixLengths, new Uint32Array(capacity));
    this.#sourceHandles = this.#straightened(this.#sourceHandles, new Uint32Array(capacity));
    this.#restOffsets = this.#straightened(this.#restOffsets, new Uint32Array(capacity));
    this.#restLengths = this.#straightened(this.#restLengths, new Uint32Array(capacity));
    this.#absSendTimeOffsets = this.#straightened(this.#absSendTimeOffsets, new Uint32Array(capacity));
    this.#transportWideCcOffsets = this.#straightened(this.#transportWideCcOffsets, new Uint32Array(capacity));
    this.#ssrcs = this.#straightened(this.#ssrcs, new Uint32Array(capacity));
    this.#queuedAt = this.#straightened(this.#queuedAt, new Float64Array(capacity));
    this.#first = 0;
    this.#mask = capacity - 1;
  }

  /** Copies a column of the ring so that it starts at index 0. */
  #straightened<Column extends { [index: number]: number }>(column: Column, larger: Column): Column {
    for (let i = 0; i < this.#count; i++) larger[i] = column[(this.#first + i) & this.#mask];
    return larger;
  }
}
