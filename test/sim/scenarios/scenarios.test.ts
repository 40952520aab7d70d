import { describe, expect, it } from 'vitest';
import { type Recording } from '../../../src/testing/recording.js';
import { runScenario, scenarios } from './scenarios.js';
import { table } from './table.js';

const results = new Map<string, Recording[]>();

/** Runs each scenario once. */
async function record(name: string): Promise<Recording[]> {
  let recordings = results.get(name);
  if (!recordings) results.set(name, (recordings = (await runScenario(name)).recordings));
  return recordings;
}

/** The only viewer. */
async function recordOne(name: string): Promise<Recording> {
  const [recording, ...others] = await record(name);
  expect(others).toEqual([]);
  return recording;
}

describe('the standard scenarios', () => {
  // When they change on purpose: `npx vitest run --project sim -u`, and read the diff.
  it.each(Object.keys(scenarios))('%s go as recorded', { timeout: 120_000 }, async name => {
    const recordings = await record(name);
    const text = `${name}: ${scenarios[name].description}\n\n${recordings
      .slice(0, 3)
      .map(one => table(one))
      .join('\n')}`;
    await expect(text).toMatchFileSnapshot(`snapshots/${name}.txt`);
  });

  it('repeat bit for bit with the same seed, and differ with another one', { timeout: 120_000 }, async () => {
    const run = async (seed: number): Promise<unknown> => {
      const { recordings } = await runScenario('wifi-bursts', seed);
      return recordings.map(({ samples, delays, layerChanges }) => ({ samples, delays, layerChanges }));
    };
    const first = await run(7);
    expect(await run(7)).toEqual(first);
    expect(await run(8)).not.toEqual(first);
  });
});

/** Of the links of 3 Mbps. */
const LINK = 3e6;

