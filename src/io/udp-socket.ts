import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { copyBytes, WordCopier } from '../common/bytes.js';
import { DropReason } from '../common/drop-reason.js';
import { ipFamily, normalizeIp } from '../common/ip-address.js';
import {
  type BindOptions,
  type Clock,
  type OutgoingDatagram,
  type RemoteAddress,
  type UdpHandler,
  type UdpNetwork,
  type UdpSocket,
} from '../worker/runtime.js';
import { toBindError } from './bind-error.js';
import { DirectSend, SendOutcome } from './direct-send.js';
import { numericLookup } from './numeric-lookup.js';
import { RemoteAddresses, type SocketAddress } from './remote-addresses.js';

/**
 * Kernel buffers, unless the options say otherwise: at 20 000 packets per second the default of Linux loses packets as
 * soon as the event loop is busy for a few milliseconds. The system may give less.
 */
const DEFAULT_BUFFER_SIZE = 4 * 1024 * 1024;

/** How many datagrams may wait in Node for the system to take them, per socket. */
const MAX_QUEUED = 512;

export interface NodeUdpOptions {
  /** Whether sockets may send the direct way where it works (see DirectSend); default true. */
  direct?: boolean;
}

export class NodeUdpNetwork implements UdpNetwork {
  readonly #clock: Clock;
  readonly #isDirect: boolean;
  readonly #outgoing = new OutgoingBuffer();

  constructor(clock: Clock, { direct = true }: NodeUdpOptions = {}) {
    this.#clock = clock;
    this.#isDirect = direct;
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
    const direct = this.#isDirect ? DirectSend.of(socket) : undefined;
    return new NodeUdpSocket(socket, direct, isIpv6 ? 6 : 4, this.#outgoing, this.#clock, handler);
  }
}

class NodeUdpSocket implements UdpSocket {
  readonly ip: string;
  readonly port: number;

  readonly #socket: Socket;
  readonly #direct: DirectSend | undefined;
  readonly #outgoing: OutgoingBuffer;
  readonly #clock: Clock;
  readonly #handler: UdpHandler;
  readonly #remoteAddresses: RemoteAddresses;
  /** The only address that the socket deals with, if it is connected. */
  #peer: RemoteAddress | undefined = undefined;
  /** Give back the memory of datagrams that wait in Node for the system to take them, or did when we last looked. */
  readonly #leftovers: (() => void)[] = [];
  #isClosed = false;

  constructor(
    socket: Socket,
    direct: DirectSend | undefined,
    family: 4 | 6,
    outgoing: OutgoingBuffer,
    clock: Clock,
    handler: UdpHandler,
  ) {
    const { address, port } = socket.address();
    this.ip = normalizeIp(address);
    this.port = port;
    this.#socket = socket;
    this.#direct = direct;
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

  connect(remote: RemoteAddress): void {
    // Bound to all addresses, connecting would bind it to one of them.
    if (this.#isClosed || this.#peer !== undefined || this.ip === '0.0.0.0' || this.ip === '::') return;
    try {
      this.#socket.connect(remote.port, (remote as SocketAddress).systemIp);
      // With a lookup that answers at once, that is done, or failed, when it returns.
      this.#socket.remoteAddress();
      this.#peer = remote;
    } catch {
      // Not reachable now: it stays as it was.
      return;
    }
  }

  send(bytes: Uint8Array, offset: number, length: number, remote: RemoteAddress): DropReason {
    this.#outgoing.set(bytes, offset, length);
    return this.sendDatagram(this.#outgoing, remote);
  }

  sendDatagram(datagram: OutgoingDatagram, remote: RemoteAddress): DropReason {
    const { view } = datagram;
    if (this.#isClosed || view.length === 0) return DropReason.sendError;
    if (this.#peer !== undefined && this.#peer !== remote) return DropReason.sendError;
    if (this.#leftovers.length > 0) {
      const queued = this.#socket.getSendQueueCount();
      if (queued >= MAX_QUEUED) return DropReason.sendQueueFull;
      if (queued === 0) this.#releaseLeftovers();
    }
    let outcome: SendOutcome;
    try {
      outcome = this.#sendNow(view, remote);
    } catch {
      // Port 0, for one.
      return DropReason.sendError;
    }
    // The system took nothing: Node reads the bytes later.
    if (outcome === SendOutcome.queued) this.#leftovers.push(datagram.leave());
    return outcome === SendOutcome.failed ? DropReason.sendError : DropReason.none;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close(() => this.#releaseLeftovers());
  }

  #releaseLeftovers(): void {
    for (const release of this.#leftovers) release();
    this.#leftovers.length = 0;
  }

  #sendNow(datagram: Uint8Array, remote: RemoteAddress): SendOutcome {
    const ip = this.#peer === undefined ? (remote as SocketAddress).systemIp : undefined;
    if (this.#direct !== undefined) return this.#direct.send(datagram, remote.port, ip);
    // Node tries to send at once. Without a callback it tells nobody when that fails, and that is right for UDP.
    if (ip === undefined) this.#socket.send(datagram);
    else this.#socket.send(datagram, remote.port, ip);
    return this.#socket.getSendQueueCount() > 0 ? SendOutcome.queued : SendOutcome.sent;
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
 * Where a datagram that could lie anywhere is copied to, for the system to take it: one slot for all sockets, since that
 * takes place within `send`. Only if a datagram was queued, its slot is left to it, and the next one gets a new slot.
 */
class OutgoingBuffer implements OutgoingDatagram {
  view: Uint8Array = new Uint8Array(0);

  #slot = new Uint8Array(SLOT_SIZE);
  #copier = new WordCopier(this.#slot);
  /** The beginning of the slot, by length: made once, because making one costs about as much as copying. */
  #views: (Uint8Array | undefined)[] = [];

  /** Makes it a copy of bytes[offset, offset + length). */
  set(bytes: Uint8Array, offset: number, length: number): void {
    if (length > SLOT_SIZE) {
      this.view = copyBytes(bytes, offset, offset + length);
      return;
    }
    this.#copier.copy(bytes, offset, length, 0);
    this.view = this.#views[length] ??= this.#slot.subarray(0, length);
  }

  leave(): () => void {
    // Whoever has the function has the memory.
    const { view } = this;
    this.#slot = new Uint8Array(SLOT_SIZE);
    this.#copier = new WordCopier(this.#slot);
    this.#views = [];
    return () => void view;
  }
}

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
