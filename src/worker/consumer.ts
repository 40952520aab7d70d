import type * as FbsConsumer from '../channel/fbs/consumer.js';
import { Event } from '../channel/fbs/notification.js';
import { MediaKind, Type } from '../channel/fbs/rtp-parameters.js';
import { type ConsumeRequest } from '../channel/fbs/transport.js';
import { type HeaderExtensionIds } from '../rtp/header-extension.js';
import { type RtpPacket } from '../rtp/rtp-packet.js';
import { type RtpStreamRecv } from '../rtp/rtp-stream-recv.js';
import { ConsumerForwarder, type ConsumerForwarderOwner } from './consumer-forwarder.js';
import { ConsumerOutput, type ConsumerOutputOwner } from './consumer-output.js';
import { clampLayers, type ConsumerParameters, parseConsumerParameters } from './consumer-parameters.js';
import { ConsumerRtcp, type ConsumerRtcpOwner } from './consumer-rtcp.js';
import { ConsumerTraces } from './consumer-traces.js';
import { createProducerStreamManager } from './create-producer-stream-manager.js';
import { type EgressPacket } from './egress.js';
import { type MediaContext } from './media-context.js';
import {
  type NetworkConditions,
  type ProducerStreamManager,
  type ProducerStreamManagerOwner,
} from './producer-stream-manager.js';
import { headerExtensionIds, type RtpParameters, serializeEncoding, serializeRtpParameters } from './rtp-parameters.js';
import { dumpSendStream, recvStreamStats, sendStreamStats } from './rtp-stream-stats.js';

/** What a Transport does for its Consumers. `now` is the worker's monotonic time in ms. */
export interface ConsumerListener {
  /**
   * Sends a packet: the Transport writes abs-send-time and the transport-wide sequence number into `packet`, tells its
   * congestion control, counts it, and commits it to the Egress (or delivers it at once, as a DirectTransport does).
   */
  onConsumerSendRtp(consumer: Consumer, packet: EgressPacket, now: number): void;

  /** The same for an answer to a NACK: RTX, or the original packet again if RTX was not negotiated. */
  onConsumerRetransmitRtp(consumer: Consumer, packet: EgressPacket, now: number): void;

  /** The same for a packet sent once more by RTX, which nobody asked for: see `Consumer.sendPadding`. */
  onConsumerSendPadding(consumer: Consumer, packet: EgressPacket, now: number): void;

  /** For the Producer, by way of the Router. Ignored while the Transport is not connected. */
  onConsumerKeyFrameRequested(consumer: Consumer, mappedSsrc: number, now: number): void;

  /** Layers may have to change: distribute the available bitrate anew, compute the desired one. */
  onConsumerNeedBitrateChange(consumer: Consumer, now: number): void;

  /** The Consumer needs nothing any more: as before, and the desired bitrate takes effect at once. */
  onConsumerNeedZeroBitrate(consumer: Consumer, now: number): void;

  /** The Producer is gone (the application has been told): the Transport closes the Consumer. */
  onConsumerProducerClosed(consumer: Consumer, now: number): void;
}

