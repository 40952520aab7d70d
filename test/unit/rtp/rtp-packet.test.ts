import { describe, expect, it } from 'vitest';
import { createHeaderExtensionIds, HeaderExtension } from '../../../src/rtp/header-extension.js';
import { isRtp, RtpPacket } from '../../../src/rtp/rtp-packet.js';
import {
  buildPacket,
  extensionBytes,
  hex,
  listOf,
  packetBytes,
  type PacketParts,
  parse,
  payloadBytes,
  text,
  uint,
} from './support.js';

describe('RtpPacket.parse', () => {
  it('reads the fixed header, CSRC list, extensions, payload and padding', () => {
    const bytes = buildPacket({
      payloadType: 111,
      marker: true,
      sequenceNumber: 65535,
      timestamp: 0xfedcba98,
      ssrc: 0xdeadbeef,
      csrcs: [1, 2],
      extensions: [[3, [7, 8, 9]]],
      payload: [1, 2, 3, 4, 5],
      padding: 3,
    });
    const packet = parse(bytes, 10)!;
    expect(packet).toMatchObject({
      payloadType: 111,
      marker: true,
      sequenceNumber: 65535,
      timestamp: 0xfedcba98,
      ssrc: 0xdeadbeef,
      headerLength: 12 + 8 + 8,
      payloadOffset: 10 + 28,
      payloadLength: 5,
      paddingLength: 3,
      length: 36,
    });
    expect(extensionBytes(packet, 3)).toEqual([7, 8, 9]);
    expect(payloadBytes(packet)).toEqual([1, 2, 3, 4, 5]);
  });

  const header = hex('8064 0001 00000001 00000001');
  const padded = (first: number, ...rest: number[]): number[] => [first, ...header.slice(1), ...rest];
  it.each<[string, number[]]>([
    ['shorter than the fixed header', header.slice(0, 11)],
    ['empty', []],
    ['version 1', padded(0x40)],
    ['version 3', padded(0xc0)],
    ['CSRC list past the end', padded(0x81)],
    ['15 CSRCs in a short packet', padded(0x8f, ...Array<number>(59).fill(0))],
    ['no room for the extension header', padded(0x90, 0xbe, 0xde, 0)],
    ['extension block past the end', padded(0x90, 0xbe, 0xde, 0, 2, 0x10, 1, 0, 0)],
    ['one-byte element past the block', padded(0x90, 0xbe, 0xde, 0, 1, 0x10, 1, 0x11, 1)],
    ['two-byte element past the block', padded(0x90, 0x10, 0x00, 0, 1, 1, 3, 0, 0)],
    ['padding bit without padding', padded(0xa0)],
    ['padding count 0', padded(0xa0, 0)],
    ['padding count past the payload', padded(0xa0, 1, 1, 4)],
  ])('refuses %s', (_, bytes) => {
    expect(parse(bytes)).toBeUndefined();
  });

  it('takes what is merely unusual', () => {
    expect(parse(header)).toMatchObject({ payloadLength: 0, paddingLength: 0 });
    // Only padding.
    expect(parse(padded(0xa0, 0, 0, 3))).toMatchObject({ payloadLength: 0, paddingLength: 3 });
    // An extension block of an unknown profile.
    const unknown = parse(padded(0x90, 0x12, 0x34, 0, 1, 0x11, 1, 2, 3, 99))!;
    expect(unknown.extensionOffset(1)).toBe(0);
    expect(payloadBytes(unknown)).toEqual([99]);
    // An empty block.
    expect(parse(padded(0x90, 0xbe, 0xde, 0, 0))).toMatchObject({ headerLength: 16, payloadLength: 0 });
  });

  it('forgets everything about the packet before', () => {
    const packet = new RtpPacket();
    const first = buildPacket({ extensions: [[1, [1]], [14, [2]]] }); // prettier-ignore
    const second = buildPacket({ extensions: [[2, [3]]] });
    expect(packet.parse(first, new DataView(first.buffer), 0, first.length)).toBe(true);
    packet.descriptor.isKeyFrame = true;
    packet.captureAtUs = 5;
    expect(packet.parse(second, new DataView(second.buffer), 0, second.length)).toBe(true);
    expect([1, 2, 14].map(id => extensionBytes(packet, id))).toEqual([undefined, [3], undefined]);
    expect(packet).toMatchObject({ isKeyFrame: false, captureAtUs: NaN });
  });

  it('tells RTP by version and length', () => {
    for (let first = 0; first < 256; first++) {
      expect(isRtp(Uint8Array.from([first, ...Array<number>(11).fill(0)]), 0, 12)).toBe(first > 127 && first < 192);
    }
    expect(isRtp(Uint8Array.from(header), 0, 11)).toBe(false);
  });
});

