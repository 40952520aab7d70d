import * as FbsTransport from '../channel/fbs/transport.js';
import { type DropReason } from '../common/drop-reason.js';
import { type OutgoingDatagram, type RemoteAddress, type TcpConnection, type UdpSocket } from './runtime.js';

/** A path between one of our sockets and a peer. Two packets came the same way if their tuples are the same object. */
export interface Tuple {
  readonly protocol: 'udp' | 'tcp';
  readonly localIp: string;
  readonly localPort: number;
  readonly remote: RemoteAddress;
  /** The bytes are free when this returns. */
  send(bytes: Uint8Array, offset: number, length: number): DropReason;
  /** The same without a copy, where that is possible. */
  sendDatagram(datagram: OutgoingDatagram): DropReason;
}

export class UdpTuple implements Tuple {
  readonly protocol = 'udp';
  readonly remote: RemoteAddress;
  readonly socket: UdpSocket;

  constructor(socket: UdpSocket, remote: RemoteAddress) {
    this.socket = socket;
    this.remote = remote;
  }

  /** The socket is for this peer only. */
  connect(): void {
    this.socket.connect?.(this.remote);
  }

  get localIp(): string {
    return this.socket.ip;
  }

  get localPort(): number {
    return this.socket.port;
  }

  send(bytes: Uint8Array, offset: number, length: number): DropReason {
    return this.socket.send(bytes, offset, length, this.remote);
  }

  sendDatagram(datagram: OutgoingDatagram): DropReason {
    if (this.socket.sendDatagram !== undefined) return this.socket.sendDatagram(datagram, this.remote);
    return this.send(datagram.view, 0, datagram.view.length);
  }
}

export class TcpTuple implements Tuple {
  readonly protocol = 'tcp';
  readonly #connection: TcpConnection;

  constructor(connection: TcpConnection) {
    this.#connection = connection;
  }

  get localIp(): string {
    return this.#connection.localIp;
  }

  get localPort(): number {
    return this.#connection.localPort;
  }

  get remote(): RemoteAddress {
    return this.#connection.remote;
  }

  send(bytes: Uint8Array, offset: number, length: number): DropReason {
    return this.#connection.send(bytes, offset, length);
  }

  sendDatagram({ view }: OutgoingDatagram): DropReason {
    return this.send(view, 0, view.length);
  }

  close(): void {
    this.#connection.close();
  }
}

export function protocolNumber(protocol: 'udp' | 'tcp'): FbsTransport.Protocol {
  return protocol === 'udp' ? FbsTransport.Protocol.UDP : FbsTransport.Protocol.TCP;
}

/** @param localAddress what the application is told: the announced address where there is one */
export function tupleDump(tuple: Tuple, localAddress = tuple.localIp): FbsTransport.Tuple {
  return {
    localAddress,
    localPort: tuple.localPort,
    remoteIp: tuple.remote.ip,
    remotePort: tuple.remote.port,
    protocol: protocolNumber(tuple.protocol),
  };
}

/** The tuple of a socket that does not know its peer yet. */
export function localTupleDump(socket: UdpSocket, localAddress: string): FbsTransport.Tuple {
  return { localAddress, localPort: socket.port, remotePort: 0, protocol: FbsTransport.Protocol.UDP };
}
