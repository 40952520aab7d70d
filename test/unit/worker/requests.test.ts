import { describe, expect, it } from 'vitest';
import { Event } from '../../../src/channel/fbs/notification.js';
import { Method } from '../../../src/channel/fbs/request.js';
import * as FbsDataConsumer from '../../../src/channel/fbs/data-consumer.js';
import * as FbsDataProducer from '../../../src/channel/fbs/data-producer.js';
import type * as FbsRouter from '../../../src/channel/fbs/router.js';
import * as FbsSrtpParameters from '../../../src/channel/fbs/srtp-parameters.js';
import * as FbsTransport from '../../../src/channel/fbs/transport.js';
import type * as FbsWebRtcServer from '../../../src/channel/fbs/web-rtc-server.js';
import * as FbsWebRtcTransport from '../../../src/channel/fbs/web-rtc-transport.js';
import {
  consumeDataRequest,
  consumeRequest,
  createDirectTransport,
  createPipeTransport,
  createPlainTransport,
  createRouter,
  createWebRtcTransport,
  layers,
  listenInfo,
  produceDataRequest,
  produceRequest,
  streamParameters,
  transportOptions,
  webRtcTransportRequest,
  webRtcTransportWithServerRequest,
} from '../../support/requests.js';
import { ResponseError, TestWorker } from '../../support/test-worker.js';

/** A worker with one of everything. */
async function populated(): Promise<TestWorker> {
  const worker = new TestWorker();
  await createRouter(worker);
  await createPlainTransport(worker, 'plain');
  await createPipeTransport(worker, 'pipe');
  await createPlainTransport(worker, 'plain-srtp', { srtp: true, rtcpMux: false });
  await createPlainTransport(worker, 'sctp', {}, transportOptions({ enableSctp: true }));
  await createPipeTransport(worker, 'pipe-srtp', { srtp: true });
  await createDirectTransport(worker, 'direct');
  await createWebRtcTransport(worker, 'webrtc');
  await worker.request(Method.WORKER_CREATE_WEBRTCSERVER, '', {
    webRtcServerId: 'server',
    listenInfos: [listenInfo()],
  });
  await worker.request(
    Method.ROUTER_CREATE_WEBRTCTRANSPORT_WITH_SERVER,
    'router',
    webRtcTransportWithServerRequest('served', 'server'),
  );
  await worker.request(Method.TRANSPORT_PRODUCE, 'plain', produceRequest('producer', 1000));
  await worker.request(Method.TRANSPORT_CONSUME, 'plain', consumeRequest('consumer', 'producer', 1000, 5000));
  await worker.request(Method.TRANSPORT_PRODUCE_DATA, 'direct', produceDataRequest('data-producer'));
  await worker.request(Method.TRANSPORT_CONSUME_DATA, 'direct', consumeDataRequest('data-consumer', 'data-producer'));
  await worker.request(
    Method.TRANSPORT_CONSUME_DATA,
    'sctp',
    consumeDataRequest('sctp-consumer', 'data-producer', {
      type: FbsDataConsumer.Type.SCTP,
      sctpStreamParameters: streamParameters(7),
    }),
  );
  await worker.request(
    Method.TRANSPORT_PRODUCE_DATA,
    'sctp',
    produceDataRequest('sctp-producer', {
      type: FbsDataProducer.Type.SCTP,
      sctpStreamParameters: streamParameters(3),
    }),
  );
  await worker.request(Method.ROUTER_CREATE_ACTIVESPEAKEROBSERVER, 'router', {
    rtpObserverId: 'speaker',
    options: { interval: 300 },
  });
  await worker.request(Method.ROUTER_CREATE_AUDIOLEVELOBSERVER, 'router', {
    rtpObserverId: 'level',
    options: { maxEntries: 1, threshold: -80, interval: 1000 },
  });
  await worker.request(Method.RTPOBSERVER_ADD_PRODUCER, 'speaker', { producerId: 'producer' });
  return worker;
}

