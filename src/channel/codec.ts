import { Builder, ByteBuffer, type IGeneratedObject } from 'flatbuffers';
import { Log } from './fbs/log/log.js';
import { Body as MessageBody, unionToBody } from './fbs/message/body.js';
import { Message } from './fbs/message/message.js';
import { Body as NotificationBody } from './fbs/notification/body.js';
import type { Event } from './fbs/notification/event.js';
import { Notification } from './fbs/notification/notification.js';
import { Body as RequestBody } from './fbs/request/body.js';
import type { Method } from './fbs/request/method.js';
import { Request } from './fbs/request/request.js';
import { Body as ResponseBody } from './fbs/response/body.js';
import { Response } from './fbs/response/response.js';
import { eventInfo, methodInfo } from './methods.js';

/**
 * What can be the body of a message: an object of the generated code (`…T`), or anything that writes a table by hand.
 * The latter is for large byte vectors: `pack: builder => X.createX(builder, builder.createByteVector(bytes))` copies
 * them at once, where `XT` copies number by number.
 */
export type Body = IGeneratedObject;

/** The kinds of error that a response can tell. */
export type ErrorKind = 'Error' | 'TypeError' | 'NotFoundError';

/**
 * Encodes messages with one reused builder. The bytes that are returned are valid until the next message is encoded;
 * what throws while a body is packed leaves nothing behind.
 */
export class MessageEncoder {
  readonly #builder = new Builder(1024);

  /** @param handlerId empty for what the worker itself handles */
  encodeRequest(id: number, method: Method, handlerId: string, body?: Body): Uint8Array {
    const builder = this.#start();
    const bodyType = body ? (methodInfo(method)?.requestBody ?? RequestBody.NONE) : RequestBody.NONE;
    const bodyOffset = body?.pack(builder) ?? 0;
    const handlerIdOffset = builder.createString(handlerId);
    return this.#finish(
      MessageBody.Request,
      Request.createRequest(builder, id, method, handlerIdOffset, bodyType, bodyOffset),
    );
  }

  /** A successful response, with or without body. */
  encodeResponse(id: number, bodyType = ResponseBody.NONE, body?: Body): Uint8Array {
    const builder = this.#start();
    const bodyOffset = body?.pack(builder) ?? 0;
    return this.#finish(MessageBody.Response, Response.createResponse(builder, id, true, bodyType, bodyOffset, 0, 0));
  }

  encodeErrorResponse(id: number, error: ErrorKind, reason: string): Uint8Array {
    const builder = this.#start();
    const errorOffset = builder.createString(error);
    const reasonOffset = builder.createString(reason);
    return this.#finish(
      MessageBody.Response,
      Response.createResponse(builder, id, false, ResponseBody.NONE, 0, errorOffset, reasonOffset),
    );
  }

  encodeNotification(event: Event, handlerId: string, body?: Body): Uint8Array {
    const builder = this.#start();
    const bodyType = body ? (eventInfo(event)?.body ?? NotificationBody.NONE) : NotificationBody.NONE;
    const bodyOffset = body?.pack(builder) ?? 0;
    const handlerIdOffset = builder.createString(handlerId);
    return this.#finish(
      MessageBody.Notification,
      Notification.createNotification(builder, handlerIdOffset, event, bodyType, bodyOffset),
    );
  }

  /** @param line begins with its level: `D`, `W`, `E`, or `X` for a dump */
  encodeLog(line: string): Uint8Array {
    const builder = this.#start();
    return this.#finish(MessageBody.Log, Log.createLog(builder, builder.createString(line)));
  }

  #start(): Builder {
    this.#builder.clear();
    return this.#builder;
  }

  #finish(type: MessageBody, offset: number): Uint8Array {
    // With the size prefix the padding is that of the reference, so that what goes through a pipe is equal to the byte.
    this.#builder.finishSizePrefixed(Message.createMessage(this.#builder, type, offset));
    return this.#builder.asUint8Array().subarray(4);
  }
}

/** What a verified message holds (see verifier.ts): accessors over `bytes`, valid as long as these are. */
export function decodeMessage(bytes: Uint8Array): Request | Response | Notification | Log | null {
  const message = Message.getRootAsMessage(new ByteBuffer(bytes));
  return unionToBody(message.dataType(), message.data.bind(message));
}
