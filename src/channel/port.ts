import type { MessagePort } from 'node:worker_threads';
import { FramedCarrier } from './framed-carrier.js';

/** Either end of a `MessageChannel` between the API and a worker that runs in a thread. */
export class PortCarrier extends FramedCarrier {
  readonly #port: MessagePort;

  constructor(port: MessagePort) {
    super('skip');
    this.#port = port;
    port.on('close', () => this.lost());
    port.on('messageerror', error => this.problem(`port failed: ${error.message}`));
    port.on('message', (frames: Uint8Array) => this.received(frames));
  }

  protected writeFrames(frames: Uint8Array<ArrayBuffer>): void {
    this.#port.postMessage(frames, [frames.buffer]);
  }

  protected closeLink(): void {
    this.#port.close();
  }
}
