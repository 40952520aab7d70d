import type { types } from 'tsfu';

// The package reads it when it is loaded, and would start this worker instead of ours.
const external = process.env.MEDIASOUP_WORKER_BIN;
delete process.env.MEDIASOUP_WORKER_BIN;
const tsfu = await import('tsfu');

/** Ways to run a worker, by name. */
export const backends: Readonly<Record<string, () => Promise<types.Worker>>> = {
  thread: () => tsfu.createWorker(),
  process: () => tsfu.createWorker({ workerBin: tsfu.workerBin }),
  ...(external && { external: () => tsfu.createWorker({ workerBin: external }) }),
};

/** CPU time that a worker has taken so far, ms: of its process, for a thread the whole one. */
export async function cpuTime(worker: types.Worker): Promise<number> {
  const { ru_utime, ru_stime } = await worker.getResourceUsage();
  return ru_utime + ru_stime;
}
