import { backends } from '../support/backends.js';
import { type LoadProcess } from '../support/load.js';
import { type Section } from '../support/table.js';
import { cpuPerPacket, createFanOuts } from './fan-out.js';

const CONSUMERS = 20;
const SIZE = 1200;
/** What may get lost. */
const MAX_LOSS = 0.005;
/** Shares of what the CPU time per packet promises that are tried, from above. */
const SHARES = [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3];
const LOADS = [0.3, 0.6, 0.9];
/** ms of load per measurement. */
const DURATION = 700;

/**
 * The highest rate at which no more than MAX_LOSS is lost, and how long packets take at parts of it. One Consumer of
 * each Producer is listened to.
 */
export async function delay(generator: LoadProcess, sink: LoadProcess): Promise<Section> {
  const ports = await sink.open(CONSUMERS, 1);
  const rows: Section['rows'] = [];
  for (const [name, create] of Object.entries(backends)) {
    const [fanOut] = await createFanOuts(create, 'CM', ports, [CONSUMERS], [SIZE]);
    const run = async (rate: number): Promise<{ loss: number; p50: number; p99: number; max: number }> => {
      const count = Math.ceil((rate * DURATION) / 1000);
      await sink.reset();
      await generator.send([fanOut.stream], rate, SIZE, count);
      await new Promise(resolve => setTimeout(resolve, 200));
      const { received, ...delays } = await sink.report();
      return { loss: 1 - received / count, ...delays };
    };
    await run(500);
    const promised = 1e6 / (await cpuPerPacket(fanOut, generator, 100_000, 1000)) / CONSUMERS;
    let best = 0;
    for (const share of SHARES) {
      if ((await run(promised * share)).loss > MAX_LOSS) continue;
      best = promised * share;
      break;
    }
    const row: Record<string, string | number> = { worker: name, 'packets out/s': best * CONSUMERS };
    for (const load of best > 0 ? LOADS : []) {
      const { p50, p99, max } = await run(best * load);
      row[`at ${load * 100} %`] = [p50, p99, max].map(time => time.toFixed(2)).join(' / ');
    }
    rows.push(row);
    fanOut.worker.close();
  }
  return {
    title: 'Highest rate, and delay',
    unit: `1 → ${CONSUMERS}, ${SIZE} bytes, AES_CM_128_HMAC_SHA1_80; at most ${MAX_LOSS * 100} % lost. Delay from the sender to the receiver in ms: median / 99th percentile / longest.`,
    rows,
  };
}
