import { type Carrier } from '../channel/carrier.js';
import { type Body, decodeMessage, type ErrorKind, MessageEncoder } from '../channel/codec.js';
import { type Event, Notification } from '../channel/fbs/notification.js';
import { type Method, Request } from '../channel/fbs/request.js';
import { eventInfo, methodInfo, type MethodInfo } from '../channel/methods.js';
import { verifyMessage } from '../channel/verifier.js';
import { readNotificationBody, readRequestBody, responseBodyType } from './channel-bodies.js';
import { type HandlerResult, type IncomingRequest } from './handler-registry.js';
import { NotFoundError } from './not-found-error.js';

/** Longest reason that a response carries. */
const MAX_REASON_LENGTH = 1999;

/** Where requests and notifications go. */
export interface ChannelHandler {
  /** @throws Error (TypeError, NotFoundError) whose message becomes the reason in the response */
  onRequest(handlerId: string, method: Method, body: unknown, request: IncomingRequest): HandlerResult;
  onNotification(handlerId: string, event: Event, body: unknown): void;
  /** The other side is gone. */
  onChannelClosed(): void;
  /** Something is wrong with what came in, or a handler failed with `error`. */
  onChannelError(text: string, error?: unknown): void;
}

/**
 * The worker's end of the channel. Messages are handled strictly in the order of their arrival: while a handler
 * promises its response, everything that comes later waits.
 */
export class WorkerChannel {
  readonly #carrier: Carrier;
  readonly #encoder = new MessageEncoder();
  /** What arrived while another message was being handled. */
  readonly #waiting: Uint8Array[] = [];
  #handler: ChannelHandler | undefined;
  #busy = false;
  #closed = false;

  constructor(carrier: Carrier) {
    this.#carrier = carrier;
  }

  /** Begins to hand over what arrives. */
  start(handler: ChannelHandler): void {
    this.#handler = handler;
    this.#carrier.onMessage = message => {
      // What the carrier hands over is valid during this call only.
      this.#waiting.push(this.#busy ? message.slice() : message);
      this.#work();
    };
    this.#carrier.onClosed = () => handler.onChannelClosed();
    this.#carrier.onProblem = problem => handler.onChannelError(problem);
  }

  /** @param body the body that belongs to the event, if it has one */
  notify(handlerId: string, event: Event, body?: Body | null): void {
    if (this.#closed) return;
    this.#carrier.send(this.#encoder.encodeNotification(event, handlerId, body ?? undefined));
  }

  /** @param line begins with the letter of its level */
  log(line: string): void {
    if (!this.#closed) this.#carrier.send(this.#encoder.encodeLog(line));
  }

  /** What was sent still goes out; nothing is handled or sent any more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiting.length = 0;
    this.#carrier.close();
  }

  #work(): void {
    while (!this.#busy && this.#waiting.length > 0) {
      this.#busy = true;
      const pending = this.#receive(this.#waiting.shift()!);
      if (!pending) {
        this.#busy = false;
        continue;
      }
      void pending.then(() => {
        this.#busy = false;
        this.#work();
      });
    }
  }

  /** The promise that it is done with the message, or undefined if it is. */
  #receive(bytes: Uint8Array): Promise<void> | undefined {
    const problem = verifyMessage(bytes);
    if (problem !== undefined) {
      this.#handler!.onChannelError(`discarding wrong Channel data: ${problem}`);
      return undefined;
    }
    const message = decodeMessage(bytes);
    if (message instanceof Request) return this.#receiveRequest(message);
    if (message instanceof Notification) this.#receiveNotification(message);
    else this.#handler!.onChannelError('discarding wrong Channel data: neither a request nor a notification');
    return undefined;
  }

  #receiveNotification(notification: Notification): void {
    const info = eventInfo(notification.event());
    try {
      if (info?.dottedName === undefined) throw new Error('unknown event');
      const body = readNotificationBody(notification, info.body);
      if (body === null) throw new Error(`missing or wrong body [event:${info.dottedName}]`);
      this.#handler!.onNotification(notification.handlerId(), notification.event(), body);
    } catch (error) {
      this.#handler!.onChannelError(`notification failed: ${reasonOf(error)}`, error);
    }
  }

  #receiveRequest(incoming: Request): Promise<void> | undefined {
    const id = incoming.id();
    const info = methodInfo(incoming.method());
    if (!info) {
      this.#reject(id, String(incoming.method()), new Error('unknown method'));
      return undefined;
    }
    let responded = false;
    const respond = (body?: Body): void => {
      this.#accept(id, info, body);
      responded = true;
    };
    const settle = (body: Body | void): void => {
      if (!responded) this.#accept(id, info, body ?? undefined);
    };
    const fail = (error: unknown): void => {
      if (!responded) this.#reject(id, info.dottedName, error);
      else this.#handler!.onChannelError(`${info.dottedName} failed after its response: ${reasonOf(error)}`, error);
    };
    try {
      const body = readRequestBody(incoming, info);
      if (body === null) throw new Error(`missing or wrong body [method:${info.dottedName}]`);
      const request = { name: info.dottedName, respond };
      const result = this.#handler!.onRequest(incoming.handlerId(), incoming.method(), body, request);
      if (result instanceof Promise) return result.then(settle).catch(fail);
      settle(result);
    } catch (error) {
      fail(error);
    }
    return undefined;
  }

  /** @throws whatever is wrong with the body; nothing is sent then */
  #accept(id: number, info: MethodInfo, body: Body | undefined): void {
    if (this.#closed) return;
    const type = body ? responseBodyType(info, body) : undefined;
    this.#carrier.send(this.#encoder.encodeResponse(id, type, body));
  }

  #reject(id: number, name: string, error: unknown): void {
    const reason = reasonOf(error);
    this.#handler!.onChannelError(`request failed [method:${name}]: ${reason}`, error);
    if (this.#closed) return;
    this.#carrier.send(this.#encoder.encodeErrorResponse(id, kindOf(error), reason.slice(0, MAX_REASON_LENGTH)));
  }
}

function kindOf(error: unknown): ErrorKind {
  if (error instanceof NotFoundError) return 'NotFoundError';
  return error instanceof TypeError ? 'TypeError' : 'Error';
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
