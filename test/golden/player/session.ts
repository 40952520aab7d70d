import { setTimeout as sleep } from 'node:timers/promises';
import { type ArgumentContext, resolveArgument } from './arguments.js';
import { type ApiObject, type Backend } from './backend.js';
import { capture } from './capture.js';
import { DirectEndpoint, type Endpoint } from './endpoint.js';
import { EventLog, type LogEntry } from './event-log.js';
import { type Json, type JsonObject, type Options } from './recording.js';
import { type SctpPeer } from './sctp-peer.js';
import { type TemplateContext } from './templates.js';
import { type Watched } from './watched.js';

/** Everything a run has: its address, workers, named objects, endpoints and log. */
export class Session implements ArgumentContext, TemplateContext {
  readonly ip: string;
  readonly backend: Backend;
  readonly log: EventLog;
  readonly named = new Map<string, unknown>();
  /** What kind of object a name stands for (see watched.ts). */
  readonly kinds = new Map<string, string>();
  readonly workers = new Map<string, ApiObject>();
  readonly endpointsByName = new Map<string, Endpoint>();
  /** By the names of their endpoints. */
  readonly sctpPeers = new Map<string, SctpPeer>();
  /** RTP of the Consumers of DirectTransports. */
  readonly directRtp = new DirectEndpoint('');
  /** RTCP of DirectTransports. */
  readonly directTransports: DirectEndpoint[] = [];
  /** Requests sent with `nowait` whose answers are to come. */
  readonly unanswered: Promise<void>[] = [];
  readonly cleanups: (() => void)[] = [];
  died = false;
  /** Something may be under way that was not there when the last request was answered. */
  unsettled = true;
  /** How many milliseconds the run has been behind its schedule at most. */
  late = 0;
  /** On the clock of `performance.now()`. */
  scriptStart = 0;
  #showLater: { entry: LogEntry; paths: readonly string[] }[] = [];

  constructor(ip: string, backend: Backend, options: Options) {
    this.ip = ip;
    this.backend = backend;
    this.log = new EventLog(options);
  }

  get now(): number {
    return performance.now();
  }

  get endpoints(): Endpoint[] {
    return [...this.endpointsByName.values(), ...this.directTransports, this.directRtp];
  }

  async startWorker(name: string, settings: JsonObject): Promise<void> {
    const worker = await this.backend.createWorker(settings);
    this.workers.set(name, worker);
    this.name(name, worker, { kind: 'worker', properties: [], events: ['died'] });
    (worker as NodeJS.EventEmitter).on('died', () => (this.died = true));
  }

  noteLateness(late: number): void {
    this.late = Math.max(this.late, late);
  }

  /** Gives a new object a name, and records its events from now on. */
  name(name: string, object: ApiObject, watched: Watched): void {
    this.named.set(name, object);
    this.kinds.set(name, watched.kind);
    this.log.watch(object, name, watched);
    if (watched.kind === 'directTransport') {
      const endpoint = new DirectEndpoint(name);
      this.directTransports.push(endpoint);
      (object as NodeJS.EventEmitter).on('rtcp', (packet: Buffer) => endpoint.receive(packet));
    }
    if (watched.kind === 'consumer') {
      (object as NodeJS.EventEmitter).on('rtp', (packet: Buffer) => this.directRtp.receive(packet));
    }
  }

  /** The value at a path whose first part is a name. */
  value(path: string): unknown {
    const { target, key } = this.resolvePath(path);
    return key === undefined ? target : (target as ApiObject)?.[key];
  }

  object(path: string): ApiObject {
    return this.value(path) as ApiObject;
  }

  /** All of a path but its last part, and that part. */
  resolvePath(path: string): { target: unknown; key: string | undefined } {
    const [name, ...parts] = path.split('.');
    if (!this.named.has(name)) throw new Error(`nothing is named '${name}'`);
    const key = parts.pop();
    let target = this.named.get(name);
    for (const part of parts) target = (target as ApiObject)?.[part];
    return { target, key };
  }

  endpoint(name: string): Endpoint {
    const endpoint = this.endpointsByName.get(name);
    if (endpoint === undefined) throw new Error(`there is no endpoint '${name}'`);
    return endpoint;
  }

  port(endpoint: string): number {
    return this.endpoint(endpoint).port;
  }

  argument(argument: Json): unknown {
    return resolveArgument(argument, this);
  }

  /** Waits until everything sent so far is handled, and what it causes has come. */
  async settle(): Promise<void> {
    if (this.unsettled) {
      await this.askWorkers();
      await this.askWorkers();
      await sleep(2);
      this.unsettled = false;
    }
    for (const { entry, paths } of this.#showLater) entry.later = this.show(paths);
    this.#showLater = [];
  }

  /** One request to each worker: what caused events before has been notified when it is answered. */
  async askWorkers(): Promise<boolean> {
    let answered = true;
    for (const worker of this.workers.values()) {
      if (worker.closed) continue;
      await (worker as { dump(): Promise<unknown> }).dump().catch(() => (answered = false));
    }
    return answered;
  }

  show(paths: readonly string[]): JsonObject {
    const shown: JsonObject = {};
    for (const path of paths) {
      const value = this.value(path);
      if (value !== undefined) shown[path] = capture(value);
    }
    return shown;
  }

  showLater(entry: LogEntry, paths: readonly string[]): void {
    this.#showLater.push({ entry, paths });
  }

  close(): void {
    for (const cleanup of this.cleanups) cleanup();
    for (const endpoint of this.endpoints) endpoint.close();
    for (const worker of this.workers.values()) (worker as { close(): void }).close();
  }
}
