import { DropReason } from '../common/drop-reason.js';
import { type EncodingContext } from '../rtp/codecs/encoding-context.js';
import { type RtpPacket } from '../rtp/rtp-packet.js';
import { type RtpStreamRecv } from '../rtp/rtp-stream-recv.js';
import { LayeredProducerStreamManager } from './layered-producer-stream-manager.js';
import {
  isAlive,
  type NetworkConditions,
  PacketAction,
  type ProducerStreamManagerOwner,
} from './producer-stream-manager.js';

/** For a Producer's only stream with layers in it: the codec's EncodingContext picks the packets of those wanted. */
export class SvcProducerStreamManager extends LayeredProducerStreamManager {
  readonly #mappedSsrc: number;
  readonly #context: EncodingContext;
  #stream: RtpStreamRecv | undefined = undefined;
  #syncRequired = false;

  constructor(
    owner: ProducerStreamManagerOwner,
    mappedSsrc: number,
    context: EncodingContext,
    preferredSpatialLayer: number,
    preferredTemporalLayer: number,
  ) {
    super(owner, preferredSpatialLayer, preferredTemporalLayer);
    this.#mappedSsrc = mappedSsrc;
    this.#context = context;
  }

  get targetSpatialLayer(): number {
    return this.#context.targetSpatialLayer;
  }

  get targetTemporalLayer(): number {
    return this.#context.targetTemporalLayer;
  }

  get currentSpatialLayer(): number {
    return this.#context.currentSpatialLayer;
  }

  get currentTemporalLayer(): number {
    return this.#context.currentTemporalLayer;
  }

  get currentProducerStream(): RtpStreamRecv | undefined {
    return this.#context.currentSpatialLayer === -1 ? undefined : this.#stream;
  }

  get #active(): boolean {
    return this.owner.active && isAlive(this.#stream);
  }

  isForCurrentStream(): boolean {
    return true;
  }

