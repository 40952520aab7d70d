import { timingSafeEqual, type KeyObject } from 'node:crypto';
import { AlertDescription, FatalAlert } from '../alert.js';
import {
  checkRenegotiationInfo,
  decodeList16,
  decodeUseSrtp,
  encodePointFormats,
  encodeRenegotiationInfo,
  encodeUseSrtp,
  ExtensionType,
  type Extensions,
} from '../extension.js';
import { type Handshake, type HandshakeOptions, type HandshakeOwner } from '../handshake.js';
import { HandshakeType, type HandshakeMessage } from '../handshake-message.js';
import {
  decodeClientHello,
  encodeHelloVerifyRequest,
  encodeServerHello,
  RANDOM_LENGTH,
  RENEGOTIATION_INFO_SCSV,
  type ClientHello,
} from '../hello.js';
import { assumedGroup, namedGroups, type KeyShare, type NamedGroup } from '../named-group.js';
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
import { cipherSuites, type CipherSuite } from './cipher-suite.js';
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
  decodeCertificateVerify,
  decodeClientKeyExchange,
  encodeCertificate,
  encodeCertificateRequest,
  encodeKeyExchangeParameters,
  encodeServerKeyExchange,
} from './messages.js';

/**
 * The server's side of a full DTLS 1.2 handshake with a certificate on both sides (RFC 5246 §7.3, RFC 6347 §4.2):
 *
 *     client                                              server
 *     ClientHello                      ------>
 *                                      <------   HelloVerifyRequest    only with `cookieExchange`
 *     ClientHello with cookie          ------>
 *                                                       ServerHello
 *                                                       Certificate
 *                                                 ServerKeyExchange
 *                                                CertificateRequest
 *                                      <------      ServerHelloDone
 *     Certificate
 *     ClientKeyExchange
 *     CertificateVerify
 *     [ChangeCipherSpec] Finished      ------>
 *                                      <------   [ChangeCipherSpec] Finished
 */
export class ServerHandshake extends HandshakeBase implements Handshake {
  #progress: Progress;
  /** What the client must repeat; undefined while it has not been asked to. */
  #cookie: Uint8Array | undefined;

  constructor(options: HandshakeOptions, owner: HandshakeOwner) {
    super('server', options, owner);
    this.#progress = { state: 'waitClientHello' };
    this.#cookie = undefined;
  }

  onMessage(message: HandshakeMessage, now: number): void {
    const progress = this.#progress;
    switch (progress.state) {
      case 'waitClientHello':
        if (message.type === HandshakeType.clientHello) return this.#onClientHello(message, now);
        break;
      case 'waitCertificate':
        if (message.type === HandshakeType.certificate) return this.#onCertificate(message, progress);
        break;
      case 'waitClientKeyExchange':
        if (message.type === HandshakeType.clientKeyExchange) return this.#onClientKeyExchange(message, progress);
        break;
      case 'waitCertificateVerify':
        if (message.type === HandshakeType.certificateVerify) return this.#onCertificateVerify(message, progress);
        break;
      case 'waitFinished':
        if (message.type === HandshakeType.finished) return this.#onFinished(message, progress, now);
        break;
    }
    throw unexpectedMessage(message, progress.state);
  }

