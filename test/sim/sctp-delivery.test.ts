import { describe, expect, it } from 'vitest';
import { type SctpSendOptions } from '../../src/sctp/association-owner.js';
import { type SctpAssociationOptions } from '../../src/sctp/options.js';
import { type LinkOptions } from '../../src/testing/link.js';
import { type SeededRandom } from '../../src/testing/seeded-random.js';
import { dataChunks, type ReceivedMessage, type SctpEndpoint, SctpNetwork } from './support/sctp-network.js';

/** The kinds of data channels, by stream. */
const channels: readonly SctpSendOptions[] = [
  {},
  { unordered: true },
  { lifetime: 300 },
  { unordered: true, lifetime: 100 },
  { maxRetransmissions: 2 },
  { unordered: true, maxRetransmissions: 0 },
];

interface SentMessage {
  readonly streamId: number;
  readonly index: number;
  readonly payload: Uint8Array;
  /** ms */
  readonly at: number;
}

/** Sends messages of many sizes on all channels, and knows what it sent. */
class Talker {
  readonly sent: SentMessage[] = [];
  /** Times that each TSN was sent, and when first, with the stream that it belongs to. */
  readonly transmissions = new Map<
    number,
    { streamId: number; count: number; firstAt: number; index: number | undefined }
  >();

  readonly #network: SctpNetwork;
  readonly #endpoint: SctpEndpoint;
  readonly #random: SeededRandom;
  readonly #nextIndex = channels.map(() => 0);

  constructor(network: SctpNetwork, endpoint: SctpEndpoint, random: SeededRandom) {
    this.#network = network;
    this.#endpoint = endpoint;
    this.#random = random;
    endpoint.onPacketSent = packet => {
      for (const chunk of dataChunks(packet)) {
        const transmission = this.transmissions.get(chunk.tsn);
        if (transmission) {
          transmission.count++;
        } else {
          const index = chunk.beginning ? new DataView(chunk.payload().buffer).getUint32(0) : undefined;
          this.transmissions.set(chunk.tsn, { streamId: chunk.streamId, count: 1, firstAt: network.time.now(), index });
        }
      }
    };
  }

