import { createMemory, type SharedMemory } from './webassembly.js';

/**
 * The memory that packets live in: one growing shared `WebAssembly.Memory` per worker, cut into slots of a few size
 * classes, counted by reference.
 *
 * A handle is the byte offset of a slot, so reading a packet needs no table. Nothing here is an object of the garbage
 * collector: storing a packet and letting it go allocate nothing once the memory has grown to what a worker needs.
 * The memory is shared because growth then never detaches a view, and because other threads can be given integers.
 *
 * Growth replaces `bytes` and `view`: read them from here each time, never keep them over a call of `allocate`. (An
 * older view stays valid for what it covered.)
 */

/**
 * Slot sizes in bytes. Most audio packets fit 256, every video packet fits 2048. The larger ones are for jumbo datagrams and
 * for the tables and the keystream of SRTP.
 */
const SLOT_SIZES = [256, 512, 2048, 4096, 8192, 1024 * 68] as const;

/** Every slot starts at a multiple of this, so `handle >>> GRANULE_BITS` indexes the tables. */
const GRANULE_BITS = 7;
const PAGE = 65536;
/** Slots are cut from chunks of at least this size. */
const CHUNK = 4 * PAGE;
/** Before that there are no slots: room for the kernels. */
export const FIRST_SLOT = CHUNK;

/** No slot: nothing could be allocated. Offset 0 is never handed out. */
export const NO_HANDLE = 0;

export class PacketMemory {
  /** The whole memory. Replaced when it grows. */
  bytes: Uint8Array;
  /** The same memory, for reading and writing 16 and 32 bit numbers. Replaced when it grows. */
  view: DataView;

  readonly #memory: SharedMemory;
  readonly #maximumPages: number;
  /** Free slots per size class: stacks of handles. */
  readonly #free: Int32Array[] = SLOT_SIZES.map(() => new Int32Array(1024));
  readonly #freeCount = new Int32Array(SLOT_SIZES.length);
  /** By `handle >>> GRANULE_BITS`. */
  #references: Uint16Array;
  #sizeClass: Uint8Array;
  /** First byte never cut into slots yet. */
  #unused = FIRST_SLOT;
  #slotsInUse = 0;

  /** @param maximumBytes the worker's bound on memory for packets; past it `allocate` returns NO_HANDLE. */
  constructor(maximumBytes = 1024 * 1024 * 1024) {
    this.#maximumPages = Math.ceil(maximumBytes / PAGE);
    this.#memory = createMemory(CHUNK / PAGE, this.#maximumPages);
    this.bytes = new Uint8Array(this.#memory.buffer);
    this.view = new DataView(this.#memory.buffer);
    this.#references = new Uint16Array(this.bytes.length >>> GRANULE_BITS);
    this.#sizeClass = new Uint8Array(this.bytes.length >>> GRANULE_BITS);
  }

  /** The memory itself, to instantiate kernels over. */
  get memory(): SharedMemory {
    return this.#memory;
  }

  get slotsInUse(): number {
    return this.#slotsInUse;
  }

  /** A slot of at least `size` bytes with one reference, or NO_HANDLE if the bound is reached or `size` is absurd. */
  allocate(size: number): number {
    let sizeClass = 0;
    while (SLOT_SIZES[sizeClass] < size) if (++sizeClass === SLOT_SIZES.length) return NO_HANDLE;
    if (this.#freeCount[sizeClass] === 0 && !this.#cut(sizeClass)) return NO_HANDLE;
    const handle = this.#free[sizeClass][--this.#freeCount[sizeClass]];
    this.#references[handle >>> GRANULE_BITS] = 1;
    this.#slotsInUse++;
    return handle;
  }

  /** The same for who keeps it for good: it does not count as in use. Goes back by `releaseReserved`. */
  reserve(size: number): number {
    const handle = this.allocate(size);
    if (handle !== NO_HANDLE) this.#slotsInUse--;
    return handle;
  }

  releaseReserved(handle: number): void {
    this.#slotsInUse++;
    this.release(handle);
  }

  /** One more holder of the slot. */
  retain(handle: number): void {
    this.#references[handle >>> GRANULE_BITS]++;
  }

  /** One holder less; the last one gives the slot back. */
  release(handle: number): void {
    const index = handle >>> GRANULE_BITS;
    if (--this.#references[index] > 0) return;
    this.#slotsInUse--;
    this.#push(this.#sizeClass[index], handle);
  }

  /** Size of the slot in bytes. */
  capacity(handle: number): number {
    return SLOT_SIZES[this.#sizeClass[handle >>> GRANULE_BITS]];
  }

  /** How many hold the slot. */
  references(handle: number): number {
    return this.#references[handle >>> GRANULE_BITS];
  }

  /** Cuts a fresh chunk into slots of one class. */
  #cut(sizeClass: number): boolean {
    const size = SLOT_SIZES[sizeClass];
    const bytes = Math.max(CHUNK, Math.ceil(size / PAGE) * PAGE);
    if (this.#unused + bytes > this.bytes.length && !this.#grow(bytes)) return false;
    const count = Math.floor(bytes / size);
    for (let i = count - 1; i >= 0; i--) {
      const handle = this.#unused + i * size;
      this.#sizeClass[handle >>> GRANULE_BITS] = sizeClass;
      this.#push(sizeClass, handle);
    }
    this.#unused += bytes;
    return true;
  }

  /** Grows by at least `bytes`: by a quarter of what is there, so that growth stays rare. */
  #grow(bytes: number): boolean {
    const pages = this.bytes.length / PAGE;
    const wanted = Math.max(bytes / PAGE, pages >> 2);
    const step = Math.min(wanted, this.#maximumPages - pages);
    if (step * PAGE < bytes) return false;
    this.#memory.grow(step);
    this.bytes = new Uint8Array(this.#memory.buffer);
    this.view = new DataView(this.#memory.buffer);
    const references = new Uint16Array(this.bytes.length >>> GRANULE_BITS);
    references.set(this.#references);
    this.#references = references;
    const sizeClass = new Uint8Array(this.bytes.length >>> GRANULE_BITS);
    sizeClass.set(this.#sizeClass);
    this.#sizeClass = sizeClass;
    return true;
  }

  #push(sizeClass: number, handle: number): void {
    const count = this.#freeCount[sizeClass];
    let free = this.#free[sizeClass];
    if (count === free.length) {
      free = new Int32Array(count * 2);
      free.set(this.#free[sizeClass]);
      this.#free[sizeClass] = free;
    }
    free[count] = handle;
    this.#freeCount[sizeClass] = count + 1;
  }
}
