import { Method } from '../channel/fbs/request.js';
import type * as FbsRouter from '../channel/fbs/router.js';
import { type RtpPacket } from '../rtp/rtp-packet.js';
import { type RtpStreamRecv } from '../rtp/rtp-stream-recv.js';
import { ActiveSpeakerObserver } from './active-speaker-observer.js';
import { AudioLevelObserver } from './audio-level-observer.js';
import { type Consumer } from './consumer.js';
import { type WorkerContext } from './context.js';
import { type DataConsumer } from './data-consumer.js';
import { type DataProducer } from './data-producer.js';
import { DirectTransport } from './direct-transport.js';
import { type IncomingRequest, type MethodTable } from './handler-registry.js';
import { NotFoundError } from './not-found-error.js';
import { PipeTransport } from './pipe-transport.js';
import { PlainTransport } from './plain-transport.js';
import { type Producer } from './producer.js';
import { type RtpObserver, type RtpObserverOwner } from './rtp-observer.js';
import { type MessageSubchannels } from './subchannels.js';
import { type Transport } from './transport.js';
import { type TransportOwner } from './transport-owner.js';
import { type WebRtcServer } from './webrtc-server.js';
import { WebRtcTransport, type WebRtcTransportOwner } from './webrtc-transport.js';

/** A Producer with everybody its packets go to. */
interface Route {
  readonly producer: Producer;
  readonly consumers: Consumer[];
  readonly observers: RtpObserver[];
}

interface DataRoute {
  readonly dataProducer: DataProducer;
  readonly dataConsumers: DataConsumer[];
}