const dumps: [Method, string][] = [
  [Method.WORKER_DUMP, ''],
  [Method.ROUTER_DUMP, 'router'],
  [Method.WEBRTCSERVER_DUMP, 'server'],
  ...['plain', 'plain-srtp', 'sctp', 'pipe', 'pipe-srtp', 'direct', 'webrtc', 'served'].map((id): [Method, string] => [
    Method.TRANSPORT_DUMP,
    id,
  ]),
  [Method.PRODUCER_DUMP, 'producer'],
  [Method.CONSUMER_DUMP, 'consumer'],
  [Method.DATAPRODUCER_DUMP, 'data-producer'],
  [Method.DATACONSUMER_DUMP, 'data-consumer'],
  [Method.DATACONSUMER_DUMP, 'sctp-consumer'],
];

async function dumpAll(worker: TestWorker): Promise<unknown[]> {
  const all: unknown[] = [];
  for (const [method, id] of dumps) all.push(await worker.request(method, id));
  return all;
}

const webRtcConnect = (fingerprints: FbsWebRtcTransport.Fingerprint[]): object => ({
  dtlsParameters: { fingerprints, role: FbsWebRtcTransport.DtlsRole.AUTO },
});
const srtp = (
  suite: keyof typeof FbsSrtpParameters.SrtpCryptoSuite,
  length: number,
): FbsSrtpParameters.SrtpParameters => ({
  cryptoSuite: FbsSrtpParameters.SrtpCryptoSuite[suite],
  keyBase64: Buffer.alloc(length, 'k').toString('base64'),
});
const plainConnect = (ip?: string, port?: number, rtcpPort?: number, keys?: unknown) => ({
  ip,
  port,
  rtcpPort,
  srtpParameters: keys as never,
});
const pipeConnect = (ip: string, port?: number, keys?: unknown) => ({ ip, port, srtpParameters: keys as never });
const webRtcServer = (id: string, ...infos: FbsTransport.ListenInfo[]): object => ({
  webRtcServerId: id,
  listenInfos: infos,
});
const speaker = (id: string): object => ({ rtpObserverId: id, options: { interval: 300 } });
const level = (id: string, threshold: number): object => ({
  rtpObserverId: id,
  options: { maxEntries: 1, threshold, interval: 1000 },
});
const sctpStream = (streamId: number, ordered?: boolean, maxPacketLifeTime?: number, maxRetransmits?: number): object =>
  produceDataRequest('new', {
    type: FbsDataProducer.Type.SCTP,
    sctpStreamParameters: { streamId, ordered, maxPacketLifeTime, maxRetransmits },
  });

type Failure = [
  title: string,
  method: Method,
  handlerId: string,
  body: object | undefined,
  kind: string,
  reason: string,
];

