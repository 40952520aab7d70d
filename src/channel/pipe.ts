import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { FramedCarrier } from './framed-carrier.js';

/**
 * The API's end of the pipes to a child process: `stdio[3]`, which the worker reads, and `stdio[4]`, which it writes.
 *
 * When the worker closes a pipe or a pipe fails, `onClosed` is called; the child's `exit` event, which says why, may
 * come before or after it. A message of the worker that is too long is left out and reported.
 */
export class ApiPipe extends FramedCarrier {
  readonly #toWorker: Writable;
  readonly #fromWorker: Readable;

  constructor(toWorker: Writable, fromWorker: Readable) {
    super('skip');
    this.#toWorker = toWorker;
    this.#fromWorker = fromWorker;
    const fail = (error: Error): void => {
      this.problem(`pipe failed: ${error.message}`);
      this.lost();
    };
    // The error listeners stay for good: what fails after `close` is nobody's concern, and must not be thrown.
    toWorker.on('error', fail);
    fromWorker.on('error', fail);
    fromWorker.on('end', () => this.lost());
    fromWorker.on('close', () => this.lost());
    fromWorker.on('data', (chunk: Uint8Array) => this.received(chunk));
  }

  protected writeFrames(frames: Uint8Array): void {
    this.#toWorker.write(frames);
  }

  protected closeLink(): void {
    this.#fromWorker.destroy();
    this.#toWorker.end(() => this.#toWorker.destroy());
  }
}

/**
 * The worker's end of the pipes to its parent process: reads file descriptor 3, writes 4.
 *
 * End of file, a failing read or write, and a message that is too long all mean that the parent has gone: `onClosed`.
 * A process that ends itself waits for `flushed` after `close`, or its last messages may be lost.
 */
export class WorkerPipe extends FramedCarrier {
  readonly #fromApi: Socket;
  readonly #toApi: Socket;
  #unfinishedWrites = 0;
  #waiting: (() => void)[] = [];

  /** Throws if one of the file descriptors is not an open pipe or socket. */
  constructor(readFd = 3, writeFd = 4) {
    super('stop');
    this.#fromApi = new Socket({ fd: readFd, readable: true, writable: false });
    this.#toApi = new Socket({ fd: writeFd, readable: false, writable: true });
    for (const socket of [this.#fromApi, this.#toApi]) {
      socket.on('error', () => this.lost());
      socket.on('close', () => this.lost());
    }
    this.#fromApi.on('end', () => this.lost());
    this.#fromApi.on('data', chunk => this.received(chunk));
  }

  /** Resolves when all that has been sent is with the kernel, or cannot be delivered any more. */
  flushed(): Promise<void> {
    this.writePending();
    return new Promise(resolve => {
      if (this.#unfinishedWrites === 0) resolve();
      else this.#waiting.push(resolve);
    });
  }

  protected writeFrames(frames: Uint8Array): void {
    this.#unfinishedWrites++;
    // Called for a failed write as well.
    this.#toApi.write(frames, () => {
      if (--this.#unfinishedWrites > 0) return;
      for (const resolve of this.#waiting.splice(0)) resolve();
    });
  }

  protected closeLink(): void {
    this.#fromApi.destroy();
    this.#toApi.end(() => this.#toApi.destroy());
  }
}
