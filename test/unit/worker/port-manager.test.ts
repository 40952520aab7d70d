import { describe, expect, it } from 'vitest';
import { type ListenOptions, PortManager } from '../../../src/worker/port-manager.js';
import {
  BindError,
  type BindOptions,
  type TcpHandler,
  type UdpHandler,
  type UdpSocket,
} from '../../../src/worker/runtime.js';

const handler = {} as UdpHandler & TcpHandler;

/** A machine on which everything can be bound but what `failures` says, by port. */
class Machine {
  readonly failures = new Map<number, string>();
  readonly attempts: number[] = [];
  readonly bindOptions: BindOptions[] = [];
  readonly open = new Set<number>();
  randomNumbers: number[] = [];

  readonly ports = new PortManager(
    {
      udp: { bind: options => this.#bind(options) as UdpSocket },
      tcp: {
        listen: async options => {
          await Promise.resolve();
          return this.#bind(options);
        },
      },
      random: { fill: () => {}, uint32: () => this.randomNumbers.shift() ?? 0 },
    },
    { min: 10_000, max: 59_999 },
  );

  udpPort(options: Partial<ListenOptions>): number {
    return this.ports.bindUdp({ ip: '127.0.0.1', ...options }, handler).socket.port;
  }

  #bind(options: BindOptions): { ip: string; port: number; close: () => void } {
    const { ip, port } = options;
    this.attempts.push(port);
    this.bindOptions.push({ ...options });
    const code = this.failures.get(port) ?? (this.open.has(port) ? 'EADDRINUSE' : undefined);
    if (code !== undefined) throw new BindError(code, `the words for ${code}`);
    this.open.add(port);
    return { ip, port, close: () => this.open.delete(port) };
  }
}

const range = (min: number, max: number): { portRange: { min: number; max: number } } => ({ portRange: { min, max } });

describe('the port', () => {
  it.each<[string, Partial<ListenOptions>, number]>([
    ['is the one given', { port: 5000 }, 5000],
    ['comes from the range given', range(4000, 4001), 4000],
    ['comes from the range even if a port is given', { ...range(4000, 4001), port: 5000 }, 4000],
    ['is the one given if the range has no minimum', { ...range(0, 4001), port: 5000 }, 5000],
    ['is the one given if the range has no maximum', { ...range(4000, 0), port: 5000 }, 5000],
    ['comes from the default range without both', {}, 10_000],
    ['comes from the default range if both are 0', { ...range(0, 0), port: 0 }, 10_000],
  ])('%s', (_, options, expected) => {
    expect(new Machine().udpPort(options)).toBe(expected);
  });

  it('is a random one of the range', () => {
    const machine = new Machine();
    machine.randomNumbers = [0xffffffff, 0x80000000];
    expect(machine.udpPort(range(100, 199))).toBe(199);
    expect(machine.udpPort(range(100, 199))).toBe(150);
  });

  it('is the next one of the range, if that one is taken, and round', () => {
    const machine = new Machine();
    machine.randomNumbers = [0x80000000, 0x80000000, 0x80000000, 0x80000000];
    machine.failures.set(103, 'EADDRINUSE');
    expect(machine.udpPort(range(100, 103))).toBe(102);
    expect(machine.udpPort(range(100, 103))).toBe(100);
    expect(machine.udpPort(range(100, 103))).toBe(101);
    // Ports known to be used were not tried again.
    expect(machine.attempts).toEqual([102, 103, 100, 103, 101]);
    expect(() => machine.udpPort(range(100, 103))).toThrow(
      new Error("no more available ports [protocol:udp, ip:'127.0.0.1', numAttempt:4]"),
    );
  });

  it('goes back to the range when the socket is closed', () => {
    const machine = new Machine();
    const first = machine.ports.bindUdp({ ip: '127.0.0.1', ...range(100, 100) }, handler);
    expect(() => machine.udpPort(range(100, 100))).toThrow('no more available ports');
    first.close();
    expect(machine.open.size).toBe(0);
    const second = machine.ports.bindUdp({ ip: '127.0.0.1', ...range(100, 100) }, handler);
    first.close();
    expect(machine.open.size).toBe(1);
    expect(() => machine.udpPort(range(100, 100))).toThrow('no more available ports');
    second.close();
  });

  it.each<[string, Partial<ListenOptions>]>([
    ['another address', { ip: '127.0.0.2', ...range(100, 100) }],
    ['other bounds', range(100, 101)],
  ])('is not known to be used by a range of %s', (_, options) => {
    const machine = new Machine();
    machine.udpPort(range(100, 100));
    machine.attempts.length = 0;
    expect(() => machine.udpPort({ portRange: { min: 100, max: 100 }, ...options })).not.toThrow(TypeError);
    expect(machine.attempts[0]).toBe(100);
  });

  it('is known to be used by a range of the same address in other words', () => {
    const machine = new Machine();
    machine.udpPort({ ip: '::1', ...range(100, 100) });
    machine.attempts.length = 0;
    expect(() => machine.udpPort({ ip: '0:0:0:0:0:0:0:1', ...range(100, 100) })).toThrow("ip:'::1'");
    expect(machine.attempts).toEqual([]);
  });
});

