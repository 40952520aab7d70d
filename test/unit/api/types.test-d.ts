/** Nothing here runs: tsc checks that it compiles, and that what must not compile does not. */
import * as mediasoupClient from 'mediasoup-client';
import type * as reference from 'mediasoup/types';
import * as mediasoup from '../../../src/index.js';
import { EnhancedEventEmitter, enhancedOnce } from '../../../src/extras.js';
import type { types } from '../../../src/index.js';
import type { AppData, Consumer, ConsumerEvents, Either, RouterRtpCodecCapability } from '../../../src/types.js';

const expectType = <T>(_value: T): void => {};

export async function anApplicationOfTheReference(): Promise<void> {
  const mediaCodecs: types.RouterRtpCodecCapability[] = [
    { kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 },
    { kind: 'video', mimeType: 'video/VP8', clockRate: 90000, parameters: { 'x-google-start-bitrate': 1000 } },
  ];
  type PeerData = { peerId: string };
  const settings: types.WorkerSettings<PeerData> = {
    logLevel: 'warn',
    logTags: ['info', 'ice'],
    appData: { peerId: 'x' },
  };
  const worker: types.Worker<PeerData> = await mediasoup.createWorker<PeerData>(settings);
  expectType<string>(worker.appData.peerId);
  worker.on('died', error => expectType<Error>(error));
  worker.on('subprocessclose', () => {});
  worker.on('listenererror', (eventName, error) => [expectType<string>(eventName), expectType<Error>(error)]);
  worker.observer.once('newrouter', router => expectType<types.Router>(router));
  mediasoup.observer.on('newworker', one => one.observer.on('newrouter', router => router.close()));
  const router = await worker.createRouter<PeerData>({ mediaCodecs, appData: { peerId: 'x' } });
  await worker.createRouter();
  const webRtcServer = await worker.createWebRtcServer({
    listenInfos: [{ protocol: 'udp', ip: '0.0.0.0', announcedAddress: 'a' }],
  });

  const transport = await router.createWebRtcTransport({ webRtcServer, enableSctp: true });
  transport.observer.on('newproducer', producer => expectType<types.Producer>(producer));
  transport.on('icestatechange', state => expectType<types.IceState>(state));
  transport.on('dtlsstatechange', state => state === 'failed');
  transport.on('trace', trace => expectType<types.TransportTraceEventType>(trace.type));
  const { id, iceParameters, iceCandidates, dtlsParameters, sctpParameters } = transport;
  const device = new mediasoupClient.Device();
  // The client's type knows one header extension by another URI.
  await device.load({ routerRtpCapabilities: router.rtpCapabilities as mediasoupClient.types.RtpCapabilities });
  device.createRecvTransport({
    id,
    iceParameters,
    iceCandidates,
    dtlsParameters,
    sctpParameters: sctpParameters,
  });

  const producer = await transport.produce<PeerData>({
    kind: 'video',
    rtpParameters: {
      codecs: [{ mimeType: 'video/VP8', payloadType: 96, clockRate: 90000 }],
      encodings: [{ rid: 'a' }],
    },
    appData: { peerId: 'x' },
  });
  producer.on('score', score => expectType<types.ProducerScore[]>(score));
  producer.on('videoorientationchange', ({ rotation }) => expectType<number>(rotation));
  const consumer = await transport.consume({ producerId: producer.id, rtpCapabilities: router.rtpCapabilities });
  await transport.consume({
    producerId: producer.id,
    rtpCapabilities: device.rtpCapabilities,
  });
  router.canConsume({
    producerId: producer.id,
    rtpCapabilities: device.rtpCapabilities,
  });
  consumer.on('layerschange', layers => expectType<types.ConsumerLayers | undefined>(layers));
  consumer.on('rtp', packet => expectType<Buffer>(packet));
  await enhancedOnce<ConsumerEvents>(consumer, 'producerpause');
  for (const stat of await consumer.getStats()) if (stat.type === 'inbound-rtp') expectType<number>(stat.bitrate);

  const plain = await router.createPlainTransport({ listenIp: { ip: '1.1.1.1', announcedIp: 'a' }, port: 5 });
  await plain.connect({ ip: '1.1.1.1', port: 3, rtcpPort: 4 });
  await router.createPlainTransport({ listenInfo: { protocol: 'udp', ip: '::1' }, rtcpMux: false, comedia: true });
  const other = await worker.createRouter({ mediaCodecs });
  const { pipeConsumer } = await router.pipeToRouter({ producerId: producer.id, router: other });
  expectType<Consumer | undefined>(pipeConsumer);
  const direct = await router.createDirectTransport();
  direct.on('rtcp', packet => expectType<Buffer>(packet));
  const dataConsumer = await direct.consumeData({ dataProducerId: 'x' });
  dataConsumer.on('message', (message, ppid) => [expectType<Buffer>(message), expectType<number>(ppid)]);
  const levels = await router.createAudioLevelObserver({ maxEntries: 1, threshold: -60 });
  levels.on('volumes', volumes => volumes.forEach(({ producer: one, volume }) => [one.id, expectType<number>(volume)]));
  const rtpObserver: types.RtpObserver = levels;
  await rtpObserver.addProducer({ producerId: producer.id });
  const transports: types.Transport[] = [transport, plain, direct];
  for (const one of transports) await one.enableTraceEvent(['bwe']);
  try {
    await router.dump();
  } catch (error) {
    if (error instanceof mediasoup.errors.WorkerClosedError) mediasoup.setLogEventListeners({ onerror: () => {} });
  }
}

