import { describe, expect, it } from 'vitest';
import { DropReason } from '../../src/common/drop-reason.js';
import {
  BindError,
  type RemoteAddress,
  type TcpConnection,
  type UdpHandler,
  type UdpSocket,
} from '../../src/worker/runtime.js';
import { type LinkOptions } from '../../src/testing/link.js';
import { SeededRandom } from '../../src/testing/seeded-random.js';
import { type SimRuntime } from '../../src/testing/sim-runtime.js';
import { Simulation } from '../../src/testing/simulation.js';

const A = '10.0.0.1';
const B = '10.0.0.2';

/** Notes when which packet came, as "time first-byte". */
class Sink implements UdpHandler {
  readonly arrivals: [at: number, id: number][] = [];
  readonly remotes = new Set<RemoteAddress>();
  onDatagram(datagram: Uint8Array, remote: RemoteAddress, now: number): void {
    this.arrivals.push([now, datagram[0] | (datagram[1] << 8)]);
    this.remotes.add(remote);
  }
  get ids(): number[] {
    return this.arrivals.map(([, id]) => id);
  }
}

interface Path {
  world: Simulation;
  sink: Sink;
  /** B's socket. */
  to: UdpSocket;
  /** Sends a packet of `size` bytes from A to B. */
  send: (id: number, size?: number) => void;
}

