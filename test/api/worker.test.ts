import { execFileSync } from 'node:child_process';
import * as tsfu from 'tsfu';
import * as sameThread from 'tsfu/same-thread';
import { afterEach, describe, expect, it } from 'vitest';

type CreateWorker = (settings?: tsfu.types.WorkerSettings) => Promise<tsfu.types.Worker>;

/** Our worker in every way it can run. */
const ways: [string, CreateWorker][] = [
  ['thread', tsfu.createWorker],
  ['process', settings => tsfu.createWorker({ workerBin: tsfu.workerBin, ...settings })],
  ['same thread', sameThread.createWorker],
];

const workers: tsfu.types.Worker[] = [];
afterEach(() => Promise.all(workers.splice(0).map(worker => worker[Symbol.asyncDispose]())));

async function start(create: CreateWorker): Promise<tsfu.types.Worker> {
  const worker = await create();
  workers.push(worker);
  return worker;
}

const mediaCodecs: tsfu.types.RouterRtpCodecCapability[] = [
  { kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 },
  { kind: 'video', mimeType: 'video/VP8', clockRate: 90000 },
];

const opus = (ssrc: number): tsfu.types.ProducerOptions => ({
  kind: 'audio',
  rtpParameters: {
    codecs: [{ mimeType: 'audio/opus', payloadType: 111, clockRate: 48000, channels: 2 }],
    encodings: [{ ssrc }],
  },
});

function opusPacket(ssrc: number, sequenceNumber: number): Buffer {
  const packet = Buffer.alloc(52, 0xaa);
  packet.writeUInt8(0x80, 0);
  packet.writeUInt8(111, 1);
  packet.writeUInt16BE(sequenceNumber, 2);
  packet.writeUInt32BE(sequenceNumber * 960, 4);
  packet.writeUInt32BE(ssrc, 8);
  return packet;
}

