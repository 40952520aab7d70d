import { type Carrier } from '../channel/carrier.js';
import { type VirtualTime } from './virtual-time.js';

/**
 * Two carriers joined in virtual time. While time passes, what is sent arrives within the same instant, so events have
 * the time they happened at. While it stands still it arrives as soon as promises settle, so an awaited call returns
 * without that any time passes.
 */
export function createSimCarriers(time: VirtualTime): [Carrier, Carrier] {
  const one = new SimCarrier(time);
  const other = new SimCarrier(time);
  one.peer = other;
  other.peer = one;
  return [one, other];
}

class SimCarrier implements Carrier {
  onMessage: (message: Uint8Array) => void = () => {};
  onClosed: () => void = () => {};
  onProblem: (problem: string) => void = () => {};
  peer: SimCarrier | undefined = undefined;

  readonly #time: VirtualTime;
  #isClosed = false;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  send(message: Uint8Array): void {
    if (this.#isClosed) return;
    const copy = message.slice();
    this.#defer(() => this.peer!.#receive(copy));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#defer(() => this.peer!.#onPeerClosed());
  }

  #defer(task: () => void): void {
    if (this.#time.isPassing) this.#time.after(0, task);
    else queueMicrotask(task);
  }

  #receive(message: Uint8Array): void {
    if (!this.#isClosed) this.onMessage(message);
  }

  #onPeerClosed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.onClosed();
  }
}