describe('the bitrate', () => {
  it.each(['start', 'rtt-20', 'rtt-100', 'rtt-300', 'conference'])(
    'reaches 85 %% of a link of 3 Mbps within 6 s in %s, and then 90 %%',
    async name => {
      const recording = await recordOne(name);
      expect(recording.firstTime(({ estimate }) => estimate >= 0.85 * LINK)).toBeLessThan(6000);
      const { samples } = recording;
      const reached = samples.find(({ at }) => at > 1000 && recording.sendBitrate(at - 1000, at) >= 0.85 * LINK);
      expect(reached?.at).toBeLessThan(6000);
      expect(recording.sendBitrate(10_000, samples.at(-1)!.at)).toBeGreaterThan(0.9 * LINK);
    },
  );

  it.each(['shallow-queue', 'deep-queue', 'codel'])('uses 90 %% of a link of 2 Mbps in %s', async name => {
    expect((await recordOne(name)).sendBitrate(10_000, 30_000)).toBeGreaterThan(0.9 * 2e6);
  });

  it.each(['start', 'rtt-20', 'rtt-100', 'rtt-300', 'deep-queue', 'codel', 'svc', 'conference'])(
    'makes no queue of more than 60 ms in %s',
    async name => {
      const recording = await recordOne(name);
      const end = name === 'svc' ? 19_000 : recording.samples.at(-1)!.at;
      expect(recording.queueDelay(0.95, 10_000, end)).toBeLessThan(60);
    },
  );

  it.each([
    ['capacity-steps', 2e6, 0.5e6],
    ['svc', 3e6, 0.6e6],
  ])('fits a capacity that fell within 1.5 s, and rises again with it within 8 s: %s', async (name, high, low) => {
    const recording = await recordOne(name);
    const fits = recording.firstTime(({ sendBitrate }) => sendBitrate < 1.1 * low, 20_000, 500);
    expect(fits - 20_000).toBeLessThan(1500);
    expect(recording.loss(30_000, 40_000)).toBeLessThan(0.01);
    expect(recording.queueDelay(0.95, 32_000, 40_000)).toBeLessThan(60);
    expect(recording.firstTime(({ estimate }) => estimate >= 0.8 * high, 40_000) - 40_000).toBeLessThan(8000);
    // The source of the other one makes 2.2 Mbps.
    if (name === 'capacity-steps') expect(recording.sendBitrate(47_000, 49_000)).toBeGreaterThan(0.8 * high);
  });

  it.each([1, 2, 3])('fits a capacity that fell deeply, retransmissions included: seed %i', async seed => {
    const [recording] = (await runScenario('deep-drop', seed)).recordings;
    const fits = recording.firstTime(({ sendBitrate }) => sendBitrate < 1.1 * 0.5e6, 20_000, 500);
    expect(fits - 20_000).toBeLessThan(1500);
    expect(recording.sendBitrate(21_500, 25_000)).toBeLessThan(0.5e6);
    expect(recording.loss(22_000, 40_000)).toBeLessThan(0.01);
    expect(recording.firstTime(({ estimate }) => estimate >= 0.8 * LINK, 40_000) - 40_000).toBeLessThan(8000);
  });

  it.each(['loss-1', 'loss-5', 'wifi-bursts'])('does not collapse in %s', async name => {
    expect((await recordOne(name)).sendBitrate(15_000, 30_000)).toBeGreaterThan(1e6);
  });

  it('is not taken away by the loss of a publisher', async () => {
    const recording = await recordOne('lossy-publisher');
    expect(recording.estimate(10_000, 30_000)).toBeGreaterThan(2.2e6);
    expect(recording.loss(5000, 30_000)).toBe(0);
  });

  it('comes back after a freeze of the link', async () => {
    const recording = await recordOne('freeze');
    expect(recording.sendBitrate(45_000, 60_000)).toBeGreaterThan(0.85 * 2e6);
    expect(recording.loss(32_000, 60_000)).toBeLessThan(0.01);
  });

  it('survives the loss of feedback', async () => {
    expect((await recordOne('feedback-loss')).sendBitrate(30_000, 40_000)).toBeGreaterThan(2.5e6);
  });

  it('goes up with the source although little was sent before', async () => {
    const recording = await recordOne('application-limited');
    expect(recording.loss(0, 60_000)).toBeLessThan(0.01);
    expect(recording.estimate(40_000, 60_000)).toBeGreaterThan(2e6);
  });

  it.each([1, 2, 3])('is shared evenly by two equal flows: seed %i', async seed => {
    const { recordings } = await runScenario('two-transports', seed);
    const bitrates = recordings.map(recording => recording.sendBitrate(10_000, 60_000));
    expect(Math.min(...bitrates)).toBeGreaterThan(0.8 * Math.max(...bitrates));
    expect(recordings[0].queueDelay(0.95, 10_000, 60_000)).toBeLessThan(70);
  });

  it('fills a link that is shared', async () => {
    const recordings = await record('two-conferences');
    const sum = recordings.reduce((all, recording) => all + recording.sendBitrate(20_000, 90_000), 0);
    expect(sum).toBeGreaterThan(0.85 * 4e6);
    expect(recordings[0].queueDelay(0.95, 20_000, 50_000)).toBeLessThan(60);
  });

  it('leaves something to others, and takes something from them', async () => {
    const recording = await recordOne('competing-tcp');
    expect(recording.sendBitrate(20_000, 40_000)).toBeGreaterThan(0.3e6);
    expect(recording.sendBitrate(50_000, 60_000)).toBeGreaterThan(1.4e6);
  });
});

describe('layers', () => {
  it.each(['start', 'rtt-20', 'rtt-100', 'rtt-300', 'deep-queue', 'codel', 'wifi-bursts', 'pause-and-resume'])(
    'do not change more often than every 5 s in steady state: %s',
    async name => {
      const recording = await recordOne(name);
      const end = name === 'pause-and-resume' ? 14_000 : 30_000;
      expect(recording.countLayerChanges(10_000, end)).toBeLessThanOrEqual((end - 10_000) / 5000);
    },
  );

  it('of ten publishers do not change more often either', async () => {
    const recording = await recordOne('conference');
    expect(recording.countLayerChanges(10_000, 60_000) / 10).toBeLessThanOrEqual(10);
  });

  it('stop while the viewer pauses, and come back', async () => {
    const recording = await recordOne('pause-and-resume');
    expect(recording.sendBitrate(16_000, 25_000)).toBeLessThan(50_000);
    expect(recording.sendBitrate(27_000, 45_000)).toBeGreaterThan(0.85 * 2e6);
  });
});

describe('a key frame', () => {
  it('of 20 mean frames that joins a well filled link makes little loss', async () => {
    expect((await recordOne('join-under-load')).loss(15_000, 17_000)).toBeLessThan(0.12);
  });
});
