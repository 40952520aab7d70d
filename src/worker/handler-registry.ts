import { type Event } from '../channel/fbs/notification.js';
import { type Method } from '../channel/fbs/request.js';
import { type BodyTypes } from '../channel/fbs/response.js';
import { type NotificationBodyOf, type RequestBodyOf, type ResponseBodyOf } from '../channel/methods.js';
import { NotFoundError } from './not-found-error.js';

/** A request while it is being handled. `Response` is what a successful response carries. */
export interface IncomingRequest<Response = unknown> {
  /** As in error texts, `router.dump`. */
  readonly name: string;
  /** Answers at once, for a handler that goes on with things that must not come before the response. */
  respond(response?: Response): void;
}

/** A response of a method whose responses differ by kind of transport, with the kind that it is. */
export class TaggedBody {
  readonly type: keyof BodyTypes;
  readonly body: BodyTypes[keyof BodyTypes];

  constructor(type: keyof BodyTypes, body: BodyTypes[keyof BodyTypes]) {
    this.type = type;
    this.body = body;
  }
}

/**
 * What a handler answers unless it called `respond`: nothing, a body, or a promise of one of them, for which later
 * requests wait.
 */
export type HandlerResult<Response = object> = Response | void | Promise<Response | void>;

/** What methods with one kind of response answer, or the others. */
type ResponseOf<M extends Method> = ResponseBodyOf<M> | TaggedBody;

/** The requests that objects of one kind serve. */
export type MethodTable<T> = {
  readonly [M in Method]?: (
    target: T,
    body: RequestBodyOf<M>,
    request: IncomingRequest<ResponseOf<M>>,
  ) => HandlerResult<ResponseOf<M>>;
};

/** The notifications that objects of one kind take. */
export type EventTable<T> = {
  readonly [E in Event]?: (target: T, body: NotificationBodyOf<E>, now: number) => void;
};

type AnyHandler = (target: unknown, body: unknown, context: unknown) => HandlerResult;
interface Entry {
  readonly target: unknown;
  readonly table: Partial<Record<number, AnyHandler>>;
}

/** All objects of a worker that requests and notifications can be addressed to, by id. */
export class HandlerRegistry {
  readonly #requestHandlers = new Map<string, Entry>();
  readonly #notificationHandlers = new Map<string, Entry>();

  /** @throws Error if the id is in use anywhere in the worker; nothing is registered then. */
  register<T>(id: string, target: T, methods: MethodTable<T>, events?: EventTable<T>): void {
    if (this.#requestHandlers.has(id)) {
      throw new Error(`Channel request handler with ID ${id} already exists`);
    }
    if (events && this.#notificationHandlers.has(id)) {
      throw new Error(`Channel notification handler with ID ${id} already exists`);
    }
    this.#requestHandlers.set(id, { target, table: methods as unknown as Entry['table'] });
    if (events) this.#notificationHandlers.set(id, { target, table: events as unknown as Entry['table'] });
  }

  unregister(id: string): void {
    this.#requestHandlers.delete(id);
    this.#notificationHandlers.delete(id);
  }

  /** Closes all of `objects`, which are registered under these ids, and forgets them. */
  closeAll(objects: Map<string, { close(): void }>): void {
    for (const [id, object] of objects) {
      this.unregister(id);
      object.close();
    }
    objects.clear();
  }

  request(handlerId: string, method: Method, body: unknown, request: IncomingRequest): HandlerResult {
    const entry = this.#requestHandlers.get(handlerId);
    if (!entry) {
      throw new NotFoundError(`Channel request handler with ID ${handlerId} not found [method:${request.name}]`);
    }
    const handler = entry.table[method];
    if (!handler) throw new Error(`unknown method '${request.name}'`);
    return handler(entry.target, body, request);
  }

  notification(handlerId: string, event: Event, body: unknown, now: number): void {
    const entry = this.#notificationHandlers.get(handlerId);
    if (!entry) throw new NotFoundError(`Channel notification handler with ID ${handlerId} not found`);
    const handler = entry.table[event];
    if (!handler) throw new Error(`unknown event ${event}`);
    void handler(entry.target, body, now);
  }

  get requestHandlerIds(): string[] {
    return [...this.#requestHandlers.keys()];
  }

  get notificationHandlerIds(): string[] {
    return [...this.#notificationHandlers.keys()];
  }
}
