import { describe, expect, it } from 'vitest';
import { DropReason } from '../../../src/common/drop-reason.js';
import { fingerprintAlgorithms, fingerprintOf } from '../../../src/dtls/fingerprint.js';
import { srtpProfiles, type SrtpProfileName } from '../../../src/dtls/srtp-profile.js';
import { certificates, connect, Endpoint, exchange, makePair, start } from './support/endpoint.js';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const send = (endpoint: Endpoint, content: string): boolean =>
  endpoint.transport.send(Buffer.from(`..${content}`), 2, content.length);

describe('a handshake', () => {
  it('connects both sides, who agree on keys and know each other', () => {
    const { client, server } = connect();
    expect(client.events).toEqual(['connecting', 'connected']);
    expect(server.events).toEqual(['connecting', 'connected']);
    expect([client.transport.state, client.transport.localRole]).toEqual(['connected', 'client']);
    expect([server.transport.state, server.transport.localRole]).toEqual(['connected', 'server']);
    expect(client.session!.localKey).toEqual(server.session!.remoteKey);
    expect(client.session!.remoteKey).toEqual(server.session!.localKey);
    expect(client.session!.localKey).not.toEqual(client.session!.remoteKey);
    expect(client.session!.remoteCertificatePem).toBe(server.certificate.pem);
    expect(server.session!.remoteCertificatePem).toBe(client.certificate.pem);
    expect(client.transport.nextDeadline).toBe(Infinity);
    expect(server.transport.nextDeadline).toBe(Infinity);
  });

  it('takes two round trips', () => {
    const { client, server } = makePair();
    start(server, 'server');
    start(client, 'client');
    for (const [from, to] of [
      [client, server],
      [server, client],
      [client, server],
      [server, client],
    ]) {
      expect(from.sent).toHaveLength(1);
      for (const datagram of from.take()) expect(to.receive(datagram)).toBe(DropReason.none);
    }
    expect(client.transport.state).toBe('connected');
  });

  const kinds = Object.keys(certificates) as (keyof typeof certificates)[];
  it.each(kinds.flatMap(one => kinds.map(other => [one, other] as const)))(
    'works with the certificates %s and %s',
    (one, other) => {
      const { client, server } = connect({ certificate: certificates[one] }, { certificate: certificates[other] });
      expect([client.transport.state, server.transport.state]).toEqual(['connected', 'connected']);
    },
  );

  it.each([200, 256, 600, 1100])('keeps to an MTU of %d', mtu => {
    const { client, server } = makePair({ mtu, certificate: certificates.rsa }, { mtu, certificate: certificates.rsa });
    start(server, 'server');
    start(client, 'client');
    const lengths: number[] = [];
    while (client.sent.length + server.sent.length > 0) {
      lengths.push(...[...client.sent, ...server.sent].map(datagram => datagram.length));
      for (const datagram of client.take()) server.receive(datagram);
      for (const datagram of server.take()) client.receive(datagram);
    }
    expect(client.transport.state).toBe('connected');
    expect(Math.max(...lengths)).toBeLessThanOrEqual(mtu);
    expect(Math.max(...lengths)).toBeGreaterThan(mtu - 60);
  });

  it('can begin with a cookie exchange', () => {
    const { client, server } = connect({}, { cookieExchange: true });
    expect([client.transport.state, server.transport.state]).toEqual(['connected', 'connected']);
  });

  it('needs no cookie of the same server twice', () => {
    const { client, server } = makePair({}, { cookieExchange: true });
    start(server, 'server');
    start(client, 'client');
    const [hello] = client.take();
    server.receive(hello);
    expect(server.take().map(datagram => datagram[13])).toEqual([3]);
    // The client repeats its hello because the request was lost.
    client.transport.onTimeout(100);
    server.receive(client.take()[0], 100);
    exchange(client, server, 100);
    expect(client.transport.state).toBe('connected');
  });
});

