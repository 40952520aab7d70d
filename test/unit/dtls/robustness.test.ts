import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DropReason } from '../../../src/common/drop-reason.js';
import { AlertDescription } from '../../../src/dtls/alert.js';
import { derBitString, derInteger, derObjectIdentifier, derSequence, derTime } from '../../../src/dtls/der.js';
import {
  decodeServerKeyExchange,
  encodeCertificate,
  encodeClientKeyExchange,
} from '../../../src/dtls/dtls12/messages.js';
import { encodeList16, encodeUseSrtp, ExtensionType } from '../../../src/dtls/extension.js';
import { HandshakeType } from '../../../src/dtls/handshake-message.js';
import { decodeServerHello, type ClientHello } from '../../../src/dtls/hello.js';
import { ContentType } from '../../../src/dtls/record.js';
import { certificates, connect, Endpoint, exchange, start } from './support/endpoint.js';
import {
  alertIn,
  fragment,
  plaintextRecord,
  schemeNamed,
  ScriptedClient,
  ScriptedServer,
  type ClientFlightOptions,
  type ExtensionChanges,
  type ServerFlightOptions,
} from './support/scripted-peer.js';

const { illegalParameter, decodeError, decryptError, handshakeFailure, unexpectedMessage } = AlertDescription;
const { protocolVersion, badCertificate, unsupportedCertificate, unsupportedExtension } = AlertDescription;

/** A server that waits for a hello, and a client to write one by hand. */
function waitingServer(options = {}): { server: Endpoint; client: ScriptedClient } {
  const server = new Endpoint(options);
  server.expect({ certificate: certificates.p256 });
  start(server, 'server');
  return { server, client: new ScriptedClient() };
}

/** A client that has said hello, and a server to answer by hand. */
function waitingClient(options = {}): { client: Endpoint; server: ScriptedServer } {
  const client = new Endpoint(options);
  client.expect({ certificate: certificates.p256 });
  start(client, 'client');
  return { client, server: new ScriptedServer() };
}

/** A server and a hand-written client that are connected. */
function connectedServer(): { server: Endpoint; client: ScriptedClient } {
  const { server, client } = waitingServer();
  for (const record of client.flight(client.greet(server))) server.receive(record);
  expect(server.transport.state).toBe('connected');
  client.hear(server.take());
  return { server, client };
}

function expectFailure(endpoint: Endpoint, alert: number): void {
  expect(alertIn(endpoint.sent.at(-1))).toEqual([2, alert]);
  expect(endpoint.events).toEqual(['connecting', 'failed']);
  expect([endpoint.transport.state, endpoint.transport.localRole]).toEqual(['failed', undefined]);
  expect(endpoint.session).toBeUndefined();
  expect(endpoint.transport.nextDeadline).toBe(Infinity);
}

/** The state before is the state after, nothing was said, and a handshake still succeeds. */
function expectUnharmed(server: Endpoint, client: ScriptedClient): void {
  expect([server.events, server.sent]).toEqual([['connecting'], []]);
  for (const record of client.flight(client.greet(server))) server.receive(record);
  expect(server.transport.state).toBe('connected');
}

describe('the hand-written peers', () => {
  it('connect when they behave', () => {
    connectedServer();
    const { client, server } = waitingClient();
    for (const record of server.flight(client)) client.receive(record);
    for (const record of server.finish(client)) client.receive(record);
    expect(client.transport.state).toBe('connected');
  });
});

describe('R18–R20: records that are none', () => {
  const alert = Uint8Array.of(2, 40);
  it.each([
    ['no bytes', new Uint8Array(0), DropReason.none],
    ['12 bytes', plaintextRecord(alert).subarray(0, 12), DropReason.dtlsRecordMalformed],
    ['a length beyond the datagram', plaintextRecord(alert, { length: 3 }), DropReason.dtlsRecordMalformed],
    ['an empty handshake record', plaintextRecord(new Uint8Array(0)), DropReason.dtlsFragmentMalformed],
    ['a short handshake header', plaintextRecord(new Uint8Array(11)), DropReason.dtlsFragmentMalformed],
    ['an empty alert', plaintextRecord(new Uint8Array(0), { type: 21 }), DropReason.dtlsAlertMalformed],
    ['more than 2^14 bytes', plaintextRecord(new Uint8Array(16_385)), DropReason.dtlsRecordMalformed],
    ...[0, 19, 24, 25, 26, 27, 63, 255].map(
      type => [`content type ${type}`, plaintextRecord(alert, { type }), DropReason.dtlsContentType] as const,
    ),
    ...[0x0301, 0x0000, 0xfefe, 0xfefc, 0xfe00].map(
      version =>
        [`version ${version}`, plaintextRecord(alert, { type: 21, version }), DropReason.dtlsRecordVersion] as const,
    ),
  ] as [string, Uint8Array, DropReason][])('%s', (_what, datagram, reason) => {
    const { server, client } = waitingServer();
    expect(server.receive(datagram)).toBe(reason);
    expectUnharmed(server, client);
  });

  it('do not hide the records behind them', () => {
    const { server, client } = waitingServer();
    const hello = client.message(HandshakeType.clientHello, client.helloBody());
    const datagram = Buffer.concat([
      plaintextRecord(alert, { type: 24 }),
      plaintextRecord(alert, { version: 0 }),
      hello,
    ]);
    expect(server.receive(datagram)).toBe(DropReason.dtlsContentType);
    expect(server.sent).toHaveLength(1);
  });
});

