import { createHash } from 'node:crypto';
import { createWorker, type types } from 'tsfu';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type Channel,
  type ChannelOptions,
  createDataPeer,
  type DataPeer,
  type Message,
} from './support/data-peers.js';
import { until } from './support/router.js';

/** Bytes that may be under way: the worker refuses what does not fit into its queue. */
const MAX_BYTES_UNDER_WAY = 500_000;
/** Messages: werift takes the longer for each the more of them it has. */
const MAX_MESSAGES_UNDER_WAY: Record<string, number> = { libwebrtc: 1000, libdatachannel: 1000, werift: 32 };
/** On a busy machine. */
const TIMEOUT_MS = 180_000;

let worker: types.Worker;
let router: types.Router;
const peers: DataPeer[] = [];

beforeAll(async () => {
  worker = await createWorker({ logLevel: 'warn' });
});

beforeEach(async () => {
  router = await worker.createRouter();
});

afterEach(() => {
  for (const peer of peers.splice(0)) peer.close();
  router.close();
});

afterAll(() => worker.close());

describe.each([
  ['libwebrtc', 'client'],
  ['libwebrtc', 'server'],
  ['libdatachannel', 'client'],
  ['libdatachannel', 'server'],
  ['werift', 'client'],
  ['werift', 'server'],
] as const)('%s as DTLS %s', { timeout: TIMEOUT_MS }, (library, role) => {
  const limit = MAX_MESSAGES_UNDER_WAY[library];

  it('sends and receives 1000 small messages, all of them as they were and in order', async () => {
    const [left, right] = await connectPair(library, role);
    const messages = Array.from({ length: 1000 }, (_, number) => smallMessage(number));
    const bothWays = [transfer(left, right, messages, limit), transfer(right, left, messages, limit)];
    for (const received of await Promise.all(bothWays)) expect(received).toEqual(messages.map(describeMessage));
  });

  it('sends and receives 10 MB in messages of 16 kB, every byte as it was', async () => {
    const [left, right] = await connectPair(library, role);
    const messages = Array.from({ length: 640 }, (_, number) => Buffer.alloc(16_384, `message ${number}, `));
    const bothWays = [transfer(left, right, messages, limit), transfer(right, left, messages, limit)];
    for (const received of await Promise.all(bothWays)) expect(received).toEqual(messages.map(describeMessage));
  });

  it('tells strings from bytes, also empty ones', async () => {
    const [left, right] = await connectPair(library, role);
    // werift sends an empty message as a chunk without data, which SCTP does not allow (RFC 8831 §6.6).
    const empty = library === 'werift' ? [] : ['', Buffer.alloc(0)];
    const messages = ['text', Buffer.from([0, 1]), ...empty, 'ü'];
    expect(await transfer(left, right, messages, limit)).toEqual(messages.map(describeMessage));
  });
});

/** Two peers, each with a transport; what one of them writes into its channel comes out of the channel of the other. */
async function connectPair(library: string, role: types.DtlsRole, options: Partial<ChannelOptions> = {}) {
  const left = await createEnd(library, role, options);
  const right = await createEnd(library, role, options);
  await left.consume(right.dataProducer);
  await right.consume(left.dataProducer);
  return [left.channel, right.channel] as const;
}

async function createEnd(library: string, role: types.DtlsRole, options: Partial<ChannelOptions>) {
  const transport = await router.createWebRtcTransport({
    listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }],
    enableSctp: true,
  });
  const peer = createDataPeer[library]();
  peers.push(peer);
  const channel = peer.createChannel({ id: 0, ...options });
  const dataProducer = await transport.produceData({ sctpStreamParameters: { streamId: 0 } });
  await peer.connect(transport, role);
  await until(() => transport.sctpState === 'connected');
  const consume = async ({ id }: types.DataProducer): Promise<types.DataConsumer> => {
    const dataConsumer = await transport.consumeData({ dataProducerId: id });
    // Both directions of a channel have the same id.
    expect(dataConsumer.sctpStreamParameters).toMatchObject({ streamId: 0 });
    return dataConsumer;
  };
  return { channel, dataProducer, consume };
}

/** Sends messages, at most `limit` ahead of what has arrived, and waits for as many. */
async function transfer(from: Channel, to: Channel, messages: readonly Message[], limit: number): Promise<string[]> {
  const received: string[] = [];
  let sent = 0;
  let underWay = 0;
  to.onMessage = message => {
    received.push(describeMessage(message));
    underWay -= message.length;
  };
  for (const message of messages) {
    await until(() => underWay < MAX_BYTES_UNDER_WAY && sent < received.length + limit, 1);
    sent++;
    underWay += message.length;
    from.send(message);
  }
  await until(() => received.length >= messages.length, 5);
  return received;
}

/** Strings and bytes in turn, of all lengths up to 100. */
function smallMessage(number: number): Message {
  const text = `${number} `.padEnd(1 + (number % 100), 'x');
  return number % 2 === 0 ? text : Buffer.from(text);
}

/** Short, so that a difference can be read. */
function describeMessage(message: Message): string {
  if (typeof message === 'string') return `text ${message}`;
  if (message.length < 200) return `bytes ${Buffer.from(message).toString('hex')}`;
  return `${message.length} bytes ${createHash('sha256').update(message).digest('hex')}`;
}
