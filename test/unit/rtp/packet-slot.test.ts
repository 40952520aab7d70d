import { describe, expect, it } from 'vitest';
import { PacketMemory } from '../../../src/common/packet-memory.js';
import { ExtensionList } from '../../../src/rtp/extension-list.js';
import { createHeaderExtensionIds } from '../../../src/rtp/header-extension.js';
import { DATAGRAM_OFFSET, parseSlot, restoreSlot, slotSize, storeGeometry } from '../../../src/rtp/packet-slot.js';
import { RtpPacket } from '../../../src/rtp/rtp-packet.js';
import { buildPacket, packetBytes } from './support.js';

function receive(memory: PacketMemory, packet: RtpPacket, datagram: Uint8Array): number {
  const handle = memory.allocate(slotSize(datagram.length));
  memory.bytes.set(datagram, handle + DATAGRAM_OFFSET);
  expect(parseSlot(packet, memory, handle, datagram.length)).toBe(true);
  return handle;
}

describe('a slot', () => {
  it('gives the packet back by its handle alone, also after the memory has grown', () => {
    const memory = new PacketMemory();
    const packet = new RtpPacket();
    const handle = receive(memory, packet, buildPacket({ payload: [1, 2, 3], padding: 2, ssrc: 7 }));
    const list = new ExtensionList();
    list.reserve(1, 8);
    list.reserve(4, 3);
    expect(packet.setExtensions(list)).toBe(true);
    packet.receivedAt = 1234.5;
    packet.captureAtUs = -7;
    Object.assign(packet.descriptor, {
      present: true,
      isKeyFrame: true,
      hasTemporalLayer: true,
      endOfFrame: true,
      pictureId: 32767,
      tl0PictureIndex: 255,
      spatialLayer: 2,
      temporalLayer: 3,
    });
    storeGeometry(packet);

    const before = memory.bytes;
    while (memory.bytes === before) memory.allocate(2048);
    const other = new RtpPacket();
    receive(memory, other, buildPacket({ payload: [4], ssrc: 8 }));
    other.extensionIds = createHeaderExtensionIds();
    restoreSlot(other, memory, handle);
    expect(packetBytes(other)).toEqual(packetBytes(packet));
    expect(other).toMatchObject({ handle, ssrc: 7, receivedAt: 1234.5, captureAtUs: -7, paddingLength: 2 });
    expect({ ...other.descriptor }).toEqual({ ...packet.descriptor });
    expect(other.readAbsSendTime()).toBe(0);
    // And the header of the restored packet may still grow.
    expect(other.insertPayloadByte(1, 9)).toBe(true);
  });

  it('keeps absent values absent', () => {
    const memory = new PacketMemory();
    const packet = new RtpPacket();
    const handle = receive(memory, packet, buildPacket({ payload: [1] }));
    storeGeometry(packet);
    restoreSlot(packet, memory, handle);
    expect(packet.captureAtUs).toBeNaN();
    expect({ ...packet.descriptor }).toEqual({ ...new RtpPacket().descriptor });
  });

  it('never lets a header grow over its geometry', () => {
    const memory = new PacketMemory();
    const packet = new RtpPacket();
    const handle = receive(memory, packet, buildPacket({ payload: [1, 2, 3] }));
    memory.bytes.fill(0xee, handle, handle + 32);
    while (packet.insertPayloadByte(1, 0));
    expect(packet.offset).toBe(handle + 32);
    expect(memory.bytes.slice(handle, handle + 32).every(byte => byte === 0xee)).toBe(true);
  });

  it('tells a malformed datagram', () => {
    const memory = new PacketMemory();
    const handle = memory.allocate(slotSize(12));
    expect(parseSlot(new RtpPacket(), memory, handle, 12)).toBe(false);
  });
});
