import { type ProbeCluster } from './prober.js';

/**
 * Decides when to probe, and how fast: at the beginning; when the bitrate fell and the queue is empty again, as the reason
 * may have been a moment's; and from time to time as long as more is wanted than the estimate allows. While probes succeed,
 * faster ones follow. Without probes the estimate only grows as far as there is media to fill it, and an SFU that was told
 * to send less has no more than that.
 *
 * libwebrtc's `ProbeController`, which repeats probes only while there is too little media, and relies on a slow growth
 * otherwise.
 */
export class ProbeController {
  readonly #onProbe: (cluster: ProbeCluster) => void;
  #lastId = 0;

  #estimate: number;
  #max = Infinity;
  #desired = 0;
  #hasBegun = false;

  /** A series of probes: when the last one began, and the estimate before the first one. */
  #probedAt = -Infinity;
  #estimateBefore = 0;
  /** The estimate that asks for another one, if it comes in time. */
  #continueAbove = Infinity;
  /** The bitrate of the last probe, if that is lower than it should have been because no more was desired; or else NaN. */
  #cutBitrate = NaN;
  /** Until the next series. */
  #interval = MIN_INTERVAL_MS;
  /** How many series in a row nothing was heard of. */
  #unanswered = 0;
  #isAnswered = true;

  /** The highest throughput of the present period and of the one before. Estimates may have been wrong. */
  #peak = 0;
  #previousPeak = 0;
  #periodBeganAt = -Infinity;
  #recoveredAt = -Infinity;

  /** @param estimate what is taken for possible until something is known, bps */
  constructor(estimate: number, onProbe: (cluster: ProbeCluster) => void) {
    this.#estimate = estimate;
    this.#onProbe = onProbe;
  }

  setMax(bitrate: number): void {
    this.#max = bitrate;
  }

  setDesired(bitrate: number): void {
    if (bitrate > this.#desired) this.#interval = MIN_INTERVAL_MS;
    this.#desired = bitrate;
  }

  /** @param throughput what arrives at present, bps; NaN if not known */
  setEstimate(bitrate: number, throughput: number, now: number): void {
    if (now - this.#periodBeganAt >= RECENT_MS) {
      this.#previousPeak = this.#peak;
      this.#peak = 0;
      this.#periodBeganAt = now;
    }
    if (throughput > this.#peak) this.#peak = throughput;
    if (bitrate < this.#estimate && this.#hasFallen(bitrate)) this.#interval = MIN_INTERVAL_MS;
    this.#estimate = bitrate;
  }

  /** It is known how a probe arrived. */
  onMeasured(): void {
    this.#isAnswered = true;
    this.#unanswered = 0;
  }

  /** A queue that had built up has drained. */
  onRecovered(now: number): void {
    if (!this.#hasFallen(this.#estimate) || now - this.#recoveredAt < RECENT_MS) return;
    this.#recoveredAt = now;
    this.#begin(now);
    this.#probe(RECOVERY_SCALE * this.#recentPeak, now);
  }

  /**
   * Probes if it is time to. To be called now and then, and whenever the estimate has changed.
   *
   * @param mayProbe false while it is known already that there is no more
   * @param isFull whether media fills the path, so that others would have to make room for what a probe finds: then no series
   *   begins
   */
  update(mayProbe: boolean, isFull: boolean, now: number): void {
    if (!mayProbe || this.#estimate >= ENOUGH * this.#desired) return;
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      const initial = this.#estimate;
      this.#begin(now);
      for (const scale of INITIAL_SCALES) this.#probe(scale * initial, now);
    } else if (now - this.#probedAt <= RESULT_TIMEOUT_MS) {
      if (this.#estimate > this.#continueAbove || this.#isLessCut) this.#probe(SCALE * this.#estimate, now);
    } else if (!isFull && (now - this.#probedAt >= this.#interval || this.#isUnfinished)) {
      const wasOfUse = this.#estimate > SUCCESS * this.#estimateBefore;
      this.#interval = wasOfUse ? MIN_INTERVAL_MS : Math.min(MAX_INTERVAL_MS, INTERVAL_GROWTH * this.#interval);
      if (!this.#isAnswered) this.#unanswered++;
      this.#begin(now);
      this.#probe(SCALE * this.#estimate, now);
    }
  }

  /** Whether the last series ended without having found the end, or there was no answer to it. */
  get #isUnfinished(): boolean {
    if (!this.#isAnswered) return this.#unanswered < MAX_UNANSWERED;
    return this.#isLessCut || this.#estimate > SUCCESS * this.#estimateBefore;
  }

  /** Whether the last probe succeeded, and could have been a faster one by now: more is desired. */
  get #isLessCut(): boolean {
    return this.#estimate > CONTINUE_ABOVE * this.#cutBitrate && MARGIN * this.#desired > MUCH_MORE * this.#cutBitrate;
  }

  get #recentPeak(): number {
    return Math.max(this.#peak, this.#previousPeak);
  }

  #hasFallen(estimate: number): boolean {
    return estimate < LARGE_FALL * this.#recentPeak;
  }

  #begin(now: number): void {
    this.#estimateBefore = this.#estimate;
    this.#probedAt = now;
    this.#continueAbove = Infinity;
    this.#isAnswered = true;
  }

  #probe(wanted: number, now: number): void {
    const bitrate = Math.min(wanted, this.#max, MARGIN * this.#desired);
    if (bitrate <= this.#estimate) return;
    this.#probedAt = now;
    this.#isAnswered = false;
    this.#cutBitrate = bitrate < Math.min(wanted, this.#max) ? bitrate : NaN;
    this.#continueAbove = bitrate < wanted ? Infinity : CONTINUE_ABOVE * bitrate;
    const minBytes = Math.ceil((bitrate * DURATION_MS) / 8000);
    this.#onProbe({ id: ++this.#lastId, bitrate, minBytes, minBursts: MIN_BURSTS });
  }
}

/** Of the initial bitrate. */
const INITIAL_SCALES = [3, 6];
/** Of the estimate. */
const SCALE = 2;
/** Of the bitrate of a probe. */
const CONTINUE_ABOVE = 0.7;
/** Of the desired bitrate: what it varies by is to fit, too. */
const ENOUGH = 1.15;
/** Of the desired bitrate: probes are not to be the reason that it is not reached. */
const MARGIN = 1.35;
/** Of the bitrate of a probe that was limited by what was desired: so much more is worth another one. */
const MUCH_MORE = 1.1;
/** Of what was probed with. */
const DURATION_MS = 15;
const MIN_BURSTS = 5;
const RESULT_TIMEOUT_MS = 1000;
/** Series in a row. */
const MAX_UNANSWERED = 3;

/** Of the highest throughput of the last seconds. */
const LARGE_FALL = 0.66;
const RECENT_MS = 5000;
/** Of that highest throughput. */
const RECOVERY_SCALE = 0.85;

const MIN_INTERVAL_MS = 4000;
const MAX_INTERVAL_MS = 12_000;
const INTERVAL_GROWTH = 1.25;
/** Of the estimate before. */
const SUCCESS = 1.1;