const failures: Failure[] = [
  [
    'no such handler',
    Method.ROUTER_DUMP,
    'nobody',
    undefined,
    'NotFoundError',
    'Channel request handler with ID nobody not found [method:router.dump]',
  ],
  ['handler of another kind', Method.ROUTER_DUMP, 'plain', undefined, 'Error', "unknown method 'router.dump'"],
  [
    'method of another transport',
    Method.TRANSPORT_RESTART_ICE,
    'plain',
    undefined,
    'Error',
    "unknown method 'transport.restartIce'",
  ],
  ['method nobody has', Method.TRANSPORT_CONNECT, 'webrtc', undefined, 'Error', "unknown method 'transport.connect'"],

  [
    'worker: log level',
    Method.WORKER_UPDATE_SETTINGS,
    '',
    { logLevel: 'chicken', logTags: [] },
    'TypeError',
    "invalid value 'chicken' for logLevel",
  ],
  [
    'worker: router twice',
    Method.WORKER_CREATE_ROUTER,
    '',
    { routerId: 'router' },
    'Error',
    'a Router with same routerId already exists [method:worker.createRouter]',
  ],
  [
    'worker: id taken by another',
    Method.WORKER_CREATE_ROUTER,
    '',
    { routerId: 'plain' },
    'Error',
    'Channel request handler with ID plain already exists',
  ],
  [
    'worker: close no router',
    Method.WORKER_CLOSE_ROUTER,
    '',
    { routerId: 'x' },
    'NotFoundError',
    'Router not found [method:worker.closeRouter]',
  ],
  [
    'worker: server twice',
    Method.WORKER_CREATE_WEBRTCSERVER,
    '',
    webRtcServer('server', listenInfo()),
    'Error',
    'a WebRtcServer with same webRtcServerId already exists [method:worker.createWebRtcServer]',
  ],
  [
    'worker: server id taken',
    Method.WORKER_CREATE_WEBRTCSERVER,
    '',
    webRtcServer('router', listenInfo()),
    'Error',
    'Channel request handler with ID router already exists',
  ],
  [
    'worker: server without sockets',
    Method.WORKER_CREATE_WEBRTCSERVER,
    '',
    webRtcServer('x'),
    'TypeError',
    'wrong listenInfos (empty array)',
  ],
  [
    'worker: server with a wrong IP',
    Method.WORKER_CREATE_WEBRTCSERVER,
    '',
    webRtcServer('x', listenInfo(), listenInfo({ ip: 'chicken' })),
    'TypeError',
    "invalid IP 'chicken'",
  ],
  [
    'worker: server with a wrong range',
    Method.WORKER_CREATE_WEBRTCSERVER,
    '',
    webRtcServer('x', listenInfo({ portRange: { min: 2000, max: 1999 } })),
    'TypeError',
    'maxPort cannot be less than minPort',
  ],
  [
    'worker: close no server',
    Method.WORKER_WEBRTCSERVER_CLOSE,
    '',
    { webRtcServerId: 'x' },
    'NotFoundError',
    'WebRtcServer not found [method:worker.closeWebRtcServer]',
  ],

  [
    'router: transport twice',
    Method.ROUTER_CREATE_WEBRTCTRANSPORT,
    'router',
    webRtcTransportRequest('plain'),
    'Error',
    'a Transport with same id already exists [method:router.createWebRtcTransport]',
  ],
  [
    'router: transport id taken',
    Method.ROUTER_CREATE_WEBRTCTRANSPORT,
    'router',
    webRtcTransportRequest('producer'),
    'Error',
    'Channel request handler with ID producer already exists',
  ],
  [
    'router: transport with a wrong IP',
    Method.ROUTER_CREATE_WEBRTCTRANSPORT,
    'router',
    webRtcTransportRequest('x', [listenInfo({ ip: '1.2.3' })]),
    'TypeError',
    "invalid IP '1.2.3'",
  ],
  [
    'router: no such server',
    Method.ROUTER_CREATE_WEBRTCTRANSPORT_WITH_SERVER,
    'router',
    webRtcTransportWithServerRequest('x', 'y'),
    'Error',
    'wrong webRtcServerId (no associated WebRtcServer found)',
  ],
  [
    'router: no candidates',
    Method.ROUTER_CREATE_WEBRTCTRANSPORT_WITH_SERVER,
    'router',
    webRtcTransportWithServerRequest('x', 'server', { enableUdp: false }),
    'TypeError',
    'empty iceCandidates',
  ],
  [
    'router: close no transport',
    Method.ROUTER_CLOSE_TRANSPORT,
    'router',
    { transportId: 'x' },
    'NotFoundError',
    'Transport not found [method:router.closeTransport]',
  ],
  [
    'router: speaker observer twice',
    Method.ROUTER_CREATE_ACTIVESPEAKEROBSERVER,
    'router',
    speaker('level'),
    'Error',
    'an RtpObserver with same id already exists [method:router.createActiveSpeakerObserver]',
  ],
  [
    'router: level observer twice',
    Method.ROUTER_CREATE_AUDIOLEVELOBSERVER,
    'router',
    level('level', 0),
    'Error',
    'an RtpObserver with same id already exists [method:router.createAudioLevelObserver]',
  ],
  [
    'router: observer id taken',
    Method.ROUTER_CREATE_ACTIVESPEAKEROBSERVER,
    'router',
    speaker('plain'),
    'Error',
    'Channel request handler with ID plain already exists',
  ],
  [
    'router: threshold',
    Method.ROUTER_CREATE_AUDIOLEVELOBSERVER,
    'router',
    level('x', 1),
    'TypeError',
    'invalid threshold value 1',
  ],
  [
    'router: close no observer',
    Method.ROUTER_CLOSE_RTPOBSERVER,
    'router',
    { rtpObserverId: 'x' },
    'NotFoundError',
    'RtpObserver not found [method:router.closeRtpObserver]',
  ],

  [
    'transport: max incoming',
    Method.TRANSPORT_SET_MAX_INCOMING_BITRATE,
    'direct',
    { maxIncomingBitrate: 2n ** 63n - 1n },
    'TypeError',
    'bitrate must be <= 9223372036854775806 or 0 (unlimited)',
  ],
  [
    'transport: max outgoing',
    Method.TRANSPORT_SET_MAX_OUTGOING_BITRATE,
    'webrtc',
    { maxOutgoingBitrate: 1n },
    'TypeError',
    'bitrate must be >= 30000 or 0 (unlimited)',
  ],
  [
    'transport: min outgoing',
    Method.TRANSPORT_SET_MIN_OUTGOING_BITRATE,
    'webrtc',
    { minOutgoingBitrate: 1n },
    'TypeError',
    'bitrate must be >= 30000 or 0 (unlimited)',
  ],
  [
    'produce: twice',
    Method.TRANSPORT_PRODUCE,
    'plain',
    produceRequest('producer', 2000),
    'Error',
    'a Producer with same producerId already exists [method:transport.produce]',
  ],
  [
    'produce: id taken',
    Method.TRANSPORT_PRODUCE,
    'webrtc',
    produceRequest('producer', 2000),
    'Error',
    'Channel request handler with ID producer already exists',
  ],
  [
    'produce: SSRC taken',
    Method.TRANSPORT_PRODUCE,
    'plain',
    produceRequest('new', 1000),
    'Error',
    'ssrc already exists in RTP listener [ssrc:1000]',
  ],
  [
    'produce: no such kind',
    Method.TRANSPORT_PRODUCE,
    'plain',
    { ...produceRequest('new', 2000), kind: 2 },
    'TypeError',
    'invalid media kind',
  ],
  ['produce: no encodings', Method.TRANSPORT_PRODUCE, 'plain', withoutEncodings(), 'TypeError', 'empty encodings'],
  [
    'close no producer',
    Method.TRANSPORT_CLOSE_PRODUCER,
    'plain',
    { producerId: 'consumer' },
    'NotFoundError',
    'Producer not found [method:transport.closeProducer]',
  ],
  [
    'consume: twice',
    Method.TRANSPORT_CONSUME,
    'plain',
    consumeRequest('consumer', 'producer', 1000, 1),
    'Error',
    'a Consumer with same consumerId already exists [method:transport.consume]',
  ],
  [
    'consume: id taken',
    Method.TRANSPORT_CONSUME,
    'webrtc',
    consumeRequest('consumer', 'producer', 1000, 1),
    'Error',
    'Channel request handler with ID consumer already exists',
  ],
  [
    'consume: no such kind',
    Method.TRANSPORT_CONSUME,
    'plain',
    { ...consumeRequest('new', 'producer', 1000, 1), kind: 2 },
    'TypeError',
    'invalid media kind',
  ],
  [
    'consume: no producer',
    Method.TRANSPORT_CONSUME,
    'webrtc',
    consumeRequest('new', 'x', 1000, 1),
    'NotFoundError',
    'Producer not found [producerId:x]',
  ],
  [
    'close no consumer',
    Method.TRANSPORT_CLOSE_CONSUMER,
    'plain',
    { consumerId: 'producer' },
    'NotFoundError',
    'Consumer not found [method:transport.closeConsumer]',
  ],

  [
    'data: neither SCTP nor direct',
    Method.TRANSPORT_PRODUCE_DATA,
    'plain',
    produceDataRequest('new'),
    'Error',
    'SCTP not enabled and not a direct Transport',
  ],
  [
    'data: produce twice',
    Method.TRANSPORT_PRODUCE_DATA,
    'direct',
    produceDataRequest('data-producer'),
    'Error',
    'a DataProducer with same dataProducerId already exists [method:transport.produceData]',
  ],
  [
    'data: producer id taken',
    Method.TRANSPORT_PRODUCE_DATA,
    'direct',
    produceDataRequest('plain'),
    'Error',
    'Channel request handler with ID plain already exists',
  ],
  [
    'data: no stream',
    Method.TRANSPORT_PRODUCE_DATA,
    'sctp',
    produceDataRequest('new', { type: FbsDataProducer.Type.SCTP }),
    'TypeError',
    'missing sctpStreamParameters',
  ],
  [
    'data: SCTP on direct',
    Method.TRANSPORT_PRODUCE_DATA,
    'direct',
    sctpStream(1),
    'TypeError',
    "cannot create a DataProducer of type 'sctp', SCTP not enabled in this Transport",
  ],
  [
    'data: direct on SCTP',
    Method.TRANSPORT_PRODUCE_DATA,
    'sctp',
    produceDataRequest('new'),
    'TypeError',
    "cannot create a DataProducer of type 'direct', not a direct Transport",
  ],
  [
    'data: stream id',
    Method.TRANSPORT_PRODUCE_DATA,
    'sctp',
    sctpStream(65535),
    'TypeError',
    'streamId must not be greater than 65534',
  ],
  [
    'data: both limits',
    Method.TRANSPORT_PRODUCE_DATA,
    'sctp',
    sctpStream(1, undefined, 5, 5),
    'TypeError',
    'cannot provide both maxPacketLifeTime and maxRetransmits',
  ],
  [
    'data: ordered with a limit',
    Method.TRANSPORT_PRODUCE_DATA,
    'sctp',
    sctpStream(1, true, 5),
    'TypeError',
    'cannot be ordered with maxPacketLifeTime or maxRetransmits',
  ],
  [
    'data: stream taken',
    Method.TRANSPORT_PRODUCE_DATA,
    'sctp',
    sctpStream(3),
    'Error',
    'streamId already exists in SCTP listener [streamId:3]',
  ],
  [
    'data: consume twice',
    Method.TRANSPORT_CONSUME_DATA,
    'direct',
    consumeDataRequest('data-consumer', 'data-producer'),
    'Error',
    'a DataConsumer with same dataConsumerId already exists [method:transport.consumeData]',
  ],
  [
    'data: consumer stream taken',
    Method.TRANSPORT_CONSUME_DATA,
    'sctp',
    consumeDataRequest('new', 'data-producer', {
      type: FbsDataConsumer.Type.SCTP,
      sctpStreamParameters: streamParameters(7),
    }),
    'Error',
    'an SCTP DataConsumer with same streamId 7 already exists [method:transport.consumeData]',
  ],
  [
    'data: consume from nobody',
    Method.TRANSPORT_CONSUME_DATA,
    'direct',
    consumeDataRequest('new', 'x'),
    'NotFoundError',
    'DataProducer not found [dataProducerId:x]',
  ],
  [
    'data: close producer without data',
    Method.TRANSPORT_CLOSE_DATAPRODUCER,
    'plain',
    { dataProducerId: 'x' },
    'Error',
    'cannot close DataProducer, SCTP not enabled and not a direct Transport',
  ],
  [
    'data: close no producer',
    Method.TRANSPORT_CLOSE_DATAPRODUCER,
    'direct',
    { dataProducerId: 'x' },
    'NotFoundError',
    'DataProducer not found [method:transport.closeDataProducer]',
  ],
  [
    'data: close consumer without data',
    Method.TRANSPORT_CLOSE_DATACONSUMER,
    'plain',
    { dataConsumerId: 'x' },
    'Error',
    'cannot close DataConsumer, SCTP not enabled and not a direct Transport',
  ],
  [
    'data: close no consumer',
    Method.TRANSPORT_CLOSE_DATACONSUMER,
    'direct',
    { dataConsumerId: 'x' },
    'NotFoundError',
    'DataConsumer not found [method:transport.closeDataConsumer]',
  ],
  [
    'data: amount of a direct consumer',
    Method.DATACONSUMER_GET_BUFFERED_AMOUNT,
    'data-consumer',
    undefined,
    'TypeError',
    'invalid DataConsumer type',
  ],
  [
    'data: threshold of a direct consumer',
    Method.DATACONSUMER_SET_BUFFERED_AMOUNT_LOW_THRESHOLD,
    'data-consumer',
    { threshold: 1 },
    'TypeError',
    'invalid DataConsumer type',
  ],
  [
    'data: send to a direct consumer',
    Method.DATACONSUMER_SEND,
    'data-consumer',
    { ppid: 51, data: [1] },
    'TypeError',
    'invalid DataConsumer type',
  ],
  [
    'data: message too long',
    Method.DATACONSUMER_SEND,
    'sctp-consumer',
    { ppid: 51, data: new Array<number>(262145).fill(0) },
    'TypeError',
    'given message exceeds maxMessageSize value [maxMessageSize:262144, len:262145]',
  ],

  [
    'webrtc: no fingerprints',
    Method.WEBRTCTRANSPORT_CONNECT,
    'webrtc',
    webRtcConnect([]),
    'TypeError',
    'empty dtlsParameters.fingerprints array',
  ],
  [
    'plain: SRTP where there is none',
    Method.PLAINTRANSPORT_CONNECT,
    'plain',
    plainConnect('10.0.0.2', 1, undefined, srtp('AES_CM_128_HMAC_SHA1_80', 30)),
    'TypeError',
    'invalid srtpParameters (SRTP not enabled)',
  ],
  ['plain: no ip', Method.PLAINTRANSPORT_CONNECT, 'plain', plainConnect(undefined, 1), 'TypeError', 'missing ip'],
  [
    'plain: no port',
    Method.PLAINTRANSPORT_CONNECT,
    'plain',
    plainConnect('10.0.0.2', undefined),
    'TypeError',
    'missing port',
  ],
  [
    'plain: RTCP port with mux',
    Method.PLAINTRANSPORT_CONNECT,
    'plain',
    plainConnect('10.0.0.2', 1, 2),
    'TypeError',
    'cannot set rtcpPort with rtcpMux enabled',
  ],
  [
    'plain: wrong ip',
    Method.PLAINTRANSPORT_CONNECT,
    'plain',
    plainConnect('host', 1),
    'TypeError',
    "invalid IP 'host'",
  ],
  [
    'plain: no SRTP',
    Method.PLAINTRANSPORT_CONNECT,
    'plain-srtp',
    plainConnect('10.0.0.2', 1, 2),
    'TypeError',
    'missing srtpParameters (SRTP enabled)',
  ],
  [
    'plain: key length before ip',
    Method.PLAINTRANSPORT_CONNECT,
    'plain-srtp',
    plainConnect(undefined, 1, 2, srtp('AES_CM_128_HMAC_SHA1_80', 29)),
    'TypeError',
    'invalid decoded SRTP key length',
  ],
  [
    'plain: no RTCP port',
    Method.PLAINTRANSPORT_CONNECT,
    'plain-srtp',
    plainConnect('10.0.0.2', 1, undefined, srtp('AES_CM_128_HMAC_SHA1_80', 30)),
    'TypeError',
    'missing rtcpPort (required with rtcpMux disabled)',
  ],
  [
    'pipe: SRTP where there is none',
    Method.PIPETRANSPORT_CONNECT,
    'pipe',
    pipeConnect('10.0.0.2', 1, srtp('AEAD_AES_256_GCM', 44)),
    'TypeError',
    'invalid srtpParameters (SRTP not enabled)',
  ],
  [
    'pipe: no SRTP',
    Method.PIPETRANSPORT_CONNECT,
    'pipe-srtp',
    pipeConnect('10.0.0.2', 1),
    'TypeError',
    'missing srtpParameters (SRTP enabled)',
  ],
  [
    'pipe: suite',
    Method.PIPETRANSPORT_CONNECT,
    'pipe-srtp',
    pipeConnect('10.0.0.2', 1, srtp('AEAD_AES_128_GCM', 28)),
    'TypeError',
    'invalid/unsupported srtpParameters.cryptoSuite',
  ],
  [
    'pipe: key length',
    Method.PIPETRANSPORT_CONNECT,
    'pipe-srtp',
    pipeConnect('10.0.0.2', 1, srtp('AEAD_AES_256_GCM', 43)),
    'TypeError',
    'invalid decoded SRTP key length',
  ],
  [
    'pipe: no port',
    Method.PIPETRANSPORT_CONNECT,
    'pipe',
    pipeConnect('10.0.0.2', undefined),
    'TypeError',
    'missing port',
  ],
  ['pipe: wrong ip', Method.PIPETRANSPORT_CONNECT, 'pipe', pipeConnect('host', 1), 'TypeError', "invalid IP 'host'"],

  [
    'consumer: priority',
    Method.CONSUMER_SET_PRIORITY,
    'consumer',
    { priority: 0 },
    'TypeError',
    'wrong priority (must be higher than 0)',
  ],
  [
    'observer: no producer',
    Method.RTPOBSERVER_ADD_PRODUCER,
    'level',
    { producerId: 'x' },
    'NotFoundError',
    'Producer not found',
  ],
  [
    'observer: remove no producer',
    Method.RTPOBSERVER_REMOVE_PRODUCER,
    'level',
    { producerId: 'x' },
    'NotFoundError',
    'Producer not found',
  ],
  [
    'observer: speaker twice',
    Method.RTPOBSERVER_ADD_PRODUCER,
    'speaker',
    { producerId: 'producer' },
    'Error',
    'Producer already in map',
  ],
];

