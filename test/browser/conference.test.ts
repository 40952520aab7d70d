import { type Browser } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserName, isInstalled, launch } from './support/browsers.js';
import { Conference, type Participant } from './support/conference.js';
import { until } from './support/until.js';

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

function tileNames({ page }: Participant): Promise<string[]> {
  return page.evaluate(() => [...document.querySelectorAll<HTMLElement>('.tile')].map(tile => tile.dataset.name!));
}

function visibleVideos({ page }: Participant): Promise<number> {
  return page.evaluate(() => document.querySelectorAll('.tile video:not([hidden])').length);
}

const nextRoom = (): string => `room-${++rooms}`;
