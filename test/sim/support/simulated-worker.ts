import { startWorker } from '../../../src/api/create-worker.js';
import { type Worker } from '../../../src/api/types/worker.js';
import { type WorkerBackend } from '../../../src/api/worker-backend.js';
import { type Carrier } from '../../../src/channel/carrier.js';
import { createLoopback } from '../../../src/channel/loopback.js';
import { type Simulation } from '../../../src/testing/simulation.js';
import { DEFAULT_SETTINGS } from '../../../src/worker/settings.js';
import { createWorkerCore, type WorkerCore } from '../../../src/worker/worker-core.js';

/** A worker in virtual time with the API in front of it. Requests take no time, but `settle` has to wait for them. */
export class SimulatedWorker {
  readonly api: Worker;
  readonly core: WorkerCore;
  readonly ip: string;
  readonly #world: Simulation;

  static async start(world: Simulation, ip: string): Promise<SimulatedWorker> {
    const [carrier, workerCarrier] = createLoopback(task => world.time.after(0, task));
    const backend = new Backend(carrier);
    const started = startWorker(backend);
    const core = createWorkerCore({
      runtime: world.createRuntime(`worker ${ip}`, ip),
      carrier: workerCarrier,
      settings: DEFAULT_SETTINGS,
      host: { pid: backend.pid, resourceUsage: () => process.resourceUsage() },
      onClosed: () => backend.end(),
    });
    return new SimulatedWorker(world, ip, await settle(world, started), core);
  }

  private constructor(world: Simulation, ip: string, api: Worker, core: WorkerCore) {
    this.#world = world;
    this.ip = ip;
    this.api = api;
    this.core = core;
  }

  /** What a call of the API comes to. */
  settle<T>(promise: Promise<T>): Promise<T> {
    return settle(this.#world, promise);
  }

  async close(): Promise<void> {
    this.api.close();
    await this.#world.time.advanceAsync(0);
  }
}

/** Lets a promise settle that waits for nothing but messages. */
export async function settle<T>(world: Simulation, promise: Promise<T>): Promise<T> {
  let settled = false;
  const done = promise.finally(() => (settled = true));
  done.catch(() => {});
  for (let i = 0; !settled && i < 100; i++) await world.time.advanceAsync(0);
  if (!settled) throw new Error('waits for something that takes time');
  return done;
}

class Backend implements WorkerBackend {
  readonly pid = 4711;
  readonly carrier: Carrier;
  readonly stdout: undefined;
  readonly stderr: undefined;
  onError: WorkerBackend['onError'] = () => {};
  onExit: WorkerBackend['onExit'] = () => {};
  onClose: WorkerBackend['onClose'] = () => {};

  constructor(carrier: Carrier) {
    this.carrier = carrier;
    this.stdout = undefined;
    this.stderr = undefined;
  }

  ensureEnd(): void {}

  end(): void {
    this.onExit(0, null);
    this.onClose();
  }
}
