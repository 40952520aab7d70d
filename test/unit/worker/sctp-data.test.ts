import { describe, expect, it } from 'vitest';
import * as FbsDataConsumer from '../../../src/channel/fbs/data-consumer.js';
import * as FbsDataProducer from '../../../src/channel/fbs/data-producer.js';
import { Event } from '../../../src/channel/fbs/notification.js';
import type * as FbsPlainTransport from '../../../src/channel/fbs/plain-transport.js';
import { Method } from '../../../src/channel/fbs/request.js';
import * as FbsSctpAssociation from '../../../src/channel/fbs/sctp-association.js';
import { type SctpStreamParameters } from '../../../src/channel/fbs/sctp-parameters.js';
import type * as FbsTransport from '../../../src/channel/fbs/transport.js';
import * as FbsWebRtcTransport from '../../../src/channel/fbs/web-rtc-transport.js';
import { type SctpAssociationOptions } from '../../../src/sctp/options.js';
import {
  consumeDataRequest,
  createDirectTransport,
  createPipeTransport,
  createPlainTransport,
  createRouter,
  produceDataRequest,
  transportOptions,
  webRtcTransportRequest,
} from '../../support/requests.js';
import { createDtlsSctpPeer, createUdpSctpPeer } from '../../support/sctp-peer.js';
import { TestWorker, WORKER_IP } from '../../support/test-worker.js';
import { WebRtcPeer } from '../../support/webrtc-peer.js';

const PEER_IP = '10.0.0.2';
const { CONNECTED, CLOSED, NEW } = FbsSctpAssociation.SctpState;
/** Both ends offer interleaving, so data comes as I-DATA. */
const ChunkType = { I_DATA: 64, INIT: 1, SACK: 3, ABORT: 6, COOKIE_ECHO: 10, RE_CONFIG: 130, FORWARD_TSN: 192 };

/**
 * A worker with a direct DataProducer `app`, and a PlainTransport `t` with SCTP and its peer. Nothing is connected.
 */
async function unconnected(
  options: Partial<FbsTransport.Options> = {},
  peerOptions: Partial<SctpAssociationOptions> = {},
) {
  const worker = new TestWorker();
  await createRouter(worker);
  await createDirectTransport(worker, 'direct');
  await worker.request(Method.TRANSPORT_PRODUCE_DATA, 'direct', produceDataRequest('app'));
  const base = transportOptions({ enableSctp: true, ...options });
  const { tuple } = await createPlainTransport(worker, 't', {}, base);
  const { peer, socket } = createUdpSctpPeer(worker, PEER_IP, tuple.localPort, peerOptions);
  const connect = () => worker.request(Method.PLAINTRANSPORT_CONNECT, 't', { ip: PEER_IP, port: socket.port });
  return { worker, peer, socket, connect };
}

/** The same, connected, with an SCTP DataProducer `in` of stream 5 that `out` brings to the application. */
async function connected(options: Partial<FbsTransport.Options> = {}) {
  const { worker, peer, connect } = await unconnected(options);
  await produceSctp(worker, 'in', 5);
  await worker.request(Method.TRANSPORT_CONSUME_DATA, 'direct', consumeDataRequest('out', 'in'));
  await connect();
  await worker.advance(100);
  expect(peer.states.at(-1)).toBe('connected');
  worker.take('t');
  return { worker, peer };
}

const produceSctp = (worker: TestWorker, id: string, streamId: number, transport = 't') =>
  worker.request<FbsDataProducer.DumpResponse>(
    Method.TRANSPORT_PRODUCE_DATA,
    transport,
    produceDataRequest(id, {
      type: FbsDataProducer.Type.SCTP,
      sctpStreamParameters: streamOf(streamId, true),
    }),
  );

const consumeSctp = (
  worker: TestWorker,
  id: string,
  dataProducerId: string,
  stream: SctpStreamParameters,
  { transport = 't', subchannels = [] as number[] } = {},
) =>
  worker.request<FbsDataConsumer.DumpResponse>(
    Method.TRANSPORT_CONSUME_DATA,
    transport,
    consumeDataRequest(id, dataProducerId, {
      type: FbsDataConsumer.Type.SCTP,
      sctpStreamParameters: stream,
      subchannels,
    }),
  );

const streamOf = (
  streamId: number,
  ordered?: boolean,
  maxPacketLifeTime?: number,
  maxRetransmits?: number,
): SctpStreamParameters => ({ streamId, ordered, maxPacketLifeTime, maxRetransmits });

const ordered = (streamId: number): SctpStreamParameters => streamOf(streamId, true);

