import { Readable } from 'node:stream';
import { startWorker, workerArguments } from './api/create-worker.js';
import { type AppData } from './api/types/app-data.js';
import { type Worker, type WorkerSettings } from './api/types/worker.js';
import { checkAppData } from './api/utils.js';
import { type WorkerBackend } from './api/worker-backend.js';
import { type Carrier } from './channel/carrier.js';
import { createLoopback } from './channel/loopback.js';
import { DropCounters } from './common/drop-reason.js';
import { NodeRuntime } from './io/node-runtime.js';
import { readRegularFile } from './io/regular-file.js';
import { parseSettings, SettingsError } from './worker/settings.js';
import { createWorkerCore } from './worker/worker-core.js';

/** The exit code by which the API knows wrong settings. */
const EXIT_WRONG_SETTINGS = 42;

/**
 * Starts a worker in the thread of the caller, for tests: there is no thread to start, and a debugger, a profiler or a
 * coverage tool sees API and worker together. `workerBin` and MEDIASOUP_WORKER_BIN have no effect.
 *
 * Not for production. The worker and the application take turns in one event loop, and an exception in the worker is an
 * uncaught exception of the process.
 *
 * @throws TypeError - wrong settings.
 */
export async function createWorker<WorkerAppData extends AppData = AppData>(
  settings: WorkerSettings<WorkerAppData> = {},
): Promise<Worker<WorkerAppData>> {
  checkAppData(settings.appData);
  return startWorker(new SameThreadBackend(workerArguments(settings)), { appData: settings.appData });
}

class SameThreadBackend implements WorkerBackend {
  readonly pid: number;
  readonly carrier: Carrier;
  readonly stdout: undefined;
  readonly stderr: Readable | undefined;
  readonly drops: DropCounters;
  onError: WorkerBackend['onError'];
  onExit: WorkerBackend['onExit'];
  onClose: WorkerBackend['onClose'];

  constructor(args: string[]) {
    const [carrier, workerCarrier] = createLoopback();
    this.pid = process.pid;
    this.carrier = carrier;
    this.stdout = undefined;
    this.drops = new DropCounters();
    this.onError = () => {};
    this.onExit = () => {};
    this.onClose = () => {};
    let problem: string | undefined;
    try {
      this.#run(workerCarrier, args);
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      problem = `${error.message}\n`;
      setImmediate(() => this.#end(EXIT_WRONG_SETTINGS));
    }
    this.stderr = problem === undefined ? undefined : Readable.from([problem]);
  }

  /** It ends as soon as it is told to. */
  ensureEnd(): void {}

  #run(carrier: Carrier, args: string[]): void {
    const settings = parseSettings(args, readRegularFile);
    const runtime = new NodeRuntime();
    createWorkerCore({
      runtime,
      carrier,
      settings,
      host: { pid: this.pid, resourceUsage: () => process.resourceUsage() },
      drops: this.drops,
      onClosed: () => {
        runtime.close();
        this.#end(0);
      },
    });
  }

  #end(code: number): void {
    this.onExit(code, null);
    this.onClose();
  }
}
