import type { types } from 'tsfu';
import { backends, cpuTime } from '../support/backends.js';
import { type GeneratorStream, type LoadProcess } from '../support/load.js';
import { connectPeer, consume, createRouter, drained, packetsReceived, produce } from '../support/room.js';
import { type Section } from '../support/table.js';

interface RoomShape {
  name: string;
  rooms: number;
  peers: number;
  kind: types.MediaKind;
  size: number;
  /** Packets per second of each Producer. */
  rate: number;
}

const SHAPES: RoomShape[] = [
  { name: 'audio room 15×15', rooms: 1, peers: 15, kind: 'audio', size: 100, rate: 50 },
  { name: '20 rooms 4×4, video', rooms: 20, peers: 4, kind: 'video', size: 1200, rate: 60 },
];

/** ms of load per measurement. */
const DURATION = 1500;

/** Rooms in which everybody consumes everybody else, encrypted, with a steady load that a worker can take. */
export async function rooms(generator: LoadProcess, sink: LoadProcess): Promise<Section> {
  const rows: Section['rows'] = [];
  for (const shape of SHAPES) {
    const ports = await sink.open(shape.rooms * shape.peers, 0);
    const row: Record<string, string | number> = { room: shape.name };
    const prepared = [];
    for (const [name, create] of Object.entries(backends))
      prepared.push({ name, ...(await fill(shape, create, ports)) });
    for (const { name, worker, streams, producers } of prepared) {
      const received = async (): Promise<number> => {
        let sum = 0;
        for (const producer of producers) sum += await packetsReceived(producer);
        return sum;
      };
      const before = await received();
      const start = await cpuTime(worker);
      const rate = streams.length * shape.rate;
      await generator.send(streams, rate, shape.size, (rate * DURATION) / 1000);
      await drained(producers[0]);
      const time = (await cpuTime(worker)) - start;
      row[`${name}: µs/packet`] = (time * 1000) / ((await received()) - before) / (shape.peers - 1);
      row[`${name}: % of a CPU`] = (100 * time) / DURATION;
      worker.close();
    }
    rows.push(row);
  }
  return {
    title: 'Rooms',
    unit: 'CPU time per packet sent, and share of one CPU, at partial load; AES_CM_128_HMAC_SHA1_80.',
    rows,
  };
}

async function fill(
  { rooms: count, peers: size, kind }: RoomShape,
  create: () => Promise<types.Worker>,
  ports: number[],
): Promise<{ worker: types.Worker; streams: GeneratorStream[]; producers: types.Producer[] }> {
  const worker = await create();
  const streams: GeneratorStream[] = [];
  const producers: types.Producer[] = [];
  for (let room = 0; room < count; room++) {
    const router = await createRouter(worker);
    const publishers = [];
    for (let peer = 0; peer < size; peer++) {
      const { producer, stream } = await produce(await connectPeer(router, 'CM', 0), kind, 1000 + room * 100 + peer);
      producers.push(producer);
      streams.push(stream);
      publishers.push(producer);
    }
    for (let peer = 0; peer < size; peer++) {
      const subscriber = await connectPeer(router, 'CM', ports[room * size + peer]);
      for (const producer of publishers) if (producer !== publishers[peer]) await consume(subscriber, producer);
    }
  }
  return { worker, streams, producers };
}
