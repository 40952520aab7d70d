import { Body as ResponseBody } from '../channel/fbs/response.js';
import { Event } from '../channel/fbs/notification.js';
import { Method } from '../channel/fbs/request.js';
import type * as FbsTransport from '../channel/fbs/transport.js';
import * as FbsWebRtcTransport from '../channel/fbs/web-rtc-transport.js';
import { DropReason } from '../common/drop-reason.js';
import { type WakeUp } from '../common/timer-queue.js';
import {
  DtlsTransport,
  type DtlsOwner,
  type DtlsRole,
  type DtlsSession,
  type DtlsState,
} from '../dtls/dtls-transport.js';
import { type IceCandidate, iceCandidates } from '../ice/candidate.js';
import { IceServer, type IceServerOwner, type IceState } from '../ice/ice-server.js';
import { isStun } from '../ice/stun-message.js';
import { SrtpReceiver, SrtpSender } from '../srtp/srtp-session.js';
import { type WorkerContext } from './context.js';
import { DatagramKind, datagramKind } from './datagram-kind.js';
import { type RtpProtector } from './egress.js';
import { type MethodTable } from './handler-registry.js';
import { type IcePath, IceSockets } from './ice-sockets.js';
import { readListenInfo } from './listen-info.js';
import { type OutgoingDatagram } from './runtime.js';
import { Transport } from './transport.js';
import { type TransportOwner } from './transport-owner.js';
import { SrtcpBuffer } from './srtcp-buffer.js';
import { tupleDump } from './tuple.js';
import {
  candidateDump,
  dtlsStateNumber,
  fingerprintDump,
  iceStateNumber,
  readFingerprint,
  roleNumber,
} from './webrtc-values.js';
import { type ServedTransport, type WebRtcServer } from './webrtc-server.js';

export interface WebRtcTransportOwner extends TransportOwner {
  /** The transport's WebRtcServer closes: close the transport, too. */
  onTransportListenServerClosed(transport: WebRtcTransport, now: number): void;
}

/** Where a transport's datagrams come from: sockets of its own, or those of a WebRtcServer. */
interface Listening {
  readonly server: WebRtcServer | undefined;
  readonly sockets: IceSockets | undefined;
  readonly candidates: readonly IceCandidate[];
}

