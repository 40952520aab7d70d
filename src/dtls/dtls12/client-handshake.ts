import { AlertDescription, FatalAlert } from '../alert.js';
import {
  checkRenegotiationInfo,
  decodeUseSrtp,
  encodeList16,
  encodePointFormats,
  encodeRenegotiationInfo,
  encodeUseSrtp,
  ExtensionType,
  type Extensions,
} from '../extension.js';
import { type FlightPart } from '../flight.js';
import { type Handshake, type HandshakeOptions, type HandshakeOwner } from '../handshake.js';
import { HandshakeType, type HandshakeMessage } from '../handshake-message.js';
import {
  decodeHelloVerifyRequest,
  decodeServerHello,
  encodeClientHello,
  RANDOM_LENGTH,
  type ServerHello,
} from '../hello.js';
import { namedGroups } from '../named-group.js';
import { parsePeerCertificate, type PeerCertificate } from '../peer-certificate.js';
import { ProtocolVersion } from '../record.js';
import {
  authenticationOf,
  chooseScheme,
  signatureSchemes,
  signWith,
  type SignatureScheme,
} from '../signature-scheme.js';
import { type SrtpProfile } from '../srtp-profile.js';
import { cipherSuites } from './cipher-suite.js';
import {
  checkSignature,
  HandshakeBase,
  plaintextMessage,
  unexpectedMessage,
  type Agreement,
} from './handshake-base.js';
import { type KeySchedule } from './key-schedule.js';
import {
  decodeCertificate,
  decodeCertificateRequest,
  decodeServerKeyExchange,
  encodeCertificate,
  encodeCertificateVerify,
  encodeClientKeyExchange,
  type ServerKeyExchange,
} from './messages.js';

/** The client's side of the handshake that is drawn at `ServerHandshake`. A server may leave out its CertificateRequest. */
export class ClientHandshake extends HandshakeBase implements Handshake {
  readonly #random: Uint8Array;
  #progress: Progress;

  /** Sends the ClientHello at once. */
  constructor(options: HandshakeOptions, owner: HandshakeOwner, now: number) {
    super('client', options, owner);
    this.#random = new Uint8Array(RANDOM_LENGTH);
    options.random.fill(this.#random);
    this.#progress = { state: 'waitServerHello', cookie: undefined };
    this.#sendHello(new Uint8Array(0), now);
  }

  onMessage(message: HandshakeMessage, now: number): void {
    const progress = this.#progress;
    switch (progress.state) {
      case 'waitServerHello':
        if (message.type === HandshakeType.serverHello) return this.#onServerHello(message);
        if (message.type === HandshakeType.helloVerifyRequest)
          return this.#onHelloVerifyRequest(message, progress, now);
        break;
      case 'waitCertificate':
        if (message.type === HandshakeType.certificate) return this.#onCertificate(message, progress);
        break;
      case 'waitServerKeyExchange':
        if (message.type === HandshakeType.serverKeyExchange) return this.#onServerKeyExchange(message, progress);
        break;
      case 'waitServerHelloDone':
        if (message.type === HandshakeType.certificateRequest && progress.acceptedSchemes === undefined) {
          return this.#onCertificateRequest(message, progress);
        }
        if (message.type === HandshakeType.serverHelloDone) return this.#onServerHelloDone(message, progress, now);
        break;
      case 'waitFinished':
        if (message.type === HandshakeType.finished) return this.#onFinished(message, progress);
        break;
    }
    throw unexpectedMessage(message, progress.state);
  }

  #sendHello(cookie: Uint8Array, now: number): void {
    const { srtpProfiles } = this.options;
    const hello = encodeClientHello({
      version: ProtocolVersion.dtls12,
      random: this.#random,
      sessionId: new Uint8Array(0),
      cookie,
      cipherSuites: cipherSuites.map(suite => suite.id),
      compressionMethods: Uint8Array.of(0),
      extensions: new Map([
        [ExtensionType.renegotiationInfo, encodeRenegotiationInfo()],
        [ExtensionType.supportedGroups, encodeList16(namedGroups.map(group => group.id))],
        [ExtensionType.ecPointFormats, encodePointFormats()],
        [ExtensionType.signatureAlgorithms, encodeList16(signatureSchemes.map(scheme => scheme.id))],
        [ExtensionType.useSrtp, encodeUseSrtp(srtpProfiles.map(profile => profile.id))],
        [ExtensionType.extendedMasterSecret, new Uint8Array(0)],
      ]),
    });
    const message = plaintextMessage(this.transcript.addSent(HandshakeType.clientHello, hello));
    // RFC 6347 §4.2.1: some servers look for DTLS 1.0 in front of a hello.
    this.owner.sendFlight([{ ...message, recordVersion: ProtocolVersion.dtls10 }], true, now);
  }

