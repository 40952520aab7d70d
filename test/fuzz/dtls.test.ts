import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FatalAlert } from '../../src/dtls/alert.js';
import {
  decodeCertificate,
  decodeCertificateRequest,
  decodeCertificateVerify,
  decodeClientKeyExchange,
  decodeServerKeyExchange,
} from '../../src/dtls/dtls12/messages.js';
import { decodeSupportedVersions, decodeUseSrtp } from '../../src/dtls/extension.js';
import { decodeClientHello, decodeHelloVerifyRequest, decodeServerHello } from '../../src/dtls/hello.js';
import { parsePeerCertificate } from '../../src/dtls/peer-certificate.js';
import { certificates, connect, Endpoint, makePair, start } from '../unit/dtls/support/endpoint.js';
import { fragment, plaintextRecord, ScriptedClient } from '../unit/dtls/support/scripted-peer.js';

// fast-check prints the seed of a run that fails.

/** Something that looks like a record, more or less. */
const recordLike = fc
  .record({
    type: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 20, max: 23 }) }, fc.nat(255)),
    version: fc.constantFrom(0xfefd, 0xfeff, 0xfefc),
    epoch: fc.constantFrom(0, 0, 0, 1, 2),
    sequence: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    content: fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc
        .record({
          type: fc.constantFrom(0, 1, 2, 3, 11, 12, 13, 14, 15, 16, 20, 99),
          sequence: fc.nat(5),
          length: fc.oneof(fc.nat(80), fc.nat(70_000)),
          fragmentOffset: fc.nat(30),
          content: fc.uint8Array({ maxLength: 60 }),
        })
        .map(({ content, ...header }) => fragment(header, content)),
    ),
  })
  .map(({ content, ...header }) => plaintextRecord(content, header));

const datagramLike = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.array(recordLike, { maxLength: 4 }).map(records => new Uint8Array(Buffer.concat(records))),
);

/** How one datagram is spoilt. */
interface Mutation {
  datagram: number;
  kind: 'flip' | 'cut' | 'splice' | 'repeat';
  at: number;
  value: number;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  datagram: fc.nat(25),
  kind: fc.constantFrom('flip', 'cut', 'splice', 'repeat'),
  at: fc.nat(1500),
  value: fc.integer({ min: 1, max: 255 }),
});

function mutate(datagram: Uint8Array, { kind, at, value }: Mutation): Uint8Array {
  const position = at % datagram.length;
  const copy = new Uint8Array(datagram);
  switch (kind) {
    case 'flip':
      copy[position] ^= value;
      return copy;
    case 'cut':
      return copy.subarray(0, position);
    case 'splice':
      return new Uint8Array(Buffer.concat([copy.subarray(0, position), copy.subarray(value % copy.length)]));
    case 'repeat':
      return new Uint8Array(Buffer.concat([copy, copy.subarray(position)]));
  }
}

/** Runs a handshake in which some datagrams are spoilt: instead of being delivered, or before they are. */
function runSpoilt(client: Endpoint, server: Endpoint, mutations: Mutation[], deliverOriginal: boolean): void {
  let count = 0;
  let now = 0;
  const deliver = (to: Endpoint, datagrams: Uint8Array[]): void => {
    for (const datagram of datagrams) {
      const applied = mutations.filter(one => one.datagram === count);
      count++;
      for (const one of applied) to.receive(mutate(datagram, one), now);
      if (applied.length === 0 || deliverOriginal) to.receive(datagram, now);
    }
  };
  start(server, 'server');
  start(client, 'client');
  for (let round = 0; round < 40; round++) {
    deliver(server, client.take());
    deliver(client, server.take());
    if (client.sent.length > 0) continue;
    now = Math.min(client.transport.nextDeadline, server.transport.nextDeadline);
    if (now === Infinity) break;
    for (const { transport } of [client, server]) if (transport.nextDeadline <= now) transport.onTimeout(now);
  }
}

/** Whoever is connected knows the right peer; if both are, they have the same keys. */
function expectHonest(client: Endpoint, server: Endpoint): void {
  for (const [one, other] of [
    [client, server],
    [server, client],
  ]) {
    if (one.session) expect(one.session.remoteCertificatePem).toBe(other.certificate.pem);
  }
  if (client.session && server.session) {
    expect(client.session.srtpProfile).toBe(server.session.srtpProfile);
    expect(client.session.localKey).toEqual(server.session.remoteKey);
    expect(client.session.remoteKey).toEqual(server.session.localKey);
  }
}

describe('DTLS', () => {
  it('survives any datagrams before and during a handshake', () => {
    fc.assert(
      fc.property(fc.array(datagramLike, { maxLength: 30 }), datagrams => {
        const { client, server } = makePair();
        start(client, 'client');
        start(server, 'server');
        const busy = new Endpoint();
        start(busy, 'server');
        new ScriptedClient().greet(busy);
        for (const endpoint of [client, server, busy]) {
          for (const datagram of datagrams) endpoint.receive(datagram);
          expect(['connecting', 'failed']).toContain(endpoint.transport.state);
          expect(endpoint.received).toEqual([]);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('is not moved by any datagrams once it is connected', () => {
    const { client, server } = connect();
    fc.assert(
      fc.property(fc.array(datagramLike, { maxLength: 30 }), datagrams => {
        for (const endpoint of [client, server]) {
          for (const datagram of datagrams) endpoint.receive(datagram);
          expect(endpoint.transport.state).toBe('connected');
          expect([endpoint.received, endpoint.sent]).toEqual([[], []]);
        }
      }),
      { numRuns: 500 },
    );
    client.transport.send(Uint8Array.of(1), 0, 1);
    server.receive(client.take()[0]);
    expect(server.received).toHaveLength(1);
  });

  it('connects rightly or not at all when datagrams are spoilt', () => {
    fc.assert(
      fc.property(
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(256, 1350),
        fc.boolean(),
        (mutations, mtu, deliverOriginal) => {
          const { client, server } = makePair({ mtu }, { mtu, certificate: certificates.p384 });
          runSpoilt(client, server, mutations, deliverOriginal);
          expectHonest(client, server);
        },
      ),
      { numRuns: 250 },
    );
  });

  const decoders: [string, (body: Uint8Array) => unknown][] = [
    ['ClientHello', decodeClientHello],
    ['ServerHello', decodeServerHello],
    ['HelloVerifyRequest', decodeHelloVerifyRequest],
    ['Certificate', decodeCertificate],
    ['ServerKeyExchange', decodeServerKeyExchange],
    ['CertificateRequest', decodeCertificateRequest],
    ['CertificateVerify', decodeCertificateVerify],
    ['ClientKeyExchange', decodeClientKeyExchange],
    ['use_srtp', decodeUseSrtp],
    ['supported_versions', decodeSupportedVersions],
    ['an X.509 certificate', parsePeerCertificate],
  ];
  it.each(decoders)('reads or refuses any %s', (_what, decode) => {
    const hello = new ScriptedClient().helloBody();
    const seeds = [hello, certificates.p256.der, certificates.rsa.der];
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc.tuple(fc.constantFrom(...seeds), mutation).map(([seed, how]) => mutate(seed, how)),
        ),
        body => {
          try {
            decode(body);
          } catch (error) {
            expect(error).toBeInstanceOf(FatalAlert);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
