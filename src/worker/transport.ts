import { Uint32StringT } from '../channel/fbs/common.js';
import { Method } from '../channel/fbs/request.js';
import * as FbsTransport from '../channel/fbs/transport.js';
import { type Body } from '../channel/codec.js';
import { DropReason } from '../common/drop-reason.js';
import { NO_HANDLE } from '../common/packet-memory.js';
import { createHeaderExtensionIds, HeaderExtension } from '../rtp/header-extension.js';
import { DATAGRAM_OFFSET, parseSlot, slotSize } from '../rtp/packet-slot.js';
import { type RtpPacket } from '../rtp/rtp-packet.js';
import { type RtpStreamRecv } from '../rtp/rtp-stream-recv.js';
import { type SrtpReceiver } from '../srtp/srtp-session.js';
import { BitrateLimits } from './bitrate-limits.js';
import { CaptureTimeEstimators } from './capture-time-estimators.js';
import { Consumer, type ConsumerListener } from './consumer.js';

import { consumerMethods } from './consumer-requests.js';
import { type WorkerContext } from './context.js';
import { type DataConsumer } from './data-consumer.js';
import { type EgressPacket, type EgressRoute, type RtpProtector } from './egress.js';
import { type IncomingRequest, type MethodTable } from './handler-registry.js';
import { NotFoundError } from './not-found-error.js';
import { OutgoingCongestion } from './outgoing-congestion.js';
import { Producer, type ProducerListener, ReceivedAs } from './producer.js';

import { producerEvents, producerMethods } from './producer-requests.js';
import { RtpListener } from './rtp-listener.js';
import { IncomingCongestion } from './incoming-congestion.js';
import { TransportCounters } from './transport-counters.js';
import { TransportData, type TransportDataOwner } from './transport-data.js';
import { readTransportOptions, type TransportOptions } from './transport-options.js';
import { type TransportOwner } from './transport-owner.js';
import { TransportRtcp, type TransportRtcpOwner } from './transport-rtcp.js';

/** Longest packet that an application may send through a Producer. */
const MAX_INJECTED_LENGTH = 65536;

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

/**
 * What all kinds of transports have in common: Producers and Consumers with RTP and RTCP, data, counters. A subclass is
 * the connection to the peer: it says whether it is connected, and brings bytes in and out.
 */
