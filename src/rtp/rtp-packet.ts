import { NO_HANDLE } from '../common/packet-memory.js';
import { ExtensionBlock } from './extension-block.js';
import { type ExtensionList } from './extension-list.js';
import { HeaderExtension, type HeaderExtensionIds, MID_MAX_LENGTH, ROUTER_EXTENSION_IDS } from './header-extension.js';
import { PayloadDescriptor } from './payload-descriptor.js';
import { ntpToUs, q32ToUs } from './time.js';

/** Length of the fixed header. */
export const RTP_HEADER_LENGTH = 12;

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
 * |                extension block (ExtensionBlock)               |   if X
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
  readonly #extensions = new ExtensionBlock();

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
    this.#extensions.clear();
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
      if (!this.#extensions.parse(bytes, view, offset, block, headerLength)) return false;
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
    const offset = this.#extensions.offset(id);
    return offset === 0 ? 0 : this.offset + offset;
  }

  /** Length of the value of the element with this id; 0 if there is none. */
  extensionLength(id: number): number {
    return this.#extensions.length(id);
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
    this.#extensions.setLength(HeaderExtension.mid, length, this.bytes, this.offset);
    for (let i = 0; i < MID_MAX_LENGTH; i++) this.bytes[valueOffset + i] = i < length ? mid[i] : 0;
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
    const headerLength = fixedLength + list.blockLength(oneByteForm);
    const offset = this.payloadOffset - headerLength;
    if (offset < this.#floor) return false;

    bytes.copyWithin(offset, this.offset, this.offset + fixedLength);
    bytes[offset] |= 0x10;
    this.#extensions.write(list, oneByteForm, bytes, this.view, offset, fixedLength, headerLength);
    this.length += this.offset - offset;
    this.offset = offset;
    this.headerLength = headerLength;
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

  /** Where the value of an extension starts, if it is there and has this length; else 0. */
  #findExtension(extension: HeaderExtension, length: number): number {
    const id = this.extensionIds[extension];
    return this.#extensions.length(id) === length ? this.extensionOffset(id) : 0;
  }

  #readText(extension: HeaderExtension): string | undefined {
    const id = this.extensionIds[extension];
    const offset = this.extensionOffset(id);
    const length = this.#extensions.length(id);
    if (length === 0) return undefined;
    // A copy, because TextDecoder does not read shared memory.
    return textDecoder.decode(this.bytes.slice(offset, offset + length));
  }

  #readUint24(offset: number): number {
    return (this.bytes[offset] << 16) | this.view.getUint16(offset + 1);
  }
}