/** From the application into the DataProducer `app`. */
const inject = (worker: TestWorker, text: string, ppid = 51): void =>
  worker.notify(Event.DATAPRODUCER_SEND, 'app', { ppid, data: Buffer.from(text) });

const send = (worker: TestWorker, id: string, text: string, ppid = 51) =>
  worker.request<FbsDataConsumer.SendResponse>(Method.DATACONSUMER_SEND, id, { ppid, data: Buffer.from(text) });

const closeDataConsumer = (worker: TestWorker, id: string, transport = 't') =>
  worker.request(Method.TRANSPORT_CLOSE_DATACONSUMER, transport, { dataConsumerId: id });

const closeDataProducer = (worker: TestWorker, id: string, transport = 't') =>
  worker.request(Method.TRANSPORT_CLOSE_DATAPRODUCER, transport, { dataProducerId: id });

const closeTransport = (worker: TestWorker, id = 't') =>
  worker.request(Method.ROUTER_CLOSE_TRANSPORT, 'router', { transportId: id });

const dump = async (worker: TestWorker, id = 't'): Promise<FbsTransport.Dump> =>
  (await worker.request<{ base: FbsTransport.Dump }>(Method.TRANSPORT_DUMP, id)).base;

/** Notifications as short texts. */
const events = (worker: TestWorker, id: string): string[] =>
  worker.take(id).map(({ event, body }) => {
    switch (event) {
      case 'TRANSPORT_SCTP_STATE_CHANGE': {
        const { sctpState } = body as FbsTransport.SctpStateChangeNotification;
        return Object.keys(FbsSctpAssociation.SctpState)[sctpState].toLowerCase();
      }
      case 'TRANSPORT_SCTP_NEGOTIATED_CAPABILITIES': {
        const { negotiatedCapabilities } = body as FbsTransport.SctpNegotiatedCapabilitiesNotification;
        const { negotiatedMaxOutboundStreams, negotiatedMaxInboundStreams } = negotiatedCapabilities!;
        return `negotiated ${negotiatedMaxOutboundStreams} out, ${negotiatedMaxInboundStreams} in`;
      }
      case 'DATACONSUMER_MESSAGE': {
        const { ppid, data } = body as FbsDataConsumer.MessageNotification;
        return `${ppid} ${Buffer.from(data).toString()}`;
      }
      case 'DATACONSUMER_BUFFERED_AMOUNT_LOW':
        return `low ${(body as FbsDataConsumer.BufferedAmountLowNotification).bufferedAmount}`;
      default:
        return event;
    }
  });

