import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildPacket, extensionBytes, listOf, packetBytes, parse, payloadBytes, text } from './support.js';

describe('the elements of a header extension block', () => {
  it.each<[string, number, number[], Record<number, number[]>]>([
    ['padding before, between and behind', 0xbede, [0, 0x10, 7, 0, 0, 0x21, 8, 9, 0, 0, 0, 0], { 1: [7], 2: [8, 9] }],
    ['id 0 with a length is one byte of padding', 0xbede, [0x02, 0x10, 7, 0], { 1: [7] }],
    ['id 15 ends the list', 0xbede, [0x10, 7, 0xf0, 0x20, 0x20, 8, 0, 0], { 1: [7], 2: undefined! }],
    ['later duplicate wins', 0xbede, [0x10, 7, 0x10, 8], { 1: [8] }],
    [
      'longest one-byte value',
      0xbede,
      [0xef, ...Array<number>(16).fill(5), 0, 0, 0],
      { 14: Array<number>(16).fill(5) },
    ],
    ['two-byte form', 0x1000, [1, 1, 7, 200, 2, 8, 9, 0], { 1: [7], 200: [8, 9] }],
    ['two-byte form with application bits', 0x100f, [1, 1, 7, 0], { 1: [7] }],
    ['two-byte form, empty value', 0x1000, [1, 0, 2, 1, 9, 0, 0, 0], { 1: [], 2: [9] }],
    ['two-byte form, lone byte at the end', 0x1000, [1, 1, 7, 9], { 1: [7], 9: undefined! }],
    ['two-byte form, later duplicate wins', 0x1000, [1, 1, 7, 1, 2, 8, 9, 0], { 1: [8, 9] }],
  ])('%s', (_, profile, rawExtensions, expected) => {
    const packet = parse(buildPacket({ profile, rawExtensions, payload: [1] }))!;
    for (const [id, value] of Object.entries(expected)) expect(extensionBytes(packet, Number(id))).toEqual(value);
    expect(payloadBytes(packet)).toEqual([1]);
  });
});

describe('a new header extension block', () => {
  it('replaces the block in front of the payload', () => {
    const packet = parse(buildPacket({ csrcs: [7], extensions: [[5, [1, 2]]], payload: [9, 8, 7], padding: 2 }), 40)!;
    const payloadOffset = packet.payloadOffset;
    expect(packet.setExtensions(listOf([1, text('abcdefgh')], [4, [1, 2, 3]]))).toBe(true);
    expect(packet.payloadOffset).toBe(payloadOffset);
    expect(packetBytes(packet)).toEqual([
      ...buildPacket({
        csrcs: [7],
        extensions: [
          [1, text('abcdefgh')],
          [4, [1, 2, 3]],
        ],
        payload: [9, 8, 7],
        padding: 2,
      }),
    ]);
    expect([1, 4, 5].map(id => extensionBytes(packet, id))).toEqual([text('abcdefgh'), [1, 2, 3], undefined]);
  });

  it.each<[string, [number, number[]][], number]>([
    ['id 14 and length 16', [[14, Array<number>(16).fill(1)]], 0xbede],
    ['id 15', [[15, [1]]], 0x1000],
    ['length 17', [[1, [1]], [2, Array<number>(17).fill(1)]], 0x1000],
    ['length 0', [[1, []], [2, [1]]], 0x1000],
    ['no elements', [], 0x1000],
  ])('chooses the form: %s', (_, elements, profile) => {
    const packet = parse(buildPacket({ payload: [1] }), 400)!;
    expect(packet.setExtensions(listOf(...elements))).toBe(true);
    expect(packetBytes(packet)).toEqual([...buildPacket({ profile, extensions: elements, payload: [1] })]);
  }); // prettier-ignore

  it('keeps the application bits of the two-byte form', () => {
    const packet = parse(buildPacket({ profile: 0x1005, extensions: [[1, [1]]] }), 100)!;
    packet.setExtensions(listOf([20, [1]]));
    expect(packetBytes(packet)).toEqual([...buildPacket({ profile: 0x1005, extensions: [[20, [1]]] })]);
  });

  it('changes nothing if there is no room in front', () => {
    const bytes = buildPacket({ extensions: [[1, [1, 2, 3]]], payload: [4] });
    const packet = parse(bytes, 3)!;
    expect(packet.setExtensions(listOf([1, [1, 2, 3]], [2, [1, 2, 3]]))).toBe(false);
    expect(packetBytes(packet)).toEqual([...bytes]);
    expect(extensionBytes(packet, 1)).toEqual([1, 2, 3]);
    expect(parse(bytes, 4)!.setExtensions(listOf([1, [1, 2, 3]], [2, [1, 2, 3]]))).toBe(true);
  });

  it('makes what parse reads', () => {
    const element = fc.tuple(fc.integer({ min: 1, max: 255 }), fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 40 }));
    fc.assert(
      fc.property(fc.uniqueArray(element, { selector: ([id]) => id, maxLength: 20 }), fc.integer({ min: 0, max: 15 }), (elements, csrcCount) => {
        const csrcs = Array.from({ length: csrcCount }, (_, i) => i);
        const packet = parse(buildPacket({ csrcs, payload: [1, 2, 3], padding: 9 }), 1024)!;
        expect(packet.setExtensions(listOf(...elements))).toBe(true);
        const again = parse(packetBytes(packet))!;
        for (const view of [packet, again]) {
          for (const [id, value] of elements) expect(extensionBytes(view, id)).toEqual(value);
          expect(payloadBytes(view)).toEqual([1, 2, 3]);
          expect(view).toMatchObject({ paddingLength: 9, ssrc: 0x12345678, headerLength: packet.headerLength });
        }
      }),
      { numRuns: 200 },
    );
  }); // prettier-ignore
});
