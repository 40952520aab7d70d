import { type EnhancedEventEmitter } from '../enhanced-events.js';
import { type AppData, type Closable } from './app-data.js';
import { type MediaKind, type RtpParameters } from './rtp-parameters.js';
import { type RtpStreamRecvStats } from './rtp-stream.js';

export type ProducerOptions<ProducerAppData extends AppData = AppData> = {
  /** Unique in the worker. Default: a new UUID. */
  id?: string;
  kind: MediaKind;
  /** How the endpoint sends. */
  rtpParameters: RtpParameters;
  /** Default false. */
  paused?: boolean;
  /** ms to wait after a key frame was requested before it is requested again. Default 0. */
  keyFrameRequestDelay?: number;
  /** Whether packets of consumers carry an id that is the same for all of them. Default false. */
  enableMediasoupPacketIdHeaderExtension?: boolean;
  appData?: ProducerAppData;
};

export type ProducerType = 'simple' | 'simulcast' | 'svc';

/** How well a stream arrives. */
export type ProducerScore = {
  /** Index in `rtpParameters.encodings`. */
  encodingIdx: number;
  ssrc: number;
  rid?: string;
  /** 0 (nothing arrives) .. 10 (nothing is lost) */
  score: number;
};

export type ProducerVideoOrientation = {
  /** Whether the source is a camera that faces backwards. */
  camera: boolean;
  /** Whether the picture is mirrored. */
  flip: boolean;
  /** Degrees clockwise: 0, 90, 180 or 270. */
  rotation: number;
};

export type ProducerDump = {
  id: string;
  kind: string;
  type: ProducerType;
  rtpParameters: RtpParameters;
  rtpMapping: unknown;
  rtpStreams: unknown;
  traceEventTypes: string[];
  paused: boolean;
};

export type ProducerStat = RtpStreamRecvStats;

export type ProducerTraceEventType = 'rtp' | 'keyframe' | 'nack' | 'pli' | 'fir' | 'sr';

export type ProducerTraceEventData = {
  type: ProducerTraceEventType;
  /** Monotonic ms of the worker. */
  timestamp: number;
  direction: 'in' | 'out';
  info: Record<string, unknown>;
};

export type ProducerEvents = {
  transportclose: [];
  score: [ProducerScore[]];
  videoorientationchange: [ProducerVideoOrientation];
  trace: [ProducerTraceEventData];
  '@close': [];
};

export type ProducerObserver = EnhancedEventEmitter<ProducerObserverEvents>;

export type ProducerObserverEvents = {
  close: [];
  pause: [];
  resume: [];
  score: [ProducerScore[]];
  videoorientationchange: [ProducerVideoOrientation];
  trace: [ProducerTraceEventData];
};

/** Media that an endpoint sends into the router. */
export interface Producer<ProducerAppData extends AppData = AppData>
  extends EnhancedEventEmitter<ProducerEvents>, Closable {
  get id(): string;
  get closed(): boolean;
  get kind(): MediaKind;
  get rtpParameters(): RtpParameters;
  get type(): ProducerType;
  /** How the router forwards it, before it is adapted to a consumer. */
  get consumableRtpParameters(): RtpParameters;
  get paused(): boolean;
  /** One per stream that has arrived. */
  get score(): ProducerScore[];
  get appData(): ProducerAppData;
  set appData(appData: ProducerAppData);
  get observer(): ProducerObserver;

  close(): void;
  /** For the transport: it was closed. */
  transportClosed(): void;
  dump(): Promise<ProducerDump>;
  getStats(): Promise<ProducerStat[]>;
  /** Stops forwarding, to all consumers. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /**
   * Chooses which `trace` events are emitted. Default none.
   * @throws TypeError - not a list of strings.
   */
  enableTraceEvent(types?: ProducerTraceEventType[]): Promise<void>;
  /**
   * Sends an RTP packet as the endpoint would, for producers of a DirectTransport.
   * @throws TypeError - not a Buffer. WorkerClosedError.
   */
  send(rtpPacket: Buffer): void;
}