/** A sink of audio or video in a Router: what a Transport sends of one Producer. */
export class Consumer
  implements ProducerStreamManagerOwner, ConsumerForwarderOwner, ConsumerOutputOwner, ConsumerRtcpOwner
{
  readonly id: string;
  readonly producerId: string;
  readonly kind: MediaKind;
  readonly type: Type;
  readonly rtpParameters: RtpParameters;
  /** The ids of extensions that were negotiated with the receiver. */
  readonly extensionIds: HeaderExtensionIds;
  /** SSRCs it sends with. */
  readonly mediaSsrcs: readonly number[];
  readonly rtxSsrcs: readonly number[];
  readonly rtcp: ConsumerRtcp;
  externallyManagedBitrate = false;

  readonly #listener: ConsumerListener;
  readonly #media: MediaContext;
  readonly #parameters: ConsumerParameters;
  readonly #isPipe: boolean;
  readonly #manager: ProducerStreamManager;
  readonly #traces: ConsumerTraces;
  /** One, or for pipes one per encoding. */
  readonly #outputs: ConsumerOutput[];
  readonly #forwarder: ConsumerForwarder;

  #paused: boolean;
  #producerPaused = false;
  #producerClosed = false;
  #connected = false;
  #priority = 1;
  #producerScores: readonly number[] = [];

  /** @throws TypeError if the parameters are wrong */
  constructor(request: ConsumeRequest, listener: ConsumerListener, media: MediaContext, now: number) {
    const parameters = parseConsumerParameters(request);
    const { rtpParameters } = parameters;
    this.id = request.consumerId;
    this.producerId = request.producerId;
    this.kind = parameters.kind;
    this.type = parameters.type;
    this.rtpParameters = rtpParameters;
    this.extensionIds = headerExtensionIds(rtpParameters);
    this.mediaSsrcs = rtpParameters.encodings.map(({ ssrc }) => ssrc);
    this.rtxSsrcs = rtpParameters.encodings.flatMap(({ rtxSsrc }) => rtxSsrc ?? []);
    this.#listener = listener;
    this.#media = media;
    this.#parameters = parameters;
    this.#isPipe = parameters.type === Type.PIPE;
    this.#paused = request.paused;
    this.#traces = new ConsumerTraces(this.id, rtpParameters.mid, media.notifier);
    const outputs = this.#isPipe ? rtpParameters.encodings.length : 1;
    this.#outputs = Array.from(
      { length: outputs },
      (_, index) => new ConsumerOutput(rtpParameters, index, this.#traces, media, this, now),
    );
    this.rtcp = new ConsumerRtcp(rtpParameters.rtcp.cname, this.#outputs, this.#traces, this);
    this.#manager = createProducerStreamManager(this, parameters);
    this.#forwarder = new ConsumerForwarder(this.#outputs, this.#isPipe, parameters, this.#manager, media, this);
  }

  /** Whether it sends at all: connected, not paused, and the Producer neither paused nor closed. */
  get active(): boolean {
    return this.#connected && !this.#paused && !this.#producerPaused && !this.#producerClosed;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get producerPaused(): boolean {
    return this.#producerPaused;
  }

  /** Undefined unless it has layers to choose from. */
  get preferredLayers(): FbsConsumer.ConsumerLayers | undefined {
    const { preferredSpatialLayer, preferredTemporalLayer } = this.#manager;
    if (preferredSpatialLayer === -1 || preferredTemporalLayer === -1) return undefined;
    return { spatialLayer: preferredSpatialLayer, temporalLayer: preferredTemporalLayer };
  }

  get score(): FbsConsumer.ConsumerScore {
    const scores = Uint8Array.from(this.#producerScores);
    if (this.#isPipe) return { score: 10, producerScore: 10, producerScores: scores };
    const producerScore = this.#manager.currentProducerStream?.score ?? 0;
    return { score: this.#outputs[0].stream.score, producerScore, producerScores: scores };
  }

  /** ms, 0 if unknown. */
  get rtt(): number {
    return Math.max(...this.#outputs.map(({ stream }) => stream.rtt));
  }

  // From the Router

  /** Right after construction. The array is the Producer's own and changes. */
  setProducerScores(scores: readonly number[]): void {
    this.#producerScores = scores;
  }

  /** A stream that the Producer had when the Consumer was made. */
  addProducerRtpStream(stream: RtpStreamRecv, mappedSsrc: number): void {
    this.#manager.addProducerStream(stream, mappedSsrc);
  }

  onProducerNewRtpStream(stream: RtpStreamRecv, mappedSsrc: number, now: number): void {
    this.#manager.onProducerNewRtpStream(stream, mappedSsrc, now);
  }

  onProducerRtpStreamScore(stream: RtpStreamRecv, score: number, previousScore: number, now: number): void {
    this.onScoreChanged();
    this.#manager.onProducerRtpStreamScore(stream, score, previousScore, now);
  }

  onProducerRtpStreamRestart(mappedSsrc: number): void {
    this.onClearBuffer();
    this.#manager.onProducerRtpStreamRestart(mappedSsrc);
  }

  onProducerSpatialLayerActivityChanged(_stream: RtpStreamRecv, now: number): void {
    this.#manager.onProducerSpatialLayerActivityChanged(now);
  }

  onProducerRtcpSenderReport(_stream: RtpStreamRecv, first: boolean, now: number): void {
    this.#manager.onProducerSenderReport(first, now);
  }

  onProducerPaused(now: number): void {
    if (this.#producerPaused) return;
    const wasActive = this.active;
    this.#producerPaused = true;
    if (wasActive) this.#onPaused(now);
    this.#media.notifier.notify(this.id, Event.CONSUMER_PRODUCER_PAUSE);
  }

  onProducerResumed(now: number): void {
    if (!this.#producerPaused) return;
    this.#producerPaused = false;
    if (this.active) this.#manager.onResumed(now);
    this.#media.notifier.notify(this.id, Event.CONSUMER_PRODUCER_RESUME);
  }

  onProducerClosed(now: number): void {
    this.#producerClosed = true;
    this.#media.notifier.notify(this.id, Event.CONSUMER_PRODUCER_CLOSE);
    this.#listener.onConsumerProducerClosed(this, now);
  }

  /** The hot path: a mangled packet of the Producer. */
  sendRtpPacket(packet: RtpPacket, now: number): void {
    this.#forwarder.forward(packet, now);
  }

  /** What receivers of the Producer lose, 0..255. 0 while inactive. */
  worstFractionLost(_mappedSsrc: number): number {
    if (!this.active) return 0;
    let worst = 0;
    for (const { stream } of this.#outputs) worst = Math.max(worst, stream.fractionLost);
    return worst;
  }

  // From the Transport

  onTransportConnected(now: number): void {
    if (this.#connected) return;
    this.#connected = true;
    this.#manager.onTransportConnected(now);
  }

  onTransportDisconnected(now: number): void {
    if (!this.#connected) return;
    this.#connected = false;
    this.#pauseOutputs();
    this.#manager.onTransportDisconnected(now);
  }

  /** From now on the Transport's congestion control decides about layers. */
  setExternallyManagedBitrate(): void {
    this.externallyManagedBitrate = true;
  }

  /** 0: takes no part in the distribution of bitrate. */
  get bitratePriority(): number {
    return this.kind === MediaKind.VIDEO && this.active ? this.#priority : 0;
  }

  /** Takes one more layer if `bitrate` (bps) suffices. Returns how much of it is taken. */
  increaseLayer(bitrate: number, network: NetworkConditions, now: number): number {
    return this.#manager.increaseLayer(bitrate, network, this.#outputs[0].stream.lossPercentage, now);
  }

  /** bps of the layers taken by `increaseLayer`. */
  get provisionalBitrate(): number {
    return this.#manager.provisionalBitrate;
  }

  /** Whether a key frame is needed for the layers taken by `increaseLayer`. */
  get takesKeyFrame(): boolean {
    return this.#manager.takesKeyFrame;
  }

  /** Makes the layers taken by `increaseLayer` the target. */
  applyLayers(now: number): void {
    this.#manager.applyLayers(this.#outputs[0].stream.activeTime(now), now);
  }

  /** Leaves the target as it is, whatever `increaseLayer` took. */
  discardLayers(): void {
    this.#manager.discardLayers();
  }

  /** bps of the layers that are being sent, or will be from the next key frame on. */
  targetBitrate(now: number): number {
    return this.bitratePriority > 0 ? this.#manager.targetBitrate(now) : 0;
  }

  /**
   * Sends a packet of late once more, by RTX: where bytes are needed to probe for bandwidth these may be of use. False:
   * it has none, or no RTX.
   */
  sendPadding(now: number): boolean {
    if (this.kind !== MediaKind.VIDEO || !this.active) return false;
    for (const { stream } of this.#outputs) if (stream.sendPadding(now)) return true;
    return false;
  }

  /** bps */
  desiredBitrate(now: number): number {
    if (this.#isPipe || this.kind === MediaKind.AUDIO || !this.active) return 0;
    return Math.max(this.rtpParameters.encodings[0].maxBitrate, this.#manager.desiredBitrate(now));
  }

  // Requests

  pause(now: number): void {
    if (this.#paused) return;
    const wasActive = this.active;
    this.#paused = true;
    if (wasActive) this.#onPaused(now);
  }

  resume(now: number): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.active) this.#manager.onResumed(now);
  }

  requestKeyFrame(now: number): void {
    if (this.active) this.#manager.requestKeyFrame(now);
  }

  /**
   * @param respond called with the layers as they will be in effect, undefined if there are none to choose from, before
   *   anything changes
   */
  setPreferredLayers(
    layers: FbsConsumer.ConsumerLayers,
    respond: (effective: FbsConsumer.ConsumerLayers | undefined) => void,
    now: number,
  ): void {
    const manager = this.#manager;
    if (this.preferredLayers === undefined) return respond(undefined);
    const [spatialLayer, temporalLayer] = clampLayers(layers, this.rtpParameters.encodings[0]);
    respond({ spatialLayer, temporalLayer });
    if (spatialLayer === manager.preferredSpatialLayer && temporalLayer === manager.preferredTemporalLayer) return;
    manager.preferredSpatialLayer = spatialLayer;
    manager.preferredTemporalLayer = temporalLayer;
    if (this.active) manager.mayChangeLayers(true, now);
  }

  /** @throws TypeError */
  setPriority(priority: number): void {
    if (priority < 1) throw new TypeError('wrong priority (must be higher than 0)');
    this.#priority = priority;
  }

  enableTraceEvents(types: readonly FbsConsumer.TraceEventType[]): void {
    this.#traces.enable(types);
  }

  dump(): FbsConsumer.ConsumerDump {
    const manager = this.#manager;
    const { supportedPayloadTypes, consumableEncodings } = this.#parameters;
    return {
      base: {
        id: this.id,
        type: this.type,
        producerId: this.producerId,
        kind: this.kind,
        rtpParameters: serializeRtpParameters(this.rtpParameters),
        consumableRtpEncodings: consumableEncodings.map(serializeEncoding),
        supportedCodecPayloadTypes: Uint8Array.from(supportedPayloadTypes.keys()).filter(
          payloadType => supportedPayloadTypes[payloadType] === 1,
        ),
        traceEventTypes: this.#traces.types,
        paused: this.#paused,
        producerPaused: this.#producerPaused,
        priority: this.#priority,
      },
      rtpStreams: this.#outputs.map(({ stream }) => dumpSendStream(stream)),
      preferredSpatialLayer: manager.preferredSpatialLayer,
      targetSpatialLayer: manager.targetSpatialLayer,
      currentSpatialLayer: manager.currentSpatialLayer,
      preferredTemporalLayer: manager.preferredTemporalLayer,
      targetTemporalLayer: manager.targetTemporalLayer,
      currentTemporalLayer: manager.currentTemporalLayer,
    };
  }

  getStats(now: number): FbsConsumer.GetStatsResponse {
    const stats = this.#outputs.map(({ stream }) => sendStreamStats(stream, now));
    const producerStream = this.#manager.currentProducerStream;
    if (producerStream !== undefined) stats.push(recvStreamStats(producerStream, now));
    return { stats };
  }

  /** Gives back all packets it keeps. */
  close(): void {
    for (const output of this.#outputs) output.close();
  }

  // Owner of the manager and of the packet path

  onKeyFrameRequested(mappedSsrc: number, now: number): void {
    this.#listener.onConsumerKeyFrameRequested(this, mappedSsrc, now);
  }

  onNeedBitrateChange(now: number): void {
    this.#listener.onConsumerNeedBitrateChange(this, now);
  }

  onLayersChanged(): void {
    const { currentSpatialLayer, currentTemporalLayer } = this.#manager;
    const layers =
      currentSpatialLayer === -1
        ? undefined
        : { spatialLayer: currentSpatialLayer, temporalLayer: currentTemporalLayer };
    this.#media.notifier.notify(this.id, Event.CONSUMER_LAYERS_CHANGE, { layers });
  }

  onScoreChanged(): void {
    if (this.#isPipe) return;
    this.#media.notifier.notify(this.id, Event.CONSUMER_SCORE, { score: this.score });
  }

  onClearBuffer(): void {
    for (const { buffer } of this.#outputs) buffer.clear();
  }

  // Owner of the RTCP

  onReceiverNeedsKeyFrame(now: number): void {
    this.#manager.requestKeyFrameForCurrentStream(now);
  }

  // Owner of the outputs

  onSendRtp(packet: EgressPacket, now: number): void {
    this.#listener.onConsumerSendRtp(this, packet, now);
  }

  onRetransmitRtp(packet: EgressPacket, now: number): void {
    this.#listener.onConsumerRetransmitRtp(this, packet, now);
  }

  onSendPadding(packet: EgressPacket, now: number): void {
    this.#listener.onConsumerSendPadding(this, packet, now);
  }

  onOutputScore(now: number): void {
    this.onScoreChanged();
    if (this.active && !this.externallyManagedBitrate) this.#manager.mayChangeLayers(false, now);
  }

  #onPaused(now: number): void {
    this.#pauseOutputs();
    this.#manager.onPaused(now);
    if (this.externallyManagedBitrate && this.kind === MediaKind.VIDEO) {
      this.#listener.onConsumerNeedZeroBitrate(this, now);
    }
  }

  #pauseOutputs(): void {
    for (const output of this.#outputs) output.pause();
  }
}
