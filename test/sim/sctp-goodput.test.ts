import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { timestampDiff } from '../../src/common/serial-number.js';
import { type LinkOptions } from '../../src/testing/link.js';
import { type VirtualTime } from '../../src/testing/virtual-time.js';
import {
  dataChunks,
  type ReceivedMessage,
  type SctpEndpoint,
  type SctpLink,
  SctpNetwork,
} from './support/sctp-network.js';
import { WeriftNetwork } from './support/werift-network.js';

/** One bulk transfer: as many messages as the association takes, for some time. */
interface Scenario {
  /** bps */
  readonly bandwidth: number;
  /** ms there and back */
  readonly rtt: number;
  readonly link?: Partial<LinkOptions>;
  /** s */
  readonly duration: number;
}

const MESSAGE_LENGTH = 16_384;
const BUFFERED = 262_144;

/** Who sends to whom, over which path. */
interface Route {
  readonly time: VirtualTime;
  /** The way of the data. */
  readonly link: SctpLink;
  readonly received: readonly ReceivedMessage[];
  /** Bytes that wait to be sent. */
  readonly buffered: number;
  connect(): Promise<void>;
  send(payload: Uint8Array): Promise<void>;
  run(ms: number): Promise<void>;
}

type RouteFactory = (link: Partial<LinkOptions>) => Route;

const send = (endpoint: SctpEndpoint, payload: Uint8Array): Promise<void> => {
  if (endpoint.send(1, payload) !== 'sent') throw new Error('not taken');
  return Promise.resolve();
};

const oursToOurs: RouteFactory = link => {
  const network = new SctpNetwork(1, link);
  const { a, z, time } = network;
  return {
    time,
    link: network.there,
    received: z.messages,
    get buffered() {
      return a.association.bufferedAmount(1);
    },
    connect: () => {
      a.connect();
      network.runUntil(() => a.events.includes('connected'), 60_000);
      return Promise.resolve();
    },
    send: payload => send(a, payload),
    run: ms => {
      time.advance(ms);
      return Promise.resolve();
    },
  };
};

const oursToWerift: RouteFactory = link => {
  const network = new WeriftNetwork(1, link, true);
  return {
    time: network.time,
    link: network.there,
    received: network.received,
    get buffered() {
      return network.ours.association.bufferedAmount(1);
    },
    connect: () => network.connect(),
    send: payload => send(network.ours, payload),
    run: ms => network.run(ms),
  };
};

const weriftToOurs: RouteFactory = link => {
  const network = new WeriftNetwork(1, link, true);
  return {
    time: network.time,
    link: network.back,
    received: network.ours.messages,
    get buffered() {
      return network.theirs.outboundQueue.reduce((sum, { userData }) => sum + userData.length, 0);
    },
    connect: () => network.connect(),
    send: payload => {
      // Its promise waits until all is sent.
      void network.theirs.send(1, 53, Buffer.from(payload));
      return Promise.resolve();
    },
    run: ms => network.run(ms),
  };
};

const transfer = async (createRoute: RouteFactory, scenario: Scenario): Promise<string> => {
  const { bandwidth, rtt, link, duration } = scenario;
  const route = createRoute({
    bandwidth,
    latency: rtt / 2,
    // A bandwidth-delay product, as routers should have, but not less than 20 packets.
    queueLength: Math.max((bandwidth * rtt) / 8000, 20 * 1280),
    ...link,
  });
  const { time, received } = route;
  const resent = countResent(route.link);
  await route.connect();
  const start = time.now();
  for (let sent = 0; time.now() < start + duration * 1000;) {
    while (route.buffered < BUFFERED) {
      const payload = new Uint8Array(MESSAGE_LENGTH);
      new DataView(payload.buffer).setUint32(0, sent++);
      await route.send(payload);
    }
    await route.run(1);
  }

  received.forEach(({ payload: { buffer, byteOffset } }, i) => {
    if (new DataView(buffer, byteOffset).getUint32(0) !== i) throw new Error('a message is missing');
  });
  const last = received.at(-1)?.at ?? Infinity;
  const goodput = (received.length * MESSAGE_LENGTH * 8) / Math.max(last - start, 1) / 1000;
  const { sent, lost, queueFull } = route.link.link.counters;
  return [
    `${bandwidth / 1e6} Mbps`.padStart(9),
    `${rtt} ms`.padStart(7),
    describeLink(link ?? {}).padEnd(34),
    `${goodput.toPrecision(3)} Mbps`.padStart(11),
    `${Math.round((goodput * 1e8) / bandwidth)} %`.padStart(6),
    `${(((lost + queueFull) * 100) / sent).toFixed(1)} %`.padStart(7),
    `${((resent() * 100) / sent).toFixed(1)} %`.padStart(7),
  ].join(' ');
};

