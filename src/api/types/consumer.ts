import { type EnhancedEventEmitter } from '../enhanced-events.js';
import { type AppData, type Closable } from './app-data.js';
import { type ProducerStat } from './producer.js';
import {
  type MediaKind,
  type RemoteRtpCapabilities,
  type RtpEncodingParameters,
  type RtpParameters,
} from './rtp-parameters.js';
import { type RtpStreamDump, type RtpStreamSendStats } from './rtp-stream.js';

export type ConsumerOptions<ConsumerAppData extends AppData = AppData> = {
  /** The Producer to consume, of the same router. */
  producerId: string;
  /** What the endpoint can receive. */
  rtpCapabilities: RemoteRtpCapabilities;
  /** Default false; true is advised, see `transport.consume()`. */
  paused?: boolean;
  /** The MID of its packets. Default: a number that counts up in the transport. */
  mid?: string;
  /** Of a Producer with layers. Default: the highest ones. */
  preferredLayers?: ConsumerLayers;
  /** Whether lost packets are retransmitted. Default: of video only. */
  enableRtx?: boolean;
  /** Whether packets that only tell silence are left out. Default false. */
  ignoreDtx?: boolean;
  /** Whether all streams of the Producer are forwarded as they are. Default false. */
  pipe?: boolean;
  appData?: ConsumerAppData;
};

export type ConsumerType = 'simple' | 'simulcast' | 'svc' | 'pipe';

/** 0 (nothing arrives) .. 10 (nothing is lost) each. */
export type ConsumerScore = {
  /** At the endpoint. */
  score: number;
  /** Of the stream of the Producer that is being forwarded. */
  producerScore: number;
  /** Of all streams of the Producer. */
  producerScores: number[];
};

export type ConsumerLayers = {
  /** 0 is the lowest. */
  spatialLayer: number;
  temporalLayer?: number;
};

export type ConsumerDump = SimpleConsumerDump | SimulcastConsumerDump | PipeConsumerDump;

export type SimpleConsumerDump = BaseConsumerDump & {
  type: string;
  rtpStream: RtpStreamDump;
};

/** Layers are −1 where there is none. */
export type SimulcastConsumerDump = BaseConsumerDump & {
  type: string;
  rtpStream: RtpStreamDump;
  preferredSpatialLayer: number;
  targetSpatialLayer: number;
  currentSpatialLayer: number;
  preferredTemporalLayer: number;
  targetTemporalLayer: number;
  currentTemporalLayer: number;
};

export type SvcConsumerDump = SimulcastConsumerDump;

export type PipeConsumerDump = BaseConsumerDump & {
  type: string;
  rtpStreams: RtpStreamDump[];
};

export type BaseConsumerDump = {
  id: string;
  producerId: string;
  kind: MediaKind;
  rtpParameters: RtpParameters;
  consumableRtpEncodings?: RtpEncodingParameters[];
  supportedCodecPayloadTypes: number[];
  traceEventTypes: string[];
  paused: boolean;
  producerPaused: boolean;
  priority: number;
};

export type ConsumerStat = RtpStreamSendStats;

export type ConsumerTraceEventType = 'rtp' | 'keyframe' | 'nack' | 'pli' | 'fir';

export type ConsumerTraceEventData = {
  type: ConsumerTraceEventType;
  /** Monotonic ms of the worker. */
  timestamp: number;
  direction: 'in' | 'out';
  info: Record<string, unknown>;
};

export type ConsumerEvents = {
  transportclose: [];
  producerclose: [];
  producerpause: [];
  producerresume: [];
  score: [ConsumerScore];
  /** The layers being forwarded changed; without argument if none is. */
  layerschange: [ConsumerLayers?];
  trace: [ConsumerTraceEventData];
  /** A packet that an endpoint would receive, of consumers of a DirectTransport. */
  rtp: [Buffer];
  '@close': [];
  '@producerclose': [];
};

export type ConsumerObserver = EnhancedEventEmitter<ConsumerObserverEvents>;

export type ConsumerObserverEvents = {
  close: [];
  pause: [];
  resume: [];
  score: [ConsumerScore];
  layerschange: [ConsumerLayers?];
  trace: [ConsumerTraceEventData];
};

/** Media of a Producer on its way to an endpoint. */
export interface Consumer<ConsumerAppData extends AppData = AppData>
  extends EnhancedEventEmitter<ConsumerEvents>, Closable {
  get id(): string;
  get producerId(): string;
  get closed(): boolean;
  get kind(): MediaKind;
  /** How the endpoint has to receive it. */
  get rtpParameters(): RtpParameters;
  get type(): ConsumerType;
  get paused(): boolean;
  get producerPaused(): boolean;
  get priority(): number;
  get score(): ConsumerScore;
  /** Absent without layers. */
  get preferredLayers(): ConsumerLayers | undefined;
  /** Absent while nothing is forwarded, and without layers. */
  get currentLayers(): ConsumerLayers | undefined;
  get appData(): ConsumerAppData;
  set appData(appData: ConsumerAppData);
  get observer(): ConsumerObserver;

  close(): void;
  /** For the transport: it was closed. */
  transportClosed(): void;
  dump(): Promise<ConsumerDump>;
  /** Of what is sent, and of what arrives from the Producer. */
  getStats(): Promise<(ConsumerStat | ProducerStat)[]>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /**
   * The highest layers to forward. Without effect if there are none.
   * @throws TypeError - not numbers.
   */
  setPreferredLayers(layers: ConsumerLayers): Promise<void>;
  /**
   * Which of several consumers of video gets bandwidth first: 1 (the default) .. 255 (first).
   * @throws TypeError - out of range.
   */
  setPriority(priority: number): Promise<void>;
  unsetPriority(): Promise<void>;
  requestKeyFrame(): Promise<void>;
  /**
   * Chooses which `trace` events are emitted. Default none.
   * @throws TypeError - not a list of strings.
   */
  enableTraceEvent(types?: ConsumerTraceEventType[]): Promise<void>;
}
