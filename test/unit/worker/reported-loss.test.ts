import { describe, expect, it } from 'vitest';
import { ReportedLoss } from '../../../src/worker/reported-loss.js';

describe('ReportedLoss', () => {
  it('is that of all streams together since the last time', () => {
    const loss = new ReportedLoss();
    loss.add(1, 1000, 50);
    loss.add(2, 0xffffff00, 0);
    // Of what was before the first report nothing is known.
    expect(loss.take()).toBeNaN();
    loss.add(1, 1090, 59);
    loss.add(2, 0xffffff0a, 1);
    expect(loss.take()).toBe(0.1);
    expect(loss.take()).toBeNaN();
    loss.add(2, 0x0000000a, 1);
    expect(loss.take()).toBe(0);
  });

  it.each([
    ['late packets make up for lost ones', 110, 3, 0],
    ['more is lost than was expected', 110, 25, 1],
    ['the receiver begins anew', 5, 0, NaN],
  ])('when %s', (_, highestSeq, totalLost, expected) => {
    const loss = new ReportedLoss();
    loss.add(1, 100, 5);
    loss.add(1, highestSeq, totalLost);
    expect(loss.take()).toBe(expected);
  });

  it('knows nothing of a stream that is gone', () => {
    const loss = new ReportedLoss();
    loss.add(1, 100, 5);
    loss.remove(1);
    loss.add(1, 200, 50);
    expect(loss.take()).toBeNaN();
  });
});
