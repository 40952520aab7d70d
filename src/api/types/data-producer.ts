import { type EnhancedEventEmitter } from '../enhanced-events.js';
import { type AppData, type Closable } from './app-data.js';
import { type SctpStreamParameters } from './sctp-parameters.js';

export type DataProducerOptions<DataProducerAppData extends AppData = AppData> = {
  /** Unique in the worker. Default: a new UUID. */
  id?: string;
  /** Mandatory unless the transport is a DirectTransport. */
  sctpStreamParameters?: SctpStreamParameters;
  /** Default empty. */
  label?: string;
  /** Default empty. */
  protocol?: string;
  /** Default false. */
  paused?: boolean;
  appData?: DataProducerAppData;
};

export type DataProducerType = 'sctp' | 'direct';

export type DataProducerDump = {
  id: string;
  paused: boolean;
  type: DataProducerType;
  sctpStreamParameters?: SctpStreamParameters;
  label: string;
  protocol: string;
};

export type DataProducerStat = {
  /** `data-producer` */
  type: string;
  /** Monotonic ms of the worker. */
  timestamp: number;
  label: string;
  protocol: string;
  messagesReceived: number;
  bytesReceived: number;
};

export type DataProducerEvents = {
  transportclose: [];
  '@close': [];
};

export type DataProducerObserver = EnhancedEventEmitter<DataProducerObserverEvents>;

export type DataProducerObserverEvents = {
  close: [];
  pause: [];
  resume: [];
};

/** Messages that an endpoint sends into the router. */
export interface DataProducer<DataProducerAppData extends AppData = AppData>
  extends EnhancedEventEmitter<DataProducerEvents>, Closable {
  get id(): string;
  get closed(): boolean;
  get type(): DataProducerType;
  /** Absent if direct. */
  get sctpStreamParameters(): SctpStreamParameters | undefined;
  get label(): string;
  get protocol(): string;
  get paused(): boolean;
  get appData(): DataProducerAppData;
  set appData(appData: DataProducerAppData);
  get observer(): DataProducerObserver;

  close(): void;
  /** For the transport: it was closed. */
  transportClosed(): void;
  dump(): Promise<DataProducerDump>;
  getStats(): Promise<DataProducerStat[]>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /**
   * Sends a message as the endpoint would, for data producers of a DirectTransport.
   * @param ppid - the payload protocol identifier (RFC 8831 §8). Default: that of a string or of binary data.
   * @param subchannels - only data consumers of one of these get it. Default or empty: all.
   * @param requiredSubchannel - only data consumers of this one get it.
   * @param ignoredSubchannel - data consumers of this one do not get it.
   * @throws TypeError - neither a string nor a Buffer. WorkerClosedError.
   */
  send(
    message: string | Buffer,
    ppid?: number,
    subchannels?: number[],
    requiredSubchannel?: number,
    ignoredSubchannel?: number,
  ): void;
}