/** Counts the packets with data that was sent before. */
const countResent = (link: SctpLink): (() => number) => {
  let count = 0;
  let highest: number | undefined;
  const send = link.send.bind(link);
  link.send = packet => {
    const [chunk] = dataChunks(packet);
    if (chunk) {
      if (highest !== undefined && timestampDiff(chunk.tsn, highest) <= 0) count++;
      else highest = chunk.tsn;
    }
    send(packet);
  };
  return () => count;
};

const describeLink = ({
  loss = 0,
  reordering = 0,
  reorderingDelay = 10,
  duplication = 0,
  jitter = 0,
}: Partial<LinkOptions>): string =>
  [
    loss > 0 && `loss ${loss * 100} %`,
    reordering > 0 && `${reordering * 100} % late by ${reorderingDelay} ms`,
    duplication > 0 && `${duplication * 100} % twice`,
    jitter > 0 && `jitter ${jitter} ms`,
  ]
    .filter(Boolean)
    .join(', ') || '-';

const table = async (createRoute: RouteFactory, scenarios: readonly Scenario[]): Promise<string> => {
  const rows: string[] = [];
  for (const scenario of scenarios) rows.push(await transfer(createRoute, scenario));
  return ['bandwidth     rtt link                                   goodput         lost  resent', ...rows].join('\n');
};

const goodPaths: readonly Scenario[] = [
  { bandwidth: 0.1e6, rtt: 100, duration: 60 },
  { bandwidth: 1e6, rtt: 10, duration: 20 },
  { bandwidth: 1e6, rtt: 300, duration: 30 },
  { bandwidth: 10e6, rtt: 50, duration: 10 },
  { bandwidth: 10e6, rtt: 300, duration: 20 },
  { bandwidth: 100e6, rtt: 10, duration: 3 },
  { bandwidth: 100e6, rtt: 100, duration: 6 },
];

const lossyPaths: readonly Scenario[] = [0.001, 0.01, 0.02, 0.05, 0.1].flatMap(loss => [
  { bandwidth: 10e6, rtt: 20, link: { loss }, duration: 20 },
  { bandwidth: 10e6, rtt: 100, link: { loss }, duration: 20 },
]);

const disorderlyPaths: readonly Scenario[] = [
  { bandwidth: 10e6, rtt: 50, link: { jitter: 20 }, duration: 10 },
  { bandwidth: 10e6, rtt: 50, link: { duplication: 0.1 }, duration: 10 },
  { bandwidth: 10e6, rtt: 50, link: { reordering: 0.05, reorderingDelay: 1 }, duration: 10 },
  { bandwidth: 10e6, rtt: 50, link: { reordering: 0.05, reorderingDelay: 20 }, duration: 10 },
  { bandwidth: 10e6, rtt: 50, link: { reordering: 0.02, duplication: 0.02, loss: 0.02, jitter: 20 }, duration: 10 },
];

/** werift takes long for each packet. */
const shortPaths: readonly Scenario[] = [
  { bandwidth: 0.1e6, rtt: 100, duration: 20 },
  { bandwidth: 1e6, rtt: 300, duration: 10 },
  { bandwidth: 10e6, rtt: 10, duration: 3 },
  { bandwidth: 100e6, rtt: 10, duration: 0.5 },
  { bandwidth: 10e6, rtt: 20, link: { loss: 0.01 }, duration: 4 },
  { bandwidth: 10e6, rtt: 100, link: { loss: 0.1 }, duration: 10 },
  { bandwidth: 10e6, rtt: 50, link: { duplication: 0.1 }, duration: 3 },
  { bandwidth: 10e6, rtt: 50, link: { reordering: 0.05, reorderingDelay: 20 }, duration: 4 },
];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('goodput of one SCTP association', () => {
  it('is near the bandwidth of a good path', async () => {
    expect(await table(oursToOurs, goodPaths)).toMatchSnapshot();
  });

  it('falls with loss as congestion control wants it', async () => {
    expect(await table(oursToOurs, lossyPaths)).toMatchSnapshot();
  });

  it('suffers from packets that come late, which look lost, and hardly from those that come twice', async () => {
    expect(await table(oursToOurs, disorderlyPaths)).toMatchSnapshot();
  });

  it.each([
    ['tsfu to tsfu', oursToOurs],
    ['tsfu to werift', oursToWerift],
    ['werift to tsfu', weriftToOurs],
  ])('can be compared, for a short time: %s', async (_, createRoute) => {
    expect(await table(createRoute, shortPaths)).toMatchSnapshot();
  });
});
