import { type EnhancedEventEmitter } from '../enhanced-events.js';
import { type AppData, type Closable } from './app-data.js';
import { type SctpStreamParameters } from './sctp-parameters.js';

export type DataConsumerOptions<DataConsumerAppData extends AppData = AppData> = {
  /** The DataProducer to consume, of the same router. */
  dataProducerId: string;
  /** Default of this and the next two: as the DataProducer. */
  ordered?: boolean;
  /** ms. Makes it unordered. */
  maxPacketLifeTime?: number;
  /** Makes it unordered. */
  maxRetransmits?: number;
  /** Default false. */
  paused?: boolean;
  /** 0..65535 each. Default none. */
  subchannels?: number[];
  appData?: DataConsumerAppData;
};

export type DataConsumerType = 'sctp' | 'direct';

export type DataConsumerDump = {
  id: string;
  paused: boolean;
  dataProducerPaused: boolean;
  subchannels: number[];
  dataProducerId: string;
  type: DataConsumerType;
  sctpStreamParameters?: SctpStreamParameters;
  label: string;
  protocol: string;
  /** Bytes. */
  bufferedAmount: number;
  bufferedAmountLowThreshold: number;
};

export type DataConsumerStat = {
  /** `data-consumer` */
  type: string;
  /** Monotonic ms of the worker. */
  timestamp: number;
  label: string;
  protocol: string;
  messagesSent: number;
  bytesSent: number;
  /** Bytes. */
  bufferedAmount: number;
};

export type DataConsumerEvents = {
  transportclose: [];
  dataproducerclose: [];
  dataproducerpause: [];
  dataproducerresume: [];
  /** A message that an endpoint would receive, and its PPID; of data consumers of a DirectTransport. */
  message: [Buffer, number];
  /** A message was dropped. */
  sctpsendbufferfull: [];
  /** Few bytes wait to be sent: how many. */
  bufferedamountlow: [number];
  '@close': [];
  '@dataproducerclose': [];
};

export type DataConsumerObserver = EnhancedEventEmitter<DataConsumerObserverEvents>;

export type DataConsumerObserverEvents = {
  close: [];
  pause: [];
  resume: [];
};

/** Messages of a DataProducer on their way to an endpoint. */
export interface DataConsumer<DataConsumerAppData extends AppData = AppData>
  extends EnhancedEventEmitter<DataConsumerEvents>, Closable {
  get id(): string;
  get dataProducerId(): string;
  get closed(): boolean;
  get type(): DataConsumerType;
  /** Absent if direct. */
  get sctpStreamParameters(): SctpStreamParameters | undefined;
  get label(): string;
  get protocol(): string;
  get paused(): boolean;
  get dataProducerPaused(): boolean;
  /** Without duplicates, in any order. */
  get subchannels(): number[];
  get appData(): DataConsumerAppData;
  set appData(appData: DataConsumerAppData);
  get observer(): DataConsumerObserver;

  close(): void;
  /** For the transport: it was closed. */
  transportClosed(): void;
  dump(): Promise<DataConsumerDump>;
  getStats(): Promise<DataConsumerStat[]>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /**
   * At which number of waiting bytes `bufferedamountlow` is emitted.
   * @throws TypeError - this one is direct.
   */
  setBufferedAmountLowThreshold(threshold: number): Promise<void>;
  /**
   * How many bytes wait to be sent.
   * @throws TypeError - this one is direct.
   */
  getBufferedAmount(): Promise<number>;
  /**
   * Sends a message to the endpoint besides those of the DataProducer.
   * @param ppid - the payload protocol identifier (RFC 8831 §8). Default: that of a string or of binary data.
   * @returns how many bytes wait to be sent.
   * @throws TypeError - neither a string nor a Buffer, too long, or this one is direct. Error - not sent.
   */
  send(message: string | Buffer, ppid?: number): Promise<number>;
  setSubchannels(subchannels: number[]): Promise<void>;
  addSubchannel(subchannel: number): Promise<void>;
  removeSubchannel(subchannel: number): Promise<void>;
}
