import { type Event } from '../channel/fbs/notification.js';
import { Method } from '../channel/fbs/request.js';
import type * as FbsWorker from '../channel/fbs/worker.js';
import { type WorkerContext } from './context.js';
import { type HandlerResult, type IncomingRequest, type MethodTable } from './handler-registry.js';
import { isLogLevel } from './logger.js';
import { NotFoundError } from './not-found-error.js';
import { Router } from './router.js';
import { WebRtcServer } from './webrtc-server.js';

/** What `process.resourceUsage()` says: CPU times in µs, all else as getrusage(2) counts it. */
export type ResourceUsage = Readonly<Record<keyof NodeJS.ResourceUsage, number>>;

/** What a Worker knows of the process it lives in. */
export interface WorkerHost {
  readonly pid: number;
  resourceUsage(): ResourceUsage;
}

/** The root of everything: Routers and WebRtcServers. */
export class Worker {
  static readonly #methods: MethodTable<Worker> = {
    [Method.WORKER_DUMP]: worker => worker.#dump(),
    [Method.WORKER_GET_RESOURCE_USAGE]: worker => resourceUsageDump(worker.#host.resourceUsage()),
    [Method.WORKER_UPDATE_SETTINGS]: (worker, body) => worker.#updateSettings(body),
    [Method.WORKER_CREATE_WEBRTCSERVER]: (worker, body, request) => worker.#createWebRtcServer(body, request),
    [Method.WORKER_WEBRTCSERVER_CLOSE]: (worker, body, request) => {
      const server = worker.#webRtcServers.get(body.webRtcServerId);
      if (!server) throw new NotFoundError(`WebRtcServer not found [method:${request.name}]`);
      worker.#webRtcServers.delete(server.id);
      server.close(worker.#now);
    },
    [Method.WORKER_CREATE_ROUTER]: (worker, body, request) => {
      const id = body.routerId;
      if (worker.#routers.has(id)) {
        throw new Error(`a Router with same routerId already exists [method:${request.name}]`);
      }
      worker.#routers.set(id, new Router(id, worker.#context, serverId => worker.#webRtcServers.get(serverId)));
    },
    [Method.WORKER_CLOSE_ROUTER]: (worker, body, request) => {
      const router = worker.#routers.get(body.routerId);
      if (!router) throw new NotFoundError(`Router not found [method:${request.name}]`);
      worker.#routers.delete(router.id);
      router.close(worker.#now);
    },
  };

  readonly #context: WorkerContext;
  readonly #host: WorkerHost;
  readonly #webRtcServers = new Map<string, WebRtcServer>();
  readonly #routers = new Map<string, Router>();

  constructor(context: WorkerContext, host: WorkerHost) {
    this.#context = context;
    this.#host = host;
  }

  /** Whatever a handler id says: these methods are the Worker's, all others belong to who has the id. */
  request(handlerId: string, method: Method, body: unknown, request: IncomingRequest): HandlerResult {
    const handler = Worker.#methods[method] as
      ((worker: Worker, body: unknown, request: IncomingRequest) => HandlerResult) | undefined;
    return handler ? handler(this, body, request) : this.#context.handlers.request(handlerId, method, body, request);
  }

  notification(handlerId: string, event: Event, body: unknown): void {
    this.#context.handlers.notification(handlerId, event, body, this.#now);
  }

  close(): void {
    for (const router of this.#routers.values()) router.close(this.#now);
    for (const server of this.#webRtcServers.values()) server.close(this.#now);
    this.#routers.clear();
    this.#webRtcServers.clear();
  }

  get #now(): number {
    return this.#context.runtime.clock.now();
  }

  async #createWebRtcServer(body: FbsWorker.CreateWebRtcServerRequest, request: IncomingRequest): Promise<void> {
    const id = body.webRtcServerId;
    if (this.#webRtcServers.has(id)) {
      throw new Error(`a WebRtcServer with same webRtcServerId already exists [method:${request.name}]`);
    }
    this.#webRtcServers.set(id, await WebRtcServer.create(body, this.#context));
  }

  #updateSettings(body: FbsWorker.UpdateSettingsRequest): void {
    const { log } = this.#context;
    const level = body.logLevel;
    if (level !== undefined) {
      if (!isLogLevel(level)) throw new TypeError(`invalid value '${level}' for logLevel`);
      log.setLevel(level);
    }
    log.setTags(body.logTags);
  }

  #dump(): FbsWorker.DumpResponse {
    const { handlers } = this.#context;
    return {
      pid: this.#host.pid,
      webRtcServerIds: [...this.#webRtcServers.keys()],
      routerIds: [...this.#routers.keys()],
      channelMessageHandlers: {
        channelRequestHandlers: handlers.requestHandlerIds,
        channelNotificationHandlers: handlers.notificationHandlerIds,
      },
    };
  }
}

function resourceUsageDump(usage: ResourceUsage): FbsWorker.ResourceUsageResponse {
  return {
    ruUtime: BigInt(Math.trunc(usage.userCPUTime / 1000)),
    ruStime: BigInt(Math.trunc(usage.systemCPUTime / 1000)),
    ruMaxrss: BigInt(usage.maxRSS),
    ruIxrss: BigInt(usage.sharedMemorySize),
    ruIdrss: BigInt(usage.unsharedDataSize),
    ruIsrss: BigInt(usage.unsharedStackSize),
    ruMinflt: BigInt(usage.minorPageFault),
    ruMajflt: BigInt(usage.majorPageFault),
    ruNswap: BigInt(usage.swappedOut),
    ruInblock: BigInt(usage.fsRead),
    ruOublock: BigInt(usage.fsWrite),
    ruMsgsnd: BigInt(usage.ipcSent),
    ruMsgrcv: BigInt(usage.ipcReceived),
    ruNsignals: BigInt(usage.signalsCount),
    ruNvcsw: BigInt(usage.voluntaryContextSwitches),
    ruNivcsw: BigInt(usage.involuntaryContextSwitches),
  };
}
