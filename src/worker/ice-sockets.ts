import { DropReason } from '../common/drop-reason.js';
import { type ListeningAddress } from '../ice/candidate.js';
import { isStun } from '../ice/stun-message.js';
import { type WorkerContext } from './context.js';
import { type Machine, type WakeUp } from '../common/timer-queue.js';
import { guard, guardDatagram } from './datagram-guard.js';
import { type ListenInfo } from './listen-info.js';
import { type Bound } from './port-manager.js';
import {
  type RemoteAddress,
  type TcpConnection,
  type TcpConnectionHandler,
  type TcpServer,
  type UdpSocket,
} from './runtime.js';
import { TcpTuple, type Tuple, UdpTuple } from './tuple.js';

/** Takes the datagrams and frames of one ICE peer. */
export interface IceDestination {
  onDatagram(bytes: Uint8Array, path: IcePath, now: number): DropReason;
  /** The TCP connection is gone. */
  onPathClosed(path: IcePath, now: number): void;
}

/** A tuple of these sockets. */
export interface IcePath extends Tuple {
  /** From now on everything that comes this way is for `destination`. */
  assign(destination: IceDestination): void;
  /** It no longer is; a TCP connection is closed. */
  release(): void;
}

/** Says for whom `bytes` are, which came a way that is not assigned. */
export type IceDestinationFinder = (bytes: Uint8Array) => IceDestination | undefined;

/** The UDP sockets and TCP servers of a WebRtcServer, or of a WebRtcTransport that has its own. */
export class IceSockets {
  /** In the order of the listen infos. */
  readonly addresses: readonly ListeningAddress[];
  readonly #sockets: readonly Bound<UdpSocket | TcpServer>[];

  private constructor(addresses: readonly ListeningAddress[], sockets: readonly Bound<UdpSocket | TcpServer>[]) {
    this.addresses = addresses;
    this.#sockets = sockets;
  }

  /**
   * Opens one socket per listen info.
   *
   * @throws TypeError or Error if one cannot be opened; none is open then
   */
  static async open(
    listenInfos: readonly ListenInfo[],
    context: WorkerContext,
    findDestination: IceDestinationFinder,
  ): Promise<IceSockets> {
    const sockets: Bound<UdpSocket | TcpServer>[] = [];
    try {
      for (const info of listenInfos) {
        sockets.push(
          info.protocol === 'udp'
            ? openUdp(info, context, findDestination)
            : await openTcp(info, context, findDestination),
        );
      }
    } catch (error) {
      for (const socket of sockets) socket.close();
      throw error;
    }
    const addresses = listenInfos.map(({ protocol, announcedAddress, exposeInternalIp }, index) => {
      const { ip, port } = sockets[index].socket;
      return { protocol, ip, port, announcedAddress, exposeInternalIp };
    });
    return new IceSockets(addresses, sockets);
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
  }
}

function openUdp(info: ListenInfo, context: WorkerContext, findDestination: IceDestinationFinder): Bound<UdpSocket> {
  const assigned = new Map<RemoteAddress, UdpIcePath>();
  const bound: Bound<UdpSocket> = context.ports.bindUdp(info, {
    onDatagram(datagram, remote, now) {
      const path = assigned.get(remote);
      const destination = path?.destination ?? findDestination(datagram);
      if (!destination) countStray(context, datagram);
      else guardDatagram(context, destination, datagram, path ?? new UdpIcePath(bound.socket, remote, assigned), now);
    },
  });
  return bound;
}

async function openTcp(
  info: ListenInfo,
  context: WorkerContext,
  findDestination: IceDestinationFinder,
): Promise<Bound<TcpServer>> {
  const unclaimed = new UnclaimedConnections(context);
  const bound = await context.ports.listenTcp(info, {
    onConnection: (connection, now) => new TcpIcePath(connection, context, findDestination, unclaimed, now),
  });
  return {
    socket: bound.socket,
    close() {
      unclaimed.close();
      bound.close();
    },
  };
}

