import { type EnhancedEventEmitter } from '../enhanced-events.js';
import { type AppData, type Closable, type Either } from './app-data.js';
import { type SctpNegotiatedCapabilities, type SctpParameters } from './sctp-parameters.js';
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
  type TransportProtocol,
  type TransportTuple,
} from './transport.js';

export type WebRtcTransportOptions<WebRtcTransportAppData extends AppData = AppData> =
  WebRtcTransportOptionsBase<WebRtcTransportAppData> & WebRtcTransportListen;

type WebRtcTransportOptionsBase<WebRtcTransportAppData> = SctpTransportOptions & {
  /** Which ports of the webRtcServer to use, or which protocols for listenIps. Default true. */
  enableUdp?: boolean;
  /** Default true with a webRtcServer, else false. */
  enableTcp?: boolean;
  /** Which protocol comes first in ICE. Default false. */
  preferUdp?: boolean;
  preferTcp?: boolean;
  /** Seconds without an ICE consent check after which the endpoint is considered gone: 10..60; 0: never. Default 30. */
  iceConsentTimeout?: number;
  /** bps that congestion control starts with. Default 600000. */
  initialAvailableOutgoingBitrate?: number;
  appData?: WebRtcTransportAppData;
};

type WebRtcTransportListen = Either<
  Either<WebRtcTransportListenIndividualListenInfo, WebRtcTransportListenIndividualListenIp>,
  WebRtcTransportListenServer
>;

type WebRtcTransportListenIndividualListenInfo = {
  /** Ports of its own. Those listed first are preferred in ICE. */
  listenInfos: TransportListenInfo[];
};

type WebRtcTransportListenIndividualListenIp = {
  /** @deprecated Use listenInfos. */
  listenIps: (TransportListenIp | string)[];
  /** @deprecated Use listenInfos. */
  port?: number;
};

type WebRtcTransportListenServer = {
  /** A server of the same worker whose ports to use. */
  webRtcServer: WebRtcServer;
};

export type IceParameters = {
  usernameFragment: string;
  password: string;
  iceLite?: boolean;
};

export type IceCandidate = {
  foundation: string;
  priority: number;
  /** The same as address, for old clients. */
  ip: string;
  /** An address or a host name. */
  address: string;
  protocol: TransportProtocol;
  port: number;
  type: IceCandidateType;
  /** Of TCP candidates. */
  tcpType?: IceCandidateTcpType;
};

export type DtlsParameters = {
  /** Default `auto`. */
  role?: DtlsRole;
  fingerprints: DtlsFingerprint[];
};

export type FingerprintAlgorithm = 'sha-1' | 'sha-224' | 'sha-256' | 'sha-384' | 'sha-512';

/** Of a certificate: upper case hex bytes with colons between. */
export type DtlsFingerprint = {
  algorithm: FingerprintAlgorithm;
  value: string;
};

export type IceRole = 'controlled' | 'controlling';

export type IceState = 'new' | 'connected' | 'completed' | 'disconnected' | 'closed';

export type IceCandidateType = 'host';

export type IceCandidateTcpType = 'passive';

export type DtlsRole = 'auto' | 'client' | 'server';

export type DtlsState = 'new' | 'connecting' | 'connected' | 'failed' | 'closed';

export type WebRtcTransportDump = BaseTransportDump & {
  iceRole: 'controlled';
  iceParameters: IceParameters;
  iceCandidates: IceCandidate[];
  iceState: IceState;
  iceSelectedTuple?: TransportTuple;
  dtlsParameters: DtlsParameters;
  dtlsState: DtlsState;
  dtlsRemoteCert?: string;
};

export type WebRtcTransportStat = BaseTransportStats & {
  /** `webrtc-transport` */
  type: string;
  iceRole: string;
  iceState: IceState;
  iceSelectedTuple?: TransportTuple;
  dtlsState: DtlsState;
};

export type WebRtcTransportEvents = TransportEvents & {
  icestatechange: [IceState];
  iceselectedtuplechange: [TransportTuple];
  dtlsstatechange: [DtlsState];
  sctpstatechange: [SctpState];
};

