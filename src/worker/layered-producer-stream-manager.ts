import {
  type NetworkConditions,
  ProducerStreamManager,
  type ProducerStreamManagerOwner,
} from './producer-stream-manager.js';

/** After a downgrade for lack of bandwidth, higher layers are tried with caution for so long, ms. */
const MIN_CAUTION = 10_000;
const MAX_CAUTION = 60_000;
/** In a stream that is younger than this a change to a lower layer is not held to be a downgrade, ms. */
const BWE_DOWNGRADE_MIN_ACTIVE_TIME = 8000;

/** More than the present layers are taken only if the bitrate suffices for that much more than they need. */
const UPGRADE_MARGIN = 0.03;
const CAUTIOUS_UPGRADE_MARGIN = 0.3;

/** What managers that choose among layers have in common. */
export abstract class LayeredProducerStreamManager extends ProducerStreamManager {
  /** What `recalculateTargetLayers` found. */
  protected newSpatialLayer = -1;
  protected newTemporalLayer = -1;
  /** What `increaseLayer` took so far in this round of distribution. */
  protected provisionalSpatialLayer = -1;
  protected provisionalTemporalLayer = -1;
  provisionalBitrate = 0;

  /** Until when more than the present layers are taken only with a large margin, and for how long after a downgrade. */
  #cautiousUntil = -Infinity;
  #caution = MIN_CAUTION;
  /** When the last upgrade was; NaN: there has been a downgrade since. */
  #upgradedAt = NaN;

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

  get takesKeyFrame(): boolean {
    return this.provisionalSpatialLayer !== this.targetSpatialLayer;
  }

  applyLayers(streamActiveTime: number, now: number): void {
    const spatialLayer = this.provisionalSpatialLayer;
    const temporalLayer = this.provisionalTemporalLayer;
    this.discardLayers();
    if (spatialLayer === this.targetSpatialLayer && temporalLayer === this.targetTemporalLayer) return;
    this.#noteChange(spatialLayer, temporalLayer, streamActiveTime, now);
    this.updateTargetLayers(spatialLayer, temporalLayer, now);
  }

  discardLayers(): void {
    this.provisionalSpatialLayer = -1;
    this.provisionalTemporalLayer = -1;
    this.provisionalBitrate = 0;
  }

  onTransportDisconnected(now: number): void {
    this.onPaused(now);
  }

  onPaused(now: number): void {
    this.#cautiousUntil = -Infinity;
    this.#caution = MIN_CAUTION;
    this.updateTargetLayers(-1, -1, now);
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
    { considersLoss }: NetworkConditions,
    lossPercentage: number,
    now: number,
  ): number {
    let usable = bitrate;
    if (considersLoss && lossPercentage < 2) usable = 1.08 * bitrate;
    else if (considersLoss && lossPercentage > 10) usable = (1 - 0.5 * (lossPercentage / 100)) * bitrate;
    const total = this.provisionalBitrate + required;
    const isUpgrade = this.#isUpgrade(spatialLayer, temporalLayer);
    const margin = now < this.#cautiousUntil ? CAUTIOUS_UPGRADE_MARGIN : UPGRADE_MARGIN;
    if (required + (isUpgrade ? margin * total : 0) > usable) return 0;
    this.provisionalSpatialLayer = spatialLayer;
    this.provisionalTemporalLayer = temporalLayer;
    this.provisionalBitrate = total;
    return Math.min(required, bitrate);
  }

  /** Each upgrade that did not last makes the next one wait longer. */
  #noteChange(spatialLayer: number, temporalLayer: number, streamActiveTime: number, now: number): void {
    if (this.#isUpgrade(spatialLayer, temporalLayer)) {
      this.#upgradedAt = now;
      return;
    }
    const isForBandwidth = this.targetSpatialLayer !== -1 && this.currentSpatialLayer <= this.preferredSpatialLayer;
    if (!isForBandwidth || streamActiveTime <= BWE_DOWNGRADE_MIN_ACTIVE_TIME) return;
    if (!Number.isNaN(this.#upgradedAt)) {
      const hasLasted = now - this.#upgradedAt >= MIN_CAUTION;
      this.#caution = hasLasted ? MIN_CAUTION : Math.min(MAX_CAUTION, 2 * this.#caution);
    }
    this.#upgradedAt = NaN;
    this.#cautiousUntil = now + this.#caution;
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