describe('R21: epochs', () => {
  it('beyond 1 are dropped', () => {
    const { server, client } = waitingServer();
    expect(server.receive(plaintextRecord(new Uint8Array(40), { epoch: 5 }))).toBe(DropReason.dtlsEpoch);
    expectUnharmed(server, client);
  });

  it('before their keys are kept, up to a bound', () => {
    const { server, client } = waitingServer();
    const early = (length: number): DropReason =>
      server.receive(plaintextRecord(new Uint8Array(length), { epoch: 1, type: 23 }));
    expect(early(16_385)).toBe(DropReason.dtlsBufferFull);
    for (let i = 0; i < 8; i++) expect(early(40)).toBe(DropReason.dtlsEpoch);
    expect(early(40)).toBe(DropReason.dtlsBufferFull);
    expectUnharmed(server, client);
  });

  it('that come early are read when there are keys', () => {
    const { server, client } = waitingServer();
    const flight = client.flight(client.greet(server));
    for (const record of flight.reverse()) server.receive(record);
    expect(server.transport.state).toBe('connected');
  });

  it('of one connection accept only their version', () => {
    const { server, client } = connectedServer();
    const record = client.protectedRecord(ContentType.applicationData, Uint8Array.of(1), 50, 0xfeff);
    expect(server.receive(record)).toBe(DropReason.dtlsRecordVersion);
    expect(server.received).toEqual([]);
  });
});

describe('R22–R23: authenticity', () => {
  it('a replayed record is dropped', () => {
    const { server, client } = connectedServer();
    const record = client.record(ContentType.applicationData, Uint8Array.of(7), 1);
    expect([server.receive(record), server.receive(record)]).toEqual([DropReason.none, DropReason.dtlsReplay]);
    expect(server.received).toHaveLength(1);
  });

  it('a jump to the last sequence number is taken, then everything else is old', () => {
    const { server, client } = connectedServer();
    const data = (sequence: number): DropReason =>
      server.receive(client.protectedRecord(ContentType.applicationData, Uint8Array.of(7), sequence));
    expect(data(2 ** 48 - 1)).toBe(DropReason.none);
    expect(data(2 ** 48 - 64)).toBe(DropReason.none);
    expect(data(2 ** 48 - 65)).toBe(DropReason.dtlsReplay);
    expect(data(9)).toBe(DropReason.dtlsReplay);
  });

  it('a record that was changed anywhere is dropped in silence, and the true one still counts', () => {
    const { server, client } = connectedServer();
    const record = client.record(ContentType.applicationData, Uint8Array.of(1, 2, 3), 1);
    for (let at = 0; at < record.length; at++) {
      const forged = record.slice();
      forged[at] ^= 1;
      expect(server.receive(forged)).not.toBe(DropReason.none);
    }
    expect([server.sent, server.received]).toEqual([[], []]);
    expect(server.receive(record)).toBe(DropReason.none);
    expect(server.received).toEqual([Uint8Array.of(1, 2, 3)]);
  });

  it('a record of epoch 1 that is too short for its tag is dropped', () => {
    const { server } = connectedServer();
    const short = plaintextRecord(new Uint8Array(23), { type: 23, epoch: 1 });
    expect(server.receive(short)).toBe(DropReason.dtlsAuthentication);
  });

  it('a few forged records in a datagram are skipped; behind more of them nothing is read', () => {
    const { server, client } = connectedServer();
    const forged = (sequence: number): Uint8Array =>
      plaintextRecord(new Uint8Array(24), { type: 23, epoch: 1, sequence });
    const datagram = (forgeries: number): Uint8Array =>
      Buffer.concat([
        ...Array.from({ length: forgeries }, (_, i) => forged(100 + i)),
        client.record(ContentType.applicationData, Uint8Array.of(forgeries), 1),
      ]);
    expect(server.receive(datagram(7))).toBe(DropReason.dtlsAuthentication);
    expect(server.received).toEqual([Uint8Array.of(7)]);
    expect(server.receive(datagram(8))).toBe(DropReason.dtlsAuthentication);
    expect(server.received).toHaveLength(1);
  });

  it('a forged sequence number in epoch 0 does not shut out the others', () => {
    const { server, client } = waitingServer();
    server.receive(plaintextRecord(Uint8Array.of(1, 90), { type: 21, sequence: 2 ** 48 - 1 }));
    expectUnharmed(server, client);
  });
});

