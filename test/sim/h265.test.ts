import { describe, expect, it } from 'vitest';
import { type Consumer } from '../../src/api/types/consumer.js';
import { type Router } from '../../src/api/types/router.js';
import { type RtpParameters } from '../../src/api/types/rtp-parameters.js';
import { Simulation } from '../../src/testing/simulation.js';
import { capabilitiesWithoutCongestionControl } from './support/capabilities.js';
import { isRtcp, readRtcp } from './support/rtcp-listener.js';
import { parseRtp } from './support/rtp-reader.js';
import { SimulatedWorker } from './support/simulated-worker.js';

/**
 * H265 as Chromium and Safari send it (RFC 7798): parameter sets in an aggregation packet or alone, large pictures in
 * fragmentation units, small ones alone, and two temporal layers.
 */

const [WORKER, PUBLISHER, RECEIVER] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
const SSRC = 1111;
const FRAME_INTERVAL = 40;

const parameters = { 'profile-id': 1, 'tier-flag': 0, 'level-id': 120, 'tx-mode': 'SRST' };

const rtpParameters = (scalabilityMode: string): RtpParameters => ({
  codecs: [
    {
      mimeType: 'video/H265',
      payloadType: 49,
      clockRate: 90_000,
      parameters,
      rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }],
    },
  ],
  encodings: [{ ssrc: SSRC, scalabilityMode }],
});

/** NAL unit types (H.265 table 7-1) and packet types (RFC 7798 §4.4). */
const [TRAIL_N, TRAIL_R, TSA_N, IDR, VPS, SPS, PPS, AGGREGATION, FRAGMENTATION] = [0, 1, 2, 19, 32, 33, 34, 48, 49];

const header = (type: number, temporalLayer = 0): number[] => [type << 1, temporalLayer + 1];
const nalUnit = (type: number, temporalLayer: number, number: number): number[] => [
  ...header(type, temporalLayer),
  number >> 8,
  number & 0xff,
  ...Array<number>(60).fill(type),
];

function fragments(type: number, temporalLayer: number, number: number): number[][] {
  const parts = [0x80, 0, 0x40];
  return parts.map(flag => [
    ...header(FRAGMENTATION, temporalLayer),
    flag | type,
    ...nalUnit(type, temporalLayer, number),
  ]);
}

/** How a publisher packs the payloads of a picture. */
interface Packing {
  /** Whether a decoder may take up the higher layer at any of its pictures. */
  switchingPoints: boolean;
  key: (number: number) => number[][];
  delta: (temporalLayer: number, number: number) => number[][];
}

const parameterSets = (number: number): number[][] => [VPS, SPS, PPS].map(type => nalUnit(type, 0, number));

const packings: Record<string, Packing> = {
  'parameter sets in one packet, pictures in fragments': {
    switchingPoints: true,
    key: number => [
      [...header(AGGREGATION), ...parameterSets(number).flatMap(unit => [0, unit.length, ...unit])],
      ...fragments(IDR, 0, number),
    ],
    delta: (layer, number) => fragments(layer === 0 ? TRAIL_R : TSA_N, layer, number),
  },
  'NAL units one by one': {
    switchingPoints: true,
    key: number => [...parameterSets(number), nalUnit(IDR, 0, number)],
    delta: (layer, number) => [nalUnit(layer === 0 ? TRAIL_R : TSA_N, layer, number)],
  },
  'a key picture in the packet of its parameter sets, layers without switching points': {
    switchingPoints: false,
    key: number => [
      [
        ...header(AGGREGATION),
        ...[...parameterSets(number), nalUnit(IDR, 0, number)].flatMap(unit => [0, unit.length, ...unit]),
      ],
    ],
    delta: (layer, number) => [nalUnit(layer === 0 ? TRAIL_R : TRAIL_N, layer, number)],
  },
};

interface Sent {
  payload: number[];
  temporalLayer: number;
  isKey: boolean;
}

/** Sends every second picture in temporal layer 1, and a key picture when asked for one. */
class Publisher {
  readonly sent: Sent[] = [];
  pli = 0;
  paused = false;
  #keyFrameNeeded = true;
  #number = 0;
  #seq = 65_500;

