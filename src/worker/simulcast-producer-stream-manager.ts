import { isSeqHigher, isSeqLower } from '../common/serial-number.js';
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
import { TimestampAlignment } from './timestamp-alignment.js';

/** A stream that is younger than this, ms, is not switched to while another one is there. */
const STREAM_MIN_ACTIVE_TIME = 2000;
/** For how many packets after a switch older packets of the new stream are looked out for. */
const OLD_PACKETS_WINDOW = 100;
/** After a switch the output's timestamps go on by about one frame, ms ... */
const SWITCH_TS_STEP = 33;
/** ... and may be shifted against those of the Producer by no more than this. */
const MAX_SWITCH_TS_SHIFT = 75;

/**
 * For a Producer with several streams of the same content: one of them is passed on at a time. Each stream is a spatial
 * layer, and may have temporal layers.
 *
 * Streams are switched at key frames of the one switched to, once their timestamps can be aligned.
 */
export class SimulcastProducerStreamManager extends LayeredProducerStreamManager {
  #targetSpatialLayer = -1;
  #targetTemporalLayer = -1;
  #currentSpatialLayer = -1;

  /** In the order of spatial layers. */
  readonly #mappedSsrcs: readonly number[];
  readonly #streams: (RtpStreamRecv | undefined)[];
  readonly #keyFrameSupported: boolean;
  /** Knows the temporal layers. */
  readonly #context: EncodingContext;

  #syncRequired = false;
  /** The layer that the sync is for; -1: any. */
  #spatialLayerToSync = -1;

  readonly #timestamps: TimestampAlignment;
  /** Of the layer that is being sent. */
  #currentTsOffset = 0;
  /** Whether a key frame has been let pass once already because its timestamps were too far off. */
  #keyFrameForTsOffsetRequested = false;

  /** Sequence number of the packet at which the current stream was switched to. */
  #switchSeq = 0;
  #checkingForOldPackets = false;

  constructor(
    owner: ProducerStreamManagerOwner,
    mappedSsrcs: readonly number[],
    keyFrameSupported: boolean,
    context: EncodingContext,
    preferredSpatialLayer: number,
    preferredTemporalLayer: number,
  ) {
    super(owner, preferredSpatialLayer, preferredTemporalLayer);
    this.#mappedSsrcs = mappedSsrcs;
    this.#streams = mappedSsrcs.map(() => undefined);
    this.#timestamps = new TimestampAlignment(this.#streams);
    this.#keyFrameSupported = keyFrameSupported;
    this.#context = context;
  }

  get targetSpatialLayer(): number {
    return this.#targetSpatialLayer;
  }

  get targetTemporalLayer(): number {
    return this.#targetTemporalLayer;
  }

  get currentSpatialLayer(): number {
    return this.#currentSpatialLayer;
  }

  get currentTemporalLayer(): number {
    return this.#context.currentTemporalLayer;
  }

  get currentProducerStream(): RtpStreamRecv | undefined {
    return this.#stream(this.#currentSpatialLayer);
  }

  get targetProducerStream(): RtpStreamRecv | undefined {
    return this.#stream(this.#targetSpatialLayer);
  }

