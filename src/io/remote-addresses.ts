import { unmappedIp } from '../common/ip-address.js';
import { type RemoteAddress } from '../worker/runtime.js';

/** A remote address and what the system calls it. */
export interface SocketAddress extends RemoteAddress {
  /** What `send` and `message` events of the socket use; an IPv6 socket calls 192.0.2.1 `::ffff:192.0.2.1`. */
  readonly systemIp: string;
}

/**
 * The address objects of one socket: one per address that is kept, so that others can compare them by identity. Anyone
 * can send from any number of addresses, or pretend to; of those that nobody keeps the latest are remembered, so that a
 * flood costs neither memory nor time.
 */
export class RemoteAddresses {
  readonly #socketFamily: 4 | 6;
  /** By the system's IP, then by port. */
  readonly #known = new Map<string, Map<number, KnownAddress>>();
  /** A ring of addresses that may be forgotten, unless they are kept, when their turn comes. */
  readonly #recent: (KnownAddress | undefined)[];
  #next = 0;
  /** Most datagrams of most sockets come from here. */
  #last: KnownAddress | undefined = undefined;

  /** @param capacity how many addresses that nobody keeps are remembered */
  constructor(socketFamily: 4 | 6, capacity = 4096) {
    this.#socketFamily = socketFamily;
    this.#recent = new Array<undefined>(capacity).fill(undefined);
  }

  /** For an address as the system gave it. */
  fromSystem(systemIp: string, port: number): SocketAddress {
    const last = this.#last;
    if (last !== undefined && last.port === port && last.systemIp === systemIp) return last;
    return (this.#last = this.#known.get(systemIp)?.get(port) ?? this.#learn(systemIp, port));
  }

  /** For an address in any form. @throws TypeError `invalid IP '<ip>'` */
  get(ip: string, port: number): SocketAddress {
    const normalIp = unmappedIp(ip);
    const isMapped = this.#socketFamily === 6 && !normalIp.includes(':');
    return this.fromSystem(isMapped ? `::ffff:${normalIp}` : normalIp, port);
  }

  /** Never forgets the address, which was given out just now, until `release` was called as often. */
  keep(address: RemoteAddress): void {
    (address as KnownAddress).keepers++;
  }

  release(address: RemoteAddress): void {
    const known = address as KnownAddress;
    if (--known.keepers === 0 && !known.isInRing) this.#mayForget(known);
  }

  #learn(systemIp: string, port: number): KnownAddress {
    const address = new KnownAddress(systemIp, port);
    let ports = this.#known.get(systemIp);
    if (ports === undefined) this.#known.set(systemIp, (ports = new Map<number, KnownAddress>()));
    ports.set(port, address);
    this.#mayForget(address);
    return address;
  }

  /** Puts the address into the ring, in the place of the one that has been there longest. */
  #mayForget(address: KnownAddress): void {
    const oldest = this.#recent[this.#next];
    if (oldest !== undefined) {
      oldest.isInRing = false;
      if (oldest.keepers === 0) this.#forget(oldest);
    }
    this.#recent[this.#next] = address;
    address.isInRing = true;
    this.#next = (this.#next + 1) % this.#recent.length;
  }

  #forget(address: KnownAddress): void {
    const ports = this.#known.get(address.systemIp)!;
    ports.delete(address.port);
    if (ports.size === 0) this.#known.delete(address.systemIp);
    if (this.#last === address) this.#last = undefined;
  }
}

class KnownAddress implements SocketAddress {
  readonly ip: string;
  readonly port: number;
  readonly family: 4 | 6;
  readonly systemIp: string;
  keepers = 0;
  isInRing = false;

  constructor(systemIp: string, port: number) {
    // A link-local address comes with its zone: `fe80::1%eth0`.
    const zone = systemIp.indexOf('%');
    this.ip = unmappedIp(zone < 0 ? systemIp : systemIp.slice(0, zone));
    this.port = port;
    this.family = this.ip.includes(':') ? 6 : 4;
    this.systemIp = systemIp;
  }
}
