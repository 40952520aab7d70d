import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as tsfu from 'tsfu';
import * as sameThread from 'tsfu/same-thread';
import { afterEach, describe, expect, it } from 'vitest';

type Worker = tsfu.types.Worker;

const workers: Worker[] = [];
afterEach(() => Promise.all(workers.splice(0).map(worker => worker[Symbol.asyncDispose]())));

const ways: [string, () => Promise<Worker>][] = [
  ['thread', () => tsfu.createWorker()],
  ['process', () => tsfu.createWorker({ workerBin: tsfu.workerBin })],
  ['same thread', () => sameThread.createWorker()],
];

const mediaCodecs: tsfu.types.RouterRtpCodecCapability[] = [
  { kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 },
];
const opus: tsfu.types.ProducerOptions = {
  kind: 'audio',
  rtpParameters: {
    mid: 'audio',
    codecs: [{ mimeType: 'audio/opus', payloadType: 111, clockRate: 48000, channels: 2 }],
    encodings: [{ ssrc: 1111 }],
  },
};
const listenInfo: tsfu.types.TransportListenInfo = { protocol: 'udp', ip: '127.0.0.1' };

/** A worker with one object of every kind. */
async function furnish(create: () => Promise<Worker>) {
  const worker = await create();
  workers.push(worker);
  const webRtcServer = await worker.createWebRtcServer({ listenInfos: [listenInfo] });
  const router = await worker.createRouter({ mediaCodecs });
  const transport = await router.createDirectTransport();
  const producer = await transport.produce(opus);
  const { rtpCapabilities } = router;
  const consumer = await transport.consume({ producerId: producer.id, rtpCapabilities });
  const dataProducer = await transport.produceData();
  const dataConsumer = await transport.consumeData({ dataProducerId: dataProducer.id });
  const rtpObserver = await router.createAudioLevelObserver();
  return {
    ...{ worker, webRtcServer, router, transport, producer, consumer, dataProducer, dataConsumer, rtpObserver },
    /** All that the worker knows. */
    dump: async () => [await worker.dump(), await webRtcServer.dump(), await router.dump(), await transport.dump()],
  };
}

type Furnished = Awaited<ReturnType<typeof furnish>>;

/** Ways to make an object that can be closed. */
const kinds: Record<string, (all: Furnished) => Promise<{ close(): void }>> = {
  WebRtcServer: ({ worker }) =>
    worker.createWebRtcServer({ listenInfos: [listenInfo, { ...listenInfo, protocol: 'tcp' }] }),
  Router: ({ worker }) => worker.createRouter({ mediaCodecs }),
  WebRtcTransport: ({ router }) =>
    router.createWebRtcTransport({ listenInfos: [listenInfo, { ...listenInfo, protocol: 'tcp' }] }),
  'WebRtcTransport of a WebRtcServer': ({ router, webRtcServer }) => router.createWebRtcTransport({ webRtcServer }),
  PlainTransport: ({ router }) => router.createPlainTransport({ listenInfo, rtcpMux: false, enableSrtp: true }),
  PipeTransport: ({ router }) => router.createPipeTransport({ listenInfo, enableRtx: true }),
  DirectTransport: ({ router }) => router.createDirectTransport(),
  ActiveSpeakerObserver: ({ router }) => router.createActiveSpeakerObserver(),
  AudioLevelObserver: ({ router }) => router.createAudioLevelObserver(),
  Producer: ({ transport }) =>
    transport.produce({
      kind: 'audio',
      rtpParameters: { ...opus.rtpParameters, mid: 'other', encodings: [{ ssrc: 2222 }] },
    }),
  Consumer: ({ router, transport, producer }) =>
    transport.consume({ producerId: producer.id, rtpCapabilities: router.rtpCapabilities }),
  DataProducer: ({ transport }) => transport.produceData(),
  DataConsumer: ({ transport, dataProducer }) => transport.consumeData({ dataProducerId: dataProducer.id }),
};

describe.each(ways)('closing an object of a worker in a %s', (_name, create) => {
  it.each(Object.entries(kinds))('%s leaves nothing in the worker', async (_kind, make) => {
    const all = await furnish(create);
    (await make(all)).close();
    const [dump, files] = [await all.dump(), openFiles(all.worker.pid)];
    for (let i = 0; i < 30; i++) (await make(all)).close();
    expect(await all.dump()).toEqual(dump);
    expect(openFiles(all.worker.pid)).toBe(files);
  });
});