  #onClientHello(message: HandshakeMessage, now: number): void {
    const hello = decodeClientHello(message.body);
    if (this.options.cookieExchange && !this.#hasCookie(hello)) return this.#askForCookie(now);

    const choice = negotiate(hello, this.options);
    this.transcript.addReceived(message);

    const random = new Uint8Array(RANDOM_LENGTH);
    this.options.random.fill(random);
    const randoms = { client: hello.random, server: random };
    const keyShare = choice.group.generate();
    const parameters = encodeKeyExchangeParameters(choice.group.id, keyShare.publicKey);
    const signedData = Buffer.concat([randoms.client, randoms.server, parameters]);
    const signature = signWith(choice.scheme, this.options.certificate.privateKey, signedData);

    const serverHello = encodeServerHello({
      version: ProtocolVersion.dtls12,
      random,
      // Sessions are not resumed.
      sessionId: new Uint8Array(0),
      cipherSuite: choice.suite.id,
      compressionMethod: 0,
      extensions: choice.extensions,
    });
    const schemes = signatureSchemes.map(one => one.id);
    const flight = [
      this.transcript.addSent(HandshakeType.serverHello, serverHello),
      this.transcript.addSent(HandshakeType.certificate, encodeCertificate(this.options.certificate.der)),
      this.transcript.addSent(
        HandshakeType.serverKeyExchange,
        encodeServerKeyExchange(parameters, { scheme: choice.scheme.id, signature }),
      ),
      this.transcript.addSent(HandshakeType.certificateRequest, encodeCertificateRequest(schemes)),
      this.transcript.addSent(HandshakeType.serverHelloDone, new Uint8Array(0)),
    ];
    this.#progress = { state: 'waitCertificate', agreement: { ...choice, randoms }, keyShare };
    this.owner.sendFlight(flight.map(plaintextMessage), true, now);
  }

  #hasCookie({ cookie }: ClientHello): boolean {
    return this.#cookie !== undefined && cookie.length === this.#cookie.length && timingSafeEqual(cookie, this.#cookie);
  }

  /** RFC 6347 §4.2.1. A wrong cookie counts as none; there is no timer, the client repeats its hello. */
  #askForCookie(now: number): void {
    this.#cookie = new Uint8Array(COOKIE_LENGTH);
    this.options.random.fill(this.#cookie);
    const request = this.transcript.addSent(HandshakeType.helloVerifyRequest, encodeHelloVerifyRequest(this.#cookie));
    this.transcript.clear();
    this.owner.sendFlight([{ ...plaintextMessage(request), recordVersion: ProtocolVersion.dtls10 }], false, now);
  }

  #onCertificate(message: HandshakeMessage, { agreement, keyShare }: WaitCertificate): void {
    const der = decodeCertificate(message.body);
    if (der === undefined) throw new FatalAlert(AlertDescription.handshakeFailure, 'client without certificate');
    const peerCertificate = parsePeerCertificate(der);
    this.transcript.addReceived(message);
    this.#progress = { state: 'waitClientKeyExchange', agreement, keyShare, peerCertificate };
  }

  #onClientKeyExchange(message: HandshakeMessage, progress: WaitClientKeyExchange): void {
    const { agreement, keyShare, peerCertificate } = progress;
    const premasterSecret = keyShare.computeSecret(decodeClientKeyExchange(message.body));
    this.transcript.addReceived(message);
    const keySchedule = this.deriveKeys(agreement, premasterSecret);
    this.#progress = { state: 'waitCertificateVerify', agreement, keySchedule, peerCertificate };
  }

  #onCertificateVerify(message: HandshakeMessage, progress: WaitCertificateVerify): void {
    const { agreement, keySchedule, peerCertificate } = progress;
    checkSignature(peerCertificate, decodeCertificateVerify(message.body), this.transcript.bytes());
    this.transcript.addReceived(message);
    this.#progress = { state: 'waitFinished', agreement, keySchedule, peerCertificate };
  }

  #onFinished(message: HandshakeMessage, progress: WaitFinished, now: number): void {
    const { agreement, keySchedule, peerCertificate } = progress;
    this.acceptFinished(message, agreement, keySchedule);
    this.#progress = { state: 'complete' };
    this.owner.sendFlight(this.finishParts(agreement, keySchedule), false, now);
    this.complete(agreement, keySchedule, peerCertificate);
  }
}

const COOKIE_LENGTH = 20;

interface WaitCertificate {
  state: 'waitCertificate';
  agreement: Agreement;
  keyShare: KeyShare;
}

interface WaitClientKeyExchange {
  state: 'waitClientKeyExchange';
  agreement: Agreement;
  keyShare: KeyShare;
  peerCertificate: PeerCertificate;
}

interface WaitCertificateVerify {
  state: 'waitCertificateVerify';
  agreement: Agreement;
  keySchedule: KeySchedule;
  peerCertificate: PeerCertificate;
}

