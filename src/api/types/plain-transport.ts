import { type EnhancedEventEmitter } from '../enhanced-events.js';
import { type AppData, type Either } from './app-data.js';
import { type SctpNegotiatedCapabilities, type SctpParameters } from './sctp-parameters.js';
import { type SrtpCryptoSuite, type SrtpParameters } from './srtp-parameters.js';
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

export type PlainTransportOptions<PlainTransportAppData extends AppData = AppData> = SctpTransportOptions & {
  /** Whether RTCP shares the port of RTP (RFC 5761). Default true. */
  rtcpMux?: boolean;
  /** Whether the address of the endpoint is taken from its first packet. Default false: `connect()` tells it. */
  comedia?: boolean;
  /** Default false. */
  enableSrtp?: boolean;
  /** Default AES_CM_128_HMAC_SHA1_80. That of the endpoint in `connect()` replaces it. */
  srtpCryptoSuite?: SrtpCryptoSuite;
  appData?: PlainTransportAppData;
} & PlainTransportListen;

type PlainTransportListen = Either<PlainTransportListenInfo, PlainTransportListenIp>;

type PlainTransportListenInfo = {
  /** Of UDP. */
  listenInfo: TransportListenInfo;
  /** Where RTCP listens; then rtcpMux is false. Default without rtcpMux: as listenInfo. */
  rtcpListenInfo?: TransportListenInfo;
};

type PlainTransportListenIp = {
  /** @deprecated Use listenInfo. */
  listenIp: TransportListenIp | string;
  /** @deprecated Use listenInfo. */
  port?: number;
};

export type PlainTransportDump = BaseTransportDump & {
  rtcpMux: boolean;
  comedia: boolean;
  tuple: TransportTuple;
  rtcpTuple?: TransportTuple;
  srtpParameters?: SrtpParameters;
};

export type PlainTransportStat = BaseTransportStats & {
  /** `plain-rtp-transport` */
  type: string;
  rtcpMux: boolean;
  comedia: boolean;
  tuple: TransportTuple;
  rtcpTuple?: TransportTuple;
};

export type PlainTransportEvents = TransportEvents & {
  /** With comedia: the endpoint is known. */
  tuple: [TransportTuple];
  rtcptuple: [TransportTuple];
  sctpstatechange: [SctpState];
};

export type PlainTransportObserver = EnhancedEventEmitter<PlainTransportObserverEvents>;

export type PlainTransportObserverEvents = TransportObserverEvents & {
  tuple: [TransportTuple];
  rtcptuple: [TransportTuple];
  sctpstatechange: [SctpState];
};

/** A transport for RTP over UDP, encrypted with given keys or not at all. */
export interface PlainTransport<PlainTransportAppData extends AppData = AppData> extends Transport<
  PlainTransportAppData,
  PlainTransportEvents,
  PlainTransportObserver
> {
  get type(): 'plain';
  get observer(): PlainTransportObserver;
  get tuple(): TransportTuple;
  /** Without rtcpMux. */
  get rtcpTuple(): TransportTuple | undefined;
  get sctpParameters(): SctpParameters | undefined;
  get sctpState(): SctpState | undefined;
  get sctpNegotiatedCapabilities(): SctpNegotiatedCapabilities | undefined;
  /** With which the endpoint has to decrypt, with enableSrtp. */
  get srtpParameters(): SrtpParameters | undefined;

  dump(): Promise<PlainTransportDump>;
  getStats(): Promise<PlainTransportStat[]>;
  /**
   * Tells where the endpoint is (not with comedia), and with which key it encrypts (with enableSrtp).
   * @param options - rtcpPort: without rtcpMux.
   * @throws TypeError - wrong arguments; then it may be called again. Error - called before.
   */
  connect(options: { ip?: string; port?: number; rtcpPort?: number; srtpParameters?: SrtpParameters }): Promise<void>;
}
