import { type Consumer } from '../../../src/api/types/consumer.js';
import { type Producer } from '../../../src/api/types/producer.js';
import { type RouterRtpCodecCapability, type RtpParameters } from '../../../src/api/types/rtp-parameters.js';
import { type RtpPacket } from '../../../src/rtp/rtp-packet.js';
import { Simulation } from '../../../src/testing/simulation.js';
import { capabilitiesWithoutCongestionControl } from './capabilities.js';
import { type RecordedDatagram } from '../../../src/testing/rtp-dump.js';
import { type Capture } from './capture.js';
import { repeatCapture } from './capture-repeater.js';
import { pipe } from './pipe.js';
import { isRtcp } from './rtcp-listener.js';
import { parseRtp } from './rtp-reader.js';
import { SimulatedWorker } from './simulated-worker.js';

const [WORKER, PUBLISHER, SUBSCRIBER, OTHER_WORKER] = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'];

export interface Layers {
  spatialLayer: number;
  temporalLayer: number;
}

export interface ReceivedPacket {
  /** ms */
  at: number;
  packet: RtpPacket;
  /** Of a publisher's packet: whether it came by RTX only. */
  isRepair: boolean;
}

export interface PlayedCapture {
  /** What the publisher sent. */
  datagrams: RecordedDatagram[];
  /** What a Consumer for each choice of layers got. */
  outputs: { layers: Layers; received: ReceivedPacket[] }[];
  /** What Consumers got whose preferred layers changed. */
  switched: ReceivedPacket[][];
}

/** Which layers a Consumer prefers from when on. */
export type Switches = [at: number, layers: Layers][];

/**
 * Plays a capture twice in virtual time to a Router, the second time as if the browser had gone on, with Consumers of one
 * of its Producers.
 *
 * @param isPiped whether the Consumers are in a Router of another worker, to which the Producer is piped
 */
export async function playCapture(
  capture: Capture,
  producerIndex: number,
  switches: Switches[] = [],
  isPiped = false,
): Promise<PlayedCapture> {
  const world = new Simulation({ seed: 1 });
  const worker = await SimulatedWorker.start(world, WORKER);
  const router = await worker.settle(worker.api.createRouter({ mediaCodecs: mediaCodecsOf(capture) }));
  const listenInfo = { protocol: 'udp', ip: WORKER } as const;
  const publishing = await worker.settle(router.createPlainTransport({ listenInfo, comedia: true }));
  const producers: Producer[] = [];
  for (const { kind, rtpParameters } of capture.producers) {
    producers.push(await worker.settle(publishing.produce({ kind, rtpParameters })));
  }
  const publisher = world.createRuntime('publisher', PUBLISHER);
  const socket = publisher.udp.bind({ ip: PUBLISHER, port: 0 }, { onDatagram: () => {} });
  const remote = socket.remoteAddress(WORKER, publishing.tuple.localPort);

  const otherWorker = await SimulatedWorker.start(world, OTHER_WORKER);
  const otherRouter = await worker.settle(otherWorker.api.createRouter({ mediaCodecs: mediaCodecsOf(capture) }));
  if (isPiped) await pipe(producers[producerIndex], [worker, router], [otherWorker, otherRouter]);
  const consuming = isPiped ? otherRouter : router;

  const received: ReceivedPacket[] = [];
  const onDatagram = (bytes: Uint8Array, _: unknown, at: number): void => {
    if (!isRtcp(bytes)) received.push({ at, packet: parseRtp(bytes), isRepair: false });
  };
  const subscriber = world.createRuntime('subscriber', SUBSCRIBER);
  const sink = subscriber.udp.bind({ ip: SUBSCRIBER, port: 0 }, { onDatagram });
  const subscribing = await worker.settle(
    consuming.createPlainTransport({ listenInfo: { protocol: 'udp', ip: isPiped ? OTHER_WORKER : WORKER } }),
  );
  await worker.settle(subscribing.connect({ ip: SUBSCRIBER, port: sink.port }));
  const subscribe = (preferredLayers?: Layers): Promise<Consumer> => {
    const rtpCapabilities = capabilitiesWithoutCongestionControl(consuming);
    const { id: producerId } = producers[producerIndex];
    return worker.settle(subscribing.consume({ producerId, rtpCapabilities, preferredLayers }));
  };
  const consumers: [Layers, Consumer][] = [];
  for (const layers of choices(capture.producers[producerIndex].rtpParameters)) {
    consumers.push([layers, await subscribe(layers)]);
  }
  const switching: Consumer[] = [];
  for (const _ of switches) switching.push(await subscribe());

  const datagrams = [...capture.datagrams, ...repeatCapture(capture)];
  const start = world.time.now();
  for (const { at, bytes } of datagrams) world.time.at(start + at, () => socket.send(bytes, 0, bytes.length, remote));
  for (const [index, changes] of switches.entries()) {
    for (const [at, layers] of changes) {
      world.time.at(start + at, () => void switching[index].setPreferredLayers(layers));
    }
  }
  await world.time.advanceAsync(2 * capture.duration + 1000);
  await worker.close();
  await otherWorker.close();

  const ofConsumer = ({ rtpParameters }: Consumer): ReceivedPacket[] =>
    received.filter(({ packet }) => packet.ssrc === rtpParameters.encodings![0].ssrc);
  return {
    datagrams,
    outputs: consumers.map(([layers, consumer]) => ({ layers, received: ofConsumer(consumer) })),
    switched: switching.map(ofConsumer),
  };
}

function mediaCodecsOf({ producers }: Capture): RouterRtpCodecCapability[] {
  return producers.map(({ kind, rtpParameters: { codecs } }) => {
    const [{ mimeType, clockRate, channels, parameters }] = codecs;
    return { kind, mimeType, clockRate, channels, parameters } as RouterRtpCodecCapability;
  });
}

/** All layers that can be preferred. */
export function choices({ encodings = [] }: RtpParameters): Layers[] {
  const [, spatial, temporal] = /^[LS](\d)T(\d)/.exec(encodings[0].scalabilityMode ?? 'L1T1')!.map(Number);
  const spatialLayers = encodings.length > 1 ? encodings.length : spatial;
  return Array.from({ length: spatialLayers * temporal }, (_, i) => ({
    spatialLayer: Math.floor(i / temporal),
    temporalLayer: i % temporal,
  }));
}
