import { MessageEncoder, type Body, decodeMessage } from '../../src/channel/codec.js';
import { type Carrier } from '../../src/channel/carrier.js';
import { Log } from '../../src/channel/fbs/log.js';
import { Event, Notification, type NotificationT } from '../../src/channel/fbs/notification.js';
import { Method } from '../../src/channel/fbs/request.js';
import { Response, type ResponseT } from '../../src/channel/fbs/response.js';
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
  body: NotificationT['body'];
}

/** The address of the worker's machine. */
export const WORKER_IP = '10.0.0.1';

/**
 * A worker in virtual time, with a client that speaks the channel protocol to it. Time passes only by `advance`; a
 * request takes none.
 */
export class TestWorker {
  readonly world: Simulation;
  readonly core: WorkerCore;
  readonly notifications: ReceivedNotification[] = [];
  readonly logs: string[] = [];
  /** What arrived, responses as `#id`, notifications as `EVENT handler`. */
  readonly order: string[] = [];
  closedReason: string | undefined = undefined;
  channelClosed = false;

  readonly #carrier: Carrier;
  readonly #encoder = new MessageEncoder();
  readonly #pending = new Map<number, (response: ResponseT) => void>();
  #nextId = 1;

  constructor({ seed = 1, settings = {} }: { seed?: number; settings?: Partial<WorkerSettings> } = {}) {
    this.world = new Simulation({ seed });
    const [carrier, workerCarrier] = createLoopback(task => this.world.time.after(0, task));
    this.#carrier = carrier;
    carrier.onMessage = bytes => this.#receive(bytes);
    carrier.onClosed = () => {
      this.channelClosed = true;
    };
    this.core = createWorkerCore({
      runtime: this.world.createRuntime('worker', WORKER_IP, '::1'),
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
  async request<T = null>(method: Method, handlerId: string, body?: Body): Promise<T> {
    const id = this.#nextId++;
    const response = new Promise<ResponseT>(resolve => this.#pending.set(id, resolve));
    this.#carrier.send(this.#encoder.encodeRequest(id, method, handlerId, body));
    await this.advance(0);
    if (this.#pending.has(id)) throw new Error(`no response to ${Method[method]}`);
    const { accepted, error, reason, body: result } = await response;
    if (!accepted) throw new ResponseError(error as string, reason as string);
    return result as T;
  }

  notify(event: Event, handlerId: string, body?: Body): void {
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
    const message = decodeMessage(bytes.slice());
    if (message instanceof Response) {
      const response = message.unpack();
      this.order.push(`#${response.id}`);
      this.#pending.get(response.id)?.(response);
      this.#pending.delete(response.id);
    } else if (message instanceof Notification) {
      const { handlerId, event, body } = message.unpack();
      this.order.push(`${Event[event]} ${handlerId as string}`);
      this.notifications.push({ handlerId: handlerId as string, event: Event[event], body });
    } else if (message instanceof Log) {
      this.logs.push(message.data());
    }
  }
}
