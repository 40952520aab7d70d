import { Method } from '../channel/fbs/request.js';
import type * as FbsTransport from '../channel/fbs/transport.js';
import { type BodyTypes } from '../channel/fbs/response.js';
import { DropReason } from '../common/drop-reason.js';
import { NO_HANDLE } from '../common/packet-memory.js';
import { DATAGRAM_OFFSET, parseSlot, slotSize } from '../rtp/packet-slot.js';
import { type SrtpReceiver } from '../srtp/srtp-session.js';
import { type Consumer } from './consumer.js';
import { type WorkerContext } from './context.js';
import { type DataConsumer } from './data-consumer.js';
import { type EgressPacket, type EgressRoute, type RtpProtector } from './egress.js';
import { type MethodTable, TaggedBody } from './handler-registry.js';
import { type IngressRoute } from './ingress.js';
import { type OutgoingDatagram } from './runtime.js';
import { TransportCounters } from './transport-counters.js';
import { TransportData, type TransportDataOwner } from './transport-data.js';
import { TransportMedia, type TransportMediaOwner } from './transport-media.js';
import { readTransportOptions, type TransportOptions } from './transport-options.js';
import { type TransportOwner } from './transport-owner.js';

/** Longest packet that an application may send through a Producer. */
const MAX_INJECTED_LENGTH = 65536;

/**
 * What all kinds of transports have in common: Producers and Consumers with RTP and RTCP, data, counters. A subclass is
 * the connection to the peer: it says whether it is connected, and brings bytes in and out.
 */
export abstract class Transport implements IngressRoute, EgressRoute, TransportDataOwner, TransportMediaOwner {
  static readonly methods: MethodTable<Transport> = {
    [Method.TRANSPORT_DUMP]: transport => new TaggedBody(transport.responseTypes.dump, transport.dump()),
    [Method.TRANSPORT_GET_STATS]: transport =>
      new TaggedBody(transport.responseTypes.stats, transport.stats(transport.context.runtime.clock.now())),
    [Method.TRANSPORT_SET_MAX_INCOMING_BITRATE]: (transport, body) =>
      transport.#media.producers.setMaxIncomingBitrate(body.maxIncomingBitrate),
    [Method.TRANSPORT_SET_MAX_OUTGOING_BITRATE]: (transport, body) =>
      transport.#media.consumers.setMaxOutgoingBitrate(body.maxOutgoingBitrate),
    [Method.TRANSPORT_SET_MIN_OUTGOING_BITRATE]: (transport, body) =>
      transport.#media.consumers.setMinOutgoingBitrate(body.minOutgoingBitrate),
    [Method.TRANSPORT_ENABLE_TRACE_EVENT]: (transport, body) =>
      transport.#media.consumers.enableTraceEvents(body.events),
    [Method.TRANSPORT_PRODUCE]: (transport, body, request) => transport.#media.producers.produce(body, request),
    [Method.TRANSPORT_CONSUME]: (transport, body, request) => transport.#media.consumers.consume(body, request),
    [Method.TRANSPORT_PRODUCE_DATA]: (transport, body, request) => transport.#data.produceData(body, request),
    [Method.TRANSPORT_CONSUME_DATA]: (transport, body, request) => transport.#data.consumeData(body, request),
    [Method.TRANSPORT_CLOSE_PRODUCER]: (transport, body, request) =>
      transport.#media.producers.closeProducer(body, request),
    [Method.TRANSPORT_CLOSE_CONSUMER]: (transport, body, request) =>
      transport.#media.consumers.closeConsumer(body, request),
    [Method.TRANSPORT_CLOSE_DATAPRODUCER]: (transport, body, request) =>
      transport.#data.closeDataProducer(body, request),
    [Method.TRANSPORT_CLOSE_DATACONSUMER]: (transport, body, request) =>
      transport.#data.closeDataConsumer(body, request),
  };

  readonly id: string;
  protected readonly context: WorkerContext;
  protected readonly options: TransportOptions;
  protected readonly counters = new TransportCounters();
  /**
   * When the last packet was handed to the egress, which sends it within the same tick. Begins as undefined, because V8
   * then keeps the object that a number with a fraction is. It would unpack it into a field that began as a number, and
   * make a new object for each packet whenever it is read.
   */
  protected sentAt: number | undefined = undefined;

  readonly #media: TransportMedia;
  readonly #data: TransportData;

  /** @throws TypeError if the options are wrong */
  constructor(
    id: string,
    options: FbsTransport.Options,
    context: WorkerContext,
    router: TransportOwner,
    kind: 'pipe' | 'other',
  ) {
    this.id = id;
    this.options = readTransportOptions(options);
    this.context = context;
    this.#media = new TransportMedia(this.options, this.counters, context, this, router);
    this.#data = new TransportData(this.options, kind === 'pipe', context, this, router);
  }

  // What a subclass is

