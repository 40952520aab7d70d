import { DropReason } from '../common/drop-reason.js';
import { ipFamily, normalizeIp, unmappedIp } from '../common/ip-address.js';
import {
  type BindOptions,
  type RemoteAddress,
  type UdpHandler,
  type UdpNetwork,
  type UdpSocket,
} from '../worker/runtime.js';
import { Bindings, endpointKey, toRemoteAddress } from './bindings.js';
import { type Endpoint, type VirtualNetwork } from './virtual-network.js';

/** UDP of one machine. */
export class SimUdpNetwork implements UdpNetwork {
  readonly #network: VirtualNetwork;
  readonly #bindings: Bindings<SimUdpSocket>;

  constructor(network: VirtualNetwork, ips: readonly string[]) {
    this.#network = network;
    this.#bindings = new Bindings(ips);
  }

  bind(options: BindOptions, handler: UdpHandler): UdpSocket {
    const socket = new SimUdpSocket(this.#network, normalizeIp(options.ip), handler, () =>
      this.#bindings.release(socket),
    );
    const { port, ips } = this.#bindings.bind(options, socket);
    socket.port = port;
    socket.sourceIps = ips;
    return socket;
  }

  receive(payload: Uint8Array, from: Endpoint, to: Endpoint): void {
    this.#bindings.owner(to)?.receive(payload, from);
  }
}

class SimUdpSocket implements UdpSocket {
  readonly ip: string;
  port = 0;
  sourceIps: readonly string[] = [];

  readonly #network: VirtualNetwork;
  readonly #handler: UdpHandler;
  readonly #onClose: () => void;
  /** Only those that are kept: whoever relies on others will notice. */
  readonly #keptAddresses = new Map<string, { address: RemoteAddress; keepers: number }>();
  #isClosed = false;

  constructor(network: VirtualNetwork, ip: string, handler: UdpHandler, onClose: () => void) {
    this.ip = ip;
    this.#network = network;
    this.#handler = handler;
    this.#onClose = onClose;
  }

  remoteAddress(ip: string, port: number): RemoteAddress {
    const endpoint = { ip: unmappedIp(ip), port };
    return this.#keptAddresses.get(endpointKey(endpoint.ip, port))?.address ?? toRemoteAddress(endpoint);
  }

  keepAddress(address: RemoteAddress): void {
    const key = endpointKey(address.ip, address.port);
    const kept = this.#keptAddresses.get(key);
    if (kept) kept.keepers++;
    else this.#keptAddresses.set(key, { address, keepers: 1 });
  }

  releaseAddress({ ip, port }: RemoteAddress): void {
    const key = endpointKey(ip, port);
    const kept = this.#keptAddresses.get(key)!;
    if (--kept.keepers === 0) this.#keptAddresses.delete(key);
  }

  send(bytes: Uint8Array, offset: number, length: number, remote: RemoteAddress): DropReason {
    const sourceIp = this.sourceIps.find(ip => ipFamily(ip) === remote.family);
    if (this.#isClosed || length === 0 || remote.port === 0 || sourceIp === undefined) {
      return DropReason.sendError;
    }
    const payload = bytes.slice(offset, offset + length);
    this.#network.send(payload, { ip: sourceIp, port: this.port }, { ip: remote.ip, port: remote.port });
    return DropReason.none;
  }

  close(): void {
    this.#isClosed = true;
    this.#onClose();
  }

  receive(payload: Uint8Array, from: Endpoint): void {
    if (this.#isClosed) return;
    this.#handler.onDatagram(payload, this.remoteAddress(from.ip, from.port), this.#network.time.now());
  }
}