describe('memory', () => {
  /** Bytes that each of `times` cycles leaves. The first ones also leave compiled code, so the best of a few counts. */
  async function leftBy(times: number, cycle: () => Promise<void>): Promise<number> {
    const left: number[] = [];
    let before = Infinity;
    for (let round = 0; round < 4; round++) {
      for (let i = 0; i < times; i++) await cycle();
      const after = await heapUsed();
      left.push((after - before) / times);
      before = after;
    }
    return Math.min(...left.slice(1));
  }

  // Ten thousand times; the smallest object that could be left over is larger than the bound.
  it.each(Object.entries(kinds))('does not grow when a %s is made and closed', async (_kind, make) => {
    const all = await furnish(sameThread.createWorker);
    expect(await leftBy(2500, async () => (await make(all)).close())).toBeLessThan(60);
  });

  it('does not grow when a worker is made and closed', async () => {
    const left = await leftBy(100, async () => {
      await using worker = await sameThread.createWorker();
      await worker.createRouter({ mediaCodecs });
    });
    expect(left).toBeLessThan(1000);
  });
});

describe.each(ways)('a call that fails, to a worker in a %s,', (_name, create) => {
  const unknown = 'there is none';
  const wrong: Record<string, (all: Furnished) => Promise<unknown>> = {
    'createWebRtcServer: no address of this machine': ({ worker }) =>
      worker.createWebRtcServer({ listenInfos: [listenInfo, { protocol: 'udp', ip: '192.0.2.1' }] }),
    'createWebRtcServer: nothing to listen on': ({ worker }) => worker.createWebRtcServer({ listenInfos: [] }),
    'createRouter: unknown codec': ({ worker }) =>
      worker.createRouter({ mediaCodecs: [{ kind: 'audio', mimeType: 'audio/none', clockRate: 1 }] }),
    'createWebRtcTransport: the second address': ({ router }) =>
      router.createWebRtcTransport({ listenInfos: [listenInfo, { protocol: 'tcp', ip: '192.0.2.1' }] }),
    'createWebRtcTransport: no IP': ({ router }) =>
      router.createWebRtcTransport({ listenInfos: [listenInfo, { protocol: 'udp', ip: 'none' }] }),
    'createPlainTransport: the RTCP address': ({ router }) =>
      router.createPlainTransport({ listenInfo, rtcpListenInfo: { protocol: 'udp', ip: '192.0.2.1' }, rtcpMux: false }),
    'createPipeTransport: no IP': ({ router }) =>
      router.createPipeTransport({ listenInfo: { protocol: 'udp', ip: '' } }),
    'produce: a taken SSRC': ({ transport }) =>
      transport.produce({ kind: 'audio', rtpParameters: { ...opus.rtpParameters, mid: 'other' } }),
    'produce: a taken MID': ({ transport }) =>
      transport.produce({ kind: 'audio', rtpParameters: { ...opus.rtpParameters, encodings: [{ ssrc: 3 }] } }),
    'produce: a taken id': ({ transport, producer }) => transport.produce({ ...opus, id: producer.id }),
    'produce: no encodings': ({ transport }) =>
      transport.produce({ kind: 'audio', rtpParameters: { codecs: opus.rtpParameters.codecs, encodings: [{}] } }),
    'consume: unknown Producer': ({ transport, router }) =>
      transport.consume({ producerId: unknown, rtpCapabilities: router.rtpCapabilities }),
    'consume: no common codec': ({ transport, producer }) =>
      transport.consume({ producerId: producer.id, rtpCapabilities: { codecs: [] } }),
    'consumeData: unknown DataProducer': ({ transport }) => transport.consumeData({ dataProducerId: unknown }),
    'produceData: a taken id': ({ transport, dataProducer }) => transport.produceData({ id: dataProducer.id }),
    'createAudioLevelObserver: threshold': ({ router }) => router.createAudioLevelObserver({ threshold: 1000 }),
    'addProducer: unknown': ({ rtpObserver }) => rtpObserver.addProducer({ producerId: unknown }),
    'pipeToRouter: unknown Producer': ({ router }) => router.pipeToRouter({ producerId: unknown, router }),
  };

  it('leaves no half-made object', async () => {
    const all = await furnish(create);
    await kinds.WebRtcTransport(all).then(transport => transport.close());
    const [dump, files] = [await all.dump(), openFiles(all.worker.pid)];
    for (const [call, run] of Object.entries(wrong)) {
      await expect(run(all), call).rejects.toThrow();
      expect(await all.dump(), call).toEqual(dump);
    }
    expect(openFiles(all.worker.pid)).toBe(files);
  });
});

