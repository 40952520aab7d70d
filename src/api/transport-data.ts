import { type DumpResponse as DataConsumerDump } from '../channel/fbs/data-consumer.js';
import { Event } from '../channel/fbs/notification.js';
import { Method } from '../channel/fbs/request.js';
import { type ConsumeDataRequest, type ProduceDataRequest } from '../channel/fbs/transport.js';
import { type Channel } from './channel.js';
import { DataConsumerImpl, dataConsumerDumpFromFbs, dataConsumerTypes } from './data-consumer.js';
import { DataProducerImpl, dataProducerDumpFromFbs, dataProducerTypes } from './data-producer.js';
import { type EnhancedEventEmitter } from './enhanced-events.js';
import { type NotificationHandlers } from './entity.js';
import { NotFoundError } from './errors.js';
import { type Logger } from './logger.js';
import { validateAndNormalizeSctpStreamParameters } from './ortc/validation.js';
import { SctpStreamIds } from './sctp-stream-ids.js';
import { type AppData } from './types/app-data.js';
import { type DataConsumer, type DataConsumerOptions } from './types/data-consumer.js';
import { type DataProducer, type DataProducerOptions } from './types/data-producer.js';
import {
  type SctpNegotiatedCapabilities,
  type SctpParameters,
  type SctpStreamParameters,
} from './types/sctp-parameters.js';
import { type BaseTransportDump, type SctpState, type Transport, type TransportEvents } from './types/transport.js';
import { checkAppData, clone, generateUUIDv4 } from './utils.js';
import { sctpNegotiatedCapabilitiesFromFbs, sctpStates, sctpStreamParametersToFbs } from './wire/sctp-parameters.js';

/** Whose data it is. Events are emitted on it and on its observer. */
export type TransportDataOwner = EnhancedEventEmitter<TransportEvents> &
  Pick<Transport, 'id' | 'type' | 'closed' | 'observer'>;

interface DataInit {
  channel: Channel;
  router: { getDataProducer(id: string): DataProducer | undefined };
  base: BaseTransportDump;
}

/** The data of a transport: its DataProducers and DataConsumers, and what is known of its SCTP association. */
export class TransportData {
  readonly sctpParameters: SctpParameters | undefined;
  sctpState: SctpState | undefined;
  sctpNegotiatedCapabilities: SctpNegotiatedCapabilities | undefined;
  readonly #transport: TransportDataOwner;
  readonly #channel: Channel;
  readonly #router: DataInit['router'];
  readonly #logger: Logger;
  readonly #streamIds: SctpStreamIds;
  readonly #dataProducers: Map<string, DataProducer>;
  readonly #dataConsumers: Map<string, DataConsumer>;

  constructor(transport: TransportDataOwner, logger: Logger, { channel, router, base }: DataInit) {
    this.sctpParameters = base.sctpParameters;
    this.sctpState = base.sctpState;
    this.sctpNegotiatedCapabilities = undefined;
    this.#transport = transport;
    this.#channel = channel;
    this.#router = router;
    this.#logger = logger;
    this.#streamIds = new SctpStreamIds();
    this.#dataProducers = new Map();
    this.#dataConsumers = new Map();
  }

