import { describe, expect, it } from 'vitest';
import {
  isSeqHigher,
  isSeqLower,
  isTimestampHigher,
  isTimestampLower,
  seqDiff,
  timestampDiff,
} from '../../../src/common/serial-number.js';

describe('serial number arithmetic', () => {
  it.each([
    [1, 0, true],
    [0, 1, false],
    [0, 65535, true],
    [65535, 0, false],
    [5, 5, false],
    [32767, 0, true],
    [0, 32768, true],
    [32768, 0, false],
  ])('16 bit: is %i higher than %i: %s', (a, b, higher) => {
    expect(isSeqHigher(a, b)).toBe(higher);
    expect(isSeqLower(b, a)).toBe(higher);
  });

  it.each([
    [1, 0, true],
    [0, 0xffffffff, true],
    [0xffffffff, 0, false],
    [7, 7, false],
    [0, 0x80000000, true],
    [0x80000000, 0, false],
  ])('32 bit: is %i higher than %i: %s', (a, b, higher) => {
    expect(isTimestampHigher(a, b)).toBe(higher);
    expect(isTimestampLower(b, a)).toBe(higher);
  });

  it('measures distances over the wrap', () => {
    expect(seqDiff(2, 65534)).toBe(4);
    expect(seqDiff(65534, 2)).toBe(-4);
    expect(timestampDiff(2, 0xfffffffe)).toBe(4);
    expect(timestampDiff(0xfffffffe, 2)).toBe(-4);
  });
});