  process(packet: RtpPacket): PacketAction {
    const context = this.#context;
    if (context.targetSpatialLayer === -1 || context.targetTemporalLayer === -1) {
      return this.drop(DropReason.consumerLayer);
    }
    if (this.#syncRequired && !packet.isKeyFrame) return PacketAction.buffer;
    if (packet.payloadLength === 0) return this.drop(DropReason.consumerLayer);

    this.forwardUnchanged(packet);
    if (this.#syncRequired) {
      this.#syncRequired = false;
      this.isSync = true;
      this.syncSeq = (packet.sequenceNumber - 1) & 0xffff;
      this.sendBuffered = packet.isKeyFrame;
      context.requireSync();
    }
    const { currentSpatialLayer, currentTemporalLayer } = context;
    if (!context.process(packet)) return this.drop(DropReason.consumerLayer);
    this.temporalLayerChanged =
      context.currentSpatialLayer !== currentSpatialLayer || context.currentTemporalLayer !== currentTemporalLayer;
    this.marker = context.marker;
    this.rewrite = context.rewrite;
    return PacketAction.forward;
  }

  addProducerStream(stream: RtpStreamRecv): void {
    this.#stream = stream;
  }

  onProducerNewRtpStream(stream: RtpStreamRecv, _mappedSsrc: number, now: number): void {
    this.#stream = stream;
    this.owner.onScoreChanged();
    if (this.#active) this.mayChangeLayers(false, now);
  }

  onProducerRtpStreamScore(_stream: RtpStreamRecv, score: number, previousScore: number, now: number): void {
    if (!this.owner.active) return;
    // Congestion control reacts to bad quality in its own way; it does not know of streams that die and come back.
    if (!this.owner.externallyManagedBitrate || score === 0 || previousScore === 0) this.mayChangeLayers(false, now);
  }

  onProducerRtpStreamRestart(): void {
    this.#syncRequired = true;
  }

  override onProducerSpatialLayerActivityChanged(now: number): void {
    if (this.#active) this.mayChangeLayers(false, now);
  }

  onTransportConnected(now: number): void {
    this.#syncRequired = true;
    if (this.#active) this.mayChangeLayers(false, now);
  }

  onResumed(now: number): void {
    this.onTransportConnected(now);
  }

  requestKeyFrame(now: number): void {
    this.owner.onKeyFrameRequested(this.#mappedSsrc, now);
  }

  requestKeyFrameForCurrentStream(now: number): void {
    this.requestKeyFrame(now);
  }

  increaseLayer(bitrate: number, network: NetworkConditions, lossPercentage: number, now: number): number {
    const stream = this.#stream;
    if (stream === undefined || stream.score === 0 || this.hasPreferredLayers) return 0;
    const provisional = this.provisionalSpatialLayer;
    for (let spatial = 0; spatial < stream.params.spatialLayers; spatial++) {
      if (spatial < provisional) continue;
      const first = spatial === provisional ? this.provisionalTemporalLayer + 1 : 0;
      const last = Math.min(stream.params.temporalLayers - 1, this.preferredTemporalLayer);
      if (first <= last) {
        const required = this.#requiredBitrate(stream, spatial, first, now);
        if (required > 0) return this.takeLayer(spatial, first, required, bitrate, network, lossPercentage, now);
      }
      if (spatial >= this.preferredSpatialLayer && this.hasProvisionalLayers) return 0;
    }
    return 0;
  }

  targetBitrate(now: number): number {
    const { ksvc, targetSpatialLayer, targetTemporalLayer } = this.#context;
    const stream = this.#stream;
    if (stream === undefined || targetSpatialLayer === -1) return 0;
    if (!ksvc) return stream.bitrateUpTo(targetSpatialLayer, targetTemporalLayer, now);
    let bitrate = 0;
    for (let temporal = 0; temporal <= targetTemporalLayer; temporal++) {
      bitrate += stream.layerBitrate(targetSpatialLayer, temporal, now);
    }
    return bitrate;
  }

  desiredBitrate(now: number): number {
    const stream = this.#stream;
    if (stream === undefined || stream.score === 0) return 0;
    if (!this.#context.ksvc) return stream.bitrate(now);
    let highest = 0;
    for (let spatial = 0; spatial < stream.params.spatialLayers; spatial++) {
      highest = Math.max(highest, stream.spatialLayerBitrate(spatial, now));
    }
    return highest;
  }

  protected recalculateTargetLayers(now: number): void {
    this.newSpatialLayer = -1;
    this.newTemporalLayer = -1;
    const stream = this.#stream;
    if (stream === undefined || stream.score === 0) return;
    for (let spatial = 0; spatial < stream.params.spatialLayers; spatial++) {
      const found = this.newSpatialLayer !== -1;
      if (stream.spatialLayerBitrate(spatial, now) === 0) continue;
      // What is not wanted is taken only if there is nothing else.
      if (found && spatial > this.preferredSpatialLayer) break;
      this.newSpatialLayer = spatial;
      if (spatial >= this.preferredSpatialLayer) break;
    }
    if (this.newSpatialLayer !== -1) {
      this.newTemporalLayer = Math.min(this.preferredTemporalLayer, this.#context.temporalLayers - 1);
    }
  }

  protected updateTargetLayers(spatialLayer: number, temporalLayer: number, now: number): void {
    const context = this.#context;
    context.targetSpatialLayer = spatialLayer;
    context.targetTemporalLayer = temporalLayer;
    if (spatialLayer === -1) {
      context.targetTemporalLayer = -1;
      context.currentSpatialLayer = -1;
      context.currentTemporalLayer = -1;
      this.owner.onLayersChanged();
      return;
    }
    // In full SVC one may step down at any frame; in K-SVC layers are tied together at key frames only.
    const { currentSpatialLayer } = context;
    if (context.ksvc ? spatialLayer !== currentSpatialLayer : spatialLayer > currentSpatialLayer) {
      this.requestKeyFrame(now);
    }
  }

  /** In K-SVC a higher spatial layer comes in place of the lower one. */
  #requiredBitrate(stream: RtpStreamRecv, spatial: number, temporal: number, now: number): number {
    const required = stream.layerBitrate(spatial, temporal, now);
    const provisional = this.provisionalSpatialLayer;
    if (!this.#context.ksvc || required === 0 || temporal > 0 || provisional === -1 || spatial <= provisional) {
      return required;
    }
    return Math.max(1, required - stream.spatialLayerBitrate(provisional, now));
  }
}
