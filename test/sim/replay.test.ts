import { describe, expect, it } from 'vitest';
import { Lab } from '../../src/testing/lab.js';
import { type PublisherRecording } from '../../src/testing/recorded-publisher.js';
import { queueOf } from './scenarios/scenarios.js';
import { readCapture } from './support/capture.js';
import { repeatCapture } from './support/capture-repeater.js';

/** What a browser has sent, and as if it had gone on so for a while. */
function recordingOf(name: string, times: number): PublisherRecording {
  const capture = readCapture(name);
  let part = capture.datagrams;
  const datagrams = [...part];
  for (let i = 1; i < times; i++) datagrams.push(...(part = repeatCapture({ ...capture, datagrams: part })));
  return { ...capture.producers[0], datagrams };
}

describe.each([
  'vp8-simulcast-switching',
  'h264-simulcast-switching',
  'vp9-l3t3-switching',
  'vp9-l3t3-key',
  'av1-l3t3-switching',
])('what Chromium sent as %s', name => {
  const watch = async (bandwidth: number) => {
    const lab = await Lab.create({ seed: 1 });
    const viewer = await lab.watch({ link: { bandwidth, queueLength: queueOf(bandwidth, 300) } });
    const consumer = await lab.consume(viewer, await lab.replay(recordingOf(`chromium-${name}`, 5)));
    await lab.run(20_000);
    const { frames } = viewer.playback(consumer);
    return { recording: lab.recording(viewer), layers: consumer.currentLayers!, frames };
  };

  it('is shown whole over an ample link', async () => {
    const { recording, layers, frames } = await watch(5e6);
    expect(layers.spatialLayer).toBe(2);
    expect(recording.loss(0, 20_000)).toBe(0);
    expect(frames).toBeGreaterThan(150);
  });

  it('is shown with fewer layers over a narrow one', async () => {
    const { recording, layers, frames } = await watch(100_000);
    expect(layers.spatialLayer).toBeLessThan(2);
    expect(recording.sendBitrate(12_000, 20_000)).toBeLessThan(100_000);
    expect(recording.loss(12_000, 20_000)).toBeLessThan(0.03);
    expect(frames).toBeGreaterThan(80);
  });
});
