/**
 * The transform of one suite with its session keys. It knows the layout of packets, but nothing of streams: which
 * index a packet has, and whether it was there before, is decided by its caller. The two implementations are
 * `AesCmCipher` and `AesGcmCipher`.
 *
 * All work in place on bytes[offset, offset + length). Protecting needs room behind the packet for the trailer. The
 * result is the new length; unprotecting may also fail, which is a negative DropReason, and the packet is then unusable.
 *
 * A packet is the pair (header segment, payload segment) plus its 48 bit index, as a rollover counter and the sequence
 * number in the header. A kernel that does several packets at once takes the same facts per packet.
 */
export interface PacketCipher {
  /** Bytes that protectRtp() appends. */
  readonly rtpTrailerLength: number;
  /** Bytes that protectRtcp() appends. */
  readonly rtcpTrailerLength: number;

  /** @param rolloverCounter the upper 32 bits of the packet's index. */
  protectRtp(bytes: Uint8Array, offset: number, headerLength: number, length: number, rolloverCounter: number): number;
  unprotectRtp(
    bytes: Uint8Array,
    offset: number,
    headerLength: number,
    length: number,
    rolloverCounter: number,
  ): number;

  /** @param index the packet's SRTCP index, 31 bits. */
  protectRtcp(bytes: Uint8Array, offset: number, length: number, index: number): number;
  unprotectRtcp(bytes: Uint8Array, offset: number, length: number): number;
  /** The word `E || SRTCP index` of a protected packet, which must be at least 8 + `rtcpTrailerLength` bytes long. */
  readRtcpIndexWord(bytes: Uint8Array, offset: number, length: number): number;
}

/** Length of the part of an SRTCP packet that is never encrypted: the first header with its SSRC. */
export const RTCP_CLEAR_LENGTH = 8;
/** The E bit: whether the packet is encrypted, or only authenticated. */
export const RTCP_ENCRYPTED_FLAG = 0x80000000;
