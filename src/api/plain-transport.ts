import { Event } from '../channel/fbs/notification.js';
import { type ConnectRequest, type DumpResponse, type GetStatsResponse } from '../channel/fbs/plain-transport.js';
import { Method } from '../channel/fbs/request.js';
import { TransportImpl, type TransportInit } from './transport.js';
import { type AppData } from './types/app-data.js';
import {
  type PlainTransport,
  type PlainTransportDump,
  type PlainTransportEvents,
  type PlainTransportObserver,
  type PlainTransportStat,
} from './types/plain-transport.js';
import { type SrtpParameters } from './types/srtp-parameters.js';
import { type TransportTuple } from './types/transport.js';
import { clone } from './utils.js';
import { numberOrAbsent } from './wire/convert.js';
import { srtpParametersFromFbs, srtpParametersToFbs } from './wire/srtp-parameters.js';
import { baseDumpFromFbs, baseStatsFromFbs, optionalTupleFromFbs, tupleFromFbs } from './wire/transport.js';

export class PlainTransportImpl<TAppData extends AppData = AppData>
  extends TransportImpl<TAppData, PlainTransportEvents, PlainTransportObserver>
  implements PlainTransport<TAppData>
{
  #tuple: TransportTuple;
  #rtcpTuple: TransportTuple | undefined;
  #srtpParameters: SrtpParameters | undefined;

  constructor(init: TransportInit<TAppData> & { dump: PlainTransportDump }) {
    super('PlainTransport', init);
    this.#tuple = init.dump.tuple;
    this.#rtcpTuple = init.dump.rtcpTuple;
    this.#srtpParameters = init.dump.srtpParameters;

    this.handleNotifications({
      ...this.sctpHandlers(state => this.emitWithObserver('sctpstatechange', state)),
      [Event.PLAINTRANSPORT_TUPLE]: notification => {
        this.#tuple = tupleFromFbs(notification.tuple);
        this.emitWithObserver('tuple', this.#tuple);
      },
      [Event.PLAINTRANSPORT_RTCP_TUPLE]: notification => {
        this.#rtcpTuple = tupleFromFbs(notification.tuple);
        this.emitWithObserver('rtcptuple', this.#rtcpTuple);
      },
    });
  }

  get type(): 'plain' {
    return 'plain';
  }

  get tuple(): TransportTuple {
    return clone(this.#tuple);
  }

  get rtcpTuple(): TransportTuple | undefined {
    return clone(this.#rtcpTuple);
  }

  get srtpParameters(): SrtpParameters | undefined {
    return clone(this.#srtpParameters);
  }

  async dump(): Promise<PlainTransportDump> {
    return plainTransportDumpFromFbs((await this.request(Method.TRANSPORT_DUMP)) as DumpResponse);
  }

  async getStats(): Promise<PlainTransportStat[]> {
    const stats = (await this.request(Method.TRANSPORT_GET_STATS)) as GetStatsResponse;
    return [
      {
        ...baseStatsFromFbs(stats.base),
        type: 'plain-rtp-transport',
        rtcpMux: stats.rtcpMux,
        comedia: stats.comedia,
        tuple: tupleFromFbs(stats.tuple),
        rtcpTuple: optionalTupleFromFbs(stats.rtcpTuple),
      },
    ];
  }

  async connect({
    ip,
    port,
    rtcpPort,
    srtpParameters,
  }: {
    ip?: string;
    port?: number;
    rtcpPort?: number;
    srtpParameters?: SrtpParameters;
  }): Promise<void> {
    const request: ConnectRequest = {
      ip: ip || undefined,
      port: numberOrAbsent(port),
      rtcpPort: numberOrAbsent(rtcpPort),
      srtpParameters: srtpParameters && srtpParametersToFbs(srtpParameters),
    };
    const response = await this.request(Method.PLAINTRANSPORT_CONNECT, request);
    // With comedia the address is not known before the first packet.
    if (response.tuple) this.#tuple = tupleFromFbs(response.tuple);
    if (response.rtcpTuple) this.#rtcpTuple = tupleFromFbs(response.rtcpTuple);
    if (response.srtpParameters) this.#srtpParameters = srtpParametersFromFbs(response.srtpParameters);
  }
}

export const plainTransportDumpFromFbs = (dump: DumpResponse): PlainTransportDump => ({
  ...baseDumpFromFbs(dump.base),
  rtcpMux: dump.rtcpMux,
  comedia: dump.comedia,
  tuple: tupleFromFbs(dump.tuple),
  rtcpTuple: optionalTupleFromFbs(dump.rtcpTuple),
  srtpParameters: srtpParametersFromFbs(dump.srtpParameters),
});
