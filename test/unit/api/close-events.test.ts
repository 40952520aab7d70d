import { methodInfo } from '../../../src/channel/methods.js';
import { describe, expect, it } from 'vitest';
import { Event } from '../../../src/channel/fbs/notification.js';
import { WorkerClosedError } from '../../../src/errors.js';
import { FakeWorker, settled } from './support/fake-worker.js';
import { audioParameters, createScene, record } from './support/scene.js';

/** Who closes what, what is emitted on the way, and what the worker is told. */
async function setUp() {
  const { fake, worker } = await FakeWorker.start();
  const scene = await createScene(worker);
  const events = record({ worker, ...scene });
  fake.requests.length = 0;
  return { fake, worker, events, ...scene };
}

const children = [
  'producer transportclose',
  'producer.observer close',
  'dataProducer transportclose',
  'dataProducer.observer close',
];
const farTransport = (event: string): string[] => [
  'consumer transportclose',
  'consumer.observer close',
  'dataConsumer transportclose',
  'dataConsumer.observer close',
  `far ${event}`,
  'far.observer close',
];

describe('closing', () => {
  it('a worker closes everything, inside out', async () => {
    const { fake, worker, events, ...scene } = await setUp();
    worker.close();
    expect(events).toEqual([
      ...children,
      'near routerclose',
      'near.observer close',
      ...farTransport('routerclose'),
      'rtpObserver routerclose',
      'rtpObserver.observer close',
      'router workerclose',
      'router.observer close',
      'webRtcServer workerclose',
      'webRtcServer.observer close',
      'worker.observer close',
    ]);
    expect(fake.ended).toBe(true);
    expect([worker.died, worker.subprocessClosed]).toEqual([false, false]);
    for (const object of [worker, ...Object.values(scene)]) expect(object.closed).toBe(true);
    await settled();
    expect(fake.notifications.map(({ event, handlerId }) => [event, handlerId])).toEqual([[Event.WORKER_CLOSE, '']]);
    expect(fake.requests).toEqual([]);

    events.length = 0;
    fake.onExit(0, null);
    fake.onClose();
    expect(events).toEqual(['worker subprocessclose']);
    expect(worker.subprocessClosed).toBe(true);
  });

  it('a worker that dies says so', async () => {
    const { fake, worker, events } = await setUp();
    const deaths: Error[] = [];
    const pending = worker.dump();
    worker.on('died', error => {
      deaths.push(error);
      expect([worker.closed, worker.died, worker.subprocessClosed]).toEqual([true, true, true]);
    });
    fake.onExit(null, 'SIGKILL');
    fake.onClose();
    expect(events.slice(-5)).toEqual([
      'webRtcServer workerclose',
      'webRtcServer.observer close',
      'worker died',
      'worker subprocessclose',
      'worker.observer close',
    ]);
    expect(deaths.map(String)).toEqual(['Error: [pid:4242, code:null, signal:SIGKILL]']);
    await expect(pending).rejects.toThrow(WorkerClosedError);
  });

  it('a router closes its transports and observers', async () => {
    const { fake, events, router } = await setUp();
    router.close();
    expect(events).toEqual([
      ...children,
      'near routerclose',
      'near.observer close',
      ...farTransport('routerclose'),
      'rtpObserver routerclose',
      'rtpObserver.observer close',
      'router @close',
      'router.observer close',
    ]);
    await settled();
    expect(fake.requests.map(({ method }) => methodInfo(method)!.name)).toEqual(['WORKER_CLOSE_ROUTER']);
  });

  it('a WebRtcServer closes its transports, and the router forgets them', async () => {
    const { fake, events, router, webRtcServer, near } = await setUp();
    webRtcServer.close();
    expect(events).toEqual([
      ...children,
      'near @listenserverclose',
      'near listenserverclose',
      'near.observer close',
      'webRtcServer.observer webrtctransportunhandled',
      'webRtcServer @close',
      'webRtcServer.observer close',
    ]);
    expect([near.iceState, near.dtlsState, near.sctpState]).toEqual(['closed', 'closed', 'closed']);
    await settled();
    expect(fake.requests.map(({ method }) => methodInfo(method)!.name)).toEqual(['WORKER_WEBRTCSERVER_CLOSE']);
    events.length = 0;
    router.close();
    expect(events).not.toContain('near routerclose');
  });

  it('a transport closes what is in it', async () => {
    const { fake, events, near, router } = await setUp();
    near.close();
    expect(events).toEqual([
      'producer transportclose',
      'producer.observer close',
      'near @producerclose',
      'dataProducer transportclose',
      'dataProducer.observer close',
      'near @dataproducerclose',
      'near @close',
      'webRtcServer.observer webrtctransportunhandled',
      'near.observer close',
    ]);
    await settled();
    expect(fake.requests.map(({ method, handlerId }) => [methodInfo(method)!.name, handlerId])).toEqual([
      ['ROUTER_CLOSE_TRANSPORT', router.id],
    ]);
  });

  it('a producer closes; its consumers learn it of the worker', async () => {
    const { fake, events, near, producer, consumer } = await setUp();
    producer.close();
    expect(events).toEqual(['producer @close', 'near @producerclose', 'producer.observer close']);
    fake.notify(Event.CONSUMER_PRODUCER_CLOSE, consumer.id);
    await settled();
    expect(events.slice(3)).toEqual(['consumer @producerclose', 'consumer producerclose', 'consumer.observer close']);
    expect(fake.requests.map(({ method, handlerId }) => [methodInfo(method)!.name, handlerId])).toEqual([
      ['TRANSPORT_CLOSE_PRODUCER', near.id],
    ]);
  });

  it('a data producer closes; its data consumers learn it of the worker', async () => {
    const { fake, events, dataProducer, dataConsumer } = await setUp();
    dataProducer.close();
    expect(events).toEqual(['dataProducer @close', 'near @dataproducerclose', 'dataProducer.observer close']);
    fake.notify(Event.DATACONSUMER_DATAPRODUCER_CLOSE, dataConsumer.id);
    await settled();
    expect(events.slice(3)).toEqual([
      'dataConsumer @dataproducerclose',
      'dataConsumer dataproducerclose',
      'dataConsumer.observer close',
    ]);
  });

  it('happens once', async () => {
    const { fake, events, worker, ...scene } = await setUp();
    const { router, near, producer } = scene;
    for (const object of [...Object.values(scene), worker]) object.close();
    events.length = 0;
    await settled();
    const told = fake.requests.length;
    for (const object of [...Object.values(scene), worker]) object.close();
    producer.transportClosed();
    near.routerClosed();
    router.workerClosed();
    await settled();
    expect(events).toEqual([]);
    expect(fake.requests).toHaveLength(told);
  });

  it('reaches what is being created meanwhile', async () => {
    const { router, near, producer, dataProducer } = await setUp();
    const creating = Promise.all([
      near.produce({ ...audioParameters(2222), id: 'late' }),
      near.consume({ producerId: producer.id, rtpCapabilities: router.rtpCapabilities }),
      near.produceData({ sctpStreamParameters: { streamId: 9 } }),
      near.consumeData({ dataProducerId: dataProducer.id }),
    ]);
    near.close();
    for (const { closed } of await creating) expect(closed).toBe(true);
    expect(router.canConsume({ producerId: 'late', rtpCapabilities: router.rtpCapabilities })).toBe(false);

    const transport = router.createDirectTransport();
    const observer = router.createActiveSpeakerObserver();
    router.close();
    expect([(await transport).closed, (await observer).closed]).toEqual([true, true]);
  });

  it('works with `using`', async () => {
    const { fake, worker } = await FakeWorker.start();
    let id = '';
    {
      using router = await worker.createRouter();
      await using transport = await router.createDirectTransport();
      id = transport.id;
    }
    await settled();
    expect(fake.requests.slice(-2).map(({ method }) => methodInfo(method)!.name)).toEqual([
      'ROUTER_CLOSE_TRANSPORT',
      'WORKER_CLOSE_ROUTER',
    ]);
    expect(id).not.toBe('');

    let disposed = false;
    const disposing = worker[Symbol.asyncDispose]().then(() => (disposed = true));
    await settled();
    expect([worker.closed, disposed]).toEqual([true, false]);
    fake.onClose();
    await disposing;
  });

  it('lets later calls fail with WorkerClosedError, wrong arguments before', async () => {
    const { worker, router, near, producer, consumer, dataProducer } = await setUp();
    worker.close();
    await expect(worker.createRouter({ mediaCodecs: {} as never })).rejects.toThrow(TypeError);
    await expect(worker.createRouter()).rejects.toThrow(
      new WorkerClosedError('Channel closed, cannot send request [method:WORKER_CREATE_ROUTER]'),
    );
    await expect(router.dump()).rejects.toThrow(WorkerClosedError);
    await expect(near.connect({} as never)).rejects.toThrow(TypeError);
    await expect(consumer.setPreferredLayers({} as never)).rejects.toThrow(TypeError);
    expect(() => producer.send(Buffer.alloc(1))).toThrow(
      new WorkerClosedError('Channel closed, cannot send notification [event:PRODUCER_SEND]'),
    );
    expect(() => dataProducer.send('x')).toThrow(WorkerClosedError);
  });
});
