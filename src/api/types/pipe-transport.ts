import { type EnhancedEventEmitter } from '../enhanced-events.js';
import { type AppData, type Either } from './app-data.js';
import { type Consumer } from './consumer.js';
import { type SctpNegotiatedCapabilities, type SctpParameters } from './sctp-parameters.js';
import { type SrtpParameters } from './srtp-parameters.js';
import {
  type BaseTransportDump,
  type BaseTransportStats,
  type SctpState,
  type SctpTransportOptions,
  type Transport,
  type TransportEvents,
  type TransportListenInfo,
  type TransportListenIp,
  type TransportObserverEvents,
  type TransportTuple,
} from './transport.js';

export type PipeTransportOptions<PipeTransportAppData extends AppData = AppData> = SctpTransportOptions & {
  /** Whether lost packets are retransmitted. Default false. */
  enableRtx?: boolean;
  /** Whether media is encrypted. Default false. */
  enableSrtp?: boolean;
  appData?: PipeTransportAppData;
} & PipeTransportListen;

type PipeTransportListen = Either<PipeTransportListenInfo, PipeTransportListenIp>;

type PipeTransportListenInfo = {
  /** Of UDP. */
  listenInfo: TransportListenInfo;
};

type PipeTransportListenIp = {
  /** @deprecated Use listenInfo. */
  listenIp: TransportListenIp | string;
  /** @deprecated Use listenInfo. */
  port?: number;
};

export type PipeConsumerOptions<ConsumerAppData extends AppData = AppData> = {
  producerId: string;
  appData?: ConsumerAppData;
};

export type PipeTransportDump = BaseTransportDump & {
  tuple: TransportTuple;
  rtx: boolean;
  srtpParameters?: SrtpParameters;
};

export type PipeTransportStat = BaseTransportStats & {
  /** `pipe-transport` */
  type: string;
  tuple: TransportTuple;
};

export type PipeTransportEvents = TransportEvents & {
  sctpstatechange: [SctpState];
};

export type PipeTransportObserver = EnhancedEventEmitter<PipeTransportObserverEvents>;

export type PipeTransportObserverEvents = TransportObserverEvents & {
  sctpstatechange: [SctpState];
};

/** One end of a pipe between two routers, on the same or another machine. All layers of a Producer pass. */
export interface PipeTransport<PipeTransportAppData extends AppData = AppData> extends Transport<
  PipeTransportAppData,
  PipeTransportEvents,
  PipeTransportObserver
> {
  get type(): 'pipe';
  get observer(): PipeTransportObserver;
  get tuple(): TransportTuple;
  get sctpParameters(): SctpParameters | undefined;
  get sctpState(): SctpState | undefined;
  get sctpNegotiatedCapabilities(): SctpNegotiatedCapabilities | undefined;
  /** With which the other end has to decrypt, with enableSrtp. */
  get srtpParameters(): SrtpParameters | undefined;

  dump(): Promise<PipeTransportDump>;
  getStats(): Promise<PipeTransportStat[]>;
  /**
   * Tells where the other end is.
   * @throws TypeError - wrong arguments. Error - called before.
   */
  connect(options: { ip: string; port: number; srtpParameters?: SrtpParameters }): Promise<void>;
  /**
   * Sends all streams of a Producer to the other end.
   * @throws TypeError - wrong arguments. NotFoundError - no such Producer.
   */
  consume<ConsumerAppData extends AppData = AppData>(
    options: PipeConsumerOptions<ConsumerAppData>,
  ): Promise<Consumer<ConsumerAppData>>;
}