describe('R24: fragments', () => {
  const content = new Uint8Array(40);
  it.each([
    ['beyond the message', fragment({ length: 39 }, content), DropReason.dtlsFragmentMalformed],
    ['beyond the message by offset', fragment({ fragmentOffset: 1 }, content), DropReason.dtlsFragmentMalformed],
    ['beyond the record', fragment({ length: 99, fragmentLength: 41 }, content), DropReason.dtlsFragmentMalformed],
    ['of a message far ahead', fragment({ sequence: 11 }, content), DropReason.dtlsBufferFull],
    ['of a Finished in the clear', fragment({ type: 20 }, content), DropReason.dtlsUnexpectedMessage],
    ['of a HelloRequest', fragment({ type: 0, length: 0 }, new Uint8Array(0)), DropReason.dtlsUnexpectedMessage],
  ])('%s are dropped', (_what, bytes, reason) => {
    const { server, client } = waitingServer();
    expect(server.receive(plaintextRecord(bytes))).toBe(reason);
    expectUnharmed(server, client);
  });

  it('of a message that is too long end the handshake', () => {
    const { server } = waitingServer();
    expect(server.receive(plaintextRecord(fragment({ length: 65_537 }, content)))).toBe(DropReason.dtlsFatal);
    expectFailure(server, decodeError);
  });

  it('of one byte each make a message', () => {
    const { server, client } = waitingServer();
    const body = client.helloBody();
    client.transcript.addSent(HandshakeType.clientHello, body);
    for (let at = body.length - 1; at >= 0; at--) {
      const one = fragment({ length: body.length, fragmentOffset: at }, body.subarray(at, at + 1));
      server.receive(plaintextRecord(one));
    }
    expect(client.hear(server.take()).map(message => message.type)).toEqual([2, 11, 12, 13, 14]);
  });

  it('ahead of their time are kept within a bound', () => {
    const { server, client } = waitingServer();
    const reasons = [];
    for (let sequence = 1; sequence <= 10; sequence++) {
      reasons.push(server.receive(plaintextRecord(fragment({ sequence, length: 20_000 }, content))));
    }
    expect(reasons).toEqual([0, 0, 0, ...(Array(7).fill(DropReason.dtlsBufferFull) as number[])]);
    expect(server.receive(client.message(HandshakeType.clientHello, client.helloBody()))).toBe(DropReason.none);
    expect(server.sent).toHaveLength(1);
  });
});

describe('R25: a ClientHello', () => {
  const changed = (changes: Partial<ClientHello>, extensions: ExtensionChanges = []): Uint8Array =>
    new ScriptedClient().helloBody(changes, extensions);
  const plain = changed({});
  const duplicated = (): Uint8Array => {
    const body = changed({ extensions: new Map([[23, new Uint8Array(0)]]) });
    const twice = Buffer.concat([body, Uint8Array.of(0, 23, 0, 0)]);
    twice.writeUInt16BE(8, body.length - 6);
    return twice;
  };
  const withSuites = (bytes: number[]): Uint8Array =>
    Buffer.concat([plain.subarray(0, 36), Uint8Array.of(0, bytes.length, ...bytes), Uint8Array.of(1, 0)]);

  it.each([
    ['cut anywhere', plain.subarray(0, 50), decodeError],
    ['with one byte too much', Buffer.concat([plain, Uint8Array.of(0)]), decodeError],
    ['of 2 bytes', plain.subarray(0, 2), decodeError],
    ['with a long session id', changed({ sessionId: new Uint8Array(33) }), decodeError],
    ['with an odd length of suites', withSuites([0xc0, 0x2b, 0]), decodeError],
    ['without suites', withSuites([]), decodeError],
    ['without null compression', changed({ compressionMethods: Uint8Array.of(1) }), illegalParameter],
    ['without compression methods', changed({ compressionMethods: new Uint8Array(0) }), illegalParameter],
    ['with an extension twice', duplicated(), decodeError],
    ['without extensions', changed({ extensions: new Map() }), handshakeFailure],
    ['without a common suite', changed({ cipherSuites: [0xc009, 0x1301, 0x0a0a] }), handshakeFailure],
    ['with suites for RSA only', changed({ cipherSuites: [0xc02f] }), handshakeFailure],
    ['without a common group', changed({}, [[10, encodeList16([0x0a0a, 30])]]), handshakeFailure],
    ['without signature algorithms', changed({}, [[13, undefined]]), handshakeFailure],
    ['without common signature algorithm', changed({}, [[13, encodeList16([0x0203, 0x0804])]]), handshakeFailure],
    ['with an empty list of groups', changed({}, [[10, Uint8Array.of(0, 0)]]), decodeError],
    ['with groups of odd length', changed({}, [[10, Uint8Array.of(0, 1, 0)]]), decodeError],
    ['for DTLS 1.0', changed({ version: 0xfeff }), protocolVersion],
    ['for TLS', changed({ version: 0x0303 }), protocolVersion],
    ['for DTLS 1.3 only', changed({}, [[43, Uint8Array.of(2, 0xfe, 0xfc)]]), protocolVersion],
    ['of a renegotiation', changed({}, [[0xff01, Uint8Array.of(1, 5)]]), handshakeFailure],
  ])('%s is refused', (_what, body, alert) => {
    const { server, client } = waitingServer();
    expect(server.receive(client.message(HandshakeType.clientHello, body))).toBe(DropReason.dtlsFatal);
    expectFailure(server, alert);
  });

  it.each([
    [
      'with GREASE everywhere',
      { cipherSuites: [0x1a1a, 0xc02b] },
      [
        [0x2a2a, Uint8Array.of(1)],
        [10, encodeList16([0x3a3a, 0x1d])],
        [13, encodeList16([0x4a4a, 0x0403])],
      ],
    ],
    ['without supported groups', {}, [[10, undefined]]],
    ['with a session to resume', { sessionId: new Uint8Array(32) }, []],
    [
      'with unknown extensions',
      {},
      [
        [35, new Uint8Array(0)],
        [16, Uint8Array.of(0, 3, 2, 104, 50)],
      ],
    ],
    ['for a later version', { version: 0xfefc }, []],
    ['for DTLS 1.3 and 1.2', {}, [[43, Uint8Array.of(4, 0xfe, 0xfc, 0xfe, 0xfd)]]],
    ['without extended master secret', {}, [[23, undefined]]],
  ] as [string, Partial<ClientHello>, ExtensionChanges][])('%s is accepted', (_what, changes, extensions) => {
    const { server, client } = waitingServer();
    const answer = client.greet(server, changes, extensions);
    const { sessionId, version } = decodeServerHello(answer[0].body);
    expect([sessionId.length, version]).toEqual([0, 0xfefd]);
    for (const record of client.flight(answer)) server.receive(record);
    expect(server.transport.state).toBe('connected');
  });

  it('without groups is answered over P-256', () => {
    const { server, client } = waitingServer();
    const answer = client.greet(server, {}, [[10, undefined]]);
    expect(decodeServerKeyExchange(answer[2].body).group).toBe(0x17);
  });

  it('gets back only extensions that it has', () => {
    const { server, client } = waitingServer();
    const extensionsOf = (answer: ReturnType<ScriptedClient['greet']>): number[] =>
      [...decodeServerHello(answer[0].body).extensions.keys()].sort((a, b) => a - b);
    expect(extensionsOf(client.greet(server))).toEqual([ExtensionType.useSrtp, ExtensionType.extendedMasterSecret]);
    const other = waitingServer();
    expect(
      extensionsOf(
        other.client.greet(other.server, { cipherSuites: [0xc02b, 0x00ff] }, [
          [23, undefined],
          [11, Uint8Array.of(1, 0)],
        ]),
      ),
    ).toEqual([ExtensionType.ecPointFormats, ExtensionType.useSrtp, ExtensionType.renegotiationInfo]);
  });

  it('without extended master secret is refused on demand', () => {
    const { server, client } = waitingServer({ requireExtendedMasterSecret: true });
    server.receive(client.message(HandshakeType.clientHello, client.helloBody({}, [[23, undefined]])));
    expectFailure(server, handshakeFailure);
  });
});