/** What is written against the reference's types takes our objects. */
export function isAssignable(ours: {
  worker: types.Worker;
  router: types.Router;
  webRtcServer: types.WebRtcServer;
  webRtcTransport: types.WebRtcTransport;
  plainTransport: types.PlainTransport;
  pipeTransport: types.PipeTransport;
  directTransport: types.DirectTransport;
  producer: types.Producer;
  consumer: types.Consumer;
  dataProducer: types.DataProducer;
  dataConsumer: types.DataConsumer;
  activeSpeakerObserver: types.ActiveSpeakerObserver;
  audioLevelObserver: types.AudioLevelObserver;
  rtpCapabilities: types.RtpCapabilities;
}): void {
  const theirs: {
    worker: reference.Worker;
    router: reference.Router;
    webRtcServer: reference.WebRtcServer;
    webRtcTransport: reference.WebRtcTransport;
    plainTransport: reference.PlainTransport;
    pipeTransport: reference.PipeTransport;
    directTransport: reference.DirectTransport;
    producer: reference.Producer;
    consumer: reference.Consumer;
    dataProducer: reference.DataProducer;
    dataConsumer: reference.DataConsumer;
    activeSpeakerObserver: reference.ActiveSpeakerObserver;
    audioLevelObserver: reference.AudioLevelObserver;
    rtpCapabilities: reference.RtpCapabilities;
  } = ours;
  void theirs;
}

/** Options of the reference's types are ours too. */
export function optionsAreAssignable(theirs: {
  webRtcTransport: Omit<reference.WebRtcTransportOptions, 'webRtcServer'> & {
    listenInfos: reference.TransportListenInfo[];
  };
  plainTransport: reference.PlainTransportOptions;
  pipeTransport: reference.PipeTransportOptions;
  producer: reference.ProducerOptions;
  consumer: reference.ConsumerOptions;
  dataProducer: reference.DataProducerOptions;
  dataConsumer: reference.DataConsumerOptions;
  worker: reference.WorkerSettings;
}): void {
  const ours: {
    plainTransport: types.PlainTransportOptions;
    pipeTransport: types.PipeTransportOptions;
    producer: types.ProducerOptions;
    consumer: types.ConsumerOptions;
    dataProducer: types.DataProducerOptions;
    dataConsumer: types.DataConsumerOptions;
    worker: types.WorkerSettings;
  } = theirs;
  void ours;
}

export async function whatMustNotCompile(worker: types.Worker, router: types.Router): Promise<void> {
  // @ts-expect-error -- a MIME type of another kind
  expectType<RouterRtpCodecCapability>({ kind: 'audio', mimeType: 'video/VP8', clockRate: 90000 });
  // @ts-expect-error -- no MIME type
  expectType<RouterRtpCodecCapability>({ kind: 'video', mimeType: 'VP8', clockRate: 90000 });
  // @ts-expect-error -- the same, where it is mostly written
  await worker.createRouter({ mediaCodecs: [{ kind: 'video', mimeType: 'audio/opus', clockRate: 48000 }] });
  // @ts-expect-error -- no clock rate
  await worker.createRouter({ mediaCodecs: [{ kind: 'audio', mimeType: 'audio/opus' }] });
  // @ts-expect-error -- no such event
  worker.on('dead', () => {});
  // @ts-expect-error -- not what the event tells
  worker.on('died', (code: number) => code);
  // @ts-expect-error -- an event of another transport
  (await router.createDirectTransport()).on('tuple', () => {});
  // @ts-expect-error -- no such log level
  await worker.updateSettings({ logLevel: 'verbose' });
  // @ts-expect-error -- nowhere to listen
  await router.createWebRtcTransport({ enableSctp: true });
  // @ts-expect-error -- two places to listen
  await router.createPlainTransport({ listenInfo: { protocol: 'udp', ip: '::' }, listenIp: '::' });
  // @ts-expect-error -- no protocol
  await router.createPlainTransport({ listenInfo: { ip: '::' } });
  // @ts-expect-error -- no such crypto suite
  await router.createPlainTransport({ listenInfo: { protocol: 'udp', ip: '::' }, srtpCryptoSuite: 'FOO' });
  // @ts-expect-error -- only getters
  router.id = 'x';
  // @ts-expect-error -- appData is an object
  router.appData = 3;
  // @ts-expect-error -- an application's type of appData
  await worker.createRouter<{ a: string }>({ appData: { a: 1 } });
  // @ts-expect-error -- a trace type that consumers do not have
  await ({} as Consumer).enableTraceEvent(['sr']);
  // @ts-expect-error -- both
  expectType<Either<{ a: number }, { b: number }>>({ a: 1, b: 1 });
  // @ts-expect-error -- not the arguments of the event
  new EnhancedEventEmitter<{ foo: [number] }>().emit('foo', 'x');
  expectType<AppData>({ anything: 1 });
}

export async function closing(worker: types.Worker): Promise<void> {
  await using one = worker;
  using router = await one.createRouter();
  expectType<string>(router.id);
}
