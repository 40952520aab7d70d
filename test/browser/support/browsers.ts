import { existsSync } from 'node:fs';
import puppeteer, { type Browser } from 'puppeteer-core';

export type BrowserName = 'chromium' | 'firefox';

const executables: Record<BrowserName, string> = {
  chromium: process.env.CHROMIUM_BIN ?? '/usr/bin/chromium',
  firefox: process.env.FIREFOX_BIN ?? '/usr/bin/firefox-esr',
};

export const executableOf = (name: BrowserName): string => executables[name];

export function isInstalled(name: BrowserName): boolean {
  return existsSync(executables[name]);
}

export interface LaunchOptions {
  /** A Y4M file that Chromium's camera shows. */
  camera?: string;
  /** Runs the browser in its place, with the arguments that it is given. */
  script?: string;
}

/** A headless browser with a fake camera and microphone that it does not ask about. */
export async function launch(name: BrowserName, { camera, script }: LaunchOptions = {}): Promise<Browser> {
  const executablePath = script ?? executables[name];
  if (name === 'firefox') {
    return puppeteer.launch({
      browser: 'firefox',
      executablePath,
      headless: true,
      extraPrefsFirefox: {
        'media.navigator.streams.fake': true,
        'media.navigator.permission.disabled': true,
        'media.autoplay.default': 0,
        'media.peerconnection.ice.obfuscate_host_addresses': false,
        'media.peerconnection.ice.loopback': true,
      },
    });
  }
  return puppeteer.launch({
    browser: 'chrome',
    executablePath,
    headless: true,
    // No connection to the browser that would have to pass the same network as its media.
    pipe: true,
    args: [
      '--no-sandbox',
      '--use-fake-device-for-media-stream=fps=30',
      '--use-fake-ui-for-media-stream',
      ...(camera ? [`--use-file-for-fake-video-capture=${camera}`] : []),
      '--allow-loopback-in-peer-connection',
      '--autoplay-policy=no-user-gesture-required',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // A page in the background must go on encoding and decoding.
      '--disable-background-timer-throttling',
      '--disable-backgrounding-occluded-windows',
      '--disable-renderer-backgrounding',
    ],
  });
}
