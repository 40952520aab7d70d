import { type DropCounters, DropReason } from '../common/drop-reason.js';
import { NO_HANDLE, type PacketMemory } from '../common/packet-memory.js';
import { HeaderExtension } from '../rtp/header-extension.js';
import { RTP_HEADER_LENGTH, type RtpPacket } from '../rtp/rtp-packet.js';

/** Room behind a packet for what SRTP appends. */
const TRAILER_LENGTH = 32;
/** A batch this large is sent before the end of the tick. */
const MAX_BATCH = 1024;

/** Encrypts in place; see SrtpSender. */
export interface RtpProtector {
  protectRtp(bytes: Uint8Array, offset: number, length: number): number;
}

/** The way out for packets: a Transport. */
export interface EgressRoute {
  /** Undefined: packets are sent as they are. */
  readonly rtpProtector: RtpProtector | undefined;
  /** Sends bytes[offset, offset + length), which are only valid during the call. False if that did not work. */
  sendRtp(bytes: Uint8Array, offset: number, length: number): boolean;
}

/**
 * A packet on its way out of a Consumer: its header and the part of the payload that was rewritten lie in a slot of its
 * own (`handle`), the rest of the payload is read from where the packet was received (`bodyOffset`).
 *
 * ```
 * own slot          | header | rewritten part of the payload |
 * received packet                       | payload as received ... | rest of the payload, padding |
 *                                                                 ^ bodyOffset
 * ```
 *
 * There is one such object per worker, filled by `Egress.begin`.
 */
export class EgressPacket {
  /** Slot with header and prefix; NO_HANDLE: the object is free. */
  handle = NO_HANDLE;
  headerLength = 0;
  /** Payload bytes in the own slot, behind the header. */
  prefixLength = 0;
  /** Slot of the received packet, and where in `PacketMemory.bytes` the rest of its payload starts. */
  sourceHandle = NO_HANDLE;
  bodyOffset = 0;
  bodyLength = 0;
  paddingLength = 0;

  payloadType = 0;
  marker = false;
  sequenceNumber = 0;
  timestamp = 0;
  ssrc = 0;
  isRtx = false;
  isKeyFrame = false;
  spatialLayer = 0;
  temporalLayer = 0;
  /** The transport-wide sequence number that `writeTransportCc` put in; -1: none. */
  transportWideSequenceNumber = -1;

  readonly #memory: PacketMemory;
  #absSendTimeOffset = 0;
  #transportCcOffset = 0;

  constructor(memory: PacketMemory) {
    this.#memory = memory;
  }

  /** Length of the whole packet. */
  get length(): number {
    return this.headerLength + this.prefixLength + this.bodyLength;
  }

  get payloadLength(): number {
    return this.prefixLength + this.bodyLength - this.paddingLength;
  }

  /** Whether congestion control can follow the packet: it has the extension (video has). */
  get hasTransportCc(): boolean {
    return this.#transportCcOffset !== 0;
  }

