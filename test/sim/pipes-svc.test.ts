import { beforeAll, describe, expect, it } from 'vitest';
import { type Consumer, type ConsumerScore } from '../../src/api/types/consumer.js';
import { type Producer } from '../../src/api/types/producer.js';
import { type Router } from '../../src/api/types/router.js';
import { type RtpParameters } from '../../src/api/types/rtp-parameters.js';
import { Simulation } from '../../src/testing/simulation.js';
import { type UdpSocket } from '../../src/worker/runtime.js';
import { frame as descriptorOf, structure } from '../unit/rtp/codecs/support.js';
import { capabilitiesWithoutCongestionControl } from './support/capabilities.js';
import { pipe } from './support/pipe.js';
import { isRtcp, publisherSocket } from './support/rtcp-listener.js';
import { parseRtp, Unwrapper } from './support/rtp-reader.js';
import { SimulatedWorker } from './support/simulated-worker.js';

/**
 * A publisher of SVC at one worker, which sends key pictures only when asked. One receiver is there, too, another one at a
 * worker behind a pipe: each layer change of the latter that needs a key picture has to ask for it across the pipe.
 */

const [LOCAL_WORKER, REMOTE_WORKER, PUBLISHER] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
const RECEIVERS = ['10.0.1.1', '10.0.1.2'];
const SSRC = 1111;
const FRAME_INTERVAL = 40;
const SPATIAL_LAYERS = 3;
const DESCRIPTOR_ID = 8;

/** One packet for each spatial layer of a picture. */
interface SentPacket {
  number: number;
  spatialLayer: number;
  temporalLayer: number;
  isKey: boolean;
}

interface Codec {
  mimeType: `video/${string}`;
  scalabilityMode: string;
  headerExtensions: RtpParameters['headerExtensions'];
  /** Header extensions and payload. */
  write: (packet: SentPacket) => { extensions: number[]; payload: number[] };
  /** Whether it is sent to who prefers these layers. */
  isWanted: (packet: SentPacket, spatialLayer: number, temporalLayer: number) => boolean;
}

/** All templates of an AV1 stream L3T2. */
const templates = Array.from({ length: SPATIAL_LAYERS * 2 }, (_, i): [number, number] => [i >> 1, i & 1]);

const codecs: Record<string, Codec> = {
  'VP9 with dependencies between spatial layers in key pictures only': {
    mimeType: 'video/VP9',
    scalabilityMode: 'L3T2_KEY',
    headerExtensions: [],
    // RFC 9628 §4.2: I P L B E, picture id of 15 bits, layers with a switching up point, TL0PICIDX.
    write: ({ number, spatialLayer, temporalLayer, isKey }) => ({
      extensions: [],
      payload: [
        isKey ? 0xac : 0xec,
        0x80 | ((number >> 8) & 0x7f),
        number & 0xff,
        (temporalLayer << 5) | 0x10 | (spatialLayer << 1),
        number & 0xff,
      ],
    }),
    isWanted: (packet, spatialLayer, temporalLayer) =>
      packet.temporalLayer <= temporalLayer &&
      (packet.isKey ? packet.spatialLayer <= spatialLayer : packet.spatialLayer === spatialLayer),
  },
  AV1: {
    mimeType: 'video/AV1',
    scalabilityMode: 'L3T2',
    headerExtensions: [
      {
        uri: 'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension',
        id: DESCRIPTOR_ID,
      },
    ],
    write: ({ spatialLayer, temporalLayer, isKey }) => {
      const isFirst = isKey && spatialLayer === 0;
      const text = isFirst ? structure(templates) : descriptorOf(2 * spatialLayer + temporalLayer, 'SE');
      const descriptor = [...Buffer.from(text, 'hex')];
      return { extensions: [DESCRIPTOR_ID, descriptor.length, ...descriptor], payload: [0x10] };
    },
    isWanted: (packet, spatialLayer, temporalLayer) =>
      packet.spatialLayer <= spatialLayer && packet.temporalLayer <= temporalLayer,
  },
};

class Publisher {
  readonly sent: SentPacket[] = [];
  pli = 0;
  stopped = false;
  readonly #socket: UdpSocket;
  readonly #codec: Codec;
  readonly #port: number;
  #keyFrameNeeded = true;
  #frame = 0;

