import { workerData } from 'node:worker_threads';
import { PortCarrier } from '../channel/port.js';
import { DropCounters } from '../common/drop-reason.js';
import { NodeRuntime } from '../io/node-runtime.js';
import { readRegularFile } from '../io/regular-file.js';
import { parseSettings, SettingsError } from './settings.js';
import type { ThreadWorkerData } from './thread.js';
import { createWorkerCore } from './worker-core.js';

/** Exit code that the API takes for wrong settings. */
const EXIT_WRONG_SETTINGS = 42;

run(workerData as ThreadWorkerData);

/** A worker as a thread of the application's process. An exception ends the thread with an 'error' event. */
function run({ port, args, drops }: ThreadWorkerData): void {
  let settings;
  try {
    settings = parseSettings(args, readRegularFile);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(EXIT_WRONG_SETTINGS);
  }
  const runtime = new NodeRuntime();
  createWorkerCore({
    runtime,
    carrier: new PortCarrier(port),
    settings,
    host: { pid: process.pid, resourceUsage: () => process.resourceUsage() },
    drops: new DropCounters(drops),
    // The thread ends when nothing is left to wait for: the port is closed, and the sockets are.
    onClosed: () => runtime.close(),
  });
}