describe('an association', () => {
  it('starts when the transport is connected and has data, whichever comes first', async () => {
    for (const first of ['connect', 'produce', 'consume'] as const) {
      const { worker, peer, connect } = await unconnected();
      const steps = {
        connect,
        produce: () => produceSctp(worker, 'in', 0),
        consume: () => consumeSctp(worker, 'c', 'app', ordered(0)),
      };
      await steps[first]();
      await worker.advance(100);
      expect(peer.receivedChunks).toEqual([]);
      expect((await dump(worker)).sctpState).toBe(NEW);
      await steps[first === 'connect' ? 'produce' : 'connect']();
      await worker.advance(100);
      expect(peer.states.at(-1)).toBe('connected');
    }
  });

  it('starts without data once the peer sends anything that looks like SCTP', async () => {
    const { worker, peer, socket, connect } = await unconnected();
    peer.sees = () => false;
    await connect();
    const { tuple } = await worker.request<FbsPlainTransport.DumpResponse>(Method.TRANSPORT_DUMP, 't');
    socket.send(new Uint8Array(12).fill(5), 0, 12, socket.remoteAddress(WORKER_IP, tuple.localPort));
    await worker.advance(0);
    expect(peer.receivedChunks).toEqual([ChunkType.INIT]);
  });

  it('tells its states, and what was negotiated before it tells that it is connected', async () => {
    const { worker, connect } = await unconnected();
    await produceSctp(worker, 'in', 5);
    await connect();
    await worker.advance(100);
    expect(events(worker, 't')).toEqual(['connecting', 'connecting', 'negotiated 65535 out, 65535 in', 'connected']);
    const { sctpState, sctpNegotiatedCapabilities, sctpListener, sctpParameters } = await dump(worker);
    expect(sctpState).toBe(CONNECTED);
    expect(sctpNegotiatedCapabilities).toMatchObject({
      negotiatedMaxOutboundStreams: 65535,
      negotiatedMaxInboundStreams: 65535,
    });
    expect(sctpListener!.streamIdTable.map(({ key, value }) => [key, value])).toEqual([[5, 'in']]);
    expect(sctpParameters).toMatchObject({ port: 5000, isDataChannel: false, sendBufferSize: 2_000_000 });
    const stats = await worker.request<FbsPlainTransport.GetStatsResponse>(Method.TRANSPORT_GET_STATS, 't');
    expect(stats.base.sctpState).toBe(CONNECTED);
  });

  it('negotiates as many streams as the peer has', async () => {
    const { worker, peer, connect } = await unconnected(
      {},
      { announcedMaxOutboundStreams: 30, announcedMaxInboundStreams: 20 },
    );
    await connect();
    peer.connect();
    await worker.advance(100);
    expect(events(worker, 't')).toContain('negotiated 20 out, 30 in');
  });

  it('fails if nobody answers, and its DataConsumers with it', async () => {
    const { worker, socket, connect } = await unconnected();
    await consumeSctp(worker, 'c', 'app', ordered(0));
    socket.close();
    await connect();
    await worker.advance(600_000);
    expect(events(worker, 't')).toEqual(['connecting', 'failed']);
    // There is no failed state in dumps.
    expect((await dump(worker)).sctpState).toBe(CLOSED);
    await expect(send(worker, 'c', 'x')).rejects.toThrow('message send failed');
    await consumeSctp(worker, 'later', 'app', ordered(1));
    await expect(send(worker, 'later', 'x')).rejects.toThrow('message send failed');
  });

  it.each(['close', 'shutdown'] as const)('ends with a %s of the peer, and its DataConsumers with it', async way => {
    const { worker, peer } = await connected();
    await consumeSctp(worker, 'c', 'app', ordered(0));
    peer[way]();
    await worker.advance(1000);
    expect(events(worker, 't')).toEqual(['closed']);
    expect((await dump(worker)).sctpState).toBe(CLOSED);
    await expect(send(worker, 'c', 'x')).rejects.toThrow('message send failed');
    inject(worker, 'x');
    await worker.advance(1000);
    expect(events(worker, 'c')).toEqual([]);
    const { messagesSent } = await worker.request<FbsDataConsumer.GetStatsResponse>(Method.DATACONSUMER_GET_STATS, 'c');
    expect(messagesSent).toBe(0n);
    // It is closed for good.
    peer.connect();
    await worker.advance(1000);
    expect(events(worker, 't')).toEqual([]);
  });
});

describe('messages from the peer', () => {
  it.each([
    ['of a data channel that opens', 50],
    ['text', 51],
    ['the deprecated parts of bytes', 52],
    ['bytes', 53],
    ['the deprecated parts of text', 54],
    ['empty text', 56],
    ['empty bytes', 57],
    ['anything else', 4_000_000_000],
  ])('are handed on as they are: %s', async (_, ppid) => {
    const { worker, peer } = await connected();
    peer.send(5, ppid, 'payload');
    await worker.advance(100);
    expect(events(worker, 'out')).toEqual([`${ppid} payload`]);
    // A DATA_CHANNEL_OPEN gets no answer.
    expect(peer.messages).toEqual([]);
  });

  it('go by their stream; those of a stream without DataProducer are dropped', async () => {
    const { worker, peer } = await connected();
    await produceSctp(worker, 'other', 6);
    await worker.request(Method.TRANSPORT_CONSUME_DATA, 'direct', consumeDataRequest('other-out', 'other'));
    peer.send(6, 51, 'six');
    peer.send(7, 51, 'seven');
    peer.send(5, 51, 'five', { unordered: true });
    await worker.advance(100);
    expect(events(worker, 'out')).toEqual(['51 five']);
    expect(events(worker, 'other-out')).toEqual(['51 six']);
  });

  it('count while the DataProducer is paused, and go nowhere', async () => {
    const { worker, peer } = await connected();
    await worker.request(Method.DATAPRODUCER_PAUSE, 'in');
    peer.send(5, 51, 'lost');
    await worker.advance(100);
    await worker.request(Method.DATAPRODUCER_RESUME, 'in');
    peer.send(5, 51, 'found');
    await worker.advance(100);
    expect(events(worker, 'out')).toEqual([
      'DATACONSUMER_DATAPRODUCER_PAUSE',
      'DATACONSUMER_DATAPRODUCER_RESUME',
      '51 found',
    ]);
    const stats = await worker.request<FbsDataProducer.GetStatsResponse>(Method.DATAPRODUCER_GET_STATS, 'in');
    expect([stats.messagesReceived, stats.bytesReceived]).toEqual([2n, 9n]);
  });

  it('may be as long as the transport says', async () => {
    const { worker, peer } = await connected({ maxReceiveMessageSize: 5000 });
    for (const length of [5000, 5001, 10]) peer.send(5, 53, 'x'.repeat(length));
    await worker.advance(1000);
    expect(events(worker, 'out').map(text => text.length - '53 '.length)).toEqual([5000, 10]);
  });
});

