import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser } from 'puppeteer-core';
import { type types } from 'tsfu';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type Capture, readCapture } from '../sim/support/capture.js';
import { isInstalled, launch } from './support/browsers.js';
import { MediaSession } from './support/media-session.js';

/**
 * What Chromium sent once is forwarded to Chromium, with preferred layers that change as they did then. Not AV1 with
 * spatial layers: of these Chromium shows the lowest unless the dependency descriptor is negotiated with it, which the
 * API does between Routers only.
 */

let browser: Browser;
let session: MediaSession;

beforeAll(async () => {
  if (!isInstalled('chromium')) throw new Error('chromium is not installed: apt-get install chromium');
  browser = await launch('chromium');
});

afterEach(() => session.close());
afterAll(() => browser.close());

/** Of the pictures, by spatial layer. */
const WIDTHS = [240, 480, 960];

it.each(['chromium-vp8-simulcast-switching', 'chromium-h264-simulcast-switching', 'chromium-vp9-l3t3-switching'])(
  'Chromium decodes %s through every switch of layers',
  async name => {
    const capture = readCapture(name);
    const [{ kind, rtpParameters }] = capture.producers;
    const [{ mimeType, clockRate, parameters }] = rtpParameters.codecs;
    session = await MediaSession.open(browser, [
      { kind, mimeType, clockRate, parameters } as types.RouterRtpCodecCapability,
    ]);
    const transport = await session.router.createDirectTransport();
    const producer = await transport.produce({ kind, rtpParameters });
    session.producerId = producer.id;
    await session.watch(false);
    const seen = new Set<number>();
    const watching = setInterval(() => void session.watched().then(({ width }) => seen.add(width)), 100);
    await play(capture, producer, transport);
    clearInterval(watching);
    expect([...seen]).toEqual(expect.arrayContaining(WIDTHS));
    // It misses nothing, and decodes everything: else it would ask for more. (Whether pictures are late says more about
    // the machine.)
    const { stats } = await session.watched();
    expect(stats).toMatchObject({ pliCount: 0, nackCount: 0 });
    expect(stats.framesDecoded).toBeGreaterThan(15);
  },
);

/** In real time. */
async function play(
  { datagrams, preferredLayers = [] }: Capture,
  producer: types.Producer,
  transport: types.DirectTransport,
): Promise<void> {
  const start = performance.now();
  const layers = [...preferredLayers];
  for (const { at, isRtcp, bytes } of datagrams) {
    const wait = start + at - performance.now();
    if (wait > 1) await sleep(wait);
    while (layers.length > 0 && layers[0][0] <= at) {
      const [spatialLayer, temporalLayer] = layers.shift()![1].split('.').map(Number);
      void session.consumer.setPreferredLayers({ spatialLayer, temporalLayer });
    }
    if (isRtcp) transport.sendRtcp(Buffer.from(bytes));
    else producer.send(Buffer.from(bytes));
  }
}
