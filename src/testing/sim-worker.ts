import { startWorker } from '../api/create-worker.js';
import { type AppData } from '../api/types/app-data.js';
import { type Worker } from '../api/types/worker.js';
import { type WorkerBackend } from '../api/worker-backend.js';
import { DropCounters } from '../common/drop-reason.js';
import { DEFAULT_SETTINGS, type WorkerSettings } from '../worker/settings.js';
import { createWorkerCore } from '../worker/worker-core.js';
import { createSimCarriers } from './sim-carrier.js';
import { type SimRuntime } from './sim-runtime.js';

/**
 * Starts a worker on a machine of a simulation. It is driven with the same API as any other; calls take no virtual time.
 */
export function createSimWorker(runtime: SimRuntime, settings: Partial<WorkerSettings> = {}): Promise<Worker<AppData>> {
  return startWorker(new SimBackend(runtime, { ...DEFAULT_SETTINGS, ...settings }));
}

class SimBackend implements WorkerBackend {
  readonly pid = 1;
  readonly carrier: WorkerBackend['carrier'];
  readonly stdout = undefined;
  readonly stderr = undefined;
  readonly drops = new DropCounters();
  onError: WorkerBackend['onError'] = () => {};
  onExit: WorkerBackend['onExit'] = () => {};
  onClose: WorkerBackend['onClose'] = () => {};

  constructor(runtime: SimRuntime, settings: WorkerSettings) {
    const [carrier, workerCarrier] = createSimCarriers(runtime.clock);
    this.carrier = carrier;
    createWorkerCore({
      runtime,
      carrier: workerCarrier,
      settings,
      host: { pid: this.pid, resourceUsage: () => process.resourceUsage() },
      drops: this.drops,
      onClosed: () => {
        this.onExit(0, null);
        this.onClose();
      },
    });
  }

  ensureEnd(): void {}
}