describe('messages to the peer', () => {
  it('go to every DataConsumer, each in its stream', async () => {
    const { worker, peer } = await connected();
    await consumeSctp(worker, 'a', 'app', ordered(0));
    await consumeSctp(worker, 'b', 'app', streamOf(7, false));
    inject(worker, 'for all', 53);
    await worker.advance(100);
    await send(worker, 'b', 'for b', 99);
    await worker.advance(100);
    expect(peer.messages.sort()).toEqual(['0 53 for all', '7 53 for all', '7 99 for b']);
    const stats = await worker.request<FbsDataConsumer.GetStatsResponse>(Method.DATACONSUMER_GET_STATS, 'b');
    expect([stats.messagesSent, stats.bytesSent]).toEqual([2n, 12n]);
  });

  it('wait until the association is connected', async () => {
    const { worker, peer, connect } = await unconnected();
    await consumeSctp(worker, 'c', 'app', ordered(0));
    inject(worker, 'early');
    await worker.advance(0);
    expect((await send(worker, 'c', 'birds')).bufferedAmount).toBe(10);
    await connect();
    await worker.advance(100);
    expect(peer.messages).toEqual(['0 51 early', '0 51 birds']);
  });

  it('do not leave while the DataConsumer or its DataProducer is paused', async () => {
    const { worker, peer } = await connected();
    await consumeSctp(worker, 'c', 'app', ordered(0));
    await worker.request(Method.DATACONSUMER_PAUSE, 'c');
    inject(worker, 'one');
    await expect(send(worker, 'c', 'two')).rejects.toThrow('message send failed');
    await worker.request(Method.DATACONSUMER_RESUME, 'c');
    inject(worker, 'three');
    await worker.request(Method.DATAPRODUCER_PAUSE, 'app');
    await expect(send(worker, 'c', 'four')).rejects.toThrow('message send failed');
    await worker.request(Method.DATAPRODUCER_RESUME, 'app');
    await send(worker, 'c', 'five');
    await worker.advance(100);
    expect(peer.messages).toEqual(['0 51 three', '0 51 five']);
  });

  it('are refused if they are too long', async () => {
    const { worker, peer } = await connected({ maxSendMessageSize: 10 });
    await consumeSctp(worker, 'c', 'app', ordered(0));
    await expect(send(worker, 'c', 'x'.repeat(11))).rejects.toThrow(
      'given message exceeds maxMessageSize value [maxMessageSize:10, len:11]',
    );
    inject(worker, 'y'.repeat(11));
    inject(worker, 'z'.repeat(10));
    await worker.advance(100);
    expect(peer.messages).toEqual([`0 51 ${'z'.repeat(10)}`]);
  });

  it('are refused while the queue is full; the application is told, once for each', async () => {
    const { worker, peer, connect } = await unconnected({ sctpPerStreamSendQueueLimit: 5 });
    await consumeSctp(worker, 'c', 'app', ordered(0));
    await send(worker, 'c', '123');
    await send(worker, 'c', '456');
    await expect(send(worker, 'c', '789')).rejects.toThrow('sctpsendbufferfull');
    inject(worker, 'abc');
    await worker.advance(0);
    expect(events(worker, 'c')).toEqual(['DATACONSUMER_SCTP_SENDBUFFER_FULL', 'DATACONSUMER_SCTP_SENDBUFFER_FULL']);
    await connect();
    await worker.advance(100);
    await send(worker, 'c', 'again');
    await worker.advance(100);
    expect(peer.messages).toEqual(['0 51 123', '0 51 456', '0 51 again']);
  });

  it('share a queue with those of other streams', async () => {
    const { worker } = await unconnected({ sctpSendBufferSize: 4 });
    await consumeSctp(worker, 'a', 'app', ordered(0));
    await consumeSctp(worker, 'b', 'app', ordered(1));
    await send(worker, 'a', '12345');
    await expect(send(worker, 'b', '1')).rejects.toThrow('sctpsendbufferfull');
  });

  it.each<[string, SctpStreamParameters, boolean]>([
    ['ordered', streamOf(0, true), true],
    ['unordered, without limits', streamOf(0, false), true],
    ['at most three retransmissions', streamOf(0, undefined, undefined, 3), true],
    ['no retransmissions', streamOf(0, false, undefined, 0), false],
    ['worth sending for 100 ms', streamOf(0, undefined, 100), false],
    ['worth sending for 10 s', streamOf(0, undefined, 10_000), true],
  ])('that get lost are sent again as the stream wants: %s', async (_, stream, arrives) => {
    const { worker, peer } = await connected();
    await consumeSctp(worker, 'c', 'app', stream);
    await send(worker, 'c', 'first');
    await worker.advance(1000);
    let lost = 0;
    peer.sees = type => type !== ChunkType.I_DATA || lost++ > 0;
    await send(worker, 'c', 'lost once');
    await worker.advance(5000);
    await send(worker, 'c', 'last');
    await worker.advance(5000);
    expect(peer.messages).toEqual(['0 51 first', ...(arrives ? ['0 51 lost once'] : []), '0 51 last']);
  });

  it('that get lost hold up those behind them only in an ordered stream', async () => {
    for (const [stream, expected] of [
      [ordered(0), ['one', 'two']],
      [streamOf(0, false), ['two', 'one']],
    ] as const) {
      const { worker, peer } = await connected();
      await consumeSctp(worker, 'c', 'app', stream);
      let lost = 0;
      peer.sees = type => type !== ChunkType.I_DATA || lost++ > 0;
      await send(worker, 'c', 'one');
      await send(worker, 'c', 'two');
      await worker.advance(5000);
      expect(peer.messages).toEqual(expected.map(text => `0 51 ${text}`));
    }
  });
});

