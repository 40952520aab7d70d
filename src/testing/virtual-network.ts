import { normalizeIp } from '../common/ip-address.js';
import { Link, type LinkCounters, type LinkOptions, PERFECT_LINK } from './link.js';
import { type SeededRandom } from './seeded-random.js';
import { type VirtualTime } from './virtual-time.js';

export interface Endpoint {
  readonly ip: string;
  readonly port: number;
}

/** A datagram and what became of it when it was sent. */
export interface NetworkEvent {
  /** ms */
  at: number;
  what: 'sent' | 'lost' | 'queue full' | 'unreachable' | 'delivered';
  from: Endpoint;
  to: Endpoint;
  /** Bytes of payload. */
  length: number;
}

/** What UDP and IP add to a payload, for IPv4; IPv6 has 20 more. */
const HEADERS_LENGTH = 28;

/** Addresses and the links between them. Every address reaches every other one of its family. */
export class VirtualNetwork {
  readonly time: VirtualTime;
  /** Is told of every datagram. */
  onEvent: (event: NetworkEvent) => void = () => {};

  readonly #random: SeededRandom;
  #defaultOptions: LinkOptions = PERFECT_LINK;
  readonly #links = new Map<string, Link>();
  readonly #receivers = new Map<string, (payload: Uint8Array, from: Endpoint, to: Endpoint) => void>();

  constructor(time: VirtualTime, random: SeededRandom) {
    this.time = time;
    this.#random = random;
  }

  /** What links are like that were not set by `setLink`. */
  setDefaultLink(options: Partial<LinkOptions>): void {
    this.#defaultOptions = { ...PERFECT_LINK, ...options };
    for (const link of this.#links.values()) if (!link.hasOwnOptions) link.options = this.#defaultOptions;
  }

  /** Changes one direction; what is not given stays as it was. */
  setLink(fromIp: string, toIp: string, options: Partial<LinkOptions>): void {
    const link = this.#link(fromIp, toIp);
    link.options = { ...link.options, ...options };
    link.hasOwnOptions = true;
  }

  /** Changes both directions. */
  setPath(ip: string, otherIp: string, options: Partial<LinkOptions>): void {
    this.setLink(ip, otherIp, options);
    this.setLink(otherIp, ip, options);
  }

  counters(fromIp: string, toIp: string): LinkCounters {
    return { ...this.#link(fromIp, toIp).counters };
  }

  /** Bytes that wait to be sent from one address to the other. */
  backlog(fromIp: string, toIp: string): number {
    return this.#link(fromIp, toIp).backlog;
  }

  /** Is told of every packet that leaves a link: how long it waited and took to be sent, ms. */
  onTransmitted(fromIp: string, toIp: string, listener: (size: number, delay: number) => void): void {
    this.#link(fromIp, toIp).onTransmitted = listener;
  }

  options(fromIp: string, toIp: string): LinkOptions {
    return this.#link(fromIp, toIp).options;
  }

  /** Sends a packet of so many bytes, headers included, that concerns nobody but who sends it. */
  sendPacket(size: number, fromIp: string, toIp: string, deliver: () => void): void {
    this.#link(fromIp, toIp).send(size, deliver);
  }

  /** Hands an address over to a host: `receive` gets its datagrams. */
  attach(ip: string, receive: (payload: Uint8Array, from: Endpoint, to: Endpoint) => void): void {
    if (this.#receivers.has(ip)) throw new Error(`${ip} belongs to somebody already`);
    this.#receivers.set(ip, receive);
  }

  /** Sends a datagram; the network keeps `payload`. */
  send(payload: Uint8Array, from: Endpoint, to: Endpoint): void {
    const { length } = payload;
    const receive = this.#receivers.get(to.ip);
    const isReachable = receive !== undefined && from.ip.includes(':') === to.ip.includes(':');
    const what = isReachable
      ? this.#link(from.ip, to.ip).send(length + headersLength(to.ip), () => {
          this.onEvent({ at: this.time.now(), what: 'delivered', from, to, length });
          receive(payload, from, to);
        })
      : 'unreachable';
    this.onEvent({ at: this.time.now(), what, from, to, length });
  }

  /** Sends a part of a byte stream. */
  sendReliably(length: number, fromIp: string, toIp: string, deliver: () => void): void {
    this.#link(fromIp, toIp).sendReliably(length + headersLength(toIp) + 12, deliver);
  }

  #link(fromIp: string, toIp: string): Link {
    const key = `${normalizeIp(fromIp)} > ${normalizeIp(toIp)}`;
    let link = this.#links.get(key);
    if (link === undefined) {
      link = new Link(this.time, this.#random.fork(key), this.#defaultOptions);
      this.#links.set(key, link);
    }
    return link;
  }
}

function headersLength(ip: string): number {
  return ip.includes(':') ? HEADERS_LENGTH + 20 : HEADERS_LENGTH;
}
