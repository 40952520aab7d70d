import { type EnhancedEventEmitter } from '../enhanced-events.js';
import { type AppData, type Closable } from './app-data.js';
import { type Consumer, type ConsumerOptions } from './consumer.js';
import { type DataConsumer, type DataConsumerOptions } from './data-consumer.js';
import { type DataProducer, type DataProducerOptions } from './data-producer.js';
import { type Producer, type ProducerOptions } from './producer.js';
import { type SctpNegotiatedCapabilities, type SctpParameters } from './sctp-parameters.js';

export type TransportType = 'webrtc' | 'plain' | 'pipe' | 'direct';

/** Where a transport or WebRtcServer listens. */
export type TransportListenInfo = {
  protocol: TransportProtocol;
  /** An address of this machine; 0.0.0.0 or :: for all, then with an announcedAddress. */
  ip: string;
  /** @deprecated Use announcedAddress. */
  announcedIp?: string;
  /** The address or host name under which others reach this machine. Default: `ip`. */
  announcedAddress?: string;
  /** Whether to offer `ip` as an ICE candidate besides announcedAddress. Default false. */
  exposeInternalIp?: boolean;
  /** A fixed port. Default 0: one of portRange. */
  port?: number;
  /** Beats `port`. Default: the range of the worker. */
  portRange?: TransportPortRange;
  flags?: TransportSocketFlags;
  /** Bytes; 0 or absent for the default of the system. */
  sendBufferSize?: number;
  recvBufferSize?: number;
};

/** @deprecated Use TransportListenInfo. */
export type TransportListenIp = {
  ip: string;
  announcedIp?: string;
};

export type TransportProtocol = 'udp' | 'tcp';

/** Ports, both ends included. */
export type TransportPortRange = {
  min: number;
  max: number;
};

export type TransportSocketFlags = {
  /** Of an IPv6 socket: take no IPv4. */
  ipv6Only?: boolean;
  /** UDP: several sockets may bind to the port. */
  udpReusePort?: boolean;
};

/** Options about SCTP and messages that several kinds of transport have. */
export type SctpTransportOptions = {
  /** Whether there is an SCTP association. Default false. */
  enableSctp?: boolean;
  /** Bytes. Default 262144. */
  maxSendMessageSize?: number;
  /** Bytes. Default 262144. */
  maxReceiveMessageSize?: number;
  /** Bytes that may wait to be sent or acknowledged. Default 2000000. */
  sctpSendBufferSize?: number;
  /** The same for each stream. Default 2000000. */
  sctpPerStreamSendQueueLimit?: number;
  /** Bytes. Default 5242880. */
  sctpMaxReceiverWindowBufferSize?: number;
  /** Bytes: when DataConsumers emit `bufferedamountlow`. Default 1024. */
  sctpDefaultStreamBufferedAmountLowThreshold?: number;
};

/** A path between this machine and a remote one. */
export type TransportTuple = {
  /** The same as localAddress, for old applications. */
  localIp: string;
  /** The announced address, else that of the socket. */
  localAddress: string;
  localPort: number;
  /** Absent until it is known. */
  remoteIp?: string;
  /** 0 until it is known. */
  remotePort?: number;
  protocol: TransportProtocol;
};

export type SctpState = 'new' | 'connecting' | 'connected' | 'failed' | 'closed';

export type RtpListenerDump = {
  ssrcTable: { key: number; value: string }[];
  midTable: { key: number; value: string }[];
  ridTable: { key: number; value: string }[];
};

export type SctpListenerDump = {
  streamIdTable: { key: number; value: string }[];
};

/** Ids of the header extensions by which received packets are understood. */
export type RecvRtpHeaderExtensions = {
  mid?: number;
  rid?: number;
  rrid?: number;
  absSendTime?: number;
  transportWideCc01?: number;
};

export type BaseTransportDump = {
  id: string;
  producerIds: string[];
  consumerIds: string[];
  mapSsrcConsumerId: { key: number; value: string }[];
  mapRtxSsrcConsumerId: { key: number; value: string }[];
  recvRtpHeaderExtensions: RecvRtpHeaderExtensions;
  rtpListener: RtpListenerDump;
  maxSendMessageSize: number;
  maxReceiveMessageSize: number;
  dataProducerIds: string[];
  dataConsumerIds: string[];
  sctpParameters?: SctpParameters;
  sctpState?: SctpState;
  sctpNegotiatedCapabilities?: SctpNegotiatedCapabilities;
  sctpListener?: SctpListenerDump;
  traceEventTypes?: string[];
};