function path(options: Partial<LinkOptions> = {}, seed = 1): Path {
  const world = new Simulation({ seed, trace: true });
  const [a, b] = [world.createRuntime('a', A), world.createRuntime('b', B)];
  world.network.setPath(A, B, options);
  const sink = new Sink();
  const from = a.udp.bind({ ip: A, port: 1000 }, new Sink());
  const to = b.udp.bind({ ip: B, port: 2000 }, sink);
  const remote = from.remoteAddress(B, 2000);
  const send = (id: number, size = 100): void => {
    const bytes = new Uint8Array(size);
    bytes[0] = id & 0xff;
    bytes[1] = id >> 8;
    from.send(bytes, 0, size, remote);
    bytes.fill(0xff);
  };
  return { world, sink, to, send };
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('virtual time', () => {
  it('passes only when told to, event by event, in order', () => {
    const { time } = new Simulation({ seed: 1 });
    const log: string[] = [];
    const note = (what: string) => () => void log.push(`${time.now()} ${what}`);
    time.at(10, note('b'));
    time.at(5, note('a'));
    time.at(10, note('c'));
    time.after(10, () => time.at(3, note('past becomes now')));
    time.at(11, note('too late'));
    expect(time.now()).toBe(0);
    time.advance(10.5);
    expect(log).toEqual(['5 a', '10 b', '10 c', '10 past becomes now']);
    expect(time.now()).toBe(10.5);
    time.runUntilIdle();
    expect(log.at(-1)).toBe('11 too late');
    expect(time.isIdle).toBe(true);
  });

  it('ends an instant before it goes on', () => {
    const world = new Simulation({ seed: 1 });
    const runtime = world.createRuntime('a', A);
    const log: string[] = [];
    const note = (what: string) => () => void log.push(`${world.time.now()} ${what}`);
    runtime.atEndOfTick(note('before all'));
    world.time.at(5, () => runtime.atEndOfTick(note('end of 5')));
    world.time.at(5, note('second of 5'));
    world.time.at(6, note('6'));
    world.time.advance(6);
    expect(log).toEqual(['0 before all', '5 second of 5', '5 end of 5', '6 6']);
  });

  it('runs timers exactly at their deadlines', () => {
    const world = new Simulation({ seed: 1 });
    const { timers } = world.createRuntime('a', A);
    const woken: number[] = [];
    const machine = {
      nextDeadline: 2.25,
      onTimeout(now: number): void {
        woken.push(now);
        this.nextDeadline = now < 10 ? now + 4 : Infinity;
      },
    };
    const wakeUp = timers.register(machine);
    world.time.advance(3);
    machine.nextDeadline = 5;
    wakeUp.update();
    world.time.runUntilIdle();
    expect(woken).toEqual([2.25, 5, 9, 13]);
    machine.nextDeadline = world.time.now() + 1;
    wakeUp.update();
    wakeUp.cancel();
    world.time.runUntilIdle();
    expect(woken).toHaveLength(4);
  });

  it('complains about what never ends', () => {
    const { time } = new Simulation({ seed: 1 });
    const again = (): void => time.after(10, again);
    again();
    expect(() => time.runUntilIdle(1000)).toThrow('not idle after 1000 ms');
    expect(time.now()).toBe(1000);
  });

  it('lets promises proceed if wanted', async () => {
    const { time } = new Simulation({ seed: 1 });
    const log: number[] = [];
    const steps = async (): Promise<void> => {
      for (let i = 0; i < 3; i++) {
        await new Promise<void>(resolve => time.after(10, resolve));
        log.push(time.now());
      }
    };
    void steps();
    await time.advanceAsync(25);
    expect(log).toEqual([10, 20]);
    await time.advanceAsync(25);
    expect(log).toEqual([10, 20, 30]);
  });
});

describe('links', () => {
  it('are perfect by default', () => {
    const { world, sink, send } = path();
    numbers(10).forEach(id => send(id));
    expect(sink.arrivals).toEqual([]);
    world.time.advance(0);
    expect(sink.arrivals).toEqual(numbers(10).map(id => [0, id]));
  });

  it('have latency', () => {
    const { world, sink, send } = path({ latency: 20.5 });
    send(1);
    world.time.advance(20.4);
    expect(sink.arrivals).toEqual([]);
    world.time.advance(1);
    expect(sink.arrivals).toEqual([[20.5, 1]]);
  });

  it('have jitter that keeps the order', () => {
    const { world, sink, send } = path({ latency: 20, jitter: 10 });
    numbers(200).forEach(id => world.time.at(id, () => send(id)));
    world.time.runUntilIdle();
    expect(sink.ids).toEqual(numbers(200));
    const delays = sink.arrivals.map(([at, id]) => at - id);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(20);
    expect(Math.max(...delays)).toBeLessThanOrEqual(30);
    expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(5);
  });

  it('lose packets', () => {
    const { world, sink, send } = path({ loss: 0.1 });
    numbers(5000).forEach(id => send(id));
    world.time.runUntilIdle();
    expect(sink.ids.length).toBeGreaterThan(4400);
    expect(sink.ids.length).toBeLessThan(4600);
    const { sent, lost, delivered } = world.network.counters(A, B);
    expect([sent, lost, delivered]).toEqual([5000, 5000 - sink.ids.length, sink.ids.length]);
  });

  it('duplicate packets', () => {
    const { world, sink, send } = path({ duplication: 0.5 });
    numbers(1000).forEach(id => send(id));
    world.time.runUntilIdle();
    expect(sink.ids.length).toBeGreaterThan(1400);
    expect(sink.ids.length).toBeLessThan(1600);
    expect([...new Set(sink.ids)]).toEqual(numbers(1000));
  });

  it('let packets pass others', () => {
    const { world, sink, send } = path({ latency: 5, reordering: 0.2, reorderingDelay: 3 });
    numbers(1000).forEach(id => world.time.at(id, () => send(id)));
    world.time.runUntilIdle();
    expect(sink.ids).not.toEqual(numbers(1000));
    expect(sink.ids.toSorted((x, y) => x - y)).toEqual(numbers(1000));
    for (const [at, id] of sink.arrivals) expect([5, 8]).toContain(at - id);
  });

  it('have a bandwidth and a queue', () => {
    // 1000 bytes with headers every 10 ms.
    const { world, sink, send } = path({ bandwidth: 800_000, queueLength: 3000, latency: 1 });
    numbers(5).forEach(id => send(id, 972));
    expect(world.network.backlog(A, B)).toBe(3000);
    world.time.advance(15);
    expect(sink.arrivals).toEqual([[11, 0]]);
    expect(world.network.backlog(A, B)).toBe(1500);
    send(5, 972);
    world.time.runUntilIdle();
    expect(sink.arrivals).toEqual([[11, 0], [21, 1], [31, 2], [41, 5]]); // prettier-ignore
    expect(world.network.counters(A, B).queueFull).toBe(2);
  });

  it('may change while packets are under way, one direction at a time', () => {
    const { world, sink, send } = path({ latency: 10 });
    send(1);
    world.network.setLink(A, B, { loss: 1 });
    send(2);
    world.network.setLink(A, B, { loss: 0, latency: 30 });
    send(3);
    world.time.runUntilIdle();
    expect(sink.arrivals).toEqual([[10, 1], [30, 3]]); // prettier-ignore
  });

  it('that are not set follow the default', () => {
    const { world, sink, send } = path({});
    world.createRuntime('c', '10.0.0.3');
    world.network.setDefaultLink({ latency: 50 });
    send(1);
    world.time.runUntilIdle();
    expect(sink.arrivals).toEqual([[0, 1]]);
    const other = new Simulation({ seed: 1 });
    other.network.setDefaultLink({ latency: 50 });
    expect(roundTrip(other)).toBe(100);
  });

  function roundTrip(world: Simulation): number {
    const [a, b] = [world.createRuntime('a', A), world.createRuntime('b', B)];
    const sink = new Sink();
    const from = a.udp.bind({ ip: A, port: 1 }, sink);
    const echo: UdpSocket = b.udp.bind(
      { ip: B, port: 2 },
      { onDatagram: (datagram, remote) => void echo.send(datagram, 0, datagram.length, remote) },
    );
    from.send(Uint8Array.of(1), 0, 1, from.remoteAddress(B, 2));
    world.time.runUntilIdle();
    return sink.arrivals[0][0];
  }
});

describe('the same seed', () => {
  const options = { latency: 20, jitter: 15, loss: 0.1, duplication: 0.1, reordering: 0.1, bandwidth: 1e6 };
  const run = (seed: number, change: Partial<LinkOptions> = {}): string[] => {
    const { world, send } = path({ ...options, ...change }, seed);
    numbers(500).forEach(id => world.time.at(id * 2, () => send(id, 50 + world.random.next() * 200)));
    world.time.runUntilIdle();
    return world.trace;
  };

  it('gives the same run, another one gives another', () => {
    expect(run(7)).toEqual(run(7));
    expect(run(7)).not.toEqual(run(8));
  });

  it('gives each packet the same fate on a slower link', () => {
    const lost = (trace: string[]): string[] =>
      trace.filter(line => line.includes(' lost ')).map(line => line.split(' ')[0]);
    expect(lost(run(7, { latency: 100 }))).toEqual(lost(run(7)));
  });

  it('gives a machine the same random numbers, whatever others there are', () => {
    const draw = (runtime: SimRuntime): number[] => numbers(5).map(() => runtime.random.uint32());
    const alone = draw(new Simulation({ seed: 3 }).createRuntime('a', A));
    const world = new Simulation({ seed: 3 });
    expect(draw(world.createRuntime('b', B))).not.toEqual(alone);
    expect(draw(world.createRuntime('a', A))).toEqual(alone);
  });

  it('gives numbers that are spread evenly', () => {
    const random = new SeededRandom(0);
    const buckets = new Array<number>(16).fill(0);
    for (let i = 0; i < 16_000; i++) buckets[Math.floor(random.next() * 16)]++;
    for (const count of buckets) expect(Math.abs(count - 1000)).toBeLessThan(150);
    const bytes = new Uint8Array(16_000);
    random.fill(bytes);
    expect(new Set(bytes).size).toBe(256);
  });
});

describe('sockets', () => {
  const world = new Simulation({ seed: 1 });
  const both = world.createRuntime('both', '10.1.0.1', 'fd00::1');
  const sink = new Sink();
  const bind = (ip: string, port: number, rest = {}): UdpSocket => both.udp.bind({ ip, port, ...rest }, sink);

  it('fail to bind as real ones do', () => {
    const socket = bind('10.1.0.1', 5000);
    const code = (action: () => unknown): string => {
      try {
        action();
        return 'bound';
      } catch (error) {
        return (error as BindError).code;
      }
    };
    expect(code(() => bind('10.1.0.1', 5000))).toBe('EADDRINUSE');
    expect(code(() => bind('0.0.0.0', 5000))).toBe('EADDRINUSE');
    expect(code(() => bind('::', 5000))).toBe('EADDRINUSE');
    expect(code(() => bind('::', 5000, { ipv6Only: true }))).toBe('bound');
    expect(code(() => bind('10.1.0.1', 5000, { reusePort: true }))).toBe('bound');
    expect(code(() => bind('10.1.0.2', 5000))).toBe('EADDRNOTAVAIL');
    socket.close();
    expect(bind('10.1.0.1', 0).port).toBeGreaterThan(1024);
    expect(bind('10.1.0.1', 0).port).not.toBe(bind('10.1.0.1', 0).port);
  });

  it('have one object per remote address that is kept, and a new one each time for others', () => {
    const { world, sink, to, send } = path();
    const kept = to.remoteAddress(A, 1000);
    for (let i = 0; i < 2; i++) to.keepAddress(kept);
    send(1);
    to.releaseAddress(kept);
    send(2);
    world.time.runUntilIdle();
    expect([...sink.remotes]).toEqual([{ ip: A, port: 1000, family: 4 }]);
    to.releaseAddress(kept);
    send(3);
    world.time.runUntilIdle();
    expect(sink.remotes.size).toBe(2);
  });

  it('deliver and send nothing once closed', () => {
    const world = new Simulation({ seed: 1 });
    const sink = new Sink();
    const a = world.createRuntime('a', A).udp.bind({ ip: A, port: 1 }, sink);
    const b = world.createRuntime('b', B).udp.bind({ ip: B, port: 2 }, sink);
    const send = (): DropReason => a.send(Uint8Array.of(1), 0, 1, a.remoteAddress(B, 2));
    expect(send()).toBe(DropReason.none);
    b.close();
    world.time.runUntilIdle();
    a.close();
    expect(send()).toBe(DropReason.sendError);
    expect(sink.arrivals).toEqual([]);
  });

  it('speak to their family only, and to who is there', () => {
    const world = new Simulation({ seed: 1, trace: true });
    const a = world.createRuntime('a', A, 'fd00::1');
    world.createRuntime('b', B, 'fd00::2');
    const four = a.udp.bind({ ip: A, port: 1 }, sink);
    const any = a.udp.bind({ ip: '::', port: 2 }, sink);
    const send = (socket: UdpSocket, ip: string): DropReason =>
      socket.send(Uint8Array.of(1), 0, 1, socket.remoteAddress(ip, 9));
    expect(send(four, 'fd00::2')).toBe(DropReason.sendError);
    expect(send(any, 'fd00::2')).toBe(DropReason.none);
    expect(send(any, B)).toBe(DropReason.none);
    expect(send(any, '10.9.9.9')).toBe(DropReason.none);
    world.time.runUntilIdle();
    expect(world.trace).toEqual([
      '0.000 sent fd00::1:2 > fd00::2:9 1',
      `0.000 sent ${A}:2 > ${B}:9 1`,
      `0.000 unreachable ${A}:2 > 10.9.9.9:9 1`,
      '0.000 delivered fd00::1:2 > fd00::2:9 1',
      `0.000 delivered ${A}:2 > ${B}:9 1`,
    ]);
  });
});

describe('TCP', () => {
  it('carries frames in order, however bad the link is, and tells when the other end closes', async () => {
    const world = new Simulation({ seed: 1 });
    const [a, b] = [world.createRuntime('a', A), world.createRuntime('b', B)];
    world.network.setPath(A, B, { latency: 10, loss: 0.5, reordering: 0.5 });
    const log: string[] = [];
    const note = (who: string) => ({
      onFrame: (frame: Uint8Array, now: number) => void log.push(`${now} ${who} ${frame[0]}`),
      onClosed: (now: number) => void log.push(`${now} ${who} closed`),
    });
    let accepted: TcpConnection | undefined;
    const server = await b.tcp.listen(
      { ip: B, port: 443 },
      {
        onConnection(connection, now) {
          accepted = connection;
          log.push(`${now} from ${connection.remote.ip}`);
          return note('server');
        },
      },
    );
    await expect(b.tcp.listen({ ip: B, port: 443 }, { onConnection: () => note('?') })).rejects.toBeInstanceOf(
      BindError,
    );
    const client = a.tcp.connect(B, 443, note('client'));
    for (let i = 1; i <= 3; i++) client.send(Uint8Array.of(0, i, 0), 1, 1);
    world.time.advance(10);
    accepted!.send(Uint8Array.of(9), 0, 1);
    server.close();
    world.time.runUntilIdle();
    expect(log).toEqual([
      `10 from ${A}`,
      ...['10 server 1', '10 server 2', '10 server 3'],
      ...['20 client 9', '20 client closed'],
    ]);
    expect(client.send(Uint8Array.of(1), 0, 1)).toBe(DropReason.sendError);
    expect(() => a.tcp.connect(B, 443, note('client'))).toThrow('connection refused');
  });
});