  constructor(world: Simulation, codec: Codec, port: number) {
    this.#codec = codec;
    this.#port = port;
    const runtime = world.createRuntime('publisher', PUBLISHER);
    this.#socket = publisherSocket(runtime, PUBLISHER, () => {
      this.pli++;
      this.#keyFrameNeeded = true;
    });
    const sendFrame = (): void => {
      if (this.stopped) return;
      runtime.clock.after(FRAME_INTERVAL, sendFrame);
      const isKey = this.#keyFrameNeeded;
      this.#keyFrameNeeded = false;
      for (let spatialLayer = 0; spatialLayer < SPATIAL_LAYERS; spatialLayer++) this.#send(isKey, spatialLayer);
      this.#frame++;
    };
    sendFrame();
  }

  #send(isKey: boolean, spatialLayer: number): void {
    const temporalLayer = isKey ? 0 : this.#frame % 2;
    const sent = { number: this.#frame, spatialLayer, temporalLayer, isKey };
    this.sent.push(sent);
    const { extensions, payload } = this.#codec.write(sent);
    const words = Math.ceil(extensions.length / 4);
    const packet = new Uint8Array(12 + 4 + 4 * words + payload.length + 100);
    const view = new DataView(packet.buffer);
    packet.set([0x90, 96 | (spatialLayer === SPATIAL_LAYERS - 1 ? 0x80 : 0)]);
    view.setUint16(2, (65_000 + this.sent.length) & 0xffff);
    view.setUint32(4, this.#frame * FRAME_INTERVAL * 90);
    view.setUint32(8, SSRC);
    // RFC 8285 §4.3: the form with two bytes.
    view.setUint16(12, 0x1000);
    view.setUint16(14, words);
    packet.set(extensions, 16);
    packet.set(payload, 16 + 4 * words);
    // Which packet it is.
    view.setUint32(packet.length - 4, this.sent.length - 1);
    this.#socket.send(packet, 0, packet.length, this.#socket.remoteAddress(LOCAL_WORKER, this.#port));
  }
}

interface Received {
  at: number;
  /** Index in what was sent. */
  index: number;
  seq: number;
  marker: boolean;
}

interface Subscriber {
  consumer: Consumer;
  received: Received[];
  layers: { at: number; current: string }[];
  scores: ConsumerScore[];
  /** When each preference began. */
  begins: number[];
  /** How many key pictures were asked for within 2 s. */
  asked: number[];
}

/** Which layers are preferred. */
const PREFERENCES: [spatialLayer: number, temporalLayer: number][] = [
  [0, 1],
  [2, 1],
  [1, 0],
  [2, 0],
  [0, 0],
  [1, 1],
];

