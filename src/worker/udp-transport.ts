import { type Options } from '../channel/fbs/transport.js';
import { type SrtpParameters as FbsSrtpParameters } from '../channel/fbs/srtp-parameters.js';
import { DropReason } from '../common/drop-reason.js';
import { SrtpReceiver, SrtpSender } from '../srtp/srtp-session.js';
import { type WorkerContext } from './context.js';
import { DatagramKind, datagramKind, isPlainSctp } from './datagram-kind.js';
import { guardDatagram } from './datagram-guard.js';
import { type RtpProtector } from './egress.js';
import { type ListenInfo } from './listen-info.js';
import { type Bound } from './port-manager.js';
import { type OutgoingDatagram, type RemoteAddress, type UdpSocket } from './runtime.js';
import { SrtcpBuffer } from './srtcp-buffer.js';
import { decodeMasterKey, type SrtpParameters, srtpSuiteName } from './srtp-parameters.js';
import { Transport } from './transport.js';
import { type TransportOwner } from './transport-owner.js';
import { UdpTuple } from './tuple.js';

/** A transport to one peer over plain UDP, with SRTP keys from the application or without encryption. */
export abstract class UdpTransport extends Transport {
  /** The way to the peer once it is known. */
  protected tuple: UdpTuple | undefined = undefined;
  protected srtpSender: SrtpSender | undefined = undefined;
  protected srtpReceiver: SrtpReceiver | undefined = undefined;
  /** Ours: what we encrypt with. Undefined without SRTP. */
  protected abstract readonly localSrtp: SrtpParameters | undefined;

  /** Where the current datagram came from. */
  protected source: RemoteAddress | undefined = undefined;
  protected sourceSocket: UdpSocket | undefined = undefined;
  readonly #srtcp = new SrtcpBuffer();

  constructor(id: string, options: Options, context: WorkerContext, owner: TransportOwner, kind: 'pipe' | 'other') {
    super(id, options, context, owner, kind);
  }

  override get isConnected(): boolean {
    return this.tuple !== undefined;
  }

  override get rtpProtector(): RtpProtector | undefined {
    return this.srtpSender;
  }

  override sendRtp(datagram: OutgoingDatagram): DropReason {
    if (!this.tuple) return DropReason.notConnected;
    this.counters.sent.update(datagram.view.length, this.sentAt!);
    return this.tuple.sendDatagram(datagram);
  }

  override sendRtcp(bytes: Uint8Array, offset: number, length: number): void {
    const tuple = this.rtcpTuple;
    if (!this.isConnected || !tuple) return;
    if (!this.srtpSender) {
      this.#send(tuple, bytes, offset, length);
      return;
    }
    const protectedLength = this.#srtcp.protect(this.srtpSender, bytes, offset, length);
    if (protectedLength < 0) this.context.drops.count(-protectedLength as DropReason);
    else this.#send(tuple, this.#srtcp.bytes, 0, protectedLength);
  }

  override sendSctp(bytes: Uint8Array, offset: number, length: number): void {
    this.#send(this.tuple, bytes, offset, length);
  }

  override deliverMessage(): void {}

  /** Where RTCP goes to and comes from. */
  protected abstract get rtcpTuple(): UdpTuple | undefined;
  /** A first valid packet came in: becomes the way to the peer if the transport learns it like that. */
  protected abstract learnTuple(now: number): void;
  /** The same for RTCP. */
  protected abstract learnRtcpTuple(now: number): void;

  /** Opens a socket whose datagrams come here. */
  protected openSocket(info: ListenInfo): Bound<UdpSocket> {
    const target = {
      onDatagram: (datagram: Uint8Array, remote: RemoteAddress, now: number): DropReason => {
        this.source = remote;
        this.sourceSocket = bound.socket;
        return this.#onDatagram(datagram, now);
      },
    };
    const bound: Bound<UdpSocket> = this.context.ports.bindUdp(info, {
      onDatagram: (datagram, remote, now) => guardDatagram(this.context, target, datagram, remote, now),
    });
    return bound;
  }