  constructor(world: Simulation, packing: Packing, port: number) {
    const runtime = world.createRuntime('publisher', PUBLISHER);
    const socket = runtime.udp.bind(
      { ip: PUBLISHER, port: 0 },
      {
        onDatagram: bytes => {
          if (!isRtcp(bytes)) return;
          readRtcp(bytes, {
            onPli: () => {
              this.pli++;
              this.#keyFrameNeeded = true;
            },
          });
        },
      },
    );
    const remote = socket.remoteAddress(WORKER, port);
    const sendPicture = (): void => {
      runtime.clock.after(FRAME_INTERVAL, sendPicture);
      if (this.paused) return;
      const isKey = this.#keyFrameNeeded;
      this.#keyFrameNeeded = false;
      const number = this.#number++;
      const temporalLayer = isKey ? 0 : number % 2;
      const payloads = isKey ? packing.key(number) : packing.delta(temporalLayer, number);
      payloads.forEach((payload, index) => {
        this.sent.push({ payload, temporalLayer, isKey: isKey && index === 0 });
        const packet = new Uint8Array(12 + payload.length);
        const view = new DataView(packet.buffer);
        packet.set([0x80, 49 | (index === payloads.length - 1 ? 0x80 : 0)]);
        view.setUint16(2, this.#seq++ & 0xffff);
        view.setUint32(4, number * FRAME_INTERVAL * 90);
        view.setUint32(8, SSRC);
        packet.set(payload, 12);
        socket.send(packet, 0, packet.length, remote);
      });
    };
    sendPicture();
  }
}

interface Received {
  seq: number;
  marker: boolean;
  payload: number[];
}

async function receive(world: Simulation, worker: SimulatedWorker, router: Router, producerId: string) {
  const runtime = world.createRuntime('receiver', RECEIVER);
  const received: Received[] = [];
  const onDatagram = (bytes: Uint8Array): void => {
    if (isRtcp(bytes)) return;
    const packet = parseRtp(bytes);
    const payload = [...packet.bytes.subarray(packet.payloadOffset, packet.payloadOffset + packet.payloadLength)];
    received.push({ seq: packet.sequenceNumber, marker: packet.marker, payload });
  };
  const socket = runtime.udp.bind({ ip: RECEIVER, port: 0 }, { onDatagram });
  const transport = await worker.settle(router.createPlainTransport({ listenInfo: { protocol: 'udp', ip: WORKER } }));
  await worker.settle(transport.connect({ ip: RECEIVER, port: socket.port }));
  const consumer: Consumer = await worker.settle(
    transport.consume({ producerId, rtpCapabilities: capabilitiesWithoutCongestionControl(router) }),
  );
  return { consumer, received };
}

describe.each(Object.entries(packings))('H265 through a Router: %s', (_, packing) => {
  async function start(scalabilityMode: string) {
    const world = new Simulation({ seed: 1 });
    // So that pictures are on their way while a key frame is asked for.
    world.network.setPath(PUBLISHER, WORKER, { latency: 100 });
    const worker = await SimulatedWorker.start(world, WORKER);
    const router = await worker.settle(
      worker.api.createRouter({
        mediaCodecs: [{ kind: 'video', mimeType: 'video/H265', clockRate: 90_000, parameters: { 'level-id': 180 } }],
      }),
    );
    const publishing = await worker.settle(
      router.createPlainTransport({ listenInfo: { protocol: 'udp', ip: WORKER }, comedia: true }),
    );
    const producer = await worker.settle(
      publishing.produce({ kind: 'video', rtpParameters: rtpParameters(scalabilityMode) }),
    );
    const publisher = new Publisher(world, packing, publishing.tuple.localPort);
    // The receiver comes in the middle.
    await world.time.advanceAsync(990);
    expect(publisher.pli).toBe(0);
    const keyFramesBefore = publisher.sent.filter(({ isKey }) => isKey).length;
    const { consumer, received } = await receive(world, worker, router, producer.id);
    /** Lets time pass, and then all arrive. */
    const advance = async (ms: number): Promise<void> => {
      publisher.paused = false;
      await world.time.advanceAsync(ms);
      publisher.paused = true;
      await world.time.advanceAsync(300);
    };
    return { advance, worker, publisher, consumer, received, keyFramesBefore };
  }

  const isContinuous = (received: Received[]): boolean =>
    received.every(({ seq }, index) => index === 0 || ((seq - received[index - 1].seq) & 0xffff) === 1);

  it('a Consumer begins with the key frame that it causes, and then gets all', async () => {
    const { advance, worker, publisher, consumer, received, keyFramesBefore } = await start('L1T1');
    expect(consumer.type).toBe('simple');
    expect(consumer.rtpParameters.codecs[0]).toMatchObject({ mimeType: 'video/H265', parameters });
    await advance(2000);
    expect(publisher.pli).toBe(1);
    const keyFrames = publisher.sent.filter(({ isKey }) => isKey);
    expect(keyFrames).toHaveLength(keyFramesBefore + 1);
    const begin = publisher.sent.lastIndexOf(keyFrames.at(-1)!);
    expect(received.map(({ payload }) => payload)).toEqual(publisher.sent.slice(begin).map(({ payload }) => payload));
    expect(isContinuous(received)).toBe(true);
    await worker.close();
  });

  it('a Consumer gets the temporal layers it prefers, and higher ones where a decoder can take them up', async () => {
    const { advance, worker, publisher, consumer, received } = await start('L1T2');
    expect(consumer.type).toBe('svc');
    await worker.settle(consumer.setPreferredLayers({ spatialLayer: 0, temporalLayer: 0 }));
    await advance(2000);
    const begin = publisher.sent.findLastIndex(({ isKey }) => isKey);
    const low = publisher.sent.slice(begin).filter(({ temporalLayer }) => temporalLayer === 0);
    expect(low.length).toBeGreaterThan(20);
    expect(received.map(({ payload }) => payload)).toEqual(low.map(({ payload }) => payload));

    await worker.settle(consumer.setPreferredLayers({ spatialLayer: 0, temporalLayer: 1 }));
    const raised = publisher.sent.length;
    await advance(2000);
    await worker.settle(consumer.requestKeyFrame());
    await advance(2000);
    const keyFrame = publisher.sent.findLastIndex(({ isKey }) => isKey);
    const expected = publisher.sent.slice(begin).filter(({ temporalLayer }, index) => {
      const since = packing.switchingPoints ? raised : keyFrame;
      return temporalLayer === 0 || begin + index >= since;
    });
    expect(received.map(({ payload }) => payload)).toEqual(expected.map(({ payload }) => payload));
    expect(isContinuous(received)).toBe(true);
    await worker.close();
  });
});
