import { Event } from '../channel/fbs/notification.js';
import * as FbsPlainTransport from '../channel/fbs/plain-transport.js';
import { Method } from '../channel/fbs/request.js';
import type * as FbsTransport from '../channel/fbs/transport.js';
import { normalizeIp } from '../common/ip-address.js';
import { type WorkerContext } from './context.js';
import { type MethodTable } from './handler-registry.js';
import { type ListenInfo, readListenInfo } from './listen-info.js';
import { type Bound } from './port-manager.js';
import { type UdpSocket } from './runtime.js';
import { generateSrtpParameters, type SrtpParameters, srtpParametersDump, srtpSuiteName } from './srtp-parameters.js';
import { Transport } from './transport.js';
import { type TransportOwner } from './transport-owner.js';
import { localTupleDump, tupleDump, type UdpTuple } from './tuple.js';
import { UdpTransport } from './udp-transport.js';

/** RTP, RTCP and SCTP with one peer over UDP, without ICE and DTLS. */
export class PlainTransport extends UdpTransport {
  static readonly #methods: MethodTable<PlainTransport> = {
    ...Transport.methods,
    [Method.PLAINTRANSPORT_CONNECT]: (transport, body, request) => {
      const response = transport.#connect(body);
      request.respond(response);
      transport.connected(transport.context.runtime.clock.now());
    },
  };

  protected override localSrtp: SrtpParameters | undefined;
  readonly #listenInfo: ListenInfo;
  readonly #rtcpListenInfo: ListenInfo;
  readonly #rtcpMux: boolean;
  /** The peer's address is learnt from its first packet. */
  readonly #comedia: boolean;
  readonly #bound: Bound<UdpSocket>;
  readonly #rtcpBound: Bound<UdpSocket> | undefined;
  #rtcpTuple: UdpTuple | undefined = undefined;
  #connectCalled = false;

  /** @throws TypeError if the options are wrong, Error if a socket cannot be opened or the id is taken */
  constructor(
    id: string,
    options: FbsPlainTransport.PlainTransportOptionsT,
    context: WorkerContext,
    owner: TransportOwner,
  ) {
    super(id, options.base!, context, owner, 'other');
    this.#listenInfo = readListenInfo(options.listenInfo!);
    this.#rtcpListenInfo = readListenInfo(options.rtcpListenInfo ?? options.listenInfo!);
    this.#rtcpMux = options.rtcpMux;
    this.#comedia = options.comedia;
    this.localSrtp = options.enableSrtp ? localSrtpParameters(options, context) : undefined;
    if (this.#listenInfo.protocol !== 'udp') throw new TypeError('unsupported listen protocol');
    if (!this.#rtcpMux && this.#rtcpListenInfo.protocol !== 'udp') {
      throw new TypeError('unsupported RTCP listen protocol');
    }
    this.#bound = this.openSocket(this.#listenInfo);
    try {
      this.#rtcpBound = this.#rtcpMux ? undefined : this.openSocket(this.#rtcpListenInfo);
    } catch (error) {
      this.#bound.close();
      throw error;
    }
    try {
      context.handlers.register(id, this, PlainTransport.#methods, {});
    } catch (error) {
      this.#closeSockets();
      throw error;
    }
  }

  override dump(): FbsPlainTransport.DumpResponseT {
    return new FbsPlainTransport.DumpResponseT(
      this.baseDump(),
      this.#rtcpMux,
      this.#comedia,
      this.#tupleDump(),
      this.#rtcpSocket ? this.#rtcpTupleDump(this.#rtcpSocket) : null,
      this.localSrtp ? srtpParametersDump(this.localSrtp) : null,
    );
  }

  protected override stats(now: number): FbsPlainTransport.GetStatsResponseT {
    return new FbsPlainTransport.GetStatsResponseT(
      this.baseStats(now),
      this.#rtcpMux,
      this.#comedia,
      this.#tupleDump(),
      this.#rtcpSocket && this.#rtcpTuple ? this.#rtcpTupleDump(this.#rtcpSocket) : null,
    );
  }

  protected override get rtcpTuple(): UdpTuple | undefined {
    return this.#rtcpMux ? this.tuple : this.#rtcpTuple;
  }

  protected override learnTuple(now: number): void {
    if (!this.#comedia) return;
    this.tuple = this.tupleTo(this.sourceSocket!, this.source!);
    this.context.channel.notify(
      this.id,
      Event.PLAINTRANSPORT_TUPLE,
      new FbsPlainTransport.TupleNotificationT(this.#tupleDump()),
    );
    this.connected(now);
  }

  protected override learnRtcpTuple(now: number): void {
    if (this.#rtcpMux) {
      this.learnTuple(now);
      return;
    }
    if (!this.#comedia) return;
    this.#rtcpTuple = this.tupleTo(this.sourceSocket!, this.source!);
    this.context.channel.notify(
      this.id,
      Event.PLAINTRANSPORT_RTCP_TUPLE,
      new FbsPlainTransport.RtcpTupleNotificationT(this.#rtcpTupleDump(this.sourceSocket!)),
    );
  }

  protected override closeConnection(): void {
    this.#closeSockets();
  }

  #connect(body: FbsPlainTransport.ConnectRequestT): FbsPlainTransport.ConnectResponseT {
    if (this.#connectCalled) throw new Error('connect() already called');
    try {
      const remoteSrtp = this.checkSrtpParameters(body.srtpParameters);
      if (remoteSrtp) {
        // The peer's suite is for both directions, and stays even if `connect` fails.
        const suite = srtpSuiteName(remoteSrtp.cryptoSuite);
        if (suite !== this.localSrtp!.suite) {
          this.localSrtp = generateSrtpParameters(suite, this.context.runtime.random);
        }
        this.startSrtp(remoteSrtp);
      }
      if (!this.#comedia) this.#setTuples(body);
    } catch (error) {
      this.tuple = undefined;
      this.#rtcpTuple = undefined;
      this.stopSrtp();
      throw error;
    }
    this.#connectCalled = true;
    return new FbsPlainTransport.ConnectResponseT(
      this.tuple ? this.#tupleDump() : null,
      this.#rtcpSocket && this.#rtcpTuple ? this.#rtcpTupleDump(this.#rtcpSocket) : null,
      this.localSrtp ? srtpParametersDump(this.localSrtp) : null,
    );
  }

  get #socket(): UdpSocket {
    return this.#bound.socket;
  }

  get #rtcpSocket(): UdpSocket | undefined {
    return this.#rtcpBound?.socket;
  }

  #setTuples(body: FbsPlainTransport.ConnectRequestT): void {
    if (body.ip === null) throw new TypeError('missing ip');
    if (body.port === null) throw new TypeError('missing port');
    const ip = normalizeIp(body.ip as string);
    if (this.#rtcpSocket) {
      if (body.rtcpPort === null) throw new TypeError('missing rtcpPort (required with rtcpMux disabled)');
      this.#rtcpTuple = this.tupleTo(this.#rtcpSocket, this.#rtcpSocket.remoteAddress(ip, body.rtcpPort));
    } else if (body.rtcpPort !== null) {
      throw new TypeError('cannot set rtcpPort with rtcpMux enabled');
    }
    this.tuple = this.tupleTo(this.#socket, this.#socket.remoteAddress(ip, body.port));
  }

  #tupleDump(): FbsTransport.TupleT {
    const localAddress = this.#listenInfo.announcedAddress ?? this.#socket.ip;
    return this.tuple ? tupleDump(this.tuple, localAddress) : localTupleDump(this.#socket, localAddress);
  }

  #rtcpTupleDump(socket: UdpSocket): FbsTransport.TupleT {
    const localAddress = this.#rtcpListenInfo.announcedAddress ?? socket.ip;
    return this.#rtcpTuple ? tupleDump(this.#rtcpTuple, localAddress) : localTupleDump(socket, localAddress);
  }

  #closeSockets(): void {
    this.#bound.close();
    this.#rtcpBound?.close();
  }
}

function localSrtpParameters(
  options: FbsPlainTransport.PlainTransportOptionsT,
  context: WorkerContext,
): SrtpParameters {
  if (options.srtpCryptoSuite === null) throw new TypeError('missing srtpCryptoSuite');
  return generateSrtpParameters(srtpSuiteName(options.srtpCryptoSuite), context.runtime.random);
}
