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

  it.each([
    [3_600_000, ['b']],
    [3_600_001, []],
  ])('takes who was silent for %i ms, which is up to an hour, for one who may speak: %j', (silence, expected) => {
    const detector = new DominantSpeakerDetector();
    for (const id of ['a', 'b']) detector.add(id, false, 0);
    run(detector, 0, 3000, { a: 5, b: 5 });
    detector.update(2980 + silence);
    expect(run(detector, 3_610_000, 3_620_000, { a: 5, b: 100 })).toEqual(expected);
  });

  it('does what the plainest implementation does', () => {
    let state = 7;
    const random = (n: number): number => ((state = Math.imul(state, 1664525) + 1013904223) >>> 16) % n;
    const ids = ['a', 'b', 'c', 'd'];
    const detector = new DominantSpeakerDetector();
    const model = new PlainDetector();
    for (const id of ids) {
      detector.add(id, false, 0);
      model.speakers.set(id, new PlainSpeaker(0));
    }
    let speaker = 'a';
    let loudness = 100;
    let noise = 0;
    let changes = 0;
    for (let now = 0, step = 0; step < 100_000; step++) {
      now += 5 + random(20);
      // Nobody says anything for a bit less than an hour, or for a bit more.
      if (step % 10_000 === 9_999) now += step % 20_000 === 9_999 ? 3_500_000 : 3_700_000;
      // The noise that speech stands out of, or does not.
      if (step % 3000 === 0) noise = random(70);
      // For some seconds one speaks, then another one or nobody.
      if (random(250) === 0) {
        [speaker, loudness] = [ids[random(4)], random(5) === 0 ? 0 : 20 + random(110)];
        if (random(5) === 0) {
          const paused = random(10) === 0;
          detector.setPaused(speaker, paused);
          model.speakers.get(speaker)!.paused = paused;
        }
      }
      const id = ids[random(4)];
      const level = Math.min(127, noise + random(12) + (id === speaker && random(8) > 0 ? loudness : 0));
      if (random(40) > 0) {
        detector.levelChanged(id, level, now);
        model.speakers.get(id)!.levelChanged(level, now);
      }
      if (random(15) > 0) continue;
      const dominant = detector.update(now);
      expect(dominant, `at ${now}`).toBe(model.update(now));
      if (dominant !== undefined) changes++;
    }
    expect(changes).toBeGreaterThan(50);
  });
});

/** The rules, with nothing done about speed. All lists have the latest first. */
class PlainDetector {
  readonly speakers = new Map<string, PlainSpeaker>();
  dominant: string | undefined;
  idleCheckedAt: number | undefined;

  update(now: number): string | undefined {
    if (this.idleCheckedAt === undefined || now - this.idleCheckedAt >= 40) {
      for (const [id, speaker] of this.idleCheckedAt === undefined ? [] : this.speakers) {
        const idle = now - speaker.at;
        if (idle > 3_600_000 && id !== this.dominant) speaker.paused = true;
        else if (idle > 40) speaker.levelChanged(0, now);
      }
      this.idleCheckedAt = now;
    }
    const [first] = this.speakers.keys();
    let winner = this.dominant ?? first;
    const own = this.speakers.get(winner)!;
    own.evaluate();
    let best = 2;
    for (const [id, speaker] of this.speakers) {
      if (speaker === own || speaker.paused) continue;
      speaker.evaluate();
      const [immediate, medium, long] = speaker.scores.map((score, i) => Math.log(score / own.scores[i]));
      if (immediate > 3 && medium > 2 && long > 0 && medium > best) [winner, best] = [id, medium];
    }
    if (winner === this.dominant) return undefined;
    this.dominant = winner;
    return winner;
  }
}

class PlainSpeaker {
  paused = false;
  levels = Array<number>(50).fill(0);
  immediates = Array<number>(50).fill(0);
  mediums = Array<number>(10).fill(0);
  longs = [0];
  scores = [1e-10, 1e-10, 1e-10];
  floor = 0;
  nextFloor = 0;
  nextFloorLevels = 0;
  at: number;

  constructor(now: number) {
    this.at = now;
  }

  levelChanged(level: number, now: number): void {
    const count = Math.min(Math.max(Math.trunc((now - this.at) / 20), 1), 50);
    this.at = now;
    this.levels = [...Array<number>(count).fill(level), ...this.levels].slice(0, 50);
    if (level === 0) return;
    if (this.floor === 0 || this.floor > level) {
      [this.floor, this.nextFloor, this.nextFloorLevels] = [level, 0, 0];
    } else if (this.nextFloor === 0) {
      [this.nextFloor, this.nextFloorLevels] = [level, 1];
    } else {
      this.nextFloor = Math.min(this.nextFloor, level);
      if (++this.nextFloorLevels < 750) return;
      this.floor = Math.trunc(Math.min(Math.sqrt(this.floor * this.nextFloor), 127));
      [this.nextFloor, this.nextFloorLevels] = [0, 0];
    }
  }

  evaluate(): void {
    const count = (of: number[], above: number, into: number): number[] =>
      Array.from({ length: into }, (_, i) => of.slice(i * (of.length / into), (i + 1) * (of.length / into)))
        .map(slot => slot.filter(value => value > above).length); // prettier-ignore
    const immediates = this.levels.map(level => (level < this.floor + 10 ? 0 : Math.trunc(level / 10)));
    if (isEqual(immediates, this.immediates)) return;
    this.immediates = immediates;
    this.scores[0] = activity(immediates[0], 13, 0.78);
    const mediums = count(immediates, 7, 10);
    if (isEqual(mediums, this.mediums)) return;
    this.mediums = mediums;
    this.scores[1] = activity(mediums[0], 5, 24);
    const longs = count(mediums, 4, 1);
    if (isEqual(longs, this.longs)) return;
    this.longs = longs;
    this.scores[2] = activity(longs[0], 10, 47);
  }
}

function activity(active: number, units: number, lambda: number): number {
  const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));
  const choices = factorial(units) / factorial(active) / factorial(units - active);
  return Math.max(1e-10, Math.log(choices) + units * Math.log(0.5) - Math.log(lambda) + lambda * active);
}

const isEqual = (one: number[], other: number[]): boolean => one.every((value, i) => value === other[i]);
