import { type PacketFeedback } from './packet-feedback.js';

/**
 * How much was sent and lost in the last periods of at least 250 ms, and how likely that is if the path were a certain
 * one. A path has a capacity, above which the excess is lost, and an inherent loss. The older a period, the less it counts.
 */
export class LossObservations {
  /** Periods so far. */
  count = 0;
  /** When the last packet of the last period was sent, ms. */
  endedAt = NaN;
  /** Share of the bytes that got lost, without the best and the worst period. */
  averageLoss = 0;

  // By period, modulo the window.
  readonly #bytes = new Float64Array(WINDOW);
  readonly #lostBytes = new Float64Array(WINDOW);
  /** bps */
  readonly #bitrates = new Float64Array(WINDOW);
  /** Bytes and send times of the present period. */
  #pendingBytes = 0;
  #pendingLostBytes = 0;
  #firstSentAt = Infinity;
  #lastSentAt = -Infinity;

  /** Returns whether a period is complete. */
  add(feedback: PacketFeedback): boolean {
    for (let i = 0; i < feedback.count; i++) {
      const size = feedback.sizes[i];
      if (feedback.wasLost[i] === 1) {
        this.#pendingLostBytes -= size;
        continue;
      }
      this.#pendingBytes += size;
      if (Number.isNaN(feedback.arrivals[i])) this.#pendingLostBytes += size;
      this.#firstSentAt = Math.min(this.#firstSentAt, feedback.sentAt[i]);
      this.#lastSentAt = Math.max(this.#lastSentAt, feedback.sentAt[i]);
    }
    if (this.#pendingBytes === 0) return false;
    if (Number.isNaN(this.endedAt)) this.endedAt = this.#firstSentAt;
    const duration = this.#lastSentAt - this.endedAt;
    if (duration < MIN_PERIOD_MS) return false;
    this.#complete(duration);
    return true;
  }

  /** Logarithm, with a bonus for higher capacities: what is seen at low bitrates does not speak against them. */
  likelihood(capacity: number, inherentLoss: number): number {
    const bonus = this.#highCapacityBonus(capacity);
    let sum = 0;
    for (let age = 0; age < this.#size; age++) {
      const index = this.#indexByAge(age);
      const loss = lossOf(capacity, inherentLoss, this.#bitrates[index]);
      const lost = this.#lostBytes[index] / 1000;
      const all = this.#bytes[index] / 1000;
      sum += WEIGHTS[age] * (lost * Math.log(loss) + (all - lost) * Math.log(1 - loss) + bonus * all);
    }
    return sum;
  }

  /** The inherent loss that is likeliest for a path of this capacity, approached from `inherentLoss` (Newton's method). */
  fitInherentLoss(capacity: number, inherentLoss: number): number {
    const start = feasibleInherentLoss(capacity, inherentLoss);
    let first = 0;
    let second = 0;
    for (let age = 0; age < this.#size; age++) {
      const index = this.#indexByAge(age);
      const loss = lossOf(capacity, start, this.#bitrates[index]);
      const lost = this.#lostBytes[index] / 1000;
      const received = this.#bytes[index] / 1000 - lost;
      first += WEIGHTS[age] * (lost / loss - received / (1 - loss));
      second -= WEIGHTS[age] * (lost / (loss * loss) + received / ((1 - loss) * (1 - loss)));
    }
    return second < 0 ? feasibleInherentLoss(capacity, start - (NEWTON_STEP * first) / second) : start;
  }

  get #size(): number {
    return Math.min(this.count, WINDOW);
  }

  #indexByAge(age: number): number {
    return (this.count - 1 - age) % WINDOW;
  }

  #complete(duration: number): void {
    const index = this.count++ % WINDOW;
    this.#bytes[index] = this.#pendingBytes;
    this.#lostBytes[index] = Math.max(0, this.#pendingLostBytes);
    this.#bitrates[index] = (this.#pendingBytes * 8000) / duration;
    this.endedAt = this.#lastSentAt;
    this.#pendingBytes = 0;
    this.#pendingLostBytes = 0;
    this.#firstSentAt = Infinity;
    this.averageLoss = this.#measureAverageLoss();
  }

  #measureAverageLoss(): number {
    let bytes = 0;
    let lostBytes = 0;
    let best = 0;
    let worst = 0;
    for (let age = 0; age < this.#size; age++) {
      const index = this.#indexByAge(age);
      bytes += WEIGHTS[age] * this.#bytes[index];
      lostBytes += WEIGHTS[age] * this.#lostBytes[index];
      if (this.#lossByAge(age) < this.#lossByAge(best)) best = age;
      if (this.#lossByAge(age) > this.#lossByAge(worst)) worst = age;
    }
    // The worst period does count if more was sent then: that is why it was the worst.
    const isExplained = this.#bitrates[this.#indexByAge(worst)] >= RATE_JUMP * this.#medianBitrate();
    if (best === worst || isExplained || this.#size < MIN_PERIODS_TO_TRIM) return lostBytes / bytes;
    for (const age of [best, worst]) {
      bytes -= WEIGHTS[age] * this.#bytes[this.#indexByAge(age)];
      lostBytes -= WEIGHTS[age] * this.#lostBytes[this.#indexByAge(age)];
    }
    return Math.max(0, lostBytes / bytes);
  }

  #lossByAge(age: number): number {
    const index = this.#indexByAge(age);
    return this.#lostBytes[index] / this.#bytes[index];
  }

  #medianBitrate(): number {
    const sorted = this.#bitrates.slice(0, this.#size).sort();
    const middle = sorted.length >> 1;
    return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /** Vanishes as the loss approaches 20 %, and turns into a malus above. */
  #highCapacityBonus(capacity: number): number {
    const kbps = capacity / 1000;
    const distance = BONUS_LOSS_LIMIT - this.averageLoss;
    const sign = distance / (BONUS_SMOOTHING + Math.abs(distance));
    return sign * (BONUS_PER_KBPS * kbps + BONUS_PER_LOG_KBPS * Math.log(1 + kbps));
  }
}

/** Periods that are looked at. */
const WINDOW = 15;
const MIN_PERIOD_MS = 250;
/** By age. */
const WEIGHTS = Float64Array.from({ length: WINDOW }, (_, age) => Math.pow(0.9, age));
const MIN_PERIODS_TO_TRIM = 4;
const RATE_JUMP = 2;

const BONUS_PER_KBPS = 0.0002;
const BONUS_PER_LOG_KBPS = 0.02;
const BONUS_LOSS_LIMIT = 0.25;
const BONUS_SMOOTHING = 0.002;

const NEWTON_STEP = 0.75;
const MIN_INHERENT_LOSS = 0.001;
/**
 * What loss is believed to be the path's own, whatever is sent: loss = offset + balance / bitrate. More than that bounds
 * the bitrate at once. libwebrtc has a balance of 100 kbps, with which a loss of 20 % leaves next to nothing.
 */
export const LOSS_OFFSET = 0.05;
export const LOSS_BALANCE = 300_000;

function feasibleInherentLoss(capacity: number, loss: number): number {
  const maximum = Math.min(1, LOSS_OFFSET + LOSS_BALANCE / capacity);
  return Math.max(MIN_INHERENT_LOSS, Math.min(maximum, loss));
}

/** What a path loses of a bitrate. */
function lossOf(capacity: number, inherentLoss: number, bitrate: number): number {
  const excess = bitrate > capacity ? (bitrate - capacity) / bitrate : 0;
  const loss = inherentLoss + (1 - inherentLoss) * excess;
  return Math.max(1e-6, Math.min(1 - 1e-6, loss));
}
