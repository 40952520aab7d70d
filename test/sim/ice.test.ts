import { describe, expect, it } from 'vitest';
import { IceServer, type IceServerOwner, type IceTuple } from '../../src/ice/ice-server.js';
import { type WakeUp } from '../../src/common/timer-queue.js';
import { type RemoteAddress, type TcpConnection, type UdpSocket } from '../../src/worker/runtime.js';
import { IcePeer } from './support/ice-peer.js';
import { type LinkOptions } from '../../src/testing/link.js';
import { type SimRuntime } from '../../src/testing/sim-runtime.js';
import { Simulation } from '../../src/testing/simulation.js';

const SERVER = '10.0.0.1';
const WIFI = '10.0.1.1';
const MOBILE = '10.0.2.1';
const BAD_LINK: Partial<LinkOptions> = {
  latency: 30,
  jitter: 20,
  loss: 0.3,
  duplication: 0.1,
  reordering: 0.2,
  reorderingDelay: 150,
};

interface Tuple extends IceTuple {
  connection?: TcpConnection;
}

/** What a transport does for its IceServer, and a log of what it was told. */
class Host implements IceServerOwner<Tuple> {
  readonly ice: IceServer<Tuple>;
  readonly log: string[] = [];
  readonly socket: UdpSocket;
  lastRequest = 0;

  readonly #runtime: SimRuntime;
  readonly #wakeUp: WakeUp;
  readonly #tuples = new Map<RemoteAddress, Tuple>();

  constructor(runtime: SimRuntime) {
    this.#runtime = runtime;
    this.ice = new IceServer({ random: runtime.random }, this);
    this.#wakeUp = runtime.timers.register(this.ice);
    this.socket = runtime.udp.bind(
      { ip: SERVER, port: 4000 },
      { onDatagram: (datagram, remote, now) => this.#onPacket(datagram, this.#udpTuple(remote), now) },
    );
  }

  async listenTcp(): Promise<void> {
    await this.#runtime.tcp.listen(
      { ip: SERVER, port: 4000 },
      {
        onConnection: connection => {
          const tuple: Tuple = { protocol: 'tcp', remote: connection.remote, connection };
          return {
            onFrame: (frame, now) => this.#onPacket(frame, tuple, now),
            onClosed: now => this.ice.removeTuple(tuple, now),
          };
        },
      },
    );
  }

  onIceSend(tuple: Tuple, bytes: Uint8Array, offset: number, length: number): void {
    if (tuple.connection) tuple.connection.send(bytes, offset, length);
    else this.socket.send(bytes, offset, length, tuple.remote);
  }
  onIceUfragAdded(): void {}
  onIceUfragRemoved(): void {}
  onIceTupleAdded(): void {}
  onIceTupleRemoved(tuple: Tuple): void {
    tuple.connection?.close();
  }
  onIceSelectedTuple({ protocol, remote }: Tuple): void {
    this.log.push(`${protocol} ${remote.ip}`);
  }
  onIceStateChange(state: string): void {
    this.log.push(state);
  }

  #udpTuple(remote: RemoteAddress): Tuple {
    let tuple = this.#tuples.get(remote);
    if (tuple === undefined) {
      this.#tuples.set(remote, (tuple = { protocol: 'udp', remote }));
      this.socket.keepAddress(remote);
    }
    return tuple;
  }

  #onPacket(packet: Uint8Array, tuple: Tuple, now: number): void {
    this.lastRequest = now;
    this.ice.onStun(packet, 0, packet.length, tuple, now);
    this.#wakeUp.update();
  }
}

interface World {
  world: Simulation;
  host: Host;
  peer: IcePeer;
  peerRuntime: SimRuntime;
}

/** A server, and a peer that has a way from each of these addresses. */
function setUp(seed: number, link: Partial<LinkOptions>, ...ips: string[]): World {
  const world = new Simulation({ seed, trace: true });
  world.network.setDefaultLink(link);
  const host = new Host(world.createRuntime('server', SERVER));
  const peerRuntime = world.createRuntime('peer', WIFI, MOBILE);
  const peer = new IcePeer(peerRuntime, host.ice);
  for (const ip of ips) {
    const socket = peerRuntime.udp.bind({ ip, port: 0 }, { onDatagram: datagram => peer.onMessage(datagram) });
    const remote = socket.remoteAddress(SERVER, host.socket.port);
    peer.addWay((bytes, length) => socket.send(bytes, 0, length, remote));
  }
  return { world, host, peer, peerRuntime };
}

const seeds = [1, 2, 3, 4, 5, 6, 7, 8];

