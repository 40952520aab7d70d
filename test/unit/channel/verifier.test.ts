import { createRequire } from 'node:module';
import { Builder } from 'flatbuffers';
import { describe, expect, it } from 'vitest';
import { decodeMessage, MessageEncoder } from '../../../src/channel/codec.js';
import { type SetSubchannelsRequest } from '../../../src/channel/fbs/data-consumer.js';
import { Body as ResponseBody } from '../../../src/channel/fbs/response.js';
import { MediaKind } from '../../../src/channel/fbs/rtp-parameters.js';
import { StatsData } from '../../../src/channel/fbs/rtp-stream.js';
import { type Stats } from '../../../src/channel/fbs/rtp-stream.js';
import { Body as MessageBody } from '../../../src/channel/fbs/message.js';
import { Event } from '../../../src/channel/fbs/notification.js';
import { Method } from '../../../src/channel/fbs/request.js';
import { Body as RequestBody } from '../../../src/channel/fbs/request.js';
import { verifyMessage } from '../../../src/channel/verifier.js';
import { everyMessage } from '../../support/channel-schema.js';

/** The code that FlatBuffers generated for the mediasoup package, which also writes what is wrong. */
type Write = Record<string, (builder: Builder, ...args: unknown[]) => number>;
const theirs = (file: string, table: string): Write =>
  (createRequire(import.meta.url)(`../../../node_modules/mediasoup/node/lib/fbs/${file}.js`) as Record<string, Write>)[
    table
  ];
const Message = theirs('message', 'Message');
const Request = theirs('request', 'Request');
const UpdateSettingsRequest = theirs('worker', 'UpdateSettingsRequest');

const encoder = new MessageEncoder();

/** A message whose request is built by hand. */
const request = (build: (builder: Builder) => number): Uint8Array => {
  const builder = new Builder(256);
  builder.finish(Message.createMessage(builder, MessageBody.Request, build(builder)));
  return builder.asUint8Array();
};

const uint32 = (bytes: Uint8Array, position: number): number =>
  new DataView(bytes.buffer, bytes.byteOffset).getUint32(position, true);
const changed = (bytes: Uint8Array, change: (view: DataView) => void): Uint8Array => {
  const copy = bytes.slice();
  change(new DataView(copy.buffer));
  return copy;
};

describe('what is well-formed', () => {
  it.each(['filled', 'zero', 'default'] as const)('every body of every message, %s', mode => {
    const messages = everyMessage(mode);
    expect(messages.length).toBeGreaterThanOrEqual(39 + 33 + 23 + 1);
    for (const { name, bytes } of messages) expect(verifyMessage(bytes), name).toBeUndefined();
  });

  it('messages without body', () => {
    expect(verifyMessage(encoder.encodeRequest(1, Method.WORKER_DUMP, ''))).toBeUndefined();
    expect(verifyMessage(encoder.encodeResponse(1))).toBeUndefined();
    expect(verifyMessage(encoder.encodeErrorResponse(1, 'Error', 'because'))).toBeUndefined();
    expect(verifyMessage(encoder.encodeNotification(Event.WORKER_CLOSE, ''))).toBeUndefined();
  });

  it('numbers that an enum does not have', () => {
    expect(verifyMessage(encoder.encodeRequest(1, 200 as Method, ''))).toBeUndefined();
  });
});

