import { describe, expect, it } from 'vitest';
import { DropReason } from '../../../src/common/drop-reason.js';
import { PacketMemory } from '../../../src/common/packet-memory.js';
import { SRTP_SUITES, masterLength } from '../../../src/srtp/srtp-suite.js';
import { SrtpReceiver, SrtpSender } from '../../../src/srtp/srtp-session.js';
import {
  bytes,
  createPair,
  hex,
  protectRtcp,
  protectRtp,
  rtcpPacket,
  rtpPacket,
  suiteNames,
  TRAILER_ROOM,
  unprotectRtcp,
  unprotectRtp,
} from './support.js';

const SSRC = 0xcafebabe;

describe.each(suiteNames)('%s', suite => {
  const { rtpTagLength, rtcpTagLength } = SRTP_SUITES[suite];

  /** The packets of one stream, protected, by sequence number counted on past 65535. */
  const stream =
    (sender: SrtpSender, ssrc = SSRC) =>
    (index: number) => {
      const srtp = protectRtp(sender, rtpPacket(ssrc, index & 0xffff));
      expect(srtp).toBeInstanceOf(Uint8Array);
      return srtp as Uint8Array;
    };
  const takes = (receiver: SrtpReceiver, srtp: Uint8Array): DropReason => {
    const result = unprotectRtp(receiver, srtp);
    return typeof result === 'number' ? (result as DropReason) : DropReason.none;
  };

  it('brings RTP of every length across, in place', () => {
    const { sender, receiver } = createPair(suite);
    for (const payload of [0, 1, 3, 15, 16, 17, 160, 1200, 60_000]) {
      const packet = rtpPacket(SSRC, payload & 0x7fff, payload);
      const srtp = protectRtp(sender, packet) as Uint8Array;
      expect(srtp.length).toBe(packet.length + rtpTagLength);
      expect(hex(srtp.subarray(0, 12))).toBe(hex(packet.subarray(0, 12)));
      if (payload > 15) expect(hex(srtp.subarray(12, 12 + payload))).not.toBe(hex(packet.subarray(12)));
      expect(unprotectRtp(receiver, srtp)).toEqual(packet);
    }
  });

  it('leaves CSRCs and header extension in clear, but authentic', () => {
    const { sender, receiver } = createPair(suite);
    const packet = bytes('b2600001000000010000abcd' + '0000000100000002' + 'bede000110aa0000' + '01020304050607');
    const srtp = protectRtp(sender, packet) as Uint8Array;
    expect(hex(srtp.subarray(0, 28))).toBe(hex(packet.subarray(0, 28)));
    expect(hex(srtp.subarray(28, 35))).not.toBe(hex(packet.subarray(28)));
    const tampered = srtp.slice();
    tampered[25] ^= 1;
    expect(unprotectRtp(receiver, tampered)).toBe(DropReason.srtpAuthentication);
    expect(unprotectRtp(receiver, srtp)).toEqual(packet);
  });

  it('brings RTCP across, with indexes from 1 on per SSRC', () => {
    const { sender, receiver } = createPair(suite);
    for (const [ssrc, index] of [
      [1, 1],
      [1, 2],
      [2, 1],
      [1, 3],
    ]) {
      const packet = rtcpPacket(ssrc, index * 5);
      const srtcp = protectRtcp(sender, packet) as Uint8Array;
      expect(srtcp.length).toBe(packet.length + 4 + rtcpTagLength);
      expect(hex(srtcp.subarray(0, 8))).toBe(hex(packet.subarray(0, 8)));
      const word = suite.startsWith('AEAD') ? srtcp.length - 4 : packet.length;
      expect(hex(srtcp.subarray(word, word + 4))).toBe(`8000000${index}`);
      expect(unprotectRtcp(receiver, srtcp)).toEqual(packet);
    }
  });

  it('works in packet memory, next to other packets', () => {
    const { sender, receiver } = createPair(suite);
    const memory = new PacketMemory();
    const handle = memory.allocate(1500);
    for (const offset of [handle, handle + 80, handle + 81, handle + 83]) {
      const packet = rtpPacket(SSRC, offset - handle, 333);
      memory.bytes.fill(0xee, handle, handle + 1500);
      memory.bytes.set(packet, offset);
      const length = sender.protectRtp(memory.bytes, offset, packet.length);
      expect(memory.bytes[offset + length]).toBe(0xee);
      expect(receiver.unprotectRtp(memory.bytes, offset, length)).toBe(packet.length);
      expect(memory.bytes.slice(offset, offset + packet.length)).toEqual(packet);
      if (offset > handle) expect(memory.bytes[offset - 1]).toBe(0xee);
    }
  });

  it('refuses what was tampered with, anywhere, and leaves no trace of it', () => {
    const { sender, receiver } = createPair(suite);
    const srtp = protectRtp(sender, rtpPacket(SSRC, 7)) as Uint8Array;
    // Not in the fixed header, whose bits also say where the packet belongs.
    for (let at = 12; at < srtp.length; at++) {
      const tampered = srtp.slice();
      tampered[at] ^= 0x80;
      expect(unprotectRtp(receiver, tampered)).toBe(DropReason.srtpAuthentication);
    }
    const srtcp = protectRtcp(sender, rtcpPacket(SSRC, 4)) as Uint8Array;
    for (let at = 0; at < srtcp.length; at++) {
      const tampered = srtcp.slice();
      tampered[at] ^= 0x80;
      expect(unprotectRtcp(receiver, tampered)).toBe(DropReason.srtpAuthentication);
    }
    expect(receiver.streamCount).toBe(0);
    expect(unprotectRtp(receiver, srtp)).toBeInstanceOf(Uint8Array);
    expect(receiver.rtcpStreamCount).toBe(0);
    expect(unprotectRtcp(receiver, srtcp)).toBeInstanceOf(Uint8Array);
    expect([receiver.streamCount, receiver.rtcpStreamCount]).toEqual([1, 1]);
  });

  it('drops packets that are too short for what they announce', () => {
    const { receiver } = createPair(suite);
    const trailer = rtpTagLength;
    const malformed = [
      new Uint8Array(0),
      new Uint8Array(12),
      new Uint8Array(11 + trailer).fill(0x80, 0, 1),
      new Uint8Array(12 + 60 + trailer - 1).fill(0x8f, 0, 1),
      new Uint8Array(12 + 3 + trailer).fill(0x90, 0, 1),
      new Uint8Array(12 + 200 + trailer).fill(0x90, 0, 1).fill(0xff, 14, 16),
    ];
    for (const packet of malformed) expect(unprotectRtp(receiver, packet)).toBe(DropReason.srtpMalformed);
    for (let length = 0; length < 8 + 4 + rtcpTagLength; length++) {
      expect(unprotectRtcp(receiver, new Uint8Array(length))).toBe(DropReason.srtpMalformed);
    }
  });

  it('refuses to protect what is no packet or finds no room', () => {
    const { sender } = createPair(suite);
    expect(sender.protectRtp(new Uint8Array(11), 0, 11)).toBe(-DropReason.srtpMalformed);
    expect(sender.protectRtcp(new Uint8Array(7), 0, 7)).toBe(-DropReason.srtpMalformed);
    const packet = rtpPacket(SSRC, 1);
    expect(sender.protectRtp(packet, 0, packet.length)).toBe(-DropReason.srtpTooLarge);
    const report = rtcpPacket(SSRC);
    expect(sender.protectRtcp(report, 0, report.length)).toBe(-DropReason.srtpTooLarge);
    expect(sender.protectRtp(new Uint8Array(70_000).fill(0x80, 0, 1), 0, 65_535)).toBe(-DropReason.srtpTooLarge);
  });

  it('takes a packet once, and none further back than the window', () => {
    const { sender, receiver } = createPair(suite);
    const packet = stream(sender);
    const [oldest, inside, middle, newest] = [1000, 1001, 1500, 2024].map(packet);
    expect(takes(receiver, middle)).toBe(DropReason.none);
    expect(takes(receiver, middle)).toBe(DropReason.srtpReplay);
    expect(takes(receiver, newest)).toBe(DropReason.none);
    expect(takes(receiver, oldest)).toBe(DropReason.srtpTooOld);
    expect(takes(receiver, inside)).toBe(DropReason.none);
    expect(takes(receiver, inside)).toBe(DropReason.srtpReplay);
    expect(takes(receiver, middle)).toBe(DropReason.srtpReplay);
  });

  it('forgets what lies behind the window when it jumps ahead', () => {
    const { sender, receiver } = createPair(suite);
    // 1034 has the place of 10 in the window, 1524 that of 500.
    const indexes = [10, 11, 500, 1034, 1035, 1524, 1525, 1976, 1977, 3000];
    const packets = new Map(indexes.map(index => [index, stream(sender)(index)]));
    for (const index of [10, 11, 500, 1034, 1035, 1524, 1525, 3000]) {
      expect(takes(receiver, packets.get(index)!)).toBe(DropReason.none);
    }
    expect(takes(receiver, packets.get(1976)!)).toBe(DropReason.srtpTooOld);
    expect(takes(receiver, packets.get(1977)!)).toBe(DropReason.none);
  });

  it('counts the rounds of the sequence number', () => {
    const { sender, receiver } = createPair(suite);
    const packet = stream(sender);
    for (let index = 60_000; index < 3 * 65536; index += 499) {
      expect(takes(receiver, packet(index))).toBe(DropReason.none);
    }
  });

  it('takes packets out of order around a wrap', () => {
    const { sender, receiver } = createPair(suite);
    const packets = Array.from({ length: 40 }, (_, i) => 65536 - 20 + i).map(stream(sender));
    for (let i = 0; i < 40; i += 4) {
      for (const k of [i + 3, i, i + 2, i + 1]) expect(takes(receiver, packets[k])).toBe(DropReason.none);
    }
    for (const packet of packets) expect(takes(receiver, packet)).toBe(DropReason.srtpReplay);
  });

  it('drops the packets of round 1 until it has seen one of round 0 (late join near the wrap)', () => {
    const { sender, receiver } = createPair(suite);
    const [before, first, second] = [65535, 65536, 65537].map(stream(sender));
    expect(takes(receiver, first)).toBe(DropReason.srtpAuthentication);
    expect(takes(receiver, before)).toBe(DropReason.none);
    expect(takes(receiver, first)).toBe(DropReason.none);
    expect(takes(receiver, second)).toBe(DropReason.none);
  });

  it('takes a jump over half a round in round 0 for one ahead', () => {
    const { sender, receiver } = createPair(suite);
    const packet = stream(sender);
    for (const index of [0, 65535, 65536]) expect(takes(receiver, packet(index))).toBe(DropReason.none);
  });

  it('lets a packet be sent again as it was', () => {
    const { sender } = createPair(suite);
    const packet = stream(sender);
    const first = packet(500);
    for (let index = 501; index < 600; index++) packet(index);
    expect(packet(500)).toEqual(first);
    expect(packet(500)).toEqual(first);
  });

  it('drops SRTCP seen before or too old', () => {
    const { sender, receiver } = createPair(suite);
    const packets = Array.from({ length: 130 }, () => protectRtcp(sender, rtcpPacket(SSRC)) as Uint8Array);
    expect(unprotectRtcp(receiver, packets[129])).toBeInstanceOf(Uint8Array);
    expect(unprotectRtcp(receiver, packets[129])).toBe(DropReason.srtpReplay);
    expect(unprotectRtcp(receiver, packets[1])).toBe(DropReason.srtpTooOld);
    expect(unprotectRtcp(receiver, packets[2])).toBeInstanceOf(Uint8Array);
    expect(unprotectRtcp(receiver, packets[2])).toBe(DropReason.srtpReplay);
  });

  it('starts a removed stream afresh, on both sides', () => {
    const { sender, receiver } = createPair(suite);
    const packet = stream(sender);
    const first = packet(65535);
    takes(receiver, first);
    takes(receiver, packet(65536));
    receiver.removeStream(SSRC);
    expect(receiver.streamCount).toBe(0);
    expect(takes(receiver, first)).toBe(DropReason.none);
    sender.removeStream(SSRC);
    expect(packet(65535)).toEqual(first);
    const srtcp = protectRtcp(sender, rtcpPacket(SSRC)) as Uint8Array;
    sender.removeStream(SSRC);
    expect(protectRtcp(sender, rtcpPacket(SSRC))).toEqual(srtcp);
  });

  it('keeps state of a bounded number of streams', () => {
    const { sender, receiver } = createPair(suite, { maxStreams: 3 });
    for (let ssrc = 1; ssrc <= 3; ssrc++) expect(takes(receiver, stream(sender, ssrc)(1))).toBe(DropReason.none);
    expect(takes(receiver, stream(sender, 4)(1))).toBe(DropReason.srtpTooManyStreams);
    expect(takes(receiver, stream(sender, 1)(2))).toBe(DropReason.none);
    receiver.removeStream(2);
    expect(takes(receiver, stream(sender, 4)(2))).toBe(DropReason.none);
    expect(receiver.streamCount).toBe(3);
  });

  it('forgets the oldest SSRCs of RTCP, and loses no RTP to them', () => {
    const { sender, receiver } = createPair(suite, { maxStreams: 3 });
    const reports = [1, 2, 3, 4].map(ssrc => protectRtcp(sender, rtcpPacket(ssrc)) as Uint8Array);
    for (const report of reports) expect(unprotectRtcp(receiver, report)).toBeInstanceOf(Uint8Array);
    expect([receiver.streamCount, receiver.rtcpStreamCount]).toEqual([0, 3]);
    for (const report of reports.slice(1)) expect(unprotectRtcp(receiver, report)).toBe(DropReason.srtpReplay);
    for (let i = 0; i < 3; i++) {
      expect(unprotectRtcp(receiver, protectRtcp(sender, rtcpPacket(1)) as Uint8Array)).toBeInstanceOf(Uint8Array);
    }
    expect(takes(receiver, stream(sender, 9)(1))).toBe(DropReason.none);
    expect([receiver.streamCount, receiver.rtcpStreamCount]).toEqual([1, 3]);
    receiver.removeStream(3);
    expect(receiver.rtcpStreamCount).toBe(2);
  });

  it('survives a stream of its own bytes, shortened', () => {
    const { sender, receiver } = createPair(suite);
    const srtp = stream(sender)(1);
    for (let length = 0; length < srtp.length; length++) {
      expect(typeof unprotectRtp(receiver, srtp.subarray(0, length))).toBe('number');
    }
  });
});

