import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Worker as Thread } from 'node:worker_threads';
import type { types } from 'tsfu';
import { backends } from '../support/backends.js';
import { type LoadProcess } from '../support/load.js';
import { type Section } from '../support/table.js';

const ROUNDS = 6;
const QUICK_ROUNDS = 3;
/** Calls of each kind per batch. */
const CALLS = 20;
/** In some rounds a worker is called until all its code is compiled, and then measured again. */
const LONG_ROUNDS = 2;
const WARM_UP_BATCHES = 25;
const WARM_BATCHES = 5;

const sameThread = await import('tsfu/same-thread');

const ways: Record<string, () => Promise<types.Worker>> = {
  'same thread': () => sameThread.createWorker(),
  ...backends,
};

const codec = { mimeType: 'video/VP8', clockRate: 90000 } as const;
const listenInfos: types.TransportListenInfo[] = [{ protocol: 'udp', ip: '127.0.0.1' }];

/** Times by row (a way, or a base line) and column (a call). */
const times = new Map<string, Map<string, number[]>>();

/**
 * Milliseconds that calls of the API take, from the call until the promise is settled: the first calls of a new worker, and
 * those after many. An empty thread and an empty process are the base line. All take turns.
 */
export async function controlPlane(_generator: LoadProcess, _sink: LoadProcess, quick: boolean): Promise<Section> {
  for (let round = -1; round < (quick ? QUICK_ROUNDS : ROUNDS); round++) {
    if (round === 0) times.clear();
    await timed('empty thread', 'start', startEmptyThread);
    await timed('empty process', 'start', startEmptyProcess);
    for (const [way, create] of Object.entries(ways)) await measure(way, create, round >= 0 && round < LONG_ROUNDS);
  }
  return {
    title: 'Control plane',
    unit: `ms until the promise is settled, median / 99th percentile: the first ${CALLS} calls of each kind in a new worker, and those after ${WARM_UP_BATCHES * CALLS}. dump and getStats are those of a transport with ${CALLS} Producers and ${CALLS} Consumers.`,
    rows: [...times].map(([worker, cells]) => ({
      worker,
      ...Object.fromEntries([...cells].map(([call, samples]) => [call, summary(samples)])),
    })),
  };
}

async function measure(way: string, create: () => Promise<types.Worker>, isLong: boolean): Promise<void> {
  const worker = await timed(way, 'start', create);
  await callAll(way, worker);
  if (isLong) {
    for (let batch = 1; batch < WARM_UP_BATCHES; batch++) await callAll(undefined, worker);
    for (let batch = 0; batch < WARM_BATCHES; batch++) await callAll(`${way}, warm`, worker);
  }
  await worker[Symbol.asyncDispose]();
}

async function callAll(row: string | undefined, worker: types.Worker): Promise<void> {
  const repeat = async <T>(call: string, run: (index: number) => Promise<T>): Promise<T[]> => {
    const results: T[] = [];
    for (let index = 0; index < CALLS; index++) results.push(await timed(row, call, () => run(index)));
    return results;
  };
  const routers = await repeat('createRouter', () =>
    worker.createRouter({ mediaCodecs: [{ kind: 'video', ...codec }] }),
  );
  const [router] = routers;
  const [transport] = await repeat('createWebRtcTransport', () => router.createWebRtcTransport({ listenInfos }));
  const [producer] = await repeat('produce', index =>
    transport.produce({
      kind: 'video',
      rtpParameters: {
        mid: String(index),
        codecs: [{ ...codec, payloadType: 96 }],
        encodings: [{ ssrc: 1000 + index }],
      },
    }),
  );
  const { rtpCapabilities } = router;
  await repeat('consume', () => transport.consume({ producerId: producer.id, rtpCapabilities }));
  await repeat('dump', () => transport.dump());
  await repeat('getStats', () => transport.getStats());
  for (const one of routers) one.close();
}

/** @param row absent: not measured */
async function timed<T>(row: string | undefined, column: string, run: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await run();
  if (row === undefined) return result;
  const time = performance.now() - start;
  const columns = times.get(row) ?? new Map<string, number[]>();
  times.set(row, columns.set(column, [...(columns.get(column) ?? []), time]));
  return result;
}

async function startEmptyThread(): Promise<void> {
  const thread = new Thread(`require('node:worker_threads').parentPort.postMessage('')`, { eval: true });
  await once(thread, 'message');
}

async function startEmptyProcess(): Promise<void> {
  const child = spawn(process.execPath, ['-e', `process.stdout.write('.')`], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
}

function summary(samples: number[]): string {
  const sorted = samples.sort((a, b) => a - b);
  const at = (quantile: number): string => sorted[Math.floor(quantile * (sorted.length - 1))].toPrecision(3);
  return `${at(0.5)} / ${at(0.99)}`;
}
