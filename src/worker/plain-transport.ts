import { Body as ResponseBody } from '../channel/fbs/response.js';
import { Event } from '../channel/fbs/notification.js';
import type * as FbsPlainTransport from '../channel/fbs/plain-transport.js';
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
  protected override readonly responseTypes = {
    dump: ResponseBody.PlainTransport_DumpResponse,
    stats: ResponseBody.PlainTransport_GetStatsResponse,
  };
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
    options: FbsPlainTransport.PlainTransportOptions,
    context: WorkerContext,
    owner: TransportOwner,
  ) {
    super(id, options.base, context, owner, 'other');
    this.#listenInfo = readListenInfo(options.listenInfo);
    this.#rtcpListenInfo = readListenInfo(options.rtcpListenInfo ?? options.listenInfo);
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

  override dump(): FbsPlainTransport.DumpResponse {
    return {
      base: this.baseDump(),
      rtcpMux: this.#rtcpMux,
      comedia: this.#comedia,
      tuple: this.#tupleDump(),
      rtcpTuple: this.#rtcpSocket ? this.#rtcpTupleDump(this.#rtcpSocket) : undefined,
      srtpParameters: this.localSrtp ? srtpParametersDump(this.localSrtp) : undefined,
    };
  }

  protected override stats(now: number): FbsPlainTransport.GetStatsResponse {
    return {
      base: this.baseStats(now),
      rtcpMux: this.#rtcpMux,
      comedia: this.#comedia,
      tuple: this.#tupleDump(),
      rtcpTuple: this.#rtcpSocket && this.#rtcpTuple ? this.#rtcpTupleDump(this.#rtcpSocket) : undefined,
    };
  }

  protected override get rtcpTuple(): UdpTuple | undefined {
    return this.#rtcpMux ? this.tuple : this.#rtcpTuple;
  }

  protected override learnTuple(now: number): void {
    if (!this.#comedia) return;
    this.tuple = this.tupleTo(this.sourceSocket!, this.source!);
    this.tuple.connect();
    this.context.channel.notify(this.id, Event.PLAINTRANSPORT_TUPLE, { tuple: this.#tupleDump() });
    this.connected(now);
    if (this.#connectCalled) this.requestKeyFrames(now);
  }

  protected override learnRtcpTuple(now: number): void {
    if (this.#rtcpMux) {
      this.learnTuple(now);
      return;
    }
    if (!this.#comedia) return;
    this.#rtcpTuple = this.tupleTo(this.sourceSocket!, this.source!);
    this.#rtcpTuple.connect();
    this.context.channel.notify(this.id, Event.PLAINTRANSPORT_RTCP_TUPLE, {
      tuple: this.#rtcpTupleDump(this.sourceSocket!),
    });
  }

  protected override closeConnection(): void {
    this.#closeSockets();
    this.stopSrtp();
  }

  #connect(body: FbsPlainTransport.ConnectRequest): FbsPlainTransport.ConnectResponse {
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
    this.tuple?.connect();
    this.#rtcpTuple?.connect();
    return {
      tuple: this.tuple ? this.#tupleDump() : undefined,
      rtcpTuple: this.#rtcpSocket && this.#rtcpTuple ? this.#rtcpTupleDump(this.#rtcpSocket) : undefined,
      srtpParameters: this.localSrtp ? srtpParametersDump(this.localSrtp) : undefined,
    };
  }

  get #socket(): UdpSocket {
    return this.#bound.socket;
  }

  get #rtcpSocket(): UdpSocket | undefined {
    return this.#rtcpBound?.socket;
  }

  #setTuples(body: FbsPlainTransport.ConnectRequest): void {
    if (body.ip === undefined) throw new TypeError('missing ip');
    if (body.port === undefined) throw new TypeError('missing port');
    const ip = normalizeIp(body.ip);
    if (this.#rtcpSocket) {
      if (body.rtcpPort === undefined) throw new TypeError('missing rtcpPort (required with rtcpMux disabled)');
      this.#rtcpTuple = this.tupleTo(this.#rtcpSocket, this.#rtcpSocket.remoteAddress(ip, body.rtcpPort));
    } else if (body.rtcpPort !== undefined) {
      throw new TypeError('cannot set rtcpPort with rtcpMux enabled');
    }
    this.tuple = this.tupleTo(this.#socket, this.#socket.remoteAddress(ip, body.port));
  }

  #tupleDump(): FbsTransport.Tuple {
    const localAddress = this.#listenInfo.announcedAddress ?? this.#socket.ip;
    return this.tuple ? tupleDump(this.tuple, localAddress) : localTupleDump(this.#socket, localAddress);
  }

  #rtcpTupleDump(socket: UdpSocket): FbsTransport.Tuple {
    const localAddress = this.#rtcpListenInfo.announcedAddress ?? socket.ip;
    return this.#rtcpTuple ? tupleDump(this.#rtcpTuple, localAddress) : localTupleDump(socket, localAddress);
  }

  #closeSockets(): void {
    this.#bound.close();
    this.#rtcpBound?.close();
  }
}

function localSrtpParameters(options: FbsPlainTransport.PlainTransportOptions, context: WorkerContext): SrtpParameters {
  if (options.srtpCryptoSuite === undefined) throw new TypeError('missing srtpCryptoSuite');
  return generateSrtpParameters(srtpSuiteName(options.srtpCryptoSuite), context.runtime.random);
}
