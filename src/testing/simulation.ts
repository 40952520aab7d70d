import { SeededRandom } from './seeded-random.js';
import { SimRuntime } from './sim-runtime.js';
import { type NetworkEvent, VirtualNetwork } from './virtual-network.js';
import { VirtualTime } from './virtual-time.js';

/**
 * A world in virtual time: machines, and the network between them. The same seed gives the same run.
 *
 *     const world = new Simulation({ seed: 1 });
 *     const sfu = world.createRuntime('sfu', '10.0.0.1');
 *     const peer = world.createRuntime('peer', '10.0.0.2');
 *     world.network.setPath('10.0.0.1', '10.0.0.2', { latency: 20, loss: 0.05 });
 *     world.time.advance(1000);
 */
export class Simulation {
  readonly time = new VirtualTime();
  /** For the experiment itself. */
  readonly random: SeededRandom;
  readonly network: VirtualNetwork;
  /** What happened to every datagram, one line each, if `trace` is on. */
  readonly trace: string[] = [];

  readonly #seed: SeededRandom;

  constructor({ seed, trace = false }: { seed: number; trace?: boolean }) {
    this.#seed = new SeededRandom(seed);
    this.random = this.#seed.fork('experiment');
    this.network = new VirtualNetwork(this.time, this.#seed.fork('network'));
    if (trace) this.network.onEvent = event => this.trace.push(formatEvent(event));
  }

  /** A machine with these addresses. Its random numbers depend on its name only. */
  createRuntime(name: string, ...ips: string[]): SimRuntime {
    return new SimRuntime(this.network, this.#seed.fork(`runtime ${name}`), ips);
  }
}

function formatEvent({ at, what, from, to, length }: NetworkEvent): string {
  return `${at.toFixed(3)} ${what} ${from.ip}:${from.port} > ${to.ip}:${to.port} ${length}`;
}
