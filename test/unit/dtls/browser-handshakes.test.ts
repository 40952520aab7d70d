import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DropReason } from '../../../src/common/drop-reason.js';
import { cipherSuites } from '../../../src/dtls/dtls12/cipher-suite.js';
import { checkSignature } from '../../../src/dtls/dtls12/handshake-base.js';
import { KeySchedule, type Randoms } from '../../../src/dtls/dtls12/key-schedule.js';
import {
  decodeCertificate,
  decodeCertificateVerify,
  decodeServerKeyExchange,
} from '../../../src/dtls/dtls12/messages.js';
import { AeadProtection } from '../../../src/dtls/dtls12/record-protection.js';
import { decodeList16, decodeSupportedVersions, decodeUseSrtp, ExtensionType } from '../../../src/dtls/extension.js';
import { fingerprintOf } from '../../../src/dtls/fingerprint.js';
import { HandshakeReassembler } from '../../../src/dtls/handshake-reassembler.js';
import {
  HANDSHAKE_HEADER_LENGTH,
  HandshakeType,
  readFragmentHeader,
  type HandshakeMessage,
} from '../../../src/dtls/handshake-message.js';
import { decodeClientHello, decodeServerHello } from '../../../src/dtls/hello.js';
import { parsePeerCertificate, type PeerCertificate } from '../../../src/dtls/peer-certificate.js';
import { ContentType } from '../../../src/dtls/record.js';
import { RecordLayer } from '../../../src/dtls/record-layer.js';
import { Transcript } from '../../../src/dtls/transcript.js';
import { Endpoint, fixture, start } from './support/endpoint.js';

/**
 * DTLS datagrams between a browser and a mediasoup worker, as they were on the wire, with the line of an NSS key log
 * that opens the session.
 */
interface Recording {
  client: string;
  role: string;
  cipherSuite: string;
  keylog: string;
  sfuFingerprint: string;
  browserCertificate: string;
  datagrams: { from: 'browser' | 'sfu'; hex: string }[];
}

const recordings = ['chromium-client', 'chromium-server', 'firefox-client', 'firefox-server'].map(
  name => [name, JSON.parse(fixture(`${name}.json`)) as Recording] as const,
);
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));

/** Reads what one side said. */
class Listener {
  readonly records = new RecordLayer();
  readonly reassembler = new HandshakeReassembler();
  readonly alerts: string[] = [];

  /** The messages that a datagram completes; the rest of a datagram that cannot be read yet is kept by `records`. */
  hear(datagram: Uint8Array): HandshakeMessage[] {
    for (let at = 0; at < datagram.length;) {
      const length = this.records.lengthAt(datagram, at, datagram.length);
      expect(length).toBeGreaterThan(0);
      const dropped = this.records.read(datagram, at);
      if (dropped === DropReason.none) this.#onRecord();
      else expect(dropped).toBe(DropReason.dtlsEpoch);
      at += length;
    }
    const messages: HandshakeMessage[] = [];
    for (let next = this.reassembler.take(); next; next = this.reassembler.take()) messages.push(next);
    return messages;
  }

  #onRecord(): void {
    const { type, content } = this.records;
    if (type === ContentType.alert) this.alerts.push(Buffer.from(content).toString('hex'));
    if (type !== ContentType.handshake) return;
    for (let at = 0; at < content.length;) {
      const header = readFragmentHeader(content, at);
      const start = at + HANDSHAKE_HEADER_LENGTH;
      at = start + header.fragmentLength;
      expect(this.reassembler.add(header, content.subarray(start, at))).toBe(DropReason.none);
    }
  }
}

