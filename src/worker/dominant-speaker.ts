/**
 * Dominant speaker identification (I. Volfin and I. Cohen, "Dominant Speaker Identification for Multipoint
 * Videoconferencing"): who speaks is decided from how active each participant was over an immediate, a medium and a
 * long interval, each measured in units of the next shorter one, so a cough does not take the floor and a pause
 * between two sentences does not lose it.
 */

/** Thresholds of the (logarithmic) activity relative to the dominant speaker's, per interval. */
const IMMEDIATE_THRESHOLD = 3;
const MEDIUM_THRESHOLD = 2;
const LONG_THRESHOLD = 0;

/** Sub-bands of the level in an immediate, immediates in a medium, mediums in a long interval. */
const IMMEDIATE_UNITS = 13;
const MEDIUM_UNITS = 5;
const LONG_UNITS = 10;

/** A medium unit is active above this immediate activity, a long unit above this medium activity. */
const ACTIVE_IMMEDIATE = 7;
const ACTIVE_MEDIUM = 4;

/** Parameters of the distributions of activity in speech: exponential rate per interval. */
const IMMEDIATE_LAMBDA = 0.78;
const MEDIUM_LAMBDA = 24;
const LONG_LAMBDA = 47;
/** Probability of an active unit in noise. */
const NOISE_PROBABILITY = 0.5;

const MIN_SCORE = 1e-10;
const MAX_LEVEL = 127;
/** Levels that make one step of immediate activity. */
const LEVEL_STEP = Math.trunc((MAX_LEVEL + IMMEDIATE_UNITS - 1) / IMMEDIATE_UNITS);
/** One level per 20 ms of audio. */
const FRAME_DURATION = 20;
const LEVEL_COUNT = MEDIUM_UNITS * LONG_UNITS;
/** Levels after which the noise floor is estimated anew: 15 s. */
const MIN_LEVEL_WINDOW = 15000 / FRAME_DURATION;

/** Silence is assumed after this time without packets, ms. */
const LEVEL_IDLE_TIMEOUT = 40;
/** Somebody silent for so long no longer counts, ms. */
const SPEAKER_IDLE_TIMEOUT = 3600 * 1000;

/** Finds the dominant one among speakers with ids. */
export class DominantSpeakerDetector {
  readonly #speakers = new Map<string, Speaker>();
  #dominantId: string | undefined;
  #lastIdleCheck: number | undefined;

  has(id: string): boolean {
    return this.#speakers.has(id);
  }

  add(id: string, paused: boolean, now: number): void {
    this.#speakers.set(id, new Speaker(paused, now));
  }