describe('failure', () => {
  it.each<[string, Partial<ListenOptions>, Error]>([
    ['wrong address', { ip: 'localhost' }, new TypeError("invalid IP 'localhost'")],
    ['wrong range', range(2, 1), new TypeError('maxPort cannot be less than minPort')],
    ['wrong buffer size', { recvBufferSize: 0xffffffff }, new TypeError('invalid size: -1')],
    ['wrong buffer size', { sendBufferSize: 0x80000000 }, new TypeError('invalid size: -2147483648')],
  ])('%s', (_, options, error) => {
    const machine = new Machine();
    expect(() => machine.udpPort(options)).toThrow(error);
    expect(machine.attempts).toEqual([]);
  });

  it.each([
    ['EMFILE', 'too many open files'],
    ['EADDRNOTAVAIL', 'address not available'],
  ])('%s ends the search', (code, words) => {
    const machine = new Machine();
    machine.failures.set(100, 'EACCES').set(101, code);
    expect(() => machine.udpPort(range(100, 110))).toThrow(
      new Error(`port bind failed due to ${words} [protocol:udp, ip:'127.0.0.1', port:101, attempt:2/11]`),
    );
    machine.failures.clear();
    expect(machine.udpPort(range(100, 110))).toBe(100);
    expect(machine.udpPort(range(100, 110))).toBe(101);
  });

  it.each([
    ['udp', 'EADDRINUSE', 'uv_udp_bind'],
    ['udp', 'EACCES', 'uv_udp_bind'],
    ['tcp', 'EADDRINUSE', 'uv_listen'],
    ['tcp', 'EADDRNOTAVAIL', 'uv_tcp_bind'],
  ])('of a fixed port of %s: %s is a failure of %s()', async (protocol, code, step) => {
    const machine = new Machine();
    machine.failures.set(7, code);
    const options = { ip: '127.0.0.1', port: 7 };
    const bind = async (): Promise<unknown> =>
      protocol === 'udp' ? machine.ports.bindUdp(options, handler) : machine.ports.listenTcp(options, handler);
    await expect(bind()).rejects.toThrow(
      new Error(`${step}() failed [protocol:${protocol}, ip:'127.0.0.1', port:7]: the words for ${code}`),
    );
    expect(machine.attempts).toEqual([7]);
  });
});

describe('TCP', () => {
  it('takes ports apart from UDP, and one at a time', async () => {
    const machine = new Machine();
    const options = { ip: '127.0.0.1', ...range(100, 101) };
    const [first, second] = await Promise.all([
      machine.ports.listenTcp(options, handler),
      machine.ports.listenTcp(options, handler),
    ]);
    expect([first.socket.port, second.socket.port]).toEqual([100, 101]);
    await expect(machine.ports.listenTcp(options, handler)).rejects.toThrow(
      new Error("no more available ports [protocol:tcp, ip:'127.0.0.1', numAttempt:2]"),
    );
    machine.open.clear();
    expect(machine.ports.bindUdp(options, handler).socket.port).toBe(100);
    second.close();
    expect((await machine.ports.listenTcp(options, handler)).socket.port).toBe(101);
  });
});

it('hands flags and buffer sizes on', () => {
  const machine = new Machine();
  const flags = { ipv6Only: true, udpReusePort: true, sendBufferSize: 1000, recvBufferSize: 2000 };
  machine.udpPort({ ip: '::1', port: 9, ...flags });
  machine.udpPort({ ip: '::1', port: 10 });
  expect(machine.bindOptions[0]).toEqual({
    ip: '::1',
    port: 9,
    ipv6Only: true,
    reusePort: true,
    sendBufferSize: 1000,
    recvBufferSize: 2000,
  });
  expect(machine.bindOptions[1]).toMatchObject({ sendBufferSize: 0, recvBufferSize: 0 });
});
