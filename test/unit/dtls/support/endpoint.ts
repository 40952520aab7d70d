import { randomFillSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type DropReason } from '../../../../src/common/drop-reason.js';
import { Certificate } from '../../../../src/dtls/certificate.js';
import {
  DtlsTransport,
  type DtlsOwner,
  type DtlsRole,
  type DtlsSession,
  type DtlsTransportOptions,
} from '../../../../src/dtls/dtls-transport.js';
import { fingerprintOf } from '../../../../src/dtls/fingerprint.js';

export const random = { fill: (bytes: Uint8Array): void => void randomFillSync(bytes) };

export const fixture = (name: string): string =>
  readFileSync(new URL(`../../../fixtures/dtls/${name}`, import.meta.url), 'utf8');

/** Made once: generating RSA keys takes long. */
export const certificates = {
  p256: Certificate.generate(Date.parse('2026-01-01'), random),
  p384: Certificate.fromPem(fixture('p384.cert.pem'), fixture('p384.key.pem')),
  ed25519: Certificate.fromPem(fixture('ed25519.cert.pem'), fixture('ed25519.key.pem')),
  rsa: Certificate.fromPem(fixture('rsa.cert.pem'), fixture('rsa.key.pem')),
};

/** A transport that writes down what happens to it. */
export class Endpoint implements DtlsOwner {
  readonly transport: DtlsTransport;
  readonly certificate: Certificate;
  /** Datagrams sent and not taken yet. */
  sent: Uint8Array[] = [];
  readonly events: string[] = [];
  readonly received: Uint8Array[] = [];
  session: DtlsSession | undefined;
  /** Called when there is something in `sent`. */
  onSent: () => void = () => {};

  constructor(options: Partial<DtlsTransportOptions> = {}) {
    this.certificate = options.certificate ?? certificates.p256;
    this.transport = new DtlsTransport({ random, ...options, certificate: this.certificate }, this);
  }

  take(): Uint8Array[] {
    const sent = this.sent;
    this.sent = [];
    return sent;
  }

  /** Receives one datagram. */
  receive(datagram: Uint8Array, now = 0): DropReason {
    // Somewhere in a larger buffer, whose owner needs it again afterwards.
    const bytes = Buffer.alloc(datagram.length + 20);
    bytes.set(datagram, 7);
    const reason = this.transport.onPacket(bytes, 7, datagram.length, now);
    bytes.fill(0xff);
    return reason;
  }

  expect(peer: { certificate: Certificate }, now = 0): void {
    this.transport.setRemoteFingerprint(fingerprintOf(peer.certificate.der, 'sha-256'), now);
  }

  onDtlsSend(bytes: Uint8Array, offset: number, length: number): void {
    this.sent.push(new Uint8Array(bytes.subarray(offset, offset + length)));
    this.onSent();
  }

  onDtlsConnecting(): void {
    this.events.push('connecting');
  }

  onDtlsConnected(session: DtlsSession): void {
    this.events.push('connected');
    this.session = session;
  }

  onDtlsFailed(): void {
    this.events.push('failed');
  }

  onDtlsClosed(): void {
    this.events.push('closed');
  }

  onDtlsApplicationData(bytes: Uint8Array, offset: number, length: number): void {
    this.received.push(new Uint8Array(bytes.subarray(offset, offset + length)));
  }
}

/** A client and a server that expect each other's certificate. Not started. */
export function makePair(
  clientOptions: Partial<DtlsTransportOptions> = {},
  serverOptions: Partial<DtlsTransportOptions> = {},
): { client: Endpoint; server: Endpoint } {
  const client = new Endpoint(clientOptions);
  const server = new Endpoint(serverOptions);
  client.expect(server);
  server.expect(client);
  return { client, server };
}

export function start(endpoint: Endpoint, role: DtlsRole, now = 0): void {
  endpoint.transport.start(role, now);
}

/** Hands datagrams to and fro, over a perfect network and in no time, until nobody has anything to say. */
export function exchange(client: Endpoint, server: Endpoint, now = 0): void {
  for (let round = 0; round < 50 && client.sent.length + server.sent.length > 0; round++) {
    for (const datagram of client.take()) server.receive(datagram, now);
    for (const datagram of server.take()) client.receive(datagram, now);
  }
}

/** A pair with a connection. */
export function connect(
  clientOptions: Partial<DtlsTransportOptions> = {},
  serverOptions: Partial<DtlsTransportOptions> = {},
): { client: Endpoint; server: Endpoint } {
  const pair = makePair(clientOptions, serverOptions);
  start(pair.server, 'server');
  start(pair.client, 'client');
  exchange(pair.client, pair.server);
  return pair;
}