describe.each(ways)('a worker in a %s', (name, create) => {
  it('starts, answers and ends', async () => {
    const worker = await start(create);
    expect(worker.pid === process.pid).toBe(name !== 'process');
    expect(await worker.dump()).toEqual({
      pid: worker.pid,
      webRtcServerIds: [],
      routerIds: [],
      channelMessageHandlers: { channelRequestHandlers: [], channelNotificationHandlers: [] },
    });
    expect((await worker.getResourceUsage()).ru_maxrss).toBeGreaterThan(0);
    const ended = tsfu.extras.enhancedOnce<tsfu.types.WorkerEvents>(worker, 'subprocessclose');
    worker.close();
    await ended;
    expect([worker.subprocessClosed, worker.died]).toEqual([true, false]);
  });

  it('ends when a scope does', async () => {
    let closed: tsfu.types.Worker;
    {
      await using worker = await create();
      closed = worker;
    }
    expect(closed.subprocessClosed).toBe(true);
  });

  it.each([
    { logLevel: 'chicken' as never },
    { rtcMinPort: 1000, rtcMaxPort: 999 },
    { rtcMaxPort: 65536 },
    { dtlsCertificateFile: '/nowhere/cert.pem' },
    { dtlsCertificateFile: '/nowhere/cert.pem', dtlsPrivateKeyFile: '/nowhere/key.pem' },
  ])('does not start with wrong settings: %j', async wrong => {
    await expect(create(wrong)).rejects.toThrow(new TypeError('wrong settings'));
  });

  it('forwards RTP between producers and consumers of direct transports', async () => {
    const router = await (await start(create)).createRouter({ mediaCodecs });
    const transport = await router.createDirectTransport();
    const producer = await transport.produce(opus(1111));
    const consumer = await transport.consume({ producerId: producer.id, rtpCapabilities: router.rtpCapabilities });
    const score = tsfu.extras.enhancedOnce<tsfu.types.ProducerEvents>(producer, 'score');
    const received: Buffer[] = [];
    const all = new Promise<void>(resolve =>
      consumer.on('rtp', packet => {
        if (received.push(packet) === 5) resolve();
      }),
    );
    for (let i = 0; i < 5; i++) producer.send(opusPacket(1111, 100 + i));
    await all;
    await score;
    expect(producer.score).toEqual([{ encodingIdx: 0, ssrc: 1111, rid: undefined, score: 10 }]);
    expect(new Set(received.map(packet => packet.readUInt32BE(8)))).toEqual(
      new Set([consumer.rtpParameters.encodings![0].ssrc]),
    );
    const sequenceNumbers = received.map(packet => packet.readUInt16BE(2));
    expect(sequenceNumbers.map(one => (one - sequenceNumbers[0]) & 0xffff)).toEqual([0, 1, 2, 3, 4]);
    expect(await producer.getStats()).toMatchObject([{ type: 'inbound-rtp', packetCount: 5, ssrc: 1111 }]);
    expect((await consumer.getStats())[0]).toMatchObject({ type: 'outbound-rtp', packetCount: 5 });
  });

  it('counts what it drops', async () => {
    const worker = await start(create);
    const transport = await (await worker.createRouter({ mediaCodecs })).createDirectTransport();
    const producer = await transport.produce(opus(1111));
    for (let i = 0; i < 3; i++) producer.send(opusPacket(2222, i));
    await producer.getStats();
    expect(worker.getDropCounts()).toEqual(name === 'process' ? undefined : { rtpNoProducer: 3 });
  });

  it('hands messages over, in order with what is awaited', async () => {
    const router = await (await start(create)).createRouter();
    const transport = await router.createDirectTransport();
    const dataProducer = await transport.produceData({ label: 'chat' });
    const dataConsumer = await transport.consumeData({ dataProducerId: dataProducer.id });
    const received: string[] = [];
    dataConsumer.on('message', message => received.push(message.toString()));
    dataProducer.send('one');
    await dataProducer.pause();
    dataProducer.send('lost');
    await dataProducer.resume();
    dataProducer.send('two');
    expect(await dataProducer.getStats()).toMatchObject([{ messagesReceived: 3, bytesReceived: 10 }]);
    await new Promise(resolve => setImmediate(resolve));
    expect(received).toEqual(['one', 'two']);
    expect(await dataConsumer.getStats()).toMatchObject([{ messagesSent: 2 }]);
  });

  it('pipes a producer to another worker, and its state', async () => {
    const [near, far] = await Promise.all([start(create), start(create)]);
    const [one, two] = await Promise.all([near.createRouter({ mediaCodecs }), far.createRouter({ mediaCodecs })]);
    const producer = await (await one.createDirectTransport()).produce(opus(1));
    const { pipeProducer, pipeConsumer } = await one.pipeToRouter({ producerId: producer.id, router: two });
    expect(pipeProducer!.id).toBe(producer.id);
    const consumer = await (
      await two.createDirectTransport()
    ).consume({ producerId: producer.id, rtpCapabilities: two.rtpCapabilities });
    const packet = tsfu.extras.enhancedOnce<tsfu.types.ConsumerEvents>(consumer, 'rtp');
    for (let i = 0; i < 3; i++) producer.send(opusPacket(1, i));
    await packet;

    const paused = tsfu.extras.enhancedOnce<tsfu.types.ConsumerEvents>(consumer, 'producerpause');
    await producer.pause();
    await paused;
    const closed = tsfu.extras.enhancedOnce<tsfu.types.ConsumerEvents>(consumer, 'producerclose');
    producer.close();
    await closed;
    expect([pipeConsumer!.closed, pipeProducer!.closed]).toEqual([true, true]);
  });

  it('announces a host name, which other routers cannot be piped to by', async () => {
    const worker = await start(create);
    const [one, two] = await Promise.all([worker.createRouter({ mediaCodecs }), worker.createRouter()]);
    const listenInfo = { protocol: 'udp', ip: '127.0.0.1', announcedAddress: 'sfu.example.com' } as const;
    const transport = await one.createPlainTransport({ listenInfo });
    expect(transport.tuple.localAddress).toBe('sfu.example.com');
    const { id: producerId } = await transport.produce(opus(1));
    await expect(one.pipeToRouter({ producerId, router: two, listenInfo })).rejects.toThrow(
      new TypeError("invalid IP 'sfu.example.com'"),
    );
    expect((await one.dump()).transportIds).toEqual([transport.id]);
    expect((await two.dump()).transportIds).toEqual([]);
  });

  it('has the SRTP suite of a remote whose key is wrong, until one is right', async () => {
    const router = await (await start(create)).createRouter();
    const transport = await router.createPlainTransport({
      listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
      enableSrtp: true,
    });
    const connect = (keyBase64: string): Promise<void> =>
      transport.connect({
        ip: '127.0.0.1',
        port: 9,
        srtpParameters: { cryptoSuite: 'AEAD_AES_256_GCM', keyBase64 },
      });
    await expect(connect('c2hvcnQ=')).rejects.toThrow(new TypeError('invalid decoded SRTP key length'));
    expect(await transport.dump()).toMatchObject({ srtpParameters: { cryptoSuite: 'AEAD_AES_256_GCM' } });
    await connect(Buffer.alloc(44, 1).toString('base64'));
    expect(transport.srtpParameters?.cryptoSuite).toBe('AEAD_AES_256_GCM');
    await expect(connect(Buffer.alloc(44, 2).toString('base64'))).rejects.toThrow('connect() already called');
  });

  it('says what is wrong', async () => {
    const worker = await start(create);
    const router = await worker.createRouter({ mediaCodecs });
    const transport = await router.createDirectTransport();
    const { id } = await transport.produce(opus(1));
    await expect(transport.produce(opus(1))).rejects.toThrow('ssrc already exists in RTP listener [ssrc:1]');
    const other = await router.createDirectTransport();
    await expect(other.produce({ ...opus(2), id })).rejects.toThrow(
      `Channel request handler with ID ${id} already exists`,
    );
    await expect(router.createPlainTransport({ listenInfo: { protocol: 'udp', ip: 'x' } })).rejects.toThrow(
      new TypeError("invalid IP 'x'"),
    );
    transport.close();
    await expect(transport.dump()).rejects.toThrow(tsfu.errors.NotFoundError);
    worker.close();
    await expect(router.dump()).rejects.toThrow(tsfu.errors.WorkerClosedError);
  });
});