  /** Whether packets can be sent and received. */
  abstract get isConnected(): boolean;
  /** What its dumps and statistics are on the channel. */
  protected abstract readonly responseTypes: { readonly dump: keyof BodyTypes; readonly stats: keyof BodyTypes };
  abstract dump(): BodyTypes[keyof BodyTypes];
  protected abstract stats(now: number): BodyTypes[keyof BodyTypes];
  abstract sendRtp(datagram: OutgoingDatagram): DropReason;
  abstract get rtpProtector(): RtpProtector | undefined;
  abstract sendRtcp(bytes: Uint8Array, offset: number, length: number): void;
  abstract sendSctp(bytes: Uint8Array, offset: number, length: number): void;
  abstract deliverMessage(dataConsumer: DataConsumer, ppid: number, payload: Uint8Array, now: number): void;
  /** Nothing more of this stream will be received. */
  abstract removeReceiveStream(ssrc: number): void;
  /** Nothing more of this stream will be sent. */
  abstract removeSendStream(ssrc: number): void;
  /** Says goodbye to the peer and closes what it has open. */
  protected abstract closeConnection(now: number): void;

  // From the Router

  /** Closes Producers, Consumers, DataProducers and DataConsumers, and tells the Router. */
  closeEndpoints(now: number): void {
    this.#media.closeEndpoints(now);
    this.#data.closeEndpoints();
  }

  /** Closes the transport; what it still has goes without a word to the Router. */
  close(now: number): void {
    this.context.media.egress.flush();
    this.#data.closeSctp(now);
    this.context.handlers.unregister(this.id);
    this.#media.close();
    this.#data.close();
    this.closeConnection(now);
  }

  // From the subclass

  /** The transport can send: from the start, or again. */
  protected connected(now: number): void {
    this.#media.consumers.connected(now);
    this.#data.mayConnect(now);
    this.#media.connectControl(now);
  }

  /** There is somebody to send to at last, although the transport has been connected before. */
  protected requestKeyFrames(now: number): void {
    this.#media.consumers.requestKeyFrames(now);
  }

  protected disconnected(now: number): void {
    this.#media.disconnected(now);
  }

  /**
   * Takes an RTP packet, decrypts it if there is a `receiver`, and hands it to its Producer.
   *
   * @param isAdmitted whether it comes the way that the transport's packets come and that `admitRtp` would admit: then it
   *   can wait until the tick ends, see Ingress
   */
  protected receiveRtp(
    datagram: Uint8Array,
    receiver: SrtpReceiver | undefined,
    isAdmitted: boolean,
    now: number,
  ): DropReason {
    const { ingress } = this.context.media;
    if (receiver !== undefined) {
      if (isAdmitted) return ingress.add(datagram, receiver, this, now);
      ingress.flush();
    }
    return this.#receiveRtp(datagram, receiver, true, now);
  }

  /** Whether a valid packet may come from where the current datagram comes from; the subclass may learn that place. */
  protected abstract admitRtp(now: number): DropReason;

  /** Takes a compound RTCP packet, not encrypted. */
  protected receiveRtcp(bytes: Uint8Array, offset: number, length: number, now: number): DropReason {
    return this.#media.rtcp.receive(bytes, offset, length, now);
  }

  protected receiveSctp(bytes: Uint8Array, offset: number, length: number, now: number): DropReason {
    return this.#data.receiveSctp(bytes, offset, length, now);
  }

  protected get hasSctp(): boolean {
    return this.#data.hasSctp;
  }

  protected baseDump(): FbsTransport.Dump {
    return { id: this.id, direct: this.options.direct, ...this.#media.dump(), ...this.#data.dump() };
  }

  protected baseStats(now: number): FbsTransport.Stats {
    return {
      transportId: this.id,
      timestamp: BigInt(Math.trunc(now)),
      sctpState: this.#data.sctpStateNumber,
      ...this.counters.stats(now),
      ...this.#media.stats(),
    };
  }

  // IngressRoute

  receiveDecrypted(handle: number, length: number, now: number): DropReason {
    const { memory, receivedPacket } = this.context;
    if (!parseSlot(receivedPacket, memory, handle, length)) return DropReason.rtpMalformed;
    receivedPacket.receivedAt = now;
    return this.#media.producers.receiveRtp(receivedPacket, now);
  }

  // TransportDataOwner

  onDataInjected(length: number, now: number): void {
    this.counters.received.update(length, now);
  }

  // TransportMediaOwner

  receiveInjectedRtp(bytes: Uint8Array, now: number): void {
    let reason: DropReason = DropReason.datagramTooLarge;
    if (bytes.length <= MAX_INJECTED_LENGTH) {
      this.counters.received.update(bytes.length, now);
      reason = this.#receiveRtp(bytes, undefined, false, now);
    }
    if (reason !== DropReason.none) this.context.drops.count(reason);
  }

  dispatchRtp(packet: EgressPacket, _consumer: Consumer | undefined, now: number): void {
    this.sentAt = now;
    this.context.media.egress.commit(this, packet);
  }

  /** @param checkOrigin whether the packet came over the network, so that `admitRtp` may object */
  #receiveRtp(datagram: Uint8Array, receiver: SrtpReceiver | undefined, checkOrigin: boolean, now: number): DropReason {
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
      if (!checkOrigin) return this.receiveDecrypted(handle, length, now);
      // Only a valid packet says where the peer is.
      if (!parseSlot(receivedPacket, memory, handle, length)) return DropReason.rtpMalformed;
      const reason = this.admitRtp(now);
      if (reason === DropReason.none) return this.receiveDecrypted(handle, length, now);
      this.removeReceiveStream(receivedPacket.ssrc);
      return reason;
    } finally {
      memory.release(handle);
    }
  }
}
