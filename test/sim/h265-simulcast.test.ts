import { beforeAll, describe, expect, it } from 'vitest';
import { type Consumer } from '../../src/api/types/consumer.js';
import { type RtpParameters } from '../../src/api/types/rtp-parameters.js';
import { Simulation } from '../../src/testing/simulation.js';
import { type UdpSocket } from '../../src/worker/runtime.js';
import { capabilitiesWithoutCongestionControl } from './support/capabilities.js';
import { isRtcp, publisherSocket } from './support/rtcp-listener.js';
import { parseRtp, Unwrapper } from './support/rtp-reader.js';
import { SimulatedWorker } from './support/simulated-worker.js';

/** Three streams of H265 (RFC 7798) with two temporal layers each, of which a Consumer gets one after the other. */

const [WORKER, PUBLISHER, RECEIVER] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
const FRAME_INTERVAL = 40;
const SSRCS = [1111, 1112, 1113];
const PAYLOAD_TYPE = 49;
const parameters = {
  'profile-id': 1,
  'tier-flag': 0,
  'level-id': 120,
  'tx-mode': 'SRST',
};

const rtpParameters: RtpParameters = {
  codecs: [
    {
      mimeType: 'video/H265',
      payloadType: PAYLOAD_TYPE,
      clockRate: 90_000,
      parameters,
      rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }],
    },
  ],
  encodings: SSRCS.map(ssrc => ({ ssrc, scalabilityMode: 'L1T2' })),
};

/** NAL unit types (H.265 table 7-1) and packet types (RFC 7798 §4.4). */
const [TRAIL_R, TSA_N, BLA_W_LP, IDR_W_RADL, CRA, VPS, SPS, PPS] = [1, 2, 16, 19, 21, 32, 33, 34];
const [AGGREGATION, FRAGMENTATION] = [48, 49];

const header = (type: number, temporalLayer = 0): number[] => [type << 1, temporalLayer + 1];
const nalUnit = (type: number, temporalLayer = 0): number[] => [...header(type, temporalLayer), 0xaf, type, 1, 2, 3];
const aggregation = (units: number[][]): number[] => [
  ...header(AGGREGATION),
  ...units.flatMap(unit => [0, unit.length, ...unit]),
];
const fragments = (type: number, temporalLayer = 0): number[][] =>
  [0x80, 0, 0x40].map(flag => [...header(FRAGMENTATION, temporalLayer), flag | type, 0xaf, 1, 2, 3]);

const parameterSets = [VPS, SPS, PPS].map(type => nalUnit(type));

/** The payloads of a random access picture of this type, with the parameter sets that a decoder needs for it. */
const packings: Record<string, (type: number) => number[][]> = {
  'single NAL units': type => [...parameterSets, nalUnit(type)],
  'an aggregation packet with all': type => [aggregation([...parameterSets, nalUnit(type)])],
  'parameter sets in an aggregation packet, the picture in fragments': type => [
    aggregation(parameterSets),
    ...fragments(type),
  ],
  'parameter sets in fragments': type => [...fragments(VPS), ...fragments(SPS), nalUnit(PPS), ...fragments(type)],
};

/** A packet, as sent or as received. The last bytes of its payload say which stream and which packet it is. */
interface Packet {
  at: number;
  stream: number;
  number: number;
}

interface SentPacket extends Packet {
  temporalLayer: number;
  /** Whether a decoder can begin here. */
  isKey: boolean;
  timestamp: number;
}

interface ReceivedPacket extends Packet {
  seq: number;
  timestamp: number;
  marker: boolean;
}

class Stream {
  readonly sent: SentPacket[] = [];
  keyFrameNeeded = true;
  readonly #index: number;
  readonly #key: number[][];
  readonly #lonePicture: number;
  #seq: number;

  /** @param randomAccess type of the pictures that decoders can begin with */
  constructor(index: number, key: number[][], randomAccess: number) {
    this.#index = index;
    this.#key = key;
    this.#lonePicture = randomAccess;
    // So that they wrap in between.
    this.#seq = 65_400 + 20 * index;
  }

