import { describe, expect, it } from 'vitest';
import { CaptureTimeEstimators } from '../../../src/worker/capture-time-estimators.js';

describe('CaptureTimeEstimators', () => {
  it('have one for each CNAME, until the last Producer with that name is gone', () => {
    const estimators = new CaptureTimeEstimators();
    const one = estimators.acquire('one', true);
    expect(estimators.acquire('two', true)).not.toBe(one);
    expect(estimators.acquire('one', true)).toBe(one);
    estimators.release('one');
    expect(estimators.acquire('one', true)).toBe(one);
    estimators.release('one');
    estimators.release('one');
    expect(estimators.acquire('one', true)).not.toBe(one);
  });
});
