import { LOSS_BALANCE, LOSS_OFFSET, LossObservations } from './loss-observations.js';
import { type PacketFeedback } from './packet-feedback.js';

/** What the loss says: the path carries more, it does not carry that much, or nothing (the delay bounds the bitrate). */
export type LossBasedState = 'increasing' | 'decreasing' | 'delay-based';

/**
 * Estimates from the loss how much the path carries, and tells loss that comes from sending too much from loss that is
 * there whatever is sent, as in radio networks. The path is modelled by two numbers: an inherent loss, and a bitrate above
 * which the excess is lost too. The model that makes the losses of the last seconds likeliest is found by trying a few
 * bitrates around the last one, each with the best inherent loss for it. libwebrtc's `LossBasedBweV2`.
 *
 * Without loss the bitrate is that of the delay-based estimate.
 */
export class LossBasedEstimator {
  /** bps; NaN while too little is known. */
  bitrate = NaN;
  state: LossBasedState = 'delay-based';

  readonly #observations = new LossObservations();
  /** The best model of the path. */
  #capacity = NaN;
  #inherentLoss = INITIAL_INHERENT_LOSS;
  #min = 0;
  #max = Infinity;
  /** bps; NaN: unknown. */
  #acknowledgedBitrate = NaN;
  #delayBasedBitrate = NaN;
  /** After a decrease, what the bitrate may not exceed before a moment, and for how long the next hold lasts. */
  #heldBitrate = Infinity;
  #holdUntil = -Infinity;
  #holdDuration = INITIAL_HOLD_MS;
  /** While the loss bounds the bitrate, it grows step by step: the limit for the present step. */
  #stepLimit = Infinity;
  #stepStartedAt = -Infinity;

  get inherentLoss(): number {
    return this.#inherentLoss;
  }

  /** Share of bytes lost in the last seconds, without the best and the worst moment. */
  get averageLoss(): number {
    return this.#observations.averageLoss;
  }

  get isReady(): boolean {
    return !Number.isNaN(this.bitrate) && this.#observations.count >= MIN_OBSERVATIONS;
  }

  setLimits(min: number, max: number): void {
    this.#min = min;
    this.#max = max;
  }

  /** Takes a bitrate that a probe has shown to be possible. */
  setBitrate(bitrate: number): void {
    this.#capacity = bitrate;
    this.bitrate = bitrate;
    this.#release();
  }

