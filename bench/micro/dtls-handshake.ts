/**
 * What a DTLS handshake costs, step by step: each line is one synchronous call, which nothing else of the worker can
 * interrupt. The median is what counts on a machine that does other things too.
 *
 *     npx esbuild bench/micro/dtls-handshake.ts --bundle --platform=node --format=esm --outfile=dist/bench/dtls.mjs
 *     node dist/bench/dtls.mjs
 */
import { randomFillSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Certificate } from '../../src/dtls/certificate.js';
import { DtlsTransport, type DtlsOwner } from '../../src/dtls/dtls-transport.js';
import { fingerprintOf } from '../../src/dtls/fingerprint.js';

const HANDSHAKES = 200;
const random = { fill: (bytes: Uint8Array): void => void randomFillSync(bytes) };

class Endpoint implements DtlsOwner {
  readonly transport: DtlsTransport;
  sent: Uint8Array[] = [];
  constructor(certificate: Certificate, remote: Certificate) {
    this.transport = new DtlsTransport({ certificate, random }, this);
    this.transport.setRemoteFingerprint(fingerprintOf(remote.der, 'sha-256'), 0);
  }
  onDtlsSend(bytes: Uint8Array, offset: number, length: number): void {
    this.sent.push(bytes.slice(offset, offset + length));
  }
  onDtlsConnecting(): void {}
  onDtlsConnected(): void {}
  onDtlsFailed(): void {}
  onDtlsClosed(): void {}
  onDtlsApplicationData(): void {}
}

let steps = new Map<string, number[]>();
function timed<T>(name: string, step: () => T): T {
  const begin = performance.now();
  const result = step();
  const times = steps.get(name) ?? [];
  times.push(performance.now() - begin);
  steps.set(name, times);
  return result;
}

function fixture(name: string): Certificate {
  const pem = (what: string): string => readFileSync(`test/fixtures/dtls/${name}.${what}.pem`, 'utf8');
  return Certificate.fromPem(pem('cert'), pem('key'));
}

/** As many DTLS records as fit into a datagram, none of them authentic: each costs a decryption that fails. */
function forgedRecords(): Uint8Array {
  const recordLength = 13 + 24;
  const datagram = new Uint8Array(Math.floor(65_507 / recordLength) * recordLength);
  for (let at = 0, sequence = 100; at < datagram.length; at += recordLength, sequence++) {
    datagram.set([23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, sequence >> 8, sequence & 0xff, 0, 24], at);
  }
  return datagram;
}

function handshake(mine: Certificate, theirs: Certificate): void {
  const client = new Endpoint(theirs, mine);
  const server = new Endpoint(mine, theirs);
  server.transport.start('server', 0);
  timed('client: say hello', () => client.transport.start('client', 0));
  const hand = (name: string, from: Endpoint, to: Endpoint): void => {
    const datagrams = from.sent;
    from.sent = [];
    timed(name, () => {
      for (const datagram of datagrams) to.transport.onPacket(datagram, 0, datagram.length, 0);
    });
  };
  hand('server: answer a ClientHello', client, server);
  hand('client: answer a server', server, client);
  hand('server: verify the client, finish', client, server);
  hand('client: verify Finished', server, client);
  if (client.transport.state !== 'connected' || server.transport.state !== 'connected') {
    throw new Error('no connection');
  }
  const message = new Uint8Array(1200);
  timed('send 1200 bytes of data', () => client.transport.send(message, 0, message.length));
  hand('receive 1200 bytes of data', client, server);
  timed('drop 64 KiB of forged records', () => server.transport.onPacket(forged, 0, forged.length, 0));
}

const forged = forgedRecords();
const [generated, other] = [Certificate.generate(Date.now(), random), Certificate.generate(Date.now(), random)];
const [p384, rsa] = [fixture('p384'), fixture('rsa')];
for (const [name, mine, theirs] of [
  ['P-256', generated, other],
  ['P-384', p384, p384],
  ['RSA-2048', rsa, rsa],
] as const) {
  steps = new Map();
  for (let i = 0; i < HANDSHAKES; i++) handshake(mine, theirs);
  if (mine === generated) {
    for (let i = 0; i < HANDSHAKES; i++) timed('generate a certificate', () => Certificate.generate(0, random));
  }
  console.log(`${HANDSHAKES} handshakes, ${name} certificates on both sides, X25519, AES-128-GCM; µs`);
  console.log(`${'step'.padEnd(36)}${['median', '90 %', '99 %'].map(column => column.padStart(8)).join('')}`);
  for (const [step, times] of steps) {
    times.sort((a, b) => a - b);
    const at = (share: number): string => (1000 * times[Math.floor(share * (times.length - 1))]).toFixed(0).padStart(8);
    console.log(`${step.padEnd(36)}${at(0.5)}${at(0.9)}${at(0.99)}`);
  }
  console.log();
}
