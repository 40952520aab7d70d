import { randomFillSync } from 'node:crypto';
import { DropReason } from '../../../../src/common/drop-reason.js';
import { cipherSuites, type CipherSuite } from '../../../../src/dtls/dtls12/cipher-suite.js';
import { extendedMasterSecret, KeySchedule, plainMasterSecret } from '../../../../src/dtls/dtls12/key-schedule.js';
import {
  decodeServerKeyExchange,
  encodeCertificate,
  encodeCertificateRequest,
  encodeCertificateVerify,
  encodeClientKeyExchange,
  encodeKeyExchangeParameters,
  encodeServerKeyExchange,
} from '../../../../src/dtls/dtls12/messages.js';
import { AeadProtection, type TrafficKeys } from '../../../../src/dtls/dtls12/record-protection.js';
import { encodeList16, encodeUseSrtp, ExtensionType, type Extensions } from '../../../../src/dtls/extension.js';
import {
  HANDSHAKE_HEADER_LENGTH,
  HandshakeType,
  readFragmentHeader,
  writeFragmentHeader,
  type FragmentHeader,
  type HandshakeMessage,
} from '../../../../src/dtls/handshake-message.js';
import { HandshakeReassembler } from '../../../../src/dtls/handshake-reassembler.js';
import {
  decodeClientHello,
  decodeServerHello,
  encodeClientHello,
  encodeServerHello,
  type ClientHello,
  type ServerHello,
} from '../../../../src/dtls/hello.js';
import { namedGroups, type KeyShare } from '../../../../src/dtls/named-group.js';
import { ContentType, RECORD_HEADER_LENGTH, writeRecordHeader } from '../../../../src/dtls/record.js';
import { RecordLayer } from '../../../../src/dtls/record-layer.js';
import { signatureSchemes, signWith, type SignatureScheme } from '../../../../src/dtls/signature-scheme.js';
import { Transcript } from '../../../../src/dtls/transcript.js';
import { type Certificate } from '../../../../src/dtls/certificate.js';
import { certificates, type Endpoint } from './endpoint.js';

/** An extra extension, or undefined to leave one out. */
export type ExtensionChanges = [type: number, content: Uint8Array | undefined][];

/** A body in place of the right one; undefined: the message is left out. */
export type Replacement = (right: Uint8Array) => Uint8Array | undefined;

export const schemeNamed = (name: string): SignatureScheme => signatureSchemes.find(one => one.name === name)!;

/** One record in plaintext, with any header. */
export function plaintextRecord(
  content: Uint8Array,
  header: Partial<{ type: number; version: number; epoch: number; sequence: number; length: number }> = {},
): Uint8Array {
  const bytes = new Uint8Array(RECORD_HEADER_LENGTH + content.length);
  const defaults = { type: ContentType.handshake, version: 0xfefd, epoch: 0, sequence: nextSequence++ };
  writeRecordHeader({ ...defaults, length: content.length, ...header }, bytes, 0);
  bytes.set(content, RECORD_HEADER_LENGTH);
  return bytes;
}
let nextSequence = 1000;

/** A handshake fragment, with any header. */
export function fragment(header: Partial<FragmentHeader>, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HANDSHAKE_HEADER_LENGTH + content.length);
  const whole = { type: HandshakeType.clientHello, sequence: 0, length: content.length, fragmentOffset: 0 };
  writeFragmentHeader({ ...whole, fragmentLength: content.length, ...header }, bytes, 0);
  bytes.set(content, HANDSHAKE_HEADER_LENGTH);
  return bytes;
}

/** The level and description of an unprotected alert. */
export function alertIn(datagram: Uint8Array | undefined): [number, number] | undefined {
  return datagram?.[0] === ContentType.alert ? [datagram[13], datagram[14]] : undefined;
}

/** A peer that speaks DTLS 1.2 by hand, and can be made to say anything. */
abstract class ScriptedPeer {
  readonly records = new RecordLayer();
  readonly transcript = new Transcript();
  readonly random = new Uint8Array(32);
  protected readonly reassembler = new HandshakeReassembler();
  protected keySchedule: KeySchedule | undefined;
  #writeKeys: { suite: CipherSuite; keys: TrafficKeys } | undefined;

  constructor() {
    randomFillSync(this.random);
  }

  /** A record with the next sequence number. */
  record(type: number, content: Uint8Array, epoch: 0 | 1 = 0): Uint8Array {
    const out = new Uint8Array(this.records.overhead(epoch) + content.length);
    this.records.write(epoch, type as ContentType, content, out, 0);
    return out;
  }

  /** A record of epoch 1 with any header. */
  protectedRecord(type: number, content: Uint8Array, sequence: number, version = 0xfefd): Uint8Array {
    const { suite, keys } = this.#writeKeys!;
    const header = { type, version, epoch: 1, sequence, length: content.length };
    return plaintextRecord(new AeadProtection(suite, keys).protect(header, content), {
      type,
      version,
      epoch: 1,
      sequence,
    });
  }

