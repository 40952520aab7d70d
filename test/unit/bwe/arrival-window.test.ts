import { describe, expect, it } from 'vitest';
import { ArrivalWindow } from '../../../src/bwe/arrival-window.js';

describe('ArrivalWindow', () => {
  const held = (window: ArrivalWindow): [number, number][] => {
    const packets: [number, number][] = [];
    for (let seq = window.first; seq < window.end; seq++) {
      if (!Number.isNaN(window.get(seq))) packets.push([seq, window.get(seq)]);
    }
    return packets;
  };

  it('holds packets in any order, below 0 and beyond 65535', () => {
    const window = new ArrivalWindow();
    expect(held(window)).toEqual([]);
    for (const seq of [10, 12, 8, -3, 400]) window.set(seq, seq * 2);
    expect(held(window)).toEqual([-3, 8, 10, 12, 400].map(seq => [seq, seq * 2]));
    expect(window.get(9)).toBeNaN();
    expect(window.get(-4)).toBeNaN();
    expect(window.get(401)).toBeNaN();
  });

  it('removes from the lowest on', () => {
    const window = new ArrivalWindow();
    for (const seq of [1, 5, 6]) window.set(seq, seq);
    window.removeFirst();
    expect([window.first, window.end]).toEqual([5, 7]);
    window.removeFirst();
    window.removeFirst();
    expect(window.first).toBe(window.end);
    window.set(2, 9);
    expect(held(window)).toEqual([[2, 9]]);
  });

  it('grows, and keeps to 65536 numbers', () => {
    const window = new ArrivalWindow();
    for (let seq = 0; seq < 65536; seq += 5) window.set(seq, seq);
    expect(held(window).length).toBe(13108);
    window.set(65535, 1);
    expect(window.first).toBe(0);
    window.set(65536, 2);
    expect(held(window)).toEqual([[65536, 2]]);
    window.set(0, 3);
    expect(held(window)).toEqual([[0, 3]]);
  });

  it('agrees with a map', () => {
    const window = new ArrivalWindow();
    const map = new Map<number, number>();
    let state = 1;
    for (let i = 0; i < 20_000; i++) {
      state = (state * 48271) % 0x7fffffff;
      const seq = i + (state % 900) - 450;
      window.set(seq, i);
      map.set(seq, i);
      while (map.size > 500) {
        const lowest = Math.min(...map.keys());
        expect(window.first).toBe(lowest);
        map.delete(lowest);
        window.removeFirst();
      }
    }
    expect(held(window)).toEqual([...map].sort(([a], [b]) => a - b));
  });
});