  /** True if it was the dominant one, so that there may be another one at once: see `update`. */
  remove(id: string): boolean {
    if (!this.#speakers.delete(id) || this.#dominantId !== id) return false;
    this.#dominantId = undefined;
    return true;
  }

  /** A paused speaker does not become dominant, but may stay it until somebody else speaks. */
  setPaused(id: string, paused: boolean): void {
    const speaker = this.#speakers.get(id);
    if (speaker) speaker.paused = paused;
  }

  /** @param level 0 (silent) to 127 (loudest) */
  levelChanged(id: string, level: number, now: number): void {
    this.#speakers.get(id)?.levelChanged(level, now);
  }

  /** To be called periodically. The id of the dominant speaker if that is another one than before. */
  update(now: number): string | undefined {
    if (this.#lastIdleCheck === undefined || now - this.#lastIdleCheck >= LEVEL_IDLE_TIMEOUT) {
      if (this.#lastIdleCheck !== undefined) this.#timeOutIdleLevels(now);
      this.#lastIdleCheck = now;
    }
    const id = this.#findDominant();
    if (id === undefined || id === this.#dominantId) return undefined;
    this.#dominantId = id;
    return id;
  }

  #timeOutIdleLevels(now: number): void {
    for (const [id, speaker] of this.#speakers) {
      const idle = now - speaker.lastLevelChange;
      if (idle > SPEAKER_IDLE_TIMEOUT && id !== this.#dominantId) speaker.paused = true;
      else if (idle > LEVEL_IDLE_TIMEOUT) speaker.levelChanged(0, now);
    }
  }

  #findDominant(): string | undefined {
    const [first] = this.#speakers.keys();
    if (this.#speakers.size <= 1) return first;

    // Without a dominant speaker the others have to challenge the first one.
    const reference = this.#dominantId ?? first;
    const dominant = this.#speakers.get(reference)!;
    dominant.evaluate();

    let winner = reference;
    let highestMedium: number = MEDIUM_THRESHOLD;
    for (const [id, speaker] of this.#speakers) {
      if (id === reference || speaker.paused) continue;
      speaker.evaluate();
      const immediate = Math.log(speaker.immediateScore / dominant.immediateScore);
      const medium = Math.log(speaker.mediumScore / dominant.mediumScore);
      const long = Math.log(speaker.longScore / dominant.longScore);
      if (immediate > IMMEDIATE_THRESHOLD && medium > highestMedium && long > LONG_THRESHOLD) {
        highestMedium = medium;
        winner = id;
      }
    }
    return winner;
  }
}

class Speaker {
  paused: boolean;
  lastLevelChange: number;
  immediateScore = MIN_SCORE;
  mediumScore = MIN_SCORE;
  longScore = MIN_SCORE;

  /** A ring of the last levels. */
  readonly #levels = new Uint8Array(LEVEL_COUNT);
  #nextLevel = 0;
  /** The latest one first. */
  readonly #immediates = new Uint8Array(LEVEL_COUNT);
  readonly #mediums = new Uint8Array(LONG_UNITS);
  readonly #longs = new Uint8Array(1);
  /** The noise floor, 0 while unknown, and the candidate that follows it. */
  #minLevel = 0;
  #nextMinLevel = 0;
  #nextMinLevelCount = 0;

  constructor(paused: boolean, now: number) {
    this.paused = paused;
    this.lastLevelChange = now;
  }

  levelChanged(level: number, now: number): void {
    if (now < this.lastLevelChange) return;
    // One level stands for 20 ms: longer packets and gaps fill several places.
    const frames = Math.trunc((now - this.lastLevelChange) / FRAME_DURATION);
    const count = Math.min(Math.max(frames, 1), LEVEL_COUNT);
    this.lastLevelChange = now;
    for (let i = 0; i < count; i++) {
      this.#levels[this.#nextLevel] = level;
      this.#nextLevel = (this.#nextLevel + 1) % LEVEL_COUNT;
    }
    this.#updateMinLevel(level);
  }

  /** Brings the scores up to date; each interval is only looked at if the shorter one changed. */
  evaluate(): void {
    if (!this.#updateImmediates()) return;
    this.immediateScore = activityScore(this.#immediates[0], IMMEDIATE_UNITS, IMMEDIATE_LAMBDA);
    if (!countActive(this.#immediates, this.#mediums, ACTIVE_IMMEDIATE)) return;
    this.mediumScore = activityScore(this.#mediums[0], MEDIUM_UNITS, MEDIUM_LAMBDA);
    if (!countActive(this.#mediums, this.#longs, ACTIVE_MEDIUM)) return;
    this.longScore = activityScore(this.#longs[0], LONG_UNITS, LONG_LAMBDA);
  }

  #updateImmediates(): boolean {
    const floor = this.#minLevel + LEVEL_STEP;
    let changed = false;
    for (let i = 0; i < LEVEL_COUNT; i++) {
      const level = this.#levels[(this.#nextLevel + LEVEL_COUNT - 1 - i) % LEVEL_COUNT];
      const immediate = level < floor ? 0 : Math.trunc(level / LEVEL_STEP);
      if (this.#immediates[i] !== immediate) {
        this.#immediates[i] = immediate;
        changed = true;
      }
    }
    return changed;
  }

  #updateMinLevel(level: number): void {
    if (level === 0) return;
    if (this.#minLevel === 0 || this.#minLevel > level) {
      this.#minLevel = level;
      this.#nextMinLevel = 0;
      this.#nextMinLevelCount = 0;
    } else if (this.#nextMinLevel === 0) {
      this.#nextMinLevel = level;
      this.#nextMinLevelCount = 1;
    } else {
      this.#nextMinLevel = Math.min(this.#nextMinLevel, level);
      if (++this.#nextMinLevelCount < MIN_LEVEL_WINDOW) return;
      this.#minLevel = Math.trunc(Math.min(Math.sqrt(this.#minLevel * this.#nextMinLevel), MAX_LEVEL));
      this.#nextMinLevel = 0;
      this.#nextMinLevelCount = 0;
    }
  }
}

/** Counts, for each of `counts`, the active ones among its share of `units`. True if a count changed. */
function countActive(units: Uint8Array, counts: Uint8Array, threshold: number): boolean {
  const share = units.length / counts.length;
  let changed = false;
  for (let i = 0; i < counts.length; i++) {
    let count = 0;
    for (let j = i * share; j < (i + 1) * share; j++) if (units[j] > threshold) count++;
    if (counts[i] !== count) {
      counts[i] = count;
      changed = true;
    }
  }
  return changed;
}

/** Log-likelihood ratio of speech to noise for `active` of `units` units. */
function activityScore(active: number, units: number, lambda: number): number {
  const score =
    Math.log(binomialCoefficient(units, active)) +
    active * Math.log(NOISE_PROBABILITY) +
    (units - active) * Math.log(1 - NOISE_PROBABILITY) -
    Math.log(lambda) +
    lambda * active;
  return Math.max(score, MIN_SCORE);
}

function binomialCoefficient(n: number, k: number): number {
  let result = 1;
  for (let i = 1; i <= k; i++) result = (result * (n - k + i)) / i;
  return result;
}