describe('the buffered amount', () => {
  it('is told when it falls to the threshold', async () => {
    const { worker, peer, connect } = await unconnected({ sctpDefaultStreamBufferedAmountLowThreshold: 1000 });
    await consumeSctp(worker, 'c', 'app', ordered(0));
    const amount = async () =>
      (await worker.request<FbsDataConsumer.GetBufferedAmountResponse>(Method.DATACONSUMER_GET_BUFFERED_AMOUNT, 'c'))
        .bufferedAmount;
    await send(worker, 'c', 'x'.repeat(50_000));
    expect(await amount()).toBe(50_000);
    const before = await worker.request<FbsDataConsumer.DumpResponse>(Method.DATACONSUMER_DUMP, 'c');
    expect(before).toMatchObject({ bufferedAmount: 50_000, bufferedAmountLowThreshold: 1000 });
    expect(events(worker, 'c')).toEqual([]);
    await connect();
    await worker.advance(1000);
    expect(await amount()).toBe(0);
    expect(events(worker, 'c')).toEqual([expect.stringMatching(/^low \d{1,3}$/)]);
    expect(peer.messages[0]).toHaveLength('0 51 '.length + 50_000);
  });

  it('is told when the threshold is raised above it', async () => {
    const { worker } = await unconnected();
    await consumeSctp(worker, 'c', 'app', ordered(0));
    const setThreshold = (threshold: number) =>
      worker.request(Method.DATACONSUMER_SET_BUFFERED_AMOUNT_LOW_THRESHOLD, 'c', { threshold });
    await setThreshold(10);
    await send(worker, 'c', 'x'.repeat(20));
    expect(events(worker, 'c')).toEqual([]);
    await setThreshold(20);
    expect(events(worker, 'c')).toEqual(['low 20']);
    const { bufferedAmountLowThreshold } = await worker.request<FbsDataConsumer.DumpResponse>(
      Method.DATACONSUMER_DUMP,
      'c',
    );
    expect(bufferedAmountLowThreshold).toBe(20);
  });

  it('is not told for a DataConsumer that is closed', async () => {
    const { worker, peer } = await connected();
    await consumeSctp(worker, 'c', 'app', ordered(0));
    peer.sees = type => type !== ChunkType.I_DATA;
    await send(worker, 'c', 'x'.repeat(100_000));
    await send(worker, 'c', 'x'.repeat(100_000));
    worker.take('c');
    await closeDataConsumer(worker, 'c');
    peer.sees = () => true;
    await worker.advance(10_000);
    expect(events(worker, 'c')).toEqual([]);
  });

  it('is something of SCTP only', async () => {
    const { worker } = await connected();
    for (const request of [
      () => worker.request(Method.DATACONSUMER_GET_BUFFERED_AMOUNT, 'out'),
      () => send(worker, 'out', 'x'),
      () => worker.request(Method.DATACONSUMER_SET_BUFFERED_AMOUNT_LOW_THRESHOLD, 'out', { threshold: 1 }),
    ]) {
      await expect(request()).rejects.toMatchObject({ kind: 'TypeError', message: 'invalid DataConsumer type' });
    }
  });
});

