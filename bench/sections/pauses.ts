import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { backends } from '../support/backends.js';
import { type LoadProcess } from '../support/load.js';
import { type Section } from '../support/table.js';
import { createFanOuts } from './fan-out.js';

/** What a thread found in an interval: `support/observe.ts`. */
export interface Pauses {
  /** ms */
  collections: { duration: number; isMajor: boolean }[];
  /** ms beyond what was asked for. */
  loopP99: number;
  loopMax: number;
}

const CONSUMERS = 20;
const SIZE = 1200;
/** Packets per second that come in. */
const RATE = 1500;
/** ms: before it counts, and while it does. */
const WARM_UP = 1000;
const DURATION = 4000;

/** How long garbage is collected, and how late the event loop is, while a worker forwards. */
export async function pauses(generator: LoadProcess, sink: LoadProcess): Promise<Section> {
  const ports = await sink.open(CONSUMERS, 0);
  const rows: Section['rows'] = [];
  for (const [name, create] of Object.entries(backends)) {
    if (name === 'external') continue;
    const directory = mkdtempSync(path.join(tmpdir(), 'tsfu-bench-'));
    process.env.BENCH_PAUSES = directory;
    const [{ worker, stream }] = await createFanOuts(create, 'CM', ports, [CONSUMERS], [SIZE]);
    delete process.env.BENCH_PAUSES;
    await generator.send([stream], RATE, SIZE, (RATE * WARM_UP) / 1000);
    const skipped = read(directory).length;
    await generator.send([stream], RATE, SIZE, (RATE * DURATION) / 1000);
    const found = read(directory).slice(skipped);
    const collections = found.flatMap(one => one.collections);
    const durations = collections.map(({ duration }) => duration).sort((a, b) => a - b);
    rows.push({
      worker: name,
      collections: durations.length,
      'of the whole heap': collections.filter(({ isMajor }) => isMajor).length,
      'pause p99': durations[Math.floor(0.99 * (durations.length - 1))] ?? NaN,
      'pause max': durations.at(-1) ?? NaN,
      'event loop p99': Math.max(...found.map(({ loopP99 }) => loopP99)),
      'event loop max': Math.max(...found.map(({ loopMax }) => loopMax)),
    });
    worker.close();
    rmSync(directory, { recursive: true });
  }
  return {
    title: 'Pauses',
    unit: `1 → ${CONSUMERS}, ${RATE} packets per second in, ${SIZE} bytes, AES_CM_128_HMAC_SHA1_80, ${DURATION / 1000} s. Garbage collections of the worker's thread, and how late its event loop was, ms; the percentile of the loop is that of the worst quarter of a second.`,
    rows,
  };
}

function read(directory: string): Pauses[] {
  return readdirSync(directory).flatMap(name =>
    readFileSync(path.join(directory, name), 'utf8')
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as Pauses),
  );
}
