import { DropReason, type DropCounters } from '../common/drop-reason.js';
import { NO_HANDLE, type PacketMemory } from '../common/packet-memory.js';
import { DATAGRAM_OFFSET, slotSize } from '../rtp/packet-slot.js';
import { TagBatch } from '../srtp/tag-batch.js';

/** Packets whose tags are computed together. */
const GROUP = 16;
/** So many packets are not waited with until the end of the tick. */
const MAX_BATCH = 256;

/** Decrypts packets; see SrtpReceiver. */
export interface RtpUnprotector {
  beginRtp(offset: number, length: number, target: number, batch: TagBatch): number;
  unprotectRtp(bytes: Uint8Array, offset: number, length: number, tag: number, tagRolloverCounter: number): number;
}

/** Where decrypted packets go: the Transport. */
export interface IngressRoute {
  /** Takes the RTP packet of `length` bytes in a slot, as `parseSlot` does. The slot is only valid during the call. */
  receiveDecrypted(handle: number, length: number, now: number): DropReason;
}

/**
 * Encrypted RTP packets that the worker has received: what comes in one tick is collected, checked four at a time, and
 * handed on in order at its end. Whatever else happens to the worker has to be preceded by a call of `flush`, so that
 * nobody notices.
 *
 * The tag that a packet ought to have is put where its slot has room for now: where the packet's geometry will be.
 */
export class Ingress {
  readonly #memory: PacketMemory;
  readonly #drops: DropCounters;
  readonly #tags: TagBatch;
  /** Has `flush` called at the end of the tick. */
  readonly #schedule: () => void;
  readonly #onError: (error: unknown) => void;

  #count = 0;
  readonly #handles = new Uint32Array(MAX_BATCH);
  readonly #lengths = new Uint32Array(MAX_BATCH);
  /** Not a Float64Array: each number is an object already, and would become another one on its way out. */
  readonly #arrivals: (number | undefined)[] = new Array<undefined>(MAX_BATCH).fill(undefined);
  readonly #tagRolloverCounters = new Float64Array(MAX_BATCH);
  readonly #routes: (IngressRoute | undefined)[] = new Array<undefined>(MAX_BATCH).fill(undefined);
  readonly #unprotectors: (RtpUnprotector | undefined)[] = new Array<undefined>(MAX_BATCH).fill(undefined);

  constructor(memory: PacketMemory, drops: DropCounters, schedule: () => void, onError: (error: unknown) => void) {
    this.#memory = memory;
    this.#drops = drops;
    this.#tags = new TagBatch(memory);
    this.#schedule = schedule;
    this.#onError = onError;
  }

  /** Takes a copy of a packet. */
  add(datagram: Uint8Array, unprotector: RtpUnprotector, route: IngressRoute, now: number): DropReason {
    if (this.#count === MAX_BATCH) this.flush();
    const handle = this.#memory.allocate(slotSize(datagram.length));
    if (handle === NO_HANDLE) return DropReason.packetMemoryExhausted;
    this.#memory.bytes.set(datagram, handle + DATAGRAM_OFFSET);
    const index = this.#count++;
    this.#handles[index] = handle;
    this.#lengths[index] = datagram.length;
    this.#arrivals[index] = now;
    this.#routes[index] = route;
    this.#unprotectors[index] = unprotector;
    if (index === 0) this.#schedule();
    return DropReason.none;
  }

  /** Hands on what has been collected. */
  flush(): void {
    const count = this.#count;
    if (count === 0) return;
    for (let first = 0; first < count; first += GROUP) {
      const end = Math.min(first + GROUP, count);
      this.#computeTags(first, end);
      for (let index = first; index < end; index++) this.#receive(index);
    }
    this.#count = 0;
  }

  /** Throws away what has been collected. */
  close(): void {
    for (let index = 0; index < this.#count; index++) this.#release(index);
    this.#count = 0;
  }

  /** All they ought to be. One that could not be computed is computed later, by itself. */
  #computeTags(first: number, end: number): void {
    this.#tagRolloverCounters.fill(-1, first, end);
    // A single packet is checked as it is decrypted.
    if (end - first === 1) return;
    for (let index = first; index < end; index++) {
      const handle = this.#handles[index];
      const unprotector = this.#unprotectors[index]!;
      this.#tagRolloverCounters[index] = unprotector.beginRtp(
        handle + DATAGRAM_OFFSET,
        this.#lengths[index],
        handle,
        this.#tags,
      );
    }
    this.#tags.finish();
  }

  /** A bug, or an attack, costs this packet only. */
  #receive(index: number): void {
    let reason: DropReason = DropReason.none;
    try {
      reason = this.#unprotectAndReceive(index);
    } catch (error) {
      this.#onError(error);
    }
    if (reason !== DropReason.none) this.#drops.count(reason);
    this.#release(index);
  }

  #unprotectAndReceive(index: number): DropReason {
    const handle = this.#handles[index];
    const length = this.#unprotectors[index]!.unprotectRtp(
      this.#memory.bytes,
      handle + DATAGRAM_OFFSET,
      this.#lengths[index],
      handle,
      this.#tagRolloverCounters[index],
    );
    if (length < 0) return -length as DropReason;
    return this.#routes[index]!.receiveDecrypted(handle, length, this.#arrivals[index]!);
  }

  #release(index: number): void {
    this.#memory.release(this.#handles[index]);
    this.#routes[index] = undefined;
    this.#unprotectors[index] = undefined;
  }
}