interface WaitFinished {
  state: 'waitFinished';
  agreement: Agreement;
  keySchedule: KeySchedule;
  peerCertificate: PeerCertificate;
}

type Progress =
  | { state: 'waitClientHello' }
  | WaitCertificate
  | WaitClientKeyExchange
  | WaitCertificateVerify
  | WaitFinished
  | { state: 'complete' };

interface Choice {
  suite: CipherSuite;
  group: NamedGroup;
  scheme: SignatureScheme;
  srtpProfile: SrtpProfile;
  extendedMasterSecret: boolean;
  extensions: Extensions;
}

/** Chooses from what the client offers, by our own preference. */
function negotiate(hello: ClientHello, options: HandshakeOptions): Choice {
  if (!hello.compressionMethods.includes(0)) {
    throw new FatalAlert(AlertDescription.illegalParameter, 'no null compression');
  }
  const { extensions: offered } = hello;
  const renegotiationInfo = offered.get(ExtensionType.renegotiationInfo);
  if (renegotiationInfo !== undefined) checkRenegotiationInfo(renegotiationInfo);

  const key = options.certificate.privateKey;
  const choice: Choice = {
    suite: chooseSuite(hello, key),
    group: chooseGroup(offered),
    scheme: chooseSignatureScheme(offered, key),
    srtpProfile: chooseSrtpProfile(offered, options),
    extendedMasterSecret: offered.has(ExtensionType.extendedMasterSecret),
    extensions: new Map(),
  };
  if (options.requireExtendedMasterSecret && !choice.extendedMasterSecret) {
    throw new FatalAlert(AlertDescription.handshakeFailure, 'no extended master secret');
  }
  const answer = choice.extensions;
  if (renegotiationInfo !== undefined || hello.cipherSuites.includes(RENEGOTIATION_INFO_SCSV)) {
    answer.set(ExtensionType.renegotiationInfo, encodeRenegotiationInfo());
  }
  if (offered.has(ExtensionType.ecPointFormats)) answer.set(ExtensionType.ecPointFormats, encodePointFormats());
  answer.set(ExtensionType.useSrtp, encodeUseSrtp([choice.srtpProfile.id]));
  if (choice.extendedMasterSecret) answer.set(ExtensionType.extendedMasterSecret, new Uint8Array(0));
  return choice;
}

function chooseSuite({ cipherSuites: offered }: ClientHello, key: KeyObject): CipherSuite {
  const authentication = authenticationOf(key);
  const suite = cipherSuites.find(one => one.authentication === authentication && offered.includes(one.id));
  return suite ?? failure('no common cipher suite');
}

function chooseGroup(offered: Extensions): NamedGroup {
  const groups = offered.get(ExtensionType.supportedGroups);
  if (groups === undefined) return assumedGroup;
  const ids = decodeList16(groups);
  return namedGroups.find(one => ids.includes(one.id)) ?? failure('no common group');
}

function chooseSignatureScheme(offered: Extensions, key: KeyObject): SignatureScheme {
  const schemes = offered.get(ExtensionType.signatureAlgorithms);
  if (schemes === undefined) return failure('no signature_algorithms');
  return chooseScheme(key, decodeList16(schemes)) ?? failure('no common signature scheme');
}

/** Without SRTP there is no WebRTC, so its absence ends the handshake, even of a transport that carries only data. */
function chooseSrtpProfile(offered: Extensions, options: HandshakeOptions): SrtpProfile {
  const useSrtp = offered.get(ExtensionType.useSrtp);
  if (useSrtp === undefined) return failure('no use_srtp');
  // Whatever the client says about MKI: our answer has none, so there is none (RFC 5764 §4.1.3).
  const { profiles } = decodeUseSrtp(useSrtp);
  return options.srtpProfiles.find(one => profiles.includes(one.id)) ?? failure('no common SRTP profile');
}

function failure(message: string): never {
  throw new FatalAlert(AlertDescription.handshakeFailure, message);
}
