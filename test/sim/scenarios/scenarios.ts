import { Lab } from '../../../src/testing/lab.js';
import { type Publisher } from '../../../src/testing/publisher.js';
import { type VideoSourceOptions } from '../../../src/testing/video-source.js';
import { type Viewer } from '../../../src/testing/viewer.js';

/** A standard experiment. */
export interface Scenario {
  /** What happens, in one line. */
  readonly description: string;
  /** Runs it; what is recorded is in the lab. */
  run(lab: Lab): Promise<void>;
}

/** Three streams and three temporal layers, 3 Mbps in all. */
export const simulcast: VideoSourceOptions = {
  codec: 'VP8',
  layers: [{ bitrate: 150_000 }, { bitrate: 500_000 }, { bitrate: 2_500_000 }],
  temporalLayers: 3,
};

/** The same, with a highest layer that fills a link up to about 93 %, headers included. */
const simulcastFor = (bandwidth: number): VideoSourceOptions => ({
  codec: 'VP8',
  layers: [{ bitrate: 150_000 }, { bitrate: 500_000 }, { bitrate: 0.87 * bandwidth }],
  temporalLayers: 3,
});

/** One stream. */
export const camera = (bitrate: number): VideoSourceOptions => ({ codec: 'VP8', layers: [{ bitrate }] });

/** A queue that a link takes this long to empty, bytes. */
export const queueOf = (bandwidth: number, ms: number): number => (bandwidth * ms) / 8000;

const MBPS = 1_000_000;

/** One viewer of one publisher over one link. */
async function oneViewer(
  lab: Lab,
  link: Parameters<Lab['watch']>[0],
  source: VideoSourceOptions = simulcast,
): Promise<{ viewer: Viewer; publisher: Publisher }> {
  const publisher = await lab.publish(source);
  const viewer = await lab.watch(link);
  await lab.consume(viewer, publisher);
  return { viewer, publisher };
}

const steady =
  (link: Parameters<Lab['watch']>[0], source?: VideoSourceOptions): Scenario['run'] =>
  async lab => {
    await oneViewer(lab, link, source);
    await lab.run(30_000);
  };

/** Loss at random, at a capacity that is no limit. */
const randomLoss = (share: number): Scenario => ({
  description: `${share * 100} % of packets get lost at random, on a link with ample capacity`,
  run: steady({ link: { bandwidth: 20 * MBPS, loss: share } }),
});

const roundTrip = (ms: number): Scenario => ({
  description: `a link of 3 Mbps, ${ms} ms there and back`,
  run: steady(
    { roundTripTime: ms, link: { bandwidth: 3 * MBPS, queueLength: queueOf(3 * MBPS, 300) } },
    simulcastFor(3 * MBPS),
  ),
});

const queue = (ms: number): Scenario => ({
  description: `a link of 2 Mbps whose queue takes at most ${ms} ms`,
  run: steady({ link: { bandwidth: 2 * MBPS, queueLength: queueOf(2 * MBPS, ms) } }, simulcastFor(2 * MBPS)),
});

const viewers = (count: number): Scenario => ({
  description: `${count} viewers share a link of 10 Mbps, each with a transport of its own`,
  async run(lab) {
    const publisher = await lab.publish(simulcast);
    for (let i = 0; i < count; i++) {
      const viewer = await lab.watch({
        ip: '10.2.9.9',
        link: { bandwidth: 10 * MBPS, queueLength: queueOf(10 * MBPS, 200) },
      });
      await lab.consume(viewer, publisher);
    }
    await lab.run(30_000);
  },
});

/** Ten people, each with three streams: enough of them, and small enough, to fill any link to the full. */
async function watchConference(lab: Lab, viewer: Viewer, conference: readonly Publisher[]): Promise<void> {
  for (const publisher of conference) await lab.consume(viewer, publisher);
}

async function createConference(lab: Lab): Promise<Publisher[]> {
  const layers = [{ bitrate: 60_000 }, { bitrate: 200_000 }, { bitrate: 600_000 }];
  const conference: Publisher[] = [];
  for (let i = 0; i < 10; i++) conference.push(await lab.publish({ codec: 'VP8', layers, temporalLayers: 3 }));
  return conference;
}

