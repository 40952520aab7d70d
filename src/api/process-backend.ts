import { spawn, type ChildProcess } from 'node:child_process';
import { type Readable, type Writable } from 'node:stream';
import { type Carrier } from '../channel/carrier.js';
import { ApiPipe } from '../channel/pipe.js';
import { version } from './version.js';
import { type WorkerBackend } from './worker-backend.js';

/** A worker in a child process: the C++ worker, or ours. It reads from file descriptor 3 and writes to 4. */
export class ProcessBackend implements WorkerBackend {
  readonly pid: number | undefined;
  readonly carrier: Carrier;
  readonly stdout: Readable | undefined;
  readonly stderr: Readable | undefined;
  onError: WorkerBackend['onError'];
  onExit: WorkerBackend['onExit'];
  onClose: WorkerBackend['onClose'];

  constructor(workerBin: string, args: string[]) {
    this.onError = () => {};
    this.onExit = () => {};
    this.onClose = () => {};
    const child = start(workerBin, args);
    child.on('error', error => this.onError(error));
    child.on('exit', (code, signal) => this.onExit(code, signal));
    child.on('close', () => this.onClose());
    this.pid = child.pid;
    this.stdout = child.stdout ?? undefined;
    this.stderr = child.stderr ?? undefined;
    // There are none if the system is out of processes or files.
    const [, , , toWorker, fromWorker] = (child.stdio as ChildProcess['stdio'] | undefined) ?? [];
    this.carrier = toWorker && fromWorker ? new ApiPipe(toWorker as Writable, fromWorker as Readable) : noCarrier;
  }

  /** The worker ends when its pipes are closed. */
  ensureEnd(): void {}
}

function start(workerBin: string, args: string[]): ChildProcess {
  const { env } = process;
  const [command, commandArgs] =
    env.MEDIASOUP_USE_VALGRIND === 'true'
      ? [
          env.MEDIASOUP_VALGRIND_BIN || 'valgrind',
          [...(env.MEDIASOUP_VALGRIND_OPTIONS?.split(/\s+/) ?? []), workerBin, ...args],
        ]
      : /\.[cm]?js$/.test(workerBin)
        ? // A script starts by the Node that runs, also where the system cannot start scripts.
          [process.execPath, [workerBin, ...args]]
        : [workerBin, args];
  return spawn(command, commandArgs, {
    env: { MEDIASOUP_VERSION: version, ...env },
    detached: false,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    windowsHide: true,
  });
}

const noCarrier: Carrier = {
  onMessage: () => {},
  onClosed: () => {},
  onProblem: () => {},
  send: () => {},
  close: () => {},
};
