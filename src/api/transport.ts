import { Event } from '../channel/fbs/notification.js';
import { Method } from '../channel/fbs/request.js';
import { type ConsumeRequest, type ProduceRequest } from '../channel/fbs/transport.js';
import { type Channel } from './channel.js';
import { ConsumerImpl, consumerLayersFromFbs, consumerLayersToFbs, consumerScoreFromFbs } from './consumer.js';
import { Entity, type NotificationHandlers } from './entity.js';
import { NotFoundError } from './errors.js';
import { getConsumableRtpParameters, getConsumerRtpParameters, getProducerRtpParametersMapping } from './ortc/ortc.js';
import { validateAndNormalizeRtpCapabilities, validateAndNormalizeRtpParameters } from './ortc/validation.js';
import { ProducerImpl, producerTypeFromFbs } from './producer.js';
import { TransportData, type TransportDataOwner } from './transport-data.js';
import { type AppData } from './types/app-data.js';
import { type Consumer, type ConsumerLayers, type ConsumerOptions, type ConsumerScore } from './types/consumer.js';
import { type DataConsumer, type DataConsumerOptions } from './types/data-consumer.js';
import { type DataProducer, type DataProducerOptions } from './types/data-producer.js';
import { type Producer, type ProducerOptions } from './types/producer.js';
import { type RtpCapabilities, type RtpParameters } from './types/rtp-parameters.js';
import { type SctpNegotiatedCapabilities, type SctpParameters } from './types/sctp-parameters.js';
import {
  type BaseTransportDump,
  type SctpState,
  type Transport,
  type TransportEvents,
  type TransportObserver,
  type TransportTraceEventType,
  type TransportType,
} from './types/transport.js';
import { checkAppData, clone, generateUUIDv4 } from './utils.js';
import { encodingsToFbs, mediaKinds, rtpMappingToFbs, rtpParametersToFbs, rtpTypes } from './wire/rtp-parameters.js';
import { traceEventTypesToFbs } from './wire/trace.js';
import { transportTraceEventTypes, transportTraceFromFbs } from './wire/transport.js';

/** What a transport needs to know of its router. */
export interface TransportRouter {
  readonly id: string;
  /** The capabilities themselves, not a copy. */
  getRtpCapabilities(): RtpCapabilities;
  getProducer(id: string): Producer | undefined;
  getDataProducer(id: string): DataProducer | undefined;
}

export interface TransportInit<TAppData> {
  id: string;
  channel: Channel;
  appData?: TAppData;
  router: TransportRouter;
  /** What the worker made of the request to create it. */
  base: BaseTransportDump;
}

/** MIDs count up to here and start again. */
const midLimit = 100_000_000;

