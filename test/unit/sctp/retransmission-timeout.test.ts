import { describe, expect, it } from 'vitest';
import { RetransmissionTimeout } from '../../../src/sctp/retransmission-timeout.js';

const options = { initialRto: 200, minRto: 120, maxRto: 800, maxRtt: 8000, minRttVariance: 220 };

/** The RTO after each of these round trip times. */
const rtos = (rtts: number[], changed: Partial<typeof options> = {}): number[] => {
  const timeout = new RetransmissionTimeout({ ...options, ...changed });
  return rtts.map(rtt => {
    timeout.observe(rtt);
    return Math.round(timeout.rto * 1000) / 1000;
  });
};
const repeated = (rtts: number[]): number[] => Array.from({ length: 1000 }, () => rtts).flat();

describe('the retransmission timeout (RFC 9260 §6.3.1)', () => {
  it('begins with its initial value', () => {
    const timeout = new RetransmissionTimeout(options);
    expect([timeout.rto, timeout.srtt, timeout.isMeasured]).toEqual([200, 200, false]);
  });

  it('ignores round trip times that cannot be', () => {
    expect(rtos([8100, 124, 8100, 0, -0.001, NaN])).toEqual([200, 372, 372, 372, 372, 372]);
  });

  it('is exact below a millisecond', () => {
    const timeout = new RetransmissionTimeout(options);
    timeout.observe(0.5);
    expect([timeout.srtt, timeout.rto]).toEqual([0.5, 120]);
  });

  it('keeps to its limits', () => {
    expect(Math.max(...rtos(repeated([1])).slice(1))).toBeLessThanOrEqual(120);
    expect(rtos(repeated([7999, 7900])).at(-1)).toBe(800);
  });

  it.each([
    ['stable', [124, 128, 123, 125, 127], [372, 314.5, 268.313, 234.398, 234.724]],
    ['unstable', [124, 402, 728, 89, 126], [372, 622.75, 800, 800, 800]],
  ])('follows a path with %s round trip times', (_, rtts, expected) => {
    rtos(rtts).forEach((rto, i) => expect(rto).toBeCloseTo(expected[i], 2));
  });

  it('becomes small again after a time of trouble', () => {
    const all = rtos([124, 402, 728, 89, 126, 124, 122, 123, 124, 122, 124, 124, 124, 124]);
    const expected = [800, 709.247, 630.287, 561.742, 504.83, 453.768, 409.954, 372.264, 339.772];
    all.slice(5).forEach((rto, i) => expect(rto).toBeCloseTo(expected[i], 2));
  });

  it.each([
    [220, 234],
    [120, 184],
    [320, 284],
  ])('stays above a constant round trip time with a least variance of %i', (minRttVariance, expected) => {
    expect(rtos(repeated([124]), { minRttVariance }).at(-1)).toBeCloseTo(expected, 2);
  });
});
