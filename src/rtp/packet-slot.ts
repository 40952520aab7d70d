import { type PacketMemory } from '../common/packet-memory.js';
import { ROUTER_EXTENSION_IDS } from './header-extension.js';
import { type RtpPacket } from './rtp-packet.js';

/**
 * How a received packet lies in its slot of packet memory:
 *
 * ```
 * handle                      +32                    +96
 * | geometry                  | headroom             | datagram ...
 *
 * geometry, big endian:
 *   0  uint32   where the packet starts, relative to the handle
 *   4  uint32   length of the packet
 *   8  int16    descriptor: picture id
 *  10  int16    descriptor: TL0PICIDX
 *  12  uint8    descriptor: spatial layer
 *  13  uint8    descriptor: temporal layer
 *  14  uint16   descriptor: flags
 *  16  float64  received at
 *  24  float64  captured at
 * ```
 *
 * A header that grows takes the headroom, so the payload stays where it was received. With the geometry a handle is all
 * that one has to keep of a packet to send it again.
 */
const GEOMETRY_LENGTH = 32;
const HEADROOM_LENGTH = 64;

/** Where a received datagram is put, relative to the handle. */
export const DATAGRAM_OFFSET = GEOMETRY_LENGTH + HEADROOM_LENGTH;

/** Size of the slot that a datagram needs. */
export function slotSize(datagramLength: number): number {
  return DATAGRAM_OFFSET + datagramLength;
}

/** Points the view at the datagram of `length` bytes in a slot. False if it is not a valid RTP packet. */
export function parseSlot(packet: RtpPacket, memory: PacketMemory, handle: number, length: number): boolean {
  const start = handle + DATAGRAM_OFFSET;
  if (!packet.parse(memory.bytes, memory.view, start, length, handle + GEOMETRY_LENGTH)) return false;
  packet.handle = handle;
  return true;
}

/** Stores in the packet's slot what `restoreSlot` needs. To be called once the packet has its final form (mangled). */
export function storeGeometry(packet: RtpPacket): void {
  const { view, handle, descriptor } = packet;
  view.setUint32(handle, packet.offset - handle);
  view.setUint32(handle + 4, packet.length);
  view.setInt16(handle + 8, descriptor.pictureId);
  view.setInt16(handle + 10, descriptor.tl0PictureIndex);
  view.setUint8(handle + 12, descriptor.spatialLayer);
  view.setUint8(handle + 13, descriptor.temporalLayer);
  view.setUint16(handle + 14, descriptor.flags);
  view.setFloat64(handle + 16, packet.receivedAt);
  view.setFloat64(handle + 24, packet.captureAtUs);
}

/** Makes the view what it was when `storeGeometry` was called for this slot. */
export function restoreSlot(packet: RtpPacket, memory: PacketMemory, handle: number): void {
  const { bytes, view } = memory;
  packet.parse(bytes, view, handle + view.getUint32(handle), view.getUint32(handle + 4), handle + GEOMETRY_LENGTH);
  packet.handle = handle;
  packet.extensionIds = ROUTER_EXTENSION_IDS;
  packet.receivedAt = view.getFloat64(handle + 16);
  packet.captureAtUs = view.getFloat64(handle + 24);
  const descriptor = packet.descriptor;
  descriptor.pictureId = view.getInt16(handle + 8);
  descriptor.tl0PictureIndex = view.getInt16(handle + 10);
  descriptor.spatialLayer = view.getUint8(handle + 12);
  descriptor.temporalLayer = view.getUint8(handle + 13);
  descriptor.flags = view.getUint16(handle + 14);
}