  /** RFC 6347 §4.2.1: the same hello again, with the cookie. */
  #onHelloVerifyRequest(message: HandshakeMessage, { cookie }: WaitServerHello, now: number): void {
    if (cookie !== undefined) throw unexpectedMessage(message, 'waitServerHello');
    const newCookie = decodeHelloVerifyRequest(message.body);
    this.#progress = { state: 'waitServerHello', cookie: newCookie };
    this.transcript.clear();
    this.#sendHello(newCookie, now);
  }

  #onServerHello(message: HandshakeMessage): void {
    const agreement = this.#agree(decodeServerHello(message.body));
    this.transcript.addReceived(message);
    this.#progress = { state: 'waitCertificate', agreement };
  }

  #agree(hello: ServerHello): Agreement {
    if (hello.version !== ProtocolVersion.dtls12) {
      throw new FatalAlert(AlertDescription.protocolVersion, `server chose version ${hello.version}`);
    }
    const suite = cipherSuites.find(one => one.id === hello.cipherSuite);
    if (suite === undefined || hello.compressionMethod !== 0) {
      throw new FatalAlert(AlertDescription.illegalParameter, 'server chose what was not offered');
    }
    for (const type of hello.extensions.keys()) {
      if (!offeredExtensions.has(type)) {
        throw new FatalAlert(AlertDescription.unsupportedExtension, `extension ${type} was not offered`);
      }
    }
    const renegotiationInfo = hello.extensions.get(ExtensionType.renegotiationInfo);
    if (renegotiationInfo !== undefined) checkRenegotiationInfo(renegotiationInfo);
    const extendedMasterSecret = hello.extensions.has(ExtensionType.extendedMasterSecret);
    if (this.options.requireExtendedMasterSecret && !extendedMasterSecret) {
      throw new FatalAlert(AlertDescription.handshakeFailure, 'no extended master secret');
    }
    return {
      suite,
      randoms: { client: this.#random, server: hello.random },
      extendedMasterSecret,
      srtpProfile: chosenSrtpProfile(hello.extensions, this.options.srtpProfiles),
    };
  }

  #onCertificate(message: HandshakeMessage, { agreement }: WaitCertificate): void {
    const der = decodeCertificate(message.body);
    if (der === undefined) throw new FatalAlert(AlertDescription.handshakeFailure, 'server without certificate');
    const peerCertificate = parsePeerCertificate(der);
    if (authenticationOf(peerCertificate.publicKey) !== agreement.suite.authentication) {
      throw new FatalAlert(AlertDescription.illegalParameter, 'key does not fit the cipher suite');
    }
    this.transcript.addReceived(message);
    this.#progress = { state: 'waitServerKeyExchange', agreement, peerCertificate };
  }

  #onServerKeyExchange(message: HandshakeMessage, { agreement, peerCertificate }: WaitServerKeyExchange): void {
    const keyExchange = decodeServerKeyExchange(message.body);
    const { client, server } = agreement.randoms;
    checkSignature(peerCertificate, keyExchange.signature, Buffer.concat([client, server, keyExchange.parameters]));
    this.transcript.addReceived(message);
    const acceptedSchemes = undefined;
    this.#progress = { state: 'waitServerHelloDone', agreement, peerCertificate, keyExchange, acceptedSchemes };
  }

  #onCertificateRequest(message: HandshakeMessage, progress: WaitServerHelloDone): void {
    const acceptedSchemes = decodeCertificateRequest(message.body);
    this.transcript.addReceived(message);
    this.#progress = { ...progress, acceptedSchemes };
  }

  #onServerHelloDone(message: HandshakeMessage, progress: WaitServerHelloDone, now: number): void {
    const { agreement, peerCertificate, keyExchange, acceptedSchemes } = progress;
    if (message.body.length > 0) throw new FatalAlert(AlertDescription.decodeError, 'ServerHelloDone with content');
    const group = namedGroups.find(one => one.id === keyExchange.group);
    if (group === undefined) throw new FatalAlert(AlertDescription.illegalParameter, 'group was not offered');
    const scheme = acceptedSchemes && this.#signatureScheme(acceptedSchemes);
    this.transcript.addReceived(message);

    const keyShare = group.generate();
    const premasterSecret = keyShare.computeSecret(keyExchange.publicKey);
    const { certificate } = this.options;
    const flight: FlightPart[] = [];
    const add = (type: HandshakeType, body: Uint8Array): void => {
      flight.push(plaintextMessage(this.transcript.addSent(type, body)));
    };
    if (scheme !== undefined) add(HandshakeType.certificate, encodeCertificate(certificate.der));
    add(HandshakeType.clientKeyExchange, encodeClientKeyExchange(keyShare.publicKey));
    const keySchedule = this.deriveKeys(agreement, premasterSecret);
    if (scheme !== undefined) {
      const signature = signWith(scheme, certificate.privateKey, this.transcript.bytes());
      add(HandshakeType.certificateVerify, encodeCertificateVerify({ scheme: scheme.id, signature }));
    }
    flight.push(...this.finishParts(agreement, keySchedule));
    this.#progress = { state: 'waitFinished', agreement, keySchedule, peerCertificate };
    this.owner.sendFlight(flight, true, now);
  }

  #signatureScheme(accepted: readonly number[]): SignatureScheme {
    const scheme = chooseScheme(this.options.certificate.privateKey, accepted);
    if (scheme !== undefined) return scheme;
    throw new FatalAlert(AlertDescription.handshakeFailure, 'server accepts no signature of our key');
  }

  #onFinished(message: HandshakeMessage, progress: WaitFinished): void {
    const { agreement, keySchedule, peerCertificate } = progress;
    this.acceptFinished(message, agreement, keySchedule);
    this.#progress = { state: 'complete' };
    this.complete(agreement, keySchedule, peerCertificate);
  }
}

