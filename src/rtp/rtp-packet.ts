import { NO_HANDLE } from '../common/packet-memory.js';
import { type ExtensionList } from './extension-list.js';
import { HeaderExtension, type HeaderExtensionIds, MID_MAX_LENGTH, ROUTER_EXTENSION_IDS } from './header-extension.js';
import { PayloadDescriptor } from './payload-descriptor.js';
import { ntpToUs, q32ToUs } from './time.js';

/** Length of the fixed header. */
export const RTP_HEADER_LENGTH = 12;

const ONE_BYTE_PROFILE = 0xbede;
const TWO_BYTE_PROFILE = 0x1000;

const textDecoder = new TextDecoder();
const noBytes = new Uint8Array(0);
const noView = new DataView(noBytes.buffer);

/** Whether bytes look like RTP: first byte as RFC 7983 says, version 2, room for the fixed header. RTCP does, too. */
export function isRtp(bytes: Uint8Array, offset: number, length: number): boolean {
  return length >= RTP_HEADER_LENGTH && bytes[offset] >> 6 === 2;
}

/**
 * A view of an RTP packet that lies in some bytes. One object serves one packet after the other: `parse` points it at
 * the next. Fields mirror the header; the setters change both field and bytes.
 *
 * ```
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |V=2|P|X|  CC   |M|     PT      |       sequence number         |   offset
 * |                           timestamp                           |
 * |                             SSRC                              |
 * |                         CSRC (0..15)                          |
 * |   profile (0xBEDE, 0x100_)    |  length in 32 bit words       |   if X
 * |                    extension elements ...                     |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                          payload ...                          |   payloadOffset
 * |         ... padding           | padding count |                   if P
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+   offset + length
 * ```
 *
 * The payload never moves: what makes the header longer moves the start of the packet to the front.
 */
export class RtpPacket {
  bytes: Uint8Array = noBytes;
  view: DataView = noView;
  /** Slot of packet memory that the packet lies in, NO_HANDLE if it lies elsewhere. */
  handle: number = NO_HANDLE;
  /** Where the packet starts in `bytes`. */
  offset = 0;
  /** Length of the packet with header and padding. */
  length = 0;

  payloadType = 0;
  marker = false;
  sequenceNumber = 0;
  timestamp = 0;
  ssrc = 0;
  /** Length of fixed header, CSRC list and extension block. */
  headerLength = 0;
  /** Where the payload starts in `bytes`. */
  payloadOffset = 0;
  /** Without padding; 0 for a packet that is only padding. */
  payloadLength = 0;
  /** With the counting byte. */
  paddingLength = 0;

  /** Ids by which the readers below find extensions: the transport's on the way in, the router's after mangling. */
  extensionIds: HeaderExtensionIds = ROUTER_EXTENSION_IDS;
  /** When the datagram arrived: ms of the worker's clock. */
  receivedAt = 0;
  /** When the media was captured: µs of the worker's clock; NaN if that is not known. */
  captureAtUs = NaN;
  /** Filled by the codec's parser. */
  readonly descriptor = new PayloadDescriptor();

  /** First byte that a growing header may take. */
  #floor = 0;
  /** By element id: where the value starts, relative to `offset`; 0 if there is none. */
  readonly #extensionOffsets = new Uint16Array(256);
  readonly #extensionLengths = new Uint8Array(256);
  /** The ids that have an offset, to forget them without touching the whole tables. */
  readonly #extensionsPresent = new Uint8Array(256);
  #extensionCount = 0;

  get isKeyFrame(): boolean {
    return this.descriptor.isKeyFrame;
  }

  get spatialLayer(): number {
    return this.descriptor.spatialLayer;
  }

  get temporalLayer(): number {
    return this.descriptor.temporalLayer;
  }