  /**
   * @param acknowledgedBitrate bps, NaN if not known
   * @param isApplicationLimited whether what is acknowledged says nothing about what could be
   */
  update(
    feedback: PacketFeedback,
    acknowledgedBitrate: number,
    delayBasedBitrate: number,
    isApplicationLimited: boolean,
  ): void {
    this.#acknowledgedBitrate = acknowledgedBitrate;
    this.#delayBasedBitrate = delayBasedBitrate;
    if (!this.#observations.add(feedback)) return;
    if (Number.isNaN(this.#capacity)) {
      this.#capacity = delayBasedBitrate;
      this.bitrate = delayBasedBitrate;
    }
    const bitrate = this.#updateModel(isApplicationLimited);
    this.#updateState(bitrate);
  }

  /** Returns what the model allows. */
  #updateModel(isApplicationLimited: boolean): number {
    const best = this.#findBestModel(isApplicationLimited);
    let capacity = best.capacity;
    // More loss than the path has of itself: some of it comes from sending too much.
    if (this.averageLoss > best.inherentLoss) capacity = Math.min(capacity, this.#capacity);
    if (this.state !== 'delay-based') capacity = this.#boundIncrease(capacity);

    const bounded = Math.max(this.#lowerBound, Math.min(capacity, this.#upperBound, this.#delayBasedBitrate));
    this.#capacity = bounded;
    this.#inherentLoss = bounded < capacity ? 0 : best.inherentLoss;
    return bounded;
  }

  #findBestModel(isApplicationLimited: boolean): Model {
    let best: Model = { capacity: this.#capacity, inherentLoss: this.#inherentLoss };
    let bestLikelihood = -Infinity;
    const limit = Math.max(
      this.#capacity,
      Math.min(this.#max, this.state === 'delay-based' ? Infinity : this.#stepLimit),
    );
    for (const candidate of this.#candidates(isApplicationLimited)) {
      const capacity = Math.min(candidate, limit);
      const inherentLoss = this.#observations.fitInherentLoss(capacity, this.#inherentLoss);
      const likelihood = this.#observations.likelihood(capacity, inherentLoss);
      if (likelihood < bestLikelihood || (likelihood === bestLikelihood && capacity <= best.capacity)) continue;
      bestLikelihood = likelihood;
      best = { capacity, inherentLoss };
    }
    return best;
  }

  #candidates(isApplicationLimited: boolean): number[] {
    const candidates = CANDIDATE_FACTORS.map(factor => factor * this.#capacity);
    if (!Number.isNaN(this.#acknowledgedBitrate) && !isApplicationLimited) candidates.push(this.#acknowledgedBitrate);
    if (this.#delayBasedBitrate > this.#capacity) candidates.push(this.#delayBasedBitrate);
    return candidates;
  }

  /** While the loss bounds the bitrate, it may grow only a bit beyond what arrives. */
  #boundIncrease(capacity: number): number {
    if (capacity < this.#capacity || Number.isNaN(this.#acknowledgedBitrate)) return capacity;
    const isNearHeld = this.#acknowledgedBitrate < NEAR_HELD_FACTOR * this.#heldBitrate;
    const factor = isNearHeld && this.#heldBitrate !== Infinity ? RAMP_UP_FACTOR_NEAR_HELD : RAMP_UP_FACTOR;
    const bounded = Math.max(this.#capacity, Math.min(capacity, factor * this.#acknowledgedBitrate));
    // The least increase, which ends a decrease.
    return this.state === 'decreasing' && bounded === this.#capacity ? bounded + 1 : bounded;
  }

  #updateState(bitrate: number): void {
    const now = this.#observations.endedAt;
    const isLossLimited = bitrate < this.#delayBasedBitrate && bitrate < this.#max;
    if (this.state === 'decreasing' && isLossLimited && this.#holdUntil > now) {
      this.#heldBitrate = Math.max(this.#heldBitrate, this.#lowerBound);
      this.bitrate = Math.min(this.#heldBitrate, bitrate);
      return;
    }
    if (!isLossLimited) {
      this.#release();
    } else if (this.#isIncrease(bitrate)) {
      this.state = 'increasing';
    } else {
      if (this.state !== 'decreasing') this.#hold(bitrate, now);
      this.state = 'decreasing';
    }
    this.bitrate = bitrate;
    if (this.state !== 'delay-based' && this.#stepStartedAt + STEP_MS < now) {
      this.#stepLimit = STEP_FACTOR * this.#capacity;
      this.#stepStartedAt = now;
    }
  }

  #release(): void {
    this.state = 'delay-based';
    this.#heldBitrate = Infinity;
    this.#holdUntil = -Infinity;
    this.#holdDuration = INITIAL_HOLD_MS;
  }

  #isIncrease(bitrate: number): boolean {
    if (this.state === 'delay-based') return false;
    return bitrate > this.bitrate || (bitrate === this.bitrate && this.state === 'increasing');
  }

  /** Each time that an increase failed, the next one is tried later. */
  #hold(bitrate: number, now: number): void {
    this.#heldBitrate = bitrate;
    this.#holdUntil = now + this.#holdDuration;
    this.#holdDuration = Math.min(MAX_HOLD_MS, 2 * this.#holdDuration);
  }

  /** What arrives is not too much. */
  get #lowerBound(): number {
    return Number.isNaN(this.#acknowledgedBitrate) ? this.#min : Math.max(this.#min, this.#acknowledgedBitrate);
  }

  /** With heavy loss, at once. */
  get #upperBound(): number {
    const excess = this.averageLoss - LOSS_OFFSET;
    return excess > 0 ? Math.min(this.#max, LOSS_BALANCE / excess) : this.#max;
  }
}

interface Model {
  /** bps */
  readonly capacity: number;
  readonly inherentLoss: number;
}

const INITIAL_INHERENT_LOSS = 0.01;
const MIN_OBSERVATIONS = 3;
const CANDIDATE_FACTORS = [1.02, 1, 0.95];

/** Of what arrives. */
const RAMP_UP_FACTOR = 1.5;
const RAMP_UP_FACTOR_NEAR_HELD = 1.2;
/** Of the bitrate that was held. */
const NEAR_HELD_FACTOR = 1.3;

const INITIAL_HOLD_MS = 300;
const MAX_HOLD_MS = 60_000;

const STEP_MS = 300;
const STEP_FACTOR = 1.3;