describe('R26: ClientHellos', () => {
  it('after the first change nothing, however many come', () => {
    const { server, client } = waitingServer();
    const answer = client.greet(server);
    let answered = 0;
    for (let i = 0; i < 1000; i++) {
      const other = new ScriptedClient();
      other.records.write(0, ContentType.alert, Uint8Array.of(1, 90), new Uint8Array(99), 0);
      const body = other.helloBody();
      expect(server.receive(plaintextRecord(fragment({}, body)), 200)).toBe(DropReason.dtlsReplay);
      answered += server.take().length;
    }
    // Any of them could be the first one again, so one was answered, as far as the time between two answers allows.
    expect(answered).toBe(1);
    for (const record of client.flight(answer)) server.receive(record);
    expect(server.transport.state).toBe('connected');
  });
});

describe('R27: a key exchange', () => {
  const notOnCurve = new Uint8Array(65).fill(1);
  notOnCurve[0] = 4;
  const cases: [string, number, Uint8Array][] = [
    ['over a group that was not offered', 30, new Uint8Array(56).fill(1)],
    ['with a point that is not on P-256', 0x17, notOnCurve],
    ['with a compressed point', 0x17, new Uint8Array(33).fill(2)],
    ['with the point at infinity', 0x17, new Uint8Array(1)],
    ['with a short X25519 key', 0x1d, new Uint8Array(31).fill(9)],
    ['with a long X25519 key', 0x1d, new Uint8Array(33).fill(9)],
    ['with an X25519 key of zeros', 0x1d, new Uint8Array(32)],
    ['with no key', 0x1d, new Uint8Array(0)],
  ];
  it.each(cases)('%s is refused by a client', (_what, group, publicKey) => {
    const { client, server } = waitingClient();
    for (const record of server.flight(client, { group, publicKey })) client.receive(record);
    expectFailure(client, illegalParameter);
  });

  it.each(cases.slice(1))('%s is refused by a server', (_what, group, publicKey) => {
    const { server, client } = waitingServer();
    const answer = client.greet(server, {}, [[10, encodeList16([group])]]);
    for (const record of client.flight(answer, { keyExchangeBody: () => encodeClientKeyExchange(publicKey) })) {
      server.receive(record);
    }
    expectFailure(server, illegalParameter);
  });

  it.each([
    ['of explicit curve parameters', (body: Uint8Array) => Uint8Array.of(1, ...body.subarray(1)), illegalParameter],
    ['cut off', (body: Uint8Array) => body.subarray(0, 60), decodeError],
    ['with something behind it', (body: Uint8Array) => Buffer.concat([body, Uint8Array.of(0)]), decodeError],
    ['with another key than was signed', (body: Uint8Array) => flip(body, 20), decryptError],
    ['with a changed signature', (body: Uint8Array) => flip(body, body.length - 1), decryptError],
    ['with a scheme that was not offered', (body: Uint8Array) => flip(body, 37), illegalParameter],
  ])('%s is refused', (_what, keyExchangeBody, alert) => {
    const { client, server } = waitingClient();
    for (const record of server.flight(client, { keyExchangeBody })) client.receive(record);
    expectFailure(client, alert);
  });

  it('signed with a key that is not that of the certificate is refused', () => {
    const { client, server } = waitingClient();
    const options = { signer: certificates.p384, scheme: schemeNamed('ecdsa_secp384r1_sha384') };
    for (const record of server.flight(client, options)) client.receive(record);
    expectFailure(client, decryptError);
  });
});

