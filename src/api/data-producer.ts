import { type DumpResponse, Type } from '../channel/fbs/data-producer.js';
import { Event } from '../channel/fbs/notification.js';
import { Method } from '../channel/fbs/request.js';
import { type Channel } from './channel.js';
import { encodeDataMessage } from './data-message.js';
import { Pausable } from './pausable.js';
import { type AppData } from './types/app-data.js';
import {
  type DataProducer,
  type DataProducerDump,
  type DataProducerEvents,
  type DataProducerObserver,
  type DataProducerStat,
  type DataProducerType,
} from './types/data-producer.js';
import { type SctpStreamParameters } from './types/sctp-parameters.js';
import { clone } from './utils.js';
import { EnumNames } from './wire/convert.js';
import { sctpStreamParametersFromFbs } from './wire/sctp-parameters.js';

export const dataProducerTypes = new EnumNames<DataProducerType, Type>('DataProducer.Type', {
  sctp: Type.SCTP,
  direct: Type.DIRECT,
});

export class DataProducerImpl<TAppData extends AppData = AppData>
  extends Pausable<TAppData, DataProducerEvents, DataProducerObserver>
  implements DataProducer<TAppData>
{
  readonly #transportId: string;
  readonly #type: DataProducerType;
  readonly #sctpStreamParameters: SctpStreamParameters | undefined;
  readonly #label: string;
  readonly #protocol: string;

  /** @param dump - what the worker made of the request to create it. */
  constructor(init: {
    id: string;
    transportId: string;
    channel: Channel;
    appData?: TAppData;
    paused: boolean;
    dump: DataProducerDump;
  }) {
    super('DataProducer', init);
    this.#transportId = init.transportId;
    this.#type = init.dump.type;
    this.#sctpStreamParameters = init.dump.sctpStreamParameters;
    this.#label = init.dump.label;
    this.#protocol = init.dump.protocol;
    this.handleNotifications({});
  }

  get type(): DataProducerType {
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

  close(): void {
    this.end(['@close'], () =>
      this.tellClosed(Method.TRANSPORT_CLOSE_DATAPRODUCER, this.#transportId, { dataProducerId: this.id }),
    );
  }

  transportClosed(): void {
    this.end(['transportclose']);
  }

  async dump(): Promise<DataProducerDump> {
    return dataProducerDumpFromFbs(await this.request(Method.DATAPRODUCER_DUMP));
  }

  async getStats(): Promise<DataProducerStat[]> {
    const stats = await this.request(Method.DATAPRODUCER_GET_STATS);
    return [
      {
        type: 'data-producer',
        timestamp: Number(stats.timestamp),
        label: stats.label,
        protocol: stats.protocol,
        messagesReceived: Number(stats.messagesReceived),
        bytesReceived: Number(stats.bytesReceived),
      },
    ];
  }

  pause(): Promise<void> {
    return this.setPaused(true, Method.DATAPRODUCER_PAUSE);
  }

  resume(): Promise<void> {
    return this.setPaused(false, Method.DATAPRODUCER_RESUME);
  }

  send(
    message: string | Buffer,
    ppid?: number,
    subchannels?: number[],
    requiredSubchannel?: number,
    ignoredSubchannel?: number,
  ): void {
    const encoded = encodeDataMessage(message, ppid);
    this.channel.notify(Event.DATAPRODUCER_SEND, this.id, {
      ppid: encoded.ppid,
      data: encoded.payload,
      subchannels: subchannels ?? [],
      requiredSubchannel,
      ignoredSubchannel,
    });
  }
}

export const dataProducerDumpFromFbs = (dump: DumpResponse): DataProducerDump => ({
  id: dump.id,
  paused: dump.paused,
  type: dataProducerTypes.toName(dump.type),
  sctpStreamParameters: dump.sctpStreamParameters ? sctpStreamParametersFromFbs(dump.sctpStreamParameters) : undefined,
  label: dump.label,
  protocol: dump.protocol,
});