  message(type: HandshakeType, body: Uint8Array, epoch: 0 | 1 = 0): Uint8Array {
    return this.record(ContentType.handshake, this.transcript.addSent(type, body), epoch);
  }

  /** What a datagram says. Adds it to the transcript. */
  hear(datagrams: Uint8Array[]): HandshakeMessage[] {
    const messages: HandshakeMessage[] = [];
    for (const datagram of datagrams) {
      for (let at = 0; at < datagram.length; at += this.records.lengthAt(datagram, at, datagram.length)) {
        if (this.records.read(datagram, at) !== DropReason.none) throw new Error('unreadable record');
        if (this.records.type !== ContentType.handshake) continue;
        const { content } = this.records;
        this.reassembler.add(readFragmentHeader(content, 0), content.subarray(HANDSHAKE_HEADER_LENGTH));
        for (let next = this.reassembler.take(); next; next = this.reassembler.take()) {
          messages.push(next);
          this.transcript.addReceived(next);
        }
      }
    }
    return messages;
  }

  protected deriveKeys(
    side: 'client' | 'server',
    suite: CipherSuite,
    secret: Uint8Array,
    randoms: { client: Uint8Array; server: Uint8Array },
    extended: boolean,
  ): KeySchedule {
    const master = extended
      ? extendedMasterSecret(suite, secret, this.transcript.hash(suite.hash))
      : plainMasterSecret(suite, secret, randoms);
    this.keySchedule = new KeySchedule(suite, master, randoms);
    const keys = this.keySchedule.trafficKeys();
    this.#writeKeys = { suite, keys: keys[side] };
    this.records.installWriteKeys(new AeadProtection(suite, keys[side]));
    this.records.installReadKeys(new AeadProtection(suite, keys[side === 'client' ? 'server' : 'client']));
    return this.keySchedule;
  }

  finished(side: 'client' | 'server', suite: CipherSuite, replace: Replacement = right => right): Uint8Array[] {
    const right = this.keySchedule!.verifyData(side, this.transcript.hash(suite.hash));
    const body = replace(right);
    return body === undefined ? [] : [this.message(HandshakeType.finished, body, 1)];
  }

  get changeCipherSpec(): Uint8Array {
    return this.record(ContentType.changeCipherSpec, Uint8Array.of(1));
  }
}

export interface ClientFlightOptions {
  certificate?: Certificate;
  scheme?: SignatureScheme;
  /** Signs with the key of another certificate. */
  signer?: Certificate;
  certificateBody?: Replacement;
  keyExchangeBody?: Replacement;
  certificateVerifyBody?: Replacement;
  finishedBody?: Replacement;
}

export class ScriptedClient extends ScriptedPeer {
  hello: ClientHello | undefined;
  #suite: CipherSuite = cipherSuites[0];

  helloBody(changes: Partial<ClientHello> = {}, extensionChanges: ExtensionChanges = []): Uint8Array {
    const extensions: Extensions = new Map([
      [ExtensionType.supportedGroups, encodeList16([0x1d, 0x17])],
      [ExtensionType.signatureAlgorithms, encodeList16([0x0403, 0x0804])],
      [ExtensionType.useSrtp, encodeUseSrtp([1])],
      [ExtensionType.extendedMasterSecret, new Uint8Array(0)],
    ]);
    for (const [type, content] of extensionChanges) {
      if (content === undefined) extensions.delete(type);
      else extensions.set(type, content);
    }
    this.hello = {
      version: 0xfefd,
      random: this.random,
      sessionId: new Uint8Array(0),
      cookie: new Uint8Array(0),
      cipherSuites: [0xc02b, 0xc02f],
      compressionMethods: Uint8Array.of(0),
      extensions,
      ...changes,
    };
    return encodeClientHello(this.hello);
  }

  /** Says hello to a server that has been started, and hears its answer. */
  greet(server: Endpoint, changes?: Partial<ClientHello>, extensionChanges?: ExtensionChanges): HandshakeMessage[] {
    server.receive(this.message(HandshakeType.clientHello, this.helloBody(changes, extensionChanges)));
    return this.hear(server.take());
  }

