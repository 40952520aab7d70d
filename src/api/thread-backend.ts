import { readFileSync } from 'node:fs';
import { type Readable } from 'node:stream';
import { MessageChannel, Worker as Thread } from 'node:worker_threads';
import { type Carrier } from '../channel/carrier.js';
import { PortCarrier } from '../channel/port.js';
import { DropCounters } from '../common/drop-reason.js';
import { version } from './version.js';
import { type WorkerBackend } from './worker-backend.js';
import { type ThreadFiles } from './worker-files.js';

/** How long a worker may take to close before its thread is stopped. */
const endTimeoutMs = 2000;

/** The code of a worker thread, and what V8 made of it once there was one: those that follow need not compile it. */
let code: Uint8Array<SharedArrayBuffer> | undefined;
let codeCache: Uint8Array<SharedArrayBuffer> | undefined;

/**
 * A worker in a thread of this process. As its `workerData` the thread gets the port over which it is driven, the
 * arguments that a worker process would get, where it counts what it drops, and its code.
 */
export class ThreadBackend implements WorkerBackend {
  readonly pid: number;
  readonly carrier: Carrier;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly drops: DropCounters;
  onError: WorkerBackend['onError'];
  onExit: WorkerBackend['onExit'];
  onClose: WorkerBackend['onClose'];
  readonly #thread: Thread;

  constructor({ entry, codeFile }: ThreadFiles, args: string[]) {
    this.onError = () => {};
    this.onExit = () => {};
    this.onClose = () => {};
    code ??= shared(readFileSync(codeFile));
    const { port1, port2 } = new MessageChannel();
    const drops = new SharedArrayBuffer(DropCounters.byteLength);
    this.drops = new DropCounters(drops);
    this.#thread = new Thread(entry, {
      workerData: { port: port2, args, drops, codeFile, code, codeCache },
      transferList: [port2],
      env: { MEDIASOUP_VERSION: version, ...process.env },
      stdout: true,
      stderr: true,
      name: 'tsfu-worker',
    });
    this.pid = process.pid;
    this.carrier = new PortCarrier(port1);
    this.stdout = this.#thread.stdout;
    this.stderr = this.#thread.stderr;

    this.#thread.on('message', (compiled: Uint8Array) => (codeCache = shared(compiled)));
    // What the thread does not catch ends it: `exit` follows.
    let uncaught: Error | undefined;
    this.#thread.on('error', (error: Error) => (uncaught = error));
    this.#thread.on('exit', code => {
      this.onExit(code, null, uncaught);
      this.onClose();
    });
  }

  ensureEnd(): void {
    const timer = setTimeout(() => void this.#thread.terminate(), endTimeoutMs);
    timer.unref();
    this.#thread.once('exit', () => clearTimeout(timer));
  }
}

/** A copy that threads get to see, rather than one of their own. */
function shared(bytes: Uint8Array): Uint8Array<SharedArrayBuffer> {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}
