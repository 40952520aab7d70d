/**
 * Bytes that the JavaScript heap grows by, and CPU time, per packet that a worker receives or sends: all that it does
 * between the sockets, in transports of each kind. Fails if a packet takes more than MAX_BYTES.
 *
 *     npm run bench:micro -- allocation
 */
import { getHeapStatistics } from 'node:v8';
import type * as FbsPlainTransport from '../../src/channel/fbs/plain-transport.js';
import { Type } from '../../src/channel/fbs/rtp-parameters.js';
import { SrtpCryptoSuite } from '../../src/channel/fbs/srtp-parameters.js';
import { Method } from '../../src/channel/fbs/request.js';
import { DropReason } from '../../src/common/drop-reason.js';
import { SrtpSender } from '../../src/srtp/srtp-session.js';
import { masterLength, SRTP_SUITES } from '../../src/srtp/srtp-suite.js';
import { type RemoteAddress, type UdpHandler } from '../../src/worker/runtime.js';
import { createRouter, listenInfo, transportOptions, webRtcTransportRequest } from '../../test/support/requests.js';
import { TestWorker } from '../../test/support/test-worker.js';
import { connect, createPeer } from '../../test/support/webrtc-peer.js';
import { buildPacket } from '../../test/unit/rtp/support.js';
import { consumeRequest, type ParametersOptions, produceRequest } from '../../test/unit/worker/media-support.js';

const MAX_BYTES = 8;
const CONSUMERS = 20;
/** Packets received before anything is measured: until the compiler is done, also with what is done per time. */
const WARM_UP = 36_000;
/** The heap is looked at after each of so many packets; the median counts, because now and then garbage is collected. */
const CHUNK = 600;
const CHUNKS = 21;
/**
 * Packets received per tick, and ms from one tick to the next: about as fast as a worker can be. What it does per second
 * anyway, like reports, is in the numbers, but should not be much of them.
 */
const PER_TICK = 8;
const TICK = 1;

/** A kind of Producer with the packets it receives. */
interface Kind {
  encodings: { ssrc: number; mode: string }[];
  mimeType: string;
  type: Type;
  /** Packets that each Consumer is sent. */
  sentPerReceived: number;
  packet(index: number): Uint8Array;
}

const body = (descriptor: number[]): number[] => [...descriptor, ...new Array<number>(1100).fill(0x5a)];

/** VP8 with a picture id, TL0PICIDX, one temporal layer; a key frame now and then. */
const vp8 = (ssrc: number, index: number): Uint8Array =>
  buildPacket({
    ssrc,
    payloadType: 100,
    sequenceNumber: index & 0xffff,
    timestamp: (index * 3000) >>> 0,
    marker: true,
    extensions: [
      [1, [48]],
      [3, [1, 2, 3]],
    ],
    payload: body([
      0x90,
      0xe0,
      0x80 | ((index >> 8) & 0x7f),
      index & 0xff,
      index & 0xff,
      0x20,
      index % 500 === 0 ? 0 : 1,
    ]),
  });

/** VP9 with three spatial layers, one packet each. */
const vp9 = (index: number): Uint8Array => {
  const picture = Math.floor(index / 3);
  const spatial = index % 3;
  const isKey = picture % 500 === 0;
  return buildPacket({
    ssrc: 1111,
    payloadType: 100,
    sequenceNumber: index & 0xffff,
    timestamp: (picture * 3000) >>> 0,
    marker: spatial === 2,
    extensions: [
      [1, [48]],
      [3, [1, 2, 3]],
    ],
    payload: body([
      0xac | (isKey ? 0 : 0x40),
      0x80 | ((picture >> 8) & 0x7f),
      picture & 0xff,
      (spatial << 1) | (spatial > 0 ? 1 : 0),
      picture & 0xff,
    ]),
  });
};

const kinds: Record<string, Kind> = {
  simple: {
    encodings: [{ ssrc: 1111, mode: 'L1T1' }],
    mimeType: 'video/VP8',
    type: Type.SIMPLE,
    sentPerReceived: 1,
    packet: index => vp8(1111, index),
  },
  simulcast: {
    encodings: [1111, 1112, 1113].map(ssrc => ({ ssrc, mode: 'L1T1' })),
    mimeType: 'video/VP8',
    type: Type.SIMULCAST,
    sentPerReceived: 1 / 3,
    packet: index => vp8(1111 + (index % 3), Math.floor(index / 3)),
  },
  SVC: {
    encodings: [{ ssrc: 1111, mode: 'L3T1' }],
    mimeType: 'video/VP9',
    type: Type.SVC,
    sentPerReceived: 1,
    packet: vp9,
  },
};

