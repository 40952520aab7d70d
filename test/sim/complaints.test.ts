import { describe, expect, it } from 'vitest';
import { Lab } from '../../src/testing/lab.js';
import { type VideoSourceOptions } from '../../src/testing/video-source.js';
import { camera, queueOf, simulcast } from './scenarios/scenarios.js';

/** What users of mediasoup have complained about over the years, by the number of the issue or pull request. */
describe('complaints about bandwidth estimation', { timeout: 60_000 }, () => {
  const link = (bandwidth: number, queue = 300) => ({ bandwidth, queueLength: queueOf(bandwidth, queue) });

  it('#962: the uplink loss of one publisher lowered the estimate of every viewer', async () => {
    const run = async (loss: number): Promise<number> => {
      const lab = await Lab.create({ seed: 3 });
      const publisher = await lab.publish(camera(800_000), { loss });
      const viewer = await lab.watch({ link: link(3e6) });
      await lab.consume(viewer, publisher);
      await lab.run(20_000);
      return lab.recording(viewer).estimate(10_000, 20_000);
    };
    expect(await run(0.2)).toBeGreaterThan(0.9 * (await run(0)));
  });

  it('#316: after a time with hardly any bandwidth the estimate never rose again', async () => {
    const lab = await Lab.create({ seed: 4 });
    const viewer = await lab.watch({ link: link(2e6) });
    await lab.consume(viewer, await lab.publish(simulcast));
    lab.at(10_000, () => lab.setLink(viewer, { bandwidth: 40_000 }));
    lab.at(40_000, () => lab.setLink(viewer, { bandwidth: 2e6 }));
    await lab.run(90_000);
    const recording = lab.recording(viewer);
    expect(recording.estimate(30_000, 40_000)).toBeLessThan(150_000);
    expect(recording.sendBitrate(80_000, 90_000)).toBeGreaterThan(0.45 * 2e6);
  });

  it('#316: a viewer without any layer was never probed for again', async () => {
    const lab = await Lab.create({ seed: 5 });
    const viewer = await lab.watch({ link: link(60_000, 1000) });
    await lab.consume(viewer, await lab.publish(simulcast));
    lab.at(30_000, () => lab.setLink(viewer, { bandwidth: 1.5e6 }));
    await lab.run(70_000);
    expect(lab.recording(viewer).sendBitrate(60_000, 70_000)).toBeGreaterThan(400_000);
  });

  it('#316: a receiver with REMB got no layer, and so never told of more bandwidth', async () => {
    const lab = await Lab.create({ seed: 14 });
    const viewer = await lab.watch({ link: link(60_000, 1000), congestionControl: 'goog-remb' });
    await lab.consume(viewer, await lab.publish(simulcast));
    lab.at(30_000, () => lab.setLink(viewer, { bandwidth: 1.5e6 }));
    await lab.run(90_000);
    expect(lab.recording(viewer).sendBitrate(20_000, 30_000)).toBeLessThan(90_000);
    expect(lab.recording(viewer).sendBitrate(80_000, 90_000)).toBeGreaterThan(400_000);
  });

  it('#1031: after a time with heavy loss nothing was sent any more', async () => {
    const lab = await Lab.create({ seed: 15 });
    const viewer = await lab.watch({ link: { ...link(3e6), loss: 0.3 } });
    await lab.consume(viewer, await lab.publish(simulcast));
    lab.at(30_000, () => lab.setLink(viewer, { loss: 0 }));
    await lab.run(60_000);
    expect(lab.recording(viewer).sendBitrate(50_000, 60_000)).toBeGreaterThan(0.5 * 3e6);
  });

  it('#712: each change of what there is to send was an occasion to probe', async () => {
    const lab = await Lab.create({ seed: 16 });
    const viewer = await lab.watch({ link: link(3e6) });
    // The estimate settles above what these take, whose bitrates go up and down by a fifth.
    const publisher = await lab.publish(camera(600_000));
    await lab.consume(viewer, publisher);
    for (let at = 20_000; at < 60_000; at += 2000) {
      lab.at(at, () => publisher.setBitrate(0, at % 4000 === 0 ? 500_000 : 600_000));
    }
    const probes = { early: 0, late: 0 };
    await viewer.transport.enableTraceEvent(['probation']);
    viewer.transport.on('trace', () => void probes[lab.now < 20_000 ? 'early' : 'late']++);
    await lab.run(60_000);
    // All that is there fits at any time.
    expect(lab.recording(viewer).estimate(20_000, 60_000)).toBeGreaterThan(600_000);
    expect(probes.early).toBeGreaterThan(0);
    expect(probes.late).toBeLessThan(10);
  });

  it('#989: more was sent than is available', async () => {
    const lab = await Lab.create({ seed: 6 });
    const viewer = await lab.watch({ link: link(1e6) });
    for (let i = 0; i < 3; i++) await lab.consume(viewer, await lab.publish(simulcast));
    await lab.run(30_000);
    const recording = lab.recording(viewer);
    expect(recording.sendBitrate(10_000, 30_000)).toBeLessThan(1.1 * recording.estimate(10_000, 30_000));
    expect(recording.loss(10_000, 30_000)).toBeLessThan(0.02);
  });

  it('#188, #1462: layers went up and down all the time where the bandwidth lies between two of them', async () => {
    for (const bandwidth of [700_000, 1_200_000, 1_800_000]) {
      const lab = await Lab.create({ seed: 7 });
      const viewer = await lab.watch({ link: link(bandwidth) });
      await lab.consume(viewer, await lab.publish(simulcast));
      await lab.run(60_000);
      expect(lab.recording(viewer).countLayerChanges(20_000, 60_000)).toBeLessThanOrEqual(8);
    }
  });

  it('#804: all layers vanished when a publisher had a bad connection', async () => {
    const lab = await Lab.create({ seed: 8 });
    const viewer = await lab.watch({ link: link(3e6) });
    const consumer = await lab.consume(viewer, await lab.publish(simulcast, { loss: 0.15 }));
    await lab.run(30_000);
    const samples = lab.recording(viewer).between(5000, 30_000);
    expect(samples.filter(({ layers }) => layers[0] === '-')).toEqual([]);
    expect(viewer.playback(consumer).frames).toBeGreaterThan(400);
  });

  const svc: VideoSourceOptions = {
    codec: 'VP9',
    layers: [{ bitrate: 150_000 }, { bitrate: 300_000 }, { bitrate: 800_000 }],
    temporalLayers: 3,
  };

  it.each(['transport-cc', 'none'] as const)(
    '#1821: the picture of an SVC stream froze when its highest layer was switched off, with feedback: %s',
    async congestionControl => {
      const lab = await Lab.create({ seed: 9 });
      const publisher = await lab.publish(svc);
      const viewer = await lab.watch({ link: link(4e6), congestionControl });
      const consumer = await lab.consume(viewer, publisher);
      lab.at(15_000, () => publisher.setBitrate(2, 0));
      await lab.run(20_000);
      const before = viewer.playback(consumer).frames;
      await lab.run(10_000);
      expect(viewer.playback(consumer).frames - before).toBeGreaterThan(250);
      expect(lab.recording(viewer).samples.at(-1)!.layers[0]).toMatch(/^1/);
    },
  );

  it('#824: a switch of layers was asked for and never came', async () => {
    const lab = await Lab.create({ seed: 18 });
    const viewer = await lab.watch({ link: link(5e6) });
    const consumer = await lab.consume(viewer, await lab.publish(simulcast));
    await lab.run(10_000);
    for (const spatialLayer of [0, 2, 1, 2, 0, 1]) {
      await consumer.setPreferredLayers({ spatialLayer });
      await lab.run(6000);
      expect(consumer.currentLayers?.spatialLayer).toBe(spatialLayer);
    }
  });

  it('#831: a limit from before the first Consumer was not kept', async () => {
    const lab = await Lab.create({ seed: 19 });
    const viewer = await lab.watch({ link: link(4e6) });
    await viewer.transport.setMaxOutgoingBitrate(400_000);
    await lab.consume(viewer, await lab.publish(simulcast));
    await lab.run(20_000);
    expect(lab.recording(viewer).sendBitrate(5000, 20_000)).toBeLessThan(450_000);
  });

  it('#394: a shared screen of which little is sent kept everybody from higher layers', async () => {
    const lab = await Lab.create({ seed: 20 });
    const viewer = await lab.watch({ link: link(3e6) });
    const screen = await lab.publish(camera(30_000));
    await lab.consume(viewer, screen);
    const cameraConsumer = await lab.consume(viewer, await lab.publish(simulcast));
    await lab.run(30_000);
    expect(cameraConsumer.currentLayers?.spatialLayer).toBe(2);
  });

  it('#665, #1892: preferred temporal layers were exceeded', async () => {
    const lab = await Lab.create({ seed: 10 });
    for (const source of [simulcast, svc]) {
      const viewer = await lab.watch({ link: link(5e6) });
      const consumer = await lab.consume(viewer, await lab.publish(source));
      await consumer.setPreferredLayers({ spatialLayer: 2, temporalLayer: 0 });
    }
    await lab.run(20_000);
    for (const { layerChanges } of lab.recordings) {
      expect(layerChanges.filter(([at, , layers]) => at > 0 && layers !== '-' && !layers.endsWith('.0'))).toEqual([]);
    }
  });

  it('#831: a limit set by the application was not kept, or stayed after it was lifted', async () => {
    const lab = await Lab.create({ seed: 11 });
    const viewer = await lab.watch({ link: link(4e6) });
    await lab.consume(viewer, await lab.publish(simulcast));
    lab.at(15_000, () => viewer.transport.setMaxOutgoingBitrate(400_000));
    lab.at(30_000, () => viewer.transport.setMaxOutgoingBitrate(0));
    await lab.run(50_000);
    const recording = lab.recording(viewer);
    expect(recording.sendBitrate(20_000, 30_000)).toBeLessThan(450_000);
    expect(recording.sendBitrate(42_000, 50_000)).toBeGreaterThan(2e6);
  });

  it('a receiver that gives no feedback got less and less', async () => {
    const lab = await Lab.create({ seed: 12 });
    const viewer = await lab.watch({ link: link(4e6), feedback: false });
    await lab.consume(viewer, await lab.publish(simulcast));
    await lab.run(30_000);
    expect(lab.recording(viewer).estimate(0, 30_000)).toBeCloseTo(600_000);
  });

  it('bursts to many viewers of one publisher overflowed a shared link', async () => {
    const lab = await Lab.create({ seed: 13 });
    const publisher = await lab.publish({ codec: 'VP8', layers: [{ bitrate: 300_000, keyFrameFactor: 15 }] });
    // Ten viewers; the link can hold what five key frames take.
    for (let i = 0; i < 10; i++) {
      const viewer = await lab.watch({ ip: '10.2.9.9', link: { bandwidth: 5e6, queueLength: 5 * 18_750 } });
      await lab.consume(viewer, publisher);
    }
    await lab.run(10_000);
    lab.at(10_500, () => publisher.resume());
    await lab.run(3000);
    for (const recording of lab.recordings) expect(recording.loss(10_000, 13_000)).toBeLessThan(0.02);
  });
});
