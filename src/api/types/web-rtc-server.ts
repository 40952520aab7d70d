import { type EnhancedEventEmitter } from '../enhanced-events.js';
import { type AppData, type Closable } from './app-data.js';
import { type TransportListenInfo } from './transport.js';
import { type WebRtcTransport } from './web-rtc-transport.js';

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
