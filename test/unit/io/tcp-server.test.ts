import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DropReason } from '../../../src/common/drop-reason.js';
import { NodeClock } from '../../../src/io/clock.js';
import { DEFAULT_TCP_LIMITS, NodeTcpNetwork, type TcpLimits } from '../../../src/io/tcp-server.js';
import {
  BindError,
  type BindOptions,
  type TcpConnection,
  type TcpConnectionHandler,
  type TcpHandler,
  type TcpServer,
} from '../../../src/worker/runtime.js';

const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const action of cleanUp.splice(0)) action();
});

/** A server's side of all its connections: what arrived, in order, and a wait for the next of it. */
class Peer implements TcpHandler, TcpConnectionHandler {
  readonly log: string[] = [];
  connection: TcpConnection | undefined = undefined;
  broken = false;
  /** When the last frame came, by the server's clock. */
  frameAt = NaN;
  onFrameHook: (connection: TcpConnection) => void = () => {};
  #wake = (): void => {};

  onConnection(connection: TcpConnection): TcpConnectionHandler {
    this.connection = connection;
    this.#record('connection');
    return this;
  }
  onFrame(frame: Uint8Array, now: number): void {
    this.frameAt = now;
    this.#record(`frame ${Buffer.from(frame).toString()}`);
    this.onFrameHook(this.connection!);
  }
  onClosed(_now: number, isBroken: boolean): void {
    this.broken = isBroken;
    this.#record('closed');
  }

