import wrtc from '@roamhq/wrtc';
import { Device, type types as client } from 'mediasoup-client';
import { setInterval as every } from 'node:timers';
import { createWorker, type types } from 'tsfu';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { mediaCodecs, until } from './support/router.js';

// mediasoup-client takes libwebrtc from the globals, as in a browser.
Object.assign(globalThis, {
  RTCPeerConnection: wrtc.RTCPeerConnection,
  MediaStream: wrtc.MediaStream,
  MediaStreamTrack: wrtc.MediaStreamTrack,
});
const { RTCAudioSink, RTCAudioSource, RTCVideoSink, RTCVideoSource } = wrtc.nonstandard;

const [width, height] = [320, 240];
let worker: types.Worker;
let router: types.Router;
let device: Device;
const cleanUps: (() => void)[] = [];

beforeAll(async () => {
  worker = await createWorker({ logLevel: 'warn' });
});

beforeEach(async () => {
  router = await worker.createRouter({ mediaCodecs });
  device = await Device.factory({ handlerName: 'Chrome111' });
  await device.load({ routerRtpCapabilities: router.rtpCapabilities as client.RtpCapabilities });
});

afterEach(() => {
  for (const cleanUp of cleanUps.splice(0).reverse()) cleanUp();
  router.close();
});

afterAll(() => worker.close());

describe.each(['client', 'server'] as const)('libwebrtc as DTLS %s', role => {
  it('sends video and receives it back', async () => {
    const { consumer } = await loop(role, videoTrack());
    const sizes: string[] = [];
    const sink = new RTCVideoSink(consumer.track);
    sink.onframe = ({ frame }: { frame: { width: number; height: number } }) =>
      sizes.push(`${frame.width}x${frame.height}`);
    cleanUps.push(() => sink.stop());
    await until(() => sizes.length > 20);
    expect(new Set(sizes)).toEqual(new Set([`${width}x${height}`]));
  });

  it('sends audio and receives it back', async () => {
    const { consumer } = await loop(role, audioTrack());
    let loudest = 0;
    const sink = new RTCAudioSink(consumer.track);
    sink.ondata = ({ samples }: { samples: Int16Array }) => (loudest = Math.max(loudest, ...samples));
    cleanUps.push(() => sink.stop());
    await until(() => loudest > 1000);
  });
});

it('stops and goes on when a Producer is paused and resumed', async () => {
  const { consumer, producer } = await loop('client', videoTrack());
  let frames = 0;
  const sink = new RTCVideoSink(consumer.track);
  sink.onframe = () => frames++;
  cleanUps.push(() => sink.stop());
  await until(() => frames > 5);

  await producer.pause();
  let before = -1;
  await until(() => {
    const same = frames === before;
    before = frames;
    return same;
  }, 200);
  expect(producer.paused).toBe(true);

  await producer.resume();
  await until(() => frames > before + 5);
});

it('goes on after an ICE restart', async () => {
  const { consumer, sending, serverSending } = await loop('client', videoTrack());
  let frames = 0;
  const sink = new RTCVideoSink(consumer.track);
  sink.onframe = () => frames++;
  cleanUps.push(() => sink.stop());
  await until(() => frames > 5);

  const { usernameFragment } = serverSending.iceParameters;
  await sending.restartIce({ iceParameters: await serverSending.restartIce() });
  expect(serverSending.iceParameters.usernameFragment).not.toBe(usernameFragment);
  const before = frames;
  await until(() => frames > before + 10);
});

it('repairs what is asked for: a resumed Consumer starts with a key frame', async () => {
  const { consumer, serverConsumer, producer } = await loop('client', videoTrack());
  let frames = 0;
  const sink = new RTCVideoSink(consumer.track);
  sink.onframe = () => frames++;
  cleanUps.push(() => sink.stop());
  await until(() => frames > 5);
  await serverConsumer.pause();
  const pliCount = async (): Promise<number> => (await producer.getStats())[0].pliCount;
  const before = await pliCount();
  const seen = frames;
  await serverConsumer.resume();
  await until(async () => (await pliCount()) > before);
  await until(() => frames > seen + 5);
});

