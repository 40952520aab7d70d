import { type Browser } from 'puppeteer-core';
import { type types } from 'tsfu';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserName, isInstalled, launch } from './support/browsers.js';
import type { PublishOptions } from './support/media-page.js';
import { MediaSession } from './support/media-session.js';
import { until } from './support/until.js';

/** A publisher and a receiver in one page; the server chooses the layers. */

const video = (name: string, parameters?: Record<string, unknown>): types.RouterRtpCodecCapability => ({
  kind: 'video',
  mimeType: `video/${name}`,
  clockRate: 90000,
  ...(parameters && { parameters }),
});
const mediaCodecs = [
  video('VP8'),
  video('VP9'),
  video('AV1'),
  video('H264', { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 }),
];

const simulcast = (scalabilityMode: string): PublishOptions['encodings'] => [
  { scaleResolutionDownBy: 4, maxBitrate: 150_000, scalabilityMode },
  { scaleResolutionDownBy: 2, maxBitrate: 350_000, scalabilityMode },
  { scaleResolutionDownBy: 1, maxBitrate: 700_000, scalabilityMode },
];
const svc = (scalabilityMode: string): PublishOptions['encodings'] => [{ maxBitrate: 1_200_000, scalabilityMode }];

/** Widths of the spatial layers. */
const WIDTHS = [240, 480, 960];
const SWITCH_TIME = 3000;

const browsers = new Map<BrowserName, Browser>();
let session: MediaSession | undefined;

beforeAll(async () => {
  for (const name of ['chromium', 'firefox'] as const) {
    if (!isInstalled(name)) throw new Error(`${name} is not installed: apt-get install chromium firefox-esr`);
    browsers.set(name, await launch(name));
  }
});

afterEach(async () => {
  await session?.close();
  session = undefined;
});

afterAll(async () => {
  for (const browser of browsers.values()) await browser.close();
});

describe.each<[BrowserName, string, string, PublishOptions['encodings']]>([
  ['chromium', 'VP8', 'simulcast', simulcast('L1T3')],
  ['chromium', 'H264', 'simulcast', simulcast('L1T3')],
  ['chromium', 'VP9', 'L3T3', svc('L3T3')],
  ['chromium', 'VP9', 'L3T3_KEY', svc('L3T3_KEY')],
  ['chromium', 'AV1', 'L3T3', svc('L3T3')],
  ['firefox', 'VP8', 'simulcast', simulcast('L1T3')],
])('%s, %s %s', (browser, codec, _, encodings) => {
  it('shows each spatial layer within 3 s, every picture as it should be', async context => {
    session = await open(browser, codec, encodings, context.skip);
    await untilWidth(960, 20_000);
    for (const spatialLayer of [0, 1, 2, 0, 2, 1]) {
      await session.consumer.setPreferredLayers({ spatialLayer });
      await untilWidth(WIDTHS[spatialLayer], SWITCH_TIME);
      await nextPictures(10);
    }
    await expectGoodPictures();
  });
});

describe.each<[string, string, PublishOptions['encodings']]>([
  ['VP8', 'L1T3', svc('L1T3')],
  ['VP9', 'L1T3', svc('L1T3')],
  ['AV1', 'L1T3', svc('L1T3')],
])('chromium, %s %s', (codec, _, encodings) => {
  it('shows fewer pictures with fewer temporal layers, every one as it should be', async context => {
    session = await open('chromium', codec, encodings, context.skip);
    await nextPictures(50);
    const rates: number[] = [];
    for (const temporalLayer of [2, 0, 1, 2]) {
      await session.consumer.setPreferredLayers({ spatialLayer: 0, temporalLayer });
      await nextPictures(10);
      const start = Date.now();
      await nextPictures(20);
      rates.push(20_000 / (Date.now() - start));
    }
    expect(rates[1] / rates[0]).toBeLessThan(0.6);
    expect(rates[2] / rates[1]).toBeGreaterThan(1.2);
    expect(rates[3] / rates[1]).toBeGreaterThan(1.5);
    await expectGoodPictures();
  });
});

async function open(
  browser: BrowserName,
  codec: string,
  encodings: PublishOptions['encodings'],
  skip: (note: string) => void,
): Promise<MediaSession> {
  const opened = await MediaSession.open(browsers.get(browser)!, mediaCodecs);
  const mimeType = `video/${codec}`;
  if (!(await opened.canSend(mimeType))) {
    await opened.close();
    skip(`this build of ${browser} has no encoder for ${codec}`);
  }
  await opened.publish({ mimeType, encodings });
  await opened.watch();
  return opened;
}

const untilWidth = (width: number, timeout: number): Promise<void> =>
  until(async () => (await session!.watched()).width === width, timeout);

async function nextPictures(count: number): Promise<void> {
  const { pictures } = await session!.watched();
  await until(async () => (await session!.watched()).pictures >= pictures + count);
}

async function expectGoodPictures(): Promise<void> {
  const { corrupt, backwards } = await session!.watched();
  expect({ corrupt, backwards }).toEqual({ corrupt: [], backwards: 0 });
}