  async produceData<DataProducerAppData extends AppData = AppData>(
    options: DataProducerOptions<DataProducerAppData> = {},
  ): Promise<DataProducer<DataProducerAppData>> {
    const { label = '', protocol = '', paused = false, appData } = options;
    if (options.id && this.#dataProducers.has(options.id)) {
      throw new TypeError(`a DataProducer with same id "${options.id}" already exists`);
    }
    checkAppData(appData);

    let sctpStreamParameters: SctpStreamParameters | undefined;
    if (this.#transport.type === 'direct') {
      if (options.sctpStreamParameters) {
        this.#logger.warn('produceData() | sctpStreamParameters are ignored when producing data on a DirectTransport');
      }
    } else {
      sctpStreamParameters = clone(options.sctpStreamParameters);
      validateAndNormalizeSctpStreamParameters(sctpStreamParameters!);
    }

    const id = options.id ?? generateUUIDv4();
    const request: ProduceDataRequest = {
      dataProducerId: id,
      type: dataProducerTypes.toValue(this.#type),
      sctpStreamParameters: sctpStreamParameters && sctpStreamParametersToFbs(sctpStreamParameters),
      label,
      protocol,
      paused,
    };
    const response = await this.#channel.request(Method.TRANSPORT_PRODUCE_DATA, this.#transport.id, request);

    const dataProducer = new DataProducerImpl<DataProducerAppData>({
      id,
      transportId: this.#transport.id,
      channel: this.#channel,
      appData,
      paused,
      dump: dataProducerDumpFromFbs(response),
    });
    this.#dataProducers.set(id, dataProducer);
    dataProducer.on('@close', () => {
      this.#dataProducers.delete(id);
      this.#transport.emit('@dataproducerclose', dataProducer);
    });
    this.#transport.emit('@newdataproducer', dataProducer);
    this.#transport.observer.safeEmit('newdataproducer', dataProducer);
    this.#closeLatecomers();
    return dataProducer;
  }

  async consumeData<DataConsumerAppData extends AppData = AppData>(
    options: DataConsumerOptions<DataConsumerAppData>,
  ): Promise<DataConsumer<DataConsumerAppData>> {
    const { dataProducerId, paused = false, subchannels = [], appData } = options;
    if (!dataProducerId || typeof dataProducerId !== 'string') throw new TypeError('missing dataProducerId');
    checkAppData(appData);
    const dataProducer = this.#router.getDataProducer(dataProducerId);
    if (!dataProducer) throw new NotFoundError(`DataProducer with id "${dataProducerId}" not found`);

    let sctpStreamParameters: SctpStreamParameters | undefined;
    if (this.#transport.type === 'direct') {
      if ([options.ordered, options.maxPacketLifeTime, options.maxRetransmits].some(value => value !== undefined)) {
        this.#logger.warn(
          'consumeData() | ordered, maxPacketLifeTime and maxRetransmits are ignored on a DirectTransport',
        );
      }
    } else {
      const streamId = this.#streamIds.allocate(this.sctpNegotiatedCapabilities?.negotiatedMaxOutboundStreams);
      sctpStreamParameters = dataConsumerStream(streamId, dataProducer, options);
    }
    const freeStream = (): void => {
      if (sctpStreamParameters) this.#streamIds.free(sctpStreamParameters.streamId);
    };

    const id = generateUUIDv4();
    const request: ConsumeDataRequest = {
      dataConsumerId: id,
      dataProducerId,
      type: dataConsumerTypes.toValue(this.#type),
      sctpStreamParameters: sctpStreamParameters && sctpStreamParametersToFbs(sctpStreamParameters),
      label: dataProducer.label,
      protocol: dataProducer.protocol,
      paused,
      subchannels,
    };
    let response: DataConsumerDump;
    try {
      response = await this.#channel.request(Method.TRANSPORT_CONSUME_DATA, this.#transport.id, request);
    } catch (error) {
      freeStream();
      throw error;
    }

    const dataConsumer = new DataConsumerImpl<DataConsumerAppData>({
      id,
      transportId: this.#transport.id,
      channel: this.#channel,
      appData,
      dump: dataConsumerDumpFromFbs(response),
    });
    this.#dataConsumers.set(id, dataConsumer);
    const forget = (): void => {
      this.#dataConsumers.delete(id);
      freeStream();
    };
    dataConsumer.on('@close', forget);
    dataConsumer.on('@dataproducerclose', forget);
    this.#transport.observer.safeEmit('newdataconsumer', dataConsumer);
    this.#closeLatecomers();
    return dataConsumer;
  }

  /** What the worker tells about SCTP. */
  notificationHandlers(emit: (state: SctpState) => void): NotificationHandlers {
    return {
      [Event.TRANSPORT_SCTP_STATE_CHANGE]: ({ sctpState }) => {
        this.sctpState = sctpStates.toName(sctpState);
        emit(this.sctpState);
      },
      [Event.TRANSPORT_SCTP_NEGOTIATED_CAPABILITIES]: ({ negotiatedCapabilities }) => {
        this.sctpNegotiatedCapabilities = sctpNegotiatedCapabilitiesFromFbs(negotiatedCapabilities!);
      },
    };
  }

  /** The transport is closed; nothing has been emitted yet. */
  onEnd(): void {
    if (this.sctpState) this.sctpState = 'closed';
  }

  /** @param tellRouter - whether the router has to be told which data producers are gone: not if it is closed itself. */
  closeAll({ tellRouter }: { tellRouter: boolean }): void {
    for (const dataProducer of this.#dataProducers.values()) {
      dataProducer.transportClosed();
      if (tellRouter) this.#transport.emit('@dataproducerclose', dataProducer);
    }
    this.#dataProducers.clear();
    for (const dataConsumer of this.#dataConsumers.values()) dataConsumer.transportClosed();
    this.#dataConsumers.clear();
  }

  get #type(): 'direct' | 'sctp' {
    return this.#transport.type === 'direct' ? 'direct' : 'sctp';
  }

  /** Closes what was being created while the transport was closed. */
  #closeLatecomers(): void {
    if (this.#transport.closed) this.closeAll({ tellRouter: true });
  }
}

/** The stream of a data consumer: as reliable as that of its data producer, unless the application wants otherwise. */
function dataConsumerStream(
  streamId: number,
  dataProducer: DataProducer,
  { ordered, maxPacketLifeTime, maxRetransmits }: DataConsumerOptions,
): SctpStreamParameters {
  const stream: SctpStreamParameters = { ...(dataProducer.sctpStreamParameters ?? { ordered: true }), streamId };
  if (ordered !== undefined) stream.ordered = ordered;
  if (ordered) {
    delete stream.maxPacketLifeTime;
    delete stream.maxRetransmits;
  } else {
    if (maxPacketLifeTime !== undefined) Object.assign(stream, { ordered: false, maxPacketLifeTime });
    if (maxRetransmits !== undefined) Object.assign(stream, { ordered: false, maxRetransmits });
  }
  return stream;
}