describe('R28: a certificate', () => {
  const selfMade = (publicKey: Uint8Array): Uint8Array => {
    const algorithm = derSequence(derObjectIdentifier('1.2.840.10045.4.3.2'));
    const validity = derSequence(derTime(0), derTime(2 ** 31));
    const name = derSequence();
    const content = derSequence(derInteger(Uint8Array.of(1)), algorithm, name, validity, name, publicKey);
    return derSequence(content, algorithm, derBitString(new Uint8Array(8)));
  };
  const rsaKey = (bits: number, exponent = Uint8Array.of(1, 0, 1)): Uint8Array => {
    const modulus = derInteger(new Uint8Array(bits / 8).fill(0xff));
    const key = derSequence(modulus, derInteger(exponent));
    return derSequence(
      derSequence(derObjectIdentifier('1.2.840.113549.1.1.1'), Uint8Array.of(5, 0)),
      derBitString(key),
    );
  };
  const sect571r1 = generateKeyPairSync('ec', { namedCurve: 'sect571r1' }).publicKey.export({
    type: 'spki',
    format: 'der',
  });
  const ed448 = generateKeyPairSync('ed448').publicKey.export({ type: 'spki', format: 'der' });

  const cases: [string, () => Uint8Array, number][] = [
    ['list that is empty', () => Uint8Array.of(0, 0, 0), handshakeFailure],
    ['list that is cut off', () => encodeCertificate(certificates.p256.der).subarray(0, 100), decodeError],
    [
      'list with something behind it',
      () => Buffer.concat([encodeCertificate(certificates.p256.der), Uint8Array.of(0)]),
      decodeError,
    ],
    ['that is empty', () => encodeCertificate(new Uint8Array(0)), badCertificate],
    ['that is garbage', () => encodeCertificate(new Uint8Array(300).fill(0x30)), badCertificate],
    ['of 60 KiB', () => encodeCertificate(new Uint8Array(60_000)), badCertificate],
    [
      'with something behind it',
      () => encodeCertificate(Buffer.concat([certificates.p256.der, Uint8Array.of(0)])),
      badCertificate,
    ],
    ['in PEM', () => encodeCertificate(Buffer.from(certificates.p256.pem)), badCertificate],
    ['with an RSA key of 16384 bits', () => encodeCertificate(selfMade(rsaKey(16_384))), unsupportedCertificate],
    ['with an RSA key of 512 bits', () => encodeCertificate(selfMade(rsaKey(512))), unsupportedCertificate],
    [
      'with an RSA key that takes long to verify with',
      () => encodeCertificate(selfMade(rsaKey(3072, new Uint8Array(383).fill(0x7f)))),
      unsupportedCertificate,
    ],
    ['with a curve that takes long', () => encodeCertificate(selfMade(sect571r1)), unsupportedCertificate],
    ['with a key for Ed448', () => encodeCertificate(selfMade(ed448)), unsupportedCertificate],
  ];
  it.each(cases)('%s is refused by a server', (_what, certificateBody, alert) => {
    const { server, client } = waitingServer();
    for (const record of client.flight(client.greet(server), { certificateBody })) receiveWhole(server, record);
    expectFailure(server, alert);
  });

  it.each(cases)('%s is refused by a client', (_what, certificateBody, alert) => {
    const { client, server } = waitingClient();
    for (const record of server.flight(client, { certificateBody })) receiveWhole(client, record);
    expectFailure(client, alert);
  });

  it('of the wrong kind for the suite is refused by a client', () => {
    const { client, server } = waitingClient();
    const options = { certificate: certificates.rsa, scheme: schemeNamed('rsa_pss_rsae_sha256') };
    for (const record of server.flight(client, options)) client.receive(record);
    expectFailure(client, illegalParameter);
  });

  it('counts if it is the first of ten', () => {
    const { server, client } = waitingServer();
    const entry = (der: Uint8Array): Uint8Array => encodeCertificate(der).subarray(3);
    const list = Buffer.concat([
      entry(certificates.p256.der),
      ...(Array(9).fill(entry(certificates.rsa.der)) as Uint8Array[]),
    ]);
    const certificateBody = (): Uint8Array => encodeCertificate(list).subarray(3);
    for (const record of client.flight(client.greet(server), { certificateBody })) server.receive(record);
    expect(server.transport.state).toBe('connected');
  });
});

