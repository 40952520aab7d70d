import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Browser } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserName, isInstalled, launch } from './support/browsers.js';
import { Conference, type Participant } from './support/conference.js';

const browsers = new Map<BrowserName, Browser>();
const participants: Participant[] = [];
let conference: Conference;
let rooms = 0;

beforeAll(async () => {
  conference = await Conference.start();
  for (const name of ['chromium', 'firefox'] as const) {
    if (!isInstalled(name)) throw new Error(`${name} is not installed: apt-get install chromium firefox-esr`);
    browsers.set(name, await launch(name));
  }
});

afterEach(async () => {
  for (const { page, problems } of participants.splice(0)) {
    expect(problems).toEqual([]);
    await page.close();
  }
});

afterAll(async () => {
  for (const browser of browsers.values()) await browser.close();
  await conference.stop();
});

describe.each([
  ['chromium', 'chromium'],
  ['firefox', 'firefox'],
  ['chromium', 'firefox'],
] as const)('%s and %s', (first, second) => {
  it('see and hear each other', async () => {
    const room = nextRoom();
    const alice = await join(first, room, 'Alice');
    const bob = await join(second, room, 'Bob');
    await expectMedia(alice, bob);
    await expectMedia(bob, alice);
  });
});

describe.each(['chromium', 'firefox'] as const)('%s', name => {
  it('sees its own stream returned by the SFU while alone, and not once somebody joins', async () => {
    const room = nextRoom();
    const alice = await join(name, room, 'Alice');
    await growing(async () => (await alice.received('video'))?.framesDecoded);
    expect(await tileNames(alice)).toEqual(['Alice (you)', 'You, returned by the SFU']);
    await join(name, room, 'Bob');
    await until(async () => (await tileNames(alice)).join() === 'Alice (you),Bob');
  });

  it('stops showing what somebody switches off, and shows it again', async () => {
    const room = nextRoom();
    const alice = await join(name, room, 'Alice');
    const bob = await join(name, room, 'Bob');
    await growing(async () => (await bob.received('video'))?.framesDecoded);
    await alice.press('#toggle-video');
    await until(async () => (await visibleVideos(bob)) === 1);
    await alice.press('#toggle-video');
    await until(async () => (await visibleVideos(bob)) === 2);
    await growing(async () => (await bob.received('video'))?.framesDecoded);
  });
});

it('lets a 720p publisher reach more than 1 Mbps within 8 seconds', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'tsfu-camera-'));
  const browser = await launch('chromium', writeNoisyVideo(path.join(folder, 'camera.y4m')));
  try {
    const alice = await conference.join(browser, nextRoom(), 'Alice');
    const start = Date.now();
    let previous = await alice.sent('video');
    let best = 0;
    while (Date.now() - start < 8000 && best <= 1_000_000) {
      await sleep(1000);
      const current = await alice.sent('video');
      if (previous && current) {
        const seconds = (current.timestamp - previous.timestamp) / 1000;
        best = Math.max(best, ((current.bytesSent! - previous.bytesSent!) * 8) / seconds);
      }
      previous = current;
    }
    expect(best).toBeGreaterThan(1_000_000);
    expect(previous).toMatchObject({ frameWidth: 1280, frameHeight: 720 });
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true });
  }
});

/** A moment of 720p video that costs an encoder more than the usual test picture: blocks of random grey. */
function writeNoisyVideo(file: string): string {
  const [width, height, block] = [1280, 720, 80];
  const frame = Buffer.alloc((width * height * 3) / 2, 128);
  const frames: Buffer[] = [];
  for (let i = 0; i < 10; i++) {
    for (let y = 0; y < height; y += block) {
      for (let x = 0; x < width; x += block) frame.fill(randomInt(256), y * width + x, y * width + x + block);
      for (let row = 1; row < block; row++) frame.copyWithin((y + row) * width, y * width, (y + 1) * width);
    }
    frames.push(Buffer.from('FRAME\n'), Buffer.from(frame));
  }
  writeFileSync(file, Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F30:1 Ip A1:1 C420\n`), ...frames]));
  return file;
}

async function join(browser: BrowserName, room: string, name: string): Promise<Participant> {
  const participant = await conference.join(browsers.get(browser)!, room, name);
  participants.push(participant);
  return participant;
}

/** What `sender` sends is decoded by `receiver`: pictures of the size that was sent, sound with energy. */
async function expectMedia(sender: Participant, receiver: Participant): Promise<void> {
  await growing(async () => (await receiver.received('video'))?.framesDecoded);
  await growing(async () => (await receiver.received('audio'))?.totalAudioEnergy);
  await until(async () => {
    const [sent, received] = [await sender.sent('video'), await receiver.received('video')];
    return sent?.frameWidth === received?.frameWidth && sent?.frameHeight === received?.frameHeight;
  });
  const { frameWidth = 0, frameHeight = 0 } = (await receiver.received('video'))!;
  expect(frameWidth).toBeGreaterThanOrEqual(320);
  expect(frameHeight).toBeGreaterThanOrEqual(180);
  expect(await sender.problem()).toBe('');
  expect(await receiver.problem()).toBe('');
}

/** Waits until the value has grown twice. */
async function growing(read: () => Promise<number | undefined>): Promise<void> {
  let last = 0;
  for (let grown = 0; grown < 2; grown++) {
    await until(async () => ((await read()) ?? 0) > last);
    last = (await read())!;
  }
}

async function until(condition: () => Promise<boolean>, timeout = 20_000): Promise<void> {
  const deadline = Date.now() + timeout;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`still not so after ${timeout} ms: ${condition.toString()}`);
    await sleep(200);
  }
}

function tileNames({ page }: Participant): Promise<string[]> {
  return page.evaluate(() => [...document.querySelectorAll<HTMLElement>('.tile')].map(tile => tile.dataset.name!));
}

function visibleVideos({ page }: Participant): Promise<number> {
  return page.evaluate(() => document.querySelectorAll('.tile video:not([hidden])').length);
}

const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));
const nextRoom = (): string => `room-${++rooms}`;
