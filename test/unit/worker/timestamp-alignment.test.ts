import { describe, expect, it } from 'vitest';
import { type CaptureMapping, TimestampAlignment } from '../../../src/worker/timestamp-alignment.js';

const CLOCK_RATE = 90_000;
const UNKNOWN: CaptureMapping = { captureMappingAt: NaN, captureMappingTimestamp: 0 };
/** @param at ms */
const captured = (at: number, timestamp: number): CaptureMapping => ({
  captureMappingAt: at * 1000,
  captureMappingTimestamp: timestamp,
});

describe('TimestampAlignment', () => {
  it('tells how far a stream is ahead of the reference, whenever their frames were captured', () => {
    const timestamps = new TimestampAlignment([captured(1000, 5000), captured(1010, 7900), captured(980, 200)]);
    timestamps.offerReference(0);
    expect(timestamps.offsetOf(0, CLOCK_RATE)).toBe(0);
    expect(timestamps.offsetOf(1, CLOCK_RATE)).toBe(2000);
    expect(timestamps.offsetOf(2, CLOCK_RATE)).toBe(2 ** 32 - 3000);
  });

  it('keeps a reference that others can be compared with, else takes another one', () => {
    const streams = [UNKNOWN, captured(1000, 500), captured(1000, 800)];
    const timestamps = new TimestampAlignment(streams);
    timestamps.offerReference(0);
    timestamps.offerReference(1);
    timestamps.offerReference(2);
    expect(timestamps.offsetOf(2, CLOCK_RATE)).toBe(300);
    streams[1] = UNKNOWN;
    // The one that is sent next, since nothing is known of the present one.
    expect(timestamps.offsetOf(2, CLOCK_RATE)).toBe(0);
    streams[1] = captured(1000, 500);
    expect(timestamps.offsetOf(1, CLOCK_RATE)).toBe(2 ** 32 - 300);
  });

  it('switches to streams that are known, to the reference, and to any at first', () => {
    const timestamps = new TimestampAlignment([captured(0, 0), UNKNOWN, undefined, captured(0, 0)]);
    expect([0, 1, 2, 3].map(layer => timestamps.canSwitchTo(layer))).toEqual([true, true, true, true]);
    timestamps.offerReference(0);
    expect([0, 1, 2, 3].map(layer => timestamps.canSwitchTo(layer))).toEqual([true, false, false, true]);
    expect(timestamps.offsetOf(1, CLOCK_RATE)).toBeNaN();
  });

  it('notices when another stream becomes known', () => {
    const streams = [UNKNOWN, UNKNOWN];
    const timestamps = new TimestampAlignment(streams);
    timestamps.offerReference(1);
    expect(timestamps.hasMappedReference).toBe(false);
    streams[1] = captured(5, 5);
    expect(timestamps.hasMappedReference).toBe(true);
    expect([timestamps.mappedLayersChanged(), timestamps.mappedLayersChanged()]).toEqual([true, false]);
    streams[0] = captured(5, 5);
    expect([timestamps.mappedLayersChanged(), timestamps.mappedLayersChanged()]).toEqual([true, false]);
  });
});
