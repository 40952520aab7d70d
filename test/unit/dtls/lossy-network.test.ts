import { describe, expect, it } from 'vitest';
import { encodeClientHello } from '../../../src/dtls/hello.js';
import { fragment, plaintextRecord, ScriptedClient } from './support/scripted-peer.js';
import { Endpoint, certificates, makePair, start } from './support/endpoint.js';

/** mulberry32: good enough to decide about packets. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Sent {
  from: 'client' | 'server';
  /** Counts the datagrams of the sender. */
  index: number;
  at: number;
}

/**
 * What the network does with a datagram: when copies of it arrive, in ms after it was sent; nowhere if empty.
 */
type Network = (sent: Sent) => number[];

/** Runs a handshake in virtual time until both sides are done with it, or time is over. Returns when that was. */
function run(client: Endpoint, server: Endpoint, network: Network, until = 60_000): number {
  const inFlight: { to: Endpoint; datagram: Uint8Array; at: number; order: number }[] = [];
  let order = 0;
  const counters = { client: 0, server: 0 };
  const send = (from: 'client' | 'server', now: number): void => {
    const [sender, receiver] = from === 'client' ? [client, server] : [server, client];
    for (const datagram of sender.take()) {
      for (const delay of network({ from, index: counters[from]++, at: now })) {
        inFlight.push({ to: receiver, datagram, at: now + delay, order: order++ });
      }
    }
  };
  const isOver = (endpoint: Endpoint): boolean => endpoint.transport.state !== 'connecting';

  start(server, 'server', 0);
  start(client, 'client', 0);
  let now = 0;
  send('client', now);
  while (!(isOver(client) && isOver(server))) {
    inFlight.sort((a, b) => a.at - b.at || a.order - b.order);
    const next = Math.min(inFlight[0]?.at ?? Infinity, client.transport.nextDeadline, server.transport.nextDeadline);
    if (next > until) break;
    now = next;
    if (inFlight[0]?.at === now) {
      const { to, datagram } = inFlight.shift()!;
      to.receive(datagram, now);
    } else if (client.transport.nextDeadline === now) {
      client.transport.onTimeout(now);
    } else {
      server.transport.onTimeout(now);
    }
    send('client', now);
    send('server', now);
  }
  return now;
}

const states = ({ client, server }: { client: Endpoint; server: Endpoint }): string[] => [
  client.transport.state,
  server.transport.state,
];
const RTT = 40;
const perfect = [RTT / 2];

describe('on a network that is', () => {
  it('perfect, a handshake takes two round trips', () => {
    const pair = makePair();
    expect(run(pair.client, pair.server, () => perfect)).toBe(2 * RTT);
    expect(states(pair)).toEqual(['connected', 'connected']);
  });

  // Flight 0 is the client's hello, 1 the server's answer, 2 the client's second and 3 the server's second flight.
  it.each([0, 1, 2, 3])('losing flight %d once, it is repeated after 100 ms', flight => {
    const pair = makePair();
    const from = flight % 2 === 0 ? 'client' : 'server';
    const lost = Math.floor(flight / 2);
    const end = run(pair.client, pair.server, sent => (sent.from === from && sent.index === lost ? [] : perfect));
    expect(states(pair)).toEqual(['connected', 'connected']);
    expect(end).toBeLessThanOrEqual(2 * RTT + 100 + RTT);
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13])(
    'losing datagram %d of each side, with small datagrams',
    lost => {
      const pair = makePair({ mtu: 256 }, { mtu: 256 });
      run(pair.client, pair.server, sent => (sent.index === lost ? [] : perfect));
      expect(states(pair)).toEqual(['connected', 'connected']);
    },
  );

  it('slow, with a round trip longer than the first timers', () => {
    const pair = makePair();
    run(pair.client, pair.server, () => [400]);
    expect(states(pair)).toEqual(['connected', 'connected']);
  });

  it('duplicating everything', () => {
    const pair = makePair({ mtu: 256 }, { mtu: 256 });
    run(pair.client, pair.server, () => [20, 20, 35]);
    expect(states(pair)).toEqual(['connected', 'connected']);
  });

  it('reversing the order of everything', () => {
    const pair = makePair({ mtu: 256 }, { mtu: 256 });
    run(pair.client, pair.server, sent => [50 - sent.index]);
    expect(states(pair)).toEqual(['connected', 'connected']);
  });

  const seeds = Array.from({ length: 40 }, (_, seed) => seed);
  it.each([
    ['losing 30 %', 1350, 0.3],
    ['losing 30 % of small datagrams', 256, 0.3],
    ['losing 40 %', 1350, 0.4],
  ])('%s, reordering and duplicating, it completes', (_what, mtu, loss) => {
    for (const seed of seeds) {
      const random = seededRandom(seed);
      const certificate = seed % 2 === 0 ? certificates.p256 : certificates.rsa;
      const pair = makePair({ mtu, certificate }, { mtu, cookieExchange: seed % 3 === 0 });
      run(pair.client, pair.server, () => {
        if (random() < loss) return [];
        return random() < 0.1 ? [random() * 100, random() * 100] : [random() * 100];
      });
      expect([seed, ...states(pair)]).toEqual([seed, 'connected', 'connected']);
      expect(pair.client.session!.localKey).toEqual(pair.server.session!.remoteKey);
    }
  });
});