  timestamp(frame: number): number {
    return (4_294_000_000 + this.#index * 777_777 + frame * FRAME_INTERVAL * 90) >>> 0;
  }

  /** Every second picture is of temporal layer 1. Some are of random access, but come without parameter sets. */
  nextFrame(frame: number, at: number): Uint8Array[] {
    const isKey = this.keyFrameNeeded;
    this.keyFrameNeeded = false;
    const temporalLayer = isKey ? 0 : frame % 2;
    const type = frame % 10 === 4 ? this.#lonePicture : TRAIL_R;
    const payloads = isKey ? this.#key : temporalLayer === 0 ? fragments(type) : [nalUnit(TSA_N, 1)];
    const timestamp = this.timestamp(frame);
    return payloads.map((payload, i) => {
      const number = this.sent.length;
      this.sent.push({
        at,
        stream: this.#index,
        number,
        temporalLayer,
        isKey: isKey && i === 0,
        timestamp,
      });
      const packet = new Uint8Array(12 + payload.length + 3);
      const view = new DataView(packet.buffer);
      packet.set([0x80, PAYLOAD_TYPE | (i === payloads.length - 1 ? 0x80 : 0)]);
      view.setUint16(2, this.#seq++ & 0xffff);
      view.setUint32(4, timestamp);
      view.setUint32(8, SSRCS[this.#index]);
      packet.set([...payload, this.#index, number >> 8, number & 0xff], 12);
      return packet;
    });
  }
}

/** Sends all streams, key pictures when asked for them, and sender reports. */
class Publisher {
  readonly streams: Stream[];
  /** SSRCs of which key pictures were asked for. */
  readonly asked: number[] = [];
  stopped = false;
  readonly #world: Simulation;
  readonly #socket: UdpSocket;
  readonly #port: number;
  #frame = 0;

  constructor(world: Simulation, streams: Stream[], port: number) {
    this.#world = world;
    this.streams = streams;
    this.#port = port;
    const runtime = world.createRuntime('publisher', PUBLISHER);
    this.#socket = publisherSocket(runtime, PUBLISHER, ssrc => {
      this.asked.push(ssrc);
      this.streams[SSRCS.indexOf(ssrc)].keyFrameNeeded = true;
    });
    const sendFrame = (): void => {
      if (this.stopped) return;
      runtime.clock.after(FRAME_INTERVAL, sendFrame);
      this.#sendFrame();
    };
    sendFrame();
  }

  #sendFrame(): void {
    const now = this.#world.time.now();
    for (const [index, stream] of this.streams.entries()) {
      if (this.#frame % 12 === 0) this.#send(senderReport(SSRCS[index], now, stream.timestamp(this.#frame)));
      for (const packet of stream.nextFrame(this.#frame, now)) this.#send(packet);
    }
    this.#frame++;
  }

  #send(bytes: Uint8Array): void {
    this.#socket.send(bytes, 0, bytes.length, this.#socket.remoteAddress(WORKER, this.#port));
  }
}

/** RFC 3550 §6.4.1, without report blocks. */
function senderReport(ssrc: number, now: number, timestamp: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(28));
  view.setUint32(0, 0x80c80006);
  view.setUint32(4, ssrc);
  view.setUint32(8, 0xe0000000 + Math.floor(now / 1000));
  view.setUint32(12, ((now % 1000) / 1000) * 2 ** 32);
  view.setUint32(16, timestamp);
  return new Uint8Array(view.buffer);
}

/** Which layers are preferred, each for 2 s. */
const PREFERENCES: [spatialLayer: number, temporalLayer: number][] = [
  [0, 0],
  [1, 0],
  [2, 1],
  [0, 1],
  [1, 1],
  [0, 0],
  [2, 0],
];

async function play(streams: Stream[]) {
  const world = new Simulation({ seed: 1 });
  // So that pictures are on their way while a key picture is asked for.
  world.network.setPath(PUBLISHER, WORKER, { latency: 50 });
  const worker = await SimulatedWorker.start(world, WORKER);
  const settle = <T>(promise: Promise<T>): Promise<T> => worker.settle(promise);
  const mediaCodecs = [{ kind: 'video', mimeType: 'video/H265', clockRate: 90_000, parameters }] as const;
  const router = await settle(worker.api.createRouter({ mediaCodecs: [...mediaCodecs] }));
  const listenInfo = { protocol: 'udp', ip: WORKER } as const;
  const publishing = await settle(router.createPlainTransport({ listenInfo, comedia: true }));
  const producer = await settle(publishing.produce({ kind: 'video', rtpParameters }));
  expect(producer.type).toBe('simulcast');
  const publisher = new Publisher(world, streams, publishing.tuple.localPort);
  // Until capture times are known.
  await world.time.advanceAsync(3000);

  const received: ReceivedPacket[] = [];
  const [seqs, timestamps] = [new Unwrapper(16), new Unwrapper(32)];
  const socket = world.createRuntime('receiver', RECEIVER).udp.bind(
    { ip: RECEIVER, port: 0 },
    {
      onDatagram: bytes => {
        if (isRtcp(bytes)) return;
        const packet = parseRtp(bytes);
        const { sequenceNumber, timestamp, marker, payloadOffset: at, payloadLength: length } = packet;
        const [stream, high, low] = packet.bytes.subarray(at + length - 3, at + length);
        const [seq, ts] = [seqs.unwrap(sequenceNumber), timestamps.unwrap(timestamp)];
        received.push({
          at: world.time.now(),
          stream,
          number: (high << 8) | low,
          seq,
          timestamp: ts,
          marker,
        });
      },
    },
  );
  const subscribing = await settle(router.createPlainTransport({ listenInfo }));
  await settle(subscribing.connect({ ip: RECEIVER, port: socket.port }));
  const [[spatialLayer, temporalLayer]] = PREFERENCES;
  const consumer: Consumer = await settle(
    subscribing.consume({
      producerId: producer.id,
      rtpCapabilities: capabilitiesWithoutCongestionControl(router),
      preferredLayers: { spatialLayer, temporalLayer },
    }),
  );
  const layersChanges: string[] = [];
  consumer.on('layerschange', layers => layersChanges.push(`${layers?.spatialLayer}.${layers?.temporalLayer}`));
  const asked: number[][] = [];
  for (const [spatial, temporal] of PREFERENCES) {
    publisher.asked.length = 0;
    await settle(
      consumer.setPreferredLayers({
        spatialLayer: spatial,
        temporalLayer: temporal,
      }),
    );
    await world.time.advanceAsync(2000);
    asked.push([...publisher.asked]);
  }
  publisher.stopped = true;
  await world.time.advanceAsync(200);
  expect(consumer.type).toBe('simulcast');
  await worker.close();
  return { received, asked, layersChanges };
}

describe.each(Object.entries(packings))('H265 simulcast, %s', (_, packing) => {
  let streams: Stream[];
  let result: Awaited<ReturnType<typeof play>>;
  /** What was received of one stream after the other. */
  let runs: ReceivedPacket[][];
  const original = ({ stream, number }: Packet): SentPacket => streams[stream].sent[number];

  beforeAll(async () => {
    streams = [IDR_W_RADL, CRA, BLA_W_LP].map((type, index) => new Stream(index, packing(type), type));
    result = await play(streams);
    runs = [];
    for (const packet of result.received) {
      if (runs.at(-1)?.[0].stream !== packet.stream) runs.push([]);
      runs.at(-1)!.push(packet);
    }
  });

  it('goes up and down as preferred, asks for a key picture of the new stream each time, and of no other', () => {
    expect(runs.map(([{ stream }]) => stream)).toEqual(PREFERENCES.map(([spatialLayer]) => spatialLayer));
    expect(result.asked).toEqual(PREFERENCES.map(([spatialLayer]) => [SSRCS[spatialLayer]]));
    const spatialLayers = result.layersChanges.map(([spatialLayer]) => Number(spatialLayer));
    const withoutRepetitions = spatialLayers.filter((layer, index) => layer !== spatialLayers[index - 1]);
    expect(withoutRepetitions).toEqual(PREFERENCES.map(([spatialLayer]) => spatialLayer));
  });

  it('begins each stream with the parameter sets of a key picture, and not with a picture that has none', () => {
    expect(runs.map(([first]) => original(first).isKey)).toEqual(PREFERENCES.map(() => true));
  });

  it('sends all of a stream, in the temporal layers preferred, until the next one begins', () => {
    for (const [index, run] of runs.entries()) {
      const [, temporalLayer] = PREFERENCES[index];
      const { stream } = run[0];
      const all = streams[stream].sent.slice(run[0].number, run.at(-1)!.number + 1);
      // Until the key picture comes the stream goes on as it was.
      const isWanted = (packet: SentPacket): boolean => packet.temporalLayer <= temporalLayer;
      expect(run.map(({ number }) => number)).toEqual(all.filter(isWanted).map(({ number }) => number));
      expect(run.length).toBeGreaterThan(50);
    }
  });

  it('has continuous sequence numbers, and a gap of one where a picture was cut', () => {
    const { received } = result;
    const steps = received.slice(1).map((packet, index) => packet.seq - received[index].seq);
    const expected = received.slice(1).map((packet, index) => {
      const isCut = packet.stream !== received[index].stream && !received[index].marker;
      return isCut ? 2 : 1;
    });
    expect(steps).toEqual(expected);
  });

  it('has the timestamps of one clock, which a switch shifts by a frame at most', () => {
    const { received } = result;
    for (const [index, packet] of received.slice(1).entries()) {
      const before = received[index];
      const step = packet.timestamp - before.timestamp;
      if (packet.stream === before.stream) {
        expect(step).toBe((original(packet).timestamp - original(before).timestamp) | 0);
      } else {
        expect(step).toBeGreaterThan(0);
        const elapsed = (original(packet).at - original(before).at) * 90;
        expect(Math.abs(step - elapsed)).toBeLessThanOrEqual(33 * 90);
      }
    }
  });
});
