import { eventInfo } from '../../../src/channel/methods.js';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Channel } from '../../../src/api/channel.js';
import { setLogEventListeners } from '../../../src/api/logger.js';
import { Event } from '../../../src/channel/fbs/notification.js';
import { Method } from '../../../src/channel/fbs/request.js';
import { NotFoundError, WorkerClosedError } from '../../../src/errors.js';
import { FakeWorker, settled } from './support/fake-worker.js';

const open = (script?: ConstructorParameters<typeof FakeWorker>[0]) => {
  const fake = new FakeWorker(script);
  return { fake, channel: new Channel(fake.carrier, 4242) };
};

afterEach(() => setLogEventListeners());

describe('Channel', () => {
  it('counts requests from 1', async () => {
    const { fake, channel } = open();
    await Promise.all([channel.request(Method.WORKER_DUMP, ''), channel.request(Method.ROUTER_DUMP, 'r')]);
    expect(fake.requests.map(({ id, method, handlerId }) => [id, method, handlerId])).toEqual([
      [1, Method.WORKER_DUMP, ''],
      [2, Method.ROUTER_DUMP, 'r'],
    ]);
  });

  it('counts from 1 again behind the last number of 32 bits', async () => {
    const fake = new FakeWorker();
    const channel = new Channel(fake.carrier, 4242, 2 ** 32 - 2);
    await Promise.all([channel.request(Method.WORKER_DUMP, ''), channel.request(Method.WORKER_DUMP, '')]);
    expect(fake.requests.map(({ id }) => id)).toEqual([2 ** 32 - 1, 1]);
  });

  it.each([
    ['Error', Error],
    ['TypeError', TypeError],
    ['NotFoundError', NotFoundError],
  ] as const)('makes %s of the response', async (error, type) => {
    const { channel } = open({ ROUTER_DUMP: () => ({ error, reason: 'why' }) });
    const request = channel.request(Method.ROUTER_DUMP, 'r');
    await expect(request).rejects.toThrow('why');
    await expect(request).rejects.toSatisfy(one => (one as Error).constructor === type);
  });

  it('emits notifications after what waits for the responses that follow them', async () => {
    const { fake, channel } = open({
      ROUTER_DUMP: () => fake.notify(Event.PRODUCER_SCORE, 'p'),
    });
    const order: string[] = [];
    channel.on('early', () => order.push('early'));
    const request = channel.request(Method.ROUTER_DUMP, 'r').then(async () => {
      await Promise.resolve();
      order.push('response');
      channel.on('p', event => order.push(eventInfo(event)!.name));
    });
    await request;
    await settled();
    expect(order).toEqual(['response', 'PRODUCER_SCORE']);
  });

  it('rejects pending requests when it is closed, and later ones', async () => {
    const { channel } = open({ WORKER_DUMP: () => 'silence' });
    const pending = channel.request(Method.WORKER_DUMP, '');
    channel.close();
    channel.close();
    await expect(pending).rejects.toThrow(
      new WorkerClosedError('Channel closed, pending request aborted [method:WORKER_DUMP, id:1]'),
    );
    await expect(channel.request(Method.ROUTER_DUMP, '')).rejects.toThrow(
      new WorkerClosedError('Channel closed, cannot send request [method:ROUTER_DUMP]'),
    );
    expect(() => channel.notify(Event.PRODUCER_SEND, 'p', { data: new Uint8Array(1) })).toThrow(WorkerClosedError);
  });

  it('refuses what is too big', async () => {
    const { channel } = open();
    await expect(channel.request(Method.WORKER_CLOSE_ROUTER, '', { routerId: 'x'.repeat(8388608) })).rejects.toThrow(
      new Error('request too big [method:WORKER_CLOSE_ROUTER]'),
    );
  });

  it('survives a body that cannot be packed', async () => {
    const { channel } = open();
    await expect(channel.request(Method.WORKER_CLOSE_ROUTER, '', {} as { routerId: string })).rejects.toThrow(
      TypeError,
    );
    await channel.request(Method.WORKER_CLOSE_ROUTER, '', { routerId: 'r' });
  });

  it('logs what the worker logs', async () => {
    const { fake } = open();
    const lines: unknown[] = [];
    setLogEventListeners({
      ondebug: (namespace, log) => lines.push([namespace, log]),
      onwarn: (namespace, log) => lines.push([namespace, log]),
      onerror: (namespace, log) => lines.push([namespace, log]),
    });
    const info = vi.spyOn(console, 'info').mockImplementation(() => {});
    fake.log('DTransport::send() | sent');
    fake.log('WTransport::send() | late');
    fake.log('ETransport::send() | lost');
    fake.log('X<dump>');
    await settled();
    expect(lines).toEqual([
      ['mediasoup:Channel', '[pid:4242] Transport::send() | sent'],
      ['mediasoup:WARN:Channel', '[pid:4242] Transport::send() | late'],
      ['mediasoup:ERROR:Channel', '[pid:4242] Transport::send() | lost'],
    ]);
    expect(info).toHaveBeenCalledWith('<dump>');
    info.mockRestore();
  });

  it('is not stopped by rubbish', async () => {
    const { fake, channel } = open();
    const onerror = vi.fn();
    setLogEventListeners({ onerror });
    fake.sendRaw(Buffer.alloc(16, 0xff));
    fake.respond(77, undefined);
    await channel.request(Method.WORKER_DUMP, '');
    expect(onerror).toHaveBeenCalledWith(
      'mediasoup:ERROR:Channel',
      'received response does not match any sent request [id:77]',
      undefined,
    );
  });
});