describe('the stream of a DataConsumer', () => {
  it('is reset when the DataConsumer is closed, and can be used again', async () => {
    const { worker, peer } = await connected();
    for (const round of ['first', 'second', 'third']) {
      await consumeSctp(worker, 'c', 'app', ordered(3));
      inject(worker, round);
      await worker.advance(100);
      await closeDataConsumer(worker, 'c');
      await worker.advance(1000);
    }
    expect(peer.messages).toEqual(['3 51 first', '3 51 second', '3 51 third']);
    expect(peer.resets).toEqual([3, 3, 3]);
  });

  it('is reset when the DataProducer is closed', async () => {
    const { worker, peer } = await connected();
    await consumeSctp(worker, 'c', 'app', ordered(3));
    await closeDataProducer(worker, 'app', 'direct');
    await worker.advance(1000);
    expect(peer.resets).toEqual([3]);
    expect(events(worker, 'c')).toEqual(['DATACONSUMER_DATAPRODUCER_CLOSE']);
    await expect(worker.request(Method.DATACONSUMER_DUMP, 'c')).rejects.toThrow('not found');
  });

  it('is reset by the peer without consequence unless streams are data channels', async () => {
    const { worker, peer } = await connected();
    await consumeSctp(worker, 'c', 'app', ordered(3));
    peer.send(3, 51, 'x');
    await worker.advance(100);
    peer.reset(3);
    await worker.advance(1000);
    await send(worker, 'c', 'still here');
    await worker.advance(100);
    expect(peer.messages).toEqual(['3 51 still here']);
    expect(peer.resets).toEqual([]);
  });

  it('is used for the next DataConsumer at once, before the peer agreed to the reset', async () => {
    const { worker, peer } = await connected();
    await consumeSctp(worker, 'c', 'app', ordered(3));
    await send(worker, 'c', 'old');
    await closeDataConsumer(worker, 'c');
    await consumeSctp(worker, 'd', 'app', ordered(3));
    await send(worker, 'd', 'new');
    await worker.advance(1000);
    expect(peer.messages).toEqual(['3 51 old', '3 51 new']);
    expect(peer.resets).toEqual([3]);
  });
});

describe('the stream of a DataProducer', () => {
  it('is free again when the DataProducer is closed', async () => {
    const { worker, peer } = await connected();
    await expect(produceSctp(worker, 'twice', 5)).rejects.toThrow(
      'streamId already exists in SCTP listener [streamId:5]',
    );
    await closeDataProducer(worker, 'in');
    expect(events(worker, 'out')).toEqual(['DATACONSUMER_DATAPRODUCER_CLOSE']);
    peer.send(5, 51, 'for nobody');
    await worker.advance(100);
    await produceSctp(worker, 'again', 5);
    await worker.request(Method.TRANSPORT_CONSUME_DATA, 'direct', consumeDataRequest('again-out', 'again'));
    peer.send(5, 51, 'for somebody');
    await worker.advance(1000);
    expect(events(worker, 'again-out')).toEqual(['51 for somebody']);
    // Only data channels close in both directions.
    expect(peer.resets).toEqual([]);
  });

  it('goes on when the peer resets it', async () => {
    const { worker, peer } = await connected();
    peer.send(5, 51, 'before');
    await worker.advance(100);
    peer.reset(5);
    await worker.advance(1000);
    peer.send(5, 51, 'after');
    await worker.advance(100);
    expect(events(worker, 'out')).toEqual(['51 before', '51 after']);
  });
});

