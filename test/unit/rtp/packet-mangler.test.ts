import { describe, expect, it } from 'vitest';
import { createHeaderExtensionIds, HeaderExtension } from '../../../src/rtp/header-extension.js';
import { PacketIdCounter, PacketMangler } from '../../../src/rtp/packet-mangler.js';
import { type RtpPacket } from '../../../src/rtp/rtp-packet.js';
import {
  buildPacket,
  extensionBytes,
  hex,
  packetBytes,
  type PacketParts,
  parse,
  payloadBytes,
  uint,
} from './support.js';

/** The client's ids: 21 for MID, 22 for RID ... */
const extensionIds = createHeaderExtensionIds().map((_, extension) => (extension === 0 ? 0 : 20 + extension));

const client = (extension: HeaderExtension, value: number[]): [number, number[]] => [20 + extension, value];
const zeros = (length: number): number[] => Array<number>(length).fill(0);

function mangle(
  parts: PacketParts,
  options: { kind?: 'audio' | 'video'; packetIds?: PacketIdCounter; offsetUs?: number; headroom?: number } = {},
): RtpPacket | undefined {
  const { kind = 'video', packetIds, offsetUs = 0, headroom = 64 } = options;
  const packet = parse(buildPacket({ profile: 0x1000, payload: [1, 2, 3], ...parts }), headroom)!;
  packet.extensionIds = extensionIds;
  const mangler = new PacketMangler({ kind, extensionIds, packetIds });
  mangler.senderClockOffsetUs = offsetUs;
  return mangler.mangle(packet, 96, 0xcafe) ? packet : undefined;
}