describe('what is not', () => {
  it.each([
    ['nothing', new Uint8Array(0), 'too short'],
    ['zeros', new Uint8Array(40), 'Message.Message: wrong vtable'],
    ['ones', new Uint8Array(40).fill(255), 'Message.Message: outside of the message'],
  ])('%s', (_what, bytes, problem) => {
    expect(verifyMessage(bytes)).toBe(problem);
  });

  it('a message cut anywhere', () => {
    for (const { name, bytes } of everyMessage('filled')) {
      // What comes last is the end of a string, its terminating zero, and padding.
      for (let length = 0; length < bytes.length - 8; length += 1 + Math.floor(bytes.length / 50)) {
        expect(verifyMessage(bytes.slice(0, length)), `${name} cut to ${length}`).toBeDefined();
      }
    }
  });

  it('a message of nothing', () => {
    const builder = new Builder(64);
    builder.startObject(2);
    builder.finish(builder.endObject());
    expect(verifyMessage(builder.asUint8Array())).toBe('Message.Message.data: missing');
  });

  it('a required string that is missing', () => {
    const bytes = request(builder => {
      Request.startRequest(builder);
      Request.addId(builder, 1);
      return builder.endObject();
    });
    expect(verifyMessage(bytes)).toBe('Request.Request.handlerId: missing');
  });

  it.each([
    ['of an unknown type', 40 as RequestBody, true, 'Request.Request.body: unknown type 40'],
    ['of no type', RequestBody.NONE, true, 'Request.Request.body: has a value but no type'],
    ['that is missing', RequestBody.Worker_UpdateSettingsRequest, false, 'Request.Request.body: missing'],
    [
      'that lacks a field',
      RequestBody.Worker_CreateRouterRequest,
      true,
      'Worker.CreateRouterRequest.routerId: missing',
    ],
  ])('a body %s', (_what, type, isThere, problem) => {
    const bytes = request(builder => {
      UpdateSettingsRequest.startUpdateSettingsRequest(builder);
      const body = isThere ? UpdateSettingsRequest.endUpdateSettingsRequest(builder) : 0;
      if (!isThere) builder.endObject();
      return Request.createRequest(builder, 1, Method.WORKER_UPDATE_SETTINGS, builder.createString(''), type, body);
    });
    expect(verifyMessage(bytes)).toBe(problem);
  });

  it('a body of another type, where it does not fit', () => {
    const bytes = request(builder => {
      UpdateSettingsRequest.startUpdateSettingsRequest(builder);
      UpdateSettingsRequest.addLogLevel(builder, builder.offset());
      const body = UpdateSettingsRequest.endUpdateSettingsRequest(builder);
      return Request.createRequest(builder, 1, Method.WORKER_UPDATE_SETTINGS, builder.createString(''), 2, body);
    });
    expect(verifyMessage(bytes)).toBeDefined();
  });

  it('strings that many share, which would cost more to read than to send', () => {
    const bytes = request(builder => {
      const tag = builder.createString('x'.repeat(1000));
      const tags = UpdateSettingsRequest.createLogTagsVector(
        builder,
        Array.from({ length: 1000 }, () => tag),
      );
      const body = UpdateSettingsRequest.createUpdateSettingsRequest(builder, 0, tags);
      return Request.createRequest(builder, 1, Method.WORKER_UPDATE_SETTINGS, builder.createString(''), 1, body);
    });
    expect(verifyMessage(bytes)).toBe('Worker.UpdateSettingsRequest.logTags: outside of the message, or shared');
  });

  it.each([
    [20, undefined],
    [40, /too deep$/],
  ])('tables nested %i deep', (depth, problem) => {
    // The schema's only recursion.
    let stats: Stats = {
      dataType: StatsData.BaseStats,
      data: {
        timestamp: 0n,
        ssrc: 1,
        kind: MediaKind.AUDIO,
        mimeType: 'audio/opus',
        packetsLost: 0,
        fractionLost: 0,
        jitter: 0,
        packetsDiscarded: 0n,
        packetsRetransmitted: 0n,
        packetsRepaired: 0n,
        nackCount: 0n,
        nackPacketCount: 0n,
        pliCount: 0n,
        firCount: 0n,
        rtxPacketsDiscarded: 0n,
        roundTripTime: 0.0,
        score: 0,
      },
    };
    for (let level = 5; level < depth; level += 2)
      stats = { dataType: StatsData.SendStats, data: { base: stats, packetCount: 0n, byteCount: 0n, bitrate: 0n } };
    const bytes = encoder.encodeResponse(1, ResponseBody.Consumer_GetStatsResponse, { stats: [stats] });
    if (problem) expect(verifyMessage(bytes)).toMatch(problem);
    else expect(verifyMessage(bytes)).toBeUndefined();
  });

  it('a vector of numbers that is not aligned, which a typed array refuses', () => {
    const body: SetSubchannelsRequest = { subchannels: [0, 0] };
    const aligned = encoder.encodeRequest(1, Method.DATACONSUMER_SET_SUBCHANNELS, 'id', body).slice();
    // Some offset in there is that of the vector.
    const problems = Array.from({ length: aligned.length - 3 }, (_, position) =>
      verifyMessage(changed(aligned, view => view.setUint32(position, uint32(aligned, position) + 1, true))),
    );
    expect(problems).toContain('DataConsumer.SetSubchannelsRequest.subchannels: not aligned');
  });

  it('vtables that the readers would take for negative numbers', () => {
    const bytes = encoder.encodeRequest(1, Method.WORKER_DUMP, '').slice();
    const long = new Uint8Array(70_000);
    long.set(bytes);
    const table = uint32(long, 0);
    const vtable = table - new DataView(long.buffer).getInt32(table, true);
    for (const at of [vtable, vtable + 2]) {
      expect(verifyMessage(changed(long, view => view.setUint16(at, 0x8000, true)))).toBe(
        'Message.Message: wrong vtable',
      );
    }
  });
});

it('all that the verifier accepts can be read', () => {
  for (const { name, bytes } of everyMessage('filled')) {
    expect(() => decodeMessage(bytes), name).not.toThrow();
  }
});