describe('R29–R30: proof', () => {
  const cases: [string, ClientFlightOptions, number][] = [
    ['no CertificateVerify', { certificateVerifyBody: () => undefined }, unexpectedMessage],
    ['no Certificate', { certificateBody: () => undefined }, unexpectedMessage],
    ['no ClientKeyExchange', { keyExchangeBody: () => undefined }, unexpectedMessage],
    [
      'a CertificateVerify with SHA-1',
      { certificateVerifyBody: body => Uint8Array.of(2, 3, ...body.subarray(2)) },
      illegalParameter,
    ],
    [
      'a CertificateVerify with RSA',
      { certificateVerifyBody: body => Uint8Array.of(8, 4, ...body.subarray(2)) },
      illegalParameter,
    ],
    [
      'a CertificateVerify with another hash',
      { certificateVerifyBody: body => Uint8Array.of(5, 3, ...body.subarray(2)) },
      decryptError,
    ],
    ['a changed CertificateVerify', { certificateVerifyBody: body => flip(body, body.length - 1) }, decryptError],
    ['an empty signature', { certificateVerifyBody: body => Uint8Array.of(body[0], body[1], 0, 0) }, decryptError],
    ['a CertificateVerify that is cut off', { certificateVerifyBody: body => body.subarray(0, 30) }, decodeError],
    [
      'a signature of another key',
      { signer: certificates.p384, scheme: schemeNamed('ecdsa_secp384r1_sha384') },
      decryptError,
    ],
    ['a wrong Finished', { finishedBody: body => flip(body, 0) }, decryptError],
    ['a short Finished', { finishedBody: body => body.subarray(0, 11) }, decodeError],
    ['an empty Finished', { finishedBody: () => new Uint8Array(0) }, decodeError],
  ];
  it.each(cases)('with %s a server refuses', (_what, options, alert) => {
    const { server, client } = waitingServer();
    for (const record of client.flight(client.greet(server), options)) server.receive(record);
    expectFailure(server, alert);
  });

  it('a client refuses a wrong Finished', () => {
    const { client, server } = waitingClient();
    for (const record of server.flight(client)) client.receive(record);
    for (const record of server.finish(client, body => flip(body, 3))) client.receive(record);
    expect(client.events).toEqual(['connecting', 'failed']);
    // The alert is encrypted.
    expect(client.sent.map(datagram => [datagram[0], datagram[4]])).toEqual([[21, 1]]);
  });

  it('a Finished that comes again is answered again', () => {
    const { server, client } = waitingServer();
    const flight = client.flight(client.greet(server));
    for (const record of flight) server.receive(record);
    expect(server.take()).toHaveLength(1);
    expect(server.receive(flight.at(-1)!, 100)).toBe(DropReason.dtlsReplay);
    expect(server.sent).toEqual([]);
    const finished = client.record(
      ContentType.handshake,
      fragment({ type: 20, sequence: 4, length: 12 }, new Uint8Array(12)),
      1,
    );
    expect(server.receive(finished, 100)).toBe(DropReason.dtlsReplay);
    expect(server.take()).toHaveLength(1);
    // Until there is data, which proves that the answer has arrived.
    server.receive(client.record(ContentType.applicationData, Uint8Array.of(1), 1), 200);
    const again = client.record(
      ContentType.handshake,
      fragment({ type: 20, sequence: 4, length: 12 }, new Uint8Array(12)),
      1,
    );
    server.receive(again, 300);
    expect(server.sent).toEqual([]);
  });
});