/** By name. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  start: {
    description: 'a start on a link of 3 Mbps',
    run: steady({ link: { bandwidth: 3 * MBPS, queueLength: queueOf(3 * MBPS, 300) } }, simulcastFor(3 * MBPS)),
  },
  'capacity-steps': {
    description: 'the capacity falls from 2 to 0.5 Mbps and rises again',
    async run(lab) {
      const link = { bandwidth: 2 * MBPS, queueLength: queueOf(2 * MBPS, 300) };
      const { viewer } = await oneViewer(lab, { link }, simulcastFor(2 * MBPS));
      lab.at(20_000, () => lab.setLink(viewer, { bandwidth: 0.5 * MBPS }));
      lab.at(40_000, () => lab.setLink(viewer, { bandwidth: 2 * MBPS }));
      await lab.run(60_000);
    },
  },
  'deep-drop': {
    description: 'the capacity falls from 3 to 0.5 Mbps, of which the queue takes 150 ms, and rises again',
    async run(lab) {
      const link = { bandwidth: 3 * MBPS, queueLength: queueOf(0.5 * MBPS, 150) };
      const { viewer } = await oneViewer(lab, { link }, simulcastFor(3 * MBPS));
      lab.at(20_000, () => lab.setLink(viewer, { bandwidth: 0.5 * MBPS }));
      lab.at(40_000, () => lab.setLink(viewer, { bandwidth: 3 * MBPS }));
      await lab.run(60_000);
    },
  },
  'slow-ramps': {
    description: 'the capacity falls from 3 to 0.5 Mbps within 30 s, and rises again within 30 s',
    async run(lab) {
      const { viewer } = await oneViewer(lab, { link: { bandwidth: 3 * MBPS, queueLength: queueOf(2 * MBPS, 300) } });
      for (let second = 0; second < 60; second++) {
        const share = Math.abs(second - 30) / 30;
        lab.at(10_000 + second * 1000, () => lab.setLink(viewer, { bandwidth: (0.5 + 2.5 * share) * MBPS }));
      }
      await lab.run(80_000);
    },
  },
  'loss-1': randomLoss(0.01),
  'loss-5': randomLoss(0.05),
  'loss-10': randomLoss(0.1),
  'loss-20': randomLoss(0.2),
  'wifi-bursts': {
    description: 'bursts of loss and jitter as over bad Wi-Fi, on a link of 5 Mbps',
    run: steady({
      link: {
        bandwidth: 5 * MBPS,
        queueLength: queueOf(5 * MBPS, 200),
        jitter: 15,
        burstProbability: 0.002,
        burstLength: 8,
        burstLoss: 0.7,
      },
    }),
  },
  'rtt-20': roundTrip(20),
  'rtt-100': roundTrip(100),
  'rtt-300': roundTrip(300),
  'shallow-queue': queue(40),
  'deep-queue': queue(1000),
  codel: {
    description: 'a link of 2 Mbps with CoDel queue management',
    run: steady(
      { link: { bandwidth: 2 * MBPS, queueLength: queueOf(2 * MBPS, 1000), queuePolicy: 'codel' } },
      simulcastFor(2 * MBPS),
    ),
  },
  'competing-tcp': {
    description: 'a TCP transfer joins on a link of 4 Mbps at 15 s, and ends at 40 s',
    async run(lab) {
      const { viewer } = await oneViewer(lab, { link: { bandwidth: 4 * MBPS, queueLength: queueOf(4 * MBPS, 100) } });
      const flow = lab.createTcpFlow(viewer);
      lab.at(15_000, () => flow.start());
      lab.at(40_000, () => flow.stop());
      await lab.run(60_000);
    },
  },
  'two-transports': {
    description: 'two viewers with a transport each share a link of 4 Mbps',
    async run(lab) {
      const publisher = await lab.publish(simulcast);
      for (const name of ['one', 'other']) {
        const link = { bandwidth: 4 * MBPS, queueLength: queueOf(4 * MBPS, 200) };
        await lab.consume(await lab.watch({ name, ip: '10.2.9.9', link }), publisher);
      }
      await lab.run(60_000);
    },
  },
  conference: {
    description: 'a viewer of ten simulcast publishers on a link of 3 Mbps',
    async run(lab) {
      const conference = await createConference(lab);
      const viewer = await lab.watch({ link: { bandwidth: 3 * MBPS, queueLength: queueOf(3 * MBPS, 300) } });
      await watchConference(lab, viewer, conference);
      await lab.run(60_000);
    },
  },
  'two-conferences': {
    description: 'two viewers of ten simulcast publishers each share a link of 4 Mbps',
    async run(lab) {
      const conference = await createConference(lab);
      const link = { bandwidth: 4 * MBPS, queueLength: queueOf(4 * MBPS, 300) };
      const one = await lab.watch({ name: 'one', ip: '10.2.9.9', link });
      const other = await lab.watch({ name: 'other', ip: '10.2.9.9', link });
      await watchConference(lab, one, conference);
      lab.at(1000, () => watchConference(lab, other, conference));
      await lab.run(90_000);
    },
  },
  'application-limited': {
    description: 'a source of 300 kbps that becomes one of 2 Mbps after 30 s, on a link of 3 Mbps',
    async run(lab) {
      const { publisher } = await oneViewer(
        lab,
        { link: { bandwidth: 3 * MBPS, queueLength: queueOf(3 * MBPS, 300) } },
        camera(300_000),
      );
      lab.at(30_000, () => publisher.setBitrate(0, 2 * MBPS));
      await lab.run(60_000);
    },
  },
  'feedback-loss': {
    description: 'half of all packets to the worker get lost, feedback with them, and all of them for a second at 20 s',
    async run(lab) {
      const { viewer } = await oneViewer(lab, { link: { bandwidth: 3 * MBPS, queueLength: queueOf(3 * MBPS, 300) } });
      lab.setReturnLink(viewer, { loss: 0.5 });
      lab.at(20_000, () => lab.setReturnLink(viewer, { loss: 1 }));
      lab.at(21_000, () => lab.setReturnLink(viewer, { loss: 0.5 }));
      await lab.run(40_000);
    },
  },
  'lossy-publisher': {
    description: 'a viewer of two publishers, one of which loses 20 % of its packets on the way to the worker',
    async run(lab) {
      const lossy = await lab.publish(camera(1 * MBPS), { loss: 0.2 });
      const good = await lab.publish(camera(1 * MBPS));
      const viewer = await lab.watch({ link: { bandwidth: 4 * MBPS, queueLength: queueOf(4 * MBPS, 300) } });
      await lab.consume(viewer, lossy);
      await lab.consume(viewer, good);
      await lab.run(30_000);
    },
  },
  'join-under-load': {
    description:
      'a viewer on a link of 2 Mbps with 60 ms of queue watches a camera of 1.2 Mbps, and 15 s later another one of 500 kbps',
    async run(lab) {
      const one = await lab.publish(camera(1.2 * MBPS));
      const other = await lab.publish({ codec: 'VP8', layers: [{ bitrate: 500_000, keyFrameFactor: 20 }] });
      const viewer = await lab.watch({ link: { bandwidth: 2 * MBPS, queueLength: queueOf(2 * MBPS, 60) } });
      await lab.consume(viewer, one);
      const consumer = await lab.consume(viewer, other, { paused: true });
      lab.at(15_000, () => consumer.resume());
      await lab.run(30_000);
    },
  },
  'viewers-1': viewers(1),
  'viewers-5': viewers(5),
  'viewers-20': viewers(20),
  'pause-and-resume': {
    description: 'the viewer pauses at 15 s and resumes at 25 s, on a link of 2 Mbps',
    async run(lab) {
      const publisher = await lab.publish(simulcastFor(2 * MBPS));
      const viewer = await lab.watch({ link: { bandwidth: 2 * MBPS, queueLength: queueOf(2 * MBPS, 300) } });
      const consumer = await lab.consume(viewer, publisher);
      lab.at(15_000, () => consumer.pause());
      lab.at(25_000, () => consumer.resume());
      await lab.run(45_000);
    },
  },
  freeze: {
    description: 'nothing moves on a link of 2 Mbps for 5 s from 20 s on',
    async run(lab) {
      const link = { bandwidth: 2 * MBPS, queueLength: queueOf(2 * MBPS, 300) };
      const { viewer } = await oneViewer(lab, { link }, simulcastFor(2 * MBPS));
      lab.at(20_000, () => lab.setLink(viewer, { bandwidth: 0 }));
      lab.at(25_000, () => lab.setLink(viewer, { bandwidth: 2 * MBPS }));
      await lab.run(60_000);
    },
  },
  svc: {
    description:
      'VP9 with three spatial and three temporal layers; the capacity falls from 3 to 0.6 Mbps and rises again',
    async run(lab) {
      const { viewer } = await oneViewer(
        lab,
        { link: { bandwidth: 3 * MBPS, queueLength: queueOf(3 * MBPS, 300) } },
        {
          codec: 'VP9',
          layers: [{ bitrate: 150_000 }, { bitrate: 450_000 }, { bitrate: 1_500_000 }],
          temporalLayers: 3,
        },
      );
      lab.at(20_000, () => lab.setLink(viewer, { bandwidth: 0.6 * MBPS }));
      lab.at(40_000, () => lab.setLink(viewer, { bandwidth: 3 * MBPS }));
      await lab.run(60_000);
    },
  },
};

/** Runs a scenario. The same seed gives the same result. */
export async function runScenario(name: string, seed = 1): Promise<Lab> {
  const scenario = scenarios[name];
  if (!scenario) throw new Error(`no scenario "${name}"; there are ${Object.keys(scenarios).join(', ')}`);
  const lab = await Lab.create({ seed });
  await scenario.run(lab);
  return lab;
}
