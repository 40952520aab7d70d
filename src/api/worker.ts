import { createInterface } from 'node:readline';
import { type Readable } from 'node:stream';
import { Event } from '../channel/fbs/notification.js';
import { Method } from '../channel/fbs/request.js';
import { type CreateWebRtcServerRequest, type UpdateSettingsRequest } from '../channel/fbs/worker.js';
import { type DropCounts } from '../common/drop-reason.js';
import { Channel } from './channel.js';
import { EnhancedEventEmitter } from './enhanced-events.js';
import { logListenerErrors } from './entity.js';
import { Logger } from './logger.js';
import { generateRouterRtpCapabilities } from './ortc/ortc.js';
import { RouterImpl } from './router.js';
import { type AppData } from './types/app-data.js';
import { type Router, type RouterOptions } from './types/router.js';
import { type WebRtcServer, type WebRtcServerOptions } from './types/web-rtc-transport.js';
import {
  type Worker,
  type WorkerDump,
  type WorkerEvents,
  type WorkerObserver,
  type WorkerObserverEvents,
  type WorkerResourceUsage,
  type WorkerUpdateableSettings,
} from './types/worker.js';
import { checkAppData, clone, generateUUIDv4 } from './utils.js';
import { WebRtcServerImpl } from './web-rtc-server.js';
import { plain } from './wire/convert.js';
import { listenInfoToFbs } from './wire/transport.js';
import { type WorkerBackend } from './worker-backend.js';

const logger = new Logger('Worker');

/** The exit code of a worker that does not accept its settings. */
const wrongSettingsExitCode = 42;

/**
 * Emits `@success` when the worker runs, or `@failure` if it cannot be started; `createWorker()` waits for either.
 */
