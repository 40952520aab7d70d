import { describe, expect, it } from 'vitest';
import { type LinkOptions } from '../../src/testing/link.js';
import { SctpNetwork } from './support/sctp-network.js';

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

const transfer = ({ bandwidth, rtt, link, duration }: Scenario): string => {
  const network = new SctpNetwork(
    1,
    // A queue of a bandwidth-delay product, as routers should have, but not less than 20 packets.
    { bandwidth, latency: rtt / 2, queueLength: Math.max((bandwidth * rtt) / 8000, 20 * 1280), ...link },
    { defaultStreamBufferedAmountLowThreshold: BUFFERED / 2 },
  );
  const { a, z, time } = network;
  let sent = 0;
  const refill = (): void => {
    while (a.association.bufferedAmount(1) < BUFFERED) {
      const payload = new Uint8Array(MESSAGE_LENGTH);
      new DataView(payload.buffer).setUint32(0, sent++);
      if (a.send(1, payload) !== 'sent') throw new Error('not taken');
    }
  };
  a.onBufferedAmountLow = refill;
  a.connect();
  network.runUntil(() => a.events.includes('connected'), 60_000);
  const start = time.now();
  refill();
  time.advance(duration * 1000);

  z.messages.forEach(({ payload: { buffer, byteOffset } }, i) => {
    if (new DataView(buffer, byteOffset).getUint32(0) !== i) throw new Error('a message is missing');
  });
  const last = z.messages.at(-1)?.at ?? Infinity;
  const goodput = (z.messages.length * MESSAGE_LENGTH * 8) / Math.max(last - start, 1) / 1000;
  const { rtxPackets, txPackets } = a.association.metrics;
  const lost = network.there.link.counters.lost + network.there.link.counters.queueFull;
  return [
    `${bandwidth / 1e6} Mbps`.padStart(9),
    `${rtt} ms`.padStart(7),
    describeLink(link ?? {}).padEnd(34),
    `${goodput.toPrecision(3)} Mbps`.padStart(11),
    `${Math.round((goodput * 1e8) / bandwidth)} %`.padStart(6),
    `${((lost * 100) / txPackets).toFixed(1)} %`.padStart(7),
    `${((rtxPackets * 100) / txPackets).toFixed(1)} %`.padStart(7),
  ].join(' ');
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

const table = (scenarios: readonly Scenario[]): string =>
  [
    'bandwidth     rtt link                                   goodput         lost  resent',
    ...scenarios.map(transfer),
  ].join('\n');

describe('goodput of one SCTP association', () => {
  it('is near the bandwidth of a good path', () => {
    expect(
      table([
        { bandwidth: 0.1e6, rtt: 100, duration: 60 },
        { bandwidth: 1e6, rtt: 10, duration: 20 },
        { bandwidth: 1e6, rtt: 300, duration: 30 },
        { bandwidth: 10e6, rtt: 50, duration: 10 },
        { bandwidth: 10e6, rtt: 300, duration: 20 },
        { bandwidth: 100e6, rtt: 10, duration: 3 },
        { bandwidth: 100e6, rtt: 100, duration: 6 },
      ]),
    ).toMatchSnapshot();
  });

  it('falls with loss as congestion control wants it', () => {
    expect(
      table(
        [0.001, 0.01, 0.02, 0.05, 0.1].flatMap(loss => [
          { bandwidth: 10e6, rtt: 20, link: { loss }, duration: 20 },
          { bandwidth: 10e6, rtt: 100, link: { loss }, duration: 20 },
        ]),
      ),
    ).toMatchSnapshot();
  });

  it('suffers from packets that come late, which look lost, and hardly from those that come twice', () => {
    expect(
      table([
        { bandwidth: 10e6, rtt: 50, link: { jitter: 20 }, duration: 10 },
        { bandwidth: 10e6, rtt: 50, link: { duplication: 0.1 }, duration: 10 },
        { bandwidth: 10e6, rtt: 50, link: { reordering: 0.05, reorderingDelay: 1 }, duration: 10 },
        { bandwidth: 10e6, rtt: 50, link: { reordering: 0.05, reorderingDelay: 20 }, duration: 10 },
        {
          bandwidth: 10e6,
          rtt: 50,
          link: { reordering: 0.02, duplication: 0.02, loss: 0.02, jitter: 20 },
          duration: 10,
        },
      ]),
    ).toMatchSnapshot();
  });
});