/** Hands what Producers send to Consumers and observers, across the Transports of one router. */
export class Router implements TransportOwner, WebRtcTransportOwner, RtpObserverOwner {
  static readonly #methods: MethodTable<Router> = {
    [Method.ROUTER_DUMP]: router => router.#dump(),
    [Method.ROUTER_CREATE_WEBRTCTRANSPORT]: (router, body, request) =>
      router.#createWebRtcTransport(body, request, undefined),
    [Method.ROUTER_CREATE_WEBRTCTRANSPORT_WITH_SERVER]: (router, body, request) =>
      router.#createWebRtcTransport(body, request, router.#findWebRtcServer),
    [Method.ROUTER_CREATE_PLAINTRANSPORT]: (router, body, request) => {
      router.#checkNewTransport(body.transportId, request);
      const transport = new PlainTransport(body.transportId, body.options, router.#context, router);
      router.#transports.set(transport.id, transport);
      return transport.dump();
    },
    [Method.ROUTER_CREATE_PIPETRANSPORT]: (router, body, request) => {
      router.#checkNewTransport(body.transportId, request);
      const transport = new PipeTransport(body.transportId, body.options, router.#context, router);
      router.#transports.set(transport.id, transport);
      return transport.dump();
    },
    [Method.ROUTER_CREATE_DIRECTTRANSPORT]: (router, body, request) => {
      router.#checkNewTransport(body.transportId, request);
      const transport = new DirectTransport(body.transportId, body.options, router.#context, router);
      router.#transports.set(transport.id, transport);
      return transport.dump();
    },
    [Method.ROUTER_CLOSE_TRANSPORT]: (router, body, request) => {
      const transport = router.#transports.get(body.transportId);
      if (!transport) throw new NotFoundError(`Transport not found [method:${request.name}]`);
      router.#closeTransport(transport, router.#context.runtime.clock.now());
    },
    [Method.ROUTER_CREATE_ACTIVESPEAKEROBSERVER]: (router, body, request) => {
      router.#checkNewObserver(body.rtpObserverId, request);
      const id = body.rtpObserverId;
      router.#observers.set(id, new ActiveSpeakerObserver(id, body.options, router.#context, router));
    },
    [Method.ROUTER_CREATE_AUDIOLEVELOBSERVER]: (router, body, request) => {
      router.#checkNewObserver(body.rtpObserverId, request);
      const id = body.rtpObserverId;
      router.#observers.set(id, new AudioLevelObserver(id, body.options, router.#context, router));
    },
    [Method.ROUTER_CLOSE_RTPOBSERVER]: (router, body, request) => {
      const observer = router.#observers.get(body.rtpObserverId);
      if (!observer) throw new NotFoundError(`RtpObserver not found [method:${request.name}]`);
      router.#observers.delete(observer.id);
      for (const route of router.#routes.values()) removeFrom(route.observers, observer);
      observer.close();
    },
  };

  readonly id: string;
  readonly #context: WorkerContext;
  readonly #findWebRtcServer: (id: string) => WebRtcServer | undefined;
  readonly #transports = new Map<string, Transport>();
  readonly #observers = new Map<string, RtpObserver>();
  /** By Producer id. */
  readonly #routes = new Map<string, Route>();
  /** By DataProducer id. */
  readonly #dataRoutes = new Map<string, DataRoute>();

  /** @throws Error if the id is taken */
  constructor(id: string, context: WorkerContext, findWebRtcServer: (id: string) => WebRtcServer | undefined) {
    this.id = id;
    this.#context = context;
    this.#findWebRtcServer = findWebRtcServer;
    context.handlers.register(id, this, Router.#methods);
  }

  /** Everything goes at once, without a word to the application. */
  close(now: number): void {
    this.#context.handlers.unregister(this.id);
    for (const transport of this.#transports.values()) transport.close(now);
    for (const observer of this.#observers.values()) observer.close();
    this.#transports.clear();
    this.#observers.clear();
    this.#routes.clear();
    this.#dataRoutes.clear();
  }

  // RtpObserverOwner

  findProducer(id: string): Producer | undefined {
    return this.#routes.get(id)?.producer;
  }

  addObservedProducer(observer: RtpObserver, producer: Producer): void {
    const observers = this.#routes.get(producer.id)?.observers;
    if (observers && !observers.includes(observer)) observers.push(observer);
  }

  removeObservedProducer(observer: RtpObserver, producer: Producer): void {
    removeFrom(this.#routes.get(producer.id)?.observers ?? [], observer);
  }

  // WebRtcTransportOwner

  onTransportListenServerClosed(transport: Transport, now: number): void {
    this.#closeTransport(transport, now);
  }

  // TransportOwner: Producers

  addProducer(producer: Producer): void {
    if (this.#routes.has(producer.id)) {
      throw new Error(`Producer already present in mapProducers [producerId:${producer.id}]`);
    }
    this.#routes.set(producer.id, { producer, consumers: [], observers: [] });
  }

  removeProducer(producer: Producer, now: number): void {
    const route = this.#routes.get(producer.id);
    if (!route) return;
    this.#routes.delete(producer.id);
    // Closing a Consumer leads to `removeConsumer`, which finds no route any more.
    for (const consumer of route.consumers) consumer.onProducerClosed(now);
    for (const observer of route.observers) observer.removeProducer(producer);
  }

  onProducerPaused(producer: Producer, now: number): void {
    const route = this.#routes.get(producer.id);
    for (const consumer of route?.consumers ?? []) consumer.onProducerPaused(now);
    for (const observer of route?.observers ?? []) observer.producerPaused(producer);
  }

  onProducerResumed(producer: Producer, now: number): void {
    const route = this.#routes.get(producer.id);
    for (const consumer of route?.consumers ?? []) consumer.onProducerResumed(now);
    for (const observer of route?.observers ?? []) observer.producerResumed(producer);
  }

  onProducerNewRtpStream(producer: Producer, stream: RtpStreamRecv, mappedSsrc: number, now: number): void {
    for (const consumer of this.#consumersOf(producer)) consumer.onProducerNewRtpStream(stream, mappedSsrc, now);
  }

  onProducerRtpStreamScore(
    producer: Producer,
    stream: RtpStreamRecv,
    score: number,
    previousScore: number,
    now: number,
  ): void {
    for (const consumer of this.#consumersOf(producer)) {
      consumer.onProducerRtpStreamScore(stream, score, previousScore, now);
    }
  }

  onProducerSpatialLayerActivityChanged(producer: Producer, stream: RtpStreamRecv, now: number): void {
    for (const consumer of this.#consumersOf(producer)) consumer.onProducerSpatialLayerActivityChanged(stream, now);
  }

  onProducerRtpStreamRestart(producer: Producer, mappedSsrc: number): void {
    for (const consumer of this.#consumersOf(producer)) consumer.onProducerRtpStreamRestart(mappedSsrc);
  }

  onProducerRtcpSenderReport(producer: Producer, stream: RtpStreamRecv, first: boolean, now: number): void {
    for (const consumer of this.#consumersOf(producer)) consumer.onProducerRtcpSenderReport(stream, first, now);
  }

  onProducerNeedWorstRemoteFractionLost(producer: Producer, mappedSsrc: number): number {
    let worst = 0;
    for (const consumer of this.#consumersOf(producer)) {
      worst = Math.max(worst, consumer.worstFractionLost(mappedSsrc));
    }
    return worst;
  }

  /** The hot path: one packet to everybody who wants it. */
  onProducerRtpPacketReceived(producer: Producer, packet: RtpPacket, now: number): void {
    const route = this.#routes.get(producer.id);
    if (!route) return;
    const { consumers, observers } = route;
    for (let i = 0; i < consumers.length; i++) consumers[i].sendRtpPacket(packet, now);
    for (let i = 0; i < observers.length; i++) observers[i].receiveRtpPacket(producer, packet, now);
  }

  // TransportOwner: Consumers

  addConsumer(consumer: Consumer, now: number): void {
    const route = this.#routes.get(consumer.producerId);
    if (!route) throw new NotFoundError(`Producer not found [producerId:${consumer.producerId}]`);
    const { producer } = route;
    route.consumers.push(consumer);
    consumer.setProducerScores(producer.scores);
    if (producer.paused) consumer.onProducerPaused(now);
    for (const [mappedSsrc, stream] of producer.streamsByMappedSsrc) consumer.addProducerRtpStream(stream, mappedSsrc);
  }

  removeConsumer(consumer: Consumer): void {
    removeFrom(this.#routes.get(consumer.producerId)?.consumers ?? [], consumer);
  }

  requestKeyFrame(consumer: Consumer, mappedSsrc: number, now: number): void {
    this.#routes.get(consumer.producerId)?.producer.requestKeyFrame(mappedSsrc, now);
  }

  // TransportOwner: data

  addDataProducer(dataProducer: DataProducer): void {
    if (this.#dataRoutes.has(dataProducer.id)) {
      throw new Error(`DataProducer already present in mapDataProducers [dataProducerId:${dataProducer.id}]`);
    }
    this.#dataRoutes.set(dataProducer.id, { dataProducer, dataConsumers: [] });
  }

  removeDataProducer(dataProducer: DataProducer): void {
    const route = this.#dataRoutes.get(dataProducer.id);
    this.#dataRoutes.delete(dataProducer.id);
    for (const dataConsumer of route?.dataConsumers ?? []) dataConsumer.dataProducerClosed();
  }

  addDataConsumer(dataConsumer: DataConsumer): void {
    const route = this.#dataRoutes.get(dataConsumer.dataProducerId);
    if (!route) throw new NotFoundError(`DataProducer not found [dataProducerId:${dataConsumer.dataProducerId}]`);
    route.dataConsumers.push(dataConsumer);
    if (route.dataProducer.paused) dataConsumer.dataProducerPaused();
  }

  removeDataConsumer(dataConsumer: DataConsumer): void {
    removeFrom(this.#dataRoutes.get(dataConsumer.dataProducerId)?.dataConsumers ?? [], dataConsumer);
  }

  onDataProducerMessage(
    dataProducer: DataProducer,
    ppid: number,
    payload: Uint8Array,
    subchannels: MessageSubchannels,
    now: number,
  ): void {
    const dataConsumers = this.#dataRoutes.get(dataProducer.id)?.dataConsumers ?? [];
    for (const dataConsumer of dataConsumers) dataConsumer.receiveMessage(ppid, payload, subchannels, now);
  }

  onDataProducerPaused(dataProducer: DataProducer): void {
    for (const one of this.#dataRoutes.get(dataProducer.id)?.dataConsumers ?? []) one.dataProducerPaused();
  }

  onDataProducerResumed(dataProducer: DataProducer): void {
    for (const one of this.#dataRoutes.get(dataProducer.id)?.dataConsumers ?? []) one.dataProducerResumed();
  }

  #consumersOf(producer: Producer): readonly Consumer[] {
    return this.#routes.get(producer.id)?.consumers ?? [];
  }

  async #createWebRtcTransport(
    body: FbsRouter.CreateWebRtcTransportRequest,
    request: IncomingRequest,
    findWebRtcServer: ((id: string) => WebRtcServer | undefined) | undefined,
  ) {
    this.#checkNewTransport(body.transportId, request);
    const id = body.transportId;
    const transport = findWebRtcServer
      ? WebRtcTransport.createWithServer(id, body.options, this.#context, this, findWebRtcServer)
      : await WebRtcTransport.create(id, body.options, this.#context, this);
    this.#transports.set(id, transport);
    return transport.dump();
  }

  #closeTransport(transport: Transport, now: number): void {
    this.#transports.delete(transport.id);
    transport.closeEndpoints(now);
    transport.close(now);
  }

  #checkNewTransport(id: string | Uint8Array | undefined, request: IncomingRequest): void {
    if (this.#transports.has(id as string)) {
      throw new Error(`a Transport with same id already exists [method:${request.name}]`);
    }
  }

  #checkNewObserver(id: string | Uint8Array | undefined, request: IncomingRequest): void {
    if (this.#observers.has(id as string)) {
      throw new Error(`an RtpObserver with same id already exists [method:${request.name}]`);
    }
  }

  #dump(): FbsRouter.DumpResponse {
    const routes = [...this.#routes.values()];
    const dataRoutes = [...this.#dataRoutes.values()];
    return {
      id: this.id,
      transportIds: [...this.#transports.keys()],
      rtpObserverIds: [...this.#observers.keys()],
      mapProducerIdConsumerIds: routes.map(({ producer, consumers }) => ({
        key: producer.id,
        values: idsOf(consumers),
      })),
      mapConsumerIdProducerId: routes.flatMap(({ producer, consumers }) =>
        consumers.map(({ id }) => ({ key: id, value: producer.id })),
      ),
      mapProducerIdObserverIds: routes.map(({ producer, observers }) => ({
        key: producer.id,
        values: idsOf(observers),
      })),
      mapDataProducerIdDataConsumerIds: dataRoutes.map(({ dataProducer, dataConsumers }) => ({
        key: dataProducer.id,
        values: idsOf(dataConsumers),
      })),
      mapDataConsumerIdDataProducerId: dataRoutes.flatMap(({ dataProducer, dataConsumers }) =>
        dataConsumers.map(({ id }) => ({ key: id, value: dataProducer.id })),
      ),
    };
  }
}

function idsOf(objects: readonly { id: string }[]): string[] {
  return objects.map(({ id }) => id);
}

function removeFrom<T>(list: T[], item: T): void {
  const index = list.indexOf(item);
  if (index >= 0) list.splice(index, 1);
}
