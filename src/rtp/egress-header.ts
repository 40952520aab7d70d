import { REWRITTEN_MAX_LENGTH, rewritePayload, rewrittenLength } from './codecs/payload-rewrite.js';
import { HeaderExtension } from './header-extension.js';
import { type RtpPacket } from './rtp-packet.js';

/** More than `EgressHeader.write` ever puts in front of the packet's header length. */
export const EGRESS_PREFIX_MAX_LENGTH = 2 + REWRITTEN_MAX_LENGTH;

/**
 * Writes what a Consumer sends in place of the beginning of a stored packet: its own header, and the part of the payload
 * it rewrites. The rest is the stored packet's, `restOffset` and `restLength` say which bytes. The stored packet is only
 * read.
 *
 * ```
 * written: | header of the stored packet, patched | OSN (RTX) | payload prefix (VP8) |
 * rest:                                                                               | payload ... | padding |
 * ```
 *
 * The MID is that of the stored packet: see `RtpPacket.updateMid`. An object is reused; its fields tell of the last
 * packet written.
 */
export class EgressHeader {
  /** Bytes written. */
  length = 0;
  /** Where the rest starts, in the stored packet's bytes. */
  restOffset = 0;
  restLength = 0;
  /** Where the transport has to write 3 bytes of abs-send-time, in the written bytes' memory; 0: nowhere. */
  absSendTimeOffset = 0;
  /** Where the transport has to write its 2 bytes of sequence number, in the written bytes' memory; 0: nowhere. */
  transportWideCcOffset = 0;

  /**
   * A packet as it is sent for the first time, or again without RTX. Padding is kept.
   *
   * @param offset where to write in `bytes`; there is room for the packet's header and EGRESS_PREFIX_MAX_LENGTH bytes
   * @param rewrite `EncodingContext.rewrite` for this packet
   */
  write(
    packet: RtpPacket,
    bytes: Uint8Array,
    view: DataView,
    offset: number,
    ssrc: number,
    sequenceNumber: number,
    timestamp: number,
    marker: boolean,
    rewrite: number,
  ): void {
    this.#writeHeader(packet, view, offset, packet.payloadType, ssrc, sequenceNumber, timestamp, marker);
    this.#writePrefix(packet, bytes, offset, rewrite);
    this.restLength += packet.paddingLength;
  }

  /** A packet as it is sent again with RTX (RFC 4588 §4): `originalSequenceNumber` precedes the payload. Without padding. */
  writeRtx(
    packet: RtpPacket,
    bytes: Uint8Array,
    view: DataView,
    offset: number,
    payloadType: number,
    ssrc: number,
    sequenceNumber: number,
    originalSequenceNumber: number,
    timestamp: number,
    marker: boolean,
    rewrite: number,
  ): void {
    this.#writeHeader(packet, view, offset, payloadType, ssrc, sequenceNumber, timestamp, marker);
    bytes[offset] &= ~0x20;
    view.setUint16(offset + this.length, originalSequenceNumber);
    this.length += 2;
    this.#writePrefix(packet, bytes, offset, rewrite);
  }

  #writeHeader(
    packet: RtpPacket,
    view: DataView,
    offset: number,
    payloadType: number,
    ssrc: number,
    sequenceNumber: number,
    timestamp: number,
    marker: boolean,
  ): void {
    const source = packet.view;
    const from = packet.offset;
    const length = packet.headerLength;
    view.setUint16(offset, (source.getUint16(from) & 0xff00) | (marker ? 0x80 : 0) | payloadType);
    view.setUint16(offset + 2, sequenceNumber);
    view.setUint32(offset + 4, timestamp);
    view.setUint32(offset + 8, ssrc);
    // A header is a whole number of words.
    for (let i = 12; i < length; i += 4) view.setInt32(offset + i, source.getInt32(from + i));
    this.length = length;

    const shift = offset - from;
    this.absSendTimeOffset =
      packet.extensionLength(HeaderExtension.absSendTime) === 3
        ? packet.extensionOffset(HeaderExtension.absSendTime) + shift
        : 0;
    this.transportWideCcOffset =
      packet.extensionLength(HeaderExtension.transportWideCc) === 2
        ? packet.extensionOffset(HeaderExtension.transportWideCc) + shift
        : 0;
  }

  #writePrefix(packet: RtpPacket, bytes: Uint8Array, offset: number, rewrite: number): void {
    const prefixLength = rewrittenLength(rewrite);
    const at = offset + this.length;
    for (let i = 0; i < prefixLength; i++) bytes[at + i] = packet.bytes[packet.payloadOffset + i];
    rewritePayload(bytes, at, rewrite);
    this.length += prefixLength;
    this.restOffset = packet.payloadOffset + prefixLength;
    this.restLength = packet.payloadLength - prefixLength;
  }
}
