/**
 * A process of the bench beside the worker: it generates load or swallows what the worker sends. Started by `load.ts`,
 * which says over the IPC channel what to do.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { SrtpSender } from '../../src/srtp/srtp-session.js';
import { clientFingerprint, type HandshakeTarget, shakeHands } from './handshake-client.js';
import { type Command, type GeneratorStream, type SinkReport } from './load.js';

/** Sockets that nobody reads get a small buffer: what does not fit costs the kernel little. */
const UNREAD_BUFFER = 4096;
const READ_BUFFER = 4 * 1024 * 1024;
const MAX_DATAGRAM = 2048;

/** Packets received by those sockets that are read, and how long they took, µs. */
let delays: number[] = [];
/** Those whose delays are kept. */
const MAX_DELAYS = 200_000;
let received = 0;

const microseconds = (): number => Number(process.hrtime.bigint() / 1000n);

process.on('message', (command: Command) => void run(command).then(result => process.send!(result ?? null)));

async function run(command: Command): Promise<unknown> {
  switch (command.do) {
    case 'open':
      return Promise.all(Array.from({ length: command.count }, (_, i) => openSink(i < command.read)));
    case 'fingerprint':
      return clientFingerprint;
    case 'shake hands':
      return shakeAllHands(command.targets, command.rate ?? Infinity);
    case 'reset':
      received = 0;
      delays = [];
      return undefined;
    case 'report':
      return report();
    case 'send':
      return send(command.streams, command.rate, command.size, command.count);
  }
}

/** The RTP timestamp says when a packet was sent. */
async function openSink(read: boolean): Promise<number> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: read ? READ_BUFFER : UNREAD_BUFFER });
  if (read) {
    socket.on('message', datagram => {
      // Not RTCP (RFC 5761 §4).
      if (datagram.length < 12 || (datagram[1] >= 192 && datagram[1] <= 223)) return;
      received++;
      if (delays.length < MAX_DELAYS) delays.push((microseconds() - datagram.readUInt32BE(4)) | 0);
    });
  }
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  // A socket that is listening is read; one that is not to be read is kept from it.
  if (!read)
    (socket as unknown as { [key: symbol]: { handle: { recvStop(): void } } })[stateSymbol(socket)].handle.recvStop();
  return socket.address().port;
}

function stateSymbol(socket: Socket): symbol {
  return Object.getOwnPropertySymbols(socket).find(
    symbol => (socket as unknown as Record<symbol, { handle?: unknown } | undefined>)[symbol]?.handle !== undefined,
  )!;
}

function report(): SinkReport {
  const sorted = Float64Array.from(delays).sort();
  const at = (share: number): number => (sorted[Math.floor(share * (sorted.length - 1))] ?? NaN) / 1000;
  return { received, p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** Sends `count` packets, in turn of each stream, `rate` per second as evenly as a timer allows. */
async function send(streams: GeneratorStream[], rate: number, size: number, count: number): Promise<void> {
  const outgoing = await Promise.all(streams.map(stream => openStream(stream, size)));
  const start = performance.now();
  for (let sent = 0; sent < count; await sleep(1)) {
    const due = Math.min(count, Math.ceil(((performance.now() - start) * rate) / 1000));
    while (sent < due) outgoing[sent++ % outgoing.length]();
  }
}

async function shakeAllHands(targets: HandshakeTarget[], rate: number): Promise<void> {
  const start = performance.now();
  await Promise.all(
    targets.map(async (target, index) => {
      await sleep(Math.max(0, (index * 1000) / rate - (performance.now() - start)));
      await shakeHands(target);
    }),
  );
}

const sockets = new Map<number, Socket>();

async function openStream(stream: GeneratorStream, size: number): Promise<() => void> {
  let socket = sockets.get(stream.port);
  if (socket === undefined) {
    socket = createSocket({ type: 'udp4', sendBufferSize: READ_BUFFER });
    sockets.set(stream.port, socket);
    socket.on('error', () => {});
    socket.connect(stream.port, '127.0.0.1');
    await once(socket, 'connect');
  }
  const sender = senderOf(stream);
  const state = stateOf(stream);
  const packet = Buffer.alloc(MAX_DATAGRAM);
  const payload = stream.payload.length > 0 ? Buffer.from(stream.payload) : Buffer.alloc(0);
  return () => {
    packet[0] = 0x80;
    packet[1] = stream.payloadType;
    packet.writeUInt16BE(state.sequenceNumber, 2);
    packet.writeUInt32BE(microseconds() % 2 ** 32, 4);
    packet.writeUInt32BE(stream.ssrc, 8);
    packet.fill(0x5a, 12, 12 + size);
    payload.copy(packet, 12);
    state.sequenceNumber = (state.sequenceNumber + 1) & 0xffff;
    const length = sender === undefined ? 12 + size : sender.protectRtp(packet, 0, 12 + size);
    socket.send(packet.subarray(0, length));
  };
}

const states = new Map<string, { sequenceNumber: number }>();
/** By port, since one transport has one key. */
const senders = new Map<number, SrtpSender>();

function stateOf({ port, ssrc }: GeneratorStream): { sequenceNumber: number } {
  const key = `${port} ${ssrc}`;
  const state = states.get(key) ?? { sequenceNumber: 1 };
  states.set(key, state);
  return state;
}

function senderOf({ port, srtp }: GeneratorStream): SrtpSender | undefined {
  if (srtp === undefined) return undefined;
  const sender = senders.get(port) ?? new SrtpSender({ suite: srtp.suite, masterKey: Buffer.from(srtp.key, 'base64') });
  senders.set(port, sender);
  return sender;
}