describe('header extension elements', () => {
  it('are read by the ids of their transport', () => {
    const packet = parse(
      buildPacket({
        profile: 0x1000,
        extensions: [
          [21, text('video')],
          [22, text('r0')],
          [24, uint(0xabcdef, 3)],
          [25, uint(65000, 2)],
          [26, [0x80 | 30]],
          [28, [0b1110]],
          [30, [...hex('e0000000 80000000'), ...hex('ffffffff 80000000')]],
          [31, hex('00a014')],
          [32, uint(0xfffffffe, 4)],
        ],
      }),
    )!;
    packet.extensionIds = createHeaderExtensionIds().map((_, extension) => (extension === 0 ? 0 : extension + 20));
    expect(packet.readMid()).toBe('video');
    expect(packet.readRid()).toBe('r0');
    expect(packet.readAbsSendTime()).toBe(0xabcdef);
    expect(packet.readTransportWideCc()).toBe(65000);
    expect(packet.readAudioLevel()).toBe(0x80 | 30);
    expect(packet.readVideoOrientation()).toBe(0b1110);
    expect(packet.readAbsCaptureTimeUs()).toBe(0xe0000000 * 1e6 + 500000 + 500000);
    expect(packet.readPlayoutDelay()).toBe((10 << 12) | 20);
    expect(packet.readPacketId()).toBe(0xfffffffe);
  });

  it('are not read if absent, without an id, or of the wrong length', () => {
    const wrong = parse(
      buildPacket({ profile: 0x1000, extensions: Array.from({ length: 12 }, (_, i) => [i + 1, i < 3 ? [] : hex('0102030405')]) }),
    )!; // prettier-ignore
    const absent = parse(buildPacket({}))!;
    const noIds = parse(buildPacket({ extensions: [[1, [65]]] }))!;
    noIds.extensionIds = createHeaderExtensionIds();
    for (const packet of [wrong, absent, noIds]) {
      expect(packet.readMid()).toBeUndefined();
      expect(packet.readRid()).toBeUndefined();
      expect(packet.readAbsCaptureTimeUs()).toBeNaN();
      expect([
        packet.readAbsSendTime(),
        packet.readTransportWideCc(),
        packet.readAudioLevel(),
        packet.readVideoOrientation(),
        packet.readPlayoutDelay(),
        packet.readPacketId(),
      ]).toEqual([-1, -1, -1, -1, -1, -1]);
    }
  });

  it('take the repaired RID for the RID', () => {
    expect(parse(buildPacket({ extensions: [[3, text('hi')]] }))!.readRid()).toBe('hi');
  });

  it('of abs-capture-time are nothing with timestamp 0', () => {
    expect(parse(buildPacket({ extensions: [[10, Array<number>(8).fill(0)]] }))!.readAbsCaptureTimeUs()).toBeNaN();
  });
});

describe('RtpPacket.updateMid', () => {
  it.each([
    ['one-byte form', [3]],
    ['two-byte form', Array<number>(20).fill(1)],
  ])('fits any MID into its room: %s', (_, other) => {
    const packet = parse(buildPacket({ payload: [1] }), 100)!;
    packet.setExtensions(listOf([1, Array<number>(8).fill(0xff)], [6, other]));
    for (const mid of ['a', 'abcdefgh', 'xyz']) {
      expect(packet.updateMid(Uint8Array.from(text(mid)))).toBe(true);
      const again = parse(packetBytes(packet))!;
      for (const view of [packet, again]) {
        expect(view.readMid()).toBe(mid);
        expect(extensionBytes(view, 6)).toEqual(other);
      }
    }
    expect(packet.updateMid(Uint8Array.from(text('too-long!')))).toBe(false);
    expect(packet.updateMid(new Uint8Array(0))).toBe(false);
    expect(packet.readMid()).toBe('xyz');
  });
});

describe('RtpPacket setters', () => {
  it('write through', () => {
    const packet = parse(buildPacket({ marker: true, payload: [1] }))!;
    const wanted: PacketParts = { payloadType: 5, sequenceNumber: 60000, timestamp: 0xffffffff, ssrc: 0x80000001 };
    packet.setPayloadType(5);
    packet.setSequenceNumber(60000);
    packet.setTimestamp(0xffffffff);
    packet.setSsrc(0x80000001);
    expect(packetBytes(packet)).toEqual([...buildPacket({ ...wanted, marker: true, payload: [1] })]);
    packet.setMarker(false);
    expect(packetBytes(packet)).toEqual([...buildPacket({ ...wanted, marker: false, payload: [1] })]);
    expect(packet).toMatchObject({ ...wanted, marker: false });
  });
});

describe('payload operations', () => {
  it('decode RTX', () => {
    const packet = parse(
      buildPacket({ payloadType: 97, extensions: [[4, [1, 2, 3]]], payload: [0xab, 0xcd, 5, 6], padding: 4 }),
    )!;
    expect(packet.decodeRtx(96, 77)).toBe(true);
    const expected = buildPacket({ payloadType: 96, ssrc: 77, sequenceNumber: 0xabcd, extensions: [[4, [1, 2, 3]]], payload: [5, 6] }); // prettier-ignore
    expect(packetBytes(packet)).toEqual([...expected]);
    expect(extensionBytes(packet, 4)).toEqual([1, 2, 3]);
    expect(packet).toMatchObject({ sequenceNumber: 0xabcd, ssrc: 77, payloadType: 96, payloadLength: 2 });
  });

  it('refuse RTX without original sequence number', () => {
    const probe = parse(buildPacket({ payload: [1], padding: 200 }))!;
    expect(probe.decodeRtx(96, 77)).toBe(false);
    expect(probe.ssrc).toBe(0x12345678);
  });

  it('insert a payload byte if there is room in front', () => {
    const packet = parse(buildPacket({ extensions: [[4, [1, 2, 3]]], payload: [10, 11, 12], padding: 5 }), 1)!;
    expect(packet.insertPayloadByte(2, 99)).toBe(true);
    expect(packetBytes(packet)).toEqual([...buildPacket({ extensions: [[4, [1, 2, 3]]], payload: [10, 11, 99, 12] })]);
    expect(extensionBytes(packet, HeaderExtension.absSendTime)).toEqual([1, 2, 3]);
    expect(packet.insertPayloadByte(2, 99)).toBe(false);
    expect(payloadBytes(packet)).toEqual([10, 11, 99, 12]);
  });

  it('set the payload length', () => {
    const packet = parse(buildPacket({ payload: [1, 2, 3, 4], padding: 3 }))!;
    packet.setPayloadLength(2);
    expect(packetBytes(packet)).toEqual([...buildPacket({ payload: [1, 2] })]);
  });
});
