import { DropReason } from '../common/drop-reason.js';
import { ipFamily, normalizeIp } from '../common/ip-address.js';
import {
  type BindOptions,
  type RemoteAddress,
  type TcpConnection,
  type TcpConnectionHandler,
  type TcpHandler,
  type TcpNetwork,
  type TcpServer,
} from '../worker/runtime.js';
import { Bindings, endpointKey, toRemoteAddress } from './bindings.js';
import { type Endpoint, type VirtualNetwork } from './virtual-network.js';

const FIRST_CLIENT_PORT = 49_152;

/** TCP of one machine: reliable, in order, as slow as the links. Servers as for a worker, and clients for peers. */
export class SimTcpNetwork implements TcpNetwork {
  readonly #network: VirtualNetwork;
  readonly #ips: readonly string[];
  readonly #bindings: Bindings<SimTcpServer>;
  #nextClientPort = FIRST_CLIENT_PORT;

  constructor(network: VirtualNetwork, ips: readonly string[]) {
    this.#network = network;
    this.#ips = ips;
    this.#bindings = new Bindings(ips);
  }

  listen(options: BindOptions, handler: TcpHandler): Promise<TcpServer> {
    const servers = serversOf(this.#network);
    const server = new SimTcpServer(normalizeIp(options.ip), handler, () => {
      this.#bindings.release(server);
      for (const [where, other] of servers) if (other === server) servers.delete(where);
    });
    try {
      const { port, ips } = this.#bindings.bind({ ...options, reusePort: false }, server);
      server.port = port;
      for (const ip of ips) servers.set(endpointKey(ip, port), server);
      return Promise.resolve(server);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Opens a connection. Frames may be sent at once; the server sees the connection after half a round trip.
   * @throws Error if nobody listens there
   */
  connect(ip: string, port: number, handler: TcpConnectionHandler): TcpConnection {
    const family = ipFamily(ip);
    const localIp = this.#ips.find(own => ipFamily(own) === family);
    const server = serversOf(this.#network).get(endpointKey(normalizeIp(ip), port));
    if (localIp === undefined || server === undefined) throw new Error(`connection refused by ${ip}:${port}`);
    const local = { ip: localIp, port: this.#nextClientPort++ };
    const remote = { ip: normalizeIp(ip), port };
    const client = new SimTcpConnection(this.#network, local, remote);
    const accepted = new SimTcpConnection(this.#network, remote, local);
    client.peer = accepted;
    accepted.peer = client;
    client.handler = handler;
    this.#network.sendReliably(0, local.ip, remote.ip, () => server.accept(accepted, this.#network.time.now()));
    return client;
  }
}

class SimTcpServer implements TcpServer {
  readonly ip: string;
  port = 0;

  readonly #handler: TcpHandler;
  readonly #onClose: () => void;
  readonly #connections: SimTcpConnection[] = [];
  #isClosed = false;

  constructor(ip: string, handler: TcpHandler, onClose: () => void) {
    this.ip = ip;
    this.#handler = handler;
    this.#onClose = onClose;
  }

  accept(connection: SimTcpConnection, now: number): void {
    if (this.#isClosed) {
      connection.close();
      return;
    }
    this.#connections.push(connection);
    connection.handler = this.#handler.onConnection(connection, now);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClose();
    for (const connection of this.#connections) connection.close();
  }
}

class SimTcpConnection implements TcpConnection {
  readonly remote: RemoteAddress;
  readonly localIp: string;
  readonly localPort: number;
  /** The other end. */
  peer: SimTcpConnection | undefined = undefined;
  handler: TcpConnectionHandler | undefined = undefined;

  readonly #network: VirtualNetwork;
  #isClosed = false;

  constructor(network: VirtualNetwork, local: Endpoint, remote: Endpoint) {
    this.#network = network;
    this.localIp = local.ip;
    this.localPort = local.port;
    this.remote = toRemoteAddress(remote);
  }

  send(bytes: Uint8Array, offset: number, length: number): DropReason {
    if (this.#isClosed || length > 65_535) return DropReason.sendError;
    const frame = bytes.slice(offset, offset + length);
    this.#toPeer(2 + length, (peer, now) => peer.#receive(frame, now));
    return DropReason.none;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#toPeer(0, (peer, now) => peer.#onPeerClosed(now));
  }

  #toPeer(length: number, action: (peer: SimTcpConnection, now: number) => void): void {
    const { time } = this.#network;
    this.#network.sendReliably(length, this.localIp, this.remote.ip, () => action(this.peer!, time.now()));
  }

  #receive(frame: Uint8Array, now: number): void {
    if (!this.#isClosed && frame.length > 0) this.handler?.onFrame(frame, now);
  }

  #onPeerClosed(now: number): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.handler?.onClosed(now, false);
  }
}

/** All servers of a network, by address. */
function serversOf(network: VirtualNetwork): Map<string, SimTcpServer> {
  let servers = serversByNetwork.get(network);
  if (servers === undefined) serversByNetwork.set(network, (servers = new Map<string, SimTcpServer>()));
  return servers;
}

const serversByNetwork = new WeakMap<VirtualNetwork, Map<string, SimTcpServer>>();