  async until(entry: string): Promise<void> {
    while (!this.log.includes(entry)) await new Promise<void>(resolve => (this.#wake = resolve));
  }

  #record(entry: string): void {
    this.log.push(entry);
    this.#wake();
  }
}

async function listen(
  ip: string,
  { limits, ...options }: Partial<BindOptions> & { limits?: Partial<TcpLimits> } = {},
): Promise<[TcpServer, Peer]> {
  const peer = new Peer();
  const server = await new NodeTcpNetwork(new NodeClock(), limits).listen({ ip, port: 0, ...options }, peer);
  cleanUp.push(() => server.close());
  return [server, peer];
}

async function connected(to: TcpServer, ip = to.ip): Promise<Socket> {
  const socket = connect(to.port, ip).on('error', () => {});
  cleanUp.push(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

const frame = (text: string): Buffer =>
  Buffer.concat([Uint8Array.of(text.length >> 8, text.length), Buffer.from(text)]);
const send = (connection: TcpConnection, text: string): DropReason =>
  connection.send(Buffer.from(`..${text}.`), 2, text.length);

describe('listening', () => {
  it.each(['127.0.0.1', '::1', '::'])('on %s', async ip => {
    const [server] = await listen(ip);
    expect(server.ip).toBe(ip);
    expect(server.port).toBeGreaterThan(0);
  });

  it('fails with the code and the words of the system', async () => {
    const [{ port }] = await listen('127.0.0.1');
    const taken = listen('127.0.0.1', { port });
    await expect(taken).rejects.toBeInstanceOf(BindError);
    await expect(taken).rejects.toMatchObject({ code: 'EADDRINUSE', message: 'address already in use' });
    await expect(listen('192.0.2.1')).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
  });

  it('ends, and gives the port back', async () => {
    const [server, peer] = await listen('127.0.0.1');
    const socket = await connected(server);
    await peer.until('connection');
    server.close();
    await once(socket, 'close');
    expect(peer.log).toEqual(['connection']);
    await listen('127.0.0.1', { port: server.port });
  });
});

describe('connections', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1', 4],
    ['::1', '::1', 6],
    ['::', '127.0.0.1', 4],
  ])('to %s carry frames both ways', async (ip, from, family) => {
    const [server, peer] = await listen(ip);
    const socket = await connected(server, from);
    const sentAt = performance.now();
    socket.write(Buffer.concat([frame('one'), frame(''), frame('two').subarray(0, 3)]));
    await peer.until('frame one');
    expect(peer.frameAt).toBeGreaterThanOrEqual(sentAt);
    socket.write(frame('two').subarray(3));
    await peer.until('frame two');
    expect(peer.log).toEqual(['connection', 'frame one', 'frame two']);
    const { remote, localIp, localPort } = peer.connection!;
    expect(remote).toEqual({ ip: from, port: socket.localPort, family });
    expect({ localIp, localPort }).toEqual({ localIp: from, localPort: server.port });

    expect(send(peer.connection!, 'answer')).toBe(DropReason.none);
    expect(((await once(socket, 'data')) as [Buffer])[0]).toEqual(frame('answer'));
  });

  it('tell when the peer ends or resets them', async () => {
    const [server, peer] = await listen('127.0.0.1');
    (await connected(server)).end();
    await peer.until('closed');
    peer.log.length = 0;
    const socket = await connected(server);
    await peer.until('connection');
    socket.write(frame('cut').subarray(0, 4));
    socket.resetAndDestroy();
    await peer.until('closed');
    expect(send(peer.connection!, 'x')).toBe(DropReason.sendError);
  });

  it('closed here still send what was written, and deliver nothing more', async () => {
    const [server, peer] = await listen('127.0.0.1');
    peer.onFrameHook = connection => {
      send(connection, 'last words');
      connection.close();
      connection.close();
      expect(send(connection, 'too late')).toBe(DropReason.sendError);
    };
    const socket = await connected(server);
    socket.write(Buffer.concat([frame('one'), frame('two')]));
    expect(((await once(socket, 'data')) as [Buffer])[0]).toEqual(frame('last words'));
    await once(socket, 'close');
    expect(peer.log).toEqual(['connection', 'frame one']);
  });

  it('with a frame that is too long are closed', async () => {
    const [server, peer] = await listen('127.0.0.1');
    (await connected(server)).write(Buffer.concat([frame('one'), Uint8Array.of(0xff, 0xff, 0)]));
    await peer.until('closed');
    expect(peer.log).toEqual(['connection', 'frame one', 'closed']);
    expect(peer.broken).toBe(true);
  });

  it('drop frames for a slow reader', async () => {
    const [server, peer] = await listen('127.0.0.1', { limits: { maxQueuedBytes: 100_000 } });
    (await connected(server)).pause();
    await peer.until('connection');
    const bytes = new Uint8Array(65_535);
    let taken = 0;
    const send = () => peer.connection!.send(bytes, 0, bytes.length);
    while (taken < 10_000 && send() === DropReason.none) taken++;
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan(10_000);
    expect(send()).toBe(DropReason.sendQueueFull);
    expect(peer.connection!.send(bytes, 0, 65_536)).toBe(DropReason.sendError);
  });

  it('closed here end although the peer does not read', async () => {
    const [server, peer] = await listen('127.0.0.1', { limits: { maxQueuedBytes: 64_000_000 } });
    const socket = await connected(server);
    socket.pause();
    await peer.until('connection');
    const bytes = new Uint8Array(65_535);
    for (let i = 0; i < 900; i++) peer.connection!.send(bytes, 0, bytes.length);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    cleanUp.push(() => vi.useRealTimers());
    peer.connection!.close();
    vi.advanceTimersByTime(DEFAULT_TCP_LIMITS.lingerTimeout);
    let received = 0;
    socket.on('data', chunk => (received += chunk.length));
    socket.resume();
    await once(socket, 'close');
    expect(received).toBeLessThan(900 * 65_537);
  });

  it.each([
    // As lengths of frames: 17 735, 20 047; then 5 635, and 3 in front of what a TLS record says.
    ['HTTP', `GET / HTTP/1.1\r\nHost: example.org\r\n\r\n${'POST / HTTP/1.1\r\n'.repeat(4000)}`],
    ['TLS', Buffer.concat([Uint8Array.of(22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3), Buffer.alloc(6000, 0xfe)])],
  ])('that carry %s see frames of junk, and are closed when one is too long', async (_, junk) => {
    const [server, peer] = await listen('127.0.0.1');
    const socket = await connected(server);
    socket.write(junk);
    socket.write(Buffer.alloc(65_536, 0xff));
    await peer.until('closed');
    expect(peer.broken).toBe(true);
    for (const entry of peer.log.slice(1, -1)) expect(entry).toMatch(/^frame /);
  });
});