describe('data channels of a WebRtcTransport', () => {
  async function webRtc() {
    const worker = new TestWorker();
    await createRouter(worker);
    await createDirectTransport(worker, 'direct');
    await worker.request(Method.TRANSPORT_PRODUCE_DATA, 'direct', produceDataRequest('app'));
    const base = transportOptions({ enableSctp: true, isDataChannel: true });
    const request = webRtcTransportRequest('t', undefined, base);
    const server = await worker.request<FbsWebRtcTransport.DumpResponse>(
      Method.ROUTER_CREATE_WEBRTCTRANSPORT,
      'router',
      request,
    );
    const runtime = worker.createPeer(PEER_IP);
    const browser = new WebRtcPeer(runtime, PEER_IP, server);
    const peer = createDtlsSctpPeer(runtime, browser);
    const { CLIENT } = FbsWebRtcTransport.DtlsRole;
    await worker.request(Method.WEBRTCTRANSPORT_CONNECT, 't', {
      dtlsParameters: { fingerprints: [browser.fingerprint], role: CLIENT },
    });
    await produceSctp(worker, 'in', 5);
    await worker.request(Method.TRANSPORT_CONSUME_DATA, 'direct', consumeDataRequest('out', 'in'));
    await consumeSctp(worker, 'c', 'app', ordered(0));
    await worker.advance(100);
    browser.startDtls('client');
    await worker.advance(1000);
    expect(peer.states.at(-1)).toBe('connected');
    worker.take('t');
    return { worker, peer, browser };
  }

  it('carry messages both ways through DTLS', async () => {
    const { worker, peer } = await webRtc();
    peer.send(5, 51, 'in');
    peer.send(5, 53, 'x'.repeat(20_000));
    await send(worker, 'c', 'out');
    await worker.advance(1000);
    expect(events(worker, 'out')).toEqual(['51 in', `53 ${'x'.repeat(20_000)}`]);
    expect(peer.messages).toEqual(['0 51 out']);
  });

  it('are closed in both directions by the peer, and the application is not told', async () => {
    const { worker, peer } = await webRtc();
    peer.send(0, 51, 'opens the other direction');
    await worker.advance(100);
    peer.reset(0);
    await worker.advance(1000);
    expect(peer.resets).toEqual([0]);
    expect(events(worker, 'c')).toEqual([]);
    expect((await dump(worker)).dataConsumerIds).toEqual([]);
    await expect(send(worker, 'c', 'x')).rejects.toThrow('not found');
  });

  it('are closed for the peer when the application closes the DataProducer', async () => {
    const { worker, peer } = await webRtc();
    await closeDataProducer(worker, 'in');
    await worker.advance(1000);
    expect(peer.resets).toEqual([5]);
  });

  it('end with the transport: the peer is told', async () => {
    const { worker, peer, browser } = await webRtc();
    await closeTransport(worker);
    await worker.advance(100);
    expect(peer.states.at(-1)).toBe('closed');
    expect(peer.resets).toEqual([]);
    expect(browser.states.at(-1)).toBe('closed');
    expect(events(worker, 't')).toEqual([]);
  });
});

describe('closing a transport', () => {
  it('ends an association that is new', async () => {
    const { worker, connect, peer } = await unconnected();
    await consumeSctp(worker, 'c', 'app', ordered(0));
    await send(worker, 'c', 'queued');
    await closeTransport(worker);
    await expect(connect()).rejects.toThrow('not found');
    await worker.advance(10_000);
    expect(peer.receivedChunks).toEqual([]);
    expect(events(worker, 't')).toEqual([]);
  });

  it.each([
    ['waits for the INIT ACK', ChunkType.INIT],
    ['waits for the COOKIE ACK', ChunkType.COOKIE_ECHO],
  ])('ends an association that %s', async (_, missed) => {
    const { worker, connect, peer } = await unconnected();
    await consumeSctp(worker, 'c', 'app', ordered(0));
    peer.sees = type => type !== missed;
    await connect();
    await send(worker, 'c', 'queued');
    await worker.advance(100);
    events(worker, 't');
    await closeTransport(worker);
    const { length } = peer.receivedChunks;
    await worker.advance(60_000);
    expect(peer.receivedChunks.slice(length).filter(type => type !== ChunkType.ABORT)).toEqual([]);
    expect(events(worker, 't')).toEqual([]);
    expect(peer.messages).toEqual([]);
  });

  it('ends a connected association with data under way, with one ABORT', async () => {
    const { worker, peer } = await connected();
    await consumeSctp(worker, 'c', 'app', ordered(0));
    peer.sees = type => type !== ChunkType.I_DATA;
    await send(worker, 'c', 'x'.repeat(200_000));
    await worker.advance(10);
    const { length } = peer.receivedChunks;
    await closeTransport(worker);
    await worker.advance(60_000);
    expect(peer.receivedChunks.slice(length)).toEqual([ChunkType.ABORT]);
    expect(peer.states.at(-1)).toBe('closed');
    expect(events(worker, 't')).toEqual([]);
  });

  it('ends an association that is closed already', async () => {
    const { worker, peer } = await connected();
    peer.close();
    await worker.advance(100);
    expect(events(worker, 't')).toEqual(['closed']);
    const { length } = peer.receivedChunks;
    await closeTransport(worker);
    await worker.advance(60_000);
    expect(peer.receivedChunks.slice(length)).toEqual([]);
  });

  it('may happen in the middle of a reset', async () => {
    const { worker, peer } = await connected();
    await consumeSctp(worker, 'c', 'app', ordered(0));
    await send(worker, 'c', 'x');
    await worker.advance(100);
    peer.sees = type => type !== ChunkType.RE_CONFIG;
    await closeDataConsumer(worker, 'c');
    await worker.advance(10);
    peer.sees = () => true;
    await closeTransport(worker);
    await worker.advance(60_000);
    expect(peer.states.at(-1)).toBe('closed');
  });
});

