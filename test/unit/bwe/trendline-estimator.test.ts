import { describe, expect, it } from 'vitest';
import { TrendlineEstimator } from '../../../src/bwe/trendline-estimator.js';

const slopeAfter = (groups: number, receiveDelta: number): number => {
  const trendline = new TrendlineEstimator();
  for (let i = 1; i <= groups; i++) trendline.update(receiveDelta, 10, i * receiveDelta);
  return trendline.slope;
};

describe('TrendlineEstimator', () => {
  it('needs 20 groups', () => {
    expect(slopeAfter(19, 11)).toBe(0);
    expect(slopeAfter(20, 11)).toBeGreaterThan(0);
  });

  it('sees no growth in a steady delay', () => {
    expect(slopeAfter(100, 10)).toBe(0);
  });

  it('approaches the growth of the delay per time', () => {
    // A link that takes 11 ms for what is sent in 10 ms: its delay grows by 1 ms in 11.
    expect(slopeAfter(200, 11)).toBeCloseTo(1 / 11, 6);
    expect(slopeAfter(200, 9)).toBeCloseTo(-1 / 9, 6);
  });

  it('forgets a single spike', () => {
    const trendline = new TrendlineEstimator();
    for (let i = 1; i <= 100; i++) {
      const spike = i === 30 ? 50 : i === 31 ? -50 : 0;
      trendline.update(10 + spike, 10, i * 10);
    }
    expect(trendline.slope).toBeCloseTo(0, 3);
  });

  it('keeps the last slope when all groups arrive at once', () => {
    const trendline = new TrendlineEstimator();
    for (let i = 0; i < 40; i++) trendline.update(0, 10, 5);
    expect(trendline.slope).toBe(0);
  });

  it('counts groups, up to 1000', () => {
    const trendline = new TrendlineEstimator();
    for (let i = 1; i <= 1100; i++) {
      trendline.update(10, 10, i * 10);
      if (i === 30) expect(trendline.deltaCount).toBe(30);
    }
    expect(trendline.deltaCount).toBe(1000);
  });
});
