import { ProducerStreamManager, type ProducerStreamManagerOwner } from './producer-stream-manager.js';

/** After a downgrade for lack of bandwidth, higher spatial layers are not tried for this long, ms. */
const BWE_DOWNGRADE_CONSERVATIVE_TIME = 10_000;
/** In a stream that is younger than this a change to a lower layer is not held to be a downgrade, ms. */
const BWE_DOWNGRADE_MIN_ACTIVE_TIME = 8000;

/**
 * More than the present layers are taken only if the bitrate suffices for that much more than they need: the estimate
 * falls by 15 % when a queue builds up, and that must not cost the layer again.
 */
const UPGRADE_MARGIN = 0.15;
/**
 * A bitrate that is too low for the present layers by no more than this is put up with for a short time, ms: the key
 * frame that a switch takes makes a queue of its own.
 */
const TOLERATED_SHORTAGE = 0.2;
const TOLERATED_SHORTAGE_TIME = 2500;

/** What managers that choose among layers have in common. */
export abstract class LayeredProducerStreamManager extends ProducerStreamManager {
  /** What `recalculateTargetLayers` found. */
  protected newSpatialLayer = -1;
  protected newTemporalLayer = -1;
  /** What `increaseLayer` took so far in this round of distribution. */
  protected provisionalSpatialLayer = -1;
  protected provisionalTemporalLayer = -1;
  /** bps, of what was taken. */
  #provisionalBitrate = 0;
  /** Since when the bitrate is too low for the present layers; Infinity: it is not. Whether it is in this round. */
  #shortSince = Infinity;
  #isShort = false;

  #lastBweDowngradeAt = -Infinity;

  /** @param preferredSpatialLayer, preferredTemporalLayer within what there is */
  constructor(owner: ProducerStreamManagerOwner, preferredSpatialLayer: number, preferredTemporalLayer: number) {
    super(owner);
    this.preferredSpatialLayer = preferredSpatialLayer;
    this.preferredTemporalLayer = preferredTemporalLayer;
  }

  /** Finds the best layers that are there and wanted, whatever they cost, and puts them into newSpatialLayer and -TemporalLayer. */
  protected abstract recalculateTargetLayers(now: number): void;
  /** Begins to head for these layers; -1: for none. */
  protected abstract updateTargetLayers(spatialLayer: number, temporalLayer: number, now: number): void;

  override mayChangeLayers(force: boolean, now: number): void {
    this.recalculateTargetLayers(now);
    const spatialChanged = this.newSpatialLayer !== this.targetSpatialLayer;
    if (!spatialChanged && this.newTemporalLayer === this.targetTemporalLayer) return;
    if (!this.owner.externallyManagedBitrate) {
      this.updateTargetLayers(this.newSpatialLayer, this.newTemporalLayer, now);
    } else if (spatialChanged || force) {
      this.owner.onNeedBitrateChange(now);
    }
  }

  applyLayers(streamActiveTime: number, now: number): void {
    const spatialLayer = this.provisionalSpatialLayer;
    const temporalLayer = this.provisionalTemporalLayer;
    this.provisionalSpatialLayer = -1;
    this.provisionalTemporalLayer = -1;
    this.#provisionalBitrate = 0;
    if (!this.#isShort) this.#shortSince = Infinity;
    this.#isShort = false;
    if (spatialLayer === this.targetSpatialLayer && temporalLayer === this.targetTemporalLayer) return;
    this.updateTargetLayers(spatialLayer, temporalLayer, now);
    if (
      streamActiveTime > BWE_DOWNGRADE_MIN_ACTIVE_TIME &&
      this.targetSpatialLayer < this.currentSpatialLayer &&
      this.currentSpatialLayer <= this.preferredSpatialLayer
    ) {
      this.#lastBweDowngradeAt = now;
    }
  }

  onTransportDisconnected(now: number): void {
    this.onPaused(now);
  }

  onPaused(now: number): void {
    this.#lastBweDowngradeAt = -Infinity;
    this.updateTargetLayers(-1, -1, now);
  }

  /** Whether a layer above the current one is not to be tried because bandwidth was lacking a short time ago. */
  protected isTooSoonFor(spatialLayer: number, now: number): boolean {
    return now - this.#lastBweDowngradeAt < BWE_DOWNGRADE_CONSERVATIVE_TIME && spatialLayer > this.currentSpatialLayer;
  }

  protected get hasProvisionalLayers(): boolean {
    return this.provisionalSpatialLayer !== -1;
  }

  /** Whether there is nothing left to wish for. */
  protected get hasPreferredLayers(): boolean {
    return (
      this.provisionalSpatialLayer === this.preferredSpatialLayer &&
      this.provisionalTemporalLayer === this.preferredTemporalLayer
    );
  }

  /**
   * Takes the layer if the bitrate suffices; how much of it is taken. Whoever loses nothing may go a bit beyond.
   *
   * @param required bps
   */
  protected takeLayer(
    spatialLayer: number,
    temporalLayer: number,
    required: number,
    bitrate: number,
    considerLoss: boolean,
    lossPercentage: number,
    now: number,
  ): number {
    let usable = bitrate;
    if (considerLoss && lossPercentage < 2) usable = 1.08 * bitrate;
    else if (considerLoss && lossPercentage > 10) usable = (1 - 0.5 * (lossPercentage / 100)) * bitrate;
    const total = this.#provisionalBitrate + required;
    const isUpgrade = this.#isUpgrade(spatialLayer, temporalLayer);
    if (isUpgrade && required + UPGRADE_MARGIN * total > usable) return 0;
    if (!isUpgrade && required > usable && !this.#toleratesShortage(required - usable, total, now)) return 0;
    this.provisionalSpatialLayer = spatialLayer;
    this.provisionalTemporalLayer = temporalLayer;
    this.#provisionalBitrate = total;
    return Math.min(required, bitrate);
  }

  /** Whether the layer is kept although so much of what it all needs is missing. */
  #toleratesShortage(missing: number, total: number, now: number): boolean {
    if (this.targetSpatialLayer === -1 || missing > TOLERATED_SHORTAGE * total) return false;
    this.#isShort = true;
    this.#shortSince = Math.min(this.#shortSince, now);
    return now - this.#shortSince < TOLERATED_SHORTAGE_TIME;
  }

  /** Whether something is being sent, and this would be more. */
  #isUpgrade(spatialLayer: number, temporalLayer: number): boolean {
    const { targetSpatialLayer, targetTemporalLayer } = this;
    if (targetSpatialLayer === -1) return false;
    return (
      spatialLayer > targetSpatialLayer || (spatialLayer === targetSpatialLayer && temporalLayer > targetTemporalLayer)
    );
  }
}