describe('AES-CM repeats', () => {
  it('may differ in the header', () => {
    const { sender, receiver } = createPair('AES_CM_128_HMAC_SHA1_80');
    expect(sender.repeatsMustBeEqual).toBe(false);
    const packet = rtpPacket(SSRC, 1);
    protectRtp(sender, packet);
    packet[7] ^= 1;
    expect(unprotectRtp(receiver, protectRtp(sender, packet) as Uint8Array)).toEqual(packet);
  });
});

describe.each(['AEAD_AES_128_GCM', 'AEAD_AES_256_GCM'] as const)('%s repeats', suite => {
  it.each([
    ['payload', 20],
    ['header', 5],
  ])('must not differ in the %s', (_part, at) => {
    const { sender } = createPair(suite);
    expect(sender.repeatsMustBeEqual).toBe(true);
    const packet = rtpPacket(SSRC, 1);
    const first = protectRtp(sender, packet);
    const other = packet.slice();
    other[at] ^= 1;
    const memory = new Uint8Array(other.length + TRAILER_ROOM);
    memory.set(other);
    expect(sender.protectRtp(memory, 0, other.length)).toBe(-DropReason.srtpReplay);
    expect(memory.every(byte => byte === 0)).toBe(true);
    expect(protectRtp(sender, packet)).toEqual(first);
  });

  it('must not be too old to be compared', () => {
    const { sender } = createPair(suite);
    for (let index = 0; index <= 1024; index++) protectRtp(sender, rtpPacket(SSRC, index));
    expect(protectRtp(sender, rtpPacket(SSRC, 0))).toBe(DropReason.srtpTooOld);
    expect(protectRtp(sender, rtpPacket(SSRC, 1))).toBeInstanceOf(Uint8Array);
  });

  it('are not confused with the same sequence number of another round', () => {
    const { sender } = createPair(suite);
    for (let index = 0; index < 3 * 65536; index += 8192) {
      const packet = rtpPacket(SSRC, index & 0xffff, index / 8192);
      expect(protectRtp(sender, packet)).toBeInstanceOf(Uint8Array);
    }
  });
});

it('asks for a master key of the right length', () => {
  for (const suite of suiteNames) {
    const masterKey = new Uint8Array(masterLength(SRTP_SUITES[suite]) - 1);
    expect(() => new SrtpSender({ suite, masterKey })).toThrow(TypeError);
    expect(() => new SrtpReceiver({ suite, masterKey })).toThrow(TypeError);
  }
});
