import { type TimerQueue } from '../common/timer-queue.js';
import { type Clock, type Random, type Runtime, type TcpNetwork, type UdpNetwork } from '../worker/runtime.js';
import { NodeClock } from './clock.js';
import { GarbageCollector } from './garbage-collector.js';
import { NodeRandom } from './random.js';
import { NodeTcpNetwork, type TcpLimits } from './tcp-server.js';
import { TimerDriver } from './timer-driver.js';
import { NodeUdpNetwork } from './udp-socket.js';

export interface NodeRuntimeOptions {
  tcpLimits?: Partial<TcpLimits>;
}

/** A worker's outside world: this process, this machine. */
export class NodeRuntime implements Runtime {
  readonly clock: Clock;
  readonly random: Random;
  readonly timers: TimerQueue;
  readonly udp: UdpNetwork;
  readonly tcp: TcpNetwork;

  readonly #timerDriver: TimerDriver;
  readonly #garbageCollector = new GarbageCollector();

  constructor({ tcpLimits }: NodeRuntimeOptions = {}) {
    this.clock = new NodeClock();
    this.random = new NodeRandom();
    this.#timerDriver = new TimerDriver(this.clock);
    this.timers = this.#timerDriver.queue;
    this.udp = new NodeUdpNetwork(this.clock);
    this.tcp = new NodeTcpNetwork(this.clock, tcpLimits);
  }

  /** Immediates come after all sockets were read that were ready in this turn of the event loop. */
  atEndOfTick(callback: () => void): void {
    setImmediate(callback);
  }

  onGarbage(bytes: number): void {
    this.#garbageCollector.add(bytes);
  }

  /** Stops the timers. Sockets and servers are closed by who opened them. */
  close(): void {
    this.#timerDriver.stop();
  }
}
