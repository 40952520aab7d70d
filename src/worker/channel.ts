import { type Carrier } from '../channel/carrier.js';
import { decodeMessage, type ErrorKind, MessageEncoder } from '../channel/codec.js';
import { Body } from '../channel/fbs/message.js';
import { type Event, type Notification } from '../channel/fbs/notification.js';
import { type Method, type Request } from '../channel/fbs/request.js';
import { eventInfo, methodInfo, type MethodInfo, type NotificationArguments } from '../channel/methods.js';
import { verifyMessage } from '../channel/verifier.js';
import { type HandlerResult, type IncomingRequest, TaggedBody } from './handler-registry.js';
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

  notify<E extends Event>(handlerId: string, event: E, ...[body]: NotificationArguments<E>): void {
    if (this.#closed) return;
    this.#carrier.send(this.#encoder.encodeNotification(event, handlerId, body));
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
    const { dataType, data } = decodeMessage(bytes);
    if (dataType === Body.Request) return this.#receiveRequest(data as Request);
    if (dataType === Body.Notification) this.#receiveNotification(data as Notification);
    else this.#handler!.onChannelError('discarding wrong Channel data: neither a request nor a notification');
    return undefined;
  }

  #receiveNotification({ handlerId, event, bodyType, body }: Notification): void {
    const info = eventInfo(event);
    try {
      if (info?.dottedName === undefined) throw new Error('unknown event');
      if (bodyType !== info.body) throw new Error(`missing or wrong body [event:${info.dottedName}]`);
      this.#handler!.onNotification(handlerId, event, body);
    } catch (error) {
      this.#handler!.onChannelError(`notification failed: ${reasonOf(error)}`, error);
    }
  }

  #receiveRequest({ id, method, handlerId, bodyType, body }: Request): Promise<void> | undefined {
    const info = methodInfo(method);
    if (!info) {
      this.#reject(id, String(method), new Error('unknown method'));
      return undefined;
    }
    let responded = false;
    const respond = (response?: object): void => {
      this.#accept(id, info, response);
      responded = true;
    };
    const settle = (response: object | void): void => {
      if (!responded) this.#accept(id, info, response ?? undefined);
    };
    const fail = (error: unknown): void => {
      if (!responded) this.#reject(id, info.dottedName, error);
      else this.#handler!.onChannelError(`${info.dottedName} failed after its response: ${reasonOf(error)}`, error);
    };
    try {
      if (info.requestBody !== 0 && bodyType !== info.requestBody) {
        throw new Error(`missing or wrong body [method:${info.dottedName}]`);
      }
      const request = { name: info.dottedName, respond };
      const result = this.#handler!.onRequest(handlerId, method, body, request);
      if (result instanceof Promise) return result.then(settle).catch(fail);
      settle(result);
    } catch (error) {
      fail(error);
    }
    return undefined;
  }

  /** @throws whatever is wrong with the body; nothing is sent then */
  #accept(id: number, { responseBodies }: MethodInfo, response: object | undefined): void {
    if (this.#closed) return;
    const { type, body } =
      response instanceof TaggedBody ? response : { type: response && responseBodies[0], body: response };
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
