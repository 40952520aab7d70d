import { type EnhancedEventEmitter } from '../enhanced-events.js';
import { type ActiveSpeakerObserver, type ActiveSpeakerObserverOptions } from './active-speaker-observer.js';
import { type AppData, type Closable, type Either } from './app-data.js';
import { type AudioLevelObserver, type AudioLevelObserverOptions } from './audio-level-observer.js';
import { type Consumer } from './consumer.js';
import { type DataConsumer } from './data-consumer.js';
import { type DataProducer } from './data-producer.js';
import { type DirectTransport, type DirectTransportOptions } from './direct-transport.js';
import { type PipeTransport, type PipeTransportOptions } from './pipe-transport.js';
import { type PlainTransport, type PlainTransportOptions } from './plain-transport.js';
import { type Producer } from './producer.js';
import { type RtpObserver } from './rtp-observer.js';
import { type RemoteRtpCapabilities, type RouterRtpCodecCapability, type RtpCapabilities } from './rtp-parameters.js';
import {
  type SctpTransportOptions,
  type Transport,
  type TransportListenInfo,
  type TransportListenIp,
} from './transport.js';
import { type WebRtcTransport, type WebRtcTransportOptions } from './web-rtc-transport.js';

export type RouterOptions<RouterAppData extends AppData = AppData> = {
  /** Codecs of the router. Default none: then there is only data. */
  mediaCodecs?: RouterRtpCodecCapability[];
  appData?: RouterAppData;
};

export type PipeToRouterOptions = SctpTransportOptions & {
  /** The Producer to pipe. Either this or dataProducerId. */
  producerId?: string;
  dataProducerId?: string;
  /** Where to pipe it to. May be of another worker or, with a `keepId` of false, of the same. */
  router: Router;
  /** Whether the pipe Producer or DataProducer gets the id of the original. Default true. */
  keepId?: boolean;
  /** Default true here. */
  enableSctp?: boolean;
  /** Whether lost packets are retransmitted between the routers. Default false. */
  enableRtx?: boolean;
  /** Whether media is encrypted between the routers. Default false. */
  enableSrtp?: boolean;
} & PipeToRouterListen;

/** Where the pair of PipeTransports listens. Default: 127.0.0.1. */
type PipeToRouterListen = Either<PipeToRouterListenInfo, PipeToRouterListenIp>;

type PipeToRouterListenInfo = {
  listenInfo: TransportListenInfo;
};

type PipeToRouterListenIp = {
  /** @deprecated Use listenInfo. */
  listenIp?: TransportListenIp | string;
};

export type PipeToRouterResult = {
  /** In this router, of the given Producer. */
  pipeConsumer?: Consumer;
  /** In the other router. */
  pipeProducer?: Producer;
  pipeDataConsumer?: DataConsumer;
  pipeDataProducer?: DataProducer;
};

/** Both ends of a pipe by id of their router. */
export type PipeTransportPair = { [key: string]: PipeTransport };

export type RouterDump = {
  id: string;
  transportIds: string[];
  rtpObserverIds: string[];
  mapProducerIdConsumerIds: { key: string; values: string[] }[];
  mapConsumerIdProducerId: { key: string; value: string }[];
  mapProducerIdObserverIds: { key: string; values: string[] }[];
  mapDataProducerIdDataConsumerIds: { key: string; values: string[] }[];
  mapDataConsumerIdDataProducerId: { key: string; value: string }[];
};

export type RouterEvents = {
  workerclose: [];
  '@close': [];
};

export type RouterObserver = EnhancedEventEmitter<RouterObserverEvents>;

export type RouterObserverEvents = {
  close: [];
  newtransport: [Transport];
  newrtpobserver: [RtpObserver];
};

/** Forwards what is produced in any of its transports to whoever consumes it in any of them. */
export interface Router<RouterAppData extends AppData = AppData> extends EnhancedEventEmitter<RouterEvents>, Closable {
  get id(): string;
  get closed(): boolean;
  /** Codecs and header extensions that endpoints have to choose from. A copy. */
  get rtpCapabilities(): RtpCapabilities;
  get appData(): RouterAppData;
  set appData(appData: RouterAppData);
  get observer(): RouterObserver;

  close(): void;
  /** For the worker: it was closed. */
  workerClosed(): void;
  dump(): Promise<RouterDump>;

  /**
   * Creates a transport for an endpoint that speaks ICE and DTLS, usually a browser.
   * @throws TypeError - wrong arguments. Error - an address or port cannot be bound.
   */
  createWebRtcTransport<WebRtcTransportAppData extends AppData = AppData>(
    options: WebRtcTransportOptions<WebRtcTransportAppData>,
  ): Promise<WebRtcTransport<WebRtcTransportAppData>>;

  /**
   * Creates a transport for RTP over UDP, encrypted with given keys or not at all: GStreamer, FFmpeg, SIP.
   * @throws TypeError - wrong arguments. Error - an address or port cannot be bound.
   */
  createPlainTransport<PlainTransportAppData extends AppData = AppData>(
    options: PlainTransportOptions<PlainTransportAppData>,
  ): Promise<PlainTransport<PlainTransportAppData>>;

  /**
   * Creates one end of a pipe to another router. `pipeToRouter()` does the whole.
   * @throws TypeError - wrong arguments. Error - an address or port cannot be bound.
   */
  createPipeTransport<PipeTransportAppData extends AppData = AppData>(
    options: PipeTransportOptions<PipeTransportAppData>,
  ): Promise<PipeTransport<PipeTransportAppData>>;

  /**
   * Creates a transport whose other end is this process: RTP, RTCP and messages are sent and received by methods
   * and events.
   * @throws TypeError - wrong arguments.
   */
  createDirectTransport<DirectTransportAppData extends AppData = AppData>(
    options?: DirectTransportOptions<DirectTransportAppData>,
  ): Promise<DirectTransport<DirectTransportAppData>>;

  /**
   * Makes a Producer or DataProducer of this router available in another one, over a pair of PipeTransports that is
   * created for the first of them and shared by all. It is closed, and a Producer paused and resumed, there as here.
   * @throws TypeError - wrong arguments. NotFoundError - no such Producer or DataProducer, or it was closed meanwhile.
   */
  pipeToRouter(options: PipeToRouterOptions): Promise<PipeToRouterResult>;

  /** @throws TypeError - wrong arguments. */
  createActiveSpeakerObserver<ActiveSpeakerObserverAppData extends AppData = AppData>(
    options?: ActiveSpeakerObserverOptions<ActiveSpeakerObserverAppData>,
  ): Promise<ActiveSpeakerObserver<ActiveSpeakerObserverAppData>>;

  /** @throws TypeError - wrong arguments. */
  createAudioLevelObserver<AudioLevelObserverAppData extends AppData = AppData>(
    options?: AudioLevelObserverOptions<AudioLevelObserverAppData>,
  ): Promise<AudioLevelObserver<AudioLevelObserverAppData>>;

  /** Whether an endpoint with these capabilities can consume that Producer. Never throws. */
  canConsume(options: { producerId: string; rtpCapabilities: RemoteRtpCapabilities }): boolean;

  /**
   * Replaces the codecs of the router for what is created from now on.
   * @throws TypeError - wrong arguments. UnsupportedError - unknown codec.
   */
  updateMediaCodecs(mediaCodecs: RouterRtpCodecCapability[]): void;
}
