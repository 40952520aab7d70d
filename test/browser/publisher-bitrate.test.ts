import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { launch } from './support/browsers.js';
import { Conference } from './support/conference.js';

it('lets a 720p publisher reach more than 1 Mbps within 8 seconds', async () => {
  const conference = await Conference.start();
  const folder = mkdtempSync(path.join(tmpdir(), 'tsfu-camera-'));
  const browser = await launch('chromium', { camera: writeNoisyVideo(path.join(folder, 'camera.y4m')) });
  try {
    const alice = await conference.join(browser, 'room', 'Alice');
    const start = Date.now();
    let previous = await alice.sent('video');
    const bitrates: number[] = [];
    while (Date.now() - start < 8000 && Math.max(0, ...bitrates) <= 1_000_000) {
      await sleep(1000);
      const current = await alice.sent('video');
      if (previous && current) {
        const seconds = (current.timestamp - previous.timestamp) / 1000;
        bitrates.push(((current.bytesSent! - previous.bytesSent!) * 8) / seconds);
      }
      previous = current;
    }
    expect(Math.max(...bitrates), `bps, second by second: ${bitrates.map(Math.round).join()}`).toBeGreaterThan(
      1_000_000,
    );
    expect(previous).toMatchObject({ frameWidth: 1280, frameHeight: 720 });
  } finally {
    await browser.close();
    await conference.stop();
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
