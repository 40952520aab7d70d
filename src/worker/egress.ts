import { type DropCounters, DropReason } from '../common/drop-reason.js';
import { NO_HANDLE, type PacketMemory } from '../common/packet-memory.js';
import { EGRESS_PREFIX_MAX_LENGTH, EgressHeader } from '../rtp/egress-header.js';
import { type RtpPacket } from '../rtp/rtp-packet.js';
import { TagBatch } from '../srtp/tag-batch.js';
import { DatagramSlot } from './datagram-slot.js';
import { type OutgoingDatagram } from './runtime.js';

/**
 * So many packets are encrypted before they are sent: enough to fill the lanes of the kernels, and few enough to stay in
 * the processor's first cache.
 */
const GROUP = 16;
/** Room behind a packet for what SRTP appends. */
const TRAILER_LENGTH = 32;
/** Original sequence number of RTX. */
const OSN_LENGTH = 2;
/**
 * V8 copies within shared memory by words of this length if source and target lie alike in them, else byte by byte:
 * 0.1 against 0.4 µs for a video packet.
 */
const ALIGNMENT = 8;
/** A batch this large is sent before the end of the tick. */
const MAX_BATCH = 1024;

/** Puts packets together and encrypts them; see SrtpSender. */
export interface RtpProtector {
  beginRtp(offset: number, prefixLength: number, restOffset: number, restLength: number, batch: TagBatch): number;
  /** Whether it refuses a packet that was sent already unless all bytes are the same. */
  readonly repeatsMustBeEqual: boolean;
}

/** The way out for packets: a Transport. */
export interface EgressRoute {
  /** Undefined: packets are sent as they are. */
  readonly rtpProtector: RtpProtector | undefined;
  /** Sends a datagram, which is only valid during the call. Must not call back into the Egress. */
  sendRtp(datagram: OutgoingDatagram): DropReason;
}

/**
 * A packet on its way out of a Consumer: its header and the part of the payload that was rewritten lie in a slot of its
 * own, the rest of the payload is read from where the packet was received. There is one such object per worker, filled
 * by `Egress.begin`.
 *
 * ```
 * own slot          | header | rewritten part of the payload |
 * received packet                         | header | payload | rest of the payload | padding |
 *                                                            ^ restOffset            (bytes of PacketMemory)
 * ```
 */
export class EgressPacket {
  /** The own slot; NO_HANDLE: the object is free. */
  handle = NO_HANDLE;
  /** Where the packet starts in `PacketMemory.bytes`, in the own slot. */
  offset = 0;
  /** Bytes of the packet in the own slot. */
  prefixLength = 0;
  /** Slot of the received packet. */
  sourceHandle = NO_HANDLE;
  restOffset = 0;
  restLength = 0;

  payloadType = 0;
  marker = false;
  sequenceNumber = 0;
  timestamp = 0;
  ssrc = 0;
  headerLength = 0;
  paddingLength = 0;
  isRtx = false;
  /** Whether the packet may be sent again under the same sequence number, because there is no RTX. */
  mayBeRepeated = false;
  /** The transport-wide sequence number in the packet, 0 until one is written; -1: it has no such extension. */
  transportWideSequenceNumber = -1;

  /** Where these extensions' values lie in `PacketMemory.bytes`; 0: the packet has none. */
  absSendTimeOffset = 0;
  transportWideCcOffset = 0;

  readonly #memory: PacketMemory;

  constructor(memory: PacketMemory) {
    this.#memory = memory;
  }

  /** Length of the whole packet. */
  get length(): number {
    return this.prefixLength + this.restLength;
  }

  get payloadLength(): number {
    return this.length - this.headerLength - this.paddingLength;
  }

  /** Writes the transport-wide sequence number. False: the packet does not have the extension (audio has not). */
  writeTransportWideCc(sequenceNumber: number): boolean {
    if (this.transportWideCcOffset === 0) return false;
    this.#memory.view.setUint16(this.transportWideCcOffset, sequenceNumber);
    this.transportWideSequenceNumber = sequenceNumber;
    return true;
  }

