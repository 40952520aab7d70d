import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser } from 'puppeteer-core';
import { type types } from 'tsfu';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type Capture, readCapture } from '../sim/support/capture.js';
import { isInstalled, launch } from './support/browsers.js';
import type { Watched } from './support/media-page.js';
import { MediaSession } from './support/media-session.js';

/**
 * What Chromium sent once is forwarded to Chromium, in real time, with preferred layers that change as they did then.
 * (Whether every picture is what was sent is the business of captured-layers.test.ts.)
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

/** A receiver that is given frames and decodes none for so long stands still, ms. */
const STILL = 500;
const INTERVAL = 100;

it.each([
  'chromium-vp8-simulcast-switching',
  'chromium-h264-simulcast-switching',
  'chromium-vp9-l3t3-switching',
  'chromium-av1-l3t3-switching',
])('Chromium decodes %s through every switch of layers, and never stands still', async name => {
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
  const watched: Watched[] = [];
  const watching = setInterval(() => void session.watched().then(now => watched.push(now)), INTERVAL);
  await play(capture, producer, transport);
  await sleep(STILL);
  clearInterval(watching);
  expect([...new Set(watched.map(({ width }) => width))]).toEqual(expect.arrayContaining(WIDTHS));
  // It misses nothing, and decodes everything: else it would ask for more.
  const { stats } = await session.watched();
  expect(stats).toMatchObject({ pliCount: 0, nackCount: 0 });
  expect(stats.framesDecoded).toBeGreaterThan(15);
  // What it leaves out are late frames, each with a newer one behind it, as long as the machine has time for all.
  expect(stats.framesDecoded + stats.framesDropped).toBeGreaterThanOrEqual(stats.framesReceived);
  expect(longestStandstill(watched)).toBeLessThan(STILL);
});

/** How long at most frames came and none was decoded, ms. (`freezeCount` also counts a lower temporal layer.) */
function longestStandstill(watched: Watched[]): number {
  let longest = 0;
  let since = 0;
  for (let index = 1; index < watched.length; index++) {
    const [before, now] = [watched[index - 1].stats, watched[index].stats];
    const isWaiting = now.framesReceived > watched[since].stats.framesReceived;
    if (now.framesDecoded > before.framesDecoded || !isWaiting) since = index;
    longest = Math.max(longest, (index - since) * INTERVAL);
  }
  return longest;
}

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
