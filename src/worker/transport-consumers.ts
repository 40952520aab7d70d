import { TraceDirection, type Uint32String } from '../channel/fbs/common.js';
import { Event } from '../channel/fbs/notification.js';
import { MediaKind } from '../channel/fbs/rtp-parameters.js';
import * as FbsTransport from '../channel/fbs/transport.js';
import { DropReason } from '../common/drop-reason.js';
import { BitrateDistribution } from './bitrate-distribution.js';
import { type BitrateLimits } from './bitrate-limits.js';
import { Consumer, type ConsumerListener } from './consumer.js';
import { consumerMethods } from './consumer-requests.js';
import { type WorkerContext } from './context.js';
import { type EgressPacket, type RtpProtector } from './egress.js';
import { type IncomingRequest } from './handler-registry.js';
import { NotFoundError } from './not-found-error.js';
import { OutgoingCongestion, type OutgoingCongestionOwner } from './outgoing-congestion.js';
import { Admission } from './pacer.js';
import { PaddingSender, type PaddingSenderOwner } from './padding-sender.js';
import { type TransportCounters } from './transport-counters.js';
import { type TransportOptions } from './transport-options.js';
import { type TransportOwner } from './transport-owner.js';

/** What a Transport does for its Consumers. */
export interface TransportConsumersOwner {
  readonly id: string;
  readonly isConnected: boolean;
  readonly rtpProtector: RtpProtector | undefined;
  /** Sends a packet. `consumer`: whose it is; undefined if it comes out of the pacer, or is padding. */
  dispatchRtp(packet: EgressPacket, consumer: Consumer | undefined, now: number): void;
  /** Nothing more of this stream will be sent. */
  removeSendStream(ssrc: number): void;
}

type ConsumersDump = Pick<
  FbsTransport.Dump,
  'consumerIds' | 'mapSsrcConsumerId' | 'mapRtxSsrcConsumerId' | 'traceEventTypes'
>;

/**
 * The media that a Transport sends: its Consumers, whose packets go out when congestion control admits them, and who
 * share the bitrate that it says is available.
 */