/** What is for nobody here. */
function countStray(context: WorkerContext, bytes: Uint8Array): void {
  context.drops.count(isStun(bytes, 0, bytes.length) ? DropReason.stunUnknownUfrag : DropReason.unknownTuple);
}

class UdpIcePath extends UdpTuple implements IcePath {
  destination: IceDestination | undefined = undefined;
  readonly #assigned: Map<RemoteAddress, UdpIcePath>;

  constructor(socket: UdpSocket, remote: RemoteAddress, assigned: Map<RemoteAddress, UdpIcePath>) {
    super(socket, remote);
    this.#assigned = assigned;
  }

  assign(destination: IceDestination): void {
    this.destination = destination;
    this.socket.keepAddress(this.remote);
    this.#assigned.set(this.remote, this);
  }

  release(): void {
    this.destination = undefined;
    if (this.#assigned.get(this.remote) === this) this.#assigned.delete(this.remote);
    this.socket.releaseAddress(this.remote);
  }
}

class TcpIcePath extends TcpTuple implements IcePath, TcpConnectionHandler {
  /** When it is closed if nobody has claimed it until then. */
  readonly claimBefore: number;
  #destination: IceDestination | undefined = undefined;
  readonly #context: WorkerContext;
  readonly #findDestination: IceDestinationFinder;
  readonly #unclaimed: UnclaimedConnections;

  constructor(
    connection: TcpConnection,
    context: WorkerContext,
    findDestination: IceDestinationFinder,
    unclaimed: UnclaimedConnections,
    now: number,
  ) {
    super(connection);
    this.#context = context;
    this.#findDestination = findDestination;
    this.#unclaimed = unclaimed;
    this.claimBefore = now + CLAIM_TIMEOUT;
    unclaimed.add(this);
  }

  onFrame(frame: Uint8Array, now: number): void {
    const destination = this.#destination ?? this.#findDestination(frame);
    if (destination) guardDatagram(this.#context, destination, frame, this, now);
    else countStray(this.#context, frame);
  }

  onClosed(now: number, isBroken: boolean): void {
    if (isBroken) this.#context.drops.count(DropReason.tcpFraming);
    this.#unclaimed.remove(this);
    guard(this.#context, () => this.#destination?.onPathClosed(this, now));
  }

  assign(destination: IceDestination): void {
    this.#destination = destination;
    this.#unclaimed.remove(this);
  }

  release(): void {
    this.#destination = undefined;
    this.close();
  }
}

/** ms that a connection has for a valid STUN request. */
const CLAIM_TIMEOUT = 30_000;
/** How many connections of one server may be without one. Each can hold a frame of 64 KiB that is not complete. */
const MAX_UNCLAIMED = 256;

/**
 * The connections of one TCP server over which no valid STUN request has come yet. Anybody can open such connections and
 * let them lie, so they are closed after a while, and the oldest ones at once if there are too many.
 */
class UnclaimedConnections implements Machine {
  readonly #context: WorkerContext;
  /** Oldest first. */
  readonly #paths = new Set<TcpIcePath>();
  readonly #wakeUp: WakeUp;

  constructor(context: WorkerContext) {
    this.#context = context;
    this.#wakeUp = context.runtime.timers.register(this);
  }

  get nextDeadline(): number {
    const [oldest] = this.#paths;
    return (oldest as TcpIcePath | undefined)?.claimBefore ?? Infinity;
  }

  add(path: TcpIcePath): void {
    if (this.#paths.size === MAX_UNCLAIMED) this.#closeOldest();
    this.#paths.add(path);
    this.#wakeUp.update();
  }

  remove(path: TcpIcePath): void {
    this.#paths.delete(path);
  }

  onTimeout(now: number): void {
    while (this.nextDeadline <= now) this.#closeOldest();
  }

  close(): void {
    this.#paths.clear();
    this.#wakeUp.cancel();
  }

  #closeOldest(): void {
    const [oldest] = this.#paths;
    this.#paths.delete(oldest);
    oldest.close();
    this.#context.drops.count(DropReason.tcpUnclaimed);
  }
}