function withoutEncodings(): FbsTransport.ProduceRequest {
  const request = produceRequest('new', 2000);
  request.rtpParameters.encodings = [];
  return request;
}

describe('requests', () => {
  it('fail with the words of the reference, and change nothing', async () => {
    const worker = await populated();
    const before = await dumpAll(worker);
    for (const [title, method, handlerId, body, kind, reason] of failures) {
      const error: unknown = await worker.request(method, handlerId, body).catch((failure: unknown) => failure);
      expect([title, error]).toEqual([title, new ResponseError(kind, reason)]);
      expect([title, (error as ResponseError).kind]).toEqual([title, kind]);
    }
    expect(await dumpAll(worker)).toEqual(before);
    // Ports and ids of what failed are free.
    await worker.request(Method.TRANSPORT_PRODUCE, 'plain', produceRequest('new', 2000));
    await createWebRtcTransport(worker, 'x');
  });

  it('succeed where they should, with or without a body', async () => {
    const worker = await populated();
    const succeed = (method: Method, handlerId: string, body?: object) => worker.request(method, handlerId, body);
    await succeed(Method.WORKER_UPDATE_SETTINGS, '', { logLevel: 'debug', logTags: ['ice'] });
    expect(await succeed(Method.WORKER_GET_RESOURCE_USAGE, '')).toHaveProperty('ruMaxrss');
    for (const transport of ['plain', 'sctp', 'pipe', 'direct', 'webrtc', 'served']) {
      await succeed(Method.TRANSPORT_GET_STATS, transport);
      await succeed(Method.TRANSPORT_SET_MAX_INCOMING_BITRATE, transport, { maxIncomingBitrate: 9n });
      await succeed(Method.TRANSPORT_ENABLE_TRACE_EVENT, transport, { events: [FbsTransport.TraceEventType.BWE] });
    }
    await succeed(Method.PRODUCER_GET_STATS, 'producer');
    await succeed(Method.PRODUCER_PAUSE, 'producer');
    await succeed(Method.PRODUCER_RESUME, 'producer');
    await succeed(Method.CONSUMER_GET_STATS, 'consumer');
    await succeed(Method.CONSUMER_PAUSE, 'consumer');
    await succeed(Method.CONSUMER_RESUME, 'consumer');
    await succeed(Method.CONSUMER_REQUEST_KEY_FRAME, 'consumer');
    await succeed(Method.CONSUMER_SET_PREFERRED_LAYERS, 'consumer', { preferredLayers: layers(1) });
    expect(await succeed(Method.CONSUMER_SET_PRIORITY, 'consumer', { priority: 3 })).toEqual({ priority: 3 });
    for (const observer of ['speaker', 'level']) {
      await succeed(Method.RTPOBSERVER_PAUSE, observer);
      await succeed(Method.RTPOBSERVER_RESUME, observer);
    }
    await succeed(Method.RTPOBSERVER_ADD_PRODUCER, 'level', { producerId: 'producer' });
    await succeed(Method.RTPOBSERVER_REMOVE_PRODUCER, 'level', { producerId: 'producer' });
    const restarted = await worker.request<FbsTransport.RestartIceResponse>(Method.TRANSPORT_RESTART_ICE, 'served');
    const server = await worker.request<FbsWebRtcServer.DumpResponse>(Method.WEBRTCSERVER_DUMP, 'server');
    expect(server.localIceUsernameFragments.map(one => one.localIceUsernameFragment)).toContain(
      restarted.usernameFragment,
    );
    expect(server.localIceUsernameFragments).toHaveLength(2);
  });

  it('close everything, and leave no handler behind', async () => {
    const worker = await populated();
    await worker.request(Method.WORKER_WEBRTCSERVER_CLOSE, '', { webRtcServerId: 'server' });
    await worker.request(Method.ROUTER_CLOSE_RTPOBSERVER, 'router', { rtpObserverId: 'level' });
    await worker.request(Method.ROUTER_CLOSE_TRANSPORT, 'router', { transportId: 'plain' });
    const { transportIds } = await worker.request<FbsRouter.DumpResponse>(Method.ROUTER_DUMP, 'router');
    expect(transportIds).not.toContain('served');
    await worker.request(Method.WORKER_CLOSE_ROUTER, '', { routerId: 'router' });
    expect(await worker.request(Method.WORKER_DUMP, '')).toEqual({
      pid: 4711,
      webRtcServerIds: [],
      routerIds: [],
      channelMessageHandlers: { channelRequestHandlers: [], channelNotificationHandlers: [] },
    });
    expect(worker.core.memory.slotsInUse).toBe(0);
    // The ids may be used again.
    await createRouter(worker);
  });

  it('are answered in the order in which they came, however long one takes', async () => {
    const worker = new TestWorker();
    await createRouter(worker);
    worker.order.length = 0;
    const tcp = listenInfo({ protocol: FbsTransport.Protocol.TCP });
    await Promise.all([
      worker.request(Method.ROUTER_CREATE_WEBRTCTRANSPORT, 'router', webRtcTransportRequest('a', [tcp, tcp])),
      worker.request(Method.WORKER_DUMP, ''),
      worker.request(Method.TRANSPORT_DUMP, 'a'),
      worker.request(Method.ROUTER_CLOSE_TRANSPORT, 'router', { transportId: 'a' }),
      worker.request(Method.TRANSPORT_DUMP, 'a').catch(() => {}),
    ]);
    expect(worker.order).toEqual(['#2', '#3', '#4', '#5', '#6']);
  });
});