  get #active(): boolean {
    return this.owner.active && this.#streams.some(isAlive);
  }

  isForCurrentStream(packet: RtpPacket): boolean {
    return this.#mappedSsrcs.indexOf(packet.ssrc) === this.#currentSpatialLayer;
  }

  process(
    packet: RtpPacket,
    lastSentMarker: boolean,
    clockRate: number,
    maxPacketTs: number,
    now: number,
  ): PacketAction {
    const spatialLayer = this.#mappedSsrcs.indexOf(packet.ssrc);
    if (spatialLayer === -1) return this.ignore(DropReason.rtpUnknownStream);
    const isCurrent = spatialLayer === this.#currentSpatialLayer;
    const needsKeyFrame = this.#keyFrameSupported && !packet.isKeyFrame;
    if (this.#targetTemporalLayer === -1) return this.#leaveOut(isCurrent, DropReason.consumerLayer);

    const isSwitch = !isCurrent && spatialLayer === this.#targetSpatialLayer;
    if (isSwitch) {
      if (needsKeyFrame) return PacketAction.buffer;
      this.#syncRequired = true;
      this.#spatialLayerToSync = spatialLayer;
    } else if (!isCurrent) {
      return this.ignore(DropReason.consumerLayer);
    }
    if (this.#syncRequired && needsKeyFrame) return PacketAction.buffer;
    if (packet.payloadLength === 0) return this.#leaveOut(isCurrent, DropReason.consumerLayer);

    this.forwardUnchanged(packet);
    if (this.#syncRequired && (this.#spatialLayerToSync === -1 || spatialLayer === this.#spatialLayerToSync)) {
      if (!this.#sync(packet, spatialLayer, isSwitch, lastSentMarker, clockRate, maxPacketTs, now)) {
        return this.ignore(DropReason.consumerWaitsForKeyFrame);
      }
    }
    // What comes late from before the switch was never meant to be sent.
    if (!isSwitch && this.#checkingForOldPackets) {
      if (isSeqLower(packet.sequenceNumber, this.#switchSeq)) return this.drop(DropReason.consumerLayer);
      if (isSeqHigher(packet.sequenceNumber, (this.#switchSeq + OLD_PACKETS_WINDOW) & 0xffff)) {
        this.#checkingForOldPackets = false;
      }
    }

    const context = this.#context;
    const { currentTemporalLayer } = context;
    if (isSwitch) {
      this.#currentSpatialLayer = this.#targetSpatialLayer;
      this.#switchSeq = packet.sequenceNumber;
      this.#checkingForOldPackets = true;
      context.targetTemporalLayer = this.#targetTemporalLayer;
      context.currentTemporalLayer = packet.temporalLayer;
      context.process(packet);
      this.spatialLayerSwitched = true;
    } else {
      if (!context.process(packet)) return this.drop(DropReason.consumerLayer);
      this.temporalLayerChanged = context.currentTemporalLayer !== currentTemporalLayer;
    }
    this.tsOffset = this.#currentTsOffset;
    this.marker = context.marker;
    this.rewrite = context.rewrite;
    return PacketAction.forward;
  }

  addProducerStream(stream: RtpStreamRecv, mappedSsrc: number): void {
    const spatialLayer = this.#mappedSsrcs.indexOf(mappedSsrc);
    if (spatialLayer >= 0) this.#streams[spatialLayer] = stream;
  }

  onProducerNewRtpStream(stream: RtpStreamRecv, mappedSsrc: number, now: number): void {
    this.addProducerStream(stream, mappedSsrc);
    this.owner.onScoreChanged();
    if (!this.#active) return;
    this.mayChangeLayers(false, now);
    // It could not be asked for a key frame before it was there.
    if (this.#stream(this.#targetSpatialLayer) === stream && !this.#isInTarget) this.#requestTargetKeyFrame(now);
  }

  onProducerRtpStreamScore(_stream: RtpStreamRecv, score: number, previousScore: number, now: number): void {
    if (!this.owner.active) return;
    if (!this.#active) {
      this.updateTargetLayers(-1, -1, now);
    } else if (!this.owner.externallyManagedBitrate || score === 0 || previousScore === 0) {
      // Congestion control reacts to bad quality in its own way; it does not know of streams that die and come back.
      this.mayChangeLayers(false, now);
    }
  }

  onProducerRtpStreamRestart(mappedSsrc: number): void {
    if (this.#mappedSsrcs.indexOf(mappedSsrc) !== this.#currentSpatialLayer) return;
    this.#syncRequired = true;
    this.#spatialLayerToSync = -1;
    this.#checkingForOldPackets = false;
  }

  /** More layers can be switched to once their capture times are known, and those of the reference. */
  override onProducerSenderReport(first: boolean, now: number): void {
    if (!this.#timestamps.hasMappedReference) return;
    const isNew = this.#timestamps.mappedLayersChanged();
    if ((first || isNew) && this.#active) this.mayChangeLayers(false, now);
  }

  onTransportConnected(now: number): void {
    this.#syncRequired = true;
    this.#spatialLayerToSync = -1;
    this.#keyFrameForTsOffsetRequested = false;
    if (this.#active) this.mayChangeLayers(false, now);
  }

  onResumed(now: number): void {
    this.#checkingForOldPackets = false;
    this.onTransportConnected(now);
  }

  requestKeyFrame(now: number): void {
    this.#requestTargetKeyFrame(now);
    if (!this.#isInTarget) this.requestKeyFrameForCurrentStream(now);
  }

  requestKeyFrameForCurrentStream(now: number): void {
    this.#requestKeyFrameOf(this.#currentSpatialLayer, now);
  }

  increaseLayer(bitrate: number, network: NetworkConditions, lossPercentage: number, now: number): number {
    if (this.hasPreferredLayers) return 0;
    const provisional = this.provisionalSpatialLayer;
    let usableFound = this.hasProvisionalLayers;
    for (let spatial = 0; spatial < this.#streams.length; spatial++) {
      if (spatial < provisional) continue;
      if (spatial > this.preferredSpatialLayer && usableFound && spatial !== provisional) return 0;
      const stream = this.#streams[spatial];
      if (stream === undefined || stream.score === 0) continue;
      if (this.#isTooYoung(stream, spatial, now) || !this.#timestamps.canSwitchTo(spatial)) continue;
      usableFound = true;
      const first = spatial === provisional ? this.provisionalTemporalLayer + 1 : 0;
      const last = Math.min(stream.params.temporalLayers - 1, this.preferredTemporalLayer);
      if (first <= last) {
        const required = this.#requiredBitrate(stream, spatial, first, now);
        if (required > 0) return this.takeLayer(spatial, first, required, bitrate, network, lossPercentage, now);
      }
      if (spatial >= this.preferredSpatialLayer) return 0;
    }
    return 0;
  }

  targetBitrate(now: number): number {
    return this.targetProducerStream?.bitrateUpTo(0, this.#targetTemporalLayer, now) ?? 0;
  }

  desiredBitrate(now: number): number {
    let highest = 0;
    for (const stream of this.#streams) {
      if (stream !== undefined) highest = Math.max(highest, stream.bitrate(now));
    }
    return highest;
  }

  protected recalculateTargetLayers(now: number): void {
    this.newSpatialLayer = -1;
    this.newTemporalLayer = -1;
    for (let spatial = 0; spatial < this.#streams.length; spatial++) {
      const found = this.newSpatialLayer !== -1;
      const stream = this.#streams[spatial];
      if (stream === undefined || stream.score === 0) continue;
      if (found && this.owner.externallyManagedBitrate && stream.activeTime(now) < STREAM_MIN_ACTIVE_TIME) continue;
      if (!this.#timestamps.canSwitchTo(spatial)) continue;
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
    if (spatialLayer !== -1) this.#timestamps.offerReference(spatialLayer);
    if (spatialLayer !== this.#targetSpatialLayer) this.owner.onClearBuffer();
    this.#targetSpatialLayer = spatialLayer;
    this.#targetTemporalLayer = spatialLayer === -1 ? -1 : temporalLayer;
    if (spatialLayer === -1) {
      this.#currentSpatialLayer = -1;
      this.#context.targetTemporalLayer = -1;
      this.#context.currentTemporalLayer = -1;
      this.owner.onLayersChanged();
    } else if (spatialLayer === this.#currentSpatialLayer) {
      this.#context.targetTemporalLayer = temporalLayer;
    } else {
      // Until the key frame comes, as little as possible of a stream for which there is no bandwidth.
      const isDowngrade = spatialLayer < this.#currentSpatialLayer;
      if (isDowngrade && this.owner.externallyManagedBitrate) this.#context.targetTemporalLayer = 0;
      this.#requestTargetKeyFrame(now);
    }
  }

  #stream(spatialLayer: number): RtpStreamRecv | undefined {
    return spatialLayer === -1 ? undefined : this.#streams[spatialLayer];
  }

  get #isInTarget(): boolean {
    return this.#currentSpatialLayer === this.#targetSpatialLayer;
  }

  #isTooYoung(stream: RtpStreamRecv, spatialLayer: number, now: number): boolean {
    const provisional = this.provisionalSpatialLayer;
    if (provisional === -1 || spatialLayer === provisional || stream.activeTime(now) >= STREAM_MIN_ACTIVE_TIME) {
      return false;
    }
    // Once chosen, it is not left again because the other one came of age a moment before it.
    if (spatialLayer === this.#targetSpatialLayer) return false;
    return this.#streams[provisional]!.activeTime(now) >= STREAM_MIN_ACTIVE_TIME;
  }

  /** A higher spatial layer comes in place of the lower one. */
  #requiredBitrate(stream: RtpStreamRecv, spatial: number, temporal: number, now: number): number {
    const required = stream.layerBitrate(0, temporal, now);
    const provisional = this.provisionalSpatialLayer;
    if (required === 0 || temporal > 0 || provisional === -1 || spatial <= provisional) return required;
    const freed = this.#streams[provisional]!.bitrateUpTo(0, this.provisionalTemporalLayer, now);
    return Math.max(1, required - freed);
  }

  #requestTargetKeyFrame(now: number): void {
    this.#requestKeyFrameOf(this.#targetSpatialLayer, now);
  }

  #requestKeyFrameOf(spatialLayer: number, now: number): void {
    if (this.#stream(spatialLayer) === undefined) return;
    this.owner.onKeyFrameRequested(this.#mappedSsrcs[spatialLayer], now);
  }

  #leaveOut(isCurrent: boolean, reason: DropReason): PacketAction {
    return isCurrent ? this.drop(reason) : this.ignore(reason);
  }

  /** Makes the output go on at this packet. False: not at this one, another key frame is needed. */
  #sync(
    packet: RtpPacket,
    spatialLayer: number,
    isSwitch: boolean,
    lastSentMarker: boolean,
    clockRate: number,
    maxPacketTs: number,
    now: number,
  ): boolean {
    // A stream that began anew goes on as it was: its timestamps are made to.
    let tsOffset = isSwitch ? this.#timestamps.offsetOf(spatialLayer, clockRate) : this.#currentTsOffset;
    if (Number.isNaN(tsOffset)) {
      if (packet.isKeyFrame) this.requestKeyFrame(now);
      return false;
    }
    // Timestamps must not go back, although the new stream may be behind. Compared as plain numbers, as the reference does.
    if (isSwitch && (packet.timestamp - tsOffset) >>> 0 <= maxPacketTs) {
      const maxShift = Math.trunc((MAX_SWITCH_TS_SHIFT * clockRate) / 1000);
      const step = Math.trunc((SWITCH_TS_STEP * clockRate) / 1000);
      let shift = (maxPacketTs - packet.timestamp + tsOffset + step) >>> 0;
      if (shift > maxShift) {
        if (!this.#keyFrameForTsOffsetRequested) {
          // The next key frame may fit better.
          this.#requestTargetKeyFrame(now);
          this.#keyFrameForTsOffsetRequested = true;
          this.#syncRequired = false;
          this.#spatialLayerToSync = -1;
          return false;
        }
        shift = 1;
      }
      tsOffset = (tsOffset - shift) >>> 0;
    }
    this.#currentTsOffset = tsOffset;
    this.isSync = true;
    // If the last frame was cut off, the gap in the sequence numbers lets the receiver know.
    this.syncSeq = (packet.sequenceNumber - (lastSentMarker ? 1 : 2)) & 0xffff;
    this.sendBuffered = packet.isKeyFrame;
    this.#context.requireSync();
    this.#syncRequired = false;
    this.#spatialLayerToSync = -1;
    this.#keyFrameForTsOffsetRequested = false;
    return true;
  }
}