it.each([
  ['ordered', {}],
  ['unordered', { ordered: false }],
  ['unordered, sent at most four times', { ordered: false, maxRetransmits: 3 }],
  ['unordered, worth sending for a second', { ordered: false, maxPacketLifeTime: 1000 }],
])('sends messages through a data channel: %s', async (_, options) => {
  const { dataProducer, serverDataConsumer, dataConsumer } = await dataLoop(options);
  const received: string[] = [];
  dataConsumer.on('message', message =>
    received.push(typeof message === 'string' ? message : Buffer.from(message as ArrayBuffer).toString('hex')),
  );
  const sent: string[] = [];
  for (let number = 0; number < 100; number++) {
    dataProducer.send(number % 2 === 0 ? `text ${number}` : Buffer.of(number));
    sent.push(number % 2 === 0 ? `text ${number}` : Buffer.of(number).toString('hex'));
  }
  await until(() => received.length === sent.length);
  expect(received).toEqual(sent);
  expect(await serverDataConsumer.getStats()).toMatchObject([
    { label: 'label', protocol: 'protocol', messagesSent: 100 },
  ]);
});

it('closes a data channel where it is received when it is closed where it is sent', async () => {
  const { dataProducer, serverDataProducer, dataConsumer } = await dataLoop();
  dataProducer.close();
  serverDataProducer.close();
  // The worker resets the stream, so that the other browser knows without signalling.
  await until(() => dataConsumer.readyState === 'closed');
});

it('refuses a peer whose fingerprint is another one, and the next peer does not notice', async () => {
  const transport = await createTransport();
  const states: string[] = [];
  transport.on('dtlsstatechange', state => states.push(state));
  const sending = device.createSendTransport(parametersOf(transport, 'client'));
  cleanUps.push(() => sending.close());
  sending.on('connect', ({ dtlsParameters }, done, failed) => {
    const value = dtlsParameters.fingerprints[0].value.replace(/^../, pair => (pair === '00' ? '01' : '00'));
    const fingerprints = [{ ...dtlsParameters.fingerprints[0], value }] as types.DtlsFingerprint[];
    transport.connect({ dtlsParameters: { ...dtlsParameters, fingerprints } }).then(done, failed);
  });
  sending.on('produce', (_parameters, done) => done({ id: 'none' }));
  await sending.produce({ track: videoTrack() });
  await until(() => states.includes('failed'));
  expect(states).not.toContain('connected');

  const { consumer } = await loop('client', videoTrack());
  let frames = 0;
  const sink = new RTCVideoSink(consumer.track);
  sink.onframe = () => frames++;
  cleanUps.push(() => sink.stop());
  await until(() => frames > 5);
});

/** Sends a track to the worker and receives it back over a second transport. */
async function loop(role: types.DtlsRole, track: MediaStreamTrack) {
  const serverSending = await createTransport();
  const serverReceiving = await createTransport();
  const sending = device.createSendTransport(parametersOf(serverSending, role));
  // mediasoup-client answers as DTLS client wherever it receives.
  const receiving = device.createRecvTransport(parametersOf(serverReceiving, 'client'));
  cleanUps.push(() => sending.close());
  cleanUps.push(() => receiving.close());
  connect(sending, serverSending);
  connect(receiving, serverReceiving);
  let producer!: types.Producer;
  sending.on('produce', ({ kind, rtpParameters }, done, failed) => {
    serverSending
      .produce({ kind, rtpParameters: rtpParameters })
      .then(created => done({ id: (producer = created).id }), failed);
  });
  await sending.produce({ track });
  const serverConsumer = await serverReceiving.consume({
    producerId: producer.id,
    rtpCapabilities: device.recvRtpCapabilities,
    paused: true,
  });
  const consumer = await receiving.consume({
    id: serverConsumer.id,
    producerId: producer.id,
    kind: serverConsumer.kind,
    rtpParameters: serverConsumer.rtpParameters as client.RtpParameters,
  });
  await serverConsumer.resume();
  await until(() => serverReceiving.dtlsState === 'connected');
  // The worker takes the role that the peer leaves.
  expect(serverSending.dtlsParameters.role).toBe(role === 'client' ? 'server' : 'client');
  return { sending, serverSending, producer, serverConsumer, consumer };
}

