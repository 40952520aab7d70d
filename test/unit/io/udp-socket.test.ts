import { createSocket, Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DropReason } from '../../../src/common/drop-reason.js';
import { NodeClock } from '../../../src/io/clock.js';
import { DirectSend } from '../../../src/io/direct-send.js';
import { NodeUdpNetwork } from '../../../src/io/udp-socket.js';
import {
  BindError,
  type BindOptions,
  type RemoteAddress,
  type UdpHandler,
  type UdpSocket,
} from '../../../src/worker/runtime.js';

const networks = {
  'the direct way': new NodeUdpNetwork(new NodeClock()),
  'through the socket': new NodeUdpNetwork(new NodeClock(), { direct: false }),
};
let network = networks['the direct way'];
const opened: UdpSocket[] = [];
afterEach(() => {
  for (const socket of opened.splice(0)) socket.close();
});

/** A handler that keeps copies, and whose `next()` waits for the next datagram. */
class Inbox implements UdpHandler {
  readonly received: { data: Buffer; remote: RemoteAddress; now: number }[] = [];
  #wake = (): void => {};

  onDatagram(datagram: Uint8Array, remote: RemoteAddress, now: number): void {
    this.received.push({ data: Buffer.from(datagram), remote, now });
    this.#wake();
  }

  async next(): Promise<{ data: Buffer; remote: RemoteAddress; now: number }> {
    while (this.received.length === 0) await new Promise<void>(resolve => (this.#wake = resolve));
    return this.received.shift()!;
  }
}

function open(ip: string, options: Partial<BindOptions> = {}, handler: UdpHandler = new Inbox()): UdpSocket {
  const socket = network.bind({ ip, port: 0, ...options }, handler);
  opened.push(socket);
  return socket;
}

function failure(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('no failure');
}

const send = (from: UdpSocket, data: Uint8Array | string, to: UdpSocket, ip = to.ip): DropReason => {
  const bytes = Buffer.from(data);
  return from.send(bytes, 0, bytes.length, from.remoteAddress(ip, to.port));
};

describe('binding', () => {
  it.each(['127.0.0.1', '::1', '0.0.0.0', '::'])('%s is bound when bind returns', ip => {
    const socket = open(ip);
    expect(socket.ip).toBe(ip);
    expect(socket.port).toBeGreaterThan(0);
  });

  it('reports the address in normal form', () => {
    expect(open('0:0:0:0:0:0:0:1').ip).toBe('::1');
  });

  it('fails at once, with the code and the words of the system', () => {
    const taken = open('127.0.0.1');
    const error = failure(() => open('127.0.0.1', { port: taken.port }));
    expect(error).toBeInstanceOf(BindError);
    expect(error).toMatchObject({ code: 'EADDRINUSE', message: 'address already in use' });
    // TEST-NET-1 is nobody's.
    expect(failure(() => open('192.0.2.1'))).toMatchObject({
      code: 'EADDRNOTAVAIL',
      message: 'address not available',
    });
    expect(failure(() => open('localhost'))).toEqual(new TypeError("invalid IP 'localhost'"));
  });

  it('gives the port back', () => {
    const socket = open('127.0.0.1');
    socket.close();
    socket.close();
    expect(open('127.0.0.1', { port: socket.port }).port).toBe(socket.port);
  });

  it('shares a port on demand', () => {
    const first = open('127.0.0.1', { reusePort: true });
    expect(open('127.0.0.1', { port: first.port, reusePort: true }).port).toBe(first.port);
  });

  it('takes both families, or IPv6 only', () => {
    const both = open('::');
    expect(failure(() => open('0.0.0.0', { port: both.port }))).toMatchObject({ code: 'EADDRINUSE' });
    const ipv6Only = open('::', { ipv6Only: true });
    expect(open('0.0.0.0', { port: ipv6Only.port }).port).toBe(ipv6Only.port);
    expect(open('127.0.0.1', { ipv6Only: true }).ip).toBe('127.0.0.1');
  });

  it('sets buffer sizes, and fails if the system refuses', () => {
    open('127.0.0.1', { sendBufferSize: 65_536, recvBufferSize: 65_536 });
    const error = failure(() => open('127.0.0.1', { recvBufferSize: 2 ** 32 }));
    expect(error).toBeInstanceOf(BindError);
  });
});

it('the direct way works with this version of Node', () => {
  const socket = createSocket({ type: 'udp4', lookup: (ip, _, callback) => callback(null, ip, 4) });
  socket.bind(0, '127.0.0.1');
  expect(DirectSend.of(socket)).toBeDefined();
  socket.close();
});

it('the direct way is not taken where Node is not as expected', async () => {
  vi.resetModules();
  const fresh = await import('../../../src/io/direct-send.js');
  // A handle whose `send` tells nothing.
  const prototype = Object.getPrototypeOf(createHandle()) as { send: unknown };
  const { send } = prototype;
  prototype.send = () => undefined;
  const socket = createSocket('udp4');
  expect(fresh.DirectSend.of(socket)).toBeUndefined();
  socket.close();
  prototype.send = send;
});

function createHandle(): object {
  const socket = createSocket('udp4');
  const symbol = Object.getOwnPropertySymbols(socket).find(
    one => (socket as unknown as Record<symbol, { handle?: object } | undefined>)[one]?.handle,
  )!;
  const { handle } = (socket as unknown as Record<symbol, { handle: object }>)[symbol];
  socket.close();
  return handle;
}

describe.each(Object.keys(networks) as (keyof typeof networks)[])('datagrams, %s,', way => {
  beforeEach(() => {
    network = networks[way];
  });

  it.each(['127.0.0.1', '::1'])('go to and fro on %s', async ip => {
    const [inboxA, inboxB] = [new Inbox(), new Inbox()];
    const [a, b] = [open(ip, {}, inboxA), open(ip, {}, inboxB)];
    const padded = Buffer.from('..to b..');
    const sentAt = performance.now();
    expect(a.send(padded, 2, 4, a.remoteAddress(ip, b.port))).toBe(DropReason.none);
    padded.fill(0);
    const { data, remote, now } = await inboxB.next();
    expect(data.toString()).toBe('to b');
    expect(remote).toMatchObject({ ip, port: a.port, family: ip === '::1' ? 6 : 4 });
    expect(now).toBeGreaterThanOrEqual(sentAt);
    expect(remote).toBe(b.remoteAddress(ip, a.port));
    b.send(Buffer.from('to a'), 0, 4, remote);
    expect((await inboxA.next()).data.toString()).toBe('to a');
  });

  it('keep their bytes when the memory is used again, and their sizes', async () => {
    const inbox = new Inbox();
    const [a, b] = [open('127.0.0.1'), open('127.0.0.1', {}, inbox)];
    const remote = a.remoteAddress('127.0.0.1', b.port);
    const bytes = new Uint8Array(65_507);
    const sizes = [1, 1200, 2048, 2049, 1, 9000, 65_507, 1200];
    sizes.forEach((size, i) => {
      bytes.fill(i);
      expect(a.send(bytes, 0, size, remote)).toBe(DropReason.none);
    });
    for (const [i, size] of sizes.entries()) {
      const { data } = await inbox.next();
      expect(data.length).toBe(size);
      expect(data.every(byte => byte === i)).toBe(true);
    }
  });

  it('between IPv4 and a socket for both families have an IPv4 address', async () => {
    const [inbox4, inbox6] = [new Inbox(), new Inbox()];
    const [four, both] = [open('127.0.0.1', {}, inbox4), open('::', {}, inbox6)];
    send(four, 'from 4', both, '127.0.0.1');
    const { remote } = await inbox6.next();
    expect(remote).toMatchObject({ ip: '127.0.0.1', port: four.port, family: 4 });
    expect(both.remoteAddress('127.0.0.1', four.port)).toBe(remote);
    expect(both.remoteAddress('::ffff:7f00:1', four.port)).toBe(remote);
    both.send(Buffer.from('from 6'), 0, 6, remote);
    expect((await inbox4.next()).remote).toMatchObject({ ip: '127.0.0.1', port: both.port, family: 4 });
  });

  it('are not delivered when empty', async () => {
    const inbox = new Inbox();
    const socket = open('127.0.0.1', {}, inbox);
    const plain = createSocket('udp4');
    plain.send('', socket.port, '127.0.0.1');
    plain.send('x', socket.port, '127.0.0.1');
    expect((await inbox.next()).data.toString()).toBe('x');
    plain.close();
    await once(plain, 'close');
  });

  it('are not delivered after close', async () => {
    const [inbox, later] = [new Inbox(), new Inbox()];
    const [a, b, c] = [open('127.0.0.1'), open('127.0.0.1', {}, inbox), open('127.0.0.1', {}, later)];
    send(a, 'x', b);
    b.close();
    send(a, 'x', c);
    await later.next();
    expect(inbox.received).toEqual([]);
  });

  it('that cannot be sent are dropped without a word', async () => {
    const inbox = new Inbox();
    const [a, b] = [open('127.0.0.1'), open('127.0.0.1', {}, inbox)];
    const bytes = Buffer.alloc(70_000);
    expect(a.send(bytes, 0, 0, a.remoteAddress('127.0.0.1', b.port))).toBe(DropReason.sendError);
    expect(a.send(bytes, 0, 1, a.remoteAddress('127.0.0.1', 0))).toBe(DropReason.sendError);
    a.send(bytes, 0, 70_000, a.remoteAddress('127.0.0.1', b.port));
    a.send(bytes, 0, 1, a.remoteAddress('255.255.255.255', b.port));
    a.send(bytes, 0, 1, a.remoteAddress('::1', b.port));
    send(a, 'still open', b);
    expect((await inbox.next()).data.toString()).toBe('still open');
    a.close();
    expect(send(a, 'x', b)).toBe(DropReason.sendError);
  });

  it('refused by the peer do no harm', async () => {
    const inbox = new Inbox();
    const [a, gone, b] = [open('127.0.0.1'), open('127.0.0.1'), open('127.0.0.1', {}, inbox)];
    gone.close();
    for (let i = 0; i < 3; i++) send(a, 'refused', gone);
    send(a, 'x', b);
    await inbox.next();
  });

  it('that the system does not take yet keep their memory, up to a bound', () => {
    const handle = createHandle();
    const prototype = Object.getPrototypeOf(handle) as { send: (...args: unknown[]) => number };
    const waiting: Uint8Array[] = [];
    const send = vi.spyOn(prototype, 'send').mockImplementation((_request, list) => {
      waiting.push(...(list as Uint8Array[]));
      return 0;
    });
    const queue = vi.spyOn(Socket.prototype, 'getSendQueueCount').mockImplementation(() => waiting.length);
    const socket = open('127.0.0.1');
    const remote = socket.remoteAddress('127.0.0.1', 9);
    const sent = Array.from({ length: 600 }, (_, i) => socket.send(Uint8Array.of(i & 255), 0, 1, remote));
    expect(sent).toEqual([
      ...Array<number>(512).fill(DropReason.none),
      ...Array<number>(88).fill(DropReason.sendQueueFull),
    ]);
    expect(waiting.map(view => view[0])).toEqual(Array.from({ length: 512 }, (_, i) => i & 255));
    waiting.length = 0;
    send.mockImplementation(() => 2);
    expect(socket.send(Uint8Array.of(1), 0, 1, remote)).toBe(DropReason.none);
    send.mockRestore();
    queue.mockRestore();
  });

  it('in memory that does not move are not copied, and leave it while the system does not take them', () => {
    const handle = createHandle();
    const prototype = Object.getPrototypeOf(handle) as { send: (...args: unknown[]) => number };
    const given: unknown[] = [];
    let waiting = 0;
    const send = vi.spyOn(prototype, 'send').mockImplementation((_request, list) => {
      given.push(...(list as unknown[]));
      return waiting > 0 ? 0 : 2;
    });
    const queue = vi.spyOn(Socket.prototype, 'getSendQueueCount').mockImplementation(() => waiting);
    const socket = open('127.0.0.1');
    const remote = socket.remoteAddress('127.0.0.1', 9);
    let left = 0;
    const datagram = {
      view: new Uint8Array(new SharedArrayBuffer(8), 2, 3),
      leave: () => {
        left++;
        return () => void left--;
      },
    };
    const sendIt = (): DropReason => socket.sendDatagram!(datagram, remote);
    expect([sendIt(), left]).toEqual([DropReason.none, 0]);
    expect(given[0]).toBe(datagram.view);
    waiting = 1;
    expect([sendIt(), sendIt(), left]).toEqual([DropReason.none, DropReason.none, 2]);
    waiting = 0;
    expect([sendIt(), left]).toEqual([DropReason.none, 0]);
    send.mockRestore();
    queue.mockRestore();
  });

  it('that wait when the socket is closed give their memory back', async () => {
    const prototype = Object.getPrototypeOf(createHandle()) as { send: () => number };
    const send = vi.spyOn(prototype, 'send').mockImplementation(() => 0);
    const queue = vi.spyOn(Socket.prototype, 'getSendQueueCount').mockImplementation(() => 1);
    const socket = open('127.0.0.1');
    const given = new Promise<void>(resolve => {
      const datagram = { view: new Uint8Array(3), leave: () => resolve };
      expect(socket.sendDatagram!(datagram, socket.remoteAddress('127.0.0.1', 9))).toBe(DropReason.none);
    });
    socket.close();
    await given;
    send.mockRestore();
    queue.mockRestore();
  });

  it.each(['127.0.0.1', '::1'])('of a connected socket go to and come from its peer only (%s)', async ip => {
    const [inbox, peerInbox, otherInbox] = [new Inbox(), new Inbox(), new Inbox()];
    const [socket, peer, other] = [open(ip, {}, inbox), open(ip, {}, peerInbox), open(ip, {}, otherInbox)];
    const remote = socket.remoteAddress(ip, peer.port);
    socket.connect!(remote);
    expect(socket.send(Buffer.from('to peer'), 0, 7, remote)).toBe(DropReason.none);
    expect((await peerInbox.next()).data.toString()).toBe('to peer');
    expect(send(socket, 'to other', other)).toBe(DropReason.sendError);
    send(other, 'from other', socket);
    send(peer, 'from peer', socket);
    const { data, remote: from } = await inbox.next();
    expect(data.toString()).toBe('from peer');
    expect(from).toBe(remote);
  });

  it('of a socket for all addresses still come from everywhere after connect', async () => {
    const inbox = new Inbox();
    const [socket, peer, other] = [open('0.0.0.0', {}, inbox), open('127.0.0.1'), open('127.0.0.1')];
    socket.connect!(socket.remoteAddress('127.0.0.1', peer.port));
    send(other, 'from other', socket, '127.0.0.1');
    expect((await inbox.next()).data.toString()).toBe('from other');
  });

  it('go on after connect failed', async () => {
    const inbox = new Inbox();
    const [socket, peer] = [open('127.0.0.1'), open('127.0.0.1', {}, inbox)];
    socket.connect!(socket.remoteAddress('127.0.0.1', 0));
    socket.connect!(socket.remoteAddress('2001:db8::1', 9));
    send(socket, 'x', peer);
    expect((await inbox.next()).data.toString()).toBe('x');
  });

  it('to a connected peer that is gone do no harm', async () => {
    const inbox = new Inbox();
    const [socket, gone] = [open('127.0.0.1'), open('127.0.0.1')];
    const remote = socket.remoteAddress('127.0.0.1', gone.port);
    socket.connect!(remote);
    gone.close();
    for (let i = 0; i < 5; i++) socket.send(Buffer.from('refused'), 0, 7, remote);
    open('127.0.0.1', { port: remote.port }, inbox);
    while (inbox.received.length === 0) {
      socket.send(Buffer.from('x'), 0, 1, remote);
      await new Promise(resolve => setImmediate(resolve));
    }
  });
});