describe('the SRTP profile', () => {
  it('is AES_CM_128_HMAC_SHA1_80 by default', () => {
    const { client, server } = connect();
    expect([client.session!.srtpProfile, server.session!.srtpProfile]).toEqual([
      'AES_CM_128_HMAC_SHA1_80',
      'AES_CM_128_HMAC_SHA1_80',
    ]);
  });

  it('is the first of the server that the client offers', () => {
    const { client, server } = connect(
      { srtpProfiles: ['AES_CM_128_HMAC_SHA1_80', 'AEAD_AES_128_GCM', 'AES_CM_128_HMAC_SHA1_32'] },
      { srtpProfiles: ['AEAD_AES_256_GCM', 'AES_CM_128_HMAC_SHA1_32', 'AES_CM_128_HMAC_SHA1_80'] },
    );
    expect(client.session!.srtpProfile).toBe('AES_CM_128_HMAC_SHA1_32');
    expect(server.session!.srtpProfile).toBe('AES_CM_128_HMAC_SHA1_32');
  });

  it.each(Object.keys(srtpProfiles) as SrtpProfileName[])('can be %s, with keys of its length', name => {
    const { client, server } = connect({ srtpProfiles: [name] });
    const { keyLength, saltLength } = srtpProfiles[name];
    expect(client.session!.srtpProfile).toBe(name);
    expect(client.session!.localKey).toHaveLength(keyLength + saltLength);
    expect(client.session!.localKey).toEqual(server.session!.remoteKey);
    expect(client.session!.remoteKey).toEqual(server.session!.localKey);
  });

  it('must be common', () => {
    const { client, server } = connect(
      { srtpProfiles: ['AEAD_AES_256_GCM'] },
      { srtpProfiles: ['AES_CM_128_HMAC_SHA1_80'] },
    );
    expect(server.events).toEqual(['connecting', 'failed']);
    expect(client.events).toEqual(['connecting', 'failed']);
  });
});

describe('the fingerprint', () => {
  it.each(fingerprintAlgorithms)('may use %s, in lower case too', algorithm => {
    const { client, server } = makePair();
    const { value } = fingerprintOf(client.certificate.der, algorithm);
    server.transport.setRemoteFingerprint({ algorithm, value: value.toLowerCase() }, 0);
    start(server, 'server');
    start(client, 'client');
    exchange(client, server);
    expect(server.transport.state).toBe('connected');
  });

  it.each(fingerprintAlgorithms)('of another certificate fails, with %s', algorithm => {
    const { client, server } = makePair();
    client.transport.setRemoteFingerprint(fingerprintOf(certificates.rsa.der, algorithm), 0);
    start(server, 'server');
    start(client, 'client');
    exchange(client, server);
    expect(client.events).toEqual(['connecting', 'failed']);
    expect(client.session).toBeUndefined();
    expect([client.transport.state, client.transport.localRole]).toEqual(['failed', undefined]);
    // The server had been satisfied, until it was told.
    expect(server.events).toEqual(['connecting', 'connected', 'closed']);
  });

  it('may come after the handshake, and nothing is delivered before', () => {
    const client = new Endpoint();
    const server = new Endpoint();
    client.expect(server);
    start(server, 'server');
    start(client, 'client');
    exchange(client, server);
    expect(client.transport.state).toBe('connected');
    expect([server.transport.state, server.events]).toEqual(['connecting', ['connecting']]);
    send(client, 'too early');
    expect(server.receive(client.take()[0])).toBe(DropReason.dtlsApplicationDataEarly);
    expect(send(server, 'too early')).toBe(false);
    expect(server.sent).toEqual([]);

    server.expect(client);
    expect(server.events).toEqual(['connecting', 'connected']);
    send(client, 'now');
    exchange(client, server);
    expect(server.received.map(text)).toEqual(['now']);
  });

  it('that comes after the handshake and is wrong fails', () => {
    const client = new Endpoint();
    const server = new Endpoint();
    client.expect(server);
    start(server, 'server');
    start(client, 'client');
    exchange(client, server);
    server.transport.setRemoteFingerprint(fingerprintOf(certificates.rsa.der, 'sha-256'), 0);
    expect(server.events).toEqual(['connecting', 'failed']);
    exchange(client, server);
    expect(client.events).toEqual(['connecting', 'connected', 'closed']);
  });
});