describe('the channel', () => {
  it('begins with the pid', async () => {
    const worker = new TestWorker();
    await worker.advance(0);
    expect(worker.notifications).toEqual([{ handlerId: '4711', event: 'WORKER_RUNNING', body: undefined }]);
  });

  it('outlives garbage, unknown events and bodies that do not belong to the method', async () => {
    const worker = await populated();
    worker.sendRaw(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    worker.notify(Event.WORKER_RUNNING, '');
    worker.notify(Event.PRODUCER_SEND, 'nobody');
    worker.notify(Event.DATAPRODUCER_SEND, 'data-producer');
    await expect(worker.request(Method.WORKER_CREATE_ROUTER, '')).rejects.toThrow(
      'missing or wrong body [method:worker.createRouter]',
    );
    await worker.request(Method.WORKER_DUMP, '');
    expect(worker.logs.length).toBeGreaterThanOrEqual(4);
  });

  it('ends with WORKER_CLOSE', async () => {
    const worker = await populated();
    worker.notify(Event.WORKER_CLOSE, '');
    await worker.advance(0);
    expect([worker.closedReason, worker.channelClosed]).toEqual(['requested', true]);
  });

  it('ends when the other side goes', async () => {
    const worker = await populated();
    worker.closeChannel();
    await worker.advance(0);
    expect(worker.closedReason).toBe('channelClosed');
  });
});
