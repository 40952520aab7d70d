/**
 * What a DTLS handshake costs, step by step: each line is one synchronous call, which nothing else of the worker can
 * interrupt. The median is what counts on a machine that does other things too.
 *
 *     npx esbuild bench/micro/dtls-handshake.ts --bundle --platform=node --format=esm --outfile=dist/bench/dtls.mjs
 *     node dist/bench/dtls.mjs
 */
import { randomFillSync } from 'node:crypto';
import { Certificate } from '../../src/dtls/certificate.js';
import { DtlsTransport, type DtlsOwner } from '../../src/dtls/dtls-transport.js';
import { fingerprintOf } from '../../src/dtls/fingerprint.js';

const HANDSHAKES = 400;
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

const steps = new Map<string, number[]>();
function timed<T>(name: string, step: () => T): T {
  const begin = performance.now();
  const result = step();
  const times = steps.get(name) ?? [];
  times.push(performance.now() - begin);
  steps.set(name, times);
  return result;
}

const mine = Certificate.generate(Date.now(), random);
const theirs = Certificate.generate(Date.now(), random);
for (let i = 0; i < HANDSHAKES; i++) {
  timed('generate a certificate', () => Certificate.generate(0, random));
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
  if (client.transport.state !== 'connected' || server.transport.state !== 'connected')
    throw new Error('no connection');

  const message = new Uint8Array(1200);
  timed('send 1200 bytes of data', () => client.transport.send(message, 0, message.length));
  hand('receive 1200 bytes of data', client, server);
}

console.log(`${HANDSHAKES} handshakes, P-256 certificates, X25519, AES-128-GCM; µs\n`);
console.log(`${'step'.padEnd(36)}${['median', '90 %', '99 %'].map(name => name.padStart(8)).join('')}`);
for (const [name, times] of steps) {
  times.sort((a, b) => a - b);
  const at = (share: number): string => (1000 * times[Math.floor(share * (times.length - 1))]).toFixed(0).padStart(8);
  console.log(`${name.padEnd(36)}${at(0.5)}${at(0.9)}${at(0.99)}`);
}
