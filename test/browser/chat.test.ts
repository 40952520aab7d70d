import { type Browser } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { launch } from './support/browsers.js';
import { Conference, type Participant } from './support/conference.js';
import { until } from './support/until.js';

let conference: Conference;
let chromium: Browser;
let firefox: Browser;
const participants: Participant[] = [];

beforeAll(async () => {
  conference = await Conference.start();
  chromium = await launch('chromium');
  firefox = await launch('firefox');
});

afterEach(async () => {
  for (const { page, problems } of participants.splice(0)) {
    expect(problems).toEqual([]);
    await page.close();
  }
});

afterAll(async () => {
  await chromium.close();
  await firefox.close();
  await conference.stop();
});

it('shows in Firefox what is written in Chromium, and the other way round', async () => {
  const alice = await join(chromium, 'both', 'Alice');
  const bob = await join(firefox, 'both', 'Bob');
  await alice.press('#toggle-chat');
  await bob.press('#toggle-chat');

  await write(alice, 'Hello Bob, über alles in Ordnung? 👋');
  await until(async () => (await chatOf(bob)).length === 1);
  await write(bob, '<b>Yes</b>');
  await write(bob, 'x'.repeat(2000));
  await until(async () => (await chatOf(alice)).length === 3);

  expect(await chatOf(bob)).toEqual([
    ['Alice', 'Hello Bob, über alles in Ordnung? 👋'],
    ['You', '<b>Yes</b>'],
    ['', 'x'.repeat(2000)],
  ]);
  expect(await chatOf(alice)).toEqual([
    ['You', 'Hello Bob, über alles in Ordnung? 👋'],
    ['Bob', '<b>Yes</b>'],
    ['', 'x'.repeat(2000)],
  ]);
});

it('reaches three people in order, and nobody in another room', async () => {
  const alice = await join(chromium, 'three', 'Alice');
  const bob = await join(firefox, 'three', 'Bob');
  const carol = await join(chromium, 'three', 'Carol');
  const stranger = await join(chromium, 'elsewhere', 'Stranger');
  const texts = Array.from({ length: 20 }, (_, number) => `message ${number}`);
  for (const text of texts) await write(alice, text);
  for (const receiver of [bob, carol]) {
    await until(async () => (await chatOf(receiver)).length === texts.length);
    expect((await chatOf(receiver)).map(([, text]) => text)).toEqual(texts);
  }
  expect(await chatOf(stranger)).toEqual([]);
});

it('counts what was not read, and fits the width of a phone', async () => {
  const alice = await join(chromium, 'phone', 'Alice');
  const bob = await join(chromium, 'phone', 'Bob');
  await bob.page.setViewport({ width: 360, height: 740 });
  // What was written before somebody came is not for them, so it takes some attempts until Bob hears Alice.
  await until(async () => {
    await write(alice, 'hello');
    return (await badgeOf(bob)) !== '';
  });
  await write(alice, 'bye');
  await until(async () => (await chatOf(bob)).at(-1)?.[1] === 'bye');
  expect(await badgeOf(bob)).toBe(String((await chatOf(bob)).length));
  await bob.press('#toggle-chat');
  expect(await badgeOf(bob)).toBe('');

  await write(bob, 'a very long text '.repeat(20));
  const sizes = await bob.page.evaluate(() => {
    const box = (selector: string): DOMRect => document.querySelector(selector)!.getBoundingClientRect();
    const [panel, button, footer] = [box('#chat'), box('#chat form button'), box('.call footer')];
    return {
      pageWidth: document.documentElement.scrollWidth,
      panelWidth: panel.width,
      buttonRight: button.right,
      overFooter: panel.bottom > footer.top,
      footerBottom: footer.bottom,
    };
  });
  expect(sizes.pageWidth).toBe(360);
  expect(sizes.panelWidth).toBeGreaterThan(320);
  expect(sizes.buttonRight).toBeLessThanOrEqual(360);
  expect(sizes.overFooter).toBe(false);
  expect(sizes.footerBottom).toBeLessThanOrEqual(740);
});

async function join(browser: Browser, room: string, name: string): Promise<Participant> {
  const participant = await conference.join(browser, room, name);
  participants.push(participant);
  return participant;
}

/** Types a text and sends it, again and again until the chat is connected. */
async function write({ page }: Participant, text: string): Promise<void> {
  await until(() =>
    page.evaluate(message => {
      const form = document.querySelector<HTMLFormElement>('#chat form')!;
      const input = form.querySelector('input')!;
      input.value = message;
      form.requestSubmit();
      return input.value === '';
    }, text),
  );
}

/** Author (without the time) and text of each message. */
function chatOf({ page }: Participant): Promise<[string, string][]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('#chat li')].map(
      message =>
        [
          message.querySelector('.author')?.textContent?.split(',')[0] ?? '',
          message.querySelector('p')!.textContent ?? '',
        ] as [string, string],
    ),
  );
}

function badgeOf({ page }: Participant): Promise<string> {
  return page.evaluate(() => {
    const badge = document.getElementById('unread')!;
    return badge.hidden ? '' : badge.textContent;
  });
}
