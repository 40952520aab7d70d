import { decodeMessage, MessageEncoder } from '../../src/channel/codec.js';
import { type Carrier } from '../../src/channel/carrier.js';
import { Body } from '../../src/channel/fbs/message.js';
import { type Log } from '../../src/channel/fbs/log.js';
import { type Event, type Notification } from '../../src/channel/fbs/notification.js';
import { type Method } from '../../src/channel/fbs/request.js';
import { type Response } from '../../src/channel/fbs/response.js';
import { eventInfo, methodInfo } from '../../src/channel/methods.js';
import { createLoopback } from '../../src/channel/loopback.js';
import { DEFAULT_SETTINGS, type WorkerSettings } from '../../src/worker/settings.js';
import { createWorkerCore, type WorkerCore } from '../../src/worker/worker-core.js';
import { type SimRuntime } from '../../src/testing/sim-runtime.js';
import { Simulation } from '../../src/testing/simulation.js';

/** An error response. */
export class ResponseError extends Error {
  readonly kind: string;

  constructor(kind: string, reason: string) {
    super(reason);
    this.kind = kind;
  }
}

export interface ReceivedNotification {
  handlerId: string;
  event: string;
  body: Notification['body'];
}

/** The address of the worker's machine. */
export const WORKER_IP = '10.0.0.1';

/**
 * A worker in virtual time, with a client that speaks the channel protocol to it. Time passes only by `advance`; a
 * request takes none.
 */
export class TestWorker {
  readonly world: Simulation;
  readonly runtime: SimRuntime;
  readonly core: WorkerCore;
  readonly notifications: ReceivedNotification[] = [];
  readonly logs: string[] = [];
  /** What arrived, responses as `#id`, notifications as `EVENT handler`. */
  readonly order: string[] = [];
  closedReason: string | undefined = undefined;
  channelClosed = false;

  readonly #carrier: Carrier;
  readonly #encoder = new MessageEncoder();
  readonly #pending = new Map<number, (response: Response) => void>();
  #nextId = 1;

  constructor({ seed = 1, settings = {} }: { seed?: number; settings?: Partial<WorkerSettings> } = {}) {
    this.world = new Simulation({ seed });
    const [carrier, workerCarrier] = createLoopback(task => this.world.time.after(0, task));
    this.#carrier = carrier;
    carrier.onMessage = bytes => this.#receive(bytes);
    carrier.onClosed = () => {
      this.channelClosed = true;
    };
    this.runtime = this.world.createRuntime('worker', WORKER_IP, '::1');
    this.core = createWorkerCore({
      runtime: this.runtime,
      carrier: workerCarrier,
      settings: { ...DEFAULT_SETTINGS, ...settings },
      host: { pid: 4711, resourceUsage: () => process.resourceUsage() },
      onClosed: reason => {
        this.closedReason = reason;
      },
    });
  }

  /** Another machine. */
  createPeer(ip: string): SimRuntime {
    return this.world.createRuntime(`peer ${ip}`, ip);
  }

  /** @throws ResponseError */
  async request<T = undefined>(method: Method, handlerId: string, body?: object): Promise<T> {
    const id = this.#nextId++;
    const response = new Promise<Response>(resolve => this.#pending.set(id, resolve));
    this.#carrier.send(this.#encoder.encodeRequest(id, method, handlerId, body));
    await this.advance(0);
    if (this.#pending.has(id)) throw new Error(`no response to ${methodInfo(method)?.name}`);
    const { accepted, error, reason, body: result } = await response;
    if (!accepted) throw new ResponseError(error!, reason!);
    return result as T;
  }

  notify(event: Event, handlerId: string, body?: object): void {
    this.#carrier.send(this.#encoder.encodeNotification(event, handlerId, body));
  }

  sendRaw(bytes: Uint8Array): void {
    this.#carrier.send(bytes);
  }

  closeChannel(): void {
    this.#carrier.close();
  }

  /** Lets time pass, ms. */
  advance(duration: number): Promise<void> {
    return this.world.time.advanceAsync(duration);
  }

  /** The notifications for a handler so far, and forgets them. */
  take(handlerId: string): ReceivedNotification[] {
    const taken = this.notifications.filter(notification => notification.handlerId === handlerId);
    this.notifications.splice(0, Infinity, ...this.notifications.filter(one => one.handlerId !== handlerId));
    return taken;
  }

  #receive(bytes: Uint8Array): void {
    const { dataType, data } = decodeMessage(bytes.slice());
    if (dataType === Body.Response) {
      const response = data as Response;
      this.order.push(`#${response.id}`);
      this.#pending.get(response.id)?.(response);
      this.#pending.delete(response.id);
    } else if (dataType === Body.Notification) {
      const { handlerId, event, body } = data as Notification;
      const { name } = eventInfo(event)!;
      this.order.push(`${name} ${handlerId}`);
      this.notifications.push({ handlerId, event: name, body });
    } else {
      this.logs.push((data as Log).data);
    }
  }
}