export type WebRtcTransportObserver = EnhancedEventEmitter<WebRtcTransportObserverEvents>;

export type WebRtcTransportObserverEvents = TransportObserverEvents & {
  icestatechange: [IceState];
  iceselectedtuplechange: [TransportTuple];
  dtlsstatechange: [DtlsState];
  sctpstatechange: [SctpState];
};

/** A transport for an endpoint that speaks ICE and DTLS. The router's side is ICE lite (RFC 8445 §2.5). */
export interface WebRtcTransport<WebRtcTransportAppData extends AppData = AppData> extends Transport<
  WebRtcTransportAppData,
  WebRtcTransportEvents,
  WebRtcTransportObserver
> {
  get type(): 'webrtc';
  get observer(): WebRtcTransportObserver;
  get iceRole(): 'controlled';
  get iceParameters(): IceParameters;
  get iceCandidates(): IceCandidate[];
  get iceState(): IceState;
  /** The path in use, if there is one. */
  get iceSelectedTuple(): TransportTuple | undefined;
  /** Role `auto` until `connect()`. */
  get dtlsParameters(): DtlsParameters;
  get dtlsState(): DtlsState;
  /** PEM, once DTLS is connected. */
  get dtlsRemoteCert(): string | undefined;
  get sctpParameters(): SctpParameters | undefined;
  get sctpState(): SctpState | undefined;
  /** Once SCTP is connected. */
  get sctpNegotiatedCapabilities(): SctpNegotiatedCapabilities | undefined;

  dump(): Promise<WebRtcTransportDump>;
  getStats(): Promise<WebRtcTransportStat[]>;
  /**
   * Hands over the DTLS parameters of the endpoint.
   * @throws TypeError - wrong arguments. Error - called before.
   */
  connect(options: { dtlsParameters: DtlsParameters }): Promise<void>;
  /** Makes new ICE parameters, which the endpoint has to be told. The old path works until the new one does. */
  restartIce(): Promise<IceParameters>;
}

export type WebRtcServerOptions<WebRtcServerAppData extends AppData = AppData> = {
  /** At least one. Those listed first are preferred in ICE. */
  listenInfos: TransportListenInfo[];
  appData?: WebRtcServerAppData;
};

/** @deprecated Use TransportListenInfo. */
export type WebRtcServerListenInfo = TransportListenInfo;

export type IpPort = {
  ip: string;
  port: number;
};

export type IceUserNameFragment = {
  localIceUsernameFragment: string;
  webRtcTransportId: string;
};

export type WebRtcServerDump = {
  id: string;
  udpSockets: IpPort[];
  tcpServers: IpPort[];
  webRtcTransportIds: string[];
  localIceUsernameFragments: IceUserNameFragment[];
};

export type WebRtcServerEvents = {
  workerclose: [];
  '@close': [];
};

export type WebRtcServerObserver = EnhancedEventEmitter<WebRtcServerObserverEvents>;

export type WebRtcServerObserverEvents = {
  close: [];
  /** A transport uses the ports of this server now. */
  webrtctransporthandled: [WebRtcTransport];
  /** It no longer does. */
  webrtctransportunhandled: [WebRtcTransport];
};

/** Ports shared by WebRtcTransports. */
export interface WebRtcServer<WebRtcServerAppData extends AppData = AppData>
  extends EnhancedEventEmitter<WebRtcServerEvents>, Closable {
  get id(): string;
  get closed(): boolean;
  get appData(): WebRtcServerAppData;
  set appData(appData: WebRtcServerAppData);
  get observer(): WebRtcServerObserver;

  /** Closes the ports and all transports that use them. */
  close(): void;
  /** For the worker: it was closed. */
  workerClosed(): void;
  dump(): Promise<WebRtcServerDump>;
  /** For the router: a transport uses this server. */
  handleWebRtcTransport(webRtcTransport: WebRtcTransport): void;
}
