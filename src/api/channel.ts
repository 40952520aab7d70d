import { type Carrier } from '../channel/carrier.js';
import { decodeMessage, MessageEncoder } from '../channel/codec.js';
import { type Log } from '../channel/fbs/log.js';
import { Body } from '../channel/fbs/message.js';
import { type Event, type Notification } from '../channel/fbs/notification.js';
import { type Method } from '../channel/fbs/request.js';
import { type Response } from '../channel/fbs/response.js';
import { MAX_PAYLOAD_LENGTH } from '../channel/framing.js';
import {
  eventInfo,
  methodInfo,
  type NotificationArguments,
  type RequestArguments,
  type ResponseBodyOf,
} from '../channel/methods.js';
import { NotFoundError, WorkerClosedError } from './errors.js';
import { EnhancedEventEmitter } from './enhanced-events.js';
import { Logger } from './logger.js';

const logger = new Logger('Channel');

interface PendingRequest {
  method: Method;
  resolve: (body: unknown) => void;
  reject: (error: Error) => void;
}

/**
 * Requests to a worker with their responses, and notifications both ways. As an emitter it emits each notification of
 * the worker under the id it is for: its event and its body.
 *
 * A response settles its request at once, but a notification is emitted in a later turn of the event loop. So whoever
 * creates an object after a response hears what the worker told about it even before that response.
 */
export class Channel extends EnhancedEventEmitter<Record<string, [Event, Notification['body']]>> {
  readonly #carrier: Carrier;
  readonly #pid: number;
  readonly #encoder: MessageEncoder;
  readonly #pending: Map<number, PendingRequest>;
  #closed: boolean;
  #lastId: number;

  /**
   * @param pid - of the worker, for the log.
   * @param lastId - the number before that of the first request.
   */
  constructor(carrier: Carrier, pid: number, lastId = 0) {
    super();
    this.#carrier = carrier;
    this.#pid = pid;
    this.#encoder = new MessageEncoder();
    this.#pending = new Map();
    this.#closed = false;
    this.#lastId = lastId;

    carrier.onMessage = message => {
      try {
        this.#onMessage(message);
      } catch (error) {
        logger.error(`received message not handled [pid:${pid}]: ${String(error)}`);
      }
    };
    carrier.onProblem = problem => logger.error(`${problem} [pid:${pid}]`);
    // The end of the thread or process, which follows, is what closes everything.
    carrier.onClosed = () => logger.debug(`closed by the worker [pid:${pid}]`);
  }

  /** Rejects all requests without response, and those that come. What was sent still arrives. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#carrier.close();
    for (const [id, { method, reject }] of this.#pending) {
      reject(new WorkerClosedError(`Channel closed, pending request aborted [method:${nameOf(method)}, id:${id}]`));
    }
    this.#pending.clear();
  }

  /**
   * Sends a request.
   *
   * @param handlerId - the object in the worker that it is for; empty for the worker itself.
   * @returns the body of the response; undefined if it has none.
   * @throws what writing the body throws; then the kinds of error that the worker responds with: Error, TypeError,
   * NotFoundError; WorkerClosedError if the worker is or gets closed.
   */
  async request<M extends Method>(
    method: M,
    handlerId: string,
    ...[body]: RequestArguments<M>
  ): Promise<ResponseBodyOf<M>> {
    const id = this.#lastId < 0xffffffff ? this.#lastId + 1 : 1;
    // Before anything else, so that wrong arguments are told whatever state the worker is in.
    const message = this.#encoder.encodeRequest(id, method, handlerId, body);
    if (this.#closed) {
      throw new WorkerClosedError(`Channel closed, cannot send request [method:${nameOf(method)}]`);
    }
    if (message.length > MAX_PAYLOAD_LENGTH) throw new Error(`request too big [method:${nameOf(method)}]`);
    this.#lastId = id;
    if (logger.debugging) logger.debug(`request() [method:${nameOf(method)}, id:${id}]`);
    this.#carrier.send(message);
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { method, resolve: resolve as (body: unknown) => void, reject });
    });
  }

  /**
   * Sends a notification. One that is too big is dropped.
   * @throws WorkerClosedError
   */
  notify<E extends Event>(event: E, handlerId: string, ...[body]: NotificationArguments<E>): void {
    const message = this.#encoder.encodeNotification(event, handlerId, body);
    if (this.#closed) {
      throw new WorkerClosedError(`Channel closed, cannot send notification [event:${eventInfo(event)?.name}]`);
    }
    this.#carrier.send(message);
  }

  #onMessage(bytes: Uint8Array): void {
    const { dataType, data } = decodeMessage(bytes);
    if (dataType === Body.Response) {
      this.#onResponse(data as Response);
    } else if (dataType === Body.Notification) {
      // The carrier takes its bytes back when this returns.
      const { handlerId, event, body } = decodeMessage(bytes.slice()).data as Notification;
      setImmediate(() => this.emit(handlerId, event, body));
    } else if (dataType === Body.Log) {
      this.#onLog((data as Log).data);
    } else {
      // eslint-disable-next-line no-console -- as the reference does
      console.warn(`worker[pid:${this.#pid}] unexpected data`);
    }
  }

  #onResponse({ id, accepted, error, reason = '', body }: Response): void {
    const request = this.#pending.get(id);
    if (!request) {
      logger.error(`received response does not match any sent request [id:${id}]`);
      return;
    }
    if (accepted) {
      this.#pending.delete(id);
      request.resolve(body);
      return;
    }
    if (error === undefined) {
      logger.error(`received response is neither accepted nor rejected [id:${id}]`);
      return;
    }
    this.#pending.delete(id);
    logger.warn(`request failed [method:${nameOf(request.method)}, id:${id}]: ${reason}`);
    request.reject(newError(error, reason));
  }

  /** A line of the worker's log: its first letter tells the level. */
  #onLog(line: string): void {
    const text = `[pid:${this.#pid}] ${line.slice(1)}`;
    switch (line[0]) {
      case 'D':
        return logger.debug(text);
      case 'W':
        return logger.warn(text);
      case 'E':
        return logger.error(text);
      case 'X':
        // eslint-disable-next-line no-console -- a dump of the worker is not a line of the log
        return console.info(line.slice(1));
      default:
        // eslint-disable-next-line no-console -- as the reference does
        return console.warn(`worker[pid:${this.#pid}] unexpected data: ${line}`);
    }
  }
}

const nameOf = (method: Method): string | undefined => methodInfo(method)?.name;

function newError(kind: string, reason: string): Error {
  switch (kind) {
    case 'TypeError':
      return new TypeError(reason);
    case 'NotFoundError':
      return new NotFoundError(reason);
    default:
      return new Error(reason);
  }
}
