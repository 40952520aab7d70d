import { TraceDirection, type Uint32String } from '../channel/fbs/common.js';
import { Event } from '../channel/fbs/notification.js';
import { MediaKind } from '../channel/fbs/rtp-parameters.js';
import * as FbsTransport from '../channel/fbs/transport.js';
import { DropReason } from '../common/drop-reason.js';
import { createHeaderExtensionIds, HeaderExtension } from '../rtp/header-extension.js';
import { type TransportFeedbackReader } from '../rtp/rtcp/transport-feedback-reader.js';
import { type RtpPacket } from '../rtp/rtp-packet.js';
import { type RtpStreamRecv } from '../rtp/rtp-stream-recv.js';
import { BitrateDistribution } from './bitrate-distribution.js';
import { BitrateLimits } from './bitrate-limits.js';
import { CaptureTimeEstimators } from './capture-time-estimators.js';
import { Consumer, type ConsumerListener } from './consumer.js';
import { consumerMethods } from './consumer-requests.js';
import { type WorkerContext } from './context.js';
import { type EgressPacket, type RtpProtector } from './egress.js';
import { type IncomingRequest } from './handler-registry.js';
import { IncomingCongestion } from './incoming-congestion.js';
import { NotFoundError } from './not-found-error.js';
import { OutgoingCongestion, type OutgoingCongestionOwner } from './outgoing-congestion.js';
import { Admission } from './pacer.js';
import { PaddingSender, type PaddingSenderOwner } from './padding-sender.js';
import { Producer, type ProducerListener, ReceivedAs } from './producer.js';
import { producerEvents, producerMethods } from './producer-requests.js';
import { RtpListener } from './rtp-listener.js';
import { type TransportCounters } from './transport-counters.js';
import { type TransportOptions } from './transport-options.js';
import { type TransportOwner } from './transport-owner.js';
import { TransportRtcp, type TransportRtcpOwner } from './transport-rtcp.js';

/** What a Transport does for its media. */
export interface TransportMediaOwner {
  readonly id: string;
  readonly isConnected: boolean;
  readonly rtpProtector: RtpProtector | undefined;
  /** Sends a packet. `consumer`: whose it is; undefined if it comes out of the pacer, or is padding. */
  dispatchRtp(packet: EgressPacket, consumer: Consumer | undefined, now: number): void;
  /** Sends RTCP packets; the bytes are only valid during the call. */
  sendRtcp(bytes: Uint8Array, offset: number, length: number): void;
  /** Takes a packet that the application sends through a Producer. */
  receiveInjectedRtp(bytes: Uint8Array, now: number): void;
  /** Nothing more of this stream will be received. */
  removeReceiveStream(ssrc: number): void;
  /** Nothing more of this stream will be sent. */
  removeSendStream(ssrc: number): void;
}

/** Extensions that the transport itself looks at in received packets. */
const TRANSPORT_EXTENSIONS = [
  HeaderExtension.mid,
  HeaderExtension.rid,
  HeaderExtension.repairedRid,
  HeaderExtension.absSendTime,
  HeaderExtension.transportWideCc,
  HeaderExtension.dependencyDescriptor,
  HeaderExtension.absCaptureTime,
];

type MediaDump = Pick<
  FbsTransport.Dump,
  | 'producerIds'
  | 'consumerIds'
  | 'mapSsrcConsumerId'
  | 'mapRtxSsrcConsumerId'
  | 'recvRtpHeaderExtensions'
  | 'rtpListener'
  | 'traceEventTypes'
>;

