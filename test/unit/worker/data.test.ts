import { type MessageNotification } from '../../../src/channel/fbs/data-consumer.js';
import { describe, expect, it } from 'vitest';
import * as FbsDataConsumer from '../../../src/channel/fbs/data-consumer.js';
import type * as FbsDataProducer from '../../../src/channel/fbs/data-producer.js';
import { Event } from '../../../src/channel/fbs/notification.js';
import { Method } from '../../../src/channel/fbs/request.js';
import {
  consumeDataRequest,
  createDirectTransport,
  createPlainTransport,
  createRouter,
  produceDataRequest,
  streamParameters,
  transportOptions,
} from '../../support/requests.js';
import { TestWorker } from '../../support/test-worker.js';

async function directData(subchannels: number[] = []) {
  const worker = new TestWorker();
  await createRouter(worker);
  await createDirectTransport(
    worker,
    'direct',
    transportOptions({ maxSendMessageSize: 10, maxReceiveMessageSize: 20 }),
  );
  await worker.request(Method.TRANSPORT_PRODUCE_DATA, 'direct', produceDataRequest('producer'));
  await worker.request(
    Method.TRANSPORT_CONSUME_DATA,
    'direct',
    consumeDataRequest('consumer', 'producer', { subchannels }),
  );
  const send = (text: string, subchannels?: number[], required?: number, ignored?: number): void =>
    worker.notify(Event.DATAPRODUCER_SEND, 'producer', {
      ppid: 51,
      data: Buffer.from(text),
      subchannels,
      requiredSubchannel: required,
      ignoredSubchannel: ignored,
    });
  const messages = (): string[] =>
    worker
      .take('consumer')
      .map(({ event, body }) =>
        event === 'DATACONSUMER_MESSAGE'
          ? `${(body as MessageNotification).ppid} ${Buffer.from((body as MessageNotification).data).toString()}`
          : event,
      );
  return { worker, send, messages };
}

describe('direct data', () => {
  it('goes from DataProducer to DataConsumer, in order with requests', async () => {
    const { worker, send, messages } = await directData();
    send('one');
    const paused = worker.request(Method.DATAPRODUCER_PAUSE, 'producer');
    send('two');
    await paused;
    const resumed = worker.request(Method.DATAPRODUCER_RESUME, 'producer');
    send('three');
    await resumed;
    expect(messages()).toEqual([
      '51 one',
      'DATACONSUMER_DATAPRODUCER_PAUSE',
      'DATACONSUMER_DATAPRODUCER_RESUME',
      '51 three',
    ]);
    // The paused one counts all the same.
    const { messagesReceived, bytesReceived } = await worker.request<FbsDataProducer.GetStatsResponse>(
      Method.DATAPRODUCER_GET_STATS,
      'producer',
    );
    expect([messagesReceived, bytesReceived]).toEqual([3n, 11n]);
    const { messagesSent, bytesSent } = await worker.request<FbsDataConsumer.GetStatsResponse>(
      Method.DATACONSUMER_GET_STATS,
      'consumer',
    );
    expect([messagesSent, bytesSent]).toEqual([2n, 8n]);
  });

  it('is limited in length, in both directions', async () => {
    const { worker, send, messages } = await directData();
    send('x'.repeat(21));
    send('x'.repeat(20));
    send('x'.repeat(10));
    await worker.advance(0);
    expect(messages()).toEqual([`51 ${'x'.repeat(10)}`]);
    const { messagesReceived } = await worker.request<FbsDataProducer.GetStatsResponse>(
      Method.DATAPRODUCER_GET_STATS,
      'producer',
    );
    expect(messagesReceived).toBe(2n);
    expect(worker.logs.some(line => line.includes('given message exceeds maxMessageSize value'))).toBe(true);
  });

  it('reaches who subscribed', async () => {
    const { worker, send, messages } = await directData([1, 2]);
    send('a', [3]);
    send('b', [3, 2]);
    send('c', [], 1);
    send('d', [], 3);
    send('e', [], undefined, 1);
    await worker.advance(0);
    expect(messages()).toEqual(['51 b', '51 c']);
  });

  it('has subchannels as a set', async () => {
    const { worker } = await directData();
    const set = await worker.request<FbsDataConsumer.SetSubchannelsResponse>(
      Method.DATACONSUMER_SET_SUBCHANNELS,
      'consumer',
      { subchannels: [1, 1, 0, 5] },
    );
    expect(set.subchannels).toEqual([1, 0, 5]);
    await worker.request(Method.DATACONSUMER_ADD_SUBCHANNEL, 'consumer', { subchannel: 9 });
    const removed = await worker.request<FbsDataConsumer.RemoveSubchannelResponse>(
      Method.DATACONSUMER_REMOVE_SUBCHANNEL,
      'consumer',
      { subchannel: 1 },
    );
    expect(removed.subchannels).toEqual([0, 5, 9]);
  });

  it('ends with the DataProducer', async () => {
    const { worker, messages } = await directData();
    await worker.request(Method.TRANSPORT_CLOSE_DATAPRODUCER, 'direct', { dataProducerId: 'producer' });
    expect(messages()).toEqual(['DATACONSUMER_DATAPRODUCER_CLOSE']);
    await expect(worker.request(Method.DATACONSUMER_DUMP, 'consumer')).rejects.toThrow('not found');
  });
});

describe('data for an association that is not connected', () => {
  it('is queued', async () => {
    const { worker } = await directData();
    await createPlainTransport(
      worker,
      'sctp',
      {},
      transportOptions({ enableSctp: true, sctpPerStreamSendQueueLimit: 5 }),
    );
    await worker.request(
      Method.TRANSPORT_CONSUME_DATA,
      'sctp',
      consumeDataRequest('queued', 'producer', {
        type: FbsDataConsumer.Type.SCTP,
        sctpStreamParameters: streamParameters(7),
      }),
    );
    const send = () =>
      worker.request<FbsDataConsumer.SendResponse>(Method.DATACONSUMER_SEND, 'queued', { ppid: 51, data: [1, 2, 3] });
    expect([(await send()).bufferedAmount, (await send()).bufferedAmount]).toEqual([3, 6]);
    await expect(send()).rejects.toThrow('sctpsendbufferfull');
    expect(worker.take('queued').map(({ event }) => event)).toEqual(['DATACONSUMER_SCTP_SENDBUFFER_FULL']);
    await worker.request(Method.DATACONSUMER_PAUSE, 'queued');
    await expect(send()).rejects.toThrow('message send failed');
  });
});
