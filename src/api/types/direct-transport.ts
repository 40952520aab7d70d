import { type EnhancedEventEmitter } from '../enhanced-events.js';
import { type AppData } from './app-data.js';
import {
  type BaseTransportDump,
  type BaseTransportStats,
  type Transport,
  type TransportEvents,
  type TransportObserverEvents,
} from './transport.js';

export type DirectTransportOptions<DirectTransportAppData extends AppData = AppData> = {
  /** Bytes. Default 262144. */
  maxSendMessageSize?: number;
  /** Bytes. Default 262144. */
  maxReceiveMessageSize?: number;
  appData?: DirectTransportAppData;
};

export type DirectTransportDump = BaseTransportDump;

export type DirectTransportStat = BaseTransportStats & {
  /** `direct-transport` */
  type: string;
};

export type DirectTransportEvents = TransportEvents & {
  /** RTCP that an endpoint would receive. */
  rtcp: [Buffer];
};

export type DirectTransportObserver = EnhancedEventEmitter<DirectTransportObserverEvents>;

export type DirectTransportObserverEvents = TransportObserverEvents & {
  rtcp: [Buffer];
};

/**
 * A transport whose other end is this process. Send by `producer.send()`, `dataProducer.send()` and `sendRtcp()`;
 * receive by the events `rtp` of consumers, `message` of data consumers and `rtcp`.
 */
export interface DirectTransport<DirectTransportAppData extends AppData = AppData> extends Transport<
  DirectTransportAppData,
  DirectTransportEvents,
  DirectTransportObserver
> {
  get type(): 'direct';
  get observer(): DirectTransportObserver;

  dump(): Promise<DirectTransportDump>;
  getStats(): Promise<DirectTransportStat[]>;
  /** Does nothing: this transport is always connected. */
  connect(): Promise<void>;
  /**
   * Sends a compound RTCP packet into the router.
   * @throws TypeError - not a Buffer. WorkerClosedError.
   */
  sendRtcp(rtcpPacket: Buffer): void;
}
