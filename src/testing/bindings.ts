import { ipFamily, normalizeIp } from '../common/ip-address.js';
import { BindError, type BindOptions, type RemoteAddress } from '../worker/runtime.js';
import { type Endpoint } from './virtual-network.js';

const FIRST_EPHEMERAL_PORT = 32_768;

/** Which port of which address belongs to whom, on one machine, for one protocol. */
export class Bindings<T> {
  readonly #ips: readonly string[];
  readonly #owners = new Map<string, T[]>();
  #nextPort = FIRST_EPHEMERAL_PORT;

  constructor(ips: readonly string[]) {
    this.#ips = ips;
  }

  /** @returns the port, and the addresses that are bound: all of them for a wildcard */
  bind(options: BindOptions, owner: T): { port: number; ips: string[] } {
    const ip = normalizeIp(options.ip);
    const isWildcard = ip === '0.0.0.0' || ip === '::';
    const ips = isWildcard
      ? this.#ips.filter(own => ipFamily(own) === ipFamily(ip) || (ip === '::' && !options.ipv6Only))
      : this.#ips.filter(own => own === ip);
    if (ips.length === 0 && !isWildcard) throw new BindError('EADDRNOTAVAIL', 'address not available');
    const port = options.port || this.#ephemeralPort(ips);
    if (!options.reusePort && ips.some(own => this.#owners.has(endpointKey(own, port)))) {
      throw new BindError('EADDRINUSE', 'address already in use');
    }
    for (const own of ips)
      this.#owners.set(endpointKey(own, port), [...(this.#owners.get(endpointKey(own, port)) ?? []), owner]);
    return { port, ips };
  }

  /** Who gets what arrives: the one who bound last. */
  owner({ ip, port }: Endpoint): T | undefined {
    return this.#owners.get(endpointKey(ip, port))?.at(-1);
  }

  release(owner: T): void {
    for (const [where, owners] of this.#owners) {
      const others = owners.filter(other => other !== owner);
      if (others.length > 0) this.#owners.set(where, others);
      else this.#owners.delete(where);
    }
  }

  #ephemeralPort(ips: string[]): number {
    while (ips.some(ip => this.#owners.has(endpointKey(ip, this.#nextPort)))) this.#nextPort++;
    return this.#nextPort++;
  }
}

/** For maps by address and port. */
export const endpointKey = (ip: string, port: number): string => `${ip} ${port}`;

export function toRemoteAddress({ ip, port }: Endpoint): RemoteAddress {
  return { ip, port, family: ipFamily(ip) as 4 | 6 };
}
