import { describe, expect, it } from 'vitest';
import {
  absSendTime,
  compactNtp,
  NTP_UNIX_OFFSET_SECONDS,
  ntpFraction,
  ntpSeconds,
  ntpToUs,
  q32ToUs,
  usToQ32,
} from '../../../src/rtp/time.js';

describe('NTP timestamps', () => {
  it('go from and to microseconds', () => {
    // 2024-01-01T00:00:00.25Z
    const us = (NTP_UNIX_OFFSET_SECONDS + 1704067200) * 1e6 + 250_000;
    expect([ntpSeconds(us), ntpFraction(us)]).toEqual([3913056000, 0x40000000]);
    expect(ntpToUs(3913056000, 0x40000000)).toBe(us);
    for (const fraction of [0, 1, 499_999, 999_999]) {
      const exact = us + fraction;
      expect(ntpToUs(ntpSeconds(exact), ntpFraction(exact))).toBe(exact);
    }
  });

  it('have 32 bits in the middle', () => {
    expect(compactNtp(0xb44db705, 0x20000000)).toBe(0xb7052000);
    expect(compactNtp(0xffffffff, 0xffffffff)).toBe(0xffffffff);
  });
});

describe('abs-send-time', () => {
  it.each([
    [0, 0],
    [1_000_000, 1 << 18],
    [500_000, 1 << 17],
    [63_999_999, 0],
    [64_000_000, 0],
    [65_000_000, 1 << 18],
    [-1_000_000, 63 << 18],
    [4, 1],
    [1, 0],
  ])('of %i µs is %i', (us, expected) => {
    expect(absSendTime(us / 1000)).toBe(expected);
  });
});

describe('Q32.32', () => {
  it('goes from microseconds', () => {
    expect(usToQ32(0)).toBe(0);
    expect(usToQ32(1_500_000)).toBe(1.5 * 2 ** 32);
    expect(usToQ32(-1)).toBe(-4295);
    expect(usToQ32(2 ** 31 * 1e6)).toBeNaN();
    expect(usToQ32(-(2 ** 31) * 1e6)).toBeNaN();
    expect(usToQ32(2 ** 31 * 1e6 - 1)).toBeLessThan(2 ** 63);
  });

  it('goes to microseconds', () => {
    expect(q32ToUs(1, 0x80000000)).toBe(1_500_000);
    expect(q32ToUs(-1, 0x80000000)).toBe(-500_000);
    expect(q32ToUs(-(2 ** 31), 0)).toBe(-(2 ** 31) * 1e6);
  });
});
