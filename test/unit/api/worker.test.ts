import { DropCounters, DropReason } from '../../../src/common/drop-reason.js';
import { describe, expect, it, vi } from 'vitest';
import { createWorker, observer, startWorker, workerArguments } from '../../../src/api/create-worker.js';
import { Event } from '../../../src/channel/fbs/notification.js';
import { Body as ResponseBody } from '../../../src/channel/fbs/response.js';
import type * as FbsWorker from '../../../src/channel/fbs/worker.js';
import type { Worker } from '../../../src/types.js';
import { FakeWorker, settled } from './support/fake-worker.js';
import { createRouter } from './support/scene.js';

describe('workerArguments()', () => {
  it.each<[object, string[]]>([
    [{}, ['--logLevel=error', '--rtcMinPort=10000', '--rtcMaxPort=59999']],
    [
      {
        libwebrtcFieldTrials: 'a/b/',
        dtlsPrivateKeyFile: '/key',
        dtlsCertificateFile: '/cert',
        rtcMaxPort: 2,
        rtcMinPort: 0,
        logTags: ['ice', '', 3, 'dtls'],
        srtpCryptoSuites: ['AEAD_AES_256_GCM', 'AEAD_AES_128_GCM'],
        logLevel: 'warn',
      },
      [
        '--logLevel=warn',
        '--logTag=ice',
        '--logTag=dtls',
        '--rtcMinPort=0',
        '--rtcMaxPort=2',
        '--dtlsCertificateFile=/cert',
        '--dtlsPrivateKeyFile=/key',
        '--srtpCryptoSuites=AEAD_AES_256_GCM,AEAD_AES_128_GCM',
        '--libwebrtcFieldTrials=a/b/',
      ],
    ],
    [{ logLevel: '', logTags: 'ice', rtcMinPort: NaN, rtcMaxPort: '5' }, []],
  ])('%j', (settings, args) => {
    expect(workerArguments(settings)).toEqual(args);
  });
});

describe('createWorker()', () => {
  it('resolves when the worker runs', async () => {
    const seen: Worker[] = [];
    observer.on('newworker', one => seen.push(one));
    const { worker } = await FakeWorker.start();
    expect(seen).toEqual([worker]);
    expect(worker).toMatchObject({ pid: 4242, closed: false, died: false, subprocessClosed: false, appData: {} });
    expect(worker.constructor.name).toBe('WorkerImpl');
  });

  it('ignores what another process says', async () => {
    const fake = new FakeWorker();
    const starting = startWorker(fake);
    fake.notify(Event.WORKER_RUNNING, '1');
    await settled();
    fake.onExit(1, null);
    await expect(starting).rejects.toThrow();
  });

  it.each<[number | null, NodeJS.Signals | null, Error]>([
    [42, null, new TypeError('wrong settings')],
    [1, null, new Error('[pid:4242, code:1, signal:null]')],
    [0, null, new Error('[pid:4242, code:0, signal:null]')],
    [null, 'SIGABRT', new Error('[pid:4242, code:null, signal:SIGABRT]')],
  ])('rejects if it exits with code %j and signal %j', async (code, signal, error) => {
    const fake = new FakeWorker();
    const starting = startWorker(fake);
    fake.onExit(code, signal);
    fake.onClose();
    await expect(starting).rejects.toThrow(error);
    await expect(starting).rejects.toSatisfy(one => (one as Error).constructor === error.constructor);
    expect(fake.ended).toBe(true);
  });

  it('rejects if it cannot be started', async () => {
    await expect(createWorker({ workerBin: '/nowhere/worker' })).rejects.toThrow('spawn /nowhere/worker ENOENT');
  });

  it('checks appData before anything is started', async () => {
    await expect(createWorker({ appData: 'x' as never })).rejects.toThrow(
      new TypeError('if given, appData must be an object'),
    );
  });

  it('cleans up after the signal handlers of workers that are closed', async () => {
    const before = process.listenerCount('SIGTERM');
    const { worker } = await FakeWorker.start();
    const { fake } = await FakeWorker.start();
    expect(process.listenerCount('SIGTERM')).toBe(before + 2);
    worker.close();
    fake.onExit(1, null);
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });

  it('closes workers when this process is asked to end', async () => {
    const { worker } = await FakeWorker.start();
    const others = process.listeners('SIGTERM').slice(0, -1);
    process.listeners('SIGTERM').at(-1)!('SIGTERM');
    expect(worker.closed).toBe(true);
    expect(process.listeners('SIGTERM')).toEqual(others);
  });
});

