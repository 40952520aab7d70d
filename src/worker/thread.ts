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
  /** Path of worker-thread.ts as it was built, and what is in that file. */
  codeFile: string;
  code: Uint8Array<SharedArrayBuffer>;
  /** What the first thread posted. */
  codeCache?: Uint8Array<SharedArrayBuffer>;
}

const { codeFile, code, codeCache } = workerData as ThreadWorkerData;
const require = createRequire(codeFile);

// Only code that is loaded in the usual way is seen by Node's source maps.
if (process.sourceMapsEnabled) require(codeFile);
else runCached();

function runCached(): void {
  // A copy of the code with something around it would cost a thread more than a global variable.
  Object.assign(globalThis, { require: requireLazily });
  const script = new Script(Buffer.from(code.buffer).toString('latin1'), { filename: codeFile, cachedData: codeCache });
  script.runInThisContext();
  // V8 rejects what another version of it or other flags have made.
  if (codeCache && !script.cachedDataRejected) return;
  setImmediate(() => parentPort?.postMessage(script.createCachedData()));
}

/** A module of Node's that is loaded when something of it is used: to load `node:crypto` alone takes many milliseconds. */
function requireLazily(name: string): object {
  const loader = new Proxy<Record<PropertyKey, unknown>>(
    {},
    {
      get(_target, key) {
        Object.setPrototypeOf(module, Object.prototype);
        Object.defineProperties(module, Object.getOwnPropertyDescriptors(require(name)));
        return module[key];
      },
    },
  );
  const module = Object.create(loader) as typeof loader;
  return module;
}
