import * as FbsDataConsumer from '../channel/fbs/data-consumer.js';
import { Event } from '../channel/fbs/notification.js';
import { Method } from '../channel/fbs/request.js';
import { type ConsumeDataRequest } from '../channel/fbs/transport.js';
import { copyBytes } from '../common/bytes.js';
import { type WorkerContext } from './context.js';
import { type MethodTable } from './handler-registry.js';
import { type SctpSendResult } from './sctp.js';
import { type SctpStreamParameters, sctpStreamParameters, sctpStreamParametersDump } from './sctp-stream-parameters.js';
import { acceptsMessage, encodeSubchannels, type MessageSubchannels } from './subchannels.js';

/** What a Transport does for its DataConsumers. */
export interface DataConsumerListener {
  readonly maxSendMessageSize: number;
  /** Between routers: subchannels travel with the messages. */
  readonly isPipe: boolean;
  /** Whether a message can still get out, or be queued to get out. */
  readonly canSendData: boolean;
  /** @param payload is kept. */
  sendData(dataConsumer: DataConsumer, ppid: number, payload: Uint8Array, now: number): SctpSendResult;
  bufferedAmount(dataConsumer: DataConsumer): number;
  bufferedAmountLowThreshold(dataConsumer: DataConsumer): number;
  setBufferedAmountLowThreshold(dataConsumer: DataConsumer, threshold: number): void;
  /** The DataProducer is gone (the application has been told): close the DataConsumer. */
  onDataConsumerDataProducerClosed(dataConsumer: DataConsumer): void;
}

