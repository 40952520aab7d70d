import type { types } from 'tsfu';
import { backends, cpuTime } from '../support/backends.js';
import { type GeneratorStream, type LoadProcess } from '../support/load.js';
import {
  connectPeer,
  drained,
  consume,
  createRouter,
  packetsReceived,
  type Peer,
  produce,
  type Protection,
} from '../support/room.js';
import { buildMinimal } from '../support/minimal.js';
import { median, type Section } from '../support/table.js';

const FAN_OUT = [1, 4, 20, 100, 200];
const QUICK_FAN_OUT = [4, 20, 100];
const SIZES = [100, 1200];
const PROTECTIONS: Protection[] = ['plain', 'CM', 'GCM'];
const ROUNDS = 3;
const QUICK_ROUNDS = 1;
/** Packets per second that come in: more than a worker can do. */
const RATE = 100_000;
/** Packets that go out per measurement, and before the first one, for the compiler. */
const OUTPUT = 20_000;
const WARM_UP = 150_000;
/** Packets that come in at once must fit into the buffer of a socket. */
const MAX_INPUT = 1200;

/** A Producer with its N Consumers, in a worker. */
export interface FanOut {
  worker: types.Worker;
  producer: types.Producer;
  stream: GeneratorStream;
  consumers: number;
  size: number;
}

/** A worker with a Producer of each size for each number of Consumers. All Consumers go to the given ports. */
export async function createFanOuts(
  create: () => Promise<types.Worker>,
  protection: Protection,
  ports: number[],
  numbers = FAN_OUT,
  sizes = SIZES,
): Promise<FanOut[]> {
  const worker = await create();
  const router = await createRouter(worker);
  const source = await connectPeer(router, protection, 0);
  const peers: Peer[] = [];
  for (let i = 0; i < Math.max(...numbers); i++) peers.push(await connectPeer(router, protection, ports[i]));
  const fanOuts: FanOut[] = [];
  for (const size of sizes) {
    for (const consumers of numbers) {
      const { producer, stream } = await produce(source, size < 500 ? 'audio' : 'video', size * 1000 + consumers);
      for (const peer of peers.slice(0, consumers)) await consume(peer, producer);
      fanOuts.push({ worker, producer, stream, consumers, size });
    }
  }
  return fanOuts;
}

/** CPU time per packet sent, µs, for `count` packets received, `rate` per second. */
export async function cpuPerPacket(
  fanOut: FanOut,
  generator: LoadProcess,
  rate: number,
  count: number,
): Promise<number> {
  const { worker, producer, stream, consumers, size } = fanOut;
  const before = await packetsReceived(producer);
  const start = await cpuTime(worker);
  await generator.send([stream], rate, size, count);
  await drained(producer);
  const time = (await cpuTime(worker)) - start;
  return (time * 1000) / ((await packetsReceived(producer)) - before) / consumers;
}

/** A worker is measured as it is after some seconds of work: the first packets of all run in code that is not compiled yet. */
async function warmUp(fanOut: FanOut, generator: LoadProcess): Promise<void> {
  const count = 200;
  for (let sent = 0; sent < WARM_UP; sent += count * fanOut.consumers) {
    await cpuPerPacket(fanOut, generator, RATE, count);
  }
}

/** One Producer, N Consumers, each with a transport of its own; as many packets as the worker can take. */
export async function fanOut(generator: LoadProcess, sink: LoadProcess, quick: boolean): Promise<Section> {
  const numbers = quick ? QUICK_FAN_OUT : FAN_OUT;
  const ports = await sink.open(Math.max(...numbers), 0);
  const rows: Section['rows'] = [];
  const minimal = buildMinimal();
  for (const protection of PROTECTIONS) {
    const all: Record<string, FanOut[]> = {};
    for (const [name, create] of Object.entries(backends))
      all[name] = await createFanOuts(create, protection, ports, numbers);
    for (const fanOuts of Object.values(all)) await warmUp(fanOuts.at(-1)!, generator);
    for (let i = 0; i < numbers.length * SIZES.length; i++) {
      const { consumers, size } = Object.values(all)[0][i];
      const count = Math.min(MAX_INPUT, OUTPUT / consumers);
      const results: Record<string, number[]> = {};
      for (let round = 0; round < (quick ? QUICK_ROUNDS : ROUNDS); round++) {
        for (const [name, fanOuts] of Object.entries(all)) {
          (results[name] ??= []).push(await cpuPerPacket(fanOuts[i], generator, RATE, count));
        }
        if (minimal !== undefined) {
          const cost = await minimal(protection, size, OUTPUT / consumers, ports.slice(0, consumers));
          (results['minimal C program'] ??= []).push(cost);
        }
      }
      const medians = Object.entries(results).map(([name, costs]) => [name, median(costs)] as const);
      const row: Record<string, string | number> = {
        protection,
        bytes: size,
        N: consumers,
        ...Object.fromEntries(medians),
      };
      const external = medians.find(([name]) => name === 'external')?.[1];
      if (external !== undefined) {
        for (const [name, cost] of medians) if (name !== 'external') row[`external / ${name}`] = external / cost;
      }
      rows.push(row);
    }
    for (const [{ worker }] of Object.values(all)) worker.close();
  }
  return {
    title: 'Fan-out',
    unit: 'CPU time per packet sent, µs; saturated. A worker does 10^6 / this packets per CPU second. The minimal C program receives nothing, and is there only where gcc and OpenSSL are.',
    rows,
  };
}
