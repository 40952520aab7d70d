import { expect, it } from 'vitest';
import { type Consumer, type ConsumerScore } from '../../src/api/types/consumer.js';
import { type Producer } from '../../src/api/types/producer.js';
import { type Router } from '../../src/api/types/router.js';
import { type RtpParameters } from '../../src/api/types/rtp-parameters.js';
import { Simulation } from '../../src/testing/simulation.js';
import { capabilitiesWithoutCongestionControl } from './support/capabilities.js';
import { pipe } from './support/pipe.js';
import { SimulatedWorker } from './support/simulated-worker.js';
import { VideoPublisher } from './support/video-publisher.js';
import { VideoReceiver } from './support/video-receiver.js';

/** A simulcast publisher at one worker. One receiver is there, too, another one at a worker behind a pipe. */

const [LOCAL_WORKER, REMOTE_WORKER, PUBLISHER] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
const RECEIVERS = ['10.0.1.1', '10.0.1.2'];
const mediaCodecs = [{ kind: 'video', mimeType: 'video/VP8', clockRate: 90_000 }] as const;

const rtpParameters: RtpParameters = {
  codecs: [
    {
      mimeType: 'video/VP8',
      payloadType: 96,
      clockRate: 90_000,
      rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }],
    },
    { mimeType: 'video/rtx', payloadType: 97, clockRate: 90_000, parameters: { apt: 96 } },
  ],
  encodings: [
    { ssrc: 1111, rtx: { ssrc: 2111 } },
    { ssrc: 1112, rtx: { ssrc: 2112 } },
    { ssrc: 1113, rtx: { ssrc: 2113 } },
  ],
};

/** A Consumer, and which layers it received, each change noted with its time in seconds. */
interface Subscriber {
  consumer: Consumer;
  received: [at: number, layer: number][];
  scores: ConsumerScore[];
  /** Spatial layers of `layerschange`. */
  layers: (number | undefined)[];
}

it('a simulcast Producer behind a pipe is as good as a local one: layers, scores, repair', async () => {
  const world = new Simulation({ seed: 3 });
  const local = await SimulatedWorker.start(world, LOCAL_WORKER);
  const remote = await SimulatedWorker.start(world, REMOTE_WORKER);
  world.network.setPath(LOCAL_WORKER, REMOTE_WORKER, { latency: 5 });
  const settle = <T>(promise: Promise<T>): Promise<T> => local.settle(promise);
  const router = await settle(local.api.createRouter({ mediaCodecs: [...mediaCodecs] }));
  const remoteRouter = await settle(remote.api.createRouter({ mediaCodecs: [...mediaCodecs] }));
  const publishing = await settle(
    router.createPlainTransport({ listenInfo: { protocol: 'udp', ip: LOCAL_WORKER }, comedia: true }),
  );
  const producer = await settle(publishing.produce({ kind: 'video', rtpParameters }));
  const pipeProducer = await pipe(producer, [local, router], [remote, remoteRouter]);

  const subscribers = [
    await subscribe(router, producer, LOCAL_WORKER, RECEIVERS[0]),
    await subscribe(remoteRouter, pipeProducer, REMOTE_WORKER, RECEIVERS[1]),
  ];
  const publisher = new VideoPublisher(world.createRuntime('publisher', PUBLISHER), {
    ip: PUBLISHER,
    streams: rtpParameters.encodings!.map((encoding, index) => ({
      ssrc: encoding.ssrc!,
      rtxSsrc: encoding.rtx!.ssrc,
      packetsPerFrame: index + 1,
    })),
  });
  publisher.start(LOCAL_WORKER, publishing.tuple.localPort);
  await world.time.advanceAsync(10_000);
  for (const spatialLayer of [0, 1, 2]) {
    // One after the other, so that the one's key frames do not serve the other.
    for (const { consumer } of subscribers) {
      await settle(consumer.setPreferredLayers({ spatialLayer }));
      await world.time.advanceAsync(3000);
    }
  }
  const inSameLayerAt = world.time.now();
  // What the publisher loses now, both Producers miss.
  world.network.setPath(PUBLISHER, LOCAL_WORKER, { loss: 0.1 });
  await world.time.advanceAsync(5000);
  world.network.setPath(PUBLISHER, LOCAL_WORKER, { loss: 0 });
  await world.time.advanceAsync(5000);
  publisher.stop();
  await world.time.advanceAsync(3000);

  const [near, far] = subscribers;
  const changes = ({ received }: Subscriber): number[] =>
    received.filter(([, layer], index) => layer !== received[index - 1]?.[1]).map(([, layer]) => layer);
  expect(changes(near).slice(-3)).toEqual([0, 1, 2]);
  expect(changes(far).slice(-3)).toEqual([0, 1, 2]);
  // The layers it told of, the last one being none: the streams have ended.
  for (const { layers } of subscribers) expect(layers.slice(-4)).toEqual([0, 1, 2, undefined]);
  expect(pipeProducer.type).toBe('simulcast');
  expect(far.consumer.type).toBe('simulcast');
  // Streams that send nothing any more die, on both sides.
  for (const { scores } of subscribers) {
    expect(scores.some(({ producerScores }) => producerScores.every(score => score === 10))).toBe(true);
    expect(scores.at(-1)!.producerScores).toEqual([0, 0, 0]);
  }
  // The Producer's score falls with what is lost on its way; on the pipe nothing is.
  const worst = ({ scores }: Subscriber): number =>
    Math.min(...scores.filter(({ producerScore }) => producerScore > 0).map(({ producerScore }) => producerScore));
  expect([worst(near) < 10, worst(far)]).toEqual([true, 10]);
  // What was lost came again, so both got the same number of packets while the layer was the same.
  const inTheEnd = ({ received }: Subscriber): number => received.filter(([at]) => at > inSameLayerAt).length;
  expect(Math.abs(inTheEnd(near) - inTheEnd(far))).toBeLessThan(10);
  await local.close();
  await remote.close();

  async function subscribe(at: Router, source: Producer, workerIp: string, ip: string): Promise<Subscriber> {
    const transport = await settle(at.createPlainTransport({ listenInfo: { protocol: 'udp', ip: workerIp } }));
    const rtpCapabilities = capabilitiesWithoutCongestionControl(at);
    const consumer = await settle(transport.consume({ producerId: source.id, rtpCapabilities, enableRtx: true }));
    const {
      codecs: [media, rtx],
      encodings: [encoding] = [],
    } = consumer.rtpParameters;
    const subscriber: Subscriber = { consumer, received: [], scores: [], layers: [] };
    consumer.on('layerschange', layers => subscriber.layers.push(layers?.spatialLayer));
    consumer.on('score', score => subscriber.scores.push({ ...score, producerScores: [...score.producerScores] }));
    const receiver = new VideoReceiver(world.createRuntime(`receiver ${ip}`, ip), {
      ip,
      ssrc: encoding.ssrc!,
      rtxSsrc: encoding.rtx!.ssrc,
      payloadType: media.payloadType,
      rtxPayloadType: rtx.payloadType,
      onPacket: ({ bytes, payloadOffset }) => subscriber.received.push([world.time.now(), bytes[payloadOffset + 7]]),
    });
    receiver.connect(workerIp, transport.tuple.localPort);
    await settle(transport.connect({ ip, port: receiver.socket.port }));
    return subscriber;
  }
});