/** Where the messages of a DataProducer go: into a stream of an SCTP association, or to the application. */
export class DataConsumer {
  static readonly #methods: MethodTable<DataConsumer> = {
    [Method.DATACONSUMER_DUMP]: dataConsumer => dataConsumer.dump(),
    [Method.DATACONSUMER_GET_STATS]: dataConsumer => dataConsumer.#stats(),
    [Method.DATACONSUMER_PAUSE]: dataConsumer => {
      dataConsumer.#paused = true;
    },
    [Method.DATACONSUMER_RESUME]: dataConsumer => {
      dataConsumer.#paused = false;
    },
    [Method.DATACONSUMER_GET_BUFFERED_AMOUNT]: dataConsumer => {
      dataConsumer.#checkIsSctp();
      return { bufferedAmount: dataConsumer.#bufferedAmount };
    },
    [Method.DATACONSUMER_SET_BUFFERED_AMOUNT_LOW_THRESHOLD]: (dataConsumer, body) => {
      dataConsumer.#checkIsSctp();
      dataConsumer.#listener.setBufferedAmountLowThreshold(dataConsumer, body.threshold);
    },
    [Method.DATACONSUMER_SEND]: (dataConsumer, body) => dataConsumer.#inject(body.ppid, body.data),
    [Method.DATACONSUMER_SET_SUBCHANNELS]: (dataConsumer, body) => {
      dataConsumer.#subchannels.clear();
      for (const subchannel of body.subchannels) dataConsumer.#subchannels.add(subchannel);
      return { subchannels: [...dataConsumer.#subchannels] };
    },
    [Method.DATACONSUMER_ADD_SUBCHANNEL]: (dataConsumer, body) => {
      dataConsumer.#subchannels.add(body.subchannel);
      return { subchannels: [...dataConsumer.#subchannels] };
    },
    [Method.DATACONSUMER_REMOVE_SUBCHANNEL]: (dataConsumer, body) => {
      dataConsumer.#subchannels.delete(body.subchannel);
      return { subchannels: [...dataConsumer.#subchannels] };
    },
  };

  readonly id: string;
  readonly dataProducerId: string;
  readonly type: 'sctp' | 'direct';
  /** Only of type `sctp`. */
  readonly stream: SctpStreamParameters | undefined;
  readonly label: string;
  readonly protocol: string;
  readonly #context: WorkerContext;
  readonly #listener: DataConsumerListener;
  readonly #subchannels: Set<number>;
  #paused: boolean;
  #dataProducerPaused = false;
  #dataProducerClosed = false;
  #messagesSent = 0;
  #bytesSent = 0;

  /** @throws TypeError if the parameters are wrong, Error if the id is taken */
  constructor(request: ConsumeDataRequest, context: WorkerContext, listener: DataConsumerListener) {
    this.id = request.dataConsumerId;
    this.dataProducerId = request.dataProducerId;
    this.type = request.type === FbsDataConsumer.Type.SCTP ? 'sctp' : 'direct';
    this.stream = this.type === 'sctp' ? readStream(request) : undefined;
    this.label = request.label ?? '';
    this.protocol = request.protocol ?? '';
    this.#subchannels = new Set(request.subchannels);
    this.#paused = request.paused;
    this.#context = context;
    this.#listener = listener;
    context.handlers.register(this.id, this, DataConsumer.#methods);
  }

  /** A message of the DataProducer. The payload is kept. */
  receiveMessage(ppid: number, payload: Uint8Array, message: MessageSubchannels, now: number): void {
    const { isPipe, maxSendMessageSize } = this.#listener;
    if (!this.#active || !acceptsMessage(this.#subchannels, message, isPipe)) return;
    const bytes = isPipe ? encodeSubchannels(payload, this.#narrowed(message)) : payload;
    if (bytes.length > maxSendMessageSize) {
      const { length } = bytes;
      this.#context.log.warn('message', 'DataConsumer::receiveMessage()', () => `message too big [len:${length}]`);
      return;
    }
    this.#send(ppid, bytes, now);
  }

  dataProducerPaused(): void {
    if (this.#dataProducerPaused) return;
    this.#dataProducerPaused = true;
    this.#context.channel.notify(this.id, Event.DATACONSUMER_DATAPRODUCER_PAUSE);
  }

  dataProducerResumed(): void {
    if (!this.#dataProducerPaused) return;
    this.#dataProducerPaused = false;
    this.#context.channel.notify(this.id, Event.DATACONSUMER_DATAPRODUCER_RESUME);
  }

  dataProducerClosed(): void {
    this.#dataProducerClosed = true;
    this.#context.channel.notify(this.id, Event.DATACONSUMER_DATAPRODUCER_CLOSE);
    this.#listener.onDataConsumerDataProducerClosed(this);
  }

  bufferedAmountLow(bufferedAmount: number): void {
    this.#context.channel.notify(this.id, Event.DATACONSUMER_BUFFERED_AMOUNT_LOW, { bufferedAmount });
  }

  dump(): FbsDataConsumer.DumpResponse {
    const isSctp = this.type === 'sctp';
    return {
      id: this.id,
      dataProducerId: this.dataProducerId,
      type: isSctp ? FbsDataConsumer.Type.SCTP : FbsDataConsumer.Type.DIRECT,
      sctpStreamParameters: this.stream ? sctpStreamParametersDump(this.stream) : undefined,
      label: this.label,
      protocol: this.protocol,
      bufferedAmount: this.#bufferedAmount,
      bufferedAmountLowThreshold: isSctp ? this.#listener.bufferedAmountLowThreshold(this) : 0,
      paused: this.#paused,
      dataProducerPaused: this.#dataProducerPaused,
      subchannels: [...this.#subchannels],
    };
  }

  close(): void {
    this.#context.handlers.unregister(this.id);
  }

  get #active(): boolean {
    return !this.#paused && !this.#dataProducerPaused && !this.#dataProducerClosed && this.#listener.canSendData;
  }

  get #bufferedAmount(): number {
    return this.type === 'sctp' ? this.#listener.bufferedAmount(this) : 0;
  }

  /** Over a pipe with subscriptions of its own only those of the message's subchannels matter. */
  #narrowed(message: MessageSubchannels): MessageSubchannels {
    if (this.#subchannels.size === 0) return message;
    return { ...message, subchannels: message.subchannels.filter(subchannel => this.#subchannels.has(subchannel)) };
  }

  #send(ppid: number, bytes: Uint8Array, now: number): SctpSendResult {
    this.#messagesSent++;
    this.#bytesSent += bytes.length;
    const result = this.#listener.sendData(this, ppid, bytes, now);
    if (result === 'bufferFull') this.#context.channel.notify(this.id, Event.DATACONSUMER_SCTP_SENDBUFFER_FULL);
    return result;
  }

  /** A message of the application: for this DataConsumer alone, whatever it subscribed to. */
  #inject(ppid: number, payload: Uint8Array): FbsDataConsumer.SendResponse {
    this.#checkIsSctp();
    const { maxSendMessageSize } = this.#listener;
    if (payload.length > maxSendMessageSize) {
      throw new TypeError(
        `given message exceeds maxMessageSize value [maxMessageSize:${maxSendMessageSize}, len:${payload.length}]`,
      );
    }
    // The bytes of a request are those of the channel.
    const bytes = copyBytes(payload, 0, payload.length);
    const result = this.#active ? this.#send(ppid, bytes, this.#context.runtime.clock.now()) : 'failed';
    if (result === 'bufferFull') throw new Error('sctpsendbufferfull');
    if (result === 'failed') throw new Error('message send failed');
    return { bufferedAmount: this.#bufferedAmount };
  }

  #checkIsSctp(): void {
    if (this.type !== 'sctp') throw new TypeError('invalid DataConsumer type');
  }

  #stats(): FbsDataConsumer.GetStatsResponse {
    return {
      timestamp: BigInt(Math.trunc(this.#context.runtime.clock.now())),
      label: this.label,
      protocol: this.protocol,
      messagesSent: BigInt(this.#messagesSent),
      bytesSent: BigInt(this.#bytesSent),
      bufferedAmount: this.#bufferedAmount,
    };
  }
}

function readStream(request: ConsumeDataRequest): SctpStreamParameters {
  if (!request.sctpStreamParameters) throw new TypeError('missing sctpStreamParameters');
  return sctpStreamParameters(request.sctpStreamParameters);
}