describe('what a server may not say', () => {
  const cases: [string, ServerFlightOptions, number][] = [
    ['a suite that was not offered', { hello: { cipherSuite: 0xc009 } }, illegalParameter],
    ['compression', { hello: { compressionMethod: 1 } }, illegalParameter],
    ['another version', { hello: { version: 0xfeff } }, protocolVersion],
    ['an extension that was not offered', { extensions: [[35, new Uint8Array(0)]] }, unsupportedExtension],
    ['that this is a renegotiation', { extensions: [[0xff01, Uint8Array.of(1, 5)]] }, handshakeFailure],
    ['nothing about SRTP', { extensions: [[14, undefined]] }, handshakeFailure],
    ['an SRTP profile that was not offered', { extensions: [[14, encodeUseSrtp([5])]] }, illegalParameter],
    ['two SRTP profiles', { extensions: [[14, encodeUseSrtp([1, 7])]] }, illegalParameter],
    ['an MKI', { extensions: [[14, Uint8Array.of(0, 2, 0, 1, 1, 9)]] }, illegalParameter],
    ['no certificate', { certificateBody: () => undefined }, unexpectedMessage],
    ['no key', { keyExchangeBody: () => undefined }, unexpectedMessage],
    [
      'that it wants signatures we cannot make',
      { certificateRequestBody: () => Uint8Array.of(1, 64, 0, 2, 8, 4, 0, 0) },
      handshakeFailure,
    ],
    ['half a CertificateRequest', { certificateRequestBody: body => body.subarray(0, 5) }, decodeError],
    ['more in its ServerHelloDone', { helloDoneBody: () => Uint8Array.of(1) }, decodeError],
  ];
  it.each(cases)('%s', (_what, options, alert) => {
    const { client, server } = waitingClient();
    for (const record of server.flight(client, options)) client.receive(record);
    expectFailure(client, alert);
  });

  it('nothing about extended master secret, on demand', () => {
    const { client, server } = waitingClient({ requireExtendedMasterSecret: true });
    for (const record of server.flight(client, { extensions: [[23, undefined]] })) client.receive(record);
    expectFailure(client, handshakeFailure);
  });

  it('but extended master secret may be missing otherwise', () => {
    const { client, server } = waitingClient();
    for (const record of server.flight(client, { extensions: [[23, undefined]] })) client.receive(record);
    for (const record of server.finish(client)) client.receive(record);
    expect(client.transport.state).toBe('connected');
  });

  it('and it need not ask for our certificate', () => {
    const { client, server } = waitingClient();
    for (const record of server.flight(client, { certificateRequestBody: () => undefined })) client.receive(record);
    for (const record of server.finish(client)) client.receive(record);
    expect(client.transport.state).toBe('connected');
  });

  it.each([
    ['a cookie', Uint8Array.of(0xfe, 0xff, 1, 7)],
    ['an empty cookie', Uint8Array.of(0xfe, 0xff, 0)],
  ])('that it wants %s, twice', (_what, body) => {
    const { client, server } = waitingClient();
    const request = (): void => {
      server.hear(client.take());
      client.receive(server.message(HandshakeType.helloVerifyRequest, body));
    };
    request();
    expect(client.events).toEqual(['connecting']);
    request();
    expectFailure(client, unexpectedMessage);
  });
});

describe('R31: ChangeCipherSpec', () => {
  it('in any number and of any content changes nothing', () => {
    const { server, client } = waitingServer();
    for (let i = 0; i < 100; i++) {
      expect(server.receive(plaintextRecord(Uint8Array.of(1), { type: 20 }))).toBe(DropReason.none);
    }
    for (const content of [[], [0], [2], [1, 1]]) {
      const record = plaintextRecord(Uint8Array.from(content), { type: 20 });
      expect(server.receive(record)).toBe(DropReason.dtlsUnexpectedMessage);
    }
    expectUnharmed(server, client);
  });

  it('may be missing', () => {
    const { server, client } = waitingServer();
    const flight = client.flight(client.greet(server)).filter(record => record[0] !== ContentType.changeCipherSpec);
    for (const record of flight) server.receive(record);
    expect(server.transport.state).toBe('connected');
  });
});

describe('R32: alerts', () => {
  const alert = (level: number, description: number): Uint8Array =>
    plaintextRecord(Uint8Array.of(level, description), { type: ContentType.alert });

  it.each([
    ['1 byte', Uint8Array.of(2)],
    ['3 bytes', Uint8Array.of(2, 40, 0)],
  ])('of %s are dropped', (_what, content) => {
    const { server, client } = waitingServer();
    expect(server.receive(plaintextRecord(content, { type: 21 }))).toBe(DropReason.dtlsAlertMalformed);
    expectUnharmed(server, client);
  });

  it.each([
    ['a warning', 1, 90],
    ['an unknown warning', 1, 211],
    ['an unknown level', 7, 40],
    ['a goodbye that anybody could have said', 1, 0],
  ])('that are %s are ignored', (_what, level, description) => {
    const { server, client } = waitingServer();
    expect(server.receive(alert(level, description))).toBe(DropReason.none);
    expectUnharmed(server, client);
  });

  it('that are fatal end a handshake', () => {
    const { server, client } = waitingServer();
    client.greet(server);
    server.receive(alert(2, 40));
    expect([server.events, server.sent]).toEqual([['connecting', 'failed'], []]);
  });

  it.each([
    [2, 40],
    [1, 0],
  ])('in the clear (%d, %d) mean nothing once the peer encrypts', (level, description) => {
    const { server } = connectedServer();
    expect(server.receive(alert(level, description))).toBe(DropReason.dtlsEpoch);
    expect(server.transport.state).toBe('connected');
  });

  it('that are fatal and authentic end the connection', () => {
    const { server, client } = connectedServer();
    server.receive(client.record(ContentType.alert, Uint8Array.of(2, 80), 1));
    expect(server.events).toEqual(['connecting', 'connected', 'closed']);
  });

  it('that are warnings are ignored on a connection too', () => {
    const { server, client } = connectedServer();
    server.receive(client.record(ContentType.alert, Uint8Array.of(1, 90), 1));
    expect(server.transport.state).toBe('connected');
  });
});