export abstract class TransportImpl<TAppData extends AppData, E extends TransportEvents, O extends TransportObserver>
  extends Entity<TAppData, E, O>
  implements Transport<TAppData, E, O>
{
  protected readonly router: TransportRouter;
  protected readonly consumers: Map<string, Consumer>;
  readonly #producers: Map<string, Producer>;
  readonly #data: TransportData;
  /** By which the endpoint's producers are known to belong together. */
  #cname: string | undefined;
  #nextMid: number;

  constructor(className: string, init: TransportInit<TAppData>) {
    super(className, init);
    this.router = init.router;
    this.#producers = new Map();
    this.consumers = new Map();
    this.#data = new TransportData(this.#self, this.logger, init);
    this.#cname = undefined;
    this.#nextMid = 0;
  }

  abstract get type(): TransportType;

  get sctpParameters(): SctpParameters | undefined {
    return clone(this.#data.sctpParameters);
  }

  get sctpState(): SctpState | undefined {
    return this.#data.sctpState;
  }

  get sctpNegotiatedCapabilities(): SctpNegotiatedCapabilities | undefined {
    return clone(this.#data.sctpNegotiatedCapabilities);
  }

  close(): void {
    this.end(['@close'], () => {
      this.onEnd();
      this.tellClosed(Method.ROUTER_CLOSE_TRANSPORT, this.router.id, { transportId: this.id });
      this.#closeChildren({ tellRouter: true });
    });
  }

  routerClosed(): void {
    this.end(['routerclose'], () => {
      this.onEnd();
      this.#closeChildren({ tellRouter: false });
    });
  }

  listenServerClosed(): void {
    this.end(['@listenserverclose', 'listenserverclose'], () => {
      this.onEnd();
      this.#closeChildren({ tellRouter: false });
    });
  }

  abstract dump(): Promise<unknown>;

  abstract getStats(): Promise<unknown[]>;

  abstract connect(params: unknown): Promise<void>;

  async setMaxIncomingBitrate(bitrate: number): Promise<void> {
    await this.request(Method.TRANSPORT_SET_MAX_INCOMING_BITRATE, { maxIncomingBitrate: BigInt(bitrate) });
  }

  async setMaxOutgoingBitrate(bitrate: number): Promise<void> {
    await this.request(Method.TRANSPORT_SET_MAX_OUTGOING_BITRATE, { maxOutgoingBitrate: BigInt(bitrate) });
  }

  async setMinOutgoingBitrate(bitrate: number): Promise<void> {
    await this.request(Method.TRANSPORT_SET_MIN_OUTGOING_BITRATE, { minOutgoingBitrate: BigInt(bitrate) });
  }

  async produce<ProducerAppData extends AppData = AppData>(
    options: ProducerOptions<ProducerAppData>,
  ): Promise<Producer<ProducerAppData>> {
    const { kind, paused = false, appData } = options;
    if (options.id && this.#producers.has(options.id)) {
      throw new TypeError(`a Producer with same id "${options.id}" already exists`);
    }
    if (kind !== 'audio' && kind !== 'video') throw new TypeError(`invalid kind "${String(kind)}"`);
    checkAppData(appData);

    const rtpParameters = clone(options.rtpParameters);
    validateAndNormalizeRtpParameters(rtpParameters);
    if (!rtpParameters.encodings?.length) rtpParameters.encodings = [{}];
    rtpParameters.rtcp!.cname = this.cnameFor(rtpParameters.rtcp!.cname);

    const routerCapabilities = this.router.getRtpCapabilities();
    const rtpMapping = getProducerRtpParametersMapping(rtpParameters, routerCapabilities);
    const consumableRtpParameters = getConsumableRtpParameters(kind, rtpParameters, routerCapabilities, rtpMapping);

    const id = options.id ?? generateUUIDv4();
    const request: ProduceRequest = {
      producerId: id,
      kind: mediaKinds.toValue(kind),
      rtpParameters: rtpParametersToFbs(rtpParameters),
      rtpMapping: rtpMappingToFbs(rtpMapping),
      paused,
      keyFrameRequestDelay: options.keyFrameRequestDelay ?? 0,
      enableMediasoupPacketIdHeaderExtension: options.enableMediasoupPacketIdHeaderExtension ?? false,
    };
    const response = await this.request(Method.TRANSPORT_PRODUCE, request);

    const producer = new ProducerImpl<ProducerAppData>({
      ...this.#childOptions(id, appData),
      kind,
      type: producerTypeFromFbs(response.type),
      rtpParameters,
      consumableRtpParameters,
      paused,
    });
    this.#producers.set(id, producer);
    producer.on('@close', () => {
      this.#producers.delete(id);
      this.#self.emit('@producerclose', producer);
    });
    this.#self.emit('@newproducer', producer);
    this.observer.safeEmit('newproducer', producer);
    this.#closeLatecomers();
    return producer;
  }

  async consume<ConsumerAppData extends AppData = AppData>(
    options: ConsumerOptions<ConsumerAppData>,
  ): Promise<Consumer<ConsumerAppData>> {
    const { producerId, paused = false, mid, preferredLayers, ignoreDtx = false, pipe = false, appData } = options;
    if (!producerId || typeof producerId !== 'string') throw new TypeError('missing producerId');
    checkAppData(appData);
    if (mid && typeof mid !== 'string') throw new TypeError('if given, mid must be non empty string');

    const remoteRtpCapabilities = clone(options.rtpCapabilities);
    validateAndNormalizeRtpCapabilities(remoteRtpCapabilities);
    const producer = this.getProducer(producerId);
    const rtpParameters = getConsumerRtpParameters({
      consumableRtpParameters: producer.consumableRtpParameters,
      remoteRtpCapabilities,
      pipe,
      enableRtx: options.enableRtx ?? producer.kind === 'video',
    });
    // Streams of a pipe are known by their SSRC.
    if (!pipe) rtpParameters.mid = mid || this.#takeMid();

    return this.createConsumer<ConsumerAppData>({
      producer,
      rtpParameters,
      pipe,
      paused,
      preferredLayers,
      ignoreDtx,
      appData,
    });
  }

  produceData<DataProducerAppData extends AppData = AppData>(
    options?: DataProducerOptions<DataProducerAppData>,
  ): Promise<DataProducer<DataProducerAppData>> {
    return this.#data.produceData(options);
  }

  consumeData<DataConsumerAppData extends AppData = AppData>(
    options: DataConsumerOptions<DataConsumerAppData>,
  ): Promise<DataConsumer<DataConsumerAppData>> {
    return this.#data.consumeData(options);
  }

  async enableTraceEvent(types: TransportTraceEventType[] = []): Promise<void> {
    const events = traceEventTypesToFbs(types, transportTraceEventTypes, type =>
      this.logger.warn(`enableTraceEvent() | ignoring unknown type "${type}"`),
    );
    await this.request(Method.TRANSPORT_ENABLE_TRACE_EVENT, { events });
  }

  /** What the worker tells about transports of every kind. */
  protected baseHandlers(): NotificationHandlers {
    return {
      [Event.TRANSPORT_TRACE]: notification => {
        const trace = transportTraceFromFbs(notification);
        this.#self.safeEmit('trace', trace);
        this.observer.safeEmit('trace', trace);
      },
    };
  }

  /** The same, and what it tells about SCTP. */
  protected sctpHandlers(emit: (state: SctpState) => void): NotificationHandlers {
    return {
      ...this.baseHandlers(),
      ...this.#data.notificationHandlers(emit),
    };
  }

  /** Sets what is known of the state when the transport is closed, before anything is emitted. */
  protected onEnd(): void {
    this.#data.onEnd();
  }

  /** The CNAME of a new producer. All producers of an endpoint have that of the first one (RFC 7022). */
  protected cnameFor(given: string | undefined): string {
    this.#cname ??= given || newCname();
    return this.#cname;
  }

  /** @throws NotFoundError */
  protected getProducer(producerId: string): Producer {
    const producer = this.router.getProducer(producerId);
    if (!producer) throw new NotFoundError(`Producer with id "${producerId}" not found`);
    return producer;
  }

  /** @param score - of the new consumer, if not what the worker says. */
  protected async createConsumer<ConsumerAppData extends AppData>({
    producer,
    rtpParameters,
    pipe,
    paused = false,
    preferredLayers,
    ignoreDtx = false,
    score,
    appData,
  }: {
    producer: Producer;
    rtpParameters: RtpParameters;
    pipe: boolean;
    paused?: boolean;
    preferredLayers?: ConsumerLayers;
    ignoreDtx?: boolean;
    score?: ConsumerScore;
    appData?: ConsumerAppData;
  }): Promise<Consumer<ConsumerAppData>> {
    const id = generateUUIDv4();
    const { kind } = producer;
    const type = pipe ? 'pipe' : producer.type;
    const request: ConsumeRequest = {
      consumerId: id,
      producerId: producer.id,
      kind: mediaKinds.toValue(kind),
      rtpParameters: rtpParametersToFbs(rtpParameters),
      type: rtpTypes.toValue(type),
      consumableRtpEncodings: encodingsToFbs(producer.consumableRtpParameters.encodings),
      paused,
      preferredLayers: preferredLayers && consumerLayersToFbs(preferredLayers),
      ignoreDtx,
    };
    const response = await this.request(Method.TRANSPORT_CONSUME, request);

    const consumer = new ConsumerImpl<ConsumerAppData>({
      ...this.#childOptions(id, appData),
      producerId: producer.id,
      kind,
      type,
      rtpParameters,
      paused: response.paused,
      producerPaused: response.producerPaused,
      score: score ?? consumerScoreFromFbs(response.score),
      preferredLayers: consumerLayersFromFbs(response.preferredLayers),
    });
    this.consumers.set(id, consumer);
    consumer.on('@close', () => this.consumers.delete(id));
    consumer.on('@producerclose', () => this.consumers.delete(id));
    this.observer.safeEmit('newconsumer', consumer);
    this.#closeLatecomers();
    return consumer;
  }

  /** This with the events of every transport: TypeScript cannot look into a type parameter. */
  get #self(): TransportDataOwner {
    return this;
  }

  #childOptions<T>(id: string, appData: T): { id: string; transportId: string; channel: Channel; appData: T } {
    return { id, transportId: this.id, channel: this.channel, appData };
  }

  #takeMid(): string {
    const mid = this.#nextMid;
    this.#nextMid = mid + 1 < midLimit ? mid + 1 : 0;
    return String(mid);
  }

  /** Closes what was being created while this transport was closed. */
  #closeLatecomers(): void {
    if (this.closed) this.#closeChildren({ tellRouter: true });
  }

  /** @param tellRouter - whether the router has to be told which producers are gone: not if it is closed itself. */
  #closeChildren({ tellRouter }: { tellRouter: boolean }): void {
    for (const producer of this.#producers.values()) {
      producer.transportClosed();
      if (tellRouter) this.#self.emit('@producerclose', producer);
    }
    this.#producers.clear();
    for (const consumer of this.consumers.values()) consumer.transportClosed();
    this.consumers.clear();
    this.#data.closeAll({ tellRouter });
  }
}

export const newCname = (): string => generateUUIDv4().slice(0, 8);
