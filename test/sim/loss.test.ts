import { expect, it } from 'vitest';
import { type RtpParameters } from '../../src/api/types/rtp-parameters.js';
import { Simulation } from '../../src/testing/simulation.js';
import { capabilitiesWithoutCongestionControl } from './support/capabilities.js';
import { Lossy, type LossPattern } from './support/lossy.js';
import { SimulatedWorker } from './support/simulated-worker.js';
import { PACKET_NUMBER_INDEX, VideoPublisher } from './support/video-publisher.js';
import { VideoReceiver } from './support/video-receiver.js';

/** A publisher, the worker and a receiver, 20 ms apart each. One of the two legs loses packets, in both directions. */

const [WORKER, PUBLISHER, RECEIVER] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
const DURATION = 20_000;
const LATENCY = 20;

type Leg = 'up' | 'down';

interface Result {
  sent: number;
  direct: number;
  delivered: number;
  duplicates: number;
  wrong: number;
  nacks: [publisher: number, worker: number];
  plis: [publisher: number, worker: number];
}

const cases = (['up', 'down'] as const).flatMap(leg =>
  (['random', 'bursts'] as const).flatMap(pattern =>
    [0.01, 0.05, 0.1].map((rate): [Leg, LossPattern, number] => [leg, pattern, rate]),
  ),
);

it('repairs what gets lost on either leg, and asks for no more than that', async () => {
  const rows: string[][] = [
    ['leg', 'loss', 'pattern', 'sent', 'direct', 'delivered', 'duplicates', 'NACKs up', 'down', 'PLIs up', 'down'],
  ];
  for (const [leg, pattern, rate] of cases) {
    const { sent, direct, delivered, duplicates, wrong, nacks, plis } = await run(leg, pattern, rate);
    const what = `${leg} ${pattern} ${rate}`;
    expect([what, wrong]).toEqual([what, 0]);
    // A repair of the first leg crosses the NACK for it on the second.
    expect([what, duplicates <= Math.max(...nacks)]).toEqual([what, true]);
    expect([what, delivered / sent > 0.999]).toEqual([what, true]);
    const counts = [sent, direct, delivered, duplicates, ...nacks, ...plis].map(String);
    rows.push([leg, `${rate * 100} %`, pattern, ...counts]);
  }
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => row[column].length)));
  const table = rows.map(row => row.map((cell, column) => cell.padStart(widths[column])).join('  ')).join('\n');
  await expect(`${table}\n`).toMatchFileSnapshot('snapshots/loss.txt');
});

async function run(leg: Leg, pattern: LossPattern, rate: number): Promise<Result> {
  const world = new Simulation({ seed: 7 });
  for (const peer of [PUBLISHER, RECEIVER]) world.network.setPath(WORKER, peer, { latency: LATENCY });
  const worker = await SimulatedWorker.start(world, WORKER);
  const lossy = (name: string, on: Leg): (() => boolean) => {
    const loss = new Lossy(on === leg ? rate : 0, pattern, world.random.fork(name));
    return () => loss.isLost();
  };
  const router = await worker.settle(
    worker.api.createRouter({ mediaCodecs: [{ kind: 'video', mimeType: 'video/VP8', clockRate: 90_000 }] }),
  );
  const listenInfo = { protocol: 'udp', ip: WORKER } as const;
  const publishing = await worker.settle(router.createPlainTransport({ listenInfo, comedia: true }));
  const producer = await worker.settle(publishing.produce({ kind: 'video', rtpParameters }));
  const receiving = await worker.settle(router.createPlainTransport({ listenInfo }));
  const rtpCapabilities = capabilitiesWithoutCongestionControl(router);
  const options = { producerId: producer.id, rtpCapabilities, enableRtx: true };
  const consumer = await worker.settle(receiving.consume({ ...options, paused: true }));

  const publisher = new VideoPublisher(world.createRuntime('publisher', PUBLISHER), {
    ip: PUBLISHER,
    streams: [{ ssrc: 1111, rtxSsrc: 1112, packetsPerFrame: 4 }],
    losesSent: lossy('publisher sends', 'up'),
    losesReceived: lossy('publisher receives', 'up'),
  });
  const {
    codecs: [media, rtx],
    encodings: [encoding] = [],
  } = consumer.rtpParameters;
  const numbers: number[] = [];
  const receiver = new VideoReceiver(world.createRuntime('receiver', RECEIVER), {
    ip: RECEIVER,
    ssrc: encoding.ssrc!,
    rtxSsrc: encoding.rtx!.ssrc,
    payloadType: media.payloadType,
    rtxPayloadType: rtx.payloadType,
    losesSent: lossy('receiver sends', 'down'),
    losesReceived: lossy('receiver receives', 'down'),
    onPacket: ({ view, payloadOffset }) => numbers.push(view.getUint32(payloadOffset + PACKET_NUMBER_INDEX)),
  });
  receiver.connect(WORKER, receiving.tuple.localPort);
  await worker.settle(receiving.connect({ ip: RECEIVER, port: receiver.socket.port }));
  await worker.settle(consumer.resume());
  publisher.start(WORKER, publishing.tuple.localPort);
  await world.time.advanceAsync(DURATION);
  publisher.stop();
  await world.time.advanceAsync(2000);
  const [stats] = await worker.settle(consumer.getStats());
  await worker.close();
  const { counts } = receiver;
  return {
    // Nobody misses what is lost at the very end.
    sent: Math.max(...numbers) + 1,
    direct: counts.direct,
    delivered: new Set(numbers).size,
    duplicates: counts.duplicates,
    wrong: numbers.length - new Set(numbers).size,
    nacks: [publisher.asked.nackedPackets, stats.nackPacketCount],
    plis: [publisher.asked.pli, stats.pliCount],
  };
}

const rtpParameters: RtpParameters = {
  codecs: [
    {
      mimeType: 'video/VP8',
      payloadType: 96,
      clockRate: 90_000,
      rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }],
    },
    { mimeType: 'video/rtx', payloadType: 97, clockRate: 90_000, parameters: { apt: 96 } },
  ],
  encodings: [{ ssrc: 1111, rtx: { ssrc: 1112 } }],
};
