import { describe, expect, it } from 'vitest';
import { BitrateLimits } from '../../../src/worker/bitrate-limits.js';

const TOO_MUCH = 9223372036854775807n;

describe('BitrateLimits', () => {
  it('are none at first, and again with 0', () => {
    const limits = new BitrateLimits();
    limits.setMaxIncoming(100n);
    limits.setMaxOutgoing(60000n);
    limits.setMinOutgoing(30000n);
    expect([limits.maxIncoming, limits.maxOutgoing, limits.minOutgoing]).toEqual([100n, 60000n, 30000n]);
    limits.setMaxIncoming(0n);
    limits.setMaxOutgoing(0n);
    limits.setMinOutgoing(0n);
    expect([limits.maxIncoming, limits.maxOutgoing, limits.minOutgoing]).toEqual([0n, 0n, 0n]);
  });

  it('have an upper and a lower bound', () => {
    const limits = new BitrateLimits();
    const tooMuch = new TypeError('bitrate must be <= 9223372036854775806 or 0 (unlimited)');
    const tooLittle = new TypeError('bitrate must be >= 30000 or 0 (unlimited)');
    expect(() => limits.setMaxIncoming(TOO_MUCH)).toThrow(tooMuch);
    expect(() => limits.setMaxOutgoing(TOO_MUCH)).toThrow(tooMuch);
    expect(() => limits.setMinOutgoing(TOO_MUCH)).toThrow(tooMuch);
    expect(() => limits.setMaxOutgoing(29999n)).toThrow(tooLittle);
    expect(() => limits.setMinOutgoing(29999n)).toThrow(tooLittle);
  });

  it('do not contradict each other', () => {
    const limits = new BitrateLimits();
    limits.setMinOutgoing(50000n);
    expect(() => limits.setMaxOutgoing(40000n)).toThrow(
      new TypeError('bitrate must be >= current min outgoing bitrate (50000) or 0 (unlimited)'),
    );
    limits.setMaxOutgoing(60000n);
    expect(() => limits.setMinOutgoing(70000n)).toThrow(
      new TypeError('bitrate must be <= current max outgoing bitrate (60000) or 0 (unlimited)'),
    );
  });
});