const PROTECTIONS = ['plain', 'AES_CM_128_HMAC_SHA1_80', 'AEAD_AES_128_GCM', 'WebRTC'] as const;
type Protection = (typeof PROTECTIONS)[number];

/** What the worker's socket is given, and where from. */
interface Entrance {
  handler: UdpHandler;
  remote: RemoteAddress;
}

/** A worker whose sockets, from `start` on, are given datagrams by us, and swallow what is sent. */
class Bench {
  readonly worker = new TestWorker();
  sent = 0;
  #now = 0;
  #isStarted = false;
  #endOfTick: (() => void) | undefined = undefined;
  /** By port. */
  readonly #entrances = new Map<number, Entrance>();

  constructor() {
    const { udp } = this.worker.runtime;
    const bind = udp.bind.bind(udp);
    udp.bind = (options, handler) => {
      const socket = bind(options, {
        onDatagram: (datagram, remote, now) => {
          this.#entrances.set(socket.port, { handler, remote });
          handler.onDatagram(datagram, remote, now);
        },
      });
      const send = socket.send.bind(socket);
      socket.send = (...datagram) => {
        if (!this.#isStarted) return send(...datagram);
        this.sent++;
        return DropReason.none;
      };
      return socket;
    };
  }

  /** From now on time passes in ticks of ours. */
  start(): void {
    this.#isStarted = true;
    this.#now = this.worker.runtime.clock.now();
    const clock = { now: () => this.#now, wallClockOffset: this.worker.runtime.clock.wallClockOffset };
    Object.assign(this.worker.runtime, {
      clock,
      atEndOfTick: (callback: () => void) => {
        this.#endOfTick = callback;
      },
    });
  }

  receive(port: number, datagram: Uint8Array): void {
    const { handler, remote } = this.#entrances.get(port)!;
    handler.onDatagram(datagram, remote, this.#now);
  }

  endTick(): void {
    this.#endOfTick?.();
    this.#endOfTick = undefined;
    // A fraction, as a real clock has it.
    this.#now += TICK + 1 / 128;
    this.worker.runtime.timers.run(this.#now);
  }
}

/** A connected transport: where its packets arrive, and what they look like there. */
interface Publisher {
  port: number;
  protect(packet: Uint8Array): Uint8Array;
}

/** Transports have enough bandwidth for all. */
const base = () => transportOptions({ isDataChannel: true, initialAvailableOutgoingBitrate: 1_000_000_000n });

async function createTransport(bench: Bench, id: string, ip: string, protection: Protection): Promise<Publisher> {
  const { worker } = bench;
  if (protection === 'WebRTC') {
    const request = webRtcTransportRequest(id, [listenInfo()], base());
    await worker.request(Method.ROUTER_CREATE_WEBRTCTRANSPORT, 'router', request);
    const peer = await createPeer(worker, id, ip);
    await connect(worker, id, peer);
    peer.startDtls('server');
    await worker.advance(1000);
    const { iceCandidates } = await worker.request<{ iceCandidates: { port: number }[] }>(Method.TRANSPORT_DUMP, id);
    return { port: iceCandidates[0].port, protect: packet => peer.protect(packet) };
  }
  const isEncrypted = protection !== 'plain';
  const { tuple } = await worker.request<FbsPlainTransport.DumpResponse>(
    Method.ROUTER_CREATE_PLAINTRANSPORT,
    'router',
    {
      transportId: id,
      options: {
        base: base(),
        listenInfo: listenInfo(),
        rtcpMux: true,
        comedia: false,
        enableSrtp: isEncrypted,
        srtpCryptoSuite: isEncrypted ? SrtpCryptoSuite[protection] : undefined,
      },
    },
  );
  const masterKey = new Uint8Array(isEncrypted ? masterLength(SRTP_SUITES[protection]) : 0).fill(7);
  const socket = worker.createPeer(ip).udp.bind({ ip, port: 0 }, { onDatagram: () => {} });
  await worker.request(Method.PLAINTRANSPORT_CONNECT, id, {
    ip,
    port: socket.port,
    srtpParameters: isEncrypted
      ? { cryptoSuite: SrtpCryptoSuite[protection], keyBase64: Buffer.from(masterKey).toString('base64') }
      : undefined,
  });
  // A first datagram shows where others come from.
  socket.send(Uint8Array.of(99), 0, 1, socket.remoteAddress(tuple.localAddress, tuple.localPort));
  await worker.advance(100);
  const sender = isEncrypted ? new SrtpSender({ suite: protection, masterKey }) : undefined;
  const protect = (packet: Uint8Array): Uint8Array => {
    if (sender === undefined) return packet;
    const bytes = new Uint8Array(packet.length + 32);
    bytes.set(packet);
    return bytes.slice(0, sender.protectRtp(bytes, 0, packet.length));
  };
  return { port: tuple.localPort, protect };
}

/** What is negotiated: congestion control as browsers do it, where there is a browser. */
function parameters({ mimeType }: Kind, protection: Protection): ParametersOptions {
  const feedback: [string, string][] = [
    ['nack', ''],
    ['nack', 'pli'],
  ];
  const extensions: ParametersOptions['extensions'] = [
    ['Mid', 1],
    ['AbsSendTime', 4],
  ];
  if (protection === 'WebRTC') {
    feedback.push(['transport-cc', '']);
    extensions.push(['TransportWideCcDraft01', 5]);
  }
  return { codec: { mimeType, feedback }, extensions };
}

async function createRoom(kind: Kind, protection: Protection): Promise<{ bench: Bench; publisher: Publisher }> {
  const bench = new Bench();
  const { worker } = bench;
  await createRouter(worker);
  const publisher = await createTransport(bench, 'publisher', '10.0.1.1', protection);
  const common = parameters(kind, protection);
  const { encodings } = kind;
  await worker.request(Method.TRANSPORT_PRODUCE, 'publisher', produceRequest({ ...common, encodings }));
  for (let i = 0; i < CONSUMERS; i++) {
    await createTransport(bench, `subscriber${i}`, `10.0.2.${i + 1}`, protection);
    const mode = encodings.length > 1 ? `S${encodings.length}T1` : encodings[0].mode;
    const request = consumeRequest({
      ...common,
      id: `consumer${i}`,
      mid: `${i}`,
      encodings: [{ ssrc: 5000 + i, rtx: 6000 + i, mode }],
      consumable: encodings.map(one => one.mode),
    });
    request.type = kind.type;
    await worker.request(Method.TRANSPORT_CONSUME, `subscriber${i}`, request);
  }
  bench.start();
  return { bench, publisher };
}

interface Result {
  bytes: number;
  microseconds: number;
  sentPerReceived: number;
}

async function measure(kind: Kind, protection: Protection): Promise<Result> {
  const { bench, publisher } = await createRoom(kind, protection);
  const datagrams = Array.from({ length: WARM_UP + CHUNK * CHUNKS }, (_, index) =>
    publisher.protect(kind.packet(index)),
  );
  const run = (first: number, end: number): void => {
    for (let index = first; index < end; index++) {
      bench.receive(publisher.port, datagrams[index]);
      if (index % PER_TICK === PER_TICK - 1) bench.endTick();
    }
  };
  run(0, WARM_UP);
  const heap = (): number => getHeapStatistics().used_heap_size;
  // Looking takes memory, too.
  const overhead = -heap() + heap();
  const bytes: number[] = [];
  const sentBefore = bench.sent;
  const start = process.cpuUsage();
  for (let first = WARM_UP; first < datagrams.length; first += CHUNK) {
    const before = heap();
    const sent = bench.sent;
    run(first, first + CHUNK);
    bytes.push((heap() - before - overhead) / (CHUNK + bench.sent - sent));
  }
  const { user, system } = process.cpuUsage(start);
  const sent = bench.sent - sentBefore;
  return {
    bytes: bytes.sort((a, b) => a - b)[CHUNKS >> 1],
    microseconds: (user + system) / (CHUNK * CHUNKS + sent),
    sentPerReceived: sent / (CHUNK * CHUNKS),
  };
}

let failed = false;
console.log('Consumer    transport                  bytes/packet   µs/packet');
for (const [name, kind] of Object.entries(kinds)) {
  for (const protection of PROTECTIONS) {
    const { bytes, microseconds, sentPerReceived } = await measure(kind, protection);
    const isComplete = sentPerReceived > 0.99 * kind.sentPerReceived * CONSUMERS;
    failed ||= !(bytes <= MAX_BYTES && isComplete);
    console.log(
      `${name.padEnd(12)}${protection.padEnd(26)} ${bytes.toFixed(1).padStart(12)} ${microseconds.toFixed(2).padStart(11)}` +
        (isComplete ? '' : `   only ${sentPerReceived.toFixed(2)} packets sent per packet received`),
    );
  }
}
if (failed) {
  console.error(`more than ${MAX_BYTES} bytes per packet, or packets missing`);
  process.exitCode = 1;
}
