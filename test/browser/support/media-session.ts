import { createServer, type Server } from 'node:http';
import { networkInterfaces } from 'node:os';
import { type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Browser, type Page } from 'puppeteer-core';
import { createWorker, type types } from 'tsfu';
import type { MediaPage, PublishOptions, Watched } from './media-page.js';

declare global {
  interface Window {
    media: MediaPage;
    loadMedia(capabilities: unknown): Promise<void>;
  }
}

/** Another browser that watches, and the server's address there. */
export interface FarBrowser {
  browser: Browser;
  serverAddress: string;
}

/** A page that publishes and watches, or two that share this, and a Router with a transport for each direction. */
export class MediaSession {
  /** @param far what watches, instead of the page that publishes */
  static async open(
    browser: Browser,
    mediaCodecs: types.RouterRtpCodecCapability[],
    far?: FarBrowser,
  ): Promise<MediaSession> {
    const worker = await createWorker({ logLevel: 'warn' });
    const router = await worker.createRouter({ mediaCodecs });
    const server = await servePage(far?.serverAddress ?? '127.0.0.1');
    const publishing = await browser.newPage();
    const watching = far ? await far.browser.newPage() : publishing;
    const session = new MediaSession(worker, router, server, publishing, watching, far?.serverAddress);
    for (const page of new Set([publishing, watching])) await session.#load(page);
    return session;
  }

  readonly router: types.Router;
  /** What the page watches; set before `watch`, or by `publish`. */
  producerId = '';
  producer: types.Producer | undefined;
  consumer!: types.Consumer;
  readonly #worker: types.Worker;
  readonly #server: Server;
  readonly #publishing: Page;
  readonly #watching: Page;
  readonly #watchedFrom: string[];
  readonly #transports = new Map<string, types.WebRtcTransport>();

  private constructor(
    worker: types.Worker,
    router: types.Router,
    server: Server,
    publishing: Page,
    watching: Page,
    watchedFrom?: string,
  ) {
    this.#worker = worker;
    this.router = router;
    this.#server = server;
    this.#publishing = publishing;
    this.#watching = watching;
    this.#watchedFrom = watchedFrom === undefined ? addresses() : [watchedFrom];
  }

  /** Towards the page that watches. */
  get receivingTransport(): types.WebRtcTransport {
    return this.#transports.get('receiving')!;
  }

  canSend(mimeType: string): Promise<boolean> {
    return this.#publishing.evaluate(text => window.media.canSend(text), mimeType);
  }

  async publish(options: PublishOptions): Promise<void> {
    await this.#publishing.evaluate(
      async text => window.media.publish(JSON.parse(text) as never),
      JSON.stringify(options),
    );
  }

  /** @param readPictures whether they are test pictures, to be looked at */
  async watch(readPictures = true): Promise<void> {
    await this.#watching.evaluate(async flag => window.media.watch(flag), readPictures);
  }

  async watched(): Promise<Watched> {
    return JSON.parse(
      await this.#watching.evaluate(async () => JSON.stringify(await window.media.watched())),
    ) as Watched;
  }

  async close(): Promise<void> {
    for (const page of new Set([this.#publishing, this.#watching])) await page.close();
    this.#worker.close();
    this.#server.close();
  }

  async #load(page: Page): Promise<void> {
    await page.exposeFunction('ask', async (method: string, body: string) =>
      JSON.stringify((await this.#answer(method, JSON.parse(body) as never)) ?? {}),
    );
    const { address, port } = this.#server.address() as AddressInfo;
    await page.goto(`http://${address}:${port}/`);
    await page.evaluate(async text => window.loadMedia(JSON.parse(text)), JSON.stringify(this.router.rtpCapabilities));
  }

  async #answer(method: string, body: never): Promise<object | undefined> {
    switch (method) {
      case 'createTransport': {
        const { name } = body as { name: string };
        const transport = await this.router.createWebRtcTransport({
          listenInfos: (name === 'receiving' ? this.#watchedFrom : addresses()).map(ip => ({ protocol: 'udp', ip })),
          initialAvailableOutgoingBitrate: 3_000_000,
        });
        this.#transports.set(name, transport);
        const { id, iceParameters, iceCandidates, dtlsParameters } = transport;
        return { id, iceParameters, iceCandidates, dtlsParameters };
      }
      case 'connectTransport': {
        const { name, dtlsParameters } = body as { name: string; dtlsParameters: types.DtlsParameters };
        return void (await this.#transports.get(name)!.connect({ dtlsParameters }));
      }
      case 'produce':
        this.producer = await this.#transports.get('sending')!.produce(body);
        this.producerId = this.producer.id;
        return { id: this.producer.id };
      case 'consume': {
        const options = { ...(body as types.ConsumerOptions), producerId: this.producerId, paused: true };
        this.consumer = await this.#transports.get('receiving')!.consume(options);
        const { id, producerId, kind, rtpParameters } = this.consumer;
        return { id, producerId, kind, rtpParameters };
      }
      case 'resume':
        return void (await this.consumer.resume());
      default:
        throw new Error(`unknown method ${method}`);
    }
  }
}

/** Not only 127.0.0.1: Firefox does not send from another address of the machine to a loopback one. */
function addresses(): string[] {
  const own = Object.values(networkInterfaces()).flatMap(infos => infos ?? []);
  return ['127.0.0.1', ...own.filter(({ family, internal }) => family === 'IPv4' && !internal).map(one => one.address)];
}

async function servePage(address: string): Promise<Server> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('./media-page.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
  });
  const server = createServer((request, response) => {
    if (request.url === '/page.js') response.setHeader('content-type', 'text/javascript').end(outputFiles[0].text);
    else response.setHeader('content-type', 'text/html').end('<!doctype html><body><script src="/page.js"></script>');
  });
  await new Promise<void>(resolve => server.listen(0, address, resolve));
  return server;
}