describe('a worker that dies', () => {
  const deaths: [string, () => Promise<Worker>, (worker: Worker) => void][] = [
    [
      'a killed process',
      () => tsfu.createWorker({ workerBin: tsfu.workerBin }),
      ({ pid }) => process.kill(pid, 'SIGKILL'),
    ],
    ['an exception in the thread', createCrashing, crash],
  ];

  it.each(deaths)('by %s tells every object, parts before wholes', async (_cause, create, kill) => {
    const all = await furnish(create);
    const events: string[] = [];
    const watch = (name: string, emitter: unknown, ...names: string[]): void => {
      const { observer } = emitter as { observer: tsfu.extras.EnhancedEventEmitter };
      for (const event of names)
        (emitter as tsfu.extras.EnhancedEventEmitter).on(event, () => events.push(`${name} ${event}`));
      observer.on('close', () => events.push(`${name} closed`));
    };
    watch('worker', all.worker, 'died', 'subprocessclose');
    watch('webRtcServer', all.webRtcServer, 'workerclose');
    watch('router', all.router, 'workerclose');
    watch('transport', all.transport, 'routerclose', 'listenserverclose');
    watch('rtpObserver', all.rtpObserver, 'routerclose');
    watch('producer', all.producer, 'transportclose');
    watch('consumer', all.consumer, 'transportclose', 'producerclose');
    watch('dataProducer', all.dataProducer, 'transportclose');
    watch('dataConsumer', all.dataConsumer, 'transportclose', 'dataproducerclose');

    const died = tsfu.extras.enhancedOnce<tsfu.types.WorkerEvents>(all.worker, 'died');
    kill(all.worker);
    // Whether it is still answered or not, it is settled.
    await Promise.allSettled([all.router.dump(), died]);
    await new Promise(resolve => setImmediate(resolve));
    expect(events).toEqual([
      ...['producer transportclose', 'producer closed', 'consumer transportclose', 'consumer closed'],
      ...['dataProducer transportclose', 'dataProducer closed', 'dataConsumer transportclose', 'dataConsumer closed'],
      ...['transport routerclose', 'transport closed', 'rtpObserver routerclose', 'rtpObserver closed'],
      ...['router workerclose', 'router closed', 'webRtcServer workerclose', 'webRtcServer closed'],
      ...['worker died', 'worker subprocessclose', 'worker closed'],
    ]);
    const { dump: _, ...objects } = all;
    expect(Object.entries(objects).filter(([, object]) => !object.closed)).toEqual([]);
    await expect(all.transport.dump()).rejects.toThrow(tsfu.errors.WorkerClosedError);
    expect(all.worker.died).toBe(true);
  });

  it('by an exception says which', async () => {
    const worker = await createCrashing();
    const died = tsfu.extras.enhancedOnce<tsfu.types.WorkerEvents>(worker, 'died');
    crash();
    const [error] = (await died) as [Error];
    expect(error.message).toBe(`[pid:${process.pid}, code:1, signal:null]`);
    expect(error.cause).toMatchObject({ message: 'provoked' });
  });
});

describe('an application with a worker in a thread', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('closes it on %s and ends by itself', async signal => {
    const application = await startApplication();
    application.child.kill(signal);
    expect(await application.nextLine()).toBe('closed');
    expect(await application.exit).toEqual([0, null]);
  });

  it.skipIf(process.platform === 'win32')('keeps it over signals that the application handles', async () => {
    const application = await startApplication();
    for (const signal of ['SIGHUP', 'SIGUSR2', 'SIGALRM'] as const) {
      application.child.kill(signal);
      expect(await application.nextLine()).toBe(`${signal}, dumped`);
    }
    application.child.kill('SIGTERM');
    expect(await application.exit).toEqual([0, null]);
  });
});

/** Prints what happens to it, line by line. */
const applicationCode = `
  import { createWorker } from 'tsfu';
  const worker = await createWorker();
  worker.observer.on('close', () => console.log('closed'));
  for (const signal of ['SIGHUP', 'SIGUSR2', 'SIGALRM']) {
    process.on(signal, () => worker.dump().then(() => console.log(signal + ', dumped')));
  }
  console.log('ready');`;

async function startApplication() {
  const child = spawn(process.execPath, ['--input-type=module', '-e', applicationCode], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { ...process.env, MEDIASOUP_WORKER_BIN: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<unknown> => (await lines.next()).value;
  expect(await nextLine()).toBe('ready');
  return { child, exit, nextLine };
}

/** A worker in a thread that throws when it is told to: options of the process apply to its threads as well. */
async function createCrashing(): Promise<Worker> {
  const { NODE_OPTIONS } = process.env;
  process.env.NODE_OPTIONS = `--import=${new URL('../fixtures/api/crash.mjs', import.meta.url).href}`;
  try {
    return await tsfu.createWorker();
  } finally {
    if (NODE_OPTIONS === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = NODE_OPTIONS;
  }
}

function crash(): void {
  const channel = new BroadcastChannel('crash');
  channel.postMessage('now');
  channel.close();
}

/** Files and sockets that a process has open, where the system tells. */
function openFiles(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  return existsSync(folder) ? readdirSync(folder).length : 0;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes of objects that are reachable. */
async function heapUsed(): Promise<number> {
  // What has been closed lets go of its sockets in the next turns.
  for (let i = 0; i < 3; i++) {
    await new Promise(resolve => setImmediate(resolve));
    collectGarbage();
  }
  return process.memoryUsage().heapUsed;
}
