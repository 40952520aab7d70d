import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Builder } from 'flatbuffers';
import { describe, expect, it } from 'vitest';
import { FrameWriter } from '../../../src/channel/framing.js';
import { SetMaxIncomingBitrateRequestT } from '../../../src/channel/fbs/transport/set-max-incoming-bitrate-request.js';
import { decodeMessage, MessageEncoder } from '../../../src/channel/codec.js';
import { RtpNotification, RtpNotificationT } from '../../../src/channel/fbs/consumer/rtp-notification.js';
import { type Log } from '../../../src/channel/fbs/log/log.js';
import { Body as NotificationBody } from '../../../src/channel/fbs/notification/body.js';
import { Event } from '../../../src/channel/fbs/notification/event.js';
import { type Notification, NotificationT } from '../../../src/channel/fbs/notification/notification.js';
import { Body as RequestBody } from '../../../src/channel/fbs/request/body.js';
import { Method } from '../../../src/channel/fbs/request/method.js';
import { Request, RequestT } from '../../../src/channel/fbs/request/request.js';
import { Body as ResponseBody } from '../../../src/channel/fbs/response/body.js';
import { type Response, ResponseT } from '../../../src/channel/fbs/response/response.js';
import { ProduceResponseT } from '../../../src/channel/fbs/transport/produce-response.js';
import { CreateRouterRequestT } from '../../../src/channel/fbs/worker/create-router-request.js';
import { Type } from '../../../src/channel/fbs/rtp-parameters/type.js';

const encoder = new MessageEncoder();

interface TheirCode {
  Body: Record<string, number>;
  Message: { createMessage(...args: unknown[]): number };
  Request: { createRequest(...args: unknown[]): number };
  SetMaxIncomingBitrateRequestT: new (bitrate: bigint) => { pack(builder: Builder): number };
}
const theirFolder = fileURLToPath(new URL('../../../node_modules/mediasoup/node/lib/fbs', import.meta.url));
const theirs = (namespace: string): TheirCode =>
  createRequire(import.meta.url)(`${theirFolder}/${namespace}.js`) as TheirCode;

describe('messages', () => {
  it('of a request', () => {
    const bytes = encoder.encodeRequest(7, Method.WORKER_CREATE_ROUTER, '', new CreateRouterRequestT('router'));
    const request = decodeMessage(bytes);
    expect(request).toBeInstanceOf(Request);
    expect((request as Request).unpack()).toEqual(
      new RequestT(
        7,
        Method.WORKER_CREATE_ROUTER,
        '',
        RequestBody.Worker_CreateRouterRequest,
        new CreateRouterRequestT('router'),
      ),
    );
  });

  it('of a request without body', () => {
    const request = decodeMessage(encoder.encodeRequest(4294967295, Method.PRODUCER_PAUSE, 'producer')) as Request;
    expect(request.unpack()).toEqual(
      new RequestT(4294967295, Method.PRODUCER_PAUSE, 'producer', RequestBody.NONE, null),
    );
  });

  it('of a response', () => {
    const body = new ProduceResponseT(Type.SVC);
    const response = decodeMessage(encoder.encodeResponse(7, ResponseBody.Transport_ProduceResponse, body));
    expect((response as Response).unpack()).toEqual(
      new ResponseT(7, true, ResponseBody.Transport_ProduceResponse, body, null, null),
    );
    expect((decodeMessage(encoder.encodeResponse(8)) as Response).unpack()).toEqual(
      new ResponseT(8, true, ResponseBody.NONE, null, null, null),
    );
  });

  it('of an error', () => {
    const response = decodeMessage(encoder.encodeErrorResponse(9, 'TypeError', 'empty iceCandidates')) as Response;
    expect(response.unpack()).toEqual(
      new ResponseT(9, false, ResponseBody.NONE, null, 'TypeError', 'empty iceCandidates'),
    );
  });

  it('of a notification', () => {
    const body = new RtpNotificationT([1, 2, 255]);
    const notification = decodeMessage(encoder.encodeNotification(Event.CONSUMER_RTP, 'consumer', body));
    expect((notification as Notification).unpack()).toEqual(
      new NotificationT('consumer', Event.CONSUMER_RTP, NotificationBody.Consumer_RtpNotification, body),
    );
  });

  it('of a log line', () => {
    const log = decodeMessage(encoder.encodeLog('Ddebug ☃'));
    expect((log as Log).data()).toBe('Ddebug ☃');
  });

  it('with bytes written at once are the same as written one by one', () => {
    const bytes = Uint8Array.from({ length: 1201 }, (_, index) => index);
    const oneByOne = encoder.encodeNotification(Event.CONSUMER_RTP, 'c', new RtpNotificationT([...bytes])).slice();
    const atOnce = encoder.encodeNotification(Event.CONSUMER_RTP, 'c', {
      pack: (builder: Builder) => RtpNotification.createRtpNotification(builder, builder.createByteVector(bytes)),
    });
    expect(atOnce).toEqual(oneByOne);
  });

  it('are those of the mediasoup package, to the byte', () => {
    const { Body: TheirMessageBody, Message } = theirs('message');
    const { Body: TheirBody, Request: TheirRequest } = theirs('request');
    const { SetMaxIncomingBitrateRequestT: TheirBitrateT } = theirs('transport');
    const builder = new Builder(1024);
    const body = new TheirBitrateT(123456789n).pack(builder);
    const handlerId = builder.createString('transport');
    const request = TheirRequest.createRequest(
      builder,
      3,
      Method.TRANSPORT_SET_MAX_INCOMING_BITRATE,
      handlerId,
      TheirBody.Transport_SetMaxIncomingBitrateRequest,
      body,
    );
    builder.finishSizePrefixed(Message.createMessage(builder, TheirMessageBody.Request, request));

    const writer = new FrameWriter();
    const ourBody = new SetMaxIncomingBitrateRequestT(123456789n);
    writer.add(encoder.encodeRequest(3, Method.TRANSPORT_SET_MAX_INCOMING_BITRATE, 'transport', ourBody));
    expect(writer.take()).toEqual(builder.asUint8Array().slice());
  });

  it('are not harmed by a body that threw before', () => {
    const expected = encoder.encodeRequest(1, Method.WORKER_DUMP, '').slice();
    const incomplete = {
      pack(builder: Builder): number {
        builder.startObject(3);
        throw new TypeError('incomplete');
      },
    };
    expect(() => encoder.encodeRequest(1, Method.TRANSPORT_PRODUCE, 't', incomplete)).toThrow('incomplete');
    expect(encoder.encodeRequest(1, Method.WORKER_DUMP, '')).toEqual(expected);
  });

  it('without a required field are refused', () => {
    const body = new CreateRouterRequestT();
    expect(() => encoder.encodeRequest(1, Method.WORKER_CREATE_ROUTER, '', body)).toThrow(
      new TypeError('FlatBuffers: field 4 must be set'),
    );
  });
});
