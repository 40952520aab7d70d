import { unmappedIp } from '../common/ip-address.js';
import { type RemoteAddress } from '../worker/runtime.js';

/** A remote address and what the system calls it. */
export interface SocketAddress extends RemoteAddress {
  /** What `send` and `message` events of the socket use; an IPv6 socket calls 192.0.2.1 `::ffff:192.0.2.1`. */
  readonly systemIp: string;
}

/**
 * The address objects of one socket: one per address as long as anybody keeps it, so that others can compare them by
 * identity. Anyone can send from any number of addresses; so those that nobody else keeps are forgotten after a while.
 */
export class RemoteAddresses {
  readonly #socketFamily: 4 | 6;
  readonly #capacity: number;
  /** By the system's IP, then by port. */
  #recent = new Map<string, Map<number, SocketAddress>>();
  #recentCount = 0;
  /** What was recent once and is kept by somebody, as far as is known. By IP and port. */
  readonly #kept = new Map<string, WeakRef<SocketAddress>>();
  /** Most datagrams of most sockets come from here. */
  #last: SocketAddress | undefined = undefined;

  /** @param capacity how many addresses are remembered for certain */
  constructor(socketFamily: 4 | 6, capacity = 4096) {
    this.#socketFamily = socketFamily;
    this.#capacity = capacity;
  }

  /** For an address as the system gave it. */
  fromSystem(systemIp: string, port: number): SocketAddress {
    const last = this.#last;
    if (last !== undefined && last.port === port && last.systemIp === systemIp) return last;
    return (this.#last = this.#recent.get(systemIp)?.get(port) ?? this.#recall(systemIp, port));
  }

  /** For an address in any form. @throws TypeError `invalid IP '<ip>'` */
  get(ip: string, port: number): SocketAddress {
    const normalIp = unmappedIp(ip);
    const isMapped = this.#socketFamily === 6 && !normalIp.includes(':');
    return this.fromSystem(isMapped ? `::ffff:${normalIp}` : normalIp, port);
  }

  #recall(systemIp: string, port: number): SocketAddress {
    if (this.#recentCount >= this.#capacity) this.#retireRecent();
    const key = `${systemIp} ${port}`;
    const address = this.#kept.get(key)?.deref() ?? newAddress(systemIp, port);
    this.#kept.delete(key);
    let ports = this.#recent.get(systemIp);
    if (ports === undefined) this.#recent.set(systemIp, (ports = new Map<number, SocketAddress>()));
    ports.set(port, address);
    this.#recentCount++;
    return address;
  }

  #retireRecent(): void {
    for (const [key, reference] of this.#kept) if (reference.deref() === undefined) this.#kept.delete(key);
    for (const ports of this.#recent.values()) {
      for (const address of ports.values()) {
        this.#kept.set(`${address.systemIp} ${address.port}`, new WeakRef(address));
      }
    }
    this.#recent = new Map();
    this.#recentCount = 0;
    this.#last = undefined;
  }
}

function newAddress(systemIp: string, port: number): SocketAddress {
  // A link-local address comes with its zone: `fe80::1%eth0`.
  const zone = systemIp.indexOf('%');
  const ip = unmappedIp(zone < 0 ? systemIp : systemIp.slice(0, zone));
  return { ip, port, family: ip.includes(':') ? 6 : 4, systemIp };
}
