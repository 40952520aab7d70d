import { type ConnectRequest, type DumpResponse, type GetStatsResponse } from '../channel/fbs/pipe-transport.js';
import { Method } from '../channel/fbs/request.js';
import { getPipeConsumerRtpParameters } from './ortc/ortc.js';
import { newCname, TransportImpl, type TransportInit } from './transport.js';
import { type AppData } from './types/app-data.js';
import { type Consumer } from './types/consumer.js';
import {
  type PipeConsumerOptions,
  type PipeTransport,
  type PipeTransportDump,
  type PipeTransportEvents,
  type PipeTransportObserver,
  type PipeTransportStat,
} from './types/pipe-transport.js';
import { type SrtpParameters } from './types/srtp-parameters.js';
import { type TransportTuple } from './types/transport.js';
import { checkAppData, clone } from './utils.js';
import { numberOrAbsent } from './wire/convert.js';
import { srtpParametersFromFbs, srtpParametersToFbs } from './wire/srtp-parameters.js';
import { baseDumpFromFbs, baseStatsFromFbs, tupleFromFbs } from './wire/transport.js';

export class PipeTransportImpl<TAppData extends AppData = AppData>
  extends TransportImpl<TAppData, PipeTransportEvents, PipeTransportObserver>
  implements PipeTransport<TAppData>
{
  readonly #rtx: boolean;
  readonly #srtpParameters: SrtpParameters | undefined;
  #tuple: TransportTuple;

  constructor(init: TransportInit<TAppData> & { dump: PipeTransportDump }) {
    super('PipeTransport', init);
    this.#tuple = init.dump.tuple;
    this.#rtx = init.dump.rtx;
    this.#srtpParameters = init.dump.srtpParameters;

    this.handleNotifications(this.sctpHandlers(state => this.emitWithObserver('sctpstatechange', state)));
  }

  get type(): 'pipe' {
    return 'pipe';
  }

  get tuple(): TransportTuple {
    return clone(this.#tuple);
  }

  get srtpParameters(): SrtpParameters | undefined {
    return clone(this.#srtpParameters);
  }

  async dump(): Promise<PipeTransportDump> {
    return pipeTransportDumpFromFbs((await this.request(Method.TRANSPORT_DUMP)) as DumpResponse);
  }

  async getStats(): Promise<PipeTransportStat[]> {
    const stats = (await this.request(Method.TRANSPORT_GET_STATS)) as GetStatsResponse;
    return [{ ...baseStatsFromFbs(stats.base), type: 'pipe-transport', tuple: tupleFromFbs(stats.tuple) }];
  }

  async connect({
    ip,
    port,
    srtpParameters,
  }: {
    ip: string;
    port: number;
    srtpParameters?: SrtpParameters;
  }): Promise<void> {
    const request: ConnectRequest = {
      ip,
      port: numberOrAbsent(port),
      srtpParameters: srtpParameters && srtpParametersToFbs(srtpParameters),
    };
    const response = await this.request(Method.PIPETRANSPORT_CONNECT, request);
    this.#tuple = tupleFromFbs(response.tuple);
  }

  override async consume<ConsumerAppData extends AppData = AppData>({
    producerId,
    appData,
  }: PipeConsumerOptions<ConsumerAppData>): Promise<Consumer<ConsumerAppData>> {
    if (!producerId || typeof producerId !== 'string') throw new TypeError('missing producerId');
    checkAppData(appData);
    const producer = this.getProducer(producerId);
    return this.createConsumer<ConsumerAppData>({
      producer,
      rtpParameters: getPipeConsumerRtpParameters({
        consumableRtpParameters: producer.consumableRtpParameters,
        enableRtx: this.#rtx,
      }),
      pipe: true,
      // Not that of the response: a pipe has no score, and here the reference does not look.
      score: { score: 10, producerScore: 10, producerScores: [] },
      appData,
    });
  }

  /** Producers of a pipe come from different endpoints: the same CNAME would say that they share a clock. */
  protected override cnameFor(given: string | undefined): string {
    return given || newCname();
  }
}

export const pipeTransportDumpFromFbs = (dump: DumpResponse): PipeTransportDump => ({
  ...baseDumpFromFbs(dump.base),
  tuple: tupleFromFbs(dump.tuple),
  rtx: dump.rtx,
  srtpParameters: srtpParametersFromFbs(dump.srtpParameters),
});