describe('the role', () => {
  it('can change while the handshake is under way', () => {
    const { client: one, server: other } = makePair();
    start(one, 'server');
    start(other, 'server');
    start(one, 'client');
    expect(one.events).toEqual(['connecting', 'connecting']);
    exchange(one, other);
    expect([one.transport.state, other.transport.state]).toEqual(['connected', 'connected']);
  });

  it('changes without a word to the peer', () => {
    const { client, server } = makePair();
    start(server, 'server');
    start(client, 'client');
    server.receive(client.take()[0]);
    server.take();
    start(server, 'client');
    expect(server.sent).toHaveLength(1);
    expect(server.sent[0][13]).toBe(1);
  });

  it('stays when it is the same, or when the handshake is complete', () => {
    const { client, server } = connect();
    start(client, 'client');
    start(server, 'client');
    expect([client.events, server.events]).toEqual([
      ['connecting', 'connected'],
      ['connecting', 'connected'],
    ]);
    expect([client.transport.localRole, server.transport.localRole]).toEqual(['client', 'server']);
    expect(client.sent.length + server.sent.length).toBe(0);
  });

  it('can be taken again after a failure', () => {
    const { client, server } = makePair();
    server.transport.setRemoteFingerprint(fingerprintOf(certificates.rsa.der, 'sha-256'), 0);
    start(server, 'server');
    start(client, 'client');
    exchange(client, server);
    expect(server.transport.state).toBe('failed');
    server.expect(client);
    start(client, 'client');
    start(server, 'server');
    exchange(client, server);
    expect(server.events).toEqual(['connecting', 'failed', 'connecting', 'connected']);
  });
});

describe('application data', () => {
  it('goes both ways', () => {
    const { client, server } = connect();
    expect(send(client, 'ping')).toBe(true);
    exchange(client, server);
    expect(server.received.map(text)).toEqual(['ping']);
    expect(send(server, 'pong')).toBe(true);
    exchange(client, server);
    expect(client.received.map(text)).toEqual(['pong']);
  });

  it('is 1 to 16384 bytes', () => {
    const { client, server } = connect();
    expect(client.transport.send(new Uint8Array(0), 0, 0)).toBe(false);
    expect(client.transport.send(new Uint8Array(16_385), 0, 16_385)).toBe(false);
    expect(client.transport.send(new Uint8Array(16_384), 0, 16_384)).toBe(true);
    exchange(client, server);
    expect(server.received.map(bytes => bytes.length)).toEqual([16_384]);
  });

  it('is delivered from every record of a datagram', () => {
    const { client, server } = connect();
    send(client, 'one');
    send(client, 'two');
    expect(server.receive(Buffer.concat(client.take()))).toBe(DropReason.none);
    expect(server.received.map(text)).toEqual(['one', 'two']);
  });

  it('is delivered once, in whatever order it comes', () => {
    const { client, server } = connect();
    for (const content of ['a', 'b', 'c']) send(client, content);
    const [a, b, c] = client.take();
    expect([c, a, a, b, c].map(datagram => server.receive(datagram))).toEqual([
      DropReason.none,
      DropReason.none,
      DropReason.dtlsReplay,
      DropReason.none,
      DropReason.dtlsReplay,
    ]);
    expect(server.received.map(text)).toEqual(['c', 'a', 'b']);
  });

  it('is not taken when not connected', () => {
    const client = new Endpoint();
    expect(send(client, 'x')).toBe(false);
    start(client, 'client');
    expect(send(client, 'x')).toBe(false);
  });
});

