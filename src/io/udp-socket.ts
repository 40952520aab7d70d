import { createSocket, type RemoteInfo, type Socket, type SocketOptions } from 'node:dgram';
import { ipFamily, normalizeIp } from '../common/ip-address.js';
import {
  type BindOptions,
  type Clock,
  type RemoteAddress,
  type UdpHandler,
  type UdpNetwork,
  type UdpSocket,
} from '../worker/runtime.js';
import { toBindError } from './bind-error.js';
import { RemoteAddresses, type SocketAddress } from './remote-addresses.js';

/**
 * Kernel buffers, unless the options say otherwise: at 20 000 packets per second the default of Linux loses packets as
 * soon as the event loop is busy for a few milliseconds. The system may give less.
 */
const DEFAULT_BUFFER_SIZE = 4 * 1024 * 1024;

/** How many datagrams may wait in Node for the system to take them, per socket. */
const MAX_QUEUED = 512;

export class NodeUdpNetwork implements UdpNetwork {
  readonly #clock: Clock;
  readonly #outgoing = new OutgoingBuffer();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  bind(options: BindOptions, handler: UdpHandler): UdpSocket {
    const ip = normalizeIp(options.ip);
    const isIpv6 = ipFamily(ip) === 6;
    const socket = createSocket({
      type: isIpv6 ? 'udp6' : 'udp4',
      ipv6Only: isIpv6 && options.ipv6Only === true,
      reuseAddr: options.reusePort === true,
      lookup: numericLookup,
    });
    let error: unknown;
    socket.on('error', reason => (error ??= reason));
    try {
      // With a lookup that answers at once, binding is done, or its error emitted, when this returns. `exclusive`: a
      // worker of a cluster would ask the primary otherwise.
      socket.bind({ address: ip, port: options.port, exclusive: true });
      if (error === undefined) setBufferSizes(socket, options);
    } catch (reason) {
      error ??= reason;
    }
    if (error !== undefined) {
      socket.close();
      throw toBindError(error);
    }
    return new NodeUdpSocket(socket, isIpv6 ? 6 : 4, this.#outgoing, this.#clock, handler);
  }
}

class NodeUdpSocket implements UdpSocket {
  readonly ip: string;
  readonly port: number;

  readonly #socket: Socket;
  readonly #outgoing: OutgoingBuffer;
  readonly #clock: Clock;
  readonly #handler: UdpHandler;
  readonly #remoteAddresses: RemoteAddresses;
  #isClosed = false;

  constructor(socket: Socket, family: 4 | 6, outgoing: OutgoingBuffer, clock: Clock, handler: UdpHandler) {
    const { address, port } = socket.address();
    this.ip = normalizeIp(address);
    this.port = port;
    this.#socket = socket;
    this.#outgoing = outgoing;
    this.#clock = clock;
    this.#handler = handler;
    this.#remoteAddresses = new RemoteAddresses(family);
    socket.on('message', (datagram, from) => this.#onMessage(datagram, from));
  }

  remoteAddress(ip: string, port: number): RemoteAddress {
    return this.#remoteAddresses.get(ip, port);
  }

  keepAddress(remote: RemoteAddress): void {
    this.#remoteAddresses.keep(remote);
  }

  releaseAddress(remote: RemoteAddress): void {
    this.#remoteAddresses.release(remote);
  }

  send(bytes: Uint8Array, offset: number, length: number, remote: RemoteAddress): boolean {
    if (this.#isClosed || length === 0) return false;
    if (this.#socket.getSendQueueCount() >= MAX_QUEUED) return false;
    try {
      // Node tries to send at once. Without a callback it tells nobody when that fails, and that is right for UDP.
      this.#socket.send(this.#outgoing.copy(bytes, offset, length), remote.port, (remote as SocketAddress).systemIp);
    } catch {
      // Port 0, for one.
      return false;
    }
    // The system took nothing: Node reads the bytes later.
    if (this.#socket.getSendQueueCount() > 0) this.#outgoing.leave();
    return true;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
  }

  #onMessage(datagram: Buffer, from: RemoteInfo): void {
    if (this.#isClosed || datagram.length === 0) return;
    const now = this.#clock.now();
    this.#handler.onDatagram(datagram, this.#remoteAddresses.fromSystem(from.address, from.port), now);
  }
}

/** The sizes of most datagrams. Larger ones get memory of their own. */
const SLOT_SIZE = 2048;

/**
 * Where a datagram lies while the system takes it: one slot for all sockets, since that takes place within `send`. Only
 * if a datagram was queued, its slot is left to it, and the next one gets a new slot.
 */
class OutgoingBuffer {
  #slot = Buffer.allocUnsafeSlow(SLOT_SIZE);
  /** The beginning of the slot, by length: made once, because making one costs about as much as copying. */
  #views: (Buffer | undefined)[] = [];

  copy(bytes: Uint8Array, offset: number, length: number): Buffer {
    const view = length <= SLOT_SIZE ? (this.#views[length] ??= this.#slot.subarray(0, length)) : Buffer.alloc(length);
    view.set(bytes.subarray(offset, offset + length));
    return view;
  }

  leave(): void {
    this.#slot = Buffer.allocUnsafeSlow(SLOT_SIZE);
    this.#views = [];
  }
}

/** All addresses are numeric. Answering at once saves a turn of the event loop and a thread. */
const numericLookup: SocketOptions['lookup'] = (ip, _, callback) => callback(null, ip, ip.includes(':') ? 6 : 4);

function setBufferSizes(socket: Socket, { sendBufferSize, recvBufferSize }: BindOptions): void {
  if (sendBufferSize) socket.setSendBufferSize(sendBufferSize);
  else attempt(() => socket.setSendBufferSize(DEFAULT_BUFFER_SIZE));
  if (recvBufferSize) socket.setRecvBufferSize(recvBufferSize);
  else attempt(() => socket.setRecvBufferSize(DEFAULT_BUFFER_SIZE));
}

/** For what is only wished: some systems refuse what they would have to cut. */
function attempt(wish: () => void): void {
  try {
    wish();
  } catch {
    return;
  }
}
