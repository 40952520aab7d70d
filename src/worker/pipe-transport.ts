import { Body as ResponseBody } from '../channel/fbs/response.js';
import type * as FbsPipeTransport from '../channel/fbs/pipe-transport.js';
import { Method } from '../channel/fbs/request.js';
import type * as FbsTransport from '../channel/fbs/transport.js';
import { normalizeIp } from '../common/ip-address.js';
import { type SrtpSuiteName } from '../srtp/srtp-suite.js';
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

const SRTP_SUITE: SrtpSuiteName = 'AEAD_AES_256_GCM';

/** The connection between two routers. */
export class PipeTransport extends UdpTransport {
  protected override readonly responseTypes = {
    dump: ResponseBody.PipeTransport_DumpResponse,
    stats: ResponseBody.PipeTransport_GetStatsResponse,
  };
  static readonly #methods: MethodTable<PipeTransport> = {
    ...Transport.methods,
    [Method.PIPETRANSPORT_CONNECT]: (transport, body, request) => {
      transport.#connect(body);
      request.respond({ tuple: transport.#tupleDump() });
      transport.connected(transport.context.runtime.clock.now());
    },
  };

  protected override readonly localSrtp: SrtpParameters | undefined;
  readonly #listenInfo: ListenInfo;
  readonly #enableRtx: boolean;
  readonly #bound: Bound<UdpSocket>;

  /** @throws TypeError if the options are wrong, Error if the socket cannot be opened or the id is taken */
  constructor(
    id: string,
    options: FbsPipeTransport.PipeTransportOptions,
    context: WorkerContext,
    owner: TransportOwner,
  ) {
    super(id, options.base, context, owner, 'pipe');
    this.#listenInfo = readListenInfo(options.listenInfo);
    this.#enableRtx = options.enableRtx;
    this.localSrtp = options.enableSrtp ? generateSrtpParameters(SRTP_SUITE, context.runtime.random) : undefined;
    if (this.#listenInfo.protocol !== 'udp') throw new TypeError('unsupported listen protocol');
    this.#bound = this.openSocket(this.#listenInfo);
    try {
      context.handlers.register(id, this, PipeTransport.#methods, {});
    } catch (error) {
      this.#bound.close();
      throw error;
    }
  }

  override dump(): FbsPipeTransport.DumpResponse {
    return {
      base: this.baseDump(),
      tuple: this.#tupleDump(),
      rtx: this.#enableRtx,
      srtpParameters: this.localSrtp ? srtpParametersDump(this.localSrtp) : undefined,
    };
  }

  protected override stats(now: number): FbsPipeTransport.GetStatsResponse {
    return { base: this.baseStats(now), tuple: this.#tupleDump() };
  }

  protected override get rtcpTuple(): UdpTuple | undefined {
    return this.tuple;
  }

  protected override learnTuple(): void {}

  protected override learnRtcpTuple(): void {}

  protected override closeConnection(): void {
    this.#bound.close();
    this.stopSrtp();
  }

  get #socket(): UdpSocket {
    return this.#bound.socket;
  }

  #connect(body: FbsPipeTransport.ConnectRequest): void {
    if (this.tuple) throw new Error('connect() already called');
    const remoteSrtp = this.checkSrtpParameters(body.srtpParameters);
    try {
      if (remoteSrtp) {
        if (srtpSuiteName(remoteSrtp.cryptoSuite) !== SRTP_SUITE) {
          throw new TypeError('invalid/unsupported srtpParameters.cryptoSuite');
        }
        this.startSrtp(remoteSrtp);
      }
      if (body.port === undefined) throw new TypeError('missing port');
      const ip = normalizeIp(body.ip);
      this.tuple = this.tupleTo(this.#socket, this.#socket.remoteAddress(ip, body.port));
    } catch (error) {
      this.stopSrtp();
      throw error;
    }
    this.tuple.connect();
  }

  #tupleDump(): FbsTransport.Tuple {
    const localAddress = this.#listenInfo.announcedAddress ?? this.#socket.ip;
    return this.tuple ? tupleDump(this.tuple, localAddress) : localTupleDump(this.#socket, localAddress);
  }
}