  /**
   * Points the view at the packet bytes[offset, offset + length), which may be anything. False if it is not a valid
   * RTP packet; the view is then of no use until the next `parse`. Forgets handle, capture time and descriptor.
   *
   * @param floor lowest index in `bytes` that the header may grow to
   */
  parse(bytes: Uint8Array, view: DataView, offset: number, length: number, floor: number = offset): boolean {
    this.#forgetExtensions();
    this.handle = NO_HANDLE;
    this.captureAtUs = NaN;
    this.descriptor.reset();
    if (!isRtp(bytes, offset, length)) return false;

    this.bytes = bytes;
    this.view = view;
    this.offset = offset;
    this.length = length;
    this.#floor = floor;
    const first = bytes[offset];
    const second = bytes[offset + 1];
    this.marker = second >= 0x80;
    this.payloadType = second & 0x7f;
    this.sequenceNumber = view.getUint16(offset + 2);
    this.timestamp = view.getUint32(offset + 4);
    this.ssrc = view.getUint32(offset + 8);

    let headerLength = RTP_HEADER_LENGTH + (first & 0x0f) * 4;
    if (headerLength > length) return false;
    if ((first & 0x10) !== 0) {
      const block = headerLength;
      if (block + 4 > length) return false;
      headerLength += 4 + view.getUint16(offset + block + 2) * 4;
      if (headerLength > length) return false;
      if (!this.#parseExtensions(block, headerLength)) return false;
    }
    let paddingLength = 0;
    if ((first & 0x20) !== 0) {
      paddingLength = bytes[offset + length - 1];
      if (paddingLength === 0 || paddingLength > length - headerLength) return false;
    }
    this.headerLength = headerLength;
    this.payloadOffset = offset + headerLength;
    this.paddingLength = paddingLength;
    this.payloadLength = length - headerLength - paddingLength;
    return true;
  }

  setPayloadType(payloadType: number): void {
    this.payloadType = payloadType;
    this.bytes[this.offset + 1] = (this.bytes[this.offset + 1] & 0x80) | payloadType;
  }

  setMarker(marker: boolean): void {
    this.marker = marker;
    this.bytes[this.offset + 1] = this.payloadType | (marker ? 0x80 : 0);
  }

  setSequenceNumber(sequenceNumber: number): void {
    this.sequenceNumber = sequenceNumber;
    this.view.setUint16(this.offset + 2, sequenceNumber);
  }

  setTimestamp(timestamp: number): void {
    this.timestamp = timestamp;
    this.view.setUint32(this.offset + 4, timestamp);
  }

  setSsrc(ssrc: number): void {
    this.ssrc = ssrc;
    this.view.setUint32(this.offset + 8, ssrc);
  }

  /** Where the value of the element with this id starts in `bytes`; 0 if there is none. Its length may be 0. */
  extensionOffset(id: number): number {
    const offset = this.#extensionOffsets[id];
    return offset === 0 ? 0 : this.offset + offset;
  }

  /** Length of the value of the element with this id; 0 if there is none. */
  extensionLength(id: number): number {
    return this.#extensionLengths[id];
  }

  /** The MID; undefined if absent or empty. Makes a string: not for every packet. */
  readMid(): string | undefined {
    return this.#readText(HeaderExtension.mid);
  }

  /** The RID, or else the repaired RID (which an RTX packet carries). Makes a string: not for every packet. */
  readRid(): string | undefined {
    return this.#readText(HeaderExtension.rid) ?? this.#readText(HeaderExtension.repairedRid);
  }

  /** 6.18 fixed point seconds, -1 if absent. */
  readAbsSendTime(): number {
    const offset = this.#findExtension(HeaderExtension.absSendTime, 3);
    return offset === 0 ? -1 : this.#readUint24(offset);
  }

  /** Transport-wide sequence number, -1 if absent. */
  readTransportWideCc(): number {
    const offset = this.#findExtension(HeaderExtension.transportWideCc, 2);
    return offset === 0 ? -1 : this.view.getUint16(offset);
  }

  /** RFC 6464: bit 7 is the voice flag, bits 6..0 the level in -dBov. -1 if absent. */
  readAudioLevel(): number {
    const offset = this.#findExtension(HeaderExtension.audioLevel, 1);
    return offset === 0 ? -1 : this.bytes[offset];
  }

  /** 3GPP TS 26.114: bit 3 camera (back), bit 2 flip, bits 1..0 rotation in quarter turns. -1 if absent. */
  readVideoOrientation(): number {
    const offset = this.#findExtension(HeaderExtension.videoOrientation, 1);
    return offset === 0 ? -1 : this.bytes[offset];
  }

  /** Minimum (upper 12 bits) and maximum delay in units of 10 ms, -1 if absent. */
  readPlayoutDelay(): number {
    const offset = this.#findExtension(HeaderExtension.playoutDelay, 3);
    return offset === 0 ? -1 : this.#readUint24(offset);
  }

  /** 32 bits, -1 if absent. */
  readPacketId(): number {
    const offset = this.#findExtension(HeaderExtension.packetId, 4);
    return offset === 0 ? -1 : this.view.getUint32(offset);
  }

  /**
   * The capture instant according to abs-capture-time, in µs of the sender's NTP clock (since 1900): timestamp minus
   * clock offset. NaN if the extension is absent or its timestamp is 0.
   */
  readAbsCaptureTimeUs(): number {
    const id = this.extensionIds[HeaderExtension.absCaptureTime];
    const offset = this.extensionOffset(id);
    const length = this.extensionLength(id);
    if (length !== 8 && length !== 16) return NaN;
    const seconds = this.view.getUint32(offset);
    const fraction = this.view.getUint32(offset + 4);
    if (seconds === 0 && fraction === 0) return NaN;
    const captured = ntpToUs(seconds, fraction);
    return length === 8
      ? captured
      : captured - q32ToUs(this.view.getInt32(offset + 8), this.view.getUint32(offset + 12));
  }

  /**
   * Writes a Consumer's MID into the room that mangling left for it; what remains of the room turns into padding. Only
   * for mangled packets. False if the MID is too long, then the packet keeps the MID it has.
   */
  updateMid(mid: Uint8Array): boolean {
    const length = mid.length;
    const valueOffset = this.extensionOffset(HeaderExtension.mid);
    if (valueOffset === 0 || length === 0 || length > MID_MAX_LENGTH) return false;
    const oneByteForm = this.view.getUint16(this.#extensionBlock) === ONE_BYTE_PROFILE;
    this.bytes[valueOffset - 1] = oneByteForm ? (HeaderExtension.mid << 4) | (length - 1) : length;
    for (let i = 0; i < MID_MAX_LENGTH; i++) this.bytes[valueOffset + i] = i < length ? mid[i] : 0;
    this.#extensionLengths[HeaderExtension.mid] = length;
    return true;
  }

  /**
   * Replaces the extension block by one made of `list`, in the one-byte form if that can carry it. The new header is
   * written in front of the payload. False if there is no room in front; then nothing has changed.
   */
  setExtensions(list: ExtensionList): boolean {
    const bytes = this.bytes;
    const fixedLength = RTP_HEADER_LENGTH + (bytes[this.offset] & 0x0f) * 4;
    const oneByteForm = list.fitsOneByteForm;
    const elementsLength = list.valuesLength + list.count * (oneByteForm ? 1 : 2);
    const paddedLength = (elementsLength + 3) & ~3;
    const headerLength = fixedLength + 4 + paddedLength;
    const offset = this.payloadOffset - headerLength;
    if (offset < this.#floor) return false;

    let profile = oneByteForm ? ONE_BYTE_PROFILE : TWO_BYTE_PROFILE;
    if (!oneByteForm && (bytes[this.offset] & 0x10) !== 0) {
      // RFC 8285 §4.3: the lower four bits of the two-byte form belong to the application.
      const current = this.view.getUint16(this.#extensionBlock);
      if ((current & 0xfff0) === TWO_BYTE_PROFILE) profile = current;
    }
    bytes.copyWithin(offset, this.offset, this.offset + fixedLength);
    bytes[offset] |= 0x10;
    this.view.setUint16(offset + fixedLength, profile);
    this.view.setUint16(offset + fixedLength + 2, paddedLength >> 2);

    this.length += this.offset - offset;
    this.offset = offset;
    this.headerLength = headerLength;
    this.#forgetExtensions();
    let at = offset + fixedLength + 4;
    let from = 0;
    for (let i = 0; i < list.count; i++) {
      const id = list.ids[i];
      const length = list.lengths[i];
      if (oneByteForm) {
        bytes[at++] = (id << 4) | (length - 1);
      } else {
        bytes[at++] = id;
        bytes[at++] = length;
      }
      this.#rememberExtension(id, at - offset, length);
      for (let end = from + length; from < end;) bytes[at++] = list.bytes[from++];
    }
    while (at < this.payloadOffset) bytes[at++] = 0;
    return true;
  }

  /**
   * RFC 4588 §4: turns a retransmission packet into the packet it repeats, of the given payload type and SSRC. Padding
   * is removed. False if there is no original sequence number, as in probes of browsers.
   */
  decodeRtx(payloadType: number, ssrc: number): boolean {
    if (this.payloadLength < 2) return false;
    const sequenceNumber = this.view.getUint16(this.payloadOffset);
    this.removePadding();
    this.bytes.copyWithin(this.offset + 2, this.offset, this.payloadOffset);
    this.offset += 2;
    this.length -= 2;
    this.payloadOffset += 2;
    this.payloadLength -= 2;
    this.setPayloadType(payloadType);
    this.setSsrc(ssrc);
    this.setSequenceNumber(sequenceNumber);
    return true;
  }

  /**
   * Inserts one byte into the payload, so that it becomes payload[index]; what is before it moves to the front. Padding
   * is removed. False if there is no room in front; then nothing has changed.
   */
  insertPayloadByte(index: number, value: number): boolean {
    if (this.offset - 1 < this.#floor) return false;
    this.removePadding();
    this.bytes.copyWithin(this.offset - 1, this.offset, this.payloadOffset + index);
    this.offset--;
    this.length++;
    this.payloadOffset--;
    this.payloadLength++;
    this.bytes[this.payloadOffset + index] = value;
    return true;
  }

  removePadding(): void {
    this.length -= this.paddingLength;
    this.paddingLength = 0;
    this.bytes[this.offset] &= ~0x20;
  }

  /** The payload now has this length, without padding. Its bytes are the caller's business. */
  setPayloadLength(length: number): void {
    this.removePadding();
    this.length += length - this.payloadLength;
    this.payloadLength = length;
  }

  /** Where the extension block starts in `bytes`, if there is one. */
  get #extensionBlock(): number {
    return this.offset + RTP_HEADER_LENGTH + (this.bytes[this.offset] & 0x0f) * 4;
  }

  /** Where the value of an extension starts, if it is there and has this length; else 0. */
  #findExtension(extension: HeaderExtension, length: number): number {
    const id = this.extensionIds[extension];
    return this.#extensionLengths[id] === length ? this.extensionOffset(id) : 0;
  }

  #readText(extension: HeaderExtension): string | undefined {
    const id = this.extensionIds[extension];
    const offset = this.extensionOffset(id);
    const length = this.#extensionLengths[id];
    if (length === 0) return undefined;
    // A copy, because TextDecoder does not read shared memory.
    return textDecoder.decode(this.bytes.slice(offset, offset + length));
  }

  #readUint24(offset: number): number {
    return (this.bytes[offset] << 16) | this.view.getUint16(offset + 1);
  }

  /**
   * RFC 8285. Offsets are relative to the packet.
   *
   * ```
   * one-byte form (0xBEDE)    |  ID   | len-1 |  value ...      ID 15 ends the list
   * two-byte form (0x100_)    |      ID       |      len      |  value ...
   * ```
   * ID 0 is one byte of padding in both. Of several elements with one id the last counts. Blocks of other profiles are
   * valid and have no elements.
   */
  #parseExtensions(block: number, end: number): boolean {
    const bytes = this.bytes;
    const base = this.offset;
    const profile = this.view.getUint16(base + block);
    let at = block + 4;
    if (profile === ONE_BYTE_PROFILE) {
      while (at < end) {
        const head = bytes[base + at];
        // A length in a byte with id 0 makes it no element either.
        if (head < 0x10) {
          at++;
          continue;
        }
        if (head >= 0xf0) return true;
        const length = (head & 0x0f) + 1;
        if (at + 1 + length > end) return false;
        this.#rememberExtension(head >> 4, at + 1, length);
        at += 1 + length;
      }
    } else if ((profile & 0xfff0) === TWO_BYTE_PROFILE) {
      while (at + 1 < end) {
        const id = bytes[base + at];
        if (id === 0) {
          at++;
          continue;
        }
        const length = bytes[base + at + 1];
        if (at + 2 + length > end) return false;
        this.#rememberExtension(id, at + 2, length);
        at += 2 + length;
      }
    }
    return true;
  }

  #rememberExtension(id: number, offset: number, length: number): void {
    if (this.#extensionOffsets[id] === 0) this.#extensionsPresent[this.#extensionCount++] = id;
    this.#extensionOffsets[id] = offset;
    this.#extensionLengths[id] = length;
  }

  #forgetExtensions(): void {
    for (let i = 0; i < this.#extensionCount; i++) {
      const id = this.#extensionsPresent[i];
      this.#extensionOffsets[id] = 0;
      this.#extensionLengths[id] = 0;
    }
    this.#extensionCount = 0;
  }
}
