import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Script } from 'node:vm';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';

/**
 * The entry of a worker thread: it runs worker-thread.ts. Compiling that takes longer than all else that a thread does to
 * start, so the first thread of a process gives V8's code cache to its starter, who gives it to those that follow.
 */

/** What the starter of the thread passes as `workerData`. */
export interface ThreadWorkerData {
  /** One end of the channel. */
  port: MessagePort;
  /** The same arguments that a worker process is given on its command line. */
  args: readonly string[];
  /** Memory for its `DropCounters`, which the starter reads. */
  drops: SharedArrayBuffer;
  /** Path of worker-thread.ts as it was built. */
  codeFile: string;
  /** What an earlier thread posted. */
  codeCache?: Uint8Array;
}

const { codeFile, codeCache } = workerData as ThreadWorkerData;
const require = createRequire(codeFile);

// Only code that is loaded in the usual way is seen by Node's source maps.
if (process.sourceMapsEnabled) require(codeFile);
else runCached();

function runCached(): void {
  const script = new Script(`(function (require) {${readFileSync(codeFile, 'latin1')}\n})`, {
    filename: codeFile,
    cachedData: codeCache,
  });
  const run = script.runInThisContext() as (require: NodeJS.Require) => void;
  run(require);
  // V8 rejects what another version of it or other flags have made.
  if (codeCache && !script.cachedDataRejected) return;
  setImmediate(() => parentPort?.postMessage(script.createCachedData()));
}
