import * as FbsDataProducer from '../channel/fbs/data-producer.js';
import { Event } from '../channel/fbs/notification.js';
import { Method } from '../channel/fbs/request.js';
import { type ProduceDataRequest } from '../channel/fbs/transport.js';
import { copyBytes } from '../common/bytes.js';
import { type WorkerContext } from './context.js';
import { type EventTable, type MethodTable } from './handler-registry.js';
import { type SctpStreamParameters, sctpStreamParameters, sctpStreamParametersDump } from './sctp-stream-parameters.js';
import { type MessageSubchannels } from './subchannels.js';

/** What a Transport does for its DataProducers. */
export interface DataProducerListener {
  readonly maxReceiveMessageSize: number;
  /** A message of the application itself, of which `onDataProducerMessage` was told before. */
  onDataProducerInjected(dataProducer: DataProducer, length: number, now: number): void;
  /** A message for the DataConsumers. */
  onDataProducerMessage(
    dataProducer: DataProducer,
    ppid: number,
    payload: Uint8Array,
    subchannels: MessageSubchannels,
    now: number,
  ): void;
  onDataProducerPaused(dataProducer: DataProducer): void;
  onDataProducerResumed(dataProducer: DataProducer): void;
}

/** Where data messages come from: a stream of an SCTP association, or the application. */
export class DataProducer {
  static readonly #methods: MethodTable<DataProducer> = {
    [Method.DATAPRODUCER_DUMP]: dataProducer => dataProducer.dump(),
    [Method.DATAPRODUCER_GET_STATS]: dataProducer => dataProducer.#stats(),
    [Method.DATAPRODUCER_PAUSE]: dataProducer => dataProducer.#setPaused(true),
    [Method.DATAPRODUCER_RESUME]: dataProducer => dataProducer.#setPaused(false),
  };

  static readonly #events: EventTable<DataProducer> = {
    [Event.DATAPRODUCER_SEND]: (dataProducer, body, now) => dataProducer.#inject(body, now),
  };

  readonly id: string;
  readonly type: 'sctp' | 'direct';
  /** Only of type `sctp`. */
  readonly stream: SctpStreamParameters | undefined;
  readonly label: string;
  readonly protocol: string;
  readonly #context: WorkerContext;
  readonly #listener: DataProducerListener;
  #paused: boolean;
  #messagesReceived = 0;
  #bytesReceived = 0;

  /** @throws TypeError if the parameters are wrong, Error if the id is taken */
  constructor(request: ProduceDataRequest, context: WorkerContext, listener: DataProducerListener) {
    this.id = request.dataProducerId;
    this.type = request.type === FbsDataProducer.Type.SCTP ? 'sctp' : 'direct';
    this.stream = this.type === 'sctp' ? readStream(request) : undefined;
    this.label = request.label ?? '';
    this.protocol = request.protocol ?? '';
    this.#paused = request.paused;
    this.#context = context;
    this.#listener = listener;
    context.handlers.register(this.id, this, DataProducer.#methods, DataProducer.#events);
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** A message arrived. It counts even while nothing is handed on. */
  receiveMessage(ppid: number, payload: Uint8Array, subchannels: MessageSubchannels, now: number): void {
    this.#messagesReceived++;
    this.#bytesReceived += payload.length;
    if (this.#paused) return;
    this.#listener.onDataProducerMessage(this, ppid, payload, subchannels, now);
  }

  dump(): FbsDataProducer.DumpResponse {
    return {
      id: this.id,
      type: this.type === 'sctp' ? FbsDataProducer.Type.SCTP : FbsDataProducer.Type.DIRECT,
      sctpStreamParameters: this.stream ? sctpStreamParametersDump(this.stream) : undefined,
      label: this.label,
      protocol: this.protocol,
      paused: this.#paused,
    };
  }

  close(): void {
    this.#context.handlers.unregister(this.id);
  }

  #stats(): FbsDataProducer.GetStatsResponse {
    return {
      timestamp: BigInt(Math.trunc(this.#context.runtime.clock.now())),
      label: this.label,
      protocol: this.protocol,
      messagesReceived: BigInt(this.#messagesReceived),
      bytesReceived: BigInt(this.#bytesReceived),
      bufferedAmount: 0,
    };
  }

  #setPaused(paused: boolean): void {
    if (this.#paused === paused) return;
    this.#paused = paused;
    if (paused) this.#listener.onDataProducerPaused(this);
    else this.#listener.onDataProducerResumed(this);
  }

  #inject(body: FbsDataProducer.SendNotification, now: number): void {
    const payload = body.data;
    const { maxReceiveMessageSize } = this.#listener;
    if (payload.length > maxReceiveMessageSize) {
      throw new TypeError(
        `given message exceeds maxMessageSize value [maxMessageSize:${maxReceiveMessageSize}, len:${payload.length}]`,
      );
    }
    const subchannels: MessageSubchannels = {
      subchannels: body.subchannels,
      required: body.requiredSubchannel,
      ignored: body.ignoredSubchannel,
    };
    // The bytes of a notification are those of the channel; DataConsumers keep what they send.
    this.receiveMessage(body.ppid, copyBytes(payload, 0, payload.length), subchannels, now);
    this.#listener.onDataProducerInjected(this, payload.length, now);
  }
}

function readStream(request: ProduceDataRequest): SctpStreamParameters {
  if (!request.sctpStreamParameters) throw new TypeError('missing sctpStreamParameters');
  return sctpStreamParameters(request.sctpStreamParameters);
}
