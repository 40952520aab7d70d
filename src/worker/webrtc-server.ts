import { Method } from '../channel/fbs/request.js';
import type * as FbsWebRtcServer from '../channel/fbs/web-rtc-server.js';
import { type CreateWebRtcServerRequest } from '../channel/fbs/worker.js';
import { DropReason } from '../common/drop-reason.js';
import { type CandidateOptions, type IceCandidate, iceCandidates, type ListeningAddress } from '../ice/candidate.js';
import { StunMessage } from '../ice/stun-message.js';
import { type WorkerContext } from './context.js';
import { type MethodTable } from './handler-registry.js';
import { type IceDestination, IceSockets } from './ice-sockets.js';
import { readListenInfo } from './listen-info.js';

/** A WebRtcTransport as its WebRtcServer sees it. */
export interface ServedTransport extends IceDestination {
  readonly id: string;
  /** The server closes: the transport has to go, too. */
  onListenServerClosed(now: number): void;
}

/** Sockets that WebRtcTransports of any Router share. */
export class WebRtcServer {
  static readonly #methods: MethodTable<WebRtcServer> = {
    [Method.WEBRTCSERVER_DUMP]: server => server.#dump(),
  };

  readonly id: string;
  readonly #context: WorkerContext;
  readonly #transports = new Set<ServedTransport>();
  /** By local username fragment; during an ICE restart a transport has two. */
  readonly #transportsByUfrag = new Map<string, ServedTransport>();
  readonly #message = new StunMessage();
  #sockets: IceSockets | undefined = undefined;
  #closing = false;

  private constructor(id: string, context: WorkerContext) {
    this.id = id;
    this.#context = context;
  }

  /** @throws TypeError or Error if a socket cannot be opened or the id is taken; nothing remains then */
  static async create(request: CreateWebRtcServerRequest, context: WorkerContext): Promise<WebRtcServer> {
    if (request.listenInfos.length === 0) throw new TypeError('wrong listenInfos (empty array)');
    const server = new WebRtcServer(request.webRtcServerId, context);
    const listenInfos = request.listenInfos.map(readListenInfo);
    const sockets = await IceSockets.open(listenInfos, context, bytes => server.#findTransport(bytes));
    try {
      context.handlers.register(server.id, server, WebRtcServer.#methods);
    } catch (error) {
      sockets.close();
      throw error;
    }
    server.#sockets = sockets;
    return server;
  }

  candidates(options: CandidateOptions): IceCandidate[] {
    return iceCandidates(this.#addresses, options);
  }

  addTransport(transport: ServedTransport): void {
    this.#transports.add(transport);
  }

  removeTransport(transport: ServedTransport): void {
    // While the server closes it walks through the set.
    if (!this.#closing) this.#transports.delete(transport);
  }

  addUfrag(usernameFragment: string, transport: ServedTransport): void {
    this.#transportsByUfrag.set(usernameFragment, transport);
  }

  removeUfrag(usernameFragment: string): void {
    this.#transportsByUfrag.delete(usernameFragment);
  }

  /** Closes its transports, which may still say goodbye to their peers, then its sockets. */
  close(now: number): void {
    this.#closing = true;
    this.#context.handlers.unregister(this.id);
    for (const transport of this.#transports) transport.onListenServerClosed(now);
    this.#transports.clear();
    this.#sockets?.close();
  }

  get #addresses(): readonly ListeningAddress[] {
    return this.#sockets?.addresses ?? [];
  }

  #findTransport(bytes: Uint8Array): ServedTransport | undefined {
    if (this.#message.parse(bytes, 0, bytes.length) !== DropReason.none) return undefined;
    return this.#transportsByUfrag.get(this.#message.localUsernameFragment);
  }

  #dump(): FbsWebRtcServer.DumpResponse {
    const addresses = (protocol: 'udp' | 'tcp') =>
      this.#addresses.filter(address => address.protocol === protocol).map(({ ip, port }) => ({ ip, port }));
    return {
      id: this.id,
      udpSockets: addresses('udp'),
      tcpServers: addresses('tcp'),
      webRtcTransportIds: [...this.#transports].map(transport => transport.id),
      localIceUsernameFragments: [...this.#transportsByUfrag].map(([ufrag, { id }]) => ({
        localIceUsernameFragment: ufrag,
        webRtcTransportId: id,
      })),
    };
  }
}