describe('PacketMangler', () => {
  it('writes the extensions of video in the Router’s order and ids', () => {
    const packet = mangle({
      csrcs: [5],
      padding: 3,
      extensions: [
        client(HeaderExtension.packetId, uint(77, 4)),
        client(HeaderExtension.timeOffset, [4, 5, 6]),
        client(HeaderExtension.videoOrientation, [9]),
        client(HeaderExtension.dependencyDescriptor, [7, 8, 9, 10]),
        client(HeaderExtension.transportWideCc, [1, 1]),
        client(HeaderExtension.absSendTime, [1, 1, 1]),
        client(HeaderExtension.audioLevel, [1]),
        client(HeaderExtension.playoutDelay, [3, 2, 1]),
        client(HeaderExtension.absCaptureTime, hex('0102030405060708')),
        client(HeaderExtension.rid, [65]),
        client(HeaderExtension.repairedRid, [65]),
        client(HeaderExtension.mid, [65, 66]),
      ],
    })!;
    expect(packetBytes(packet)).toEqual([
      ...buildPacket({
        payloadType: 96,
        ssrc: 0xcafe,
        csrcs: [5],
        extensions: [
          [1, zeros(8)],
          [10, [...hex('0102030405060708'), ...zeros(8)]],
          [11, [3, 2, 1]],
          [4, [0, 0, 0]],
          [5, [0, 0]],
          [7, [7, 8, 9, 10]],
          [8, [9]],
          [9, [4, 5, 6]],
          [12, uint(77, 4)],
        ],
        profile: 0xbede,
        payload: [1, 2, 3],
        padding: 3,
      }),
    ]);
    expect(packet.readPlayoutDelay()).toBe(0x030201);
  });

  it('gives audio neither abs-send-time nor a transport-wide sequence number', () => {
    const extensions = [
      client(HeaderExtension.audioLevel, [0x85]),
      client(HeaderExtension.transportWideCc, [1, 1]),
      client(HeaderExtension.videoOrientation, [1]),
    ];
    const packet = mangle({ extensions }, { kind: 'audio' })!;
    expect([1, 6].map(id => extensionBytes(packet, id))).toEqual([zeros(8), [0x85]]);
    expect([4, 5, 8].map(id => extensionBytes(packet, id))).toEqual([undefined, undefined, undefined]);
  });

  it('reads by the ids of its Producer, and takes the one-byte form back', () => {
    const packet = mangle({ profile: 0xbede, extensions: [[8, [3]]] })!;
    expect(extensionBytes(packet, 8)).toBeUndefined();
    const first = packetBytes(packet).slice(12, 14);
    expect(first).toEqual([0xbe, 0xde]);
  });

  it('takes the two-byte form for what is long or empty', () => {
    for (const value of [zeros(17), []]) {
      const packet = mangle({ extensions: [client(HeaderExtension.dependencyDescriptor, value)] })!;
      expect(packetBytes(packet).slice(12, 14)).toEqual([0x10, 0x00]);
      expect(extensionBytes(packet, 7)).toEqual(value);
    }
  });

  it('counts packet ids up where there are none, if wanted', () => {
    const packetIds = new PacketIdCounter(0xfffffffe);
    const read = (extensions?: [number, number[]][]) => mangle({ extensions }, { packetIds })!.readPacketId();
    expect(read()).toBe(0x7fffffff);
    expect(read([client(HeaderExtension.packetId, uint(5, 4))])).toBe(5);
    expect(read()).toBe(0x80000000);
    expect(mangle({})!.readPacketId()).toBe(-1);
  });

  describe('abs-capture-time', () => {
    const capture = (value: string, offsetUs: number): string | undefined => {
      const packet = mangle({ extensions: [client(HeaderExtension.absCaptureTime, hex(value))] }, { offsetUs })!;
      const bytes = extensionBytes(packet, 10);
      return (
        bytes &&
        Buffer.from(bytes)
          .toString('hex')
          .replace(/(.{16})(.{8})(.{8})/, '$1 $2 $3')
      );
    };

    it.each<[string, string, number, string]>([
      ['no offset known', 'e0000000 80000000', 0, 'e000000080000000 00000000 00000000'],
      ['we are ahead by 1.5 s', 'e0000000 80000000', 1_500_000, 'e000000080000000 fffffffe 80000000'],
      ['we are behind by 1.5 s', 'e0000000 80000000', -1_500_000, 'e000000080000000 00000001 80000000'],
      ['with an offset of 2.25 s, ahead by 1.5 s', '0000000000000001 0000000240000000', 1_500_000, '0000000000000001 00000000 c0000000'],
      ['with an offset of -0.25 s, ahead by 0.5 s', '0000000000000001 ffffffffc0000000', 500_000, '0000000000000001 ffffffff 40000000'],
      ['one microsecond', '0000000000000001', 1, '0000000000000001 ffffffff ffffef39'],
      ['one microsecond behind', '0000000000000001', -1, '0000000000000001 00000000 000010c7'],
      ['wrapping', '0000000000000001 7fffffff00000000', -1_000_000, '0000000000000001 80000000 00000000'],
    ])('%s', (_, value, offsetUs, expected) => {
      expect(capture(value, offsetUs)).toBe(expected);
    }); // prettier-ignore

    it('is left out if the offset cannot be written, or its length is wrong', () => {
      expect(capture('0000000000000001', 2 ** 31 * 1e6)).toBeUndefined();
      expect(capture('0000000000000001', -(2 ** 31) * 1e6)).toBeUndefined();
      expect(capture('0000000000000001', 2 ** 31 * 1e6 - 1)).toBeDefined();
      expect(capture('000000000000000100', 0)).toBeUndefined();
    });
  });

  it('fits into the headroom whatever the client sends, if each extension has an id of its own', () => {
    const shortest: [number, number[]][] = [
      client(HeaderExtension.absCaptureTime, zeros(8)),
      client(HeaderExtension.playoutDelay, zeros(3)),
      client(HeaderExtension.dependencyDescriptor, zeros(255)),
      client(HeaderExtension.videoOrientation, zeros(1)),
      client(HeaderExtension.timeOffset, zeros(3)),
    ];
    const packetIds = new PacketIdCounter(0);
    for (let subset = 0; subset < 2 ** shortest.length; subset++) {
      const extensions = shortest.filter((_, index) => (subset >> index) & 1);
      expect(mangle({ extensions }, { packetIds }), `${subset}`).toBeDefined();
    }
  });

  it('refuses a header that does not fit, and touches nothing around it', () => {
    // One long element that several extensions claim.
    const ids = createHeaderExtensionIds().map((_, extension) => (extension > 3 && extension !== 6 ? 5 : 0));
    const bytes = buildPacket({ profile: 0x1000, extensions: [[5, zeros(100)]], payload: [1, 2, 3] });
    const packet = parse(bytes, 64)!;
    packet.bytes.fill(0xee, 0, 64);
    expect(new PacketMangler({ kind: 'video', extensionIds: ids }).mangle(packet, 1, 2)).toBe(false);
    expect(packet.bytes.slice(0, 64).every(byte => byte === 0xee)).toBe(true);
    expect(packet.offset).toBe(64);
    expect(payloadBytes(packet)).toEqual([1, 2, 3]);
  });
});