describe.each(Object.entries(codecs))('%s behind a pipe', (_, codec) => {
  const subscribers: Subscriber[] = [];
  let publisher: Publisher;
  let pipeProducer: Producer;

  beforeAll(async () => {
    const world = new Simulation({ seed: 3 });
    const local = await SimulatedWorker.start(world, LOCAL_WORKER);
    const remote = await SimulatedWorker.start(world, REMOTE_WORKER);
    world.network.setPath(LOCAL_WORKER, REMOTE_WORKER, { latency: 20 });
    const settle = <T>(promise: Promise<T>): Promise<T> => local.settle(promise);
    const { mimeType, scalabilityMode, headerExtensions } = codec;
    const mediaCodecs = [{ kind: 'video', mimeType, clockRate: 90_000 }] as const;
    const router = await settle(local.api.createRouter({ mediaCodecs: [...mediaCodecs] }));
    const remoteRouter = await settle(remote.api.createRouter({ mediaCodecs: [...mediaCodecs] }));
    const publishing = await settle(
      router.createPlainTransport({ listenInfo: { protocol: 'udp', ip: LOCAL_WORKER }, comedia: true }),
    );
    const rtcpFeedback = [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }];
    const rtpParameters: RtpParameters = {
      codecs: [{ mimeType, payloadType: 96, clockRate: 90_000, rtcpFeedback }],
      headerExtensions,
      encodings: [{ ssrc: SSRC, scalabilityMode }],
    };
    const producer = await settle(publishing.produce({ kind: 'video', rtpParameters }));
    pipeProducer = await pipe(producer, [local, router], [remote, remoteRouter]);
    await subscribe(router, LOCAL_WORKER, RECEIVERS[0]);
    await subscribe(remoteRouter, REMOTE_WORKER, RECEIVERS[1]);
    publisher = new Publisher(world, codec, publishing.tuple.localPort);
    // Layers that came with the first picture are noticed within 1.5 s.
    await world.time.advanceAsync(2000);
    for (const [spatialLayer, temporalLayer] of PREFERENCES) {
      // One after the other, so that the one's key pictures do not serve the other.
      for (const { consumer, begins, asked } of subscribers) {
        publisher.pli = 0;
        begins.push(world.time.now());
        await settle(consumer.setPreferredLayers({ spatialLayer, temporalLayer }));
        await world.time.advanceAsync(2000);
        asked.push(publisher.pli);
      }
    }
    publisher.stopped = true;
    await world.time.advanceAsync(100);
    await local.close();
    await remote.close();

    async function subscribe(at: Router, workerIp: string, ip: string): Promise<void> {
      const subscriber: Omit<Subscriber, 'consumer'> = { received: [], layers: [], scores: [], begins: [], asked: [] };
      const seqs = new Unwrapper(16);
      const onDatagram = (bytes: Uint8Array): void => {
        if (isRtcp(bytes)) return;
        const { bytes: copy, payloadOffset, payloadLength, sequenceNumber, marker } = parseRtp(bytes);
        const index = new DataView(copy.buffer, copy.byteOffset).getUint32(payloadOffset + payloadLength - 4);
        subscriber.received.push({ at: world.time.now(), index, seq: seqs.unwrap(sequenceNumber), marker });
      };
      const socket = world.createRuntime(`receiver ${ip}`, ip).udp.bind({ ip, port: 0 }, { onDatagram });
      const transport = await settle(at.createPlainTransport({ listenInfo: { protocol: 'udp', ip: workerIp } }));
      await settle(transport.connect({ ip, port: socket.port }));
      const rtpCapabilities = capabilitiesWithoutCongestionControl(at);
      const consumer = await settle(transport.consume({ producerId: producer.id, rtpCapabilities }));
      consumer.on('layerschange', layers => {
        subscriber.layers.push({ at: world.time.now(), current: `${layers?.spatialLayer}.${layers?.temporalLayer}` });
      });
      consumer.on('score', score => subscriber.scores.push({ ...score, producerScores: [...score.producerScores] }));
      subscribers.push({ consumer, ...subscriber });
    }
  });

  it('is a Producer of the same type, whose Consumers are, too', () => {
    expect(pipeProducer.type).toBe('svc');
    expect(subscribers.map(({ consumer }) => consumer.type)).toEqual(['svc', 'svc']);
  });

  it('is sent in the preferred layers, all of them and nothing else, half a second later at the latest', () => {
    for (const { received, begins } of subscribers) {
      for (const [index, [spatialLayer, temporalLayer]] of PREFERENCES.entries()) {
        const [from, to] = [begins[index] + 500, begins[index] + 2000];
        const got = received.filter(({ at }) => at >= from && at < to).map(packet => packet.index);
        const sent = publisher.sent.slice(got[0], got.at(-1)! + 1);
        const wanted = sent.filter(packet => codec.isWanted(packet, spatialLayer, temporalLayer));
        expect(got.map(one => publisher.sent[one])).toEqual(wanted);
        expect(got.length).toBeGreaterThan(15);
      }
    }
  });

  it('is continuous, and each picture ends with a marker', () => {
    for (const { received } of subscribers) {
      const steps = received.slice(1).map(({ seq }, index) => seq - received[index].seq);
      expect(new Set(steps)).toEqual(new Set([1]));
      const isLast = received.slice(1).map((next, index) => {
        return publisher.sent[next.index].number !== publisher.sent[received[index].index].number;
      });
      expect(received.slice(0, -1).map(({ marker }) => marker)).toEqual(isLast);
    }
  });

  it('has a key picture asked for wherever one is needed', () => {
    const isNeeded = PREFERENCES.map(([spatialLayer], index) => {
      const [before] = PREFERENCES[index - 1] ?? [2];
      return codec.scalabilityMode.endsWith('_KEY') ? spatialLayer !== before : spatialLayer > before;
    });
    for (const { asked } of subscribers) expect(asked.map(count => count > 0)).toEqual(isNeeded);
  });

  it('tells of layers and scores as a local one does', () => {
    for (const { layers, begins } of subscribers) {
      const inTheEnd = begins.map(begin => layers.findLast(({ at }) => at < begin + 2000)!.current);
      expect(inTheEnd).toEqual(PREFERENCES.map(([spatialLayer, temporalLayer]) => `${spatialLayer}.${temporalLayer}`));
    }
    const [near, far] = subscribers;
    expect(far.scores).toEqual(near.scores);
    expect(far.scores.at(-1)).toMatchObject({ score: 10, producerScores: [10] });
  });
});
