import { type Readable } from 'node:stream';
import { type Carrier } from '../channel/carrier.js';
import { type DropCounters } from '../common/drop-reason.js';

/** What runs a worker: a thread, a child process, or a double in tests. Told to `WorkerImpl` when it is created. */
export interface WorkerBackend {
  /** Of the process. Undefined if it could not be started: `onError` follows. */
  readonly pid: number | undefined;
  readonly carrier: Carrier;
  readonly stdout: Readable | undefined;
  readonly stderr: Readable | undefined;
  /** What it has dropped; absent if that is not known, because it runs in another process. */
  readonly drops?: DropCounters;
  /** It could not be started, or could not be told something. */
  onError: (error: Error) => void;
  /**
   * It has ended. Either its exit code or the signal that ended it is known.
   *
   * @param cause - what it did not catch.
   */
  onExit: (code: number | null, signal: NodeJS.Signals | null, cause?: Error) => void;
  /** It has ended and nothing more comes out of it: called after `onExit`, or after `onError` alone. */
  onClose: () => void;
  /** The worker has been told to close: make sure that it ends. */
  ensureEnd(): void;
}
