/**
 * For tests and experiments: workers in virtual time, on a virtual network. See docs/simulation.md.
 *
 * @module
 */
export { type LinkCounters, type LinkOptions } from './testing/link.js';
export { SeededRandom } from './testing/seeded-random.js';
export { type SimRuntime } from './testing/sim-runtime.js';
export { Simulation } from './testing/simulation.js';
export { type Endpoint, type NetworkEvent, type VirtualNetwork } from './testing/virtual-network.js';
export { type VirtualTime } from './testing/virtual-time.js';
