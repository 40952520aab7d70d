import { normalizeIp } from '../common/ip-address.js';
import { type TimerQueue } from '../common/timer-queue.js';
import { type Random, type Runtime, type UdpNetwork } from '../worker/runtime.js';
import { SimTcpNetwork } from './sim-tcp.js';
import { SimUdpNetwork } from './sim-udp.js';
import { type VirtualNetwork } from './virtual-network.js';
import { type VirtualTime } from './virtual-time.js';

/** One machine of a simulation, as a runtime for a worker or for a peer. */
export class SimRuntime implements Runtime {
  readonly clock: VirtualTime;
  readonly random: Random;
  readonly timers: TimerQueue;
  readonly udp: UdpNetwork;
  readonly tcp: SimTcpNetwork;

  /** @param ips the machine's addresses */
  constructor(network: VirtualNetwork, random: Random, ips: readonly string[]) {
    this.clock = network.time;
    this.random = random;
    this.timers = network.time.createTimers();
    const addresses = ips.map(normalizeIp);
    const udp = new SimUdpNetwork(network, addresses);
    this.udp = udp;
    this.tcp = new SimTcpNetwork(network, addresses);
    for (const ip of addresses) network.attach(ip, (payload, from, to) => udp.receive(payload, from, to));
  }

  atEndOfTick(callback: () => void): void {
    this.clock.atEndOfInstant(callback);
  }
}
