import { normalizeIp } from '../common/ip-address.js';
import {
  BindError,
  type BindOptions,
  type Random,
  type Runtime,
  type TcpHandler,
  type TcpServer,
  type UdpHandler,
  type UdpSocket,
} from './runtime.js';

/** Both ends belong to it. */
export interface PortRange {
  min: number;
  max: number;
}

/** The part of a listen info that decides where a socket is bound. Numbers that are 0 count as absent. */
export interface ListenOptions {
  ip: string;
  /** Wins over `port`, if neither end is 0. */
  portRange?: PortRange;
  port?: number;
  ipv6Only?: boolean;
  udpReusePort?: boolean;
  sendBufferSize?: number;
  recvBufferSize?: number;
}

/** A socket with the port it occupies. */
export interface Bound<Socket> {
  readonly socket: Socket;
  /** Closes the socket and gives its port back. Closing twice is harmless. */
  close(): void;
}

/**
 * Binds the sockets of one worker: to a fixed port, or to a free one in a range. Ranges know which of their ports this
 * worker uses; whether another process has a port, only binding shows.
 *
 * All methods throw (or reject with) a TypeError for wrong options, and an Error if nothing could be bound.
 */
export class PortManager {
  readonly #runtime: Pick<Runtime, 'udp' | 'tcp' | 'random'>;
  readonly #defaultRange: PortRange;
  /** By protocol, address and bounds: ranges that overlap do not know each other. */
  readonly #ranges = new Map<string, Set<number>>();

  /** @param defaultRange where ports come from if neither a port nor a range is given */
  constructor(runtime: Pick<Runtime, 'udp' | 'tcp' | 'random'>, defaultRange: PortRange) {
    this.#runtime = runtime;
    this.#defaultRange = defaultRange;
  }

  bindUdp(options: ListenOptions, handler: UdpHandler): Bound<UdpSocket> {
    const bindOptions = toBindOptions(options);
    const ports = this.#ports('udp', bindOptions.ip, options);
    for (;;) {
      bindOptions.port = ports.next();
      try {
        return bound(this.#runtime.udp.bind(bindOptions, handler), ports);
      } catch (error) {
        ports.onFailure(error);
      }
    }
  }

  async listenTcp(options: ListenOptions, handler: TcpHandler): Promise<Bound<TcpServer>> {
    const bindOptions = toBindOptions(options);
    const ports = this.#ports('tcp', bindOptions.ip, options);
    for (;;) {
      bindOptions.port = ports.next();
      try {
        return bound(await this.#runtime.tcp.listen(bindOptions, handler), ports);
      } catch (error) {
        ports.onFailure(error);
      }
    }
  }

  #ports(protocol: Protocol, ip: string, { portRange, port }: ListenOptions): Ports {
    const isRangeGiven = portRange !== undefined && portRange.min !== 0 && portRange.max !== 0;
    if (!isRangeGiven && port) return new FixedPort(protocol, ip, port);
    const range = isRangeGiven ? portRange : this.#defaultRange;
    return new RangePorts(protocol, ip, range, this.#ranges, this.#runtime.random);
  }
}

type Protocol = 'udp' | 'tcp';

/** The ports to try for one socket. */
interface Ports {
  /** @throws Error if there are no more */
  next(): number;
  /** The port could not be bound. @throws Error if no other one is to be tried */
  onFailure(error: unknown): void;
  /** The socket was closed. */
  release(): void;
}

class FixedPort implements Ports {
  readonly #protocol: Protocol;
  readonly #ip: string;
  readonly #port: number;

  constructor(protocol: Protocol, ip: string, port: number) {
    this.#protocol = protocol;
    this.#ip = ip;
    this.#port = port;
  }

  next(): number {
    return this.#port;
  }

  onFailure(error: unknown): never {
    if (!(error instanceof BindError)) throw error;
    // The words of the reference worker, where TCP notices only when it listens that a port is taken.
    const step = this.#protocol === 'udp' ? 'uv_udp_bind' : error.code === 'EADDRINUSE' ? 'uv_listen' : 'uv_tcp_bind';
    const where = `[protocol:${this.#protocol}, ip:'${this.#ip}', port:${this.#port}]`;
    throw new Error(`${step}() failed ${where}: ${error.message}`, { cause: error });
  }

  release(): void {}
}

/** Failures that another port does not mend. */
const notAboutThePort: Record<string, string | undefined> = {
  EMFILE: 'too many open files',
  EADDRNOTAVAIL: 'address not available',
};

/** Starts anywhere in the range and goes round once. */
class RangePorts implements Ports {
  readonly #protocol: Protocol;
  readonly #ip: string;
  readonly #range: PortRange;
  readonly #ranges: Map<string, Set<number>>;
  readonly #key: string;
  readonly #size: number;
  readonly #start: number;
  #attempt = 0;
  #port = 0;

  constructor(protocol: Protocol, ip: string, range: PortRange, ranges: Map<string, Set<number>>, random: Random) {
    if (range.max < range.min) throw new TypeError('maxPort cannot be less than minPort');
    this.#protocol = protocol;
    this.#ip = ip;
    this.#range = range;
    this.#ranges = ranges;
    this.#key = `${protocol} ${ip} ${range.min} ${range.max}`;
    this.#size = range.max - range.min + 1;
    this.#start = Math.floor((random.uint32() / 2 ** 32) * this.#size);
  }

  next(): number {
    const used = this.#used();
    do {
      if (this.#attempt === this.#size) {
        this.#forgetIfUnused(used);
        const where = `[protocol:${this.#protocol}, ip:'${this.#ip}', numAttempt:${this.#size}]`;
        throw new Error(`no more available ports ${where}`);
      }
      this.#port = this.#range.min + ((this.#start + this.#attempt) % this.#size);
      this.#attempt++;
    } while (used.has(this.#port));
    used.add(this.#port);
    return this.#port;
  }

  onFailure(error: unknown): void {
    this.release();
    if (!(error instanceof BindError)) throw error;
    const reason = notAboutThePort[error.code];
    if (reason === undefined) return;
    const attempts = `attempt:${this.#attempt}/${this.#size}`;
    const where = `[protocol:${this.#protocol}, ip:'${this.#ip}', port:${this.#port}, ${attempts}]`;
    throw new Error(`port bind failed due to ${reason} ${where}`, { cause: error });
  }

  release(): void {
    const used = this.#used();
    used.delete(this.#port);
    this.#forgetIfUnused(used);
  }

  /** The ports of this range that are in use. */
  #used(): Set<number> {
    let used = this.#ranges.get(this.#key);
    if (used === undefined) this.#ranges.set(this.#key, (used = new Set()));
    return used;
  }

  #forgetIfUnused(used: Set<number>): void {
    if (used.size === 0) this.#ranges.delete(this.#key);
  }
}

function toBindOptions(options: ListenOptions): BindOptions {
  return {
    ip: normalizeIp(options.ip),
    port: 0,
    ipv6Only: options.ipv6Only,
    reusePort: options.udpReusePort,
    sendBufferSize: bufferSize(options.sendBufferSize),
    recvBufferSize: bufferSize(options.recvBufferSize),
  };
}

/** The system takes sizes as signed 32 bit numbers. */
function bufferSize(size = 0): number {
  if (size !== 0 && (size | 0) <= 0) throw new TypeError(`invalid size: ${size | 0}`);
  return size;
}

function bound<Socket extends { close(): void }>(socket: Socket, ports: Ports): Bound<Socket> {
  let isClosed = false;
  return {
    socket,
    close() {
      if (isClosed) return;
      isClosed = true;
      socket.close();
      ports.release();
    },
  };
}
