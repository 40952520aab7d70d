import { Event } from '../channel/fbs/notification.js';
import { Method } from '../channel/fbs/request.js';
import { type DumpResponse, type GetStatsResponse } from '../channel/fbs/web-rtc-transport.js';
import { TransportImpl, type TransportInit } from './transport.js';
import { type AppData } from './types/app-data.js';
import { type TransportTuple } from './types/transport.js';
import {
  type DtlsParameters,
  type DtlsState,
  type IceCandidate,
  type IceParameters,
  type IceState,
  type WebRtcTransport,
  type WebRtcTransportDump,
  type WebRtcTransportEvents,
  type WebRtcTransportObserver,
  type WebRtcTransportStat,
} from './types/web-rtc-transport.js';
import { clone } from './utils.js';
import { dtlsParametersFromFbs, dtlsParametersToFbs, dtlsRoles, dtlsStates } from './wire/dtls-parameters.js';
import { iceCandidateFromFbs, iceParametersFromFbs, iceRoles, iceStates } from './wire/ice-parameters.js';
import { baseDumpFromFbs, baseStatsFromFbs, optionalTupleFromFbs, tupleFromFbs } from './wire/transport.js';

export class WebRtcTransportImpl<TAppData extends AppData = AppData>
  extends TransportImpl<TAppData, WebRtcTransportEvents, WebRtcTransportObserver>
  implements WebRtcTransport<TAppData>
{
  readonly #iceCandidates: IceCandidate[];
  #iceParameters: IceParameters;
  #iceState: IceState;
  #iceSelectedTuple: TransportTuple | undefined;
  readonly #dtlsParameters: DtlsParameters;
  #dtlsState: DtlsState;
  #dtlsRemoteCert: string | undefined;

  constructor(init: TransportInit<TAppData> & { dump: WebRtcTransportDump }) {
    super('WebRtcTransport', init);
    const { dump } = init;
    this.#iceParameters = dump.iceParameters;
    this.#iceCandidates = dump.iceCandidates;
    this.#iceState = dump.iceState;
    this.#iceSelectedTuple = dump.iceSelectedTuple;
    this.#dtlsParameters = dump.dtlsParameters;
    this.#dtlsState = dump.dtlsState;
    this.#dtlsRemoteCert = undefined;

    this.handleNotifications({
      ...this.sctpHandlers(state => this.emitWithObserver('sctpstatechange', state)),
      [Event.WEBRTCTRANSPORT_ICE_STATE_CHANGE]: notification => {
        const { iceState } = notification;
        this.#iceState = iceStates.toName(iceState);
        this.emitWithObserver('icestatechange', this.#iceState);
      },
      [Event.WEBRTCTRANSPORT_ICE_SELECTED_TUPLE_CHANGE]: notification => {
        const { tuple } = notification;
        this.#iceSelectedTuple = tupleFromFbs(tuple);
        this.emitWithObserver('iceselectedtuplechange', this.#iceSelectedTuple);
      },
      [Event.WEBRTCTRANSPORT_DTLS_STATE_CHANGE]: notification => {
        const { dtlsState, remoteCert } = notification;
        this.#dtlsState = dtlsStates.toName(dtlsState);
        if (this.#dtlsState === 'connected') this.#dtlsRemoteCert = remoteCert;
        this.emitWithObserver('dtlsstatechange', this.#dtlsState);
      },
    });
  }

  get type(): 'webrtc' {
    return 'webrtc';
  }

  get iceRole(): 'controlled' {
    return 'controlled';
  }

  get iceParameters(): IceParameters {
    return this.#iceParameters;
  }

  get iceCandidates(): IceCandidate[] {
    return clone(this.#iceCandidates);
  }

  get iceState(): IceState {
    return this.#iceState;
  }

  get iceSelectedTuple(): TransportTuple | undefined {
    return clone(this.#iceSelectedTuple);
  }

  get dtlsParameters(): DtlsParameters {
    return clone(this.#dtlsParameters);
  }

  get dtlsState(): DtlsState {
    return this.#dtlsState;
  }

  get dtlsRemoteCert(): string | undefined {
    return this.#dtlsRemoteCert;
  }

  async dump(): Promise<WebRtcTransportDump> {
    // The selected tuple is in the type of a dump, but the reference never fills it in.
    const { iceSelectedTuple: _, ...dump } = webRtcTransportDumpFromFbs(
      (await this.request(Method.TRANSPORT_DUMP)) as DumpResponse,
    );
    return dump;
  }

  async getStats(): Promise<WebRtcTransportStat[]> {
    const stats = (await this.request(Method.TRANSPORT_GET_STATS)) as GetStatsResponse;
    return [
      {
        ...baseStatsFromFbs(stats.base),
        type: 'webrtc-transport',
        iceRole: iceRoles.toName(stats.iceRole),
        iceState: iceStates.toName(stats.iceState),
        iceSelectedTuple: optionalTupleFromFbs(stats.iceSelectedTuple),
        dtlsState: dtlsStates.toName(stats.dtlsState),
      },
    ];
  }

  async connect({ dtlsParameters }: { dtlsParameters: DtlsParameters }): Promise<void> {
    const response = await this.request(Method.WEBRTCTRANSPORT_CONNECT, {
      dtlsParameters: dtlsParametersToFbs(dtlsParameters),
    });
    this.#dtlsParameters.role = dtlsRoles.toName(response.dtlsLocalRole);
  }

  async restartIce(): Promise<IceParameters> {
    const { usernameFragment, password, iceLite } = await this.request(Method.TRANSPORT_RESTART_ICE);
    this.#iceParameters = {
      usernameFragment: usernameFragment,
      password: password,
      iceLite,
    };
    return this.#iceParameters;
  }

  protected override onEnd(): void {
    super.onEnd();
    this.#iceState = 'closed';
    this.#iceSelectedTuple = undefined;
    this.#dtlsState = 'closed';
  }
}

export const webRtcTransportDumpFromFbs = (dump: DumpResponse): WebRtcTransportDump => ({
  ...baseDumpFromFbs(dump.base),
  iceRole: 'controlled',
  iceParameters: iceParametersFromFbs(dump.iceParameters),
  iceCandidates: dump.iceCandidates.map(iceCandidateFromFbs),
  iceState: iceStates.toName(dump.iceState),
  iceSelectedTuple: optionalTupleFromFbs(dump.iceSelectedTuple),
  dtlsParameters: dtlsParametersFromFbs(dump.dtlsParameters),
  dtlsState: dtlsStates.toName(dump.dtlsState),
});
