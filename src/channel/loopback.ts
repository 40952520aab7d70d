import type { Carrier } from './carrier.js';
import { FramedCarrier } from './framed-carrier.js';

/** Runs a task later, after all tasks that were given to it before. */
export type Defer = (task: () => void) => void;

/**
 * Two carriers joined in one thread: for tests and simulations, which need API and worker side by side and the same
 * order of events in every run. `defer` decides when something arrives; a simulation passes its own.
 */
export function createLoopback(defer: Defer = setImmediate): [Carrier, Carrier] {
  const one = new LoopbackCarrier(defer);
  const other = new LoopbackCarrier(defer);
  one.join(other);
  other.join(one);
  return [one, other];
}

class LoopbackCarrier extends FramedCarrier {
  readonly #defer: Defer;
  #peer: LoopbackCarrier | undefined;

  constructor(defer: Defer) {
    super('skip');
    this.#defer = defer;
    this.#peer = undefined;
  }

  join(peer: LoopbackCarrier): void {
    this.#peer = peer;
  }

  protected writeFrames(frames: Uint8Array): void {
    this.#defer(() => this.#peer?.received(frames));
  }

  protected closeLink(): void {
    this.#defer(() => this.#peer?.lost());
  }
}
