import { type Browser } from 'puppeteer-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { executableOf, launch } from './support/browsers.js';
import { MediaSession } from './support/media-session.js';
import { NetworkNamespace } from './support/network-namespace.js';
import { until } from './support/until.js';

/** A Chromium that publishes simulcast, and one behind a link of changing rate that watches. */

/** kbit/s */
const [AMPLE, NARROW] = [4000, 500];

let namespace: NetworkNamespace | undefined;
let why = '';
const browsers: Browser[] = [];

beforeAll(async () => {
  try {
    namespace = NetworkNamespace.create();
  } catch (error) {
    why = (error as Error).message;
    return;
  }
  browsers.push(await launch('chromium'));
  browsers.push(await launch('chromium', { script: namespace.scriptFor(executableOf('chromium')) }));
});

afterAll(async () => {
  for (const browser of browsers) await browser.close();
  namespace?.close();
});

it('goes down with the rate of the link, and comes back with it', async context => {
  if (!namespace) return context.skip(`no link can be made here: ${why}`);
  const session = await MediaSession.open(browsers[0], [{ kind: 'video', mimeType: 'video/VP8', clockRate: 90000 }], {
    browser: browsers[1],
    serverAddress: namespace.address,
  });
  await session.publish({
    mimeType: 'video/VP8',
    encodings: [
      { scaleResolutionDownBy: 4, maxBitrate: 150_000 },
      { scaleResolutionDownBy: 2, maxBitrate: 400_000 },
      { scaleResolutionDownBy: 1, maxBitrate: 1_500_000 },
    ],
    noise: true,
  });
  const isWidth = async (width: number): Promise<boolean> => (await session.watched()).width === width;
  /** bps of all but what is sent once more, in the last second. */
  const sendBitrate = async (): Promise<number> => {
    const [{ sendBitrate, rtxSendBitrate }] = await session.receivingTransport.getStats();
    return sendBitrate - rtxSendBitrate;
  };
  /** 22 are all; -1: nothing comes. */
  const layers = (): number => {
    const { currentLayers } = session.consumer;
    return currentLayers ? 10 * currentLayers.spatialLayer + (currentLayers.temporalLayer ?? 0) : -1;
  };

  namespace.setRate(AMPLE);
  await session.watch(false);
  await until(async () => layers() === 22 && (await isWidth(960)) && (await sendBitrate()) > 1.5 * NARROW * 1000);

  namespace.setRate(NARROW);
  // Three seconds, and the one that the bitrate is about.
  await until(async () => (await sendBitrate()) < 1.1 * NARROW * 1000, 4000);
  expect(layers()).toBeLessThan(22);
  const { pictures } = await session.watched();
  await until(async () => (await session.watched()).pictures > pictures + 10, 10_000);
  expect(await sendBitrate()).toBeLessThan(1.1 * NARROW * 1000);

  namespace.setRate(AMPLE);
  await until(async () => layers() === 22 && (await isWidth(960)), 16_000);
  await session.close();
});
