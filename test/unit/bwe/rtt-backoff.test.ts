import { describe, expect, it } from 'vitest';
import { RttBackoff } from '../../../src/bwe/rtt-backoff.js';

describe('RttBackoff', () => {
  it('lowers the bitrate while nothing is heard of what is sent', () => {
    const backoff = new RttBackoff();
    backoff.onPacketSent(0);
    backoff.onFeedback(100, 100);
    backoff.onPacketSent(3000);
    backoff.update(1000, 3000);
    expect(backoff.bitrate).toBe(Infinity);
    backoff.onPacketSent(3001);
    backoff.update(1000, 3001);
    expect(backoff.bitrate).toBe(800);
    backoff.update(800, 4000);
    expect(backoff.bitrate).toBe(800);
    backoff.update(800, 4001);
    expect(backoff.bitrate).toBe(640);
  });

  it('lowers it while the round trip takes that long', () => {
    const backoff = new RttBackoff();
    backoff.onPacketSent(0);
    backoff.onFeedback(3100, 3100);
    backoff.update(1000, 3100);
    expect(backoff.bitrate).toBe(800);
  });

  it('lets go when something is heard', () => {
    const backoff = new RttBackoff();
    backoff.onPacketSent(0);
    backoff.onFeedback(100, 100);
    backoff.onPacketSent(5000);
    backoff.update(1000, 5000);
    expect(backoff.bitrate).toBe(800);
    backoff.onFeedback(100, 5100);
    backoff.update(800, 5100);
    expect(backoff.bitrate).toBe(Infinity);
  });

  it('does nothing if nothing was ever heard: it may be a receiver that tells nothing', () => {
    const backoff = new RttBackoff();
    backoff.onPacketSent(0);
    backoff.onPacketSent(10_000);
    backoff.update(1000, 10_000);
    expect(backoff.bitrate).toBe(Infinity);
  });

  it('does nothing while nothing is sent', () => {
    const backoff = new RttBackoff();
    backoff.update(1000, 10_000);
    backoff.onPacketSent(10_000);
    backoff.onFeedback(50, 10_050);
    backoff.update(1000, 60_000);
    expect(backoff.bitrate).toBe(Infinity);
  });
});
