import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket as TcpSocket } from 'node:net';
import { SrtpReceiver, SrtpSender } from '../../../src/srtp/srtp-session.js';
import { type SrtpSuiteName } from '../../../src/srtp/srtp-suite.js';
import { datagramKind } from './rtp-wire.js';

/** A datagram that came, decrypted. */
export interface Arrival {
  /** On the clock of `performance.now()`. */
  readonly at: number;
  readonly bytes: Buffer;
  readonly kind: 'rtp' | 'rtcp' | 'stun' | 'other';
  /** What the last STUN request was authenticated with. */
  readonly stunPassword: string;
}

/**
 * The far end of a transport, with a name: a UDP socket, a TCP connection, or the application behind a DirectTransport.
 * It keeps everything that comes.
 */
export abstract class Endpoint {
  readonly name: string;
  readonly arrivals: Arrival[] = [];
  failedDecryptions = 0;
  closed = false;
  /** STUN requests sent, for their transaction ids. */
  stunRequests = 0;
  /** What the last STUN request was authenticated with. */
  stunPassword = '';
  /** Told about each arrival. */
  onArrival: (arrival: Arrival) => void = () => {};
  #sender: SrtpSender | undefined;
  #receiver: SrtpReceiver | undefined;

  constructor(name: string) {
    this.name = name;
  }

  abstract readonly protocol: 'udp' | 'tcp' | 'direct';
  abstract readonly port: number;
  /** Sends bytes as they are. */
  abstract transmit(bytes: Buffer, ip: string, port: number): void;
  abstract close(): void;

  encryptWith(suite: string, masterKey: Buffer): void {
    this.#sender = new SrtpSender({ suite: suite as SrtpSuiteName, masterKey });
  }

  decryptWith(suite: string, masterKey: Buffer): void {
    this.#receiver = new SrtpReceiver({ suite: suite as SrtpSuiteName, masterKey });
  }

  /** Sends RTP or RTCP, encrypted if a key was given. */
  send(plain: Buffer, ip: string, port: number): void {
    if (this.#sender === undefined) return this.transmit(plain, ip, port);
    const bytes = Buffer.alloc(plain.length + 64);
    plain.copy(bytes);
    const length =
      datagramKind(plain) === 'rtcp'
        ? this.#sender.protectRtcp(bytes, 0, plain.length)
        : this.#sender.protectRtp(bytes, 0, plain.length);
    if (length < 0) throw new Error(`cannot encrypt what ${this.name} sends (${-length})`);
    this.transmit(bytes.subarray(0, length), ip, port);
  }

  receive(bytes: Buffer): void {
    const at = performance.now();
    const kind = datagramKind(bytes);
    if (this.#receiver !== undefined && (kind === 'rtp' || kind === 'rtcp')) {
      const length =
        kind === 'rtp'
          ? this.#receiver.unprotectRtp(bytes, 0, bytes.length)
          : this.#receiver.unprotectRtcp(bytes, 0, bytes.length);
      if (length < 0) {
        this.failedDecryptions++;
        return;
      }
      bytes = bytes.subarray(0, length);
    }
    const arrival = { at, bytes, kind, stunPassword: this.stunPassword };
    this.arrivals.push(arrival);
    this.onArrival(arrival);
  }
}

export class UdpEndpoint extends Endpoint {
  readonly protocol = 'udp';
  readonly #socket: UdpSocket;

  private constructor(name: string, socket: UdpSocket) {
    super(name);
    this.#socket = socket;
    socket.on('message', message => this.receive(message));
  }

  static async open(name: string, ip: string): Promise<UdpEndpoint> {
    const socket = createSocket('udp4');
    socket.bind(0, ip);
    await once(socket, 'listening');
    return new UdpEndpoint(name, socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  transmit(bytes: Buffer, ip: string, port: number): void {
    this.#socket.send(bytes, port, ip);
  }

  close(): void {
    this.#socket.close();
  }
}

/** Frames have a length of 16 bits before them (RFC 4571). */
export class TcpEndpoint extends Endpoint {
  readonly protocol = 'tcp';
  readonly port: number;
  readonly #socket: TcpSocket;
  #pending = Buffer.alloc(0);

  private constructor(name: string, socket: TcpSocket) {
    super(name);
    this.#socket = socket;
    this.port = socket.localPort!;
    socket.on('data', chunk => this.#onData(chunk));
    socket.on('error', () => {});
    socket.on('close', () => (this.closed = true));
  }

  static async open(name: string, ip: string, port: number): Promise<TcpEndpoint> {
    const socket = connect({ host: ip, port, localAddress: ip, noDelay: true });
    await once(socket, 'connect');
    return new TcpEndpoint(name, socket);
  }

  transmit(bytes: Buffer): void {
    const frame = Buffer.alloc(2 + bytes.length);
    frame.writeUInt16BE(bytes.length);
    bytes.copy(frame, 2);
    this.#socket.write(frame);
  }

  transmitUnframed(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  close(): void {
    this.#socket.destroy();
  }

  #onData(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    while (this.#pending.length >= 2) {
      const end = 2 + this.#pending.readUInt16BE();
      if (this.#pending.length < end) return;
      this.receive(Buffer.from(this.#pending.subarray(2, end)));
      this.#pending = this.#pending.subarray(end);
    }
  }
}

/** What a DirectTransport and its Consumers hand to the application. */
export class DirectEndpoint extends Endpoint {
  readonly protocol = 'direct';
  readonly port = 0;

  transmit(): void {
    throw new Error('the application sends with the methods of DirectTransport');
  }

  close(): void {}
}
