import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import * as tsfu from 'tsfu';
import { type types } from 'tsfu';
import { afterEach, describe, expect, it } from 'vitest';

/** Data between two workers, over UDP of this machine. */

const listenInfo: types.TransportListenInfo = { protocol: 'udp', ip: '127.0.0.1' };
const workers: types.Worker[] = [];

async function start(workerBin?: string): Promise<types.Router> {
  const worker = await tsfu.createWorker({ logLevel: 'warn', workerBin });
  workers.push(worker);
  return worker.createRouter();
}

afterEach(() => {
  for (const worker of workers.splice(0)) worker.close();
});

interface Received {
  readonly text: string;
  readonly ppid: number;
}

/** A DirectTransport's end of a DataProducer. */
async function receive(router: types.Router, dataProducerId: string, subchannels?: number[]) {
  const transport = await router.createDirectTransport();
  const dataConsumer = await transport.consumeData({ dataProducerId, subchannels });
  const messages: Received[] = [];
  dataConsumer.on('message', (message, ppid) =>
    messages.push({ text: message.length < 100 ? message.toString() : hash(message), ppid }),
  );
  return { dataConsumer, messages };
}

const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

describe.each([
  ['in threads', undefined],
  ['in processes', tsfu.workerBin],
])('two workers %s, each with a PlainTransport', (_, workerBin) => {
  async function connect() {
    const [near, far] = await Promise.all([start(workerBin), start(workerBin)]);
    const [nearEnd, farEnd] = await Promise.all(
      [near, far].map(router => router.createPlainTransport({ listenInfo, enableSctp: true })),
    );
    await nearEnd.connect({ ip: '127.0.0.1', port: farEnd.tuple.localPort });
    await farEnd.connect({ ip: '127.0.0.1', port: nearEnd.tuple.localPort });
    const source = await (await near.createDirectTransport()).produceData();
    const dataConsumer = await nearEnd.consumeData({ dataProducerId: source.id });
    const dataProducer = await farEnd.produceData({ sctpStreamParameters: dataConsumer.sctpStreamParameters });
    return { near, far, nearEnd, farEnd, source, dataConsumer, dataProducer };
  }

  it('hand messages on as they are and in order', async () => {
    const { far, nearEnd, farEnd, source, dataConsumer, dataProducer } = await connect();
    const { messages } = await receive(far, dataProducer.id);
    const big = Buffer.alloc(200_000, 'big ');
    source.send('text');
    source.send(Buffer.from('bytes'));
    source.send('');
    source.send(Buffer.alloc(0));
    source.send(big);
    await until(() => messages.length === 5);
    expect(messages).toEqual([
      { text: 'text', ppid: 51 },
      { text: 'bytes', ppid: 53 },
      { text: ' ', ppid: 56 },
      { text: '\0', ppid: 57 },
      { text: hash(big), ppid: 53 },
    ]);
    expect([nearEnd.sctpState, farEnd.sctpState]).toEqual(['connected', 'connected']);
    expect(nearEnd.sctpNegotiatedCapabilities).toEqual({
      negotiatedMaxOutboundStreams: 65535,
      negotiatedMaxInboundStreams: 65535,
    });
    expect(await dataConsumer.getStats()).toMatchObject([{ messagesSent: 5, bufferedAmount: 0 }]);
    expect(await dataProducer.getStats()).toMatchObject([{ messagesReceived: 5 }]);
  });

  it('hand on 20 MB while the sender waits for its queue', async () => {
    const { far, dataConsumer, dataProducer } = await connect();
    const { messages } = await receive(far, dataProducer.id);
    const sent: string[] = [];
    let low = Promise.resolve();
    await dataConsumer.setBufferedAmountLowThreshold(500_000);
    for (let number = 0; number < 100; number++) {
      const message = Buffer.alloc(200_000, `message ${number} `);
      sent.push(hash(message));
      const bufferedAmount = await dataConsumer.send(message);
      if (bufferedAmount > 1_000_000) {
        low = new Promise(resolve => dataConsumer.once('bufferedamountlow', () => resolve()));
        await low;
      }
    }
    await until(() => messages.length === sent.length);
    expect(messages.map(({ text }) => text)).toEqual(sent);
  });

  it('end together: one is told when the other closes its transport', async () => {
    const { far, nearEnd, farEnd, source, dataProducer } = await connect();
    const { messages } = await receive(far, dataProducer.id);
    source.send('x');
    await until(() => messages.length === 1);
    const states: string[] = [];
    nearEnd.on('sctpstatechange', state => states.push(state));
    farEnd.close();
    await until(() => states.length > 0);
    expect(states).toEqual(['closed']);
    expect(nearEnd.sctpState).toBe('closed');
  });
});

describe('two workers, piped', () => {
  it('carry messages with their subchannels, and the end of the DataProducer', async () => {
    const [near, far] = await Promise.all([start(), start()]);
    const source = await (await near.createDirectTransport()).produceData({ label: 'source' });
    const { pipeDataConsumer, pipeDataProducer } = await near.pipeToRouter({
      dataProducerId: source.id,
      router: far,
    });
    const everybody = await receive(far, source.id);
    const subscriber = await receive(far, source.id, [7]);
    // What is sent before the association is connected is not lost.
    source.send('early');
    source.send('seven', undefined, [7]);
    source.send('eight', undefined, [8]);
    source.send('not seven', undefined, [], undefined, 7);
    source.send('end', undefined, [7, 8]);
    await until(() => subscriber.messages.at(-1)?.text === 'end');
    expect(subscriber.messages.map(({ text }) => text)).toEqual(['early', 'seven', 'end']);
    expect(everybody.messages.map(({ text }) => text)).toEqual(['early', 'not seven']);
    expect(pipeDataProducer!.label).toBe('source');

    let closed = false;
    subscriber.dataConsumer.on('dataproducerclose', () => (closed = true));
    source.close();
    await until(() => closed);
    expect([pipeDataConsumer!.closed, pipeDataProducer!.closed]).toEqual([true, true]);
  });
});
