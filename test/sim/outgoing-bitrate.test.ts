import { describe, expect, it } from 'vitest';
import { type TransportTraceEventData } from '../../src/api/types/transport.js';
import { Lab, WORKER_IP } from '../../src/testing/lab.js';
import { type Viewer } from '../../src/testing/viewer.js';
import { PROBATION_SSRC } from '../../src/rtp/probation-packet.js';
import { camera, queueOf, simulcast } from './scenarios/scenarios.js';

const link = { bandwidth: 3e6, queueLength: queueOf(3e6, 300) };

/** The SSRCs of RTP packets that reach a viewer, in order. */
function listen(viewer: Viewer): number[] {
  const ssrcs: number[] = [];
  const receive = viewer.receive.bind(viewer);
  viewer.receive = (bytes, now) => {
    const isRtcp = bytes[1] >= 192 && bytes[1] <= 223;
    if (!isRtcp) ssrcs.push(new DataView(bytes.buffer, bytes.byteOffset).getUint32(8));
    receive(bytes, now);
  };
  return ssrcs;
}

async function traces(viewer: Viewer, ...types: ('bwe' | 'probation')[]): Promise<TransportTraceEventData[]> {
  const events: TransportTraceEventData[] = [];
  viewer.transport.on('trace', event => events.push(event));
  await viewer.transport.enableTraceEvent(types);
  return events;
}

describe('probing', () => {
  it('sends late packets once more by RTX where that was negotiated', async () => {
    const lab = await Lab.create({ seed: 1 });
    const viewer = await lab.watch({ link });
    const events = await traces(viewer, 'probation');
    const ssrcs = listen(viewer);
    const consumer = await lab.consume(viewer, await lab.publish(simulcast));
    await lab.run(8000);
    const { ssrc, rtx } = consumer.rtpParameters.encodings![0];
    expect(new Set(ssrcs)).toEqual(new Set([ssrc, rtx!.ssrc]));
    const [stats] = await viewer.transport.getStats();
    expect(stats.probationBytesSent).toBeGreaterThan(5000);
    expect(events.length).toBeGreaterThan(10);
    expect(events[0]).toMatchObject({ type: 'probation', direction: 'out' });
  });

  it('sends the probation stream where it was not', async () => {
    const lab = await Lab.create({ seed: 1 });
    const viewer = await lab.watch({ link, rtx: false });
    const ssrcs = listen(viewer);
    const consumer = await lab.consume(viewer, await lab.publish(simulcast));
    await lab.run(8000);
    expect(new Set(ssrcs)).toEqual(new Set([consumer.rtpParameters.encodings![0].ssrc, PROBATION_SSRC]));
    expect(lab.recording(viewer).estimate(7000, 8000)).toBeGreaterThan(2e6);
  });

  it('ceases when there is nothing more to send', async () => {
    const lab = await Lab.create({ seed: 1 });
    const viewer = await lab.watch({ link });
    await lab.consume(viewer, await lab.publish(camera(300_000)));
    await lab.run(10_000);
    const [{ probationBytesSent }] = await viewer.transport.getStats();
    expect(probationBytesSent).toBe(0);
  });
});

describe('the available bitrate', () => {
  it('is told by trace events at least every second, with what it depends on', async () => {
    const lab = await Lab.create({ seed: 2 });
    const viewer = await lab.watch({ link });
    const events = await traces(viewer, 'bwe');
    await lab.consume(viewer, await lab.publish(simulcast));
    await lab.run(20_000);
    expect(events.length).toBeGreaterThanOrEqual(19);
    expect(events[0]).toMatchObject({
      type: 'bwe',
      direction: 'out',
      info: { bweType: 'transport-cc', availableBitrate: 600_000, minBitrate: 30_000, startBitrate: 600_000 },
    });
    const info = events.at(-1)!.info as Record<'availableBitrate' | 'maxBitrate' | 'desiredBitrate', number>;
    expect(info.availableBitrate).toBeGreaterThan(2.5e6);
    expect(info.maxBitrate).toBeGreaterThan(info.desiredBitrate);
    const [{ availableOutgoingBitrate }] = await viewer.transport.getStats();
    expect(Math.abs(availableOutgoingBitrate! - info.availableBitrate)).toBeLessThan(0.5e6);
  });

  it('stays within the limits of the application', async () => {
    const lab = await Lab.create({ seed: 3 });
    const viewer = await lab.watch({ link });
    await viewer.transport.setMaxOutgoingBitrate(800_000);
    await viewer.transport.setMinOutgoingBitrate(500_000);
    await lab.consume(viewer, await lab.publish(simulcast));
    lab.at(10_000, () => lab.setLink(viewer, { bandwidth: 300_000 }));
    await lab.run(20_000);
    const estimates = lab.recording(viewer).samples.map(({ estimate }) => estimate);
    expect(Math.max(...estimates)).toBeLessThanOrEqual(800_000);
    expect(Math.min(...estimates)).toBeGreaterThanOrEqual(500_000);
  });

  it('goes to those with the highest priority first', async () => {
    const lab = await Lab.create({ seed: 4 });
    const viewer = await lab.watch({ link: { bandwidth: 2e6, queueLength: queueOf(2e6, 300) } });
    const consumers = [];
    for (let i = 0; i < 3; i++) consumers.push(await lab.consume(viewer, await lab.publish(simulcast)));
    await consumers[1].setPriority(100);
    await lab.run(30_000);
    const heights = lab
      .recording(viewer)
      .samples.at(-1)!
      .layers.map(layers => Number(layers));
    expect(heights[1]).toBeGreaterThanOrEqual(2);
    expect(Math.max(heights[0], heights[2])).toBeLessThan(heights[1]);
    expect(Math.min(heights[0], heights[2])).toBeGreaterThanOrEqual(0);
  });
});

describe('pacing', () => {
  it('stretches a key frame so that a short queue holds it', async () => {
    const lab = await Lab.create({ seed: 5 });
    const publisher = await lab.publish({ codec: 'VP8', layers: [{ bitrate: 1e6, keyFrameFactor: 15 }] });
    // 62 kB of key frame, 15 kB of queue.
    const viewer = await lab.watch({ link: { bandwidth: 2e6, queueLength: 15_000 } });
    await lab.consume(viewer, publisher);
    await lab.run(10_000);
    publisher.resume();
    await lab.run(3000);
    expect(lab.recording(viewer).loss(10_000, 13_000)).toBeLessThan(0.03);
  });

  it('holds nothing back for receivers without congestion control', async () => {
    const lab = await Lab.create({ seed: 6 });
    const publisher = await lab.publish({ codec: 'VP8', layers: [{ bitrate: 1e6, keyFrameFactor: 15 }] });
    const viewer = await lab.watch({
      link: { bandwidth: 2e6, queueLength: 15_000 },
      congestionControl: 'none',
    });
    await lab.consume(viewer, publisher);
    await lab.run(10_000);
    publisher.resume();
    await lab.run(3000);
    expect(lab.recording(viewer).loss(10_000, 10_200)).toBeGreaterThan(0.3);
    const [stats] = await viewer.transport.getStats();
    expect(stats.availableOutgoingBitrate).toBeUndefined();
    expect(lab.world.network.counters(WORKER_IP, '10.2.0.1').queueFull).toBeGreaterThan(10);
  });
});