/** Sends data to the worker and receives it back over a second transport. */
async function dataLoop(options: client.DataProducerOptions = {}) {
  const serverSending = await createTransport();
  const serverReceiving = await createTransport();
  const sending = device.createSendTransport(parametersOf(serverSending, 'client'));
  const receiving = device.createRecvTransport(parametersOf(serverReceiving, 'client'));
  cleanUps.push(() => sending.close());
  cleanUps.push(() => receiving.close());
  connect(sending, serverSending);
  connect(receiving, serverReceiving);
  let serverDataProducer!: types.DataProducer;
  sending.on('producedata', ({ sctpStreamParameters, label, protocol }, done, failed) => {
    serverSending
      .produceData({ sctpStreamParameters: sctpStreamParameters as types.SctpStreamParameters, label, protocol })
      .then(created => done({ id: (serverDataProducer = created).id }), failed);
  });
  const dataProducer = await sending.produceData({ label: 'label', protocol: 'protocol', ...options });
  const serverDataConsumer = await serverReceiving.consumeData({ dataProducerId: serverDataProducer.id });
  const dataConsumer = await receiving.consumeData({
    id: serverDataConsumer.id,
    dataProducerId: serverDataProducer.id,
    sctpStreamParameters: serverDataConsumer.sctpStreamParameters!,
    label: serverDataConsumer.label,
    protocol: serverDataConsumer.protocol,
  });
  await until(() => dataProducer.readyState === 'open' && dataConsumer.readyState === 'open');
  return { dataProducer, serverDataProducer, serverDataConsumer, dataConsumer };
}

function createTransport(): Promise<types.WebRtcTransport> {
  return router.createWebRtcTransport({ listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }], enableSctp: true });
}

/** What the client is told; that the worker has the other role makes it take this one. */
function parametersOf(transport: types.WebRtcTransport, role: types.DtlsRole): client.TransportOptions {
  const { id, iceParameters, iceCandidates, dtlsParameters, sctpParameters } = transport;
  const workerRole = role === 'client' ? 'server' : 'client';
  return {
    id,
    iceParameters,
    iceCandidates,
    dtlsParameters: { ...dtlsParameters, role: workerRole },
    sctpParameters,
  };
}

function connect(transport: client.Transport, server: types.WebRtcTransport): void {
  transport.on('connect', ({ dtlsParameters }, done, failed) => {
    server.connect({ dtlsParameters: dtlsParameters }).then(done, failed);
  });
}

/** A bar that moves through the picture. */
function videoTrack(): MediaStreamTrack {
  const source = new RTCVideoSource();
  let count = 0;
  const timer = every(() => {
    const data = new Uint8Array((width * height * 3) / 2).fill(128);
    const left = count++ % width;
    for (let y = 0; y < height; y++) data.fill(235, y * width + left, y * width + Math.min(width, left + 20));
    source.onFrame({ width, height, data });
  }, 33);
  cleanUps.push(() => clearInterval(timer));
  return source.createTrack();
}

/** A tone of 440 Hz. */
function audioTrack(): MediaStreamTrack {
  const source = new RTCAudioSource();
  const [sampleRate, numberOfFrames] = [48000, 480];
  let position = 0;
  const timer = every(() => {
    const samples = new Int16Array(numberOfFrames);
    for (let i = 0; i < numberOfFrames; i++) {
      samples[i] = 12000 * Math.sin((2 * Math.PI * 440 * position++) / sampleRate);
    }
    source.onData({ samples, sampleRate, bitsPerSample: 16, channelCount: 1, numberOfFrames });
  }, 10);
  cleanUps.push(() => clearInterval(timer));
  return source.createTrack();
}
