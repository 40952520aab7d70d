import { describe, expect, it } from 'vitest';
import { DominantSpeakerDetector } from '../../../src/worker/dominant-speaker.js';

/** Lets everybody speak at a level, a packet each 20 ms, evaluates each 300 ms, and says who became dominant when. */
function run(detector: DominantSpeakerDetector, from: number, to: number, levels: Record<string, number>): string[] {
  const changes: string[] = [];
  for (let now = from; now < to; now += 20) {
    for (const [id, level] of Object.entries(levels)) detector.levelChanged(id, level, now);
    if (now % 300 !== 0) continue;
    const id = detector.update(now);
    if (id !== undefined) changes.push(id);
  }
  return changes;
}

describe('DominantSpeakerDetector', () => {
  it('has nobody to offer without speakers', () => {
    expect(new DominantSpeakerDetector().update(1000)).toBeUndefined();
  });

  it('takes a lone speaker, silent or paused as it may be, once', () => {
    const detector = new DominantSpeakerDetector();
    detector.add('a', true, 0);
    expect(detector.update(300)).toBe('a');
    expect(detector.update(600)).toBeUndefined();
  });

  it('begins with the first one, and goes over to who speaks for a while', () => {
    const detector = new DominantSpeakerDetector();
    for (const id of ['a', 'b', 'c']) detector.add(id, false, 0);
    // 5 is the noise that speech stands out of.
    expect(run(detector, 0, 3000, { a: 5, b: 5, c: 5 })).toEqual(['a']);
    expect(run(detector, 3000, 9000, { a: 5, b: 100, c: 5 })).toEqual(['b']);
    expect(run(detector, 9000, 15000, { a: 5, b: 5, c: 100 })).toEqual(['c']);
  });

  it('is not impressed by a cough', () => {
    const detector = new DominantSpeakerDetector();
    for (const id of ['a', 'b']) detector.add(id, false, 0);
    run(detector, 0, 3000, { a: 5, b: 5 });
    run(detector, 3000, 3100, { a: 5, b: 120 });
    expect(run(detector, 3120, 6000, { a: 5, b: 5 })).toEqual([]);
  });

  it('lets no paused speaker win, but keeps a dominant one that pauses', () => {
    const detector = new DominantSpeakerDetector();
    for (const id of ['a', 'b']) detector.add(id, false, 0);
    run(detector, 0, 3000, { a: 5, b: 5 });
    detector.setPaused('b', true);
    expect(run(detector, 3000, 9000, { a: 5, b: 100 })).toEqual([]);
    detector.setPaused('b', false);
    expect(run(detector, 9000, 15000, { a: 5, b: 100 })).toEqual(['b']);
    detector.setPaused('b', true);
    expect(run(detector, 15000, 15600, { a: 5, b: 5 })).toEqual([]);
  });

  it('finds another one when the dominant one leaves', () => {
    const detector = new DominantSpeakerDetector();
    for (const id of ['a', 'b']) detector.add(id, false, 0);
    run(detector, 0, 300, { a: 5, b: 5 });
    expect(detector.remove('b')).toBe(false);
    detector.add('b', false, 300);
    expect(detector.remove('a')).toBe(true);
    expect(detector.update(600)).toBe('b');
    expect(detector.remove('b')).toBe(true);
    expect(detector.update(900)).toBeUndefined();
  });
});