describe('ICE in a simulated network', () => {
  it.each(seeds)('connects over a bad link, and stays connected (seed %i)', seed => {
    const { world, host, peer } = setUp(seed, BAD_LINK, WIFI);
    world.time.advance(10_000);
    expect(host.log).toEqual([`udp ${WIFI}`, 'connected', 'completed']);
    world.time.advance(600_000);
    expect(host.log).toHaveLength(3);
    expect(peer.answers[0]).toBeGreaterThan(50);
    expect(peer.badAnswers).toBe(0);
    expect(host.ice.tuples).toHaveLength(1);
  });

  it.each(seeds)('follows the peer to another path (seed %i)', seed => {
    const { world, host, peer } = setUp(seed, { ...BAD_LINK, loss: 0.1 }, WIFI, MOBILE);
    world.time.advance(20_000);
    expect(host.ice.state).toBe('completed');
    const first = peer.nominated!;
    const ips = [WIFI, MOBILE];
    expect(host.ice.selectedTuple!.remote.ip).toBe(ips[first]);

    world.network.setPath(SERVER, ips[first], { loss: 1 });
    peer.nominate(1 - first);
    world.time.advance(60_000);
    expect(host.ice.state).toBe('completed');
    expect(host.ice.selectedTuple!.remote.ip).toBe(ips[1 - first]);
    expect(host.log).not.toContain('disconnected');
  });

  it.each(seeds)('notices within its consent timeout that the peer is gone, and that it is back (seed %i)', seed => {
    const { world, host, peer } = setUp(seed, BAD_LINK, WIFI);
    world.time.advance(60_000);
    world.network.setLink(WIFI, SERVER, { loss: 1 });
    // What is still under way arrives.
    world.time.advance(1000);
    const { lastRequest } = host;
    world.time.advance(lastRequest + 29_999 - world.time.now());
    expect(host.ice.state).toBe('completed');
    world.time.advance(1);
    expect(host.ice.state).toBe('disconnected');
    expect(host.ice.tuples).toEqual([]);

    host.log.length = 0;
    world.network.setLink(WIFI, SERVER, { loss: 0 });
    world.time.advance(6000);
    expect(host.log).toEqual([`udp ${WIFI}`, 'completed']);
    expect(peer.badAnswers).toBe(0);
  });

  it.each(seeds)('restarts while requests with the old credentials are under way (seed %i)', seed => {
    const { world, host, peer } = setUp(seed, { ...BAD_LINK, latency: 200 }, WIFI);
    world.time.advance(20_000);
    const old = { usernameFragment: host.ice.usernameFragment, password: host.ice.password };
    for (let i = 0; i < 3; i++) {
      host.ice.restart(world.time.now());
      const badAnswersBefore = peer.badAnswers;
      // The peer hears of it later. Until then it checks with the old credentials, and must get valid answers.
      peer.restart(old);
      world.time.advance(1000);
      expect(peer.badAnswers).toBe(badAnswersBefore);
      Object.assign(old, { usernameFragment: host.ice.usernameFragment, password: host.ice.password });
      const answersBefore = peer.answers[0];
      peer.restart(old);
      world.time.advance(5000);
      expect(peer.answers[0]).toBeGreaterThan(answersBefore);
    }
    expect(host.log).toEqual([`udp ${WIFI}`, 'connected', 'completed']);
  });

  it('falls back to UDP when a TCP connection closes', async () => {
    const { world, host, peer, peerRuntime } = setUp(1, { latency: 10 }, WIFI);
    await host.listenTcp();
    const connection = peerRuntime.tcp.connect(SERVER, 4000, {
      onFrame: frame => peer.onMessage(frame),
      onClosed: () => {},
    });
    const way = peer.addWay((bytes, length) => connection.send(bytes, 0, length));
    world.time.advance(1000);
    peer.nominate(way);
    world.time.advance(1000);
    expect(host.ice.selectedTuple!.protocol).toBe('tcp');
    connection.close();
    world.time.advance(1000);
    expect(host.log).toEqual([`udp ${WIFI}`, 'connected', 'completed', `tcp ${WIFI}`, `udp ${WIFI}`]);
    expect(peer.answers[way]).toBeGreaterThan(1);
  });

  it('runs the same with the same seed', () => {
    const run = (seed: number): string[] => {
      const { world } = setUp(seed, BAD_LINK, WIFI, MOBILE);
      world.time.advance(60_000);
      return world.trace;
    };
    expect(run(5).length).toBeGreaterThan(50);
    expect(run(5)).toEqual(run(5));
    expect(run(5)).not.toEqual(run(6));
  });
});
