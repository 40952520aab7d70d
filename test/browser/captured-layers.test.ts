import { pathToFileURL } from 'node:url';
import { type Browser, type Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RtpParameters } from '../../src/api/types/rtp-parameters.js';
import { type RtpPacket } from '../../src/rtp/rtp-packet.js';
import { SeededRandom } from '../../src/testing/seeded-random.js';
import { type Capture, captureNames, readCapture } from '../sim/support/capture.js';
import { choices, playCapture, type Switches } from '../sim/support/capture-player.js';
import { PayloadReader } from '../sim/support/rtp-reader.js';
import { inOrder, sentMedia } from '../sim/support/sent-media.js';
import { isInstalled, launch } from './support/browsers.js';
import { depacketize, type Picture } from './support/depacketizer.js';

/**
 * What Chromium sent once goes through a Router, in virtual time, to a Consumer for each choice of layers and to one whose
 * preferred layers change. Chromium's decoders get what comes out. Every picture has to become, pixel by pixel, what they
 * make of the same layers when nothing was left out: so nothing is missing, and nothing is corrupt.
 */

let browser: Browser;
let page: Page;

beforeAll(async () => {
  if (!isInstalled('chromium')) throw new Error('chromium is not installed: apt-get install chromium');
  browser = await launch('chromium');
  page = await browser.newPage();
  // Decoders need a secure context, which any file is.
  await page.goto(pathToFileURL(import.meta.filename).href);
});

afterAll(() => browser.close());

/** Of Consumers whose preferred layers change at random. */
const SEEDS = [1, 2, 3, 4, 5, 6];

const MAX_SPATIAL_LAYERS = 3;

const CODECS: Record<string, string> = {
  'video/VP8': 'vp8',
  'video/VP9': 'vp09.00.31.08',
  'video/H264': 'avc1.42e01f',
  'video/AV1': 'av01.0.08M.08',
};

const captures = captureNames.filter(name => readCapture(name).producers.some(isVideo));

it.each(captures)('Chromium decodes every choice of layers of %s to the pixels that were sent', async name => {
  const capture = readCapture(name);
  const producerIndex = capture.producers.findIndex(isVideo);
  const { rtpParameters } = capture.producers[producerIndex];
  const { mimeType } = rtpParameters.codecs[0];
  const pixels = await decodeSource(capture, rtpParameters);
  const switches = SEEDS.map(seed => randomSwitches(capture, rtpParameters, seed));
  const { outputs, switched } = await playCapture(capture, producerIndex, switches);
  const widths = new Set<number>();
  const all = [...outputs, ...switched.map((received, index) => ({ layers: `switching ${SEEDS[index]}`, received }))];
  for (const { layers, received } of all) {
    const pictures = depacketize(
      mimeType,
      inOrder(received).map(({ packet }) => packet),
    ).filter(({ isComplete }) => isComplete);
    const expected = pictures.map(({ data }) => pixels.get(keyOf(data)));
    const decoded = await decode(mimeType, pictures);
    const wrong = pictures.flatMap(({ isKeyFrame, data }, index) =>
      decoded[index] !== undefined && decoded[index] === expected[index]
        ? []
        : [{ index, isKeyFrame, length: data.length, decoded: decoded[index], expected: expected[index] }],
    );
    expect({ layers, wrong: wrong.slice(0, 3), count: wrong.length }).toEqual({ layers, wrong: [], count: 0 });
    expect(decoded.length).toBeGreaterThan(20);
    if (typeof layers === 'string') for (const picture of decoded) widths.add(parseInt(picture!));
  }
  expect(widths.size).toBe(new Set(choices(rtpParameters).map(({ spatialLayer }) => spatialLayer)).size);
});

function isVideo({ kind }: Capture['producers'][number]): boolean {
  return kind === 'video';
}

/** Other layers every now and then, for two rounds of a capture. */
function randomSwitches({ duration }: Capture, rtpParameters: RtpParameters, seed: number): Switches {
  const layers = choices(rtpParameters);
  const random = new SeededRandom(seed);
  const switches: Switches = [];
  for (let at = 0; at < 2 * duration; at += 50 + (random.uint32() % 500)) {
    switches.push([at, layers[random.uint32() % layers.length]]);
  }
  return switches;
}

/** What each picture of each spatial layer becomes when all of its stream is decoded, by what it is made of. */
async function decodeSource(capture: Capture, rtpParameters: RtpParameters): Promise<Map<string, string | undefined>> {
  const [{ mimeType }] = rtpParameters.codecs;
  const isKsvc = rtpParameters.encodings![0].scalabilityMode?.endsWith('_KEY') === true;
  const reader = new PayloadReader(mimeType);
  const streams: RtpPacket[][] = [];
  for (const source of sentMedia(capture.datagrams, rtpParameters)) {
    const packets = inOrder(source).map(({ packet }) => packet);
    for (const packet of packets) reader.read(packet);
    for (let layer = 0; layer < MAX_SPATIAL_LAYERS; layer++) {
      streams.push(
        packets.filter(({ descriptor: { spatialLayer, interPicture } }) =>
          // In K-SVC pictures depend on lower spatial layers in key pictures only.
          isKsvc && interPicture ? spatialLayer === layer : spatialLayer <= layer,
        ),
      );
    }
  }
  const pixels = new Map<string, string | undefined>();
  for (const packets of streams) {
    const pictures = depacketize(mimeType, packets);
    const decoded = await decode(mimeType, pictures);
    pictures.forEach(({ data }, index) => pixels.set(keyOf(data), decoded[index]));
  }
  return pixels;
}

const keyOf = (data: Uint8Array): string => Buffer.from(data).toString('latin1');

/** Size and a digest of the pixels of each picture; undefined where nothing comes out. */
async function decode(mimeType: string, pictures: Picture[]): Promise<(string | undefined)[]> {
  const chunks = pictures.map(({ isKeyFrame, data }) => ({ isKeyFrame, data: Buffer.from(data).toString('base64') }));
  const decoded = await page.evaluate(
    async (codec, text) => {
      const digests: (string | null)[] = [];
      const pending: Promise<void>[] = [];
      const output = async (frame: VideoFrame): Promise<void> => {
        const { timestamp, visibleRect } = frame;
        const bytes = new Uint8Array(frame.allocationSize());
        await frame.copyTo(bytes);
        frame.close();
        const digest = new Uint32Array(await crypto.subtle.digest('SHA-1', bytes)).join();
        digests[timestamp] = `${visibleRect!.width}x${visibleRect!.height} ${digest}`;
      };
      let problem: DOMException | undefined;
      const decoder = new VideoDecoder({
        output: frame => void pending.push(output(frame)),
        error: error => (problem = error),
      });
      decoder.configure({ codec, optimizeForLatency: true });
      for (const [timestamp, { isKeyFrame, data }] of (JSON.parse(text) as typeof chunks).entries()) {
        digests.push(null);
        const bytes = Uint8Array.from(atob(data), character => character.charCodeAt(0));
        decoder.decode(new EncodedVideoChunk({ type: isKeyFrame ? 'key' : 'delta', timestamp, data: bytes }));
      }
      await decoder.flush().catch((error: DOMException) => (problem ??= error));
      await Promise.all(pending);
      if (problem !== undefined) digests.push(problem.message);
      return digests;
    },
    CODECS[mimeType],
    JSON.stringify(chunks),
  );
  return decoded.map(one => one ?? undefined);
}
