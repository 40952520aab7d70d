import { timingSafeEqual } from 'node:crypto';
import { AlertDescription, FatalAlert } from '../alert.js';
import { type FlightPart } from '../flight.js';
import { type HandshakeOptions, type HandshakeOwner } from '../handshake.js';
import { HandshakeType, type HandshakeMessage } from '../handshake-message.js';
import { type PeerCertificate } from '../peer-certificate.js';
import { ContentType } from '../record.js';
import { signatureSchemes, verifyWith } from '../signature-scheme.js';
import { type SrtpProfile } from '../srtp-profile.js';
import { Transcript } from '../transcript.js';
import { type CipherSuite } from './cipher-suite.js';
import { extendedMasterSecret, KeySchedule, plainMasterSecret, type Randoms } from './key-schedule.js';
import { type DigitallySigned } from './messages.js';
import { AeadProtection } from './record-protection.js';

type Side = 'client' | 'server';

/** What the hellos settle. */
export interface Agreement {
  suite: CipherSuite;
  randoms: Randoms;
  extendedMasterSecret: boolean;
  srtpProfile: SrtpProfile;
}

/** What both sides of a DTLS 1.2 handshake do alike: keys, signatures of the peer, Finished. */
export abstract class HandshakeBase {
  protected readonly options: HandshakeOptions;
  protected readonly owner: HandshakeOwner;
  protected readonly transcript: Transcript;
  readonly #side: Side;

  protected constructor(side: Side, options: HandshakeOptions, owner: HandshakeOwner) {
    this.#side = side;
    this.options = options;
    this.owner = owner;
    this.transcript = new Transcript();
  }

  /** To be called when the transcript ends with the ClientKeyExchange. From now on the peer's epoch 1 can be read. */
  protected deriveKeys(agreement: Agreement, premasterSecret: Uint8Array): KeySchedule {
    const { suite, randoms } = agreement;
    const masterSecret = agreement.extendedMasterSecret
      ? extendedMasterSecret(suite, premasterSecret, this.transcript.hash(suite.hash))
      : plainMasterSecret(suite, premasterSecret, randoms);
    const keySchedule = new KeySchedule(suite, masterSecret, randoms);
    const keys = keySchedule.trafficKeys();
    this.owner.installReadKeys(new AeadProtection(suite, keys[this.#peer]));
    this.owner.installWriteKeys(new AeadProtection(suite, keys[this.#side]));
    return keySchedule;
  }

  /** ChangeCipherSpec and Finished, with which each side ends. */
  protected finishParts({ suite }: Agreement, keySchedule: KeySchedule): FlightPart[] {
    const verifyData = keySchedule.verifyData(this.#side, this.transcript.hash(suite.hash));
    return [
      { epoch: 0, type: ContentType.changeCipherSpec, content: Uint8Array.of(1) },
      { epoch: 1, type: ContentType.handshake, content: this.transcript.addSent(HandshakeType.finished, verifyData) },
    ];
  }

  /** Checks the peer's Finished, and adds it to the transcript. */
  protected acceptFinished(message: HandshakeMessage, { suite }: Agreement, keySchedule: KeySchedule): void {
    const expected = keySchedule.verifyData(this.#peer, this.transcript.hash(suite.hash));
    if (message.body.length !== expected.length) throw new FatalAlert(AlertDescription.decodeError, 'wrong length');
    if (!timingSafeEqual(message.body, expected)) throw new FatalAlert(AlertDescription.decryptError, 'wrong Finished');
    this.transcript.addReceived(message);
  }

  protected complete(agreement: Agreement, keySchedule: KeySchedule, peerCertificate: PeerCertificate): void {
    this.owner.onHandshakeComplete({
      peerCertificate,
      srtpProfile: agreement.srtpProfile,
      exportKeyingMaterial: (label, length) => keySchedule.exportKeyingMaterial(label, length),
    });
  }

  get #peer(): Side {
    return this.#side === 'client' ? 'server' : 'client';
  }
}

/** A handshake message in the clear, as part of a flight. */
export const plaintextMessage = (content: Uint8Array): FlightPart => ({
  epoch: 0,
  type: ContentType.handshake,
  content,
});

/**
 * Checks that the peer has the private key of its certificate: without it, anyone could show a certificate that is
 * not theirs.
 *
 * @throws FatalAlert
 */
export function checkSignature(certificate: PeerCertificate, signed: DigitallySigned, data: Uint8Array): void {
  const scheme = signatureSchemes.find(one => one.id === signed.scheme);
  if (scheme === undefined || scheme.keyType !== certificate.publicKey.asymmetricKeyType) {
    throw new FatalAlert(AlertDescription.illegalParameter, `signature scheme ${signed.scheme}`);
  }
  if (!verifyWith(scheme, certificate.publicKey, data, signed.signature)) {
    throw new FatalAlert(AlertDescription.decryptError, 'wrong signature');
  }
}

export function unexpectedMessage(message: HandshakeMessage, state: string): FatalAlert {
  return new FatalAlert(AlertDescription.unexpectedMessage, `handshake message ${message.type} in state ${state}`);
}