interface WaitServerHello {
  state: 'waitServerHello';
  /** What the server asked us to repeat, which it may do once. */
  cookie: Uint8Array | undefined;
}

interface WaitCertificate {
  state: 'waitCertificate';
  agreement: Agreement;
}

interface WaitServerKeyExchange {
  state: 'waitServerKeyExchange';
  agreement: Agreement;
  peerCertificate: PeerCertificate;
}

interface WaitServerHelloDone {
  state: 'waitServerHelloDone';
  agreement: Agreement;
  peerCertificate: PeerCertificate;
  keyExchange: ServerKeyExchange;
  /** Undefined while the server has not asked for our certificate. */
  acceptedSchemes: number[] | undefined;
}

interface WaitFinished {
  state: 'waitFinished';
  agreement: Agreement;
  keySchedule: KeySchedule;
  peerCertificate: PeerCertificate;
}

type Progress =
  | WaitServerHello
  | WaitCertificate
  | WaitServerKeyExchange
  | WaitServerHelloDone
  | WaitFinished
  | { state: 'complete' };

/** What a server may answer to. */
const offeredExtensions: ReadonlySet<number> = new Set([
  ExtensionType.renegotiationInfo,
  ExtensionType.supportedGroups,
  ExtensionType.ecPointFormats,
  ExtensionType.useSrtp,
  ExtensionType.extendedMasterSecret,
]);

/** RFC 5764 §4.1.1: one of those we offered, and no MKI, since we offered none. */
function chosenSrtpProfile(extensions: Extensions, offered: readonly SrtpProfile[]): SrtpProfile {
  const useSrtp = extensions.get(ExtensionType.useSrtp);
  if (useSrtp === undefined) throw new FatalAlert(AlertDescription.handshakeFailure, 'no use_srtp');
  const { profiles, mki } = decodeUseSrtp(useSrtp);
  const profile = offered.find(one => one.id === profiles[0]);
  if (profile === undefined || profiles.length !== 1 || mki.length > 0) {
    throw new FatalAlert(AlertDescription.illegalParameter, 'server chose an SRTP profile that was not offered');
  }
  return profile;
}
