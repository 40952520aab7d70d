import { type DumpResponse, Type } from '../channel/fbs/data-consumer.js';
import { Event } from '../channel/fbs/notification.js';
import { Method } from '../channel/fbs/request.js';
import { type Channel } from './channel.js';
import { encodeDataMessage } from './data-message.js';
import { Pausable } from './pausable.js';
import { type AppData } from './types/app-data.js';
import {
  type DataConsumer,
  type DataConsumerDump,
  type DataConsumerEvents,
  type DataConsumerObserver,
  type DataConsumerStat,
  type DataConsumerType,
} from './types/data-consumer.js';
import { type SctpStreamParameters } from './types/sctp-parameters.js';
import { clone } from './utils.js';
import { bufferOf, EnumNames, plain } from './wire/convert.js';
import { sctpStreamParametersFromFbs } from './wire/sctp-parameters.js';

export const dataConsumerTypes = new EnumNames<DataConsumerType, Type>('DataConsumer.Type', {
  sctp: Type.SCTP,
  direct: Type.DIRECT,
});

export class DataConsumerImpl<TAppData extends AppData = AppData>
  extends Pausable<TAppData, DataConsumerEvents, DataConsumerObserver>
  implements DataConsumer<TAppData>
{
  readonly #transportId: string;
  readonly #dataProducerId: string;
  readonly #type: DataConsumerType;
  readonly #sctpStreamParameters: SctpStreamParameters | undefined;
  readonly #label: string;
  readonly #protocol: string;
  #subchannels: number[];

  /** @param dump - what the worker made of the request to create it. */
  constructor(init: { id: string; transportId: string; channel: Channel; appData?: TAppData; dump: DataConsumerDump }) {
    const { dump } = init;
    super('DataConsumer', { ...init, paused: dump.paused, sourcePaused: dump.dataProducerPaused });
    this.#transportId = init.transportId;
    this.#dataProducerId = dump.dataProducerId;
    this.#type = dump.type;
    this.#sctpStreamParameters = dump.sctpStreamParameters;
    this.#label = dump.label;
    this.#protocol = dump.protocol;
    this.#subchannels = dump.subchannels;

    this.handleNotifications({
      [Event.DATACONSUMER_DATAPRODUCER_CLOSE]: () => this.end(['@dataproducerclose', 'dataproducerclose']),
      [Event.DATACONSUMER_DATAPRODUCER_PAUSE]: () => this.setSourcePaused(true, 'dataproducerpause'),
      [Event.DATACONSUMER_DATAPRODUCER_RESUME]: () => this.setSourcePaused(false, 'dataproducerresume'),
      [Event.DATACONSUMER_SCTP_SENDBUFFER_FULL]: () => this.safeEmit('sctpsendbufferfull'),
      [Event.DATACONSUMER_BUFFERED_AMOUNT_LOW]: ({ bufferedAmount }) =>
        this.safeEmit('bufferedamountlow', bufferedAmount),
      [Event.DATACONSUMER_MESSAGE]: ({ data, ppid }) => {
        if (!this.closed) this.safeEmit('message', bufferOf(data), ppid);
      },
    });
  }

  get dataProducerId(): string {
    return this.#dataProducerId;
  }

  get type(): DataConsumerType {
    return this.#type;
  }

  get sctpStreamParameters(): SctpStreamParameters | undefined {
    return clone(this.#sctpStreamParameters);
  }

  get label(): string {
    return this.#label;
  }

  get protocol(): string {
    return this.#protocol;
  }

  get dataProducerPaused(): boolean {
    return this.sourcePaused;
  }

  get subchannels(): number[] {
    return [...this.#subchannels];
  }

  close(): void {
    this.end(['@close'], () =>
      this.tellClosed(Method.TRANSPORT_CLOSE_DATACONSUMER, this.#transportId, { dataConsumerId: this.id }),
    );
  }

  transportClosed(): void {
    this.end(['transportclose']);
  }

  async dump(): Promise<DataConsumerDump> {
    return dataConsumerDumpFromFbs(await this.request(Method.DATACONSUMER_DUMP));
  }

  async getStats(): Promise<DataConsumerStat[]> {
    const stats = await this.request(Method.DATACONSUMER_GET_STATS);
    return [{ type: 'data-consumer', ...plain<Omit<DataConsumerStat, 'type'>>(stats) }];
  }

  pause(): Promise<void> {
    return this.setPaused(true, Method.DATACONSUMER_PAUSE);
  }

  resume(): Promise<void> {
    return this.setPaused(false, Method.DATACONSUMER_RESUME);
  }

  async setBufferedAmountLowThreshold(threshold: number): Promise<void> {
    await this.request(Method.DATACONSUMER_SET_BUFFERED_AMOUNT_LOW_THRESHOLD, { threshold });
  }

  async getBufferedAmount(): Promise<number> {
    const response = await this.request(Method.DATACONSUMER_GET_BUFFERED_AMOUNT);
    return response.bufferedAmount;
  }

  async send(message: string | Buffer, ppid?: number): Promise<number> {
    const encoded = encodeDataMessage(message, ppid);
    const response = await this.request(Method.DATACONSUMER_SEND, { ppid: encoded.ppid, data: encoded.payload });
    return response.bufferedAmount;
  }

  async setSubchannels(subchannels: number[]): Promise<void> {
    this.#subchannels = (await this.request(Method.DATACONSUMER_SET_SUBCHANNELS, { subchannels })).subchannels;
  }

  async addSubchannel(subchannel: number): Promise<void> {
    this.#subchannels = (await this.request(Method.DATACONSUMER_ADD_SUBCHANNEL, { subchannel })).subchannels;
  }

  async removeSubchannel(subchannel: number): Promise<void> {
    this.#subchannels = (await this.request(Method.DATACONSUMER_REMOVE_SUBCHANNEL, { subchannel })).subchannels;
  }
}

export const dataConsumerDumpFromFbs = (dump: DumpResponse): DataConsumerDump => ({
  ...plain<DataConsumerDump>(dump),
  type: dataConsumerTypes.toName(dump.type),
  sctpStreamParameters: dump.sctpStreamParameters ? sctpStreamParametersFromFbs(dump.sctpStreamParameters) : undefined,
});
