import { type MessagePort, workerData } from 'node:worker_threads';
import { PortCarrier } from '../channel/port.js';
import { DropCounters } from '../common/drop-reason.js';
import { NodeRuntime } from '../io/node-runtime.js';
import { readRegularFile } from '../io/regular-file.js';
import { parseSettings, SettingsError } from './settings.js';
import { createWorkerCore } from './worker-core.js';

/** What the starter of the thread passes as `workerData`. */
export interface ThreadWorkerData {
  /** One end of the channel. */
  port: MessagePort;
  /** The same arguments that a worker process is given on its command line. */
  args: readonly string[];
  /** Memory for its `DropCounters`, which the starter reads. */
  drops: SharedArrayBuffer;
}

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