export abstract class Transport
  implements ProducerListener, ConsumerListener, EgressRoute, TransportDataOwner, TransportRtcpOwner
{
  static readonly methods: MethodTable<Transport> = {
    [Method.TRANSPORT_DUMP]: transport => transport.dump(),
    [Method.TRANSPORT_GET_STATS]: transport => transport.stats(transport.context.runtime.clock.now()),
    [Method.TRANSPORT_SET_MAX_INCOMING_BITRATE]: (transport, body) =>
      transport.#setMaxIncomingBitrate(body.maxIncomingBitrate),
    [Method.TRANSPORT_SET_MAX_OUTGOING_BITRATE]: (transport, body) =>
      transport.#limits.setMaxOutgoing(body.maxOutgoingBitrate),
    [Method.TRANSPORT_SET_MIN_OUTGOING_BITRATE]: (transport, body) =>
      transport.#limits.setMinOutgoing(body.minOutgoingBitrate),
    [Method.TRANSPORT_ENABLE_TRACE_EVENT]: (transport, body) => {
      transport.#traceEvents = new Set(body.events);
    },
    [Method.TRANSPORT_PRODUCE]: (transport, body, request) => transport.#produce(body, request),
    [Method.TRANSPORT_CONSUME]: (transport, body, request) => transport.#consume(body, request),
    [Method.TRANSPORT_PRODUCE_DATA]: (transport, body, request) => transport.#data.produceData(body, request),
    [Method.TRANSPORT_CONSUME_DATA]: (transport, body, request) => transport.#data.consumeData(body, request),
    [Method.TRANSPORT_CLOSE_PRODUCER]: (transport, body, request) => {
      const producer = transport.#producers.get(body.producerId as string);
      if (!producer) throw new NotFoundError(`Producer not found [method:${request.name}]`);
      transport.#closeProducer(producer, transport.context.runtime.clock.now());
    },
    [Method.TRANSPORT_CLOSE_CONSUMER]: (transport, body, request) => {
      const consumer = transport.#consumers.get(body.consumerId as string);
      if (!consumer) throw new NotFoundError(`Consumer not found [method:${request.name}]`);
      transport.#closeConsumer(consumer);
    },
    [Method.TRANSPORT_CLOSE_DATAPRODUCER]: (transport, body, request) =>
      transport.#data.closeDataProducer(body, request),
    [Method.TRANSPORT_CLOSE_DATACONSUMER]: (transport, body, request) =>
      transport.#data.closeDataConsumer(body, request),
  };

  readonly id: string;
  protected readonly context: WorkerContext;
  protected readonly options: TransportOptions;
  protected readonly counters = new TransportCounters();
  /** When the last packet was handed to the egress, which sends it within the same tick. */
  protected sentAt = 0;

  readonly #owner: TransportOwner;
  readonly #producers = new Map<string, Producer>();
  readonly #consumers = new Map<string, Consumer>();
  readonly #consumersBySsrc = new Map<number, Consumer>();
  readonly #consumersByRtxSsrc = new Map<number, Consumer>();
  readonly #rtpListener = new RtpListener();
  readonly #extensionIds = createHeaderExtensionIds();
  readonly #captureTimes = new CaptureTimeEstimators();
  readonly #limits = new BitrateLimits();
  readonly #data: TransportData;
  readonly #rtcp: TransportRtcp;
  readonly #incoming: IncomingCongestion;
  readonly #outgoing: OutgoingCongestion;
  #traceEvents: ReadonlySet<FbsTransport.TraceEventType> = new Set();

  /** @throws TypeError if the options are wrong */
  constructor(
    id: string,
    options: FbsTransport.OptionsT,
    context: WorkerContext,
    owner: TransportOwner,
    kind: 'pipe' | 'other',
  ) {
    this.id = id;
    this.options = readTransportOptions(options);
    this.context = context;
    this.#owner = owner;
    this.#data = new TransportData(this.options, kind === 'pipe', context, this, owner);
    this.#rtcp = new TransportRtcp(context, this);
    this.#outgoing = new OutgoingCongestion(this.options.initialAvailableOutgoingBitrate);
    this.#incoming = new IncomingCongestion(context, (bytes, offset, length) => this.sendRtcp(bytes, offset, length));
  }

  // What a subclass is

  /** Whether packets can be sent and received. */
  abstract get isConnected(): boolean;
  abstract dump(): Body;
  protected abstract stats(now: number): Body;
  abstract sendRtp(bytes: Uint8Array, offset: number, length: number): boolean;
  abstract get rtpProtector(): RtpProtector | undefined;
  abstract sendRtcp(bytes: Uint8Array, offset: number, length: number): void;
  abstract sendSctp(bytes: Uint8Array, offset: number, length: number): void;
  abstract deliverMessage(dataConsumer: DataConsumer, ppid: number, payload: Uint8Array, now: number): void;
  /** Nothing more of this stream will be received. */
  protected abstract removeReceiveStream(ssrc: number): void;
  /** Nothing more of this stream will be sent. */
  protected abstract removeSendStream(ssrc: number): void;
  /** Says goodbye to the peer and closes what it has open. */
  protected abstract closeConnection(now: number): void;

  // From the Router

  /** Closes Producers, Consumers, DataProducers and DataConsumers, and tells the Router. */
  closeEndpoints(now: number): void {
    for (const producer of [...this.#producers.values()]) this.#closeProducer(producer, now);
    for (const consumer of [...this.#consumers.values()]) this.#closeConsumer(consumer);
    this.#data.closeEndpoints();
  }

  /** Closes the transport; what it still has goes without a word to the Router. */
  close(now: number): void {
    this.#data.closeSctp(now);
    this.context.handlers.unregister(this.id);
    this.#rtcp.close();
    this.#incoming.close();
    for (const producer of this.#producers.values()) {
      this.context.handlers.unregister(producer.id);
      producer.close();
    }
    for (const consumer of this.#consumers.values()) {
      this.context.handlers.unregister(consumer.id);
      consumer.close();
    }
    this.#producers.clear();
    this.#consumers.clear();
    this.#data.close();
    this.closeConnection(now);
  }

  // From the subclass

  /** The transport can send: from the start, or again. */
  protected connected(now: number): void {
    for (const consumer of this.#consumers.values()) consumer.onTransportConnected(now);
    this.#data.mayConnect(now);
    this.#rtcp.start(now);
    this.#outgoing.connected();
    this.#incoming.connected(now);
  }

  protected disconnected(now: number): void {
    for (const consumer of this.#consumers.values()) consumer.onTransportDisconnected(now);
    this.#rtcp.stop();
    this.#outgoing.disconnected();
    this.#incoming.disconnected();
  }

  /**
   * Takes an RTP packet into packet memory, decrypts it if there is a `receiver`, and hands it to its Producer, unless
   * `admitRtp` objects.
   */
  protected receiveRtp(datagram: Uint8Array, receiver: SrtpReceiver | undefined, now: number): DropReason {
    const { memory, receivedPacket } = this.context;
    const handle = memory.allocate(slotSize(datagram.length));
    if (handle === NO_HANDLE) return DropReason.packetMemoryExhausted;
    try {
      memory.bytes.set(datagram, handle + DATAGRAM_OFFSET);
      let { length } = datagram;
      if (receiver) {
        length = receiver.unprotectRtp(memory.bytes, handle + DATAGRAM_OFFSET, length);
        if (length < 0) return -length as DropReason;
      }
      if (!parseSlot(receivedPacket, memory, handle, length)) return DropReason.rtpMalformed;
      receivedPacket.receivedAt = now;
      const reason = this.admitRtp(now);
      if (reason === DropReason.none) return this.#routeRtp(receivedPacket, now);
      this.removeReceiveStream(receivedPacket.ssrc);
      return reason;
    } finally {
      memory.release(handle);
    }
  }

  /** Whether a valid packet may come from where the current datagram comes from; the subclass may learn that place. */
  protected abstract admitRtp(now: number): DropReason;

  /** Takes a compound RTCP packet, not encrypted. */
  protected receiveRtcp(bytes: Uint8Array, offset: number, length: number, now: number): DropReason {
    return this.#rtcp.receive(bytes, offset, length, now);
  }

  protected receiveSctp(bytes: Uint8Array, offset: number, length: number, now: number): void {
    this.#data.receiveSctp(bytes, offset, length, now);
  }

  protected get hasSctp(): boolean {
    return this.#data.hasSctp;
  }

  protected baseDump(): FbsTransport.DumpT {
    const dump = new FbsTransport.DumpT(this.id, this.options.direct);
    dump.producerIds = [...this.#producers.keys()];
    dump.consumerIds = [...this.#consumers.keys()];
    dump.mapSsrcConsumerId = ssrcTable(this.#consumersBySsrc);
    dump.mapRtxSsrcConsumerId = ssrcTable(this.#consumersByRtxSsrc);
    dump.recvRtpHeaderExtensions = new FbsTransport.RecvRtpHeaderExtensionsT(
      this.#extensionIds[HeaderExtension.mid] || null,
      this.#extensionIds[HeaderExtension.rid] || null,
      this.#extensionIds[HeaderExtension.repairedRid] || null,
      this.#extensionIds[HeaderExtension.absSendTime] || null,
      this.#extensionIds[HeaderExtension.transportWideCc] || null,
    );
    dump.rtpListener = this.#rtpListener.dump();
    dump.traceEventTypes = [FbsTransport.TraceEventType.PROBATION, FbsTransport.TraceEventType.BWE].filter(type =>
      this.#traceEvents.has(type),
    );
    this.#data.fillDump(dump);
    return dump;
  }

  protected baseStats(now: number): FbsTransport.StatsT {
    const stats = new FbsTransport.StatsT(this.id, BigInt(Math.trunc(now)), this.#data.sctpStateNumber);
    this.counters.fillStats(stats, now);
    stats.availableOutgoingBitrate = optionalBigInt(this.#outgoing.availableBitrate);
    stats.availableIncomingBitrate = optionalBigInt(this.#incoming.availableBitrate);
    stats.rtpPacketLossReceived = this.#incoming.packetLoss ?? null;
    stats.rtpPacketLossSent = this.#outgoing.packetLoss ?? null;
    stats.maxIncomingBitrate = this.#limits.maxIncoming || null;
    stats.maxOutgoingBitrate = this.#limits.maxOutgoing || null;
    stats.minOutgoingBitrate = this.#limits.minOutgoing || null;
    return stats;
  }

  // ProducerListener

  onProducerPaused(producer: Producer, now: number): void {
    this.#owner.onProducerPaused(producer, now);
  }

  onProducerResumed(producer: Producer, now: number): void {
    this.#owner.onProducerResumed(producer, now);
  }

  onProducerNewRtpStream(producer: Producer, stream: RtpStreamRecv, mappedSsrc: number, now: number): void {
    this.#owner.onProducerNewRtpStream(producer, stream, mappedSsrc, now);
  }

  onProducerRtpStreamScore(
    producer: Producer,
    stream: RtpStreamRecv,
    score: number,
    previousScore: number,
    now: number,
  ): void {
    this.#owner.onProducerRtpStreamScore(producer, stream, score, previousScore, now);
  }

  onProducerSpatialLayerActivityChanged(producer: Producer, stream: RtpStreamRecv, now: number): void {
    this.#owner.onProducerSpatialLayerActivityChanged(producer, stream, now);
  }

  onProducerRtcpSenderReport(producer: Producer, stream: RtpStreamRecv, first: boolean, now: number): void {
    this.#owner.onProducerRtcpSenderReport(producer, stream, first, now);
  }

  onProducerRtpPacketReceived(producer: Producer, packet: RtpPacket, now: number): void {
    this.#owner.onProducerRtpPacketReceived(producer, packet, now);
  }

  onProducerSendRtcp(_producer: Producer, bytes: Uint8Array, offset: number, length: number): void {
    this.sendRtcp(bytes, offset, length);
  }

  onProducerNeedWorstRemoteFractionLost(producer: Producer, mappedSsrc: number): number {
    return this.#owner.onProducerNeedWorstRemoteFractionLost(producer, mappedSsrc);
  }

  // ConsumerListener

  onConsumerSendRtp(_consumer: Consumer, packet: EgressPacket, now: number): void {
    if (this.#sendPacket(packet, now)) this.counters.sentRtp.update(packet.length, packet.payloadLength, now);
  }

  onConsumerRetransmitRtp(_consumer: Consumer, packet: EgressPacket, now: number): void {
    if (this.#sendPacket(packet, now)) this.counters.sentRtx.update(packet.length, packet.payloadLength, now);
  }

  onConsumerKeyFrameRequested(consumer: Consumer, mappedSsrc: number, now: number): void {
    if (this.isConnected) this.#owner.requestKeyFrame(consumer, mappedSsrc, now);
  }

  onConsumerNeedBitrateChange(): void {}

  onConsumerNeedZeroBitrate(): void {}

  onConsumerProducerClosed(consumer: Consumer): void {
    this.#closeConsumer(consumer);
  }

  // TransportDataOwner

  onDataInjected(length: number, now: number): void {
    this.counters.received.update(length, now);
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

  /** Stamps the packet with its moment of sending and hands it to the egress. False if it is not sent. */
  #sendPacket(packet: EgressPacket, now: number): boolean {
    if (!this.isConnected) return false;
    this.sentAt = now;
    // AES-GCM does not forgive a repetition that differs (see SrtpSender).
    const mustStayEqual = packet.mayBeRepeated && this.rtpProtector?.repeatsMustBeEqual === true;
    if (!mustStayEqual) this.#outgoing.stampPacket(packet, now);
    this.dispatchRtp(packet);
    return true;
  }

  /** The way out; a direct transport has another one. */
  protected dispatchRtp(_packet: EgressPacket): void {
    this.context.media.egress.commit(this);
  }

  #routeRtp(packet: RtpPacket, now: number): DropReason {
    packet.extensionIds = this.#extensionIds;
    this.#incoming.receivePacket(packet, now);
    const producer = this.#rtpListener.getProducer(packet);
    if (!producer) {
      this.removeReceiveStream(packet.ssrc);
      return DropReason.rtpNoProducer;
    }
    switch (producer.receiveRtpPacket(packet, now)) {
      case ReceivedAs.media:
        this.counters.receivedRtp.update(packet.length, packet.payloadLength, now);
        return DropReason.none;
      case ReceivedAs.retransmission:
        this.counters.receivedRtx.update(packet.length, packet.payloadLength, now);
        return DropReason.none;
      default:
        this.removeReceiveStream(packet.ssrc);
        return DropReason.rtpUnknownStream;
    }
  }

  #setMaxIncomingBitrate(bitrate: bigint): void {
    this.#limits.setMaxIncoming(bitrate);
    this.#incoming.setMaxIncomingBitrate(Number(bitrate), this.context.runtime.clock.now());
  }

  #produce(body: FbsTransport.ProduceRequestT, request: IncomingRequest): void {
    const id = body.producerId as string;
    if (this.#producers.has(id)) {
      throw new Error(`a Producer with same producerId already exists [method:${request.name}]`);
    }
    const { handlers, media, runtime } = this.context;
    const producer = new Producer(body, this, this.#captureTimes, media);
    let registered = false;
    try {
      const receiveInjected = (bytes: Uint8Array, now: number): void => this.#receiveInjected(bytes, now);
      handlers.register(id, { producer, clock: runtime.clock, receiveInjected }, producerMethods, producerEvents);
      registered = true;
      this.#rtpListener.addProducer(producer);
      this.#owner.addProducer(producer);
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
    request.respond(new FbsTransport.ProduceResponseT(producer.type));
    this.#incoming.negotiate(producer, this.isConnected, runtime.clock.now());
  }

  #consume(body: FbsTransport.ConsumeRequestT, request: IncomingRequest): void {
    const id = body.consumerId as string;
    if (this.#consumers.has(id)) {
      throw new Error(`a Consumer with same consumerId already exists [method:${request.name}]`);
    }
    const { handlers, media, runtime } = this.context;
    const now = runtime.clock.now();
    const consumer = new Consumer(body, this, media, now);
    let registered = false;
    try {
      handlers.register(id, { consumer, clock: runtime.clock }, consumerMethods);
      registered = true;
      this.#owner.addConsumer(consumer, now);
    } catch (error) {
      if (registered) handlers.unregister(id);
      consumer.close();
      throw error;
    }
    this.#consumers.set(id, consumer);
    for (const ssrc of consumer.mediaSsrcs) this.#consumersBySsrc.set(ssrc, consumer);
    for (const ssrc of consumer.rtxSsrcs) this.#consumersByRtxSsrc.set(ssrc, consumer);
    request.respond(
      new FbsTransport.ConsumeResponseT(
        consumer.paused,
        consumer.producerPaused,
        consumer.score,
        consumer.preferredLayers ?? null,
      ),
    );
    this.#outgoing.negotiate(consumer, this.isConnected);
    if (this.isConnected) consumer.onTransportConnected(now);
  }

  #receiveInjected(bytes: Uint8Array, now: number): void {
    if (bytes.length > MAX_INJECTED_LENGTH) {
      this.context.drops.count(DropReason.datagramTooLarge);
      return;
    }
    this.counters.received.update(bytes.length, now);
    const { memory, receivedPacket, drops } = this.context;
    const handle = memory.allocate(slotSize(bytes.length));
    if (handle === NO_HANDLE) {
      drops.count(DropReason.packetMemoryExhausted);
      return;
    }
    try {
      memory.bytes.set(bytes, handle + DATAGRAM_OFFSET);
      receivedPacket.receivedAt = now;
      const reason = parseSlot(receivedPacket, memory, handle, bytes.length)
        ? this.#routeRtp(receivedPacket, now)
        : DropReason.rtpMalformed;
      if (reason !== DropReason.none) drops.count(reason);
    } finally {
      memory.release(handle);
    }
  }

  #closeProducer(producer: Producer, now: number): void {
    this.#rtpListener.removeProducer(producer);
    this.#producers.delete(producer.id);
    for (const ssrc of producer.receivedSsrcs) this.removeReceiveStream(ssrc);
    this.#owner.removeProducer(producer, now);
    this.context.handlers.unregister(producer.id);
    producer.close();
  }

  #closeConsumer(consumer: Consumer): void {
    this.#consumers.delete(consumer.id);
    for (const ssrc of consumer.mediaSsrcs) {
      this.#consumersBySsrc.delete(ssrc);
      this.removeSendStream(ssrc);
    }
    for (const ssrc of consumer.rtxSsrcs) {
      this.#consumersByRtxSsrc.delete(ssrc);
      this.removeSendStream(ssrc);
    }
    this.#owner.removeConsumer(consumer);
    this.context.handlers.unregister(consumer.id);
    consumer.close();
  }
}

function ssrcTable(consumers: ReadonlyMap<number, Consumer>): Uint32StringT[] {
  return [...consumers].map(([ssrc, consumer]) => new Uint32StringT(ssrc, consumer.id));
}

function optionalBigInt(value: number | undefined): bigint | null {
  return value === undefined ? null : BigInt(Math.trunc(value));
}
