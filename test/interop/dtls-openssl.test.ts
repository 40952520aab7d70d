import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cipherSuites } from '../../src/dtls/dtls12/cipher-suite.js';
import { type Certificate } from '../../src/dtls/certificate.js';
import { DtlsTransport, type DtlsSession, type DtlsTransportOptions } from '../../src/dtls/dtls-transport.js';
import { fingerprintOf } from '../../src/dtls/fingerprint.js';
import { certificates, random } from '../unit/dtls/support/endpoint.js';

const version = spawnSync('openssl', ['version'], { encoding: 'utf8' });
const missing = version.error !== undefined || !/^OpenSSL [3-9]/.test(version.stdout);
if (missing) console.log('skipped: no OpenSSL 3 or later in the PATH');

/** A DtlsTransport on a UDP socket, with a real clock. */
class UdpEndpoint {
  readonly socket: Socket;
  readonly transport: DtlsTransport;
  readonly received: string[] = [];
  readonly states: string[] = [];
  session: DtlsSession | undefined;
  remotePort: number;
  readonly #ticker: NodeJS.Timeout;

  constructor(options: Partial<DtlsTransportOptions> & { certificate: Certificate }, remotePort = 0) {
    this.socket = createSocket('udp4');
    this.remotePort = remotePort;
    this.transport = new DtlsTransport(
      { random, ...options },
      {
        onDtlsSend: (bytes, offset, length) =>
          this.socket.send(bytes.slice(offset, offset + length), this.remotePort, '127.0.0.1'),
        onDtlsConnecting: () => this.states.push('connecting'),
        onDtlsConnected: session => {
          this.states.push('connected');
          this.session = session;
        },
        onDtlsFailed: () => this.states.push('failed'),
        onDtlsClosed: () => this.states.push('closed'),
        onDtlsApplicationData: (bytes, offset, length) =>
          this.received.push(Buffer.from(bytes.slice(offset, offset + length)).toString()),
      },
    );
    this.socket.on('message', (datagram, remote) => {
      this.remotePort = remote.port;
      this.transport.onPacket(datagram, 0, datagram.length, performance.now());
    });
    this.#ticker = setInterval(() => {
      if (this.transport.nextDeadline <= performance.now()) this.transport.onTimeout(performance.now());
    }, 10);
  }

  bind(): Promise<number> {
    return new Promise(resolve => this.socket.bind(0, '127.0.0.1', () => resolve(this.socket.address().port)));
  }

  close(): void {
    this.transport.close();
    clearInterval(this.#ticker);
    this.socket.close();
  }
}

/** One `openssl s_client` or `s_server`, and what it prints. */
class OpenSsl {
  output = '';
  readonly #process: ChildProcessWithoutNullStreams;

  constructor(args: string[]) {
    this.#process = spawn('openssl', args);
    this.#process.stdout.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.#process.stderr.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    // It may be gone when we write to it.
    this.#process.stdin.on('error', () => {});
  }

  write(text: string): void {
    this.#process.stdin.write(text);
  }

  stop(): void {
    this.#process.kill('SIGKILL');
  }
}

async function until(condition: () => boolean, what: string, openSsl?: OpenSsl): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (condition()) return;
    await new Promise(resolve => setTimeout(resolve, 10));
  }
  throw new Error(`waited in vain for: ${what}\n${openSsl?.output ?? ''}`);
}

const freePort = (): Promise<number> =>
  new Promise(resolve => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });

describe.skipIf(missing)('with openssl', () => {
  let folder: string;
  const cleanUps: (() => void)[] = [];

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'dtls-openssl-'));
    for (const [name, certificate] of Object.entries(certificates)) {
      writeFileSync(path.join(folder, `${name}.cert.pem`), certificate.pem);
      writeFileSync(
        path.join(folder, `${name}.key.pem`),
        certificate.privateKey.export({ type: 'pkcs8', format: 'pem' }),
      );
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  afterEach(() => {
    for (const cleanUp of cleanUps.splice(0)) cleanUp();
  });

  const commonArgs = (peer: keyof typeof certificates): string[] => [
    '-dtls1_2',
    ...['-cert', path.join(folder, `${peer}.cert.pem`), '-key', path.join(folder, `${peer}.key.pem`)],
    ...['-use_srtp', 'SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_128_GCM'],
    ...['-keymatexport', 'EXTRACTOR-dtls_srtp', '-keymatexportlen', '60'],
  ];

  const makeEndpoint = (
    options: Partial<DtlsTransportOptions>,
    peer: keyof typeof certificates,
    remotePort?: number,
  ): UdpEndpoint => {
    const endpoint = new UdpEndpoint({ certificate: certificates.p256, ...options }, remotePort);
    endpoint.transport.setRemoteFingerprint(fingerprintOf(certificates[peer].der, 'sha-256'), performance.now());
    cleanUps.push(() => endpoint.close());
    return endpoint;
  };

  const startOpenSsl = (args: string[]): OpenSsl => {
    const openSsl = new OpenSsl(args);
    cleanUps.push(() => openSsl.stop());
    return openSsl;
  };

  const runAsClient = async (
    serverArgs: string[],
    peer: keyof typeof certificates,
    options: Partial<DtlsTransportOptions> = {},
  ): Promise<{ endpoint: UdpEndpoint; openSsl: OpenSsl }> => {
    const port = await freePort();
    const accept = ['s_server', '-accept', `127.0.0.1:${port}`, '-Verify', '1', ...commonArgs(peer), ...serverArgs];
    const openSsl = startOpenSsl(accept);
    await until(() => openSsl.output.includes('ACCEPT'), 'ACCEPT', openSsl);
    const endpoint = makeEndpoint(options, peer, port);
    await endpoint.bind();
    endpoint.transport.start('client', performance.now());
    await until(() => endpoint.states.includes('connected'), 'connected', openSsl);
    return { endpoint, openSsl };
  };

  const runAsServer = async (
    clientArgs: string[],
    peer: keyof typeof certificates,
    options: Partial<DtlsTransportOptions> = {},
  ): Promise<{ endpoint: UdpEndpoint; openSsl: OpenSsl }> => {
    const endpoint = makeEndpoint(options, peer);
    const port = await endpoint.bind();
    endpoint.transport.start('server', performance.now());
    const openSsl = startOpenSsl(['s_client', '-connect', `127.0.0.1:${port}`, ...commonArgs(peer), ...clientArgs]);
    await until(() => endpoint.states.includes('connected'), 'connected', openSsl);
    return { endpoint, openSsl };
  };

  /** Client key, server key, client salt, server salt. */
  const keyingMaterial = ({ transport, session }: UdpEndpoint): string => {
    const { localKey, remoteKey } = session!;
    const [client, server] = transport.localRole === 'client' ? [localKey, remoteKey] : [remoteKey, localKey];
    return Buffer.concat([
      client.subarray(0, 16),
      server.subarray(0, 16),
      client.subarray(16),
      server.subarray(16),
    ]).toString('hex');
  };

  const check = async (endpoint: UdpEndpoint, openSsl: OpenSsl): Promise<void> => {
    const exported = (): string | undefined => /Keying material: ([0-9A-F]+)/.exec(openSsl.output)?.[1].toLowerCase();
    await until(() => exported() !== undefined, 'exported keying material', openSsl);
    expect(exported()).toBe(keyingMaterial(endpoint));

    const message = 'from here to there';
    endpoint.transport.send(Buffer.from(message), 0, message.length);
    await until(() => openSsl.output.includes(message), 'our application data', openSsl);
    openSsl.write('and back\n');
    await until(() => endpoint.received.join('').includes('and back'), 'their application data', openSsl);
  };

  const suitesOf = (authentication: 'ecdsa' | 'rsa'): string[] =>
    cipherSuites.filter(suite => suite.authentication === authentication).map(suite => suite.name);

  describe('as server', () => {
    it.each(suitesOf('ecdsa'))('%s', async suite => {
      const { endpoint, openSsl } = await runAsServer(['-cipher', suite], 'p256');
      await check(endpoint, openSsl);
      expect(openSsl.output).toContain(suite);
      expect(openSsl.output).toMatch(/Extended master secret: yes/);
      expect(openSsl.output).toMatch(/Secure Renegotiation IS supported/);
    });

    it.each(suitesOf('rsa'))('%s', async suite => {
      const { endpoint, openSsl } = await runAsServer(['-cipher', suite], 'rsa', { certificate: certificates.rsa });
      await check(endpoint, openSsl);
      expect(openSsl.output).toContain(suite);
    });

    it.each(['p256', 'p384', 'ed25519', 'rsa'] as const)('with a client whose certificate is %s', async peer => {
      const { endpoint, openSsl } = await runAsServer([], peer);
      await check(endpoint, openSsl);
    });

    it.each(['RSA-PSS+SHA256', 'RSA-PSS+SHA512', 'RSA+SHA256', 'RSA+SHA384'])('signed with %s', async scheme => {
      const args = ['-sigalgs', `${scheme}:ECDSA+SHA256`, '-client_sigalgs', scheme];
      const { endpoint, openSsl } = await runAsServer(args, 'rsa');
      await check(endpoint, openSsl);
    });

    // With RSA, because openssl also holds the curve of a certificate against its list of groups.
    it.each(['X25519', 'P-256', 'P-384'])('over %s', async group => {
      const { endpoint, openSsl } = await runAsServer(['-groups', group], 'rsa', { certificate: certificates.rsa });
      await check(endpoint, openSsl);
    });

    it('in small datagrams, both ways', async () => {
      const { endpoint, openSsl } = await runAsServer(['-mtu', '256'], 'rsa', {
        mtu: 256,
        certificate: certificates.rsa,
      });
      await check(endpoint, openSsl);
    });

    it('after a cookie exchange', async () => {
      const { endpoint, openSsl } = await runAsServer([], 'p256', { cookieExchange: true });
      await check(endpoint, openSsl);
    });

    it('refuses a client with another certificate', async () => {
      const endpoint = makeEndpoint({}, 'p384');
      const port = await endpoint.bind();
      endpoint.transport.start('server', performance.now());
      const openSsl = startOpenSsl(['s_client', '-connect', `127.0.0.1:${port}`, ...commonArgs('p256')]);
      await until(() => endpoint.states.includes('failed'), 'failed', openSsl);
      await until(() => openSsl.output.includes('bad certificate'), 'the alert', openSsl);
      expect(endpoint.states).toEqual(['connecting', 'failed']);
    });

    it('refuses renegotiation', async () => {
      const { endpoint, openSsl } = await runAsServer([], 'p256');
      await check(endpoint, openSsl);
      openSsl.write('R\n');
      await until(() => /no renegotiation/i.test(openSsl.output), 'the alert', openSsl);
    });

    it('understands that the client is gone', async () => {
      const { endpoint, openSsl } = await runAsServer([], 'p256');
      await check(endpoint, openSsl);
      openSsl.write('Q\n');
      await until(() => endpoint.states.includes('closed'), 'closed', openSsl);
    });
  });

  describe('as client', () => {
    it.each(suitesOf('ecdsa'))('%s', async suite => {
      const { endpoint, openSsl } = await runAsClient(['-cipher', suite], 'p256');
      await check(endpoint, openSsl);
      expect(openSsl.output).toContain(suite);
    });

    it.each(suitesOf('rsa'))('%s', async suite => {
      const { endpoint, openSsl } = await runAsClient(['-cipher', suite], 'rsa');
      await check(endpoint, openSsl);
      expect(openSsl.output).toContain(suite);
    });

    it.each(['p384', 'rsa'] as const)('with a certificate that is %s, on both sides', async name => {
      const { endpoint, openSsl } = await runAsClient([], name, { certificate: certificates[name] });
      await check(endpoint, openSsl);
    });

    it.each(['RSA-PSS+SHA384', 'RSA+SHA256'])('signed with %s', async scheme => {
      const { endpoint, openSsl } = await runAsClient(['-client_sigalgs', scheme, '-sigalgs', scheme], 'rsa', {
        certificate: certificates.rsa,
      });
      await check(endpoint, openSsl);
    });

    it.each(['X25519', 'P-256', 'P-384'])('over %s', async group => {
      const { endpoint, openSsl } = await runAsClient(['-groups', group], 'rsa', { certificate: certificates.rsa });
      await check(endpoint, openSsl);
    });

    it('in small datagrams, both ways', async () => {
      const { endpoint, openSsl } = await runAsClient(['-mtu', '256'], 'rsa', {
        mtu: 256,
        certificate: certificates.rsa,
      });
      await check(endpoint, openSsl);
    });

    it('after a cookie exchange', async () => {
      const { endpoint, openSsl } = await runAsClient(['-listen'], 'p256');
      await check(endpoint, openSsl);
    });
  });
});
