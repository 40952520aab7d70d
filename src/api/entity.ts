import { type Event } from '../channel/fbs/notification.js';
import { type Method } from '../channel/fbs/request.js';
import { type NotificationBodyOf, type RequestArguments, type ResponseBodyOf } from '../channel/methods.js';
import { type Channel } from './channel.js';
import { EnhancedEventEmitter } from './enhanced-events.js';
import { type Logger, loggerOf } from './logger.js';
import { type AppData } from './types/app-data.js';

/** What the worker tells about an object: what to do, by event. */
export type NotificationHandlers = { [E in Event]?: (body: NotificationBodyOf<E>) => void };

// The reference's type of event maps, which those of subclasses extend.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Events = Record<string, any[]>;

/**
 * What all objects of a worker have in common: an id, an observer, application data, requests and notifications by id,
 * and that they are closed once.
 */
export abstract class Entity<
  TAppData extends AppData,
  E extends Events,
  O extends EnhancedEventEmitter<{ close: [] }>,
> extends EnhancedEventEmitter<E> {
  protected readonly channel: Channel;
  protected readonly logger: Logger;
  readonly #id: string;
  readonly #observer: O;
  #appData: TAppData;
  #closed: boolean;

  constructor(className: string, { id, channel, appData }: { id: string; channel: Channel; appData?: TAppData }) {
    super();
    this.channel = channel;
    this.logger = loggerOf(className);
    this.#id = id;
    this.#observer = new EnhancedEventEmitter() as unknown as O;
    this.#appData = appData ?? ({} as TAppData);
    this.#closed = false;
    logListenerErrors(this, this.logger);
  }

  get id(): string {
    return this.#id;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get appData(): TAppData {
    return this.#appData;
  }

  set appData(appData: TAppData) {
    this.#appData = appData;
  }

  get observer(): O {
    return this.#observer;
  }

  /** Of use to tests only. */
  get channelForTesting(): Channel {
    return this.channel;
  }

  abstract close(): void;

  [Symbol.dispose](): void {
    this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  /** A request to this object in the worker. */
  protected request<M extends Method>(method: M, ...body: RequestArguments<M>): Promise<ResponseBodyOf<M>> {
    return this.channel.request(method, this.#id, ...body);
  }

  /**
   * Tells the worker that an object is closed. Nobody waits for the answer: if the worker does not know the object,
   * or is closed itself, the better.
   */
  protected tellClosed<M extends Method>(method: M, parentId: string, ...body: RequestArguments<M>): void {
    this.channel.request(method, parentId, ...body).catch(() => {});
  }

  /** Hears what the worker tells about this object until it is closed. */
  protected handleNotifications(handlers: NotificationHandlers): void {
    this.channel.on(this.#id, (event, body) => {
      const handler = handlers[event] as ((body: unknown) => void) | undefined;
      if (handler) handler(body);
      else this.logger.error(`ignoring unknown event "${event}"`);
    });
  }

  /**
   * Closes this object, unless it is closed.
   *
   * @param events - to emit when that is done, besides `close` of the observer.
   * @param first - what to do before: tell the worker, close what is in it.
   */
  protected end(events: (keyof E & string)[], first?: () => void): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.logger.debugging) this.logger.debug(`closed [id:${this.#id}, events:${events.join()}]`);
    this.channel.removeAllListeners(this.#id);
    first?.();
    for (const event of events) this.emitEvent(event);
    this.#observer.safeEmit('close');
  }

  /** Emits an event on this object and, likewise, on its observer. */
  protected emitWithObserver<K extends keyof E & string>(event: K, ...args: E[K]): void {
    emitUntyped(this, event, ...args);
    emitUntyped(this.#observer, event, ...args);
  }

  /** Emits an event without arguments. */
  protected emitEvent(event: keyof E & string): void {
    emitUntyped(this, event);
  }
}

/** Errors in listeners of an application must not stop what this package does, but must not be lost either. */
export function logListenerErrors(emitter: EnhancedEventEmitter<Events>, logger: Logger): void {
  emitter.on('listenererror', (eventName: string, error: Error) =>
    logger.error(`event listener threw an error [eventName:${eventName}]:`, error),
  );
}

/** For emitters whose map of events is a type parameter, which TypeScript cannot look into. */
function emitUntyped(emitter: EnhancedEventEmitter<Events>, event: string, ...args: unknown[]): void {
  emitter.safeEmit(event, ...args);
}