export type BaseTransportStats = {
  transportId: string;
  /** Monotonic ms of the worker. */
  timestamp: number;
  sctpState?: SctpState;
  bytesReceived: number;
  /** This and every other bitrate in bps. */
  recvBitrate: number;
  bytesSent: number;
  sendBitrate: number;
  rtpBytesReceived: number;
  rtpRecvBitrate: number;
  rtpBytesSent: number;
  rtpSendBitrate: number;
  rtxBytesReceived: number;
  rtxRecvBitrate: number;
  rtxBytesSent: number;
  rtxSendBitrate: number;
  probationBytesSent: number;
  probationSendBitrate: number;
  /** Estimates, where there is an estimator. */
  availableOutgoingBitrate?: number;
  availableIncomingBitrate?: number;
  /** Limits, where they are set. */
  maxIncomingBitrate?: number;
  maxOutgoingBitrate?: number;
  minOutgoingBitrate?: number;
  /** 0..1 */
  rtpPacketLossReceived?: number;
  rtpPacketLossSent?: number;
};

export type TransportTraceEventType = 'probation' | 'bwe';

export type TransportTraceEventData = {
  type: TransportTraceEventType;
  /** Monotonic ms of the worker. */
  timestamp: number;
  direction: 'in' | 'out';
  info: unknown;
};

export type TransportEvents = {
  routerclose: [];
  listenserverclose: [];
  trace: [TransportTraceEventData];
  '@close': [];
  '@newproducer': [Producer];
  '@producerclose': [Producer];
  '@newdataproducer': [DataProducer];
  '@dataproducerclose': [DataProducer];
  '@listenserverclose': [];
};

export type TransportObserver = EnhancedEventEmitter<TransportObserverEvents>;

export type TransportObserverEvents = {
  close: [];
  newproducer: [Producer];
  newconsumer: [Consumer];
  newdataproducer: [DataProducer];
  newdataconsumer: [DataConsumer];
  trace: [TransportTraceEventData];
};

/** What connects an endpoint to a router. Media and data flow through it in both directions. */
export interface Transport<
  TransportAppData extends AppData = AppData,
  Events extends TransportEvents = TransportEvents,
  Observer extends TransportObserver = TransportObserver,
>
  extends EnhancedEventEmitter<Events>, Closable {
  get id(): string;
  get closed(): boolean;
  get type(): TransportType;
  get appData(): TransportAppData;
  set appData(appData: TransportAppData);
  get observer(): Observer;

  /** Closes the transport and all in it. */
  close(): void;
  /** For the router: it was closed. */
  routerClosed(): void;
  /** For the WebRtcServer: it was closed. */
  listenServerClosed(): void;
  dump(): Promise<unknown>;
  getStats(): Promise<unknown[]>;
  connect(params: unknown): Promise<void>;
  /**
   * Asks the sender to stay below a bitrate (bps; 0 for no limit) by REMB or transport-wide feedback.
   * @throws TypeError - out of range.
   */
  setMaxIncomingBitrate(bitrate: number): Promise<void>;
  /**
   * Limits what is sent by congestion control (bps, at least 30000; 0 for no limit).
   * @throws TypeError - out of range, or below the minimum that is set.
   */
  setMaxOutgoingBitrate(bitrate: number): Promise<void>;
  /**
   * Below which bitrate (bps, at least 30000; 0 for none) congestion control never goes.
   * @throws TypeError - out of range, or above the maximum that is set.
   */
  setMinOutgoingBitrate(bitrate: number): Promise<void>;
  /**
   * Makes media that the endpoint sends available in the router.
   * @throws TypeError - wrong arguments. UnsupportedError - a codec that the router does not have. Error - an SSRC, MID
   * or RID is taken in this transport.
   */
  produce<ProducerAppData extends AppData = AppData>(
    options: ProducerOptions<ProducerAppData>,
  ): Promise<Producer<ProducerAppData>>;
  /**
   * Sends what a Producer of the router produces to the endpoint. Create it paused, set it up at the endpoint, and
   * then resume it: so no key frame is missed.
   * @throws TypeError - wrong arguments. NotFoundError - no such Producer. UnsupportedError - the endpoint has no codec
   * for it.
   */
  consume<ConsumerAppData extends AppData = AppData>(
    options: ConsumerOptions<ConsumerAppData>,
  ): Promise<Consumer<ConsumerAppData>>;
  /**
   * Makes messages that the endpoint sends available in the router.
   * @throws TypeError - wrong arguments. Error - there is no SCTP, or the stream is taken.
   */
  produceData<DataProducerAppData extends AppData = AppData>(
    options?: DataProducerOptions<DataProducerAppData>,
  ): Promise<DataProducer<DataProducerAppData>>;
  /**
   * Sends messages of a DataProducer of the router to the endpoint.
   * @throws TypeError - wrong arguments. NotFoundError - no such DataProducer. Error - there is no SCTP, or no free
   * stream.
   */
  consumeData<DataConsumerAppData extends AppData = AppData>(
    options: DataConsumerOptions<DataConsumerAppData>,
  ): Promise<DataConsumer<DataConsumerAppData>>;
  /**
   * Chooses which `trace` events are emitted. Default none.
   * @throws TypeError - not a list of strings.
   */
  enableTraceEvent(types?: TransportTraceEventType[]): Promise<void>;
}