  /** Writes the transport-wide sequence number if the packet has the extension. */
  writeTransportCc(sequenceNumber: number): boolean {
    if (this.#transportCcOffset === 0) return false;
    this.#memory.view.setUint16(this.handle + this.#transportCcOffset, sequenceNumber);
    this.transportWideSequenceNumber = sequenceNumber;
    return true;
  }

  /** Writes abs-send-time (24 bits of 6.18 fixed point seconds) if the packet has the extension. */
  writeAbsSendTime(value: number): boolean {
    if (this.#absSendTimeOffset === 0) return false;
    const { bytes } = this.#memory;
    const offset = this.handle + this.#absSendTimeOffset;
    bytes[offset] = value >> 16;
    bytes[offset + 1] = (value >> 8) & 0xff;
    bytes[offset + 2] = value & 0xff;
    return true;
  }

  /** @internal Where in the slot the values lie that are known late. */
  setLateFields(absSendTimeOffset: number, transportCcOffset: number): void {
    this.#absSendTimeOffset = absSendTimeOffset;
    this.#transportCcOffset = transportCcOffset;
  }
}

/**
 * All that the worker's Consumers send passes here: packets are collected and encrypted and sent together at the end of
 * the tick. It needs nothing of the worker but integers, so it could run elsewhere.
 *
 * The way of a packet: `begin` → the Consumer rewrites the prefix → the Transport writes transport-wide sequence
 * number and abs-send-time and calls `commit` → `end`.
 */
export class Egress {
  readonly packet: EgressPacket;

  readonly #memory: PacketMemory;
  readonly #drops: DropCounters;
  readonly #atEndOfTick: (callback: () => void) => void;
  readonly #flush = (): void => this.flush();
  #flushScheduled = false;

  /** The batch: what `commit` was given. */
  #count = 0;
  readonly #handles = new Uint32Array(MAX_BATCH);
  readonly #prefixLengths = new Uint32Array(MAX_BATCH);
  readonly #sourceHandles = new Uint32Array(MAX_BATCH);
  readonly #bodyOffsets = new Uint32Array(MAX_BATCH);
  readonly #bodyLengths = new Uint32Array(MAX_BATCH);
  readonly #routes: (EgressRoute | undefined)[] = new Array<undefined>(MAX_BATCH).fill(undefined);
  readonly #protectors: (RtpProtector | undefined)[] = new Array<undefined>(MAX_BATCH).fill(undefined);

  constructor(memory: PacketMemory, drops: DropCounters, atEndOfTick: (callback: () => void) => void) {
    this.#memory = memory;
    this.#drops = drops;
    this.#atEndOfTick = atEndOfTick;
    this.packet = new EgressPacket(memory);
  }

  /**
   * Starts a packet: a copy of the header of `source` (a mangled packet that lies in packet memory) with other values,
   * and of the first `prefixLength` bytes of its payload, which the caller may rewrite. False if there is no memory.
   *
   * @param mid of the Consumer, at most 8 bytes; empty: the room for it stays zero
   */
  begin(
    source: RtpPacket,
    ssrc: number,
    sequenceNumber: number,
    timestamp: number,
    marker: boolean,
    mid: Uint8Array,
    prefixLength: number,
  ): boolean {
    return this.#begin(source, ssrc, sequenceNumber, timestamp, marker, mid, prefixLength, source.payloadType, -1);
  }

  /**
   * The same as an RTX packet (RFC 4588 §4): without padding, and the payload preceded by the original sequence number.
   * `prefixLength` does not count it, and the prefix starts two bytes later.
   *
   * @param ssrc and payloadType of the RTX stream
   */
  beginRtx(
    source: RtpPacket,
    ssrc: number,
    sequenceNumber: number,
    timestamp: number,
    marker: boolean,
    mid: Uint8Array,
    prefixLength: number,
    payloadType: number,
    originalSequenceNumber: number,
  ): boolean {
    return this.#begin(
      source,
      ssrc,
      sequenceNumber,
      timestamp,
      marker,
      mid,
      prefixLength,
      payloadType,
      originalSequenceNumber,
    );
  }

  /** Puts the current packet into the batch. */
  commit(route: EgressRoute): void {
    const packet = this.packet;
    const index = this.#count++;
    this.#memory.retain(packet.handle);
    this.#memory.retain(packet.sourceHandle);
    this.#handles[index] = packet.handle;
    this.#prefixLengths[index] = packet.headerLength + packet.prefixLength;
    this.#sourceHandles[index] = packet.sourceHandle;
    this.#bodyOffsets[index] = packet.bodyOffset;
    this.#bodyLengths[index] = packet.bodyLength;
    this.#routes[index] = route;
    this.#protectors[index] = route.rtpProtector;
    if (this.#count === MAX_BATCH) this.flush();
    else this.#scheduleFlush();
  }

  /** Puts the current packet together and sends it at once, as it is: for a DirectTransport. */
  deliver(route: EgressRoute): boolean {
    const packet = this.packet;
    this.#join(packet.handle, packet.headerLength + packet.prefixLength, packet.bodyOffset, packet.bodyLength);
    return route.sendRtp(this.#memory.bytes, packet.handle, packet.length);
  }

  /** Puts a copy of a complete packet that lies anywhere into the batch: probation packets. */
  commitCopy(bytes: Uint8Array, offset: number, length: number, route: EgressRoute): boolean {
    const handle = this.#memory.allocate(length + TRAILER_LENGTH);
    if (handle === NO_HANDLE) {
      this.#drops.count(DropReason.packetMemoryExhausted);
      return false;
    }
    const to = this.#memory.bytes;
    for (let i = 0; i < length; i++) to[handle + i] = bytes[offset + i];
    const index = this.#count++;
    this.#handles[index] = handle;
    this.#prefixLengths[index] = length;
    this.#sourceHandles[index] = NO_HANDLE;
    this.#bodyOffsets[index] = 0;
    this.#bodyLengths[index] = 0;
    this.#routes[index] = route;
    this.#protectors[index] = route.rtpProtector;
    if (this.#count === MAX_BATCH) this.flush();
    else this.#scheduleFlush();
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
    this.#flushScheduled = false;
    const count = this.#count;
    // What is committed while this runs (it should not be) would overwrite what is being sent.
    this.#count = 0;
    for (let index = 0; index < count; index++) {
      const route = this.#routes[index]!;
      const protector = this.#protectors[index];
      const handle = this.#handles[index];
      let length = this.#prefixLengths[index];
      this.#join(handle, length, this.#bodyOffsets[index], this.#bodyLengths[index]);
      length += this.#bodyLengths[index];
      if (protector !== undefined) length = protector.protectRtp(this.#memory.bytes, handle, length);
      if (length < 0) this.#drops.count(-length as DropReason);
      else if (!route.sendRtp(this.#memory.bytes, handle, length)) this.#drops.count(DropReason.sendError);
      this.#release(index);
    }
  }

  /** Throws away what has not been sent. */
  close(): void {
    for (let index = 0; index < this.#count; index++) this.#release(index);
    this.#count = 0;
    this.end();
  }

  #begin(
    source: RtpPacket,
    ssrc: number,
    sequenceNumber: number,
    timestamp: number,
    marker: boolean,
    mid: Uint8Array,
    prefixLength: number,
    payloadType: number,
    originalSequenceNumber: number,
  ): boolean {
    const isRtx = originalSequenceNumber >= 0;
    const osnLength = isRtx ? 2 : 0;
    const { headerLength } = source;
    const handle = this.#memory.allocate(source.length + osnLength + TRAILER_LENGTH);
    if (handle === NO_HANDLE) {
      this.#drops.count(DropReason.packetMemoryExhausted);
      return false;
    }
    const { bytes, view } = this.#memory;
    bytes.copyWithin(handle, source.offset, source.payloadOffset);
    if (isRtx) {
      bytes[handle] &= ~0x20;
      view.setUint16(handle + headerLength, originalSequenceNumber);
    }
    bytes[handle + 1] = payloadType | (marker ? 0x80 : 0);
    view.setUint16(handle + 2, sequenceNumber);
    view.setUint32(handle + 4, timestamp);
    view.setUint32(handle + 8, ssrc);
    const start = handle + headerLength + osnLength;
    for (let i = 0; i < prefixLength; i++) bytes[start + i] = bytes[source.payloadOffset + i];

    const packet = this.packet;
    packet.handle = handle;
    packet.headerLength = headerLength;
    packet.prefixLength = osnLength + prefixLength;
    packet.sourceHandle = source.handle;
    packet.bodyOffset = source.payloadOffset + prefixLength;
    packet.paddingLength = isRtx ? 0 : source.paddingLength;
    packet.bodyLength = source.payloadLength - prefixLength + packet.paddingLength;
    packet.payloadType = payloadType;
    packet.marker = marker;
    packet.sequenceNumber = sequenceNumber;
    packet.timestamp = timestamp;
    packet.ssrc = ssrc;
    packet.isRtx = isRtx;
    packet.isKeyFrame = source.isKeyFrame;
    packet.spatialLayer = source.spatialLayer;
    packet.temporalLayer = source.temporalLayer;
    packet.transportWideSequenceNumber = -1;

    const shift = handle - source.offset;
    const absSendTimeOffset = source.extensionOffset(HeaderExtension.absSendTime);
    const transportCcOffset = source.extensionOffset(HeaderExtension.transportWideCc);
    packet.setLateFields(
      absSendTimeOffset === 0 ? 0 : absSendTimeOffset - source.offset,
      transportCcOffset === 0 ? 0 : transportCcOffset - source.offset,
    );
    if (mid.length > 0) this.#writeMid(source, shift, mid);
    return true;
  }

  /** Into the room that mangling left; what remains of it becomes padding (RFC 8285 §4.2). */
  #writeMid(source: RtpPacket, shift: number, mid: Uint8Array): void {
    const valueOffset = source.extensionOffset(HeaderExtension.mid);
    const room = source.extensionLength(HeaderExtension.mid);
    if (valueOffset === 0 || mid.length > room) return;
    const { bytes } = this.#memory;
    const at = valueOffset + shift;
    const block = source.offset + RTP_HEADER_LENGTH + (bytes[source.offset] & 0x0f) * 4;
    const oneByteForm = bytes[block] === 0xbe;
    bytes[at - 1] = oneByteForm ? (HeaderExtension.mid << 4) | (mid.length - 1) : mid.length;
    for (let i = 0; i < room; i++) bytes[at + i] = i < mid.length ? mid[i] : 0;
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    this.#atEndOfTick(this.#flush);
  }

  /** Copies the rest of the payload behind its beginning. */
  #join(handle: number, prefixLength: number, bodyOffset: number, bodyLength: number): void {
    if (bodyLength > 0) this.#memory.bytes.copyWithin(handle + prefixLength, bodyOffset, bodyOffset + bodyLength);
  }

  #release(index: number): void {
    this.#memory.release(this.#handles[index]);
    if (this.#sourceHandles[index] !== NO_HANDLE) this.#memory.release(this.#sourceHandles[index]);
    this.#routes[index] = undefined;
    this.#protectors[index] = undefined;
  }
}
