import { describe, expect, it } from 'vitest';
import { scoreOf } from '../../../src/rtp/rtp-stream.js';

describe('the score of an interval', () => {
  it.each([
    [10, 0, 0, 0, 10],
    [10, 2, 0, 0, 4],
    [10, 10, 0, 0, 0],
    // A weight of 1 / 1.3^4 = 0.35: trunc(3 - 1.05) = 1 is lost.
    [10, 3, 3, 3, 7],
    // Of four retransmissions one was of use, so only a quarter of that.
    [10, 3, 3, 12, 4],
    // There cannot be more repairs than retransmissions.
    [10, 3, 3, 1, 7],
  ])('of %i packets, %i lost, %i repaired by %i retransmissions is %i', (packets, lost, repaired, resent, score) => {
    expect(scoreOf(packets, lost, repaired, resent)).toBe(score);
  });
});
