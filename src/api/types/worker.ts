import { type DropCounts } from '../../common/drop-reason.js';
import { type EnhancedEventEmitter } from '../enhanced-events.js';
import { type AppData, type Closable } from './app-data.js';
import { type Router, type RouterOptions } from './router.js';
import { type SrtpCryptoSuite } from './srtp-parameters.js';
import { type WebRtcServer, type WebRtcServerOptions } from './web-rtc-transport.js';

export type WorkerLogLevel = 'debug' | 'warn' | 'error' | 'none';

/** What debug and warn lines are about. A line is logged if its level is high enough and one of its tags is on. */
export type WorkerLogTag =
  | 'info'
  | 'ice'
  | 'dtls'
  | 'rtp'
  | 'srtp'
  | 'rtcp'
  | 'rtx'
  | 'bwe'
  | 'score'
  | 'simulcast'
  | 'svc'
  | 'sctp'
  | 'message';

export type WorkerSettings<WorkerAppData extends AppData = AppData> = {
  /** Default `error`. */
  logLevel?: WorkerLogLevel;
  /** Default none. */
  logTags?: WorkerLogTag[];
  /**
   * Lowest port for transports that are given none. Default 10000.
   * @deprecated Give `portRange` in the listenInfo of a transport or WebRtcServer.
   */
  rtcMinPort?: number;
  /**
   * Highest port for transports that are given none. Default 59999.
   * @deprecated Give `portRange` in the listenInfo of a transport or WebRtcServer.
   */
  rtcMaxPort?: number;
  /** PEM file of a certificate for DTLS. Default: one that the worker makes. */
  dtlsCertificateFile?: string;
  /** PEM file of its private key. */
  dtlsPrivateKeyFile?: string;
  /**
   * Which SRTP crypto suites DTLS prefers in WebRtcTransports, best first. All others are offered behind them. Default:
   * AES_CM_128_HMAC_SHA1_80, which takes the least CPU time here. Not for C++ workers, which do not know this setting and
   * would not start.
   */
  srtpCryptoSuites?: SrtpCryptoSuite[];
  /**
   * Path of a worker executable to start as a child process: the C++ worker or `tsfu-worker`. Default: that of the
   * environment variable MEDIASOUP_WORKER_BIN when this package was loaded; else the worker runs in a thread of this
   * process.
   */
  workerBin?: string;
  /** Of use to C++ workers only. */
  libwebrtcFieldTrials?: string;
  appData?: WorkerAppData;
};

export type WorkerUpdateableSettings<T extends AppData = AppData> = Pick<WorkerSettings<T>, 'logLevel' | 'logTags'>;

/** getrusage(2) of the process that runs the worker; of this process if it runs in a thread. */
export type WorkerResourceUsage = {
  /** ms of CPU time in user mode. */
  ru_utime: number;
  /** ms of CPU time in the system. */
  ru_stime: number;
  ru_maxrss: number;
  ru_ixrss: number;
  ru_idrss: number;
  ru_isrss: number;
  ru_minflt: number;
  ru_majflt: number;
  ru_nswap: number;
  ru_inblock: number;
  ru_oublock: number;
  ru_msgsnd: number;
  ru_msgrcv: number;
  ru_nsignals: number;
  ru_nvcsw: number;
  ru_nivcsw: number;
};

export type WorkerDump = {
  pid: number;
  webRtcServerIds: string[];
  routerIds: string[];
  channelMessageHandlers: {
    channelRequestHandlers: string[];
    channelNotificationHandlers: string[];
  };
};

export type WorkerEvents = {
  /** The thread or process ended without being asked to. Everything in it is closed. */
  died: [Error];
  /** The thread or process has ended. */
  subprocessclose: [];
  /** For `createWorker()`. */
  '@success': [];
  '@failure': [Error];
};

export type WorkerObserver = EnhancedEventEmitter<WorkerObserverEvents>;

export type WorkerObserverEvents = {
  close: [];
  newwebrtcserver: [WebRtcServer];
  newrouter: [Router];
};

/** A thread or process that forwards media. One uses about one CPU core; several are usual. */
export interface Worker<WorkerAppData extends AppData = AppData> extends EnhancedEventEmitter<WorkerEvents>, Closable {
  /** Of the child process; of this process if the worker runs in a thread. */
  get pid(): number;
  get closed(): boolean;
  /** Whether it ended without being asked to. */
  get died(): boolean;
  /** Whether its thread or process has ended. */
  get subprocessClosed(): boolean;
  get appData(): WorkerAppData;
  set appData(appData: WorkerAppData);
  get observer(): WorkerObserver;

  /** Closes the worker and all in it. Its thread or process ends soon after: `subprocessclose`. */
  close(): void;
  dump(): Promise<WorkerDump>;
  getResourceUsage(): Promise<WorkerResourceUsage>;
  /**
   * How many packets the worker has not handed on since it was started, by reason: forged, malformed, from strangers,
   * without a Producer ... `docs/limits.md` says what each reason means. It is read at once, without a request, also
   * after the worker was closed. Undefined for a worker in a process of its own, which does not tell.
   */
  getDropCounts(): DropCounts | undefined;
  /**
   * Changes what is logged. Tags that are not given are switched off.
   * @throws TypeError - unknown level.
   */
  updateSettings(options?: WorkerUpdateableSettings<WorkerAppData>): Promise<void>;
  /**
   * Opens ports that WebRtcTransports of any router of this worker can share.
   * @throws TypeError - wrong arguments. Error - an address or port cannot be bound.
   */
  createWebRtcServer<WebRtcServerAppData extends AppData = AppData>(
    options: WebRtcServerOptions<WebRtcServerAppData>,
  ): Promise<WebRtcServer<WebRtcServerAppData>>;
  /**
   * Creates a router: a room whose members can consume each other's media.
   * @throws TypeError - wrong arguments. UnsupportedError - unknown codec.
   */
  createRouter<RouterAppData extends AppData = AppData>(
    options?: RouterOptions<RouterAppData>,
  ): Promise<Router<RouterAppData>>;
}