/** The Producers and Consumers of a Transport: their RTP, RTCP and congestion control. */
export class TransportMedia
  implements ProducerListener, ConsumerListener, OutgoingCongestionOwner, PaddingSenderOwner, TransportRtcpOwner
{
  readonly #context: WorkerContext;
  readonly #counters: TransportCounters;
  readonly #owner: TransportMediaOwner;
  readonly #router: TransportOwner;
  readonly #producers = new Map<string, Producer>();
  readonly #consumers = new Map<string, Consumer>();
  readonly #consumersBySsrc = new Map<number, Consumer>();
  readonly #consumersByRtxSsrc = new Map<number, Consumer>();
  readonly #rtpListener = new RtpListener();
  readonly #extensionIds = createHeaderExtensionIds();
  readonly #captureTimes = new CaptureTimeEstimators();
  readonly #limits = new BitrateLimits();
  readonly #rtcp: TransportRtcp;
  readonly #incoming: IncomingCongestion;
  readonly #outgoing: OutgoingCongestion;
  readonly #padding: PaddingSender;
  readonly #distribution = new BitrateDistribution();
  #traceEvents: ReadonlySet<FbsTransport.TraceEventType> = new Set();

  constructor(
    options: TransportOptions,
    counters: TransportCounters,
    context: WorkerContext,
    owner: TransportMediaOwner,
    router: TransportOwner,
  ) {
    this.#context = context;
    this.#counters = counters;
    this.#owner = owner;
    this.#router = router;
    this.#rtcp = new TransportRtcp(context, this);
    this.#outgoing = new OutgoingCongestion(context, this, options);
    this.#padding = new PaddingSender(context, this);
    this.#incoming = new IncomingCongestion(context, (bytes, offset, length) => owner.sendRtcp(bytes, offset, length));
  }

  // Requests

  produce(body: FbsTransport.ProduceRequest, request: IncomingRequest): void {
    const id = body.producerId;
    if (this.#producers.has(id)) {
      throw new Error(`a Producer with same producerId already exists [method:${request.name}]`);
    }
    const { handlers, media, runtime } = this.#context;
    const producer = new Producer(body, this, this.#captureTimes, media);
    let registered = false;
    try {
      const receiveInjected = (bytes: Uint8Array, now: number): void => this.#owner.receiveInjectedRtp(bytes, now);
      handlers.register(id, { producer, clock: runtime.clock, receiveInjected }, producerMethods, producerEvents);
      registered = true;
      this.#rtpListener.addProducer(producer);
      this.#router.addProducer(producer);
    } catch (error) {
      this.#rtpListener.removeProducer(producer);
      if (registered) handlers.unregister(id);
      producer.close();
      throw error;
    }
    this.#producers.set(id, producer);
    for (const extension of TRANSPORT_EXTENSIONS) {
      const extensionId = producer.extensionIds[extension];
      if (extensionId !== 0) this.#extensionIds[extension] = extensionId;
    }
    request.respond({ type: producer.type });
    this.#incoming.negotiate(producer, this.#owner.isConnected, runtime.clock.now());
  }

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
    for (const ssrc of consumer.mediaSsrcs) this.#consumersBySsrc.set(ssrc, consumer);
    for (const ssrc of consumer.rtxSsrcs) this.#consumersByRtxSsrc.set(ssrc, consumer);
    request.respond({
      paused: consumer.paused,
      producerPaused: consumer.producerPaused,
      score: consumer.score,
      preferredLayers: consumer.preferredLayers,
    });
    this.#outgoing.negotiate(consumer);
    if (this.#outgoing.isNegotiated) for (const one of this.#consumers.values()) one.setExternallyManagedBitrate();
    if (!this.#owner.isConnected) return;
    consumer.onTransportConnected(now);
    this.#outgoing.connected(now);
  }

  closeProducer(body: FbsTransport.CloseProducerRequest, request: IncomingRequest): void {
    const producer = this.#producers.get(body.producerId);
    if (!producer) throw new NotFoundError(`Producer not found [method:${request.name}]`);
    this.#closeProducer(producer, this.#context.runtime.clock.now());
  }

  closeConsumer(body: FbsTransport.CloseConsumerRequest, request: IncomingRequest): void {
    const consumer = this.#consumers.get(body.consumerId);
    if (!consumer) throw new NotFoundError(`Consumer not found [method:${request.name}]`);
    this.#closeConsumer(consumer);
    this.#computeDesiredBitrate(true, this.#context.runtime.clock.now());
  }

  /** @param bitrate bps; 0: no limit */
  setMaxIncomingBitrate(bitrate: bigint): void {
    this.#limits.setMaxIncoming(bitrate);
    this.#incoming.setMaxIncomingBitrate(Number(bitrate), this.#context.runtime.clock.now());
  }

  /** @param bitrate bps; 0: no limit */
  setMaxOutgoingBitrate(bitrate: bigint): void {
    this.#limits.setMaxOutgoing(bitrate);
    const now = this.#context.runtime.clock.now();
    this.#outgoing.setMaxOutgoingBitrate(Number(bitrate), now);
    this.#computeDesiredBitrate(false, now);
  }

  /** @param bitrate bps; 0: no limit */
  setMinOutgoingBitrate(bitrate: bigint): void {
    this.#limits.setMinOutgoing(bitrate);
    const now = this.#context.runtime.clock.now();
    this.#outgoing.setMinOutgoingBitrate(Number(bitrate), now);
    this.#computeDesiredBitrate(false, now);
  }

  /** Replaces the set of trace events. */
  enableTraceEvents(types: readonly FbsTransport.TraceEventType[]): void {
    this.#traceEvents = new Set(types);
  }

  /** The part of the transport's dump that is about media. */
  dump(): MediaDump {
    return {
      producerIds: [...this.#producers.keys()],
      consumerIds: [...this.#consumers.keys()],
      mapSsrcConsumerId: ssrcTable(this.#consumersBySsrc),
      mapRtxSsrcConsumerId: ssrcTable(this.#consumersByRtxSsrc),
      recvRtpHeaderExtensions: {
        mid: this.#extensionIds[HeaderExtension.mid] || undefined,
        rid: this.#extensionIds[HeaderExtension.rid] || undefined,
        rrid: this.#extensionIds[HeaderExtension.repairedRid] || undefined,
        absSendTime: this.#extensionIds[HeaderExtension.absSendTime] || undefined,
        transportWideCc01: this.#extensionIds[HeaderExtension.transportWideCc] || undefined,
      },
      rtpListener: this.#rtpListener.dump(),
      traceEventTypes: [FbsTransport.TraceEventType.PROBATION, FbsTransport.TraceEventType.BWE].filter(type =>
        this.#traceEvents.has(type),
      ),
    };
  }

  /** The part of the transport's statistics that is about congestion control. */
  stats(): Partial<FbsTransport.Stats> {
    return {
      availableOutgoingBitrate: optionalBigInt(this.#outgoing.availableBitrate),
      availableIncomingBitrate: optionalBigInt(this.#incoming.availableBitrate),
      rtpPacketLossReceived: this.#incoming.packetLoss,
      rtpPacketLossSent: this.#outgoing.packetLoss,
      maxIncomingBitrate: this.#limits.maxIncoming || undefined,
      maxOutgoingBitrate: this.#limits.maxOutgoing || undefined,
      minOutgoingBitrate: this.#limits.minOutgoing || undefined,
    };
  }

  // From the Transport

  /** The Transport can send: from the start, or again. */
  connectConsumers(now: number): void {
    for (const consumer of this.#consumers.values()) consumer.onTransportConnected(now);
  }

  /** Reports and congestion control begin, after all else that begins. */
  connectControl(now: number): void {
    this.#rtcp.start(now);
    this.#outgoing.connected(now);
    this.#incoming.connected(now);
  }

  disconnected(now: number): void {
    for (const consumer of this.#consumers.values()) consumer.onTransportDisconnected(now);
    this.#rtcp.stop();
    this.#outgoing.disconnected(now);
    this.#incoming.disconnected();
  }

  /** Takes an RTP packet, not encrypted, that lies in a slot of packet memory. */
  receiveRtp(packet: RtpPacket, now: number): DropReason {
    packet.extensionIds = this.#extensionIds;
    this.#incoming.receivePacket(packet, now);
    const producer = this.#rtpListener.getProducer(packet);
    if (!producer) {
      this.#owner.removeReceiveStream(packet.ssrc);
      return DropReason.rtpNoProducer;
    }
    switch (producer.receiveRtpPacket(packet, now)) {
      case ReceivedAs.media:
        this.#counters.receivedRtp.update(packet.length, packet.payloadLength, now);
        return DropReason.none;
      case ReceivedAs.retransmission:
        this.#counters.receivedRtx.update(packet.length, packet.payloadLength, now);
        return DropReason.none;
      default:
        this.#owner.removeReceiveStream(packet.ssrc);
        return DropReason.rtpUnknownStream;
    }
  }

  /** Takes a compound RTCP packet, not encrypted. */
  receiveRtcp(bytes: Uint8Array, offset: number, length: number, now: number): DropReason {
    return this.#rtcp.receive(bytes, offset, length, now);
  }

  /** Closes Producers and Consumers, and tells the Router. */
  closeEndpoints(now: number): void {
    for (const producer of [...this.#producers.values()]) this.#closeProducer(producer, now);
    for (const consumer of [...this.#consumers.values()]) this.#closeConsumer(consumer);
  }

  /** What there still is goes without a word to the Router. */
  close(): void {
    this.#rtcp.close();
    this.#incoming.close();
    this.#outgoing.close();
    this.#padding.close();
    for (const producer of this.#producers.values()) {
      this.#context.handlers.unregister(producer.id);
      producer.close();
    }
    for (const consumer of this.#consumers.values()) {
      this.#context.handlers.unregister(consumer.id);
      consumer.close();
    }
    this.#producers.clear();
    this.#consumers.clear();
  }

  // ProducerListener

  onProducerPaused(producer: Producer, now: number): void {
    this.#router.onProducerPaused(producer, now);
  }

  onProducerResumed(producer: Producer, now: number): void {
    this.#router.onProducerResumed(producer, now);
  }

  onProducerNewRtpStream(producer: Producer, stream: RtpStreamRecv, mappedSsrc: number, now: number): void {
    this.#router.onProducerNewRtpStream(producer, stream, mappedSsrc, now);
  }

  onProducerRtpStreamScore(
    producer: Producer,
    stream: RtpStreamRecv,
    score: number,
    previousScore: number,
    now: number,
  ): void {
    this.#router.onProducerRtpStreamScore(producer, stream, score, previousScore, now);
  }

  onProducerSpatialLayerActivityChanged(producer: Producer, stream: RtpStreamRecv, now: number): void {
    this.#router.onProducerSpatialLayerActivityChanged(producer, stream, now);
  }

  onProducerRtpStreamRestart(producer: Producer, mappedSsrc: number): void {
    this.#router.onProducerRtpStreamRestart(producer, mappedSsrc);
  }

  onProducerRtcpSenderReport(producer: Producer, stream: RtpStreamRecv, first: boolean, now: number): void {
    this.#router.onProducerRtcpSenderReport(producer, stream, first, now);
  }

  onProducerRtpPacketReceived(producer: Producer, packet: RtpPacket, now: number): void {
    this.#router.onProducerRtpPacketReceived(producer, packet, now);
  }

  onProducerSendRtcp(_producer: Producer, bytes: Uint8Array, offset: number, length: number): void {
    this.sendRtcp(bytes, offset, length);
  }

  onProducerNeedWorstRemoteFractionLost(producer: Producer, mappedSsrc: number): number {
    return this.#router.onProducerNeedWorstRemoteFractionLost(producer, mappedSsrc);
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
    const { availableBitrate = 0 } = this.#outgoing;
    if (!this.#distribution.toleratesShortage(this.#consumers.values(), availableBitrate, this.#outgoing, now)) {
      this.#distributeBitrate(now);
    }
    this.#computeDesiredBitrate(false, now);
    const { TraceEventType, TraceInfo } = FbsTransport;
    if (!this.#traceEvents.has(TraceEventType.BWE)) return;
    this.#traceSent(TraceEventType.BWE, TraceInfo.BweTraceInfo, this.#outgoing.describe(), now);
  }

  onPacedPacket(packet: EgressPacket, now: number): void {
    this.#stampAndDispatch(packet, undefined, now);
  }

  sendPadding(size: number, now: number): void {
    if (this.#owner.isConnected) this.#padding.send(size, now);
  }

  // PaddingSenderOwner

  onPaddingPacket(packet: EgressPacket, now: number): void {
    this.#counters.sentProbation.update(packet.length, packet.payloadLength, now);
    this.#stampAndDispatch(packet, undefined, now);
    const { TraceEventType, TraceInfo } = FbsTransport;
    if (!this.#traceEvents.has(TraceEventType.PROBATION)) return;
    this.#traceSent(TraceEventType.PROBATION, TraceInfo.NONE, undefined, now);
  }

  // TransportRtcpOwner

  get producers(): Iterable<Producer> {
    return this.#producers.values();
  }

  get consumers(): Iterable<Consumer> {
    return this.#consumers.values();
  }

  findProducerBySsrc(ssrc: number): Producer | undefined {
    return this.#rtpListener.getProducerBySsrc(ssrc);
  }

  findConsumerBySsrc(ssrc: number): Consumer | undefined {
    return this.#consumersBySsrc.get(ssrc);
  }

  findConsumerByRtxSsrc(ssrc: number): Consumer | undefined {
    return this.#consumersByRtxSsrc.get(ssrc);
  }

  onTransportFeedback(feedback: TransportFeedbackReader, now: number): void {
    this.#outgoing.receiveTransportFeedback(feedback, now);
  }

  onRemb(bitrate: number, now: number): void {
    this.#outgoing.receiveRemb(bitrate, now);
  }

  sendRtcp(bytes: Uint8Array, offset: number, length: number): void {
    this.#owner.sendRtcp(bytes, offset, length);
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
      consumer.kind === MediaKind.VIDEO ? this.#outgoing.admit(packet, isRetransmission, now) : Admission.send;
    if (admission === Admission.send) this.#stampAndDispatch(packet, consumer, now);
    if (admission !== Admission.drop) return true;
    this.#context.drops.count(DropReason.consumerCongested);
    return false;
  }

  #stampAndDispatch(packet: EgressPacket, consumer: Consumer | undefined, now: number): void {
    this.#outgoing.stampPacket(packet, now);
    this.#owner.dispatchRtp(packet, consumer, now);
  }

  #distributeBitrate(now: number): void {
    const { availableBitrate } = this.#outgoing;
    if (availableBitrate === undefined) return;
    if (this.#distribution.distribute(this.#consumers.values(), availableBitrate, this.#outgoing, now)) {
      this.#outgoing.distributed(now);
    }
  }

  /** @param force see `OutgoingCongestion.setDesiredBitrate` */
  #computeDesiredBitrate(force: boolean, now: number): void {
    if (!this.#outgoing.isNegotiated) return;
    let desired = 0;
    for (const consumer of this.#consumers.values()) desired += consumer.desiredBitrate(now);
    this.#outgoing.setDesiredBitrate(desired, force, now);
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

  #closeProducer(producer: Producer, now: number): void {
    this.#rtpListener.removeProducer(producer);
    this.#producers.delete(producer.id);
    for (const ssrc of producer.receivedSsrcs) this.#owner.removeReceiveStream(ssrc);
    this.#router.removeProducer(producer, now);
    this.#context.handlers.unregister(producer.id);
    producer.close();
  }

  #closeConsumer(consumer: Consumer): void {
    // What is on its way out still needs the state of its streams.
    this.#context.media.egress.flush();
    this.#consumers.delete(consumer.id);
    for (const ssrc of consumer.mediaSsrcs) {
      this.#consumersBySsrc.delete(ssrc);
      this.#outgoing.removeStream(ssrc);
      this.#owner.removeSendStream(ssrc);
    }
    for (const ssrc of consumer.rtxSsrcs) {
      this.#consumersByRtxSsrc.delete(ssrc);
      this.#outgoing.removeStream(ssrc);
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

function optionalBigInt(value: number | undefined): bigint | undefined {
  return value === undefined ? undefined : BigInt(Math.trunc(value));
}
