import { isSeqHigher } from '../common/serial-number.js';
import { type PacketMemory } from '../common/packet-memory.js';

const MAX_PACKETS = 30;

/**
 * Packets of the stream that a Consumer waits for a key frame of: if only the order of packets is disturbed, what
 * follows the key frame is here already when it comes. The last 30, in order of sequence number.
 */
export class TargetLayerBuffer {
  size = 0;

  readonly #memory: PacketMemory;
  readonly #seqs = new Uint16Array(MAX_PACKETS);
  readonly #handles = new Uint32Array(MAX_PACKETS);

  constructor(memory: PacketMemory) {
    this.#memory = memory;
  }

  /** Keeps a packet (retains its handle), unless it is there. */
  insert(seq: number, handle: number): void {
    let index = this.size;
    while (index > 0 && isSeqHigher(this.#seqs[index - 1], seq)) index--;
    if (index > 0 && this.#seqs[index - 1] === seq) return;
    if (this.size === MAX_PACKETS) {
      if (index === 0) return;
      this.#memory.release(this.#handles[0]);
      this.#seqs.copyWithin(0, 1, index);
      this.#handles.copyWithin(0, 1, index);
      index--;
    } else {
      this.#seqs.copyWithin(index + 1, index, this.size);
      this.#handles.copyWithin(index + 1, index, this.size);
      this.size++;
    }
    this.#memory.retain(handle);
    this.#seqs[index] = seq;
    this.#handles[index] = handle;
  }

  seq(index: number): number {
    return this.#seqs[index];
  }

  handle(index: number): number {
    return this.#handles[index];
  }

  clear(): void {
    for (let i = 0; i < this.size; i++) this.#memory.release(this.#handles[i]);
    this.size = 0;
  }
}
