import { WorkerPipe } from '../channel/pipe.js';
import { NodeRuntime } from '../io/node-runtime.js';
import { type WorkerSettings } from './settings.js';
import { createWorkerCore } from './worker-core.js';

/** Makes this process a worker until the API, a signal or the end of the channel ends it. */
export function runWorkerProcess(settings: WorkerSettings): void {
  const carrier = new WorkerPipe();
  const runtime = new NodeRuntime();

  const end = async (): Promise<void> => {
    runtime.close();
    await carrier.flushed();
    process.exit(0);
  };
  const core = createWorkerCore({
    runtime,
    carrier,
    settings,
    host: { pid: process.pid, resourceUsage: () => process.resourceUsage() },
    onClosed(reason) {
      if (reason === 'channelClosed') process.stderr.write('channel remotely closed, closing myself\n');
      void end();
    },
  });
  const closeBySignal = (): void => {
    core.close();
    void end();
  };
  process.on('SIGINT', closeBySignal);
  process.on('SIGTERM', closeBySignal);
}