describe('R33: use_srtp', () => {
  it.each([
    ['of odd length', Uint8Array.of(0, 3, 0, 1, 0, 0), decodeError],
    ['without profiles', Uint8Array.of(0, 0, 0), decodeError],
    ['without MKI field', Uint8Array.of(0, 2, 0, 1), decodeError],
    ['with unknown profiles only', encodeUseSrtp([5, 6, 0x0a0a]), handshakeFailure],
    ['that is missing', undefined, handshakeFailure],
  ])('%s is refused', (_what, content, alert) => {
    const { server, client } = waitingServer();
    server.receive(client.message(HandshakeType.clientHello, client.helloBody({}, [[14, content]])));
    expectFailure(server, alert);
  });

  it('with an MKI is answered without', () => {
    const { server, client } = waitingServer();
    const [hello] = client.greet(server, {}, [[14, Uint8Array.of(0, 2, 0, 1, 2, 9, 9)]]);
    expect(Buffer.from(decodeServerHello(hello.body).extensions.get(14)!).toString('hex')).toBe('0002000100');
  });
});

describe('R34: application data', () => {
  it('in the clear is dropped, whenever', () => {
    const record = (): Uint8Array => plaintextRecord(Uint8Array.of(1), { type: 23 });
    const { server, client } = waitingServer();
    expect(server.receive(record())).toBe(DropReason.dtlsApplicationDataEarly);
    expectUnharmed(server, client);
    expect(server.receive(record())).toBe(DropReason.dtlsApplicationDataEarly);
    expect(server.received).toEqual([]);
  });

  it('before the end of the handshake is dropped', () => {
    const { server, client } = waitingServer();
    const flight = client.flight(client.greet(server));
    const data = client.record(ContentType.applicationData, Uint8Array.of(1), 1);
    for (const record of flight.slice(0, -1)) server.receive(record);
    expect(server.receive(data)).toBe(DropReason.dtlsApplicationDataEarly);
    server.receive(flight.at(-1)!);
    expect([server.transport.state, server.received]).toEqual(['connected', []]);
  });

  it('without content is ignored, with 16 KiB it is handed on', () => {
    const { server, client } = connectedServer();
    server.receive(client.record(ContentType.applicationData, new Uint8Array(0), 1));
    server.receive(client.record(ContentType.applicationData, new Uint8Array(16_384), 1));
    server.receive(client.record(ContentType.applicationData, new Uint8Array(16_385), 1));
    expect(server.received.map(bytes => bytes.length)).toEqual([16_384]);
  });
});

describe('renegotiation', () => {
  it('is refused, whoever wants it, and the connection stays', () => {
    const { server, client } = connectedServer();
    const hello = fragment({ sequence: 5 }, client.helloBody());
    server.receive(client.record(ContentType.handshake, hello, 1));
    const [refusal] = server.take();
    client.records.read(refusal, 0);
    expect([client.records.type, [...client.records.content]]).toEqual([ContentType.alert, [1, 100]]);
    server.receive(client.record(ContentType.handshake, fragment({ type: 0, sequence: 5 }, new Uint8Array(0)), 1));
    expect(server.take()).toHaveLength(1);
    expect(server.transport.state).toBe('connected');
  });

  it('in the clear is ignored', () => {
    const { client, server } = connect();
    const hello = plaintextRecord(fragment({ sequence: 5 }, new ScriptedClient().helloBody()));
    expect(server.receive(hello)).toBe(DropReason.dtlsUnexpectedMessage);
    expect(server.receive(plaintextRecord(fragment({}, new ScriptedClient().helloBody())), 1000)).toBe(
      DropReason.dtlsReplay,
    );
    expect(server.sent).toEqual([]);
    exchange(client, server);
    expect(server.transport.state).toBe('connected');
  });
});

describe('the wrong peer', () => {
  it('cannot connect with a certificate that is not its own', () => {
    const { server, client } = waitingServer();
    server.expect({ certificate: certificates.p384 });
    const options = { certificate: certificates.p384, signer: certificates.p256 };
    for (const record of client.flight(client.greet(server), options)) server.receive(record);
    expectFailure(server, decryptError);
  });

  it('cannot connect with its own certificate', () => {
    const { server, client } = waitingServer();
    server.expect({ certificate: certificates.p384 });
    for (const record of client.flight(client.greet(server))) server.receive(record);
    expect(server.events).toEqual(['connecting', 'failed']);
    expect(server.receive(client.record(ContentType.applicationData, Uint8Array.of(1), 1))).toBe(
      DropReason.dtlsNotRunning,
    );
    expect(server.received).toEqual([]);
  });
});

function flip(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] ^= 1;
  return copy;
}

/** Records may be longer than what an endpoint accepts; then the message comes in several. */
function receiveWhole(endpoint: Endpoint, record: Uint8Array): void {
  const message = record.subarray(13);
  if (message.length <= 16_384) return void endpoint.receive(record);
  const body = message.subarray(12);
  for (let at = 0; at < body.length; at += 16_000) {
    const header = { type: message[0], sequence: message[5], length: body.length, fragmentOffset: at };
    endpoint.receive(plaintextRecord(fragment(header, body.subarray(at, at + 16_000))));
  }
}