export class TransportConsumers
  implements Iterable<Consumer>, ConsumerListener, OutgoingCongestionOwner, PaddingSenderOwner
{
  readonly outgoing: OutgoingCongestion;
  readonly #context: WorkerContext;
  readonly #counters: TransportCounters;
  readonly #limits: BitrateLimits;
  readonly #owner: TransportConsumersOwner;
  readonly #router: TransportOwner;
  readonly #consumers = new Map<string, Consumer>();
  readonly #bySsrc = new Map<number, Consumer>();
  readonly #byRtxSsrc = new Map<number, Consumer>();
  readonly #padding: PaddingSender;
  readonly #distribution = new BitrateDistribution();
  #traceEvents: ReadonlySet<FbsTransport.TraceEventType> = new Set();

  constructor(
    options: TransportOptions,
    limits: BitrateLimits,
    counters: TransportCounters,
    context: WorkerContext,
    owner: TransportConsumersOwner,
    router: TransportOwner,
  ) {
    this.#context = context;
    this.#counters = counters;
    this.#limits = limits;
    this.#owner = owner;
    this.#router = router;
    this.outgoing = new OutgoingCongestion(context, this, options);
    this.#padding = new PaddingSender(context, this);
  }

  // Requests

  consume(body: FbsTransport.ConsumeRequest, request: IncomingRequest): void {
    const id = body.consumerId;
    if (this.#consumers.has(id)) {
      throw new Error(`a Consumer with same consumerId already exists [method:${request.name}]`);
    }
    const { handlers, media, runtime } = this.#context;
    const now = runtime.clock.now();
    const consumer = new Consumer(body, this, media, now);
    let registered = false;
    try {
      handlers.register(id, { consumer, clock: runtime.clock }, consumerMethods);
      registered = true;
      this.#router.addConsumer(consumer, now);
    } catch (error) {
      if (registered) handlers.unregister(id);
      consumer.close();
      throw error;
    }
    this.#consumers.set(id, consumer);
    for (const ssrc of consumer.mediaSsrcs) this.#bySsrc.set(ssrc, consumer);
    for (const ssrc of consumer.rtxSsrcs) this.#byRtxSsrc.set(ssrc, consumer);
    request.respond({
      paused: consumer.paused,
      producerPaused: consumer.producerPaused,
      score: consumer.score,
      preferredLayers: consumer.preferredLayers,
    });
    this.outgoing.negotiate(consumer);
    if (this.outgoing.isNegotiated) for (const one of this.#consumers.values()) one.setExternallyManagedBitrate();
    if (!this.#owner.isConnected) return;
    consumer.onTransportConnected(now);
    this.outgoing.connected(now);
  }

  closeConsumer(body: FbsTransport.CloseConsumerRequest, request: IncomingRequest): void {
    const consumer = this.#consumers.get(body.consumerId);
    if (!consumer) throw new NotFoundError(`Consumer not found [method:${request.name}]`);
    this.#closeConsumer(consumer);
    this.#computeDesiredBitrate(true, this.#context.runtime.clock.now());
  }

  /** @param bitrate bps; 0: no limit */
  setMaxOutgoingBitrate(bitrate: bigint): void {
    this.#limits.setMaxOutgoing(bitrate);
    const now = this.#context.runtime.clock.now();
    this.outgoing.setMaxOutgoingBitrate(Number(bitrate), now);
    this.#computeDesiredBitrate(false, now);
  }

  /** @param bitrate bps; 0: no limit */
  setMinOutgoingBitrate(bitrate: bigint): void {
    this.#limits.setMinOutgoing(bitrate);
    const now = this.#context.runtime.clock.now();
    this.outgoing.setMinOutgoingBitrate(Number(bitrate), now);
    this.#computeDesiredBitrate(false, now);
  }

  /** Replaces the set of trace events. */
  enableTraceEvents(types: readonly FbsTransport.TraceEventType[]): void {
    this.#traceEvents = new Set(types);
  }

  dump(): ConsumersDump {
    return {
      consumerIds: [...this.#consumers.keys()],
      mapSsrcConsumerId: ssrcTable(this.#bySsrc),
      mapRtxSsrcConsumerId: ssrcTable(this.#byRtxSsrc),
      traceEventTypes: [FbsTransport.TraceEventType.PROBATION, FbsTransport.TraceEventType.BWE].filter(type =>
        this.#traceEvents.has(type),
      ),
    };
  }

  // From the Transport

  /** The Transport can send: from the start, or again. */
  connected(now: number): void {
    for (const consumer of this.#consumers.values()) consumer.onTransportConnected(now);
  }

  /** What Consumers have sent so far nobody received. */
  requestKeyFrames(now: number): void {
    for (const consumer of this.#consumers.values()) consumer.requestKeyFrame(now);
  }

  disconnected(now: number): void {
    for (const consumer of this.#consumers.values()) consumer.onTransportDisconnected(now);
  }

  /** Closes all, and tells the Router. */
  closeAll(): void {
    for (const consumer of [...this.#consumers.values()]) this.#closeConsumer(consumer);
  }

  /** What there still is goes without a word to the Router. */
  close(): void {
    this.outgoing.close();
    this.#padding.close();
    this.#context.handlers.closeAll(this.#consumers);
  }

  // For RTCP

  [Symbol.iterator](): Iterator<Consumer> {
    return this.#consumers.values();
  }

  findBySsrc(ssrc: number): Consumer | undefined {
    return this.#bySsrc.get(ssrc);
  }

  findByRtxSsrc(ssrc: number): Consumer | undefined {
    return this.#byRtxSsrc.get(ssrc);
  }

  // ConsumerListener

  onConsumerSendRtp(consumer: Consumer, packet: EgressPacket, now: number): void {
    if (!this.#sendPacket(consumer, packet, false, now)) return;
    this.#counters.sentRtp.update(packet.length, packet.payloadLength, now);
  }

  onConsumerRetransmitRtp(consumer: Consumer, packet: EgressPacket, now: number): void {
    if (!this.#sendPacket(consumer, packet, true, now)) return;
    this.#counters.sentRtx.update(packet.length, packet.payloadLength, now);
  }

  onConsumerSendPadding(_consumer: Consumer, packet: EgressPacket, now: number): void {
    this.#padding.onPacket(packet, now);
  }

  onConsumerKeyFrameRequested(consumer: Consumer, mappedSsrc: number, now: number): void {
    if (this.#owner.isConnected) this.#router.requestKeyFrame(consumer, mappedSsrc, now);
  }

  onConsumerNeedBitrateChange(_consumer: Consumer, now: number): void {
    this.#distributeBitrate(now);
    this.#computeDesiredBitrate(false, now);
  }

  onConsumerNeedZeroBitrate(_consumer: Consumer, now: number): void {
    this.#distributeBitrate(now);
    this.#computeDesiredBitrate(true, now);
  }

  onConsumerProducerClosed(consumer: Consumer, now: number): void {
    this.#closeConsumer(consumer);
    this.#computeDesiredBitrate(true, now);
  }

  // OutgoingCongestionOwner

  onAvailableBitrate(now: number): void {
    const { availableBitrate = 0 } = this.outgoing;
    if (!this.#distribution.toleratesShortage(this.#consumers.values(), availableBitrate, this.outgoing, now)) {
      this.#distributeBitrate(now);
    }
    this.#computeDesiredBitrate(false, now);
    const { TraceEventType, TraceInfo } = FbsTransport;
    if (!this.#traceEvents.has(TraceEventType.BWE)) return;
    this.#traceSent(TraceEventType.BWE, TraceInfo.BweTraceInfo, this.outgoing.describe(), now);
  }

  onPacedPacket(packet: EgressPacket, now: number): void {
    this.#stampAndDispatch(packet, undefined, now);
  }

  sendPadding(size: number, now: number): void {
    if (this.#owner.isConnected) this.#padding.send(this.#consumers.values(), size, now);
  }

  // PaddingSenderOwner

  onPaddingPacket(packet: EgressPacket, now: number): void {
    this.#counters.sentProbation.update(packet.length, packet.payloadLength, now);
    this.#stampAndDispatch(packet, undefined, now);
    const { TraceEventType, TraceInfo } = FbsTransport;
    if (!this.#traceEvents.has(TraceEventType.PROBATION)) return;
    this.#traceSent(TraceEventType.PROBATION, TraceInfo.NONE, undefined, now);
  }

  /** Sends a packet, now or a bit later. False: it is not sent, for lack of bandwidth. */
  #sendPacket(consumer: Consumer, packet: EgressPacket, isRetransmission: boolean, now: number): boolean {
    if (!this.#owner.isConnected) {
      // Its peer is not known yet (comedia). Counters of RTP count what Consumers send, as in the reference.
      this.#context.drops.count(DropReason.notConnected);
      return true;
    }
    // AES-GCM does not forgive a repetition that differs (see SrtpSender).
    if (packet.mayBeRepeated && this.#owner.rtpProtector?.repeatsMustBeEqual === true) {
      this.#owner.dispatchRtp(packet, consumer, now);
      return true;
    }
    // Audio does not wait.
    const admission =
      consumer.kind === MediaKind.VIDEO ? this.outgoing.admit(packet, isRetransmission, now) : Admission.send;
    if (admission === Admission.send) this.#stampAndDispatch(packet, consumer, now);
    if (admission !== Admission.drop) return true;
    this.#context.drops.count(DropReason.consumerCongested);
    return false;
  }

  #stampAndDispatch(packet: EgressPacket, consumer: Consumer | undefined, now: number): void {
    this.outgoing.stampPacket(packet, now);
    this.#owner.dispatchRtp(packet, consumer, now);
  }

  #distributeBitrate(now: number): void {
    const { availableBitrate } = this.outgoing;
    if (availableBitrate === undefined) return;
    if (this.#distribution.distribute(this.#consumers.values(), availableBitrate, this.outgoing, now)) {
      this.outgoing.distributed(now);
    }
  }

  /** @param force see `OutgoingCongestion.setDesiredBitrate` */
  #computeDesiredBitrate(force: boolean, now: number): void {
    if (!this.outgoing.isNegotiated) return;
    let desired = 0;
    for (const consumer of this.#consumers.values()) desired += consumer.desiredBitrate(now);
    this.outgoing.setDesiredBitrate(desired, force, now);
  }

  #traceSent(
    type: FbsTransport.TraceEventType,
    infoType: FbsTransport.TraceInfo,
    info: FbsTransport.BweTraceInfo | undefined,
    now: number,
  ): void {
    this.#context.channel.notify(this.#owner.id, Event.TRANSPORT_TRACE, {
      type,
      timestamp: BigInt(Math.floor(now)),
      direction: TraceDirection.DIRECTION_OUT,
      infoType,
      info,
    });
  }

  #closeConsumer(consumer: Consumer): void {
    // What is on its way out still needs the state of its streams.
    this.#context.media.egress.flush();
    this.#consumers.delete(consumer.id);
    for (const ssrc of consumer.mediaSsrcs) {
      this.#bySsrc.delete(ssrc);
      this.outgoing.removeStream(ssrc);
      this.#owner.removeSendStream(ssrc);
    }
    for (const ssrc of consumer.rtxSsrcs) {
      this.#byRtxSsrc.delete(ssrc);
      this.outgoing.removeStream(ssrc);
      this.#owner.removeSendStream(ssrc);
    }
    this.#router.removeConsumer(consumer);
    this.#context.handlers.unregister(consumer.id);
    consumer.close();
  }
}

function ssrcTable(consumers: ReadonlyMap<number, Consumer>): Uint32String[] {
  return [...consumers].map(([ssrc, consumer]) => ({ key: ssrc, value: consumer.id }));
}
