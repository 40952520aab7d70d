import { describe, expect, it } from 'vitest';
import { SentPacketHistory } from '../../../src/bwe/sent-packet-history.js';

const fill = (history: SentPacketHistory, first: number, count: number, now = 0): void => {
  for (let i = 0; i < count; i++) history.add((first + i) & 0xffff, 100, 0, now);
};

describe('SentPacketHistory', () => {
  it('knows what was sent', () => {
    const history = new SentPacketHistory();
    history.add(7, 1200, 0, 10);
    history.add(8, 300, 5, 20.5);
    const seq = history.find(8);
    expect(history.sentAt(seq)).toBe(20.5);
    expect(history.size(seq)).toBe(300);
    expect(history.clusterId(seq)).toBe(5);
    expect(history.find(7)).toBe(seq - 1);
  });

  it('does not know what was never sent, or was removed', () => {
    const history = new SentPacketHistory();
    expect(history.find(0)).toBe(-1);
    fill(history, 10, 5);
    for (const never of [9, 15, 0, 65535, 32782]) expect(history.find(never)).toBe(-1);
    history.remove(history.find(12));
    expect(history.find(12)).toBe(-1);
    expect(history.find(11)).toBeGreaterThan(0);
  });

  it('goes on over the end of the numbers', () => {
    const history = new SentPacketHistory();
    fill(history, 65534, 4);
    expect(history.find(1) - history.find(65534)).toBe(3);
  });

  it('takes a number again for the last packet sent with it', () => {
    const history = new SentPacketHistory();
    fill(history, 0, 65536, 0);
    history.add(0, 555, 0, 1);
    expect(history.size(history.find(0))).toBe(555);
  });

  it('leaves out numbers that were skipped, and ignores ones from before', () => {
    const history = new SentPacketHistory();
    fill(history, 100, 2);
    history.add(105, 100, 0, 0);
    expect([100, 101, 102, 104, 105].map(seq => history.find(seq) >= 0)).toEqual([true, true, false, false, true]);
    history.add(103, 100, 0, 0);
    expect(history.find(103)).toBe(-1);
    history.add(20_000, 100, 0, 0);
    expect([100, 105, 20_000].map(seq => history.find(seq) >= 0)).toEqual([false, false, true]);
    expect(history.inFlight).toBe(100);
  });

  it('forgets packets after 10 s', () => {
    const history = new SentPacketHistory();
    fill(history, 0, 3, 0);
    history.add(3, 100, 0, 10_000);
    expect(history.find(0)).toBeGreaterThan(0);
    history.add(4, 100, 0, 10_001);
    expect(history.find(2)).toBe(-1);
    expect(history.find(3)).toBeGreaterThan(0);
    expect(history.inFlight).toBe(200);
  });

  it('grows as needed, but has a limit', () => {
    const history = new SentPacketHistory();
    fill(history, 0, 200);
    expect(history.capacity).toBe(256);
    fill(history, 200, 800);
    expect(history.capacity).toBe(1024);
    expect(history.find(0)).toBeGreaterThan(0);
    fill(history, 1000, 200_000);
    expect(history.capacity).toBe(32_768);
    expect(history.find((201_000 - 32_768) & 0xffff)).toBeGreaterThan(0);
    expect(history.find((201_000 - 32_769) & 0xffff)).toBe(-1);
    expect(history.inFlight).toBe(32_768 * 100);
  });

  it('stays small while packets are acknowledged', () => {
    const history = new SentPacketHistory();
    for (let seq = 0; seq < 100_000; seq++) {
      history.add(seq & 0xffff, 100, 0, 0);
      if (seq >= 100) history.remove(history.find((seq - 100) & 0xffff));
    }
    expect(history.capacity).toBe(256);
    expect(history.inFlight).toBe(100 * 100);
  });

  it('counts as in flight what was sent after the last packet that was heard of', () => {
    const history = new SentPacketHistory();
    fill(history, 0, 10);
    expect(history.inFlight).toBe(1000);
    history.remove(history.find(3));
    expect(history.inFlight).toBe(600);
    history.remove(history.find(1));
    expect(history.inFlight).toBe(600);
  });

  it('remembers what was reported lost', () => {
    const history = new SentPacketHistory();
    fill(history, 0, 2);
    history.markLost(history.find(0));
    expect(history.isReportedLost(history.find(0))).toBe(true);
    expect(history.isReportedLost(history.find(1))).toBe(false);
  });
});