export class WorkerImpl<TAppData extends AppData = AppData>
  extends EnhancedEventEmitter<WorkerEvents>
  implements Worker<TAppData>
{
  readonly #backend: WorkerBackend;
  readonly #channel: Channel;
  readonly #observer: WorkerObserver;
  readonly #webRtcServers: Set<WebRtcServer>;
  readonly #routers: Set<Router>;
  #appData: TAppData;
  #running: boolean;
  #closed: boolean;
  #died: boolean;
  #subprocessClosed: boolean;
  readonly #closeOnSignal: () => void;

  constructor(backend: WorkerBackend, appData?: TAppData) {
    super();
    this.#backend = backend;
    this.#channel = new Channel(backend.carrier, this.pid);
    this.#observer = new EnhancedEventEmitter<WorkerObserverEvents>();
    this.#webRtcServers = new Set();
    this.#routers = new Set();
    this.#appData = appData ?? ({} as TAppData);
    this.#running = false;
    this.#closed = false;
    this.#died = false;
    this.#subprocessClosed = false;
    this.#closeOnSignal = () => this.close();
    logListenerErrors(this, logger);

    this.#channel.once(String(backend.pid), event => {
      if (event !== Event.WORKER_RUNNING || this.#closed) return;
      this.#running = true;
      logger.debug(`worker running [pid:${this.pid}]`);
      this.emit('@success');
    });
    backend.onExit = (code, signal, cause) => this.#onExit(code, signal, cause);
    backend.onError = error => this.#onError(error);
    backend.onClose = () => this.#onBackendClose();
    logLines(backend.stdout, line => logger.debug(`(stdout) ${line}`));
    logLines(backend.stderr, line => logger.error(`(stderr) ${line}`));
    closeOnSignals(this.#closeOnSignal);
  }

  get pid(): number {
    return this.#backend.pid!;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get died(): boolean {
    return this.#died;
  }

  get subprocessClosed(): boolean {
    return this.#subprocessClosed;
  }

  get appData(): TAppData {
    return this.#appData;
  }

  set appData(appData: TAppData) {
    this.#appData = appData;
  }

  get observer(): WorkerObserver {
    return this.#observer;
  }

  /** Of use to tests only. */
  get webRtcServersForTesting(): Set<WebRtcServer> {
    return this.#webRtcServers;
  }

  /** Of use to tests only. */
  get routersForTesting(): Set<Router> {
    return this.#routers;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    logger.debug(`close() [pid:${this.pid}]`);
    process.off('SIGINT', this.#closeOnSignal);
    process.off('SIGTERM', this.#closeOnSignal);
    this.#closeChildren();
    this.#channel.notify(Event.WORKER_CLOSE, '');
    this.#channel.close();
    this.#backend.ensureEnd();
    this.#observer.safeEmit('close');
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Closes the worker and waits until its thread or process has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    if (this.#subprocessClosed) return;
    await new Promise<void>(resolve => this.once('subprocessclose', resolve));
  }

  async dump(): Promise<WorkerDump> {
    return plain(await this.#channel.request(Method.WORKER_DUMP, ''));
  }

  async getResourceUsage(): Promise<WorkerResourceUsage> {
    const usage = await this.#channel.request(Method.WORKER_GET_RESOURCE_USAGE, '');
    return {
      ru_utime: Number(usage.ruUtime),
      ru_stime: Number(usage.ruStime),
      ru_maxrss: Number(usage.ruMaxrss),
      ru_ixrss: Number(usage.ruIxrss),
      ru_idrss: Number(usage.ruIdrss),
      ru_isrss: Number(usage.ruIsrss),
      ru_minflt: Number(usage.ruMinflt),
      ru_majflt: Number(usage.ruMajflt),
      ru_nswap: Number(usage.ruNswap),
      ru_inblock: Number(usage.ruInblock),
      ru_oublock: Number(usage.ruOublock),
      ru_msgsnd: Number(usage.ruMsgsnd),
      ru_msgrcv: Number(usage.ruMsgrcv),
      ru_nsignals: Number(usage.ruNsignals),
      ru_nvcsw: Number(usage.ruNvcsw),
      ru_nivcsw: Number(usage.ruNivcsw),
    };
  }

  getDropCounts(): DropCounts | undefined {
    return this.#backend.drops?.toJSON();
  }

  async updateSettings({ logLevel, logTags = [] }: WorkerUpdateableSettings<TAppData> = {}): Promise<void> {
    const request: UpdateSettingsRequest = { logLevel, logTags: logTags.map(tag => tag) };
    await this.#channel.request(Method.WORKER_UPDATE_SETTINGS, '', request);
  }

  async createWebRtcServer<WebRtcServerAppData extends AppData = AppData>({
    listenInfos,
    appData,
  }: WebRtcServerOptions<WebRtcServerAppData>): Promise<WebRtcServer<WebRtcServerAppData>> {
    checkAppData(appData);
    const id = generateUUIDv4();
    const request: CreateWebRtcServerRequest = {
      webRtcServerId: id,
      listenInfos: [...listenInfos].map(listenInfoToFbs),
    };
    await this.#channel.request(Method.WORKER_CREATE_WEBRTCSERVER, '', request);

    const webRtcServer = new WebRtcServerImpl<WebRtcServerAppData>({ id, channel: this.#channel, appData });
    this.#webRtcServers.add(webRtcServer);
    webRtcServer.on('@close', () => this.#webRtcServers.delete(webRtcServer as WebRtcServer));
    this.#observer.safeEmit('newwebrtcserver', webRtcServer);
    return webRtcServer;
  }

  async createRouter<RouterAppData extends AppData = AppData>({
    mediaCodecs,
    appData,
  }: RouterOptions<RouterAppData> = {}): Promise<Router<RouterAppData>> {
    checkAppData(appData);
    const rtpCapabilities = generateRouterRtpCapabilities(clone(mediaCodecs));
    const id = generateUUIDv4();
    await this.#channel.request(Method.WORKER_CREATE_ROUTER, '', { routerId: id });

    const router = new RouterImpl<RouterAppData>({ id, channel: this.#channel, appData, rtpCapabilities });
    this.#routers.add(router);
    router.on('@close', () => this.#routers.delete(router as unknown as Router));
    this.#observer.safeEmit('newrouter', router);
    return router;
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null, cause?: Error): void {
    if (this.#closed) return;
    const error = new Error(`[pid:${this.pid}, code:${code}, signal:${signal}]`, cause && { cause });
    if (this.#running) {
      logger.error(`worker died unexpectedly ${error.message}`, cause);
      this.#onDied(error);
      return;
    }
    if (code === wrongSettingsExitCode) this.#fail(new TypeError('wrong settings'));
    else this.#fail(error);
  }

  #onError(error: Error): void {
    if (this.#closed) return;
    if (this.#running) {
      logger.error(`worker failed [pid:${this.pid}]: ${error.message}`);
      this.#onDied(error);
    } else {
      this.#fail(new Error(error.message, { cause: error }));
    }
  }

  #fail(error: Error): void {
    logger.error(`worker could not be started: ${error.message}`, error.cause as Error | undefined);
    this.close();
    this.emit('@failure', error);
  }

  #onDied(error: Error): void {
    this.#closed = true;
    this.#subprocessClosed = true;
    this.#died = true;
    process.off('SIGINT', this.#closeOnSignal);
    process.off('SIGTERM', this.#closeOnSignal);
    this.#channel.close();
    this.#closeChildren();
    this.safeEmit('died', error);
    this.safeEmit('subprocessclose');
    this.#observer.safeEmit('close');
  }

  #onBackendClose(): void {
    if (this.#subprocessClosed) return;
    this.#subprocessClosed = true;
    this.safeEmit('subprocessclose');
  }

  #closeChildren(): void {
    for (const router of this.#routers) router.workerClosed();
    this.#routers.clear();
    for (const webRtcServer of this.#webRtcServers) webRtcServer.workerClosed();
    this.#webRtcServers.clear();
  }
}

function logLines(stream: Readable | undefined, log: (line: string) => void): void {
  if (!stream) return;
  createInterface({ input: stream, crlfDelay: Infinity }).on('line', line => {
    if (line) log(line);
  });
}

/** When this process is asked to end, so are its workers. */
function closeOnSignals(close: () => void): void {
  // Many workers are no leak.
  const limit = process.getMaxListeners();
  if (limit >= 10) process.setMaxListeners(limit + 2);
  process.once('SIGINT', close);
  process.once('SIGTERM', close);
}
