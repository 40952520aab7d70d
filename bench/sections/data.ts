import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { types } from 'tsfu';
import { SCTP, type Transport as WeriftTransport } from 'werift-sctp';
import { backends, cpuTime } from '../support/backends.js';
import { type LoadProcess } from '../support/load.js';
import { createRouter } from '../support/room.js';
import { median, type Section } from '../support/table.js';

const ROUNDS = 3;
const LARGE = 16_384;
const LARGE_COUNT = 640;
const SMALL = 100;
/** Messages that come in, in batches; each goes to all. */
const SMALL_COUNT = 200;
const BATCH = 20;
const CONSUMERS = 100;
/** Bytes, and messages, that may wait. */
const BUFFERED = 500_000;
const MAX_UNDER_WAY = 32;

/** Who sends data over UDP to itself. */
interface Way {
  /** Sends that many large messages over one association, and waits for the last one. */
  sendLarge(count: number): Promise<void>;
  /** Sends a batch of small messages over all associations, and waits for the last one. */
  sendSmall(count: number): Promise<void>;
  /** ms so far */
  cpuTime(): Promise<number>;
  close(): void;
}

/** One association, and one message to many; both ends of every association in one worker, or in one process of werift. */
export async function data(_generator: LoadProcess, _sink: LoadProcess, quick: boolean): Promise<Section> {
  const ways: Record<string, Way> = {};
  for (const [name, create] of Object.entries(backends)) ways[name] = await createWorkerWay(create);
  ways.werift = await createWeriftWay();

  const results: Record<string, Record<string, number[]>> = {};
  const add = (what: string, name: string, value: number): void => {
    ((results[what] ??= {})[name] ??= []).push(value);
  };
  for (let round = -1; round < (quick ? 1 : ROUNDS); round++) {
    for (const [name, way] of Object.entries(ways)) {
      const large = await measure(way, () => way.sendLarge(LARGE_COUNT));
      const small = await measure(way, async () => {
        for (let sent = 0; sent < SMALL_COUNT; sent += BATCH) await way.sendSmall(BATCH);
      });
      // The first round is for the compiler.
      if (round < 0) continue;
      const messages = SMALL_COUNT * CONSUMERS;
      add('16 kB, one association: Mbps', name, (LARGE_COUNT * LARGE * 8) / large.time / 1000);
      add('16 kB, one association: CPU µs/message', name, (large.cpu * 1000) / LARGE_COUNT);
      add(`100 bytes to ${CONSUMERS}: messages/s`, name, (messages * 1000) / small.time);
      add(`100 bytes to ${CONSUMERS}: CPU µs/message`, name, (small.cpu * 1000) / messages);
    }
  }
  for (const way of Object.values(ways)) way.close();
  return {
    title: 'Data',
    unit: 'SCTP over UDP of this machine. Both ends are in the worker, or in the process of werift, so CPU time is that of sending and receiving.',
    rows: Object.entries(results).map(([what, byName]) => ({
      what,
      ...Object.fromEntries(Object.entries(byName).map(([name, values]) => [name, median(values)])),
    })),
  };
}

async function measure(way: Way, run: () => Promise<void>): Promise<{ time: number; cpu: number }> {
  const cpu = await way.cpuTime();
  const start = performance.now();
  await run();
  return { time: performance.now() - start, cpu: (await way.cpuTime()) - cpu };
}