  /**
   * The peer's SRTP parameters as `connect` is given them.
   *
   * @throws TypeError if they are there and should not be, or the other way round
   */
  protected checkSrtpParameters(given: FbsSrtpParameters | undefined): FbsSrtpParameters | undefined {
    if (!this.localSrtp && given) throw new TypeError('invalid srtpParameters (SRTP not enabled)');
    if (this.localSrtp && !given) throw new TypeError('missing srtpParameters (SRTP enabled)');
    return given ?? undefined;
  }

  /** @throws TypeError if the peer's key is too short or too long */
  protected startSrtp(remote: FbsSrtpParameters): void {
    const suite = srtpSuiteName(remote.cryptoSuite);
    const masterKey = decodeMasterKey(suite, remote.keyBase64);
    const kernel = this.context.srtpKernel;
    this.srtpSender = new SrtpSender({ ...this.localSrtp!, kernel });
    this.srtpReceiver = new SrtpReceiver({ suite, masterKey, kernel });
  }

  protected stopSrtp(): void {
    this.srtpSender?.close();
    this.srtpReceiver?.close();
    this.srtpSender = undefined;
    this.srtpReceiver = undefined;
  }

  /** The way to a peer at `remote`, which was given out just now. */
  protected tupleTo(socket: UdpSocket, remote: RemoteAddress): UdpTuple {
    socket.keepAddress(remote);
    return new UdpTuple(socket, remote);
  }

  /** Whether the current datagram came this way. */
  protected isFrom(tuple: UdpTuple | undefined): boolean {
    return tuple !== undefined && tuple.remote === this.source && tuple.socket === this.sourceSocket;
  }

  protected override admitRtp(now: number): DropReason {
    if (!this.tuple) this.learnTuple(now);
    return this.isFrom(this.tuple) ? DropReason.none : DropReason.unknownTuple;
  }

  override removeReceiveStream(ssrc: number): void {
    this.srtpReceiver?.removeStream(ssrc);
  }

  override removeSendStream(ssrc: number): void {
    this.srtpSender?.removeStream(ssrc);
  }

  /**
   * Who the peer is, is asked before anything is decrypted: what comes from elsewhere, even an authentic packet of the
   * peer that somebody caught and sends from another address, must not touch rollover counters and replay windows.
   */
  #onDatagram(datagram: Uint8Array, now: number): DropReason {
    this.counters.received.update(datagram.length, now);
    switch (datagramKind(datagram)) {
      case DatagramKind.rtp:
        if (this.tuple && !this.isFrom(this.tuple)) return DropReason.unknownTuple;
        if (this.localSrtp && !this.srtpReceiver) return DropReason.srtpNoSession;
        return this.receiveRtp(datagram, this.srtpReceiver, this.tuple !== undefined, now);
      case DatagramKind.rtcp:
        this.context.media.ingress.flush();
        return this.#onRtcp(datagram, now);
      default:
        this.context.media.ingress.flush();
        return isPlainSctp(datagram) ? this.#onSctp(datagram, now) : DropReason.unknownProtocol;
    }
  }

  #onRtcp(datagram: Uint8Array, now: number): DropReason {
    if (this.rtcpTuple && !this.isFrom(this.rtcpTuple)) return DropReason.unknownTuple;
    let { length } = datagram;
    if (this.localSrtp) {
      if (!this.srtpReceiver) return DropReason.srtpNoSession;
      length = this.srtpReceiver.unprotectRtcp(datagram, 0, length);
      if (length < 0) return -length as DropReason;
    }
    if (!this.rtcpTuple) this.learnRtcpTuple(now);
    if (!this.isFrom(this.rtcpTuple)) return DropReason.unknownTuple;
    return this.receiveRtcp(datagram, 0, length, now);
  }

  #onSctp(datagram: Uint8Array, now: number): DropReason {
    if (!this.hasSctp) return DropReason.unknownProtocol;
    // SCTP is not authenticated: where SRTP is in use only SRTP shows who the peer is.
    if (!this.tuple && !this.localSrtp) this.learnTuple(now);
    if (!this.isFrom(this.tuple)) return DropReason.unknownTuple;
    return this.receiveSctp(datagram, 0, datagram.length, now);
  }

  #send(tuple: UdpTuple | undefined, bytes: Uint8Array, offset: number, length: number): void {
    if (!tuple) return;
    this.counters.sent.update(length, this.context.runtime.clock.now());
    tuple.send(bytes, offset, length);
  }
}