  /** Writes abs-send-time (24 bits of 6.18 fixed point seconds). False: the packet does not have the extension. */
  writeAbsSendTime(value: number): boolean {
    if (this.absSendTimeOffset === 0) return false;
    this.#memory.view.setUint16(this.absSendTimeOffset, value >> 8);
    this.#memory.view.setUint8(this.absSendTimeOffset + 2, value & 0xff);
    return true;
  }
}

/**
 * All that the worker's Consumers send passes here: packets are collected and encrypted and sent together at the end of
 * the tick. It needs nothing of the worker but integers, so it could run elsewhere.
 *
 * The way of a packet: the Consumer calls `begin`, the Transport writes transport-wide sequence number and abs-send-time
 * and calls `commit`, the Consumer calls `end`.
 */
export class Egress {
  readonly packet: EgressPacket;

  readonly #memory: PacketMemory;
  readonly #drops: DropCounters;
  readonly #tags: TagBatch;
  /** Has `flush` called at the end of the tick. */
  readonly #schedule: () => void;
  readonly #onError: (error: unknown) => void;
  readonly #header = new EgressHeader();

  /** The batch: what `commit` was given. */
  #count = 0;
  readonly #handles = new Uint32Array(MAX_BATCH);
  readonly #offsets = new Uint32Array(MAX_BATCH);
  readonly #prefixLengths = new Uint32Array(MAX_BATCH);
  readonly #sourceHandles = new Uint32Array(MAX_BATCH);
  readonly #restOffsets = new Uint32Array(MAX_BATCH);
  readonly #restLengths = new Uint32Array(MAX_BATCH);
  /** Of the whole packets once they are encrypted, or negative DropReasons; 0: what was wrong has been reported. */
  readonly #lengths = new Int32Array(MAX_BATCH);
  readonly #routes: (EgressRoute | undefined)[] = new Array<undefined>(MAX_BATCH).fill(undefined);
  readonly #protectors: (RtpProtector | undefined)[] = new Array<undefined>(MAX_BATCH).fill(undefined);
  /** Where the packets of a group are put together, encrypted, and sent from. */
  readonly #slots: DatagramSlot[];

  /** @param onError gets what a route or its encryption throws, which costs one packet only */
  constructor(memory: PacketMemory, drops: DropCounters, schedule: () => void, onError: (error: unknown) => void) {
    this.#memory = memory;
    this.#tags = new TagBatch(memory);
    this.#drops = drops;
    this.#schedule = schedule;
    this.#onError = onError;
    this.packet = new EgressPacket(memory);
    this.#slots = Array.from({ length: GROUP }, () => new DatagramSlot(memory));
  }

  /**
   * Starts a packet: `source`, which lies in packet memory, with other values in its header. False if there is no memory.
   *
   * @param rewrite what to change in the payload, see `EncodingContext.rewrite`
   */
  begin(
    source: RtpPacket,
    ssrc: number,
    sequenceNumber: number,
    timestamp: number,
    marker: boolean,
    rewrite: number,
  ): boolean {
    const handle = this.#allocate(source);
    if (handle === NO_HANDLE) return false;
    const { bytes, view } = this.#memory;
    const offset = handle + alignment(source.offset);
    this.#header.write(source, bytes, view, offset, ssrc, sequenceNumber, timestamp, marker, rewrite);
    this.#fill(source, handle, offset, source.payloadType, ssrc, sequenceNumber, timestamp, marker);
    this.packet.isRtx = false;
    this.packet.paddingLength = source.paddingLength;
    return true;
  }