  /** The second flight, each record on its own. */
  flight(answer: HandshakeMessage[], options: ClientFlightOptions = {}): Uint8Array[] {
    const keep: Replacement = right => right;
    const { certificate = certificates.p256, scheme = schemeNamed('ecdsa_secp256r1_sha256') } = options;
    const serverHello = decodeServerHello(answer.find(({ type }) => type === HandshakeType.serverHello)!.body);
    const keyExchange = decodeServerKeyExchange(
      answer.find(({ type }) => type === HandshakeType.serverKeyExchange)!.body,
    );
    this.#suite = cipherSuites.find(one => one.id === serverHello.cipherSuite)!;
    const keyShare = namedGroups.find(one => one.id === keyExchange.group)!.generate();
    const records: Uint8Array[] = [];
    const add = (type: HandshakeType, right: Uint8Array, replace: Replacement = keep): void => {
      const body = replace(right);
      if (body !== undefined) records.push(this.message(type, body));
    };
    add(HandshakeType.certificate, encodeCertificate(certificate.der), options.certificateBody);
    add(HandshakeType.clientKeyExchange, encodeClientKeyExchange(keyShare.publicKey), options.keyExchangeBody);
    this.deriveKeys(
      'client',
      this.#suite,
      keyShare.computeSecret(keyExchange.publicKey),
      { client: this.random, server: serverHello.random },
      serverHello.extensions.has(ExtensionType.extendedMasterSecret),
    );
    const signature = signWith(scheme, (options.signer ?? certificate).privateKey, this.transcript.bytes());
    const right = encodeCertificateVerify({ scheme: scheme.id, signature });
    add(HandshakeType.certificateVerify, right, options.certificateVerifyBody);
    return [...records, this.changeCipherSpec, ...this.finished('client', this.#suite, options.finishedBody)];
  }
}

export interface ServerFlightOptions {
  certificate?: Certificate;
  scheme?: SignatureScheme;
  signer?: Certificate;
  hello?: Partial<ServerHello>;
  extensions?: ExtensionChanges;
  group?: number;
  publicKey?: Uint8Array;
  certificateBody?: Replacement;
  keyExchangeBody?: Replacement;
  certificateRequestBody?: Replacement;
  helloDoneBody?: Replacement;
}

export class ScriptedServer extends ScriptedPeer {
  #suite: CipherSuite = cipherSuites[0];
  #keyShare: KeyShare | undefined;
  #clientRandom: Uint8Array = new Uint8Array(0);
  #extended = true;

  /** Hears the hello of a client that has been started, and makes the answer, each record on its own. */
  flight(client: Endpoint, options: ServerFlightOptions = {}): Uint8Array[] {
    const [clientHello] = this.hear(client.take());
    this.#clientRandom = decodeClientHello(clientHello.body).random;
    const { certificate = certificates.p256, scheme = schemeNamed('ecdsa_secp256r1_sha256') } = options;
    const records: Uint8Array[] = [];
    const add = (type: HandshakeType, right: Uint8Array, replace: Replacement = keep => keep): void => {
      const body = replace(right);
      if (body !== undefined) records.push(this.message(type, body));
    };
    const extensions: Extensions = new Map([
      [ExtensionType.useSrtp, encodeUseSrtp([1])],
      [ExtensionType.extendedMasterSecret, new Uint8Array(0)],
    ]);
    for (const [type, content] of options.extensions ?? []) {
      if (content === undefined) extensions.delete(type);
      else extensions.set(type, content);
    }
    this.#extended = extensions.has(ExtensionType.extendedMasterSecret);
    add(
      HandshakeType.serverHello,
      encodeServerHello({
        version: 0xfefd,
        random: this.random,
        sessionId: new Uint8Array(0),
        cipherSuite: this.#suite.id,
        compressionMethod: 0,
        extensions,
        ...options.hello,
      }),
    );
    add(HandshakeType.certificate, encodeCertificate(certificate.der), options.certificateBody);
    this.#keyShare = namedGroups[0].generate();
    const parameters = encodeKeyExchangeParameters(
      options.group ?? 0x1d,
      options.publicKey ?? this.#keyShare.publicKey,
    );
    const signature = signWith(
      scheme,
      (options.signer ?? certificate).privateKey,
      Buffer.concat([this.#clientRandom, this.random, parameters]),
    );
    const right = encodeServerKeyExchange(parameters, { scheme: scheme.id, signature });
    add(HandshakeType.serverKeyExchange, right, options.keyExchangeBody);
    add(HandshakeType.certificateRequest, encodeCertificateRequest([0x0403, 0x0804]), options.certificateRequestBody);
    add(HandshakeType.serverHelloDone, new Uint8Array(0), options.helloDoneBody);
    return records;
  }

  /** Hears the client's second flight and makes the last one. */
  finish(client: Endpoint, finishedBody?: Replacement): Uint8Array[] {
    const datagram = Buffer.concat(client.take());
    // Everything up to Finished, which needs the keys.
    let at = 0;
    while (datagram[at] === ContentType.handshake && datagram[at + 4] === 0) {
      const length = this.records.lengthAt(datagram, at, datagram.length);
      const [message] = this.hear([datagram.subarray(at, at + length)]);
      at += length;
      if (message.type !== HandshakeType.clientKeyExchange) continue;
      const secret = this.#keyShare!.computeSecret(message.body.subarray(1));
      const randoms = { client: this.#clientRandom, server: this.random };
      this.deriveKeys('server', this.#suite, secret, randoms, this.#extended);
    }
    this.hear([datagram.subarray(at)]);
    return [this.changeCipherSpec, ...this.finished('server', this.#suite, finishedBody)];
  }
}
