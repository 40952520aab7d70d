import { Body as MessageBody, type Message } from './fbs/message.js';
import { Body as NotificationBody, type Event } from './fbs/notification.js';
import { Body as RequestBody, type Method } from './fbs/request.js';
import { Body as ResponseBody } from './fbs/response.js';
import { eventInfo, methodInfo } from './methods.js';
import { tableOf, unionTables } from './table.js';
import { readRoot } from './table-reader.js';
import { type Offset, TableWriter } from './table-writer.js';

/** The kinds of error that a response can tell. */
export type ErrorKind = 'Error' | 'TypeError' | 'NotFoundError';

/**
 * Encodes messages with one reused writer. Bodies are objects of the types in fbs/, each of the type that belongs to its
 * method or event. The bytes that are returned are valid until the next message is encoded; what throws while a body is
 * written leaves nothing behind.
 */
export class MessageEncoder {
  readonly #writer = new TableWriter();

  /** @param handlerId empty for what the worker itself handles */
  encodeRequest(id: number, method: Method, handlerId: string, body?: object): Uint8Array {
    const bodyType = body ? (methodInfo(method)?.requestBody ?? RequestBody.NONE) : RequestBody.NONE;
    const written = this.#start(requestTables, bodyType, body);
    return this.#finish(MessageBody.Request, { id, method, handlerId, bodyType }, written);
  }

  /** A successful response, with or without body. */
  encodeResponse(id: number, bodyType: ResponseBody = ResponseBody.NONE, body?: object): Uint8Array {
    const written = this.#start(responseTables, bodyType, body);
    return this.#finish(MessageBody.Response, { id, accepted: true, bodyType }, written);
  }

  encodeErrorResponse(id: number, error: ErrorKind, reason: string): Uint8Array {
    this.#writer.clear();
    return this.#finish(MessageBody.Response, { id, accepted: false, error, reason });
  }

  encodeNotification(event: Event, handlerId: string, body?: object): Uint8Array {
    const bodyType = body ? (eventInfo(event)?.body ?? NotificationBody.NONE) : NotificationBody.NONE;
    const written = this.#start(notificationTables, bodyType, body);
    return this.#finish(MessageBody.Notification, { handlerId, event, bodyType }, written);
  }

  /** @param line begins with its level: `D`, `W`, `E`, or `X` for a dump */
  encodeLog(line: string): Uint8Array {
    this.#writer.clear();
    return this.#finish(MessageBody.Log, { data: line });
  }

  /** Bodies are written first, as the reference does. */
  #start(tables: ReturnType<typeof unionTables>, bodyType: number, body?: object): { body: Offset } {
    this.#writer.clear();
    return { body: body && bodyType !== 0 ? this.#writer.table(tables[bodyType - 1], body) : 0 };
  }

  #finish(type: Exclude<MessageBody, 0>, content: object, written?: { body: Offset }): Uint8Array {
    const data = this.#writer.table(messageTables[type - 1], content, written);
    return this.#writer.finish(this.#writer.table(messageTable, { dataType: type }, { data }));
  }
}

/** What a verified message holds (see verifier.ts). Uint8Arrays in it are parts of `bytes`. */
export function decodeMessage(bytes: Uint8Array): Message {
  return readRoot(bytes, messageTable) as Message;
}

const messageTable = tableOf('Message.Message');
const messageTables = unionTables('Message.Body');
const requestTables = unionTables('Request.Body');
const responseTables = unionTables('Response.Body');
const notificationTables = unionTables('Notification.Body');
