import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type LinkOptions } from '../../src/testing/link.js';
import { SeededRandom } from '../../src/testing/seeded-random.js';
import { WeriftNetwork } from './support/werift-network.js';

const messages = (count: number, random: SeededRandom): Buffer[] =>
  Array.from({ length: count }, (_, i) => {
    const payload = Buffer.alloc(4 + Math.floor(random.next() ** 4 * 15_000), i & 0xff);
    payload.writeUInt32BE(i);
    return payload;
  });

const hashOf = (payload: Uint8Array): string =>
  `${Buffer.from(payload).readUInt32BE()}:${payload.length}:${payload.at(-1)}`;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('an association with werift', () => {
  it.each([
    ['we begin', true],
    ['werift begins', false],
  ])('is established when %s, and says what was agreed on', async (_name, theirsIsServer) => {
    const network = new WeriftNetwork(1, { latency: 10 }, theirsIsServer);
    await network.connect();
    expect(network.ours.association.negotiated).toMatchObject({
      partialReliability: true,
      messageInterleaving: false,
      reconfiguration: true,
    });
  });

  it('is established when both begin', async () => {
    const network = new WeriftNetwork(1, { latency: 10 }, false);
    network.ours.connect();
    await network.connect();
    network.ours.send(1, Buffer.from('hello'), {}, 51);
    await network.theirs.send(2, 51, Buffer.from('hi'));
    await network.run(1000);
    expect(network.received.map(({ payload }) => Buffer.from(payload).toString())).toEqual(['hello']);
    expect(network.ours.messages.map(({ payload }) => Buffer.from(payload).toString())).toEqual(['hi']);
  });

  it.each<[name: string, link: Partial<LinkOptions>]>([
    ['a perfect path', { latency: 10 }],
    ['2 % loss', { latency: 10, loss: 0.02 }],
    ['10 % loss', { latency: 30, loss: 0.1 }],
    ['packets that come twice or late', { latency: 20, duplication: 0.05, reordering: 0.05, reorderingDelay: 15 }],
  ])('delivers every message in order, both ways: %s', async (_name, link) => {
    const network = new WeriftNetwork(1, link, true);
    await network.connect();
    const random = new SeededRandom(2);
    const [fromUs, fromThem] = [messages(60, random), messages(60, random)];
    for (const [i, payload] of fromUs.entries()) {
      network.ours.send(1, payload, {}, 53);
      void network.theirs.send(2, 53, fromThem[i]);
      await network.run(20);
    }
    await network.runUntil(() => network.received.length >= 60 && network.ours.messages.length >= 60, 240_000);
    expect(network.received.map(({ payload }) => hashOf(payload))).toEqual(fromUs.map(hashOf));
    expect(network.ours.messages.map(({ payload }) => hashOf(payload))).toEqual(fromThem.map(hashOf));
  });

  // There is no reliable channel besides: werift acknowledges messages of those but does not deliver them then.
  it('gives messages up that may not be sent again, and goes on', async () => {
    const network = new WeriftNetwork(3, { latency: 10, loss: 0.1 }, true);
    await network.connect();
    for (let i = 0; i < 200; i++) {
      const payload = Buffer.alloc(100);
      payload.writeUInt32BE(i);
      network.ours.send(1, payload, { maxRetransmissions: 0 });
      void network.theirs.send(3, 53, payload, { ordered: true, maxRetransmits: 0 });
      await network.run(10);
    }
    await network.run(20_000);
    const numbers = (of: readonly { streamId: number; payload: Uint8Array }[], streamId: number): number[] =>
      of.filter(message => message.streamId === streamId).map(({ payload }) => Buffer.from(payload).readUInt32BE());
    for (const partial of [numbers(network.received, 1), numbers(network.ours.messages, 3)]) {
      expect(partial.length).toBeGreaterThan(150);
      expect(partial).toEqual([...partial].sort((a, b) => a - b));
    }
    // With werift a limit of 0 is none.
    expect(numbers(network.received, 1).length).toBeLessThan(200);
    expect(network.ours.association.state).toBe('connected');
  });

  it('resets streams, whoever asks for it', async () => {
    const network = new WeriftNetwork(1, { latency: 10 }, true);
    await network.connect();
    network.ours.send(4, Buffer.from('before'));
    await network.run(100);
    network.ours.resetStream(4);
    await network.run(1000);
    expect(network.resetStreams).toEqual([4]);
    expect(network.ours.events).toContain('reset 4 performed');

    await network.theirs.send(6, 53, Buffer.from('before'));
    network.theirs.reconfigQueue.push(6);
    await network.theirs.transmitReconfigRequest();
    await network.run(1000);
    expect(network.ours.events).toContain('reset 6 after 1');
  });

  it('ends when either side aborts it', async () => {
    const [first, second] = [new WeriftNetwork(1, { latency: 10 }, true), new WeriftNetwork(1, { latency: 10 }, true)];
    await first.connect();
    first.ours.close();
    await first.run(100);
    expect(first.theirs.state).toBe('closed');
    await second.connect();
    await second.theirs.abort();
    await second.run(100);
    expect(second.ours.association.state).toBe('closed');
  });
});
