import { NO_HANDLE, type PacketMemory } from '../common/packet-memory.js';
import { type OutgoingDatagram } from './runtime.js';

/** Room for most datagrams. Larger ones get a larger slot, which then stays. */
const SIZE = 2048;
/** Where a datagram may start in the slot. */
const STARTS = 8;

/**
 * A place in packet memory where a datagram is put together and from which it is sent. Used again for each datagram, so it
 * stays in the processor's first cache.
 */
export class DatagramSlot implements OutgoingDatagram {
  view: Uint8Array = new Uint8Array(0);

  readonly #memory: PacketMemory;
  #handle = NO_HANDLE;
  #capacity = 0;
  /** By where they start, then by length: made once, because making one costs about as much as sending a datagram. */
  #views: (Uint8Array | undefined)[][] = [];

  constructor(memory: PacketMemory) {
    this.#memory = memory;
  }

  /**
   * Where in packet memory a datagram of up to `length` bytes can be put; NO_HANDLE if there is no memory.
   *
   * @param start what is to be left over if the place is divided by 8
   */
  begin(start: number, length: number): number {
    if (start + length > this.#capacity && !this.#resize(start + length)) return NO_HANDLE;
    return this.#handle + start;
  }

  /** The datagram is complete: `view` becomes it. */
  finish(start: number, length: number): void {
    this.view = this.#views[start][length] ??= new Uint8Array(this.#memory.bytes.buffer, this.#handle + start, length);
  }

  leave(): () => void {
    const memory = this.#memory;
    const handle = this.#handle;
    this.#handle = NO_HANDLE;
    this.#capacity = 0;
    return () => memory.releaseReserved(handle);
  }

  #resize(size: number): boolean {
    const handle = this.#memory.reserve(Math.max(SIZE, size));
    if (handle === NO_HANDLE) return false;
    if (this.#handle !== NO_HANDLE) this.#memory.releaseReserved(this.#handle);
    this.#handle = handle;
    this.#capacity = this.#memory.capacity(handle);
    this.#views = Array.from({ length: STARTS }, () => new Array<undefined>(this.#capacity + 1));
    return true;
  }
}
