import { networkInterfaces } from 'node:os';
import { type Browser, type Page } from 'puppeteer-core';
import { createWorker, type types } from 'tsfu';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { dataOfferOf, dtlsParametersOf } from '../interop/support/sdp.js';
import { type BrowserName, launch } from './support/browsers.js';
import { until } from './support/until.js';

const browsers = new Map<BrowserName, Browser>();
const pages: Page[] = [];
let worker: types.Worker;
let router: types.Router;

beforeAll(async () => {
  worker = await createWorker({ logLevel: 'warn' });
  for (const name of ['chromium', 'firefox'] as const) browsers.set(name, await launch(name));
});

afterEach(async () => {
  for (const page of pages.splice(0)) await page.close();
  router.close();
});

afterAll(async () => {
  for (const browser of browsers.values()) await browser.close();
  worker.close();
});

describe.each([
  ['chromium', 'client', 'firefox', 'client'],
  ['chromium', 'server', 'firefox', 'server'],
] as const)('%s as DTLS %s and %s as DTLS %s', (leftBrowser, leftRole, rightBrowser, rightRole) => {
  it.each([
    ['1000 small messages', 1000, 1, 100],
    ['10 MB in messages of 16 kB', 640, 16_384, 16_384],
  ])('send %s to each other: all arrive as they were and in order', async (_, count, minSize, maxSize) => {
    router = await worker.createRouter();
    const left = await createEnd(leftBrowser, leftRole);
    const right = await createEnd(rightBrowser, rightRole);
    await left.transport.consumeData({ dataProducerId: right.dataProducer.id });
    await right.transport.consumeData({ dataProducerId: left.dataProducer.id });
    const results = await Promise.all([left.page, right.page].map(page => exchange(page, count, minSize, maxSize)));
    expect(results).toEqual([
      { received: count, wrong: [] },
      { received: count, wrong: [] },
    ]);
    const [stats] = await left.dataProducer.getStats();
    expect(stats.messagesReceived).toBe(count);
  });
});

it.each(['chromium', 'firefox'] as const)('%s closes its channel, and opens it again', async name => {
  router = await worker.createRouter();
  const { page, transport, dataProducer } = await createEnd(name, 'client');
  const source = await (await router.createDirectTransport()).produceData();
  const dataConsumer = await transport.consumeData({ dataProducerId: source.id });
  await page.evaluate(() => void (window as unknown as PageState).channel.close());
  // The worker closes its end in return, and does not say so.
  await until(async () => (await transport.dump()).dataConsumerIds.length === 0);
  expect([dataConsumer.closed, dataProducer.closed]).toEqual([false, false]);
  await until(() => page.evaluate(() => (window as unknown as PageState).channel.readyState === 'closed'));

  const sink = await (await router.createDirectTransport()).consumeData({ dataProducerId: dataProducer.id });
  const messages: string[] = [];
  sink.on('message', message => messages.push(message.toString()));
  await page.evaluate(async () => {
    const state = window as unknown as PageState;
    state.channel = state.connection.createDataChannel('again', { negotiated: true, id: 0 });
    await new Promise(resolve => (state.channel.onopen = resolve));
    state.channel.send('again');
  });
  await until(() => Promise.resolve(messages.length > 0));
  expect(messages).toEqual(['again']);
});

/** What a page keeps in its window. */
interface PageState {
  connection: RTCPeerConnection;
  channel: RTCDataChannel;
  /** What came and was not looked at yet. */
  inbox: ArrayBuffer[];
}

/** A page with a data channel of id 0, and the transport it is connected to. */
async function createEnd(name: BrowserName, role: types.DtlsRole) {
  const transport = await router.createWebRtcTransport({ listenInfos: listenInfos(), enableSctp: true });
  const dataProducer = await transport.produceData({ sctpStreamParameters: { streamId: 0 } });
  const page = await browsers.get(name)!.newPage();
  pages.push(page);
  const sdp = dataOfferOf(transport, role === 'client' ? 'passive' : 'active');
  const local = await page.evaluate(connectPage, sdp, role);
  const { fingerprints } = dtlsParametersOf(local);
  await transport.connect({ dtlsParameters: { role, fingerprints } });
  await until(() => page.evaluate(() => (window as unknown as PageState).channel.readyState === 'open'));
  return { page, transport, dataProducer };
}

/** Runs in the page. Returns the description of the browser. */
async function connectPage(remote: string, role: string): Promise<string> {
  const connection = new RTCPeerConnection();
  const channel = connection.createDataChannel('channel', { negotiated: true, id: 0 });
  const inbox: ArrayBuffer[] = [];
  channel.binaryType = 'arraybuffer';
  channel.onmessage = ({ data }) => inbox.push(data as ArrayBuffer);
  Object.assign(window, { connection, channel, inbox });
  if (role === 'client') {
    await connection.setRemoteDescription({ type: 'offer', sdp: remote });
    await connection.setLocalDescription(await connection.createAnswer());
  } else {
    await connection.setLocalDescription(await connection.createOffer());
    await connection.setRemoteDescription({ type: 'answer', sdp: remote });
  }
  return connection.localDescription!.sdp;
}

/** Lets a page send messages, and check those that come. Both ends know what comes when. */
function exchange(page: Page, count: number, minSize: number, maxSize: number) {
  return page.evaluate(
    async (count, minSize, maxSize) => {
      const { channel, inbox } = window as unknown as PageState;
      const messageOf = (number: number): Uint8Array<ArrayBuffer> => {
        const bytes = new Uint8Array(minSize + (number % (maxSize - minSize + 1)));
        for (let index = 0; index < bytes.length; index++) bytes[index] = number * 31 + index * 7;
        return bytes;
      };
      const wrong: number[] = [];
      let received = 0;
      let sent = 0;
      // The worker refuses what does not fit into its queue: no more than 500 kB are under way.
      const maxUnderWay = Math.max(1, Math.floor(500_000 / maxSize));
      return new Promise<{ received: number; wrong: number[] }>(resolve => {
        const sendMore = (): void => {
          while (sent < count && sent < received + maxUnderWay) channel.send(messageOf(sent++));
          if (received === count && sent === count) resolve({ received, wrong });
        };
        const receive = (data: ArrayBuffer): void => {
          const bytes = new Uint8Array(data);
          const expected = messageOf(received);
          if (bytes.length !== expected.length || bytes.some((byte, index) => byte !== expected[index])) {
            wrong.push(received);
          }
          received++;
          sendMore();
        };
        for (const data of inbox.splice(0)) receive(data);
        channel.onmessage = ({ data }) => receive(data as ArrayBuffer);
        sendMore();
      });
    },
    count,
    minSize,
    maxSize,
  );
}

/** Not only 127.0.0.1: Firefox does not send from another address of the machine to a loopback one. */
function listenInfos(): types.TransportListenInfo[] {
  const own = Object.values(networkInterfaces())
    .flatMap(addresses => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal);
  return ['127.0.0.1', ...own.map(({ address }) => address)].map(ip => ({ protocol: 'udp', ip }));
}
