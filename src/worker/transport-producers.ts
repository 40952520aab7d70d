import type * as FbsTransport from '../channel/fbs/transport.js';
import { DropReason } from '../common/drop-reason.js';
import { createHeaderExtensionIds, HeaderExtension } from '../rtp/header-extension.js';
import { type RtpPacket } from '../rtp/rtp-packet.js';
import { type BitrateLimits } from './bitrate-limits.js';
import { CaptureTimeEstimators } from './capture-time-estimators.js';
import { type WorkerContext } from './context.js';
import { type IncomingRequest } from './handler-registry.js';
import { IncomingCongestion } from './incoming-congestion.js';
import { NotFoundError } from './not-found-error.js';
import { Producer, ReceivedAs } from './producer.js';
import { producerEvents, producerMethods } from './producer-requests.js';
import { RtpListener } from './rtp-listener.js';
import { type SendRtcp } from './send-rtcp.js';
import { type TransportCounters } from './transport-counters.js';
import { type TransportOwner } from './transport-owner.js';

/** What a Transport does for its Producers. */
export interface TransportProducersOwner {
  readonly isConnected: boolean;
  sendRtcp(bytes: Uint8Array, offset: number, length: number): void;
  /** Takes a packet that the application sends through a Producer. */
  receiveInjectedRtp(bytes: Uint8Array, now: number): void;
  /** Nothing more of this stream will be received. */
  removeReceiveStream(ssrc: number): void;
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

type ProducersDump = Pick<FbsTransport.Dump, 'producerIds' | 'recvRtpHeaderExtensions' | 'rtpListener'>;

/**
 * The media that a Transport receives: its Producers, which of them a packet belongs to, and what the peer is told for
 * its congestion control.
 */
export class TransportProducers implements Iterable<Producer> {
  readonly incoming: IncomingCongestion;
  readonly #context: WorkerContext;
  readonly #counters: TransportCounters;
  readonly #limits: BitrateLimits;
  readonly #owner: TransportProducersOwner;
  readonly #router: TransportOwner;
  readonly #sendRtcp: SendRtcp;
  readonly #producers = new Map<string, Producer>();
  readonly #rtpListener = new RtpListener();
  readonly #extensionIds = createHeaderExtensionIds();
  readonly #captureTimes = new CaptureTimeEstimators();

  constructor(
    limits: BitrateLimits,
    counters: TransportCounters,
    context: WorkerContext,
    owner: TransportProducersOwner,
    router: TransportOwner,
  ) {
    this.#context = context;
    this.#counters = counters;
    this.#limits = limits;
    this.#owner = owner;
    this.#router = router;
    this.#sendRtcp = (bytes, offset, length) => owner.sendRtcp(bytes, offset, length);
    this.incoming = new IncomingCongestion(context, this.#sendRtcp);
  }

  // Requests

  produce(body: FbsTransport.ProduceRequest, request: IncomingRequest): void {
    const id = body.producerId;
    if (this.#producers.has(id)) {
      throw new Error(`a Producer with same producerId already exists [method:${request.name}]`);
    }
    const { handlers, media, runtime } = this.#context;
    const producer = new Producer(body, this.#router, this.#sendRtcp, this.#captureTimes, media);
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
    this.incoming.negotiate(producer, this.#owner.isConnected, runtime.clock.now());
  }

  closeProducer(body: FbsTransport.CloseProducerRequest, request: IncomingRequest): void {
    const producer = this.#producers.get(body.producerId);
    if (!producer) throw new NotFoundError(`Producer not found [method:${request.name}]`);
    this.#closeProducer(producer, this.#context.runtime.clock.now());
  }

  /** @param bitrate bps; 0: no limit */
  setMaxIncomingBitrate(bitrate: bigint): void {
    this.#limits.setMaxIncoming(bitrate);
    this.incoming.setMaxIncomingBitrate(Number(bitrate), this.#context.runtime.clock.now());
  }

  dump(): ProducersDump {
    return {
      producerIds: [...this.#producers.keys()],
      recvRtpHeaderExtensions: {
        mid: this.#extensionIds[HeaderExtension.mid] || undefined,
        rid: this.#extensionIds[HeaderExtension.rid] || undefined,
        rrid: this.#extensionIds[HeaderExtension.repairedRid] || undefined,
        absSendTime: this.#extensionIds[HeaderExtension.absSendTime] || undefined,
        transportWideCc01: this.#extensionIds[HeaderExtension.transportWideCc] || undefined,
      },
      rtpListener: this.#rtpListener.dump(),
    };
  }

  // From the Transport

  /** The hot path: an RTP packet, not encrypted, that lies in a slot of packet memory. */
  receiveRtp(packet: RtpPacket, now: number): DropReason {
    packet.extensionIds = this.#extensionIds;
    this.incoming.receivePacket(packet, now);
    const producer = this.#rtpListener.getProducer(packet);
    if (!producer) {
      this.#owner.removeReceiveStream(packet.ssrc);
      return DropReason.rtpNoProducer;
    }
    // The Producer has counted what it dropped.
    switch (producer.receiveRtpPacket(packet, now)) {
      case ReceivedAs.media:
        this.#counters.receivedRtp.update(packet.length, packet.payloadLength, now);
        return DropReason.none;
      case ReceivedAs.retransmission:
        this.#counters.receivedRtx.update(packet.length, packet.payloadLength, now);
        return DropReason.none;
      case ReceivedAs.unusable:
        return DropReason.none;
      case ReceivedAs.discarded:
        this.#owner.removeReceiveStream(packet.ssrc);
        return DropReason.none;
    }
  }

  /** Closes all, and tells the Router. */
  closeAll(now: number): void {
    for (const producer of [...this.#producers.values()]) this.#closeProducer(producer, now);
  }

  /** What there still is goes without a word to the Router. */
  close(): void {
    this.incoming.close();
    this.#context.handlers.closeAll(this.#producers);
  }

  // For RTCP

  [Symbol.iterator](): Iterator<Producer> {
    return this.#producers.values();
  }

  findBySsrc(ssrc: number): Producer | undefined {
    return this.#rtpListener.getProducerBySsrc(ssrc);
  }

  #closeProducer(producer: Producer, now: number): void {
    this.#rtpListener.removeProducer(producer);
    this.#producers.delete(producer.id);
    for (const ssrc of producer.receivedSsrcs) this.#owner.removeReceiveStream(ssrc);
    this.#router.removeProducer(producer, now);
    this.#context.handlers.unregister(producer.id);
    producer.close();
  }
}