describe('without an answer', () => {
  it('a client repeats its hello after 100, 200, 400 ... at most 4000 ms, and gives up after 37 s', () => {
    const client = new Endpoint();
    const server = new Endpoint();
    const times: number[] = [];
    const end = run(client, server, ({ at }) => {
      times.push(at);
      return [];
    });
    const waits = times.slice(1).map((at, index) => at - times[index]);
    expect(waits).toEqual([100, 200, 400, 800, 1600, 3200, ...(Array(7).fill(4000) as number[])]);
    expect(end).toBe(37_000);
    expect(client.events).toEqual(['connecting', 'failed']);
    expect(client.transport.nextDeadline).toBe(Infinity);
  });

  it('a server that has heard nothing waits for ever', () => {
    const server = new Endpoint();
    start(server, 'server', 0);
    expect(server.transport.nextDeadline).toBe(Infinity);
    server.transport.onTimeout(1e9);
    expect(server.transport.state).toBe('connecting');
  });

  it('a server repeats its answer, and gives up too', () => {
    const { client, server } = makePair();
    start(server, 'server', 0);
    start(client, 'client', 0);
    server.receive(client.take()[0], 1000);
    let sent = server.take().length;
    while (server.transport.state === 'connecting') {
      server.transport.onTimeout(server.transport.nextDeadline);
      sent += server.take().length;
    }
    expect([sent, server.transport.state]).toEqual([14, 'failed']);
  });

  it('each flight has its own time', () => {
    const { client, server } = makePair();
    start(server, 'server', 0);
    start(client, 'client', 0);
    server.receive(client.take()[0], 0);
    const answer = server.take()[0];
    expect(client.transport.nextDeadline).toBe(100);
    client.receive(answer, 36_000);
    expect(client.transport.nextDeadline).toBe(36_100);
  });

  it('messages are repeated in new records', () => {
    const client = new Endpoint();
    start(client, 'client', 0);
    client.transport.onTimeout(100);
    const [first, second] = client.take();
    expect(first.subarray(13)).toEqual(second.subarray(13));
    expect([first[10], second[10]]).toEqual([0, 1]);
  });
});

describe('a peer that repeats itself', () => {
  it('is answered at once, but not faster than every 25 ms', () => {
    const server = new Endpoint();
    start(server, 'server', 0);
    const client = new ScriptedClient();
    client.greet(server);
    const hello = encodeClientHello(client.hello!);
    const answers: number[] = [];
    for (let now = 1; now < 100; now++) {
      server.receive(plaintextRecord(fragment({}, hello)), now);
      if (server.take().length > 0) answers.push(now);
    }
    expect(answers).toEqual([25, 50, 75]);
  });

  it('is not answered when the network repeats', () => {
    const { client, server } = makePair();
    start(server, 'server', 0);
    start(client, 'client', 0);
    const [hello] = client.take();
    server.receive(hello, 0);
    server.take();
    server.receive(hello, 1000);
    expect(server.sent).toEqual([]);
  });
});