describe('a worker in a thread', () => {
  it('starts whatever options the application was started with', { timeout: 30_000 }, () => {
    const application = `
      import { createWorker } from 'tsfu';
      // The second one gets the code as the first one has compiled it.
      for (const _ of 'ab') {
        const worker = await createWorker();
        console.log((await worker.dump()).pid === process.pid);
        await worker[Symbol.asyncDispose]();
      }`;
    for (const options of [
      [],
      ['--max-old-space-size=500', '--enable-source-maps'],
      ['--no-opt', '--title=application'],
    ]) {
      const output = execFileSync(process.execPath, [...options, '--input-type=module', '-e', application], {
        env: { ...process.env, MEDIASOUP_WORKER_BIN: '' },
        encoding: 'utf8',
      });
      expect(output).toBe('true\ntrue\n');
    }
  });
});

describe('a worker that dies', () => {
  it('says so, and takes everything along', async () => {
    const worker = await start(() => tsfu.createWorker({ workerBin: tsfu.workerBin }));
    const router = await worker.createRouter({ mediaCodecs });
    const transport = await router.createDirectTransport();
    const events: string[] = [];
    transport.on('routerclose', () => events.push('routerclose'));
    router.on('workerclose', () => events.push('workerclose'));
    const died = tsfu.extras.enhancedOnce<tsfu.types.WorkerEvents>(worker, 'died');
    process.kill(worker.pid, 'SIGKILL');
    const [error] = (await died) as [Error];
    expect(error.message).toBe(`[pid:${worker.pid}, code:null, signal:SIGKILL]`);
    expect(events).toEqual(['routerclose', 'workerclose']);
    expect([worker.closed, worker.died, worker.subprocessClosed]).toEqual([true, true, true]);
  });
});

describe('a worker in the same thread', () => {
  it('is seen by the same observer as all others', async () => {
    const seen: tsfu.types.Worker[] = [];
    const see = (worker: tsfu.types.Worker): number => seen.push(worker);
    tsfu.observer.on('newworker', see);
    const worker = await start(sameThread.createWorker);
    tsfu.observer.off('newworker', see);
    expect(seen).toEqual([worker]);
  });

  it('leaves no socket behind', async () => {
    const sockets = (): string[] => process.getActiveResourcesInfo().filter(name => /UDP|TCP/.test(name));
    const before = sockets();
    const worker = await sameThread.createWorker();
    const router = await worker.createRouter({ mediaCodecs });
    await router.createWebRtcTransport({
      listenInfos: [
        { protocol: 'udp', ip: '127.0.0.1' },
        { protocol: 'tcp', ip: '127.0.0.1' },
      ],
    });
    expect(sockets()).toHaveLength(before.length + 2);
    await worker[Symbol.asyncDispose]();
    await new Promise(resolve => setImmediate(resolve));
    expect(sockets()).toEqual(before);
  });
});
