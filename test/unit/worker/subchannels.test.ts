import { describe, expect, it } from 'vitest';
import {
  acceptsMessage,
  decodeSubchannels,
  encodeSubchannels,
  type MessageSubchannels,
} from '../../../src/worker/subchannels.js';

const message = (subchannels: number[], required?: number, ignored?: number): MessageSubchannels => ({
  subchannels,
  required,
  ignored,
});

describe('acceptsMessage', () => {
  const cases: [string, number[], MessageSubchannels, boolean, boolean][] = [
    ['anybody, no subscription', [], message([]), false, true],
    ['one of several', [1, 2], message([2, 3]), false, true],
    ['none of several', [1], message([2, 3]), false, false],
    ['no subscription, but the message has subchannels', [], message([2]), false, false],
    ['required and subscribed', [4], message([], 4), false, true],
    ['required and not subscribed', [4], message([4], 5), false, false],
    ['ignored and subscribed', [1, 6], message([1], undefined, 6), false, false],
    ['ignored and not subscribed', [1], message([1], undefined, 6), false, true],
    ['a pipe without subscriptions takes everything', [], message([1], 2, 3), true, true],
    ['a pipe leaves ignored to those behind it', [1, 6], message([1], undefined, 6), true, true],
    ['a pipe with subscriptions chooses', [1], message([2]), true, false],
    ['a pipe with subscriptions needs the required one', [1], message([1], 2), true, false],
  ];
  it.each(cases)('%s', (_, subscribed, given, pipe, expected) => {
    expect(acceptsMessage(new Set(subscribed), given, pipe)).toBe(expected);
  });
});

describe('subchannels in front of a payload', () => {
  const payload = Uint8Array.of(7, 8, 9);

  it('are laid out big endian, flags in the token', () => {
    expect(Buffer.from(encodeSubchannels(payload, message([1, 0x0203], 4, 5))).toString('hex')).toBe(
      'a5f09cb3d6e1f28f' + '0002' + '00010203' + '0004' + '0005' + '070809',
    );
    expect(Buffer.from(encodeSubchannels(payload, message([], undefined, 5))).toString('hex')).toBe(
      'a5f09cb3d6e1f28d' + '0000' + '0005' + '070809',
    );
  });

  it('come out as they went in', () => {
    for (const given of [message([1, 2]), message([], 3), message([9], undefined, 4), message([65535, 0], 1, 2)]) {
      const decoded = decodeSubchannels(encodeSubchannels(payload, given));
      expect(decoded?.message).toEqual(given);
      expect([...decoded!.payload]).toEqual([...payload]);
    }
  });

  it('are left out where there are none, or too many', () => {
    expect(encodeSubchannels(payload, message([]))).toBe(payload);
    expect(encodeSubchannels(payload, message(new Array<number>(65536).fill(1)))).toBe(payload);
  });

  it('are no subchannels if they are cut off or the token is another one', () => {
    const bytes = encodeSubchannels(payload, message([1, 2], 3));
    for (let length = 0; length < bytes.length - payload.length; length++) {
      expect(decodeSubchannels(bytes.subarray(0, length))).toBeUndefined();
    }
    expect(decodeSubchannels(Uint8Array.of(1, ...bytes.subarray(1)))).toBeUndefined();
  });
});
