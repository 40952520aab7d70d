import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { Endpoint, certificates } from '../unit/dtls/support/endpoint.js';

/** What is used of werift's DTLS; its type declarations do not go through our compiler settings. */
interface WeriftDtls {
  connect?(): Promise<void>;
  send(data: Buffer): Promise<void>;
  exportKeyingMaterial(label: string, length: number): Buffer;
  onConnect: { once(callback: () => void): void };
  onError: { once(callback: (error: Error) => void): void };
  onData: { subscribe(callback: (data: Buffer) => void): void };
  srtp: { srtpProfile: number };
}
type WeriftDtlsConstructor = new (options: object) => WeriftDtls;

const { DtlsClient, DtlsServer } = createRequire(import.meta.url)('werift') as Record<
  'DtlsClient' | 'DtlsServer',
  WeriftDtlsConstructor
>;

const SHA256 = 4;
const signatureAlgorithm = { rsa: 1, p256: 3 };

/** werift at the other end of a perfect network. */
function connectTo(peer: Endpoint, constructor: WeriftDtlsConstructor, name: 'p256' | 'rsa'): WeriftDtls {
  const transport = {
    onData: (_data: Buffer): void => {},
    send: async (data: Buffer): Promise<void> => {
      peer.receive(data, performance.now());
      flush();
    },
  };
  const flush = (): void => {
    for (const datagram of peer.take()) setImmediate(() => transport.onData(Buffer.from(datagram)));
  };
  peer.onSent = flush;
  return new constructor({
    transport,
    cert: certificates[name].pem,
    key: certificates[name].privateKey.export({ type: 'pkcs8', format: 'pem' }),
    signatureHash: { hash: SHA256, signature: signatureAlgorithm[name] },
    srtpProfiles: [1, 7],
    extendedMasterSecret: true,
    certificateRequest: true,
  });
}

async function check(endpoint: Endpoint, werift: WeriftDtls): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    werift.onConnect.once(resolve);
    werift.onError.once(reject);
    endpoint.transport.start(werift.connect ? 'server' : 'client', performance.now());
    werift.connect?.().catch(reject);
  });
  expect(endpoint.transport.state).toBe('connected');

  const material = werift.exportKeyingMaterial('EXTRACTOR-dtls_srtp', 60);
  const { localKey, remoteKey } = endpoint.session!;
  const [client, server] = endpoint.transport.localRole === 'client' ? [localKey, remoteKey] : [remoteKey, localKey];
  const ours = [client.subarray(0, 16), server.subarray(0, 16), client.subarray(16), server.subarray(16)];
  expect(Buffer.concat(ours).toString('hex')).toBe(material.toString('hex'));

  const received = new Promise<string>(resolve => werift.onData.subscribe(data => resolve(data.toString())));
  endpoint.transport.send(Buffer.from('to werift'), 0, 9);
  expect(await received).toBe('to werift');
  await werift.send(Buffer.from('from werift'));
  expect(endpoint.received.map(bytes => Buffer.from(bytes).toString())).toEqual(['from werift']);
}

describe('with werift', () => {
  it.each([
    ['p256', 'p256'],
    ['p256', 'rsa'],
    ['rsa', 'p256'],
  ] as const)('as server, our certificate %s, its %s', async (ours, theirs) => {
    const endpoint = new Endpoint({ certificate: certificates[ours] });
    endpoint.expect({ certificate: certificates[theirs] });
    await check(endpoint, connectTo(endpoint, DtlsClient, theirs));
  });

  it.each([
    ['p256', 'p256'],
    ['p256', 'rsa'],
    ['rsa', 'p256'],
  ] as const)('as client, our certificate %s, its %s', async (ours, theirs) => {
    const endpoint = new Endpoint({ certificate: certificates[ours] });
    endpoint.expect({ certificate: certificates[theirs] });
    await check(endpoint, connectTo(endpoint, DtlsServer, theirs));
  });
});
