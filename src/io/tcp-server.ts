import { createServer, type Server, type Socket } from 'node:net';
import { DropReason } from '../common/drop-reason.js';
import { ipFamily, normalizeIp, unmappedIp } from '../common/ip-address.js';
import {
  type BindOptions,
  type Clock,
  type RemoteAddress,
  type TcpConnection,
  type TcpConnectionHandler,
  type TcpHandler,
  type TcpNetwork,
  type TcpServer,
} from '../worker/runtime.js';
import { toBindError } from './bind-error.js';
import { FrameDecoder } from './frame-decoder.js';

const BACKLOG = 512;
const MAX_FRAME_LENGTH = 65_535;

export interface TcpLimits {
  /** Bytes that may wait for a slow reader; further frames are dropped. */
  maxQueuedBytes: number;
  /** ms that a connection closed here has to take what was written before. */
  lingerTimeout: number;
}

export const DEFAULT_TCP_LIMITS: TcpLimits = {
  maxQueuedBytes: 1024 * 1024,
  lingerTimeout: 5000,
};

/** ICE over TCP, the passive side (RFC 6544), with the framing of RFC 4571. */
export class NodeTcpNetwork implements TcpNetwork {
  readonly #clock: Clock;
  readonly #limits: TcpLimits;

  constructor(clock: Clock, limits: Partial<TcpLimits> = {}) {
    this.#clock = clock;
    this.#limits = { ...DEFAULT_TCP_LIMITS, ...limits };
  }

  /** Buffer sizes are ignored: Node has no access to those of TCP sockets. */
  listen(options: BindOptions, handler: TcpHandler): Promise<TcpServer> {
    const host = normalizeIp(options.ip);
    const { port } = options;
    const ipv6Only = ipFamily(host) === 6 && options.ipv6Only === true;
    const server = createServer({ noDelay: true });
    return new Promise((resolve, reject) => {
      server.once('error', error => reject(toBindError(error)));
      server.listen({ host, port, ipv6Only, backlog: BACKLOG, exclusive: true }, () => {
        // Accepting may fail later, for want of file descriptors; the server goes on.
        server.removeAllListeners('error').on('error', () => {});
        resolve(new NodeTcpServer(server, this.#clock, this.#limits, handler));
      });
    });
  }
}

class NodeTcpServer implements TcpServer {
  readonly ip: string;
  readonly port: number;

  readonly #server: Server;
  readonly #clock: Clock;
  readonly #limits: TcpLimits;
  readonly #handler: TcpHandler;
  readonly #connections = new Set<NodeTcpConnection>();

  constructor(server: Server, clock: Clock, limits: TcpLimits, handler: TcpHandler) {
    const { address, port } = server.address() as { address: string; port: number };
    this.ip = normalizeIp(address);
    this.port = port;
    this.#server = server;
    this.#clock = clock;
    this.#limits = limits;
    this.#handler = handler;
    server.on('connection', socket => this.#onConnection(socket));
  }

  close(): void {
    this.#server.close();
    for (const connection of this.#connections) connection.close();
  }

  #onConnection(socket: Socket): void {
    const remote = remoteAddressOf(socket);
    if (remote === undefined) {
      socket.destroy();
      return;
    }
    const connection = new NodeTcpConnection(socket, remote, this.#clock, this.#limits);
    this.#connections.add(connection);
    socket.once('close', () => this.#connections.delete(connection));
    connection.handler = this.#handler.onConnection(connection, this.#clock.now());
  }
}

class NodeTcpConnection implements TcpConnection {
  readonly remote: RemoteAddress;
  readonly localIp: string;
  readonly localPort: number;
  handler: TcpConnectionHandler | undefined = undefined;

  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #limits: TcpLimits;
  readonly #decoder = new FrameDecoder();
  #isBroken = false;
  #isClosed = false;

  constructor(socket: Socket, remote: RemoteAddress, clock: Clock, limits: TcpLimits) {
    this.remote = remote;
    this.localIp = unmappedIp(socket.localAddress!);
    this.localPort = socket.localPort!;
    this.#socket = socket;
    this.#clock = clock;
    this.#limits = limits;
    socket.on('data', chunk => this.#onData(chunk));
    socket.on('error', () => {});
    socket.on('close', () => this.#onClose());
  }

  send(bytes: Uint8Array, offset: number, length: number): DropReason {
    if (this.#isClosed || length > MAX_FRAME_LENGTH || !this.#socket.writable) return DropReason.sendError;
    if (this.#socket.writableLength + length > this.#limits.maxQueuedBytes) return DropReason.sendQueueFull;
    const frame = Buffer.allocUnsafe(2 + length);
    frame.writeUint16BE(length);
    frame.set(bytes.subarray(offset, offset + length), 2);
    this.#socket.write(frame);
    return DropReason.none;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // What was written goes out first. Reading on lets the peer's own end come in. A peer that reads nothing must not
    // hold the connection and what waits for it.
    this.#socket.destroySoon();
    const timer = setTimeout(() => this.#socket.destroy(), this.#limits.lingerTimeout);
    this.#socket.once('close', () => clearTimeout(timer));
  }

  #onData(chunk: Buffer): void {
    if (this.#isClosed) return;
    const now = this.#clock.now();
    const isIntact = this.#decoder.push(chunk, frame => {
      this.handler?.onFrame(frame, now);
      return !this.#isClosed;
    });
    if (isIntact || this.#isClosed) return;
    this.#isBroken = true;
    this.#socket.destroy();
  }

  #onClose(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.handler?.onClosed(this.#clock.now(), this.#isBroken);
  }
}

/** Undefined if the peer is gone already. */
function remoteAddressOf({ remoteAddress, remotePort, localAddress }: Socket): RemoteAddress | undefined {
  if (remoteAddress === undefined || remotePort === undefined || localAddress === undefined) return undefined;
  const ip = unmappedIp(remoteAddress.split('%')[0]);
  return { ip, port: remotePort, family: ip.includes(':') ? 6 : 4 };
}