  /** The same as an RTX packet (RFC 4588 §4) of the given payload type, SSRC and sequence number. */
  beginRtx(
    source: RtpPacket,
    payloadType: number,
    ssrc: number,
    sequenceNumber: number,
    originalSequenceNumber: number,
    timestamp: number,
    marker: boolean,
    rewrite: number,
  ): boolean {
    const handle = this.#allocate(source);
    if (handle === NO_HANDLE) return false;
    const { bytes, view } = this.#memory;
    const offset = handle + alignment(source.offset - OSN_LENGTH);
    this.#header.writeRtx(
      source,
      bytes,
      view,
      offset,
      payloadType,
      ssrc,
      sequenceNumber,
      originalSequenceNumber,
      timestamp,
      marker,
      rewrite,
    );
    this.#fill(source, handle, offset, payloadType, ssrc, sequenceNumber, timestamp, marker);
    this.packet.isRtx = true;
    this.packet.paddingLength = 0;
    return true;
  }

  /** Puts a packet into the batch: the current one, or one that was kept in its slots for a while. */
  commit(route: EgressRoute, packet: EgressPacket = this.packet): void {
    const { handle, offset, prefixLength, sourceHandle, restOffset, restLength } = packet;
    this.#memory.retain(handle);
    this.#memory.retain(sourceHandle);
    this.#add(handle, offset, prefixLength, sourceHandle, restOffset, restLength, route);
  }

  /** Puts the current packet together and sends it at once, as it is: for a DirectTransport. */
  deliver(route: EgressRoute): DropReason {
    const { offset, prefixLength, restOffset, restLength } = this.packet;
    const slot = this.#slots[0];
    const start = slot.begin(alignment(offset), prefixLength + restLength);
    if (start === NO_HANDLE) return DropReason.packetMemoryExhausted;
    this.#copy(offset, start, prefixLength);
    this.#join(start, prefixLength, restOffset, restLength);
    slot.finish(alignment(offset), prefixLength + restLength);
    return route.sendRtp(slot);
  }

  /** Puts a copy of a complete packet that lies anywhere into the batch. */
  commitCopy(bytes: Uint8Array, offset: number, length: number, route: EgressRoute): boolean {
    const handle = this.#memory.allocate(length);
    if (handle === NO_HANDLE) {
      this.#drops.count(DropReason.packetMemoryExhausted);
      return false;
    }
    const to = this.#memory.bytes;
    for (let i = 0; i < length; i++) to[handle + i] = bytes[offset + i];
    this.#add(handle, handle, length, NO_HANDLE, 0, 0, route);
    return true;
  }

  /** The current packet has been dealt with. */
  end(): void {
    if (this.packet.handle === NO_HANDLE) return;
    this.#memory.release(this.packet.handle);
    this.packet.handle = NO_HANDLE;
  }

  /** Encrypts and sends the batch. */
  flush(): void {
    const count = this.#count;
    for (let first = 0; first < count; first += GROUP) {
      const end = Math.min(first + GROUP, count);
      for (let index = first; index < end; index++) this.#begin(index, this.#slots[index - first]);
      this.#finish(first, end);
      for (let index = first; index < end; index++) this.#send(index, this.#slots[index - first]);
    }
    this.#count = 0;
  }

  /** Throws away what has not been sent. */
  close(): void {
    for (let index = 0; index < this.#count; index++) this.#release(index);
    this.#count = 0;
    this.end();
  }

  #allocate(source: RtpPacket): number {
    const handle = this.#memory.allocate(ALIGNMENT + source.headerLength + EGRESS_PREFIX_MAX_LENGTH);
    if (handle === NO_HANDLE) this.#drops.count(DropReason.packetMemoryExhausted);
    return handle;
  }

  #fill(
    source: RtpPacket,
    handle: number,
    offset: number,
    payloadType: number,
    ssrc: number,
    sequenceNumber: number,
    timestamp: number,
    marker: boolean,
  ): void {
    const packet = this.packet;
    const header = this.#header;
    packet.handle = handle;
    packet.offset = offset;
    packet.prefixLength = header.length;
    packet.sourceHandle = source.handle;
    packet.restOffset = header.restOffset;
    packet.restLength = header.restLength;
    packet.payloadType = payloadType;
    packet.ssrc = ssrc;
    packet.sequenceNumber = sequenceNumber;
    packet.timestamp = timestamp;
    packet.marker = marker;
    packet.headerLength = source.headerLength;
    packet.absSendTimeOffset = header.absSendTimeOffset;
    packet.transportWideCcOffset = header.transportWideCcOffset;
    packet.transportWideSequenceNumber = header.transportWideCcOffset === 0 ? -1 : 0;
  }

  #add(
    handle: number,
    offset: number,
    prefixLength: number,
    sourceHandle: number,
    restOffset: number,
    restLength: number,
    route: EgressRoute,
  ): void {
    const index = this.#count++;
    this.#handles[index] = handle;
    this.#offsets[index] = offset;
    this.#prefixLengths[index] = prefixLength;
    this.#sourceHandles[index] = sourceHandle;
    this.#restOffsets[index] = restOffset;
    this.#restLengths[index] = restLength;
    this.#routes[index] = route;
    this.#protectors[index] = route.rtpProtector;
    if (this.#count === MAX_BATCH) this.flush();
    else if (index === 0) this.#schedule();
  }

  #begin(index: number, slot: DatagramSlot): void {
    let length = 0;
    try {
      length = this.#encrypt(index, slot);
    } catch (error) {
      this.#onError(error);
    }
    this.#lengths[index] = length;
  }

  /** Writes the tags that are missing. */
  #finish(first: number, end: number): void {
    try {
      this.#tags.finish();
    } catch (error) {
      this.#onError(error);
      this.#lengths.fill(0, first, end);
    }
  }

  /** Puts a packet together, and encrypts it but for its tag. Its length, or a negative DropReason. */
  #encrypt(index: number, slot: DatagramSlot): number {
    const protector = this.#protectors[index];
    const offset = this.#offsets[index];
    const prefixLength = this.#prefixLengths[index];
    const restOffset = this.#restOffsets[index];
    const restLength = this.#restLengths[index];
    const start = slot.begin(alignment(offset), prefixLength + restLength + TRAILER_LENGTH);
    if (start === NO_HANDLE) return -DropReason.packetMemoryExhausted;
    this.#copy(offset, start, prefixLength);
    if (protector !== undefined) return protector.beginRtp(start, prefixLength, restOffset, restLength, this.#tags);
    this.#join(start, prefixLength, restOffset, restLength);
    return prefixLength + restLength;
  }

  #send(index: number, slot: DatagramSlot): void {
    const length = this.#lengths[index];
    let reason = -length as DropReason;
    if (length > 0) {
      slot.finish(alignment(this.#offsets[index]), length);
      try {
        reason = this.#routes[index]!.sendRtp(slot);
      } catch (error) {
        reason = DropReason.none;
        this.#onError(error);
      }
    }
    if (reason !== DropReason.none) this.#drops.count(reason);
    this.#release(index);
  }

  /** Copies the beginning of a packet, by words: up to three bytes more. */
  #copy(from: number, to: number, length: number): void {
    const { view } = this.#memory;
    for (let i = 0; i < length; i += 4) view.setInt32(to + i, view.getInt32(from + i));
  }

  /** Copies the rest of the payload behind its beginning. */
  #join(offset: number, prefixLength: number, restOffset: number, restLength: number): void {
    if (restLength > 0) this.#memory.bytes.copyWithin(offset + prefixLength, restOffset, restOffset + restLength);
  }

  #release(index: number): void {
    this.#memory.release(this.#handles[index]);
    if (this.#sourceHandles[index] !== NO_HANDLE) this.#memory.release(this.#sourceHandles[index]);
    this.#routes[index] = undefined;
    this.#protectors[index] = undefined;
  }
}

/** Where to put a packet in its slot so that the rest of the payload lies in its words as where it comes from. */
function alignment(sourceOffset: number): number {
  return sourceOffset & (ALIGNMENT - 1);
}
