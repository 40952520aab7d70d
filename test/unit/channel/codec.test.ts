import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Builder } from 'flatbuffers';
import { describe, expect, it } from 'vitest';
import { FrameWriter } from '../../../src/channel/framing.js';
import { decodeMessage, MessageEncoder } from '../../../src/channel/codec.js';
import { Body as MessageBody } from '../../../src/channel/fbs/message.js';
import { Body as NotificationBody, Event } from '../../../src/channel/fbs/notification.js';
import { Body as RequestBody, Method } from '../../../src/channel/fbs/request.js';
import { Body as ResponseBody } from '../../../src/channel/fbs/response.js';
import { Type } from '../../../src/channel/fbs/rtp-parameters.js';

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
    const bytes = encoder.encodeRequest(7, Method.WORKER_CREATE_ROUTER, '', { routerId: 'router' });
    expect(decodeMessage(bytes)).toEqual({
      dataType: MessageBody.Request,
      data: {
        id: 7,
        method: Method.WORKER_CREATE_ROUTER,
        handlerId: '',
        bodyType: RequestBody.Worker_CreateRouterRequest,
        body: { routerId: 'router' },
      },
    });
  });

  it('of a request without body', () => {
    const { data } = decodeMessage(encoder.encodeRequest(4294967295, Method.PRODUCER_PAUSE, 'producer'));
    expect(data).toEqual({
      id: 4294967295,
      method: Method.PRODUCER_PAUSE,
      handlerId: 'producer',
      bodyType: RequestBody.NONE,
    });
  });

  it('of a response', () => {
    const body = { type: Type.SVC };
    const bodyType = ResponseBody.Transport_ProduceResponse;
    expect(decodeMessage(encoder.encodeResponse(7, bodyType, body))).toEqual({
      dataType: MessageBody.Response,
      data: { id: 7, accepted: true, bodyType, body },
    });
    expect(decodeMessage(encoder.encodeResponse(8)).data).toEqual({
      id: 8,
      accepted: true,
      bodyType: ResponseBody.NONE,
    });
  });

  it('of an error', () => {
    expect(decodeMessage(encoder.encodeErrorResponse(9, 'TypeError', 'empty iceCandidates')).data).toEqual({
      id: 9,
      accepted: false,
      bodyType: ResponseBody.NONE,
      error: 'TypeError',
      reason: 'empty iceCandidates',
    });
  });

  it('of a notification', () => {
    const body = { data: Uint8Array.of(1, 2, 255) };
    expect(decodeMessage(encoder.encodeNotification(Event.CONSUMER_RTP, 'consumer', body))).toEqual({
      dataType: MessageBody.Notification,
      data: {
        handlerId: 'consumer',
        event: Event.CONSUMER_RTP,
        bodyType: NotificationBody.Consumer_RtpNotification,
        body,
      },
    });
  });

  it('of a log line', () => {
    expect(decodeMessage(encoder.encodeLog('Ddebug ☃'))).toEqual({
      dataType: MessageBody.Log,
      data: { data: 'Ddebug ☃' },
    });
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
    const ourBody = { maxIncomingBitrate: 123456789n };
    writer.add(encoder.encodeRequest(3, Method.TRANSPORT_SET_MAX_INCOMING_BITRATE, 'transport', ourBody));
    expect(writer.take()).toEqual(builder.asUint8Array().slice());
  });

  it('are not harmed by a body that threw before', () => {
    const expected = encoder.encodeRequest(1, Method.WORKER_DUMP, '').slice();
    const incomplete = { listenInfos: [{ ip: '127.0.0.1' }] };
    expect(() => encoder.encodeRequest(1, Method.WORKER_CREATE_WEBRTCSERVER, '', incomplete)).toThrow(TypeError);
    expect(encoder.encodeRequest(1, Method.WORKER_DUMP, '')).toEqual(expected);
  });

  it('without a required field are refused', () => {
    expect(() => encoder.encodeRequest(1, Method.WORKER_CREATE_ROUTER, '', {})).toThrow(
      new TypeError('FlatBuffers: field 4 must be set'),
    );
  });
});
