import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_REWRITE } from '../../../src/rtp/codecs/encoding-context.js';
import { EGRESS_PREFIX_MAX_LENGTH, EgressHeader } from '../../../src/rtp/egress-header.js';
import { type RtpPacket } from '../../../src/rtp/rtp-packet.js';
import { buildPacket, hex, packetBytes, type PacketParts, parse, payloadBytes, uint } from './support.js';

const extensions: [number, number[]][] = [
  [1, [97, 98, 99]],
  [4, [0, 0, 0]],
  [5, [0, 0]],
  [7, [1, 2, 3]],
];

/** Header as written, and the whole packet. */
function written(packet: RtpPacket, write: (header: EgressHeader, bytes: Uint8Array, view: DataView, at: number) => void) {
  const header = new EgressHeader();
  const bytes = new Uint8Array(2000).fill(0xee);
  const at = 100;
  write(header, bytes, new DataView(bytes.buffer), at);
  expect(bytes.slice(0, at).every(byte => byte === 0xee)).toBe(true);
  expect(bytes.slice(at + header.length).every(byte => byte === 0xee)).toBe(true);
  expect(header.length).toBeLessThanOrEqual(packet.headerLength + EGRESS_PREFIX_MAX_LENGTH);
  const rest = packet.bytes.slice(header.restOffset, header.restOffset + header.restLength);
  return { header, at, bytes: [...bytes.slice(at, at + header.length), ...rest] };
} // prettier-ignore

describe('EgressHeader.write', () => {
  it('writes a Consumer’s header and leaves the rest where it is', () => {
    const parts: PacketParts = { csrcs: [1, 2], extensions, payload: [9, 8, 7], padding: 2 };
    const packet = parse(buildPacket({ ...parts, marker: true }))!;
    const before = packetBytes(packet);
    const { header, at, bytes } = written(packet, (one, to, view, offset) =>
      one.write(packet, to, view, offset, 0xfedcba98, 65535, 0xffffffff, false, NO_REWRITE),
    );
    const expected = { ...parts, ssrc: 0xfedcba98, sequenceNumber: 65535, timestamp: 0xffffffff, marker: false };
    expect(bytes).toEqual([...buildPacket(expected)]);
    expect(packetBytes(packet)).toEqual(before);
    expect(header).toMatchObject({ length: packet.headerLength, restOffset: packet.payloadOffset, restLength: 5 });
    // 12 + 8 bytes, 4 of the block's header, 4 of the MID.
    expect(header.absSendTimeOffset).toBe(at + 29);
    expect(header.transportWideCcOffset).toBe(at + 33);
  });

  it('says if there is nothing for the transport to write', () => {
    const packet = parse(buildPacket({ extensions: [[4, [1]], [5, [1]]], payload: [1] }))!; // prettier-ignore
    const { header } = written(packet, (one, to, view, offset) => one.write(packet, to, view, offset, 1, 2, 3, true, NO_REWRITE)); // prettier-ignore
    expect(header).toMatchObject({ absSendTimeOffset: 0, transportWideCcOffset: 0 });
  });

  it('rewrites the beginning of the payload', () => {
    const packet = parse(buildPacket({ extensions, payload: hex('90f0 8001 02 60 1122334455') }))!;
    const { header, bytes } = written(packet, (one, to, view, offset) => one.write(packet, to, view, offset, 1, 2, 3, true, (0x1234 << 8) | 0x56)); // prettier-ignore
    const expected = { extensions, ssrc: 1, sequenceNumber: 2, timestamp: 3, marker: true };
    expect(bytes).toEqual([...buildPacket({ ...expected, payload: hex('90f0 9234 56 60 1122334455') })]);
    expect(header.restLength).toBe(6);
    expect(payloadBytes(packet)).toEqual(hex('90f0 8001 02 60 1122334455'));
  });
});

describe('EgressHeader.writeRtx', () => {
  it('puts the original sequence number before the payload and leaves padding out', () => {
    const payload = hex('90f0 8001 02 60 11');
    const packet = parse(buildPacket({ extensions, payload, padding: 7 }))!;
    for (const rewrite of [NO_REWRITE, (5 << 8) | 6]) {
      const { header, at, bytes } = written(packet, (one, to, view, offset) =>
        one.writeRtx(packet, to, view, offset, 97, 11, 22, 0xabcd, 33, true, rewrite),
      );
      const own = rewrite === NO_REWRITE ? payload : hex('90f0 8005 06 60 11');
      const expected = { payloadType: 97, ssrc: 11, sequenceNumber: 22, timestamp: 33, marker: true, extensions };
      expect(bytes).toEqual([...buildPacket({ ...expected, payload: [...uint(0xabcd, 2), ...own] })]);
      expect(header.transportWideCcOffset).toBe(at + 25);
    }
  });

  it('is undone by decodeRtx', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 60 }),
        fc.nat(65535),
        fc.nat(0xffffffff),
        fc.boolean(),
        (payload, sequenceNumber, timestamp, marker) => {
          const packet = parse(buildPacket({ extensions, payload: [...payload], padding: 4 }))!;
          const { bytes } = written(packet, (one, to, view, offset) =>
            one.writeRtx(packet, to, view, offset, 97, 11, 22, sequenceNumber, timestamp, marker, NO_REWRITE),
          );
          const rtx = parse(bytes)!;
          expect(rtx.decodeRtx(96, 1)).toBe(true);
          expect(packetBytes(rtx)).toEqual([
            ...buildPacket({ payloadType: 96, ssrc: 1, sequenceNumber, timestamp, marker, extensions, payload: [...payload] }),
          ]);
        },
      ),
      { numRuns: 100 },
    ); // prettier-ignore
  });
});