describe('the end', () => {
  it('is said and understood', () => {
    const { client, server } = connect();
    client.transport.close();
    expect(client.transport.state).toBe('closed');
    exchange(client, server);
    expect(server.events).toEqual(['connecting', 'connected', 'closed']);
    expect([server.transport.state, server.transport.localRole]).toEqual(['closed', undefined]);
    expect(client.events).toEqual(['connecting', 'connected']);
    expect(send(server, 'x')).toBe(false);
  });

  it('is answered with close_notify', () => {
    const { client, server } = connect();
    client.transport.close();
    server.receive(client.take()[0]);
    expect(server.sent.map(datagram => datagram[0])).toEqual([21]);
  });

  it('before the handshake is complete is silent', () => {
    const { client } = makePair();
    start(client, 'client');
    client.take();
    client.transport.close();
    expect(client.sent).toEqual([]);
    expect(client.transport.nextDeadline).toBe(Infinity);
  });

  it('before the fingerprint is known is a failure', () => {
    const client = new Endpoint();
    const server = new Endpoint();
    client.expect(server);
    start(server, 'server');
    start(client, 'client');
    exchange(client, server);
    client.transport.close();
    exchange(client, server);
    expect(server.events).toEqual(['connecting', 'failed']);
  });

  it('leaves nothing running', () => {
    const { client, server } = connect();
    send(server, 'late');
    client.transport.close();
    expect(client.receive(server.take()[0])).toBe(DropReason.dtlsNotRunning);
    client.transport.onTimeout(1e9);
    expect(client.received).toEqual([]);
  });
});

describe('an owner', () => {
  const begin = (one: Endpoint, other: Endpoint): void => {
    start(other, 'server');
    start(one, 'client');
    exchange(one, other);
  };

  it('may close the transport when it is connected', () => {
    const { client, server } = makePair();
    server.onDtlsConnected = () => server.transport.close();
    begin(client, server);
    expect([server.transport.state, client.transport.state]).toEqual(['closed', 'closed']);
    expect(client.events).toEqual(['connecting', 'connected', 'closed']);
  });

  it('may send data when it is connected', () => {
    const { client, server } = makePair();
    server.onDtlsConnected = () => void send(server, 'first');
    begin(client, server);
    expect(client.received.map(text)).toEqual(['first']);
  });

  it('may close the transport when it gets data, and gets no more', () => {
    const { client, server } = connect();
    send(client, 'one');
    send(client, 'two');
    const received: string[] = [];
    server.onDtlsApplicationData = (bytes, offset, length) => {
      received.push(text(bytes.subarray(offset, offset + length)));
      server.transport.close();
    };
    server.receive(Buffer.concat(client.take()));
    expect(received).toEqual(['one']);
  });

  it('may start anew when it failed', () => {
    const { client, server } = makePair({ srtpProfiles: ['AEAD_AES_256_GCM'] }, { srtpProfiles: ['AEAD_AES_128_GCM'] });
    const failed = client.onDtlsFailed.bind(client);
    client.onDtlsFailed = () => {
      failed();
      if (client.events.length < 4) start(client, 'client');
    };
    start(server, 'server');
    start(client, 'client');
    server.receive(client.take()[0]);
    client.receive(server.take()[0]);
    expect(client.events).toEqual(['connecting', 'failed', 'connecting']);
    expect(client.sent.map(datagram => datagram[13])).toEqual([1]);
  });

  it('hears of its exceptions, which do not pass for errors of the peer', () => {
    const { client, server } = makePair();
    server.onDtlsConnected = () => {
      throw new Error('mine');
    };
    start(server, 'server');
    start(client, 'client');
    server.receive(client.take()[0]);
    client.receive(server.take()[0]);
    expect(() => server.receive(client.take()[0])).toThrow('mine');
    expect(server.transport.state).toBe('connected');
  });
});