describe.each(recordings)('the recording %s', (_name, recording) => {
  it('opens with our reassembly, key schedule and record protection', () => {
    const [, clientRandom, masterSecret] = recording.keylog.split(' ');
    const browserIsClient = recording.datagrams[0].from === 'browser';
    const listeners = { client: new Listener(), server: new Listener() };
    const certificates: Partial<Record<'client' | 'server', PeerCertificate>> = {};
    const transcript = new Transcript();
    const randoms: Randoms = { client: bytesOf(clientRandom), server: new Uint8Array(0) };
    let suite = cipherSuites[0];
    let keySchedule: KeySchedule | undefined;
    const seen: number[] = [];

    const onMessage = (side: 'client' | 'server', message: HandshakeMessage): void => {
      seen.push(message.type);
      switch (message.type) {
        case HandshakeType.clientHello:
          expect(Buffer.from(decodeClientHello(message.body).random).toString('hex')).toBe(clientRandom);
          break;
        case HandshakeType.serverHello: {
          const hello = decodeServerHello(message.body);
          randoms.server = hello.random;
          suite = cipherSuites.find(one => one.id === hello.cipherSuite)!;
          expect(suite.id).toBe(Number(recording.cipherSuite));
          break;
        }
        case HandshakeType.certificate:
          certificates[side] = parsePeerCertificate(decodeCertificate(message.body)!);
          break;
        case HandshakeType.serverKeyExchange: {
          const { parameters, signature } = decodeServerKeyExchange(message.body);
          checkSignature(certificates.server!, signature, Buffer.concat([randoms.client, randoms.server, parameters]));
          break;
        }
        case HandshakeType.certificateVerify:
          checkSignature(certificates.client!, decodeCertificateVerify(message.body), transcript.bytes());
          break;
        case HandshakeType.clientKeyExchange: {
          keySchedule = new KeySchedule(suite, bytesOf(masterSecret), randoms);
          const keys = keySchedule.trafficKeys();
          listeners.client.records.installReadKeys(new AeadProtection(suite, keys.client));
          listeners.server.records.installReadKeys(new AeadProtection(suite, keys.server));
          break;
        }
        case HandshakeType.finished:
          expect(Buffer.from(message.body)).toEqual(
            Buffer.from(keySchedule!.verifyData(side, transcript.hash(suite.hash))),
          );
      }
      transcript.addReceived(message);
    };

    for (const { from, hex } of recording.datagrams) {
      const side = (from === 'browser') === browserIsClient ? 'client' : 'server';
      for (const message of listeners[side].hear(bytesOf(hex))) onMessage(side, message);
      if (keySchedule === undefined) continue;
      for (const early of listeners[side].records.takeEarlyRecords()) {
        for (const message of listeners[side].hear(early)) onMessage(side, message);
      }
    }
    expect(seen).toEqual([1, 2, 11, 12, 13, 14, 11, 16, 15, 20, 20]);
    const browser = browserIsClient ? 'client' : 'server';
    const sfu = browserIsClient ? 'server' : 'client';
    expect(certificates[browser]!.pem).toBe(new X509Certificate(recording.browserCertificate).toString());
    expect(fingerprintOf(certificates[sfu]!.der, 'sha-256').value).toBe(recording.sfuFingerprint);
    // Both said goodbye, encrypted.
    expect([listeners.client.alerts, listeners.server.alerts]).toEqual([['0100'], ['0100']]);
  });
});

describe.each(recordings.filter(([name]) => name.endsWith('client')))('the ClientHello of %s', (_name, recording) => {
  const hello = recording.datagrams
    .filter(({ from }) => from === 'browser')
    .slice(0, 2)
    .map(({ hex }) => bytesOf(hex));

  it('comes in two datagrams and offers DTLS 1.3 and what we need for 1.2', () => {
    const listener = new Listener();
    const [message] = hello.flatMap(datagram => listener.hear(datagram));
    expect(message.body.length).toBeGreaterThan(1400);
    const { extensions, cipherSuites: suites } = decodeClientHello(message.body);
    expect(decodeSupportedVersions(extensions.get(ExtensionType.supportedVersions)!)).toEqual(
      expect.arrayContaining([0xfefc, 0xfefd]),
    );
    expect(suites).toEqual(expect.arrayContaining([0xc02b, 0xcca9]));
    expect(decodeList16(extensions.get(ExtensionType.supportedGroups)!)).toEqual(expect.arrayContaining([0x1d, 0x17]));
    expect(decodeList16(extensions.get(ExtensionType.signatureAlgorithms)!)).toContain(0x0403);
    expect(decodeUseSrtp(extensions.get(ExtensionType.useSrtp)!)).toEqual({
      profiles: expect.arrayContaining([1, 7, 8]) as number[],
      mki: new Uint8Array(0),
    });
    expect(extensions.has(ExtensionType.extendedMasterSecret)).toBe(true);
  });

  it.each([
    ['in order', [0, 1]],
    ['swapped', [1, 0]],
    ['twice', [0, 0, 1, 1]],
    ['coalesced', undefined],
  ])('is answered with DTLS 1.2, %s', (_how, order) => {
    const server = new Endpoint();
    start(server, 'server');
    const datagrams = order ? order.map(index => hello[index]) : [Buffer.concat(hello)];
    for (const datagram of datagrams) server.receive(datagram);
    expect(server.sent).toHaveLength(1);

    const listener = new Listener();
    const messages = listener.hear(server.take()[0]);
    expect(messages.map(message => message.type)).toEqual([2, 11, 12, 13, 14]);
    const { version, cipherSuite, sessionId, extensions } = decodeServerHello(messages[0].body);
    expect([version, cipherSuite, sessionId.length]).toEqual([0xfefd, 0xc02b, 0]);
    expect(decodeUseSrtp(extensions.get(ExtensionType.useSrtp)!).profiles).toEqual([1]);
    expect(extensions.has(ExtensionType.extendedMasterSecret)).toBe(true);
    expect(Buffer.from(extensions.get(ExtensionType.renegotiationInfo)!)).toEqual(Buffer.of(0));
    expect(decodeServerKeyExchange(messages[2].body).group).toBe(0x1d);
  });

  it('is waited for while a part is missing', () => {
    const server = new Endpoint();
    start(server, 'server');
    expect(server.receive(hello[1])).toBe(DropReason.none);
    expect(server.sent).toEqual([]);
    expect(server.transport.nextDeadline).toBe(Infinity);
  });
});

describe.each(recordings.filter(([name]) => name.endsWith('server')))('the answer of %s', (_name, recording) => {
  it('to another hello is refused', () => {
    const client = new Endpoint();
    start(client, 'client');
    client.take();
    client.receive(bytesOf(recording.datagrams[1].hex));
    // The signature covers the other hello's random.
    expect(client.events).toEqual(['connecting', 'failed']);
    expect(Buffer.from(client.sent[0]).subarray(13).toString('hex')).toBe('0233');
  });
});
