import { type DropReason } from '../common/drop-reason.js';
import { type TimerQueue } from '../common/timer-queue.js';

/**
 * All that a worker needs of the outside world. `src/io` implements it over Node; `src/testing` implements it in virtual
 * time over a virtual network. The worker has no other way to a clock, a socket or a random number.
 */
export interface Runtime {
  readonly clock: Clock;
  readonly random: Random;
  /** The worker's timers. The runtime calls `timers.run(now)` when the earliest one is due. */
  readonly timers: TimerQueue;
  readonly udp: UdpNetwork;
  readonly tcp: TcpNetwork;
  /** Runs `callback` when everything that arrived in this turn of the event loop has been handled. */
  atEndOfTick(callback: () => void): void;
  /**
   * Called for memory outside of the JavaScript heap that has become garbage: `bytes` more. Absent: nobody wants to know.
   */
  onGarbage?(bytes: number): void;
}

export interface Clock {
  /** Monotonic time in ms with a fraction; starts anywhere. Read once per datagram or timer tick, then passed on. */
  now(): number;
  /** Wall-clock time in ms since 1970 that corresponds to `now() === 0`: for NTP timestamps in sender reports. */
  readonly wallClockOffset: number;
}

export interface Random {
  /** Fills with cryptographically secure random bytes. */
  fill(bytes: Uint8Array): void;
  /** Uniform in 0..2^32-1. */
  uint32(): number;
}

/**
 * Where a datagram came from or goes to: made by a UdpSocket, which has one object per address that is kept (see
 * `UdpSocket.keepAddress`). So within one socket kept addresses are equal if the objects are, and the object can be the
 * key of a Map.
 */
export interface RemoteAddress {
  /** Normal form (see common/ip-address.ts), IPv4-mapped IPv6 as IPv4. */
  readonly ip: string;
  readonly port: number;
  readonly family: 4 | 6;
}

export interface BindOptions {
  /** An address of this machine; never a host name. */
  ip: string;
  /** 0: any free port. */
  port: number;
  ipv6Only?: boolean;
  /** UDP only: several sockets may bind to the port. */
  reusePort?: boolean;
  /** Bytes; 0 or absent: the default of the implementation. */
  sendBufferSize?: number;
  recvBufferSize?: number;
}

/**
 * Why binding failed: the system's code (EADDRINUSE, EADDRNOTAVAIL, EMFILE, EACCES, EINVAL ...) and, as the message, what
 * the system calls it ("address already in use").
 */
export class BindError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'BindError';
    this.code = code;
  }
}

export interface UdpNetwork {
  /** Binds at once, or throws a BindError. */
  bind(options: BindOptions, handler: UdpHandler): UdpSocket;
}

export interface UdpHandler {
  /** A datagram of at least one byte; `datagram` is only valid during the call. */
  onDatagram(datagram: Uint8Array, remote: RemoteAddress, now: number): void;
}

/** A datagram in memory of the worker's that sockets may send from without a copy: it neither moves nor grows. */
export interface OutgoingDatagram {
  /** Exactly the datagram. */
  readonly view: Uint8Array;
  /**
   * To be called within a call of `sendDatagram` if the system reads the datagram later: its memory is left alone from
   * now on. Returns what gives the memory back.
   */
  leave(): () => void;
}

export interface UdpSocket {
  /** What it is bound to, in normal form. */
  readonly ip: string;
  readonly port: number;
  /** The address object for `ip` and `port`. @throws TypeError `invalid IP '<ip>'` */
  remoteAddress(ip: string, port: number): RemoteAddress;
  /**
   * To be called at once for an address that was just given out: from now on all datagrams from there come with this
   * very object, until `releaseAddress` was called as often. Otherwise any equal object may take its place, since anybody
   * can send from any number of addresses.
   */
  keepAddress(remote: RemoteAddress): void;
  releaseAddress(remote: RemoteAddress): void;
  /**
   * From now on the socket is for one remote address only: what comes from elsewhere may be dropped before it gets here,
   * and nothing can be sent elsewhere. That makes sending cheaper. Only a wish; absent: it has no effect.
   */
  connect?(remote: RemoteAddress): void;
  /**
   * Sends bytes[offset, offset + length) at once where the system takes them; otherwise a copy is queued, so the
   * memory is free when this returns. Never throws. Drops the datagram for one of these reasons: too many are queued
   * already (sendQueueFull), or the system refuses it, or the socket is closed (sendError).
   * @param remote an address object of this socket
   */
  send(bytes: Uint8Array, offset: number, length: number, remote: RemoteAddress): DropReason;
  /** The same, but nothing is copied. Absent: it would not be faster. */
  sendDatagram?(datagram: OutgoingDatagram, remote: RemoteAddress): DropReason;
  /** Nothing is delivered afterwards. Closing twice is harmless. */
  close(): void;
}

export interface TcpNetwork {
  /** Binds and listens, or rejects with a BindError. */
  listen(options: BindOptions, handler: TcpHandler): Promise<TcpServer>;
}

export interface TcpHandler {
  onConnection(connection: TcpConnection, now: number): TcpConnectionHandler;
}

export interface TcpConnectionHandler {
  /** One RFC 4571 frame of at least one byte; `frame` is only valid during the call. */
  onFrame(frame: Uint8Array, now: number): void;
  /** Closed by the peer, by an error or (`isBroken`) because its framing is broken; not called after `close()`. */
  onClosed(now: number, isBroken: boolean): void;
}

export interface TcpServer {
  readonly ip: string;
  readonly port: number;
  /** Stops listening and closes all connections. */
  close(): void;
}

export interface TcpConnection {
  readonly remote: RemoteAddress;
  readonly localIp: string;
  readonly localPort: number;
  /** Sends one RFC 4571 frame; the memory is free when this returns. Drops it as a UdpSocket does. */
  send(bytes: Uint8Array, offset: number, length: number): DropReason;
  /** What was sent before still goes out; nothing is delivered afterwards. Closing twice is harmless. */
  close(): void;
}
