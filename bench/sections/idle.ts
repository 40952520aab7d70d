import { readFileSync } from 'node:fs';
import type { types } from 'tsfu';
import { backends, cpuTime } from '../support/backends.js';
import { connectPeer, consume, createRouter, produce } from '../support/room.js';
import { type Section } from '../support/table.js';

const TRANSPORTS = 200;
const CONSUMERS = 10_000;
/** ms over which the idle worker is watched. */
const WATCH = 1000;

/** What a worker takes to start, and what transports and Consumers take that have nothing to do. */
export async function idle(): Promise<Section> {
  const rows: Section['rows'] = [];
  for (const [name, create] of Object.entries(backends)) {
    const begin = performance.now();
    const worker = await create();
    const row: Record<string, string | number> = { worker: name, 'start, ms': performance.now() - begin };
    const router = await createRouter(worker);
    const empty = await memoryOf(worker);
    const peers = [];
    for (let i = 0; i < TRANSPORTS; i++) peers.push(await connectPeer(router, 'CM', 9));
    const withTransports = await memoryOf(worker);
    const { producer } = await produce(peers[0], 'video', 1);
    for (let i = 0; i < CONSUMERS; i++) await consume(peers[i % TRANSPORTS], producer);
    const withConsumers = await memoryOf(worker);
    row['KB per transport'] = (withTransports - empty) / TRANSPORTS;
    row['KB per consumer'] = (withConsumers - withTransports) / CONSUMERS;
    const start = await cpuTime(worker);
    await new Promise(resolve => setTimeout(resolve, WATCH));
    row['% of a CPU, idle'] = (100 * ((await cpuTime(worker)) - start)) / WATCH;
    rows.push(row);
    worker.close();
  }
  return {
    title: 'Start and idle',
    unit: `${TRANSPORTS} PlainTransports with SRTP, then ${CONSUMERS} Consumers without packets. Memory is resident memory of the process: of a thread, the API's objects included.`,
    rows,
  };
}

/** KB. Now where the system tells, otherwise the most there was so far. */
async function memoryOf(worker: types.Worker): Promise<number> {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${worker.pid}/status`, 'utf8'))![1]);
  } catch {
    return (await worker.getResourceUsage()).ru_maxrss;
  }
}