async function createWorkerWay(create: () => Promise<types.Worker>): Promise<Way> {
  const worker = await create();
  const router = await createRouter(worker);
  const direct = await router.createDirectTransport();
  const single = await connectData(router, await direct.produceData());
  const source = await direct.produceData();
  let last = single.dataProducer;
  for (let i = 0; i < CONSUMERS; i++) ({ dataProducer: last } = await connectData(router, source));
  const [large, small] = [Buffer.alloc(LARGE), Buffer.alloc(SMALL)];
  return {
    async sendLarge(count) {
      const { dataConsumer, dataProducer } = single;
      const before = await messagesReceived(dataProducer);
      for (let sent = 0; sent < count; sent++) {
        const low = once(dataConsumer, 'bufferedamountlow');
        if ((await dataConsumer.send(large)) > BUFFERED) await low;
      }
      while ((await messagesReceived(dataProducer)) < before + count) await sleep(1);
    },
    async sendSmall(count) {
      const before = await messagesReceived(last);
      for (let sent = 0; sent < count; sent++) source.send(small);
      while ((await messagesReceived(last)) < before + count) await sleep(1);
    },
    cpuTime: () => cpuTime(worker),
    close: () => worker.close(),
  };
}

/** Brings a DataProducer's messages over UDP to another one. */
async function connectData(router: types.Router, source: types.DataProducer) {
  const options: types.PlainTransportOptions = {
    listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
    enableSctp: true,
  };
  const [near, far] = [await router.createPlainTransport(options), await router.createPlainTransport(options)];
  await near.connect({ ip: '127.0.0.1', port: far.tuple.localPort });
  await far.connect({ ip: '127.0.0.1', port: near.tuple.localPort });
  const dataConsumer = await near.consumeData({ dataProducerId: source.id });
  const dataProducer = await far.produceData({ sctpStreamParameters: dataConsumer.sctpStreamParameters });
  while (near.sctpState !== 'connected' || far.sctpState !== 'connected') await sleep(5);
  return { dataConsumer, dataProducer };
}

async function messagesReceived(dataProducer: types.DataProducer): Promise<number> {
  const [{ messagesReceived }] = await dataProducer.getStats();
  return messagesReceived;
}

async function createWeriftWay(): Promise<Way> {
  const single = await connectWerift();
  const pairs: WeriftPair[] = [];
  for (let i = 0; i < CONSUMERS; i++) pairs.push(await connectWerift());
  const [large, small] = [Buffer.alloc(LARGE), Buffer.alloc(SMALL)];
  return {
    async sendLarge(count) {
      const end = single.received + count;
      for (let sent = 0; sent < count; sent++) {
        while (sent - (single.received - end + count) >= MAX_UNDER_WAY) await nextTurn();
        single.send(large);
      }
      while (single.received < end) await nextTurn();
    },
    async sendSmall(count) {
      const end = pairs[0].received + count;
      for (let sent = 0; sent < count; sent++) for (const pair of pairs) pair.send(small);
      while (pairs.some(({ received }) => received < end)) await nextTurn();
    },
    cpuTime: () => {
      const { user, system } = process.cpuUsage();
      return Promise.resolve((user + system) / 1000);
    },
    close: () => {
      for (const pair of [single, ...pairs]) pair.close();
    },
  };
}

interface WeriftPair {
  received: number;
  send(payload: Buffer): void;
  close(): void;
}

async function connectWerift(): Promise<WeriftPair> {
  const [near, far] = [await openSocket(), await openSocket()];
  near.connect(far.address().port, '127.0.0.1');
  far.connect(near.address().port, '127.0.0.1');
  await Promise.all([once(near, 'connect'), once(far, 'connect')]);
  const client = SCTP.client(weriftTransport(near));
  const server = SCTP.server(weriftTransport(far));
  const pair: WeriftPair = {
    received: 0,
    send: payload => void client.send(1, 53, payload),
    close: () => {
      for (const socket of [near, far]) socket.close();
    },
  };
  server.onReceive.subscribe(() => pair.received++);
  await Promise.all([server.start(5000), client.start(5000)]);
  while (client.state !== 'connected' || server.state !== 'connected') await sleep(5);
  return pair;
}

async function openSocket(): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1024 * 1024 });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

function weriftTransport(socket: Socket): WeriftTransport {
  const transport: WeriftTransport = {
    send: packet => {
      socket.send(packet);
      return Promise.resolve();
    },
    close: () => {},
  };
  socket.on('message', packet => transport.onData?.(packet));
  return transport;
}