/** A connection to a browser: ICE finds the way, DTLS agrees on keys, SRTP encrypts. */
export class WebRtcTransport extends Transport implements ServedTransport, IceServerOwner<IcePath>, DtlsOwner {
  protected override readonly responseTypes = {
    dump: ResponseBody.WebRtcTransport_DumpResponse,
    stats: ResponseBody.WebRtcTransport_GetStatsResponse,
  };
  static readonly #methods: MethodTable<WebRtcTransport> = {
    ...Transport.methods,
    [Method.WEBRTCTRANSPORT_CONNECT]: (transport, body) => transport.#connect(body),
    [Method.TRANSPORT_RESTART_ICE]: transport => transport.#restartIce(),
  };

  readonly #owner: WebRtcTransportOwner;
  readonly #listening: Listening;
  readonly #ice: IceServer<IcePath>;
  readonly #iceWakeUp: WakeUp;
  readonly #dtls: DtlsTransport;
  readonly #dtlsWakeUp: WakeUp;
  #srtpSender: SrtpSender | undefined = undefined;
  #srtpReceiver: SrtpReceiver | undefined = undefined;
  #dtlsRole: DtlsRole | 'auto' = 'auto';
  #connectCalled = false;
  #closing = false;
  /** Where the current datagram came from. */
  #path: IcePath | undefined = undefined;
  readonly #srtcp = new SrtcpBuffer();

  private constructor(
    id: string,
    options: FbsWebRtcTransport.WebRtcTransportOptions,
    listening: Listening,
    context: WorkerContext,
    owner: WebRtcTransportOwner,
  ) {
    super(id, options.base, context, owner, 'other');
    this.#owner = owner;
    this.#listening = listening;
    const { runtime, certificate, srtpProfiles } = context;
    context.handlers.register(id, this, WebRtcTransport.#methods, {});
    this.#ice = new IceServer<IcePath>({ random: runtime.random, consentTimeout: options.iceConsentTimeout }, this);
    this.#iceWakeUp = runtime.timers.register(this.#ice);
    this.#dtls = new DtlsTransport({ certificate, srtpProfiles, random: runtime.random }, this);
    this.#dtlsWakeUp = runtime.timers.register(this.#dtls);
    listening.server?.addTransport(this);
  }

  /**
   * A transport with sockets of its own, one per listen info.
   *
   * @throws TypeError or Error if something is wrong with the options or a socket; nothing remains then
   */
  static async create(
    id: string,
    options: FbsWebRtcTransport.WebRtcTransportOptions,
    context: WorkerContext,
    owner: WebRtcTransportOwner,
  ): Promise<WebRtcTransport> {
    if (options.listenType !== FbsWebRtcTransport.Listen.ListenIndividual) throw new TypeError('missing listenInfos');
    const { listenInfos: given } = options.listen as FbsWebRtcTransport.ListenIndividual;
    const listenInfos = given.map(readListenInfo);
    let transport: WebRtcTransport | undefined = undefined;
    const sockets = await IceSockets.open(listenInfos, context, () => transport);
    try {
      const candidates = iceCandidates(sockets.addresses);
      transport = new WebRtcTransport(id, options, { server: undefined, sockets, candidates }, context, owner);
      return transport;
    } catch (error) {
      sockets.close();
      throw error;
    }
  }

  /** @throws TypeError or Error if something is wrong with the options; nothing remains then */
  static createWithServer(
    id: string,
    options: FbsWebRtcTransport.WebRtcTransportOptions,
    context: WorkerContext,
    owner: WebRtcTransportOwner,
    findServer: (id: string) => WebRtcServer | undefined,
  ): WebRtcTransport {
    const server =
      options.listenType === FbsWebRtcTransport.Listen.ListenServer
        ? findServer((options.listen as FbsWebRtcTransport.ListenServer).webRtcServerId)
        : undefined;
    if (!server) throw new Error('wrong webRtcServerId (no associated WebRtcServer found)');
    const candidates = server.candidates(options);
    if (candidates.length === 0) throw new TypeError('empty iceCandidates');
    return new WebRtcTransport(id, options, { server, sockets: undefined, candidates }, context, owner);
  }

  // Transport

  override get isConnected(): boolean {
    return this.#isIceConnected && this.#dtls.state === 'connected';
  }

  override get rtpProtector(): RtpProtector | undefined {
    return this.#srtpSender;
  }

  override dump(): FbsWebRtcTransport.DumpResponse {
    return {
      base: this.baseDump(),
      iceRole: FbsWebRtcTransport.IceRole.CONTROLLED,
      iceParameters: { usernameFragment: this.#ice.usernameFragment, password: this.#ice.password, iceLite: true },
      iceCandidates: this.#listening.candidates.map(candidateDump),
      iceState: iceStateNumber(this.#ice.state),
      iceSelectedTuple: this.#selectedTupleDump(),
      dtlsParameters: {
        fingerprints: this.context.certificate.fingerprints.map(fingerprintDump),
        role: roleNumber(this.#dtlsRole),
      },
      dtlsState: dtlsStateNumber(this.#dtls.state),
    };
  }

  protected override stats(now: number): FbsWebRtcTransport.GetStatsResponse {
    return {
      base: this.baseStats(now),
      iceRole: FbsWebRtcTransport.IceRole.CONTROLLED,
      iceState: iceStateNumber(this.#ice.state),
      iceSelectedTuple: this.#selectedTupleDump(),
      dtlsState: dtlsStateNumber(this.#dtls.state),
    };
  }

  override sendRtp(datagram: OutgoingDatagram): DropReason {
    const path = this.#ice.selectedTuple;
    // Without keys nothing leaves: a packet may still be in the egress when the connection ends.
    if (!path || !this.isConnected) return DropReason.notConnected;
    this.counters.sent.update(datagram.view.length, this.sentAt!);
    return path.sendDatagram(datagram);
  }

  override sendRtcp(bytes: Uint8Array, offset: number, length: number): void {
    if (!this.isConnected || !this.#srtpSender) return;
    const protectedLength = this.#srtcp.protect(this.#srtpSender, bytes, offset, length);
    if (protectedLength < 0) this.context.drops.count(-protectedLength as DropReason);
    else this.#send(this.#ice.selectedTuple, this.#srtcp.bytes, 0, protectedLength);
  }

  override sendSctp(bytes: Uint8Array, offset: number, length: number): void {
    this.#dtls.send(bytes, offset, length);
    this.#dtlsWakeUp.update();
  }

  override deliverMessage(): void {}

  protected override admitRtp(): DropReason {
    // The peer sends from here, so it wants to be answered here.
    this.#ice.selectTuple(this.#path!);
    return DropReason.none;
  }

  override removeReceiveStream(ssrc: number): void {
    this.#srtpReceiver?.removeStream(ssrc);
  }

  override removeSendStream(ssrc: number): void {
    this.#srtpSender?.removeStream(ssrc);
  }

  override close(now: number): void {
    this.#closing = true;
    super.close(now);
  }

  /** The goodbyes of SCTP went out before through DTLS, those of DTLS go out through the sockets. */
  protected override closeConnection(): void {
    this.#dtls.close();
    this.#dtlsWakeUp.cancel();
    this.#ice.close();
    this.#iceWakeUp.cancel();
    this.#listening.sockets?.close();
    this.#stopSrtp();
    this.#listening.server?.removeTransport(this);
  }

  // ServedTransport, IceDestination

  onListenServerClosed(now: number): void {
    this.#owner.onTransportListenServerClosed(this, now);
  }

  onDatagram(bytes: Uint8Array, path: IcePath, now: number): DropReason {
    const stun = isStun(bytes, 0, bytes.length);
    // STUN that comes by way of a WebRtcServer is the server's.
    if (!stun || !this.#listening.server) this.counters.received.update(bytes.length, now);
    if (stun) {
      this.context.media.ingress.flush();
      const reason = this.#ice.onStun(bytes, 0, bytes.length, path, now);
      this.#iceWakeUp.update();
      return reason;
    }
    if (!this.#ice.isKnownTuple(path)) return DropReason.unknownTuple;
    this.#path = path;
    switch (datagramKind(bytes)) {
      case DatagramKind.rtp:
        if (this.#dtls.state !== 'connected') return DropReason.notConnected;
        if (!this.#srtpReceiver) return DropReason.srtpNoSession;
        return this.receiveRtp(bytes, this.#srtpReceiver, path === this.#ice.selectedTuple, now);
      case DatagramKind.rtcp:
        this.context.media.ingress.flush();
        return this.#onRtcp(bytes, now);
      case DatagramKind.dtls:
        this.context.media.ingress.flush();
        return this.#onDtls(bytes, path, now);
      default:
        return DropReason.unknownProtocol;
    }
  }

  onPathClosed(path: IcePath, now: number): void {
    this.#ice.removeTuple(path, now);
    this.#iceWakeUp.update();
  }

  // IceServerOwner

  onIceSend(path: IcePath, bytes: Uint8Array, offset: number, length: number): void {
    this.#send(path, bytes, offset, length);
  }

  onIceUfragAdded(usernameFragment: string): void {
    this.#listening.server?.addUfrag(usernameFragment, this);
  }

  onIceUfragRemoved(usernameFragment: string): void {
    this.#listening.server?.removeUfrag(usernameFragment);
  }

  onIceTupleAdded(path: IcePath): void {
    path.assign(this);
  }

  onIceTupleRemoved(path: IcePath): void {
    path.release();
  }

  onIceSelectedTuple(path: IcePath): void {
    this.context.channel.notify(this.id, Event.WEBRTCTRANSPORT_ICE_SELECTED_TUPLE_CHANGE, { tuple: tupleDump(path) });
  }

  onIceStateChange(state: Exclude<IceState, 'new'>, now: number): void {
    this.context.channel.notify(this.id, Event.WEBRTCTRANSPORT_ICE_STATE_CHANGE, { iceState: iceStateNumber(state) });
    if (state === 'disconnected') {
      if (this.#dtls.state === 'connected') this.disconnected(now);
      return;
    }
    const wasConnected = this.#dtls.state === 'connected';
    this.#mayRunDtls(now);
    if (wasConnected) this.connected(now);
  }

  // DtlsOwner

  onDtlsSend(bytes: Uint8Array, offset: number, length: number): void {
    this.#send(this.#ice.selectedTuple, bytes, offset, length);
  }

  onDtlsConnecting(): void {
    this.#notifyDtlsState('connecting');
  }

  onDtlsConnected(session: DtlsSession): void {
    const { srtpProfile: suite, localKey, remoteKey } = session;
    const kernel = this.context.srtpKernel;
    this.#stopSrtp();
    this.#srtpSender = new SrtpSender({ suite, masterKey: localKey, kernel });
    this.#srtpReceiver = new SrtpReceiver({ suite, masterKey: remoteKey, kernel });
    this.#notifyDtlsState('connected', session.remoteCertificatePem);
    if (this.isConnected) this.connected(this.context.runtime.clock.now());
  }

  onDtlsFailed(): void {
    this.#notifyDtlsState('failed');
  }

  onDtlsClosed(): void {
    this.#notifyDtlsState('closed');
    this.disconnected(this.context.runtime.clock.now());
  }

  onDtlsApplicationData(bytes: Uint8Array, offset: number, length: number, now: number): void {
    const reason = this.receiveSctp(bytes, offset, length, now);
    if (reason !== DropReason.none) this.context.drops.count(reason);
  }

  #stopSrtp(): void {
    this.#srtpSender?.close();
    this.#srtpReceiver?.close();
    this.#srtpSender = undefined;
    this.#srtpReceiver = undefined;
  }

  get #isIceConnected(): boolean {
    return this.#ice.state === 'connected' || this.#ice.state === 'completed';
  }

  #connect(body: FbsWebRtcTransport.ConnectRequest): FbsWebRtcTransport.ConnectResponse {
    if (this.#connectCalled) throw new Error('connect() already called');
    const { fingerprints, role } = body.dtlsParameters;
    if (fingerprints.length === 0) throw new TypeError('empty dtlsParameters.fingerprints array');
    const fingerprint = readFingerprint(fingerprints[0]);
    this.#connectCalled = true;
    this.#dtlsRole = role === FbsWebRtcTransport.DtlsRole.CLIENT ? 'server' : 'client';
    const now = this.context.runtime.clock.now();
    this.#dtls.setRemoteFingerprint(fingerprint, now);
    if (this.#dtls.state !== 'failed') this.#mayRunDtls(now);
    this.#dtlsWakeUp.update();
    // A handshake that is complete already is not made again in the other role.
    this.#dtlsRole = this.#dtls.localRole ?? this.#dtlsRole;
    return { dtlsLocalRole: roleNumber(this.#dtlsRole) };
  }

  #restartIce(): FbsTransport.RestartIceResponse {
    this.#ice.restart(this.context.runtime.clock.now());
    this.#iceWakeUp.update();
    return { usernameFragment: this.#ice.usernameFragment, password: this.#ice.password, iceLite: true };
  }

  /** Starts DTLS if there is a way to the peer: as a server if the peer is faster than the application. */
  #mayRunDtls(now: number): void {
    if (!this.#isIceConnected || !this.#ice.selectedTuple) return;
    if (this.#dtlsRole === 'auto') this.#dtlsRole = 'server';
    this.#dtls.start(this.#dtlsRole, now);
    this.#dtlsWakeUp.update();
  }

  #onRtcp(bytes: Uint8Array, now: number): DropReason {
    if (this.#dtls.state !== 'connected') return DropReason.notConnected;
    if (!this.#srtpReceiver) return DropReason.srtpNoSession;
    const length = this.#srtpReceiver.unprotectRtcp(bytes, 0, bytes.length);
    return length < 0 ? (-length as DropReason) : this.receiveRtcp(bytes, 0, length, now);
  }

  #onDtls(bytes: Uint8Array, path: IcePath, now: number): DropReason {
    this.#ice.selectTuple(path);
    const reason = this.#dtls.onPacket(bytes, 0, bytes.length, now);
    this.#dtlsWakeUp.update();
    return reason;
  }

  #send(path: IcePath | undefined, bytes: Uint8Array, offset: number, length: number): void {
    if (!path) return;
    this.counters.sent.update(length, this.context.runtime.clock.now());
    path.send(bytes, offset, length);
  }

  #notifyDtlsState(state: DtlsState, remoteCertificatePem: string | undefined = undefined): void {
    if (this.#closing) return;
    this.context.channel.notify(this.id, Event.WEBRTCTRANSPORT_DTLS_STATE_CHANGE, {
      dtlsState: dtlsStateNumber(state),
      remoteCert: remoteCertificatePem,
    });
  }

  #selectedTupleDump(): FbsTransport.Tuple | undefined {
    return this.#ice.selectedTuple ? tupleDump(this.#ice.selectedTuple) : undefined;
  }
}