describe('many streams', () => {
  it('do not get into each other’s way', async () => {
    const { worker, peer } = await connected();
    const count = 300;
    for (let stream = 0; stream < count; stream++) {
      await consumeSctp(worker, `c${stream}`, 'app', ordered(stream));
      await produceSctp(worker, `p${stream}`, 1000 + stream);
      await worker.request(Method.TRANSPORT_CONSUME_DATA, 'direct', consumeDataRequest(`o${stream}`, `p${stream}`));
    }
    inject(worker, 'to everybody');
    for (let stream = 0; stream < count; stream++) peer.send(1000 + stream, 51, `from ${stream}`);
    await worker.advance(5000);
    expect(peer.messages.sort()).toEqual(
      Array.from({ length: count }, (_, stream) => `${stream} 51 to everybody`).sort(),
    );
    for (let stream = 0; stream < count; stream++) {
      expect(events(worker, `o${stream}`)).toEqual([`51 from ${stream}`]);
    }
    for (let stream = 0; stream < count; stream++) await closeDataConsumer(worker, `c${stream}`);
    await worker.advance(5000);
    expect(peer.resets.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, stream) => stream));
  });

  it('have ids up to 65534', async () => {
    const { worker, peer } = await connected();
    await consumeSctp(worker, 'c', 'app', ordered(65_534));
    await expect(consumeSctp(worker, 'd', 'app', ordered(65_535))).rejects.toThrow(
      'streamId must not be greater than 65534',
    );
    inject(worker, 'x');
    await worker.advance(100);
    expect(peer.messages).toEqual(['65534 51 x']);
  });
});

describe('a PipeTransport', () => {
  async function pipe() {
    const worker = new TestWorker();
    await createRouter(worker);
    await createDirectTransport(worker, 'direct');
    await worker.request(Method.TRANSPORT_PRODUCE_DATA, 'direct', produceDataRequest('app'));
    const ends = [];
    for (const id of ['left', 'right']) ends.push((await createPipeTransport(worker, id, { sctp: true })).tuple);
    for (const [id, other] of [
      ['left', ends[1]],
      ['right', ends[0]],
    ] as const) {
      await worker.request(Method.PIPETRANSPORT_CONNECT, id, { ip: other.localAddress, port: other.localPort });
    }
    await produceSctp(worker, 'arriving', 0, 'right');
    return worker;
  }
  const consume = (worker: TestWorker, id: string, subchannels: number[]) =>
    worker.request(Method.TRANSPORT_CONSUME_DATA, 'direct', consumeDataRequest(id, 'arriving', { subchannels }));
  const sendTo = (
    worker: TestWorker,
    text: string,
    subchannels?: number[],
    requiredSubchannel?: number,
    ignoredSubchannel?: number,
  ) =>
    worker.notify(Event.DATAPRODUCER_SEND, 'app', {
      ppid: 51,
      data: Buffer.from(text),
      subchannels,
      requiredSubchannel,
      ignoredSubchannel,
    });

  it('carries subchannels with the messages', async () => {
    const worker = await pipe();
    await consumeSctp(worker, 'leaving', 'app', ordered(0), { transport: 'left' });
    await consume(worker, 'one', [1]);
    await consume(worker, 'two', [2]);
    await consume(worker, 'none', []);
    sendTo(worker, 'all');
    sendTo(worker, 'one', [1]);
    sendTo(worker, 'both', [1, 2]);
    sendTo(worker, 'two required', [], 2);
    sendTo(worker, 'two ignored', [], undefined, 2);
    await worker.advance(1000);
    expect(events(worker, 'one')).toEqual(['51 all', '51 one', '51 both', '51 two ignored']);
    expect(events(worker, 'two')).toEqual(['51 all', '51 both', '51 two required']);
    expect(events(worker, 'none')).toEqual(['51 all', '51 two ignored']);
    // The header in front of the payload does not count.
    const stats = await worker.request<FbsDataProducer.GetStatsResponse>(Method.DATAPRODUCER_GET_STATS, 'arriving');
    expect(stats.bytesReceived).toBe(BigInt('alloneboth'.length + 'two requiredtwo ignored'.length));
  });

  it('carries only what its DataConsumer subscribed to', async () => {
    const worker = await pipe();
    await consumeSctp(worker, 'leaving', 'app', ordered(0), { transport: 'left', subchannels: [2] });
    await consume(worker, 'both', [1, 2]);
    sendTo(worker, 'one', [1]);
    sendTo(worker, 'both', [1, 2]);
    sendTo(worker, 'one required', [2], 1);
    await worker.advance(1000);
    expect(events(worker, 'both')).toEqual(['51 both']);
  });
});