  /** Sends messages for so long, ms. */
  talk(duration: number): void {
    const { time } = this.#network;
    const end = time.now() + duration;
    const speak = (): void => {
      if (time.now() >= end) return;
      this.#say(Math.floor(this.#random.next() * channels.length));
      time.after(this.#random.next() * 40, speak);
    };
    speak();
  }

  #say(streamId: number): void {
    // Mostly small, sometimes of many fragments.
    const length = 4 + Math.floor(this.#random.next() ** 10 * 20_000);
    const payload = new Uint8Array(length);
    for (let i = 4; i < length; i += 97) payload[i] = this.#random.uint32();
    const index = this.#nextIndex[streamId];
    new DataView(payload.buffer).setUint32(0, index);
    if (this.#endpoint.send(streamId, payload, channels[streamId], 51 + streamId) !== 'sent') return;
    this.#nextIndex[streamId]++;
    this.sent.push({ streamId, index, payload, at: this.#network.time.now() });
  }
}

const indexOf = ({ payload }: ReceivedMessage): number => new DataView(payload.buffer, payload.byteOffset).getUint32(0);

/** What holds for the messages of every channel, whatever the network did. */
const check = (talker: Talker, listener: SctpEndpoint): void => {
  for (const [streamId, { unordered = false, lifetime, maxRetransmissions }] of channels.entries()) {
    const sent = talker.sent.filter(message => message.streamId === streamId);
    const received = listener.messages.filter(message => message.streamId === streamId);
    const indices = received.map(indexOf);
    const isReliable = lifetime === undefined && maxRetransmissions === undefined;

    // Nothing comes twice, nothing is damaged.
    expect(new Set(indices).size).toBe(indices.length);
    for (const message of received) {
      const original = sent[indexOf(message)];
      expect(Buffer.compare(message.payload, original.payload)).toBe(0);
      expect(message.ppid).toBe(51 + streamId);
    }
    if (!unordered) expect(indices).toEqual([...indices].sort((x, y) => x - y));
    if (isReliable) expect(indices.length).toBe(sent.length);
    else if (maxRetransmissions !== undefined) expect(indices.length).toBeGreaterThan(0);

    const transmissions = [...talker.transmissions.values()].filter(of => of.streamId === streamId);
    if (maxRetransmissions !== undefined) {
      expect(Math.max(...transmissions.map(({ count }) => count))).toBeLessThanOrEqual(maxRetransmissions + 1);
    }
    if (lifetime !== undefined) {
      for (const { index, firstAt } of transmissions) {
        if (index !== undefined) expect(firstAt - sent[index].at).toBeLessThanOrEqual(lifetime + 1);
      }
    }
  }
};

const bothTalk = (
  seed: number,
  link: Partial<LinkOptions>,
  options: Partial<SctpAssociationOptions>,
): { a: SctpEndpoint; z: SctpEndpoint; talkers: Talker[] } => {
  const network = new SctpNetwork(seed, link, options);
  const { a, z, time, random } = network;
  const talkers = [new Talker(network, a, random.fork('talk a')), new Talker(network, z, random.fork('talk z'))];
  // Both start at once, as with browsers.
  a.connect();
  z.connect();
  for (const talker of talkers) talker.talk(6000);
  time.advance(6000);
  const isDone = (): boolean =>
    [a, z].every(({ association }) => association.totalBufferedAmount === 0 && association.metrics.unackedChunks === 0);
  network.runUntil(isDone, 120_000);
  time.advance(2000);
  expect([a.association.state, z.association.state]).toEqual(['connected', 'connected']);
  for (const { events } of [a, z]) expect(events.filter(event => event.startsWith('error'))).toEqual([]);
  check(talkers[0], z);
  check(talkers[1], a);
  return { a, z, talkers };
};

describe.each([
  ['I-DATA', { messageInterleaving: true }],
  ['DATA', { messageInterleaving: false }],
])('messages over %s', (_name, options) => {
  it.each<[name: string, link: Partial<LinkOptions>]>([
    ['a perfect path', { latency: 5 }],
    ['1 % loss', { latency: 20, loss: 0.01 }],
    ['10 % loss', { latency: 20, loss: 0.1 }],
    ['10 % loss and a long way', { latency: 150, loss: 0.1 }],
    ['packets that come late', { latency: 10, reordering: 0.1, reorderingDelay: 30 }],
    ['packets that come twice', { latency: 10, duplication: 0.2 }],
    ['all of that', { latency: 50, jitter: 30, loss: 0.05, reordering: 0.05, reorderingDelay: 40, duplication: 0.05 }],
    ['a narrow path', { latency: 50, bandwidth: 3e6, queueLength: 30_000 }],
    ['a narrow path with loss', { latency: 50, bandwidth: 3e6, queueLength: 30_000, loss: 0.03 }],
  ])('come as their channels promise: %s', (_path, link) => {
    for (let seed = 1; seed <= 3; seed++) bothTalk(seed, link, options);
  });

  it('all come when nothing gets lost', () => {
    const { a, z, talkers } = bothTalk(1, { latency: 20 }, options);
    expect([a.messages.length, z.messages.length]).toEqual([talkers[1].sent.length, talkers[0].sent.length]);
  });

  it('are the same in every run', () => {
    const link = { latency: 20, loss: 0.05, jitter: 10 };
    const runs = [1, 2].map(() => {
      const { a, z } = bothTalk(7, link, options);
      return [a, z].map(({ messages, association }) => [
        messages.map(({ at, ppid }) => [at, ppid]),
        association.metrics,
      ]);
    });
    expect(runs[0]).toEqual(runs[1]);
  });
});

describe('stream resets on a bad path', () => {
  it('come behind all messages of the stream, and before those that are sent afterwards', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const network = new SctpNetwork(seed, { latency: 30, loss: 0.1, reordering: 0.1, reorderingDelay: 50 });
      const { a, z, time } = network;
      a.connect();
      const expected: string[] = [];
      const log: string[] = [];
      z.onMessage = ({ payload }) => log.push(new TextDecoder().decode(payload));
      const onReset = z.onSctpStreamReset.bind(z);
      z.onSctpStreamReset = streamId => {
        onReset(streamId);
        log.push('reset');
      };
      const encoder = new TextEncoder();
      for (let round = 0; round < 5; round++) {
        for (let i = 0; i < 20; i++) {
          a.send(3, encoder.encode(`${round}.${i}`));
          expected.push(`${round}.${i}`);
        }
        // A reset discards what waits.
        network.runUntil(() => a.association.bufferedAmount(3) === 0 && a.events.includes('connected'), 60_000);
        a.resetStream(3);
        expected.push('reset');
      }
      time.advance(60_000);
      expect(log).toEqual(expected);
      expect(a.events.filter(event => event === 'reset 3 performed')).toHaveLength(5);
    }
  });
});

describe('a path that breaks', () => {
  it('ends an association after ten retransmissions, on both sides', () => {
    const network = new SctpNetwork(1, { latency: 20 });
    const { a, z, time } = network;
    a.connect();
    time.advance(1000);
    a.send(1, new Uint8Array(100));
    z.send(1, new Uint8Array(100));
    time.advance(1000);
    for (const { link } of [network.there, network.back]) link.options = { ...link.options, loss: 1 };
    a.send(1, new Uint8Array(100));
    z.send(1, new Uint8Array(100));
    time.advance(600_000);
    expect(a.events.at(-1)).toBe('closed');
    expect(z.events.at(-1)).toBe('closed');
  });

  it('delivers everything when it comes back in time', () => {
    const network = new SctpNetwork(1, { latency: 20 });
    const { a, z, time } = network;
    a.connect();
    time.advance(1000);
    for (const { link } of [network.there, network.back]) link.options = { ...link.options, loss: 1 };
    for (let i = 0; i < 100; i++) a.send(1, new Uint8Array(2000).fill(i));
    time.advance(20_000);
    expect(z.messages).toEqual([]);
    for (const { link } of [network.there, network.back]) link.options = { ...link.options, loss: 0 };
    time.advance(60_000);
    expect(z.messages.map(({ payload }) => payload[1999])).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });
});
