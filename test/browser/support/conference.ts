import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Browser, type Page } from 'puppeteer-core';

/** The demo conference, as `npm start` runs it. */
export class Conference {
  static async start(): Promise<Conference> {
    const server = fileURLToPath(new URL('../../../examples/conference/server.mjs', import.meta.url));
    // Not only on 127.0.0.1: Firefox does not send from another address of the machine to a loopback one.
    const child = spawn(process.execPath, [server, '--port', '0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout });
    for await (const line of lines) {
      const url = /http:\S+/.exec(line)?.[0];
      if (url) return new Conference(child, url);
    }
    throw new Error('the conference did not start');
  }

  readonly #child: ChildProcess;
  readonly url: string;

  constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
    child.stdout?.resume();
  }

  async stop(): Promise<void> {
    this.#child.kill();
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
  }

  /** Opens the page and joins, as a person does. */
  async join(browser: Browser, room: string, name: string): Promise<Participant> {
    const page = await browser.newPage();
    await page.setViewport({ width: 1280, height: 800 });
    const problems: string[] = [];
    page.on('pageerror', error => problems.push(String(error)));
    await page.goto(`${this.url}${room}`);
    await page.evaluate(text => ((document.getElementById('name') as HTMLInputElement).value = text), name);
    const participant = new Participant(page, problems);
    await participant.press('#join button');
    await page.waitForSelector('#call:not([hidden])', { timeout: 20_000 });
    return participant;
  }
}

/** The statistics that the tests look at, of one outbound-rtp or inbound-rtp stream. */
export interface Stream {
  label: string;
  type: 'outbound-rtp' | 'inbound-rtp';
  kind: 'audio' | 'video';
  frameWidth?: number;
  frameHeight?: number;
  framesDecoded?: number;
  totalAudioEnergy?: number;
  bytesSent?: number;
  packetsReceived?: number;
  timestamp: number;
}

export class Participant {
  readonly page: Page;
  /** Exceptions that nobody caught on the page. */
  readonly problems: string[];

  constructor(page: Page, problems: string[]) {
    this.page = page;
    this.problems = problems;
  }

  /** Presses a button. Not with the mouse: that waits for a picture of the page, and a page in the background has none. */
  async press(selector: string): Promise<void> {
    await this.page.evaluate(text => document.querySelector<HTMLButtonElement>(text)!.click(), selector);
  }

  async streams(): Promise<Stream[]> {
    const text = await this.page.evaluate(async () => {
      type WithConference = { conference(): { browserStatistics(): Promise<[string, RTCStatsReport][]> } };
      const call = (window as unknown as WithConference).conference();
      const streams: object[] = [];
      for (const [label, report] of await call.browserStatistics()) {
        report.forEach((stats: { type: string }) => {
          if (stats.type === 'outbound-rtp' || stats.type === 'inbound-rtp') streams.push({ label, ...stats });
        });
      }
      return JSON.stringify(streams);
    });
    return JSON.parse(text) as Stream[];
  }

  async received(kind: 'audio' | 'video'): Promise<Stream | undefined> {
    return (await this.streams()).find(stream => stream.type === 'inbound-rtp' && stream.kind === kind);
  }

  async sent(kind: 'audio' | 'video'): Promise<Stream | undefined> {
    return (await this.streams()).find(stream => stream.type === 'outbound-rtp' && stream.kind === kind);
  }

  /** The message that the page shows, or ''. */
  async problem(): Promise<string> {
    return this.page.evaluate(() => {
      const element = document.getElementById('problem')!;
      return element.hidden ? '' : (element.textContent ?? '');
    });
  }
}