describe('Worker', () => {
  it('dies of an error after it ran', async () => {
    const { fake, worker } = await FakeWorker.start();
    const died = vi.fn();
    worker.on('died', died);
    const error = new Error('kill EPERM');
    fake.onError(error);
    expect(died).toHaveBeenCalledWith(error);
  });

  it('tells what a thread did not catch', async () => {
    const { fake, worker } = await FakeWorker.start();
    const died = vi.fn();
    worker.on('died', died);
    const cause = new Error('bug');
    fake.onExit(1, null, cause);
    expect(died.mock.calls[0]).toMatchObject([{ message: '[pid:4242, code:1, signal:null]', cause }]);
  });

  it('dumps', async () => {
    const handlers: FbsWorker.ChannelMessageHandlers = {
      channelRequestHandlers: ['a'],
      channelNotificationHandlers: ['b'],
    };
    const { worker } = await FakeWorker.start({
      WORKER_DUMP: () => ({
        type: ResponseBody.Worker_DumpResponse,
        body: { pid: 7, webRtcServerIds: ['s'], routerIds: ['r'], channelMessageHandlers: handlers },
      }),
      WORKER_GET_RESOURCE_USAGE: () => ({
        type: ResponseBody.Worker_ResourceUsageResponse,
        body: {
          ruUtime: 1n,
          ruStime: 2n,
          ruMaxrss: 3n,
          ruIxrss: 0n,
          ruIdrss: 0n,
          ruIsrss: 0n,
          ruMinflt: 0n,
          ruMajflt: 0n,
          ruNswap: 0n,
          ruInblock: 0n,
          ruOublock: 0n,
          ruMsgsnd: 0n,
          ruMsgrcv: 0n,
          ruNsignals: 0n,
          ruNvcsw: 0n,
          ruNivcsw: 0n,
        },
      }),
    });
    expect(await worker.dump()).toEqual({
      pid: 7,
      webRtcServerIds: ['s'],
      routerIds: ['r'],
      channelMessageHandlers: { channelRequestHandlers: ['a'], channelNotificationHandlers: ['b'] },
    });
    const usage = await worker.getResourceUsage();
    expect(Object.keys(usage)).toHaveLength(16);
    expect(usage).toMatchObject({ ru_utime: 1, ru_stime: 2, ru_maxrss: 3, ru_nivcsw: 0 });
  });

  it('says what was dropped, if that is known', async () => {
    const { fake, worker } = await FakeWorker.start();
    expect(worker.getDropCounts()).toBeUndefined();
    fake.drops = new DropCounters();
    expect(worker.getDropCounts()).toEqual({});
    fake.drops.count(DropReason.srtpReplay);
    worker.close();
    expect(worker.getDropCounts()).toEqual({ srtpReplay: 1 });
  });

  it('updates settings; tags are always sent', async () => {
    const { fake, worker } = await FakeWorker.start();
    await worker.updateSettings({ logLevel: 'debug' });
    expect(fake.last('WORKER_UPDATE_SETTINGS').body).toMatchObject({ logLevel: 'debug', logTags: [] });
    await worker.updateSettings({ logTags: ['ice', 'rtp'] });
    expect(fake.last('WORKER_UPDATE_SETTINGS').body).toEqual({ logTags: ['ice', 'rtp'] });
    await expect(worker.updateSettings({ logTags: {} as never })).rejects.toThrow(TypeError);
  });

  it('creates WebRtcServers and routers', async () => {
    const { fake, worker } = await FakeWorker.start();
    const seen: unknown[] = [];
    worker.observer.on('newwebrtcserver', one => seen.push(one));
    worker.observer.on('newrouter', one => seen.push(one));
    const webRtcServer = await worker.createWebRtcServer({
      listenInfos: [
        { protocol: 'udp', ip: '127.0.0.1', port: 5, announcedIp: 'a', flags: { udpReusePort: true } },
        { protocol: 'tcp', ip: '::', announcedAddress: 'b', exposeInternalIp: true, portRange: { min: 1, max: 2 } },
      ],
      appData: { foo: 1 },
    });
    expect(fake.last('WORKER_CREATE_WEBRTCSERVER').body).toMatchObject({
      webRtcServerId: webRtcServer.id,
      listenInfos: [
        {
          protocol: 1,
          ip: '127.0.0.1',
          port: 5,
          announcedAddress: 'a',
          flags: { ipv6Only: false, udpReusePort: true },
        },
        { protocol: 2, ip: '::', announcedAddress: 'b', exposeInternalIp: true, portRange: { min: 1, max: 2 } },
      ],
    });
    expect(webRtcServer.appData).toEqual({ foo: 1 });
    const router = await createRouter(worker);
    expect(seen).toEqual([webRtcServer, router]);
    router.rtpCapabilities.codecs!.length = 0;
    expect(router.rtpCapabilities.codecs).toHaveLength(3);

    await expect(worker.createWebRtcServer({ listenInfos: 3 as never })).rejects.toThrow(TypeError);
    await expect(worker.createWebRtcServer({ listenInfos: ['x'] as never })).rejects.toThrow(
      'FlatBuffers: field 6 must be set',
    );
    await expect(worker.createRouter({ appData: 1 as never })).rejects.toThrow(TypeError);
  });
});
