import { createPrivateKey, generateKeyPairSync, sign, X509Certificate, type KeyObject } from 'node:crypto';
import {
  derBitString,
  derExplicit,
  derInteger,
  derObjectIdentifier,
  derSequence,
  derSet,
  derTime,
  derUtf8String,
} from './der.js';
import { fingerprintAlgorithms, fingerprintOf, type Fingerprint } from './fingerprint.js';

/** Where random bytes come from; they must be cryptographically secure. */
export interface RandomBytes {
  fill(bytes: Uint8Array): void;
}

/** The certificate a DTLS endpoint shows, with its private key. Nobody verifies a chain: its fingerprint is the identity. */
export class Certificate {
  /** The certificate itself. */
  readonly der: Uint8Array;
  readonly pem: string;
  readonly privateKey: KeyObject;
  /** One per algorithm, in the order of `fingerprintAlgorithms`. */
  readonly fingerprints: readonly Fingerprint[];

  private constructor(der: Uint8Array, privateKey: KeyObject) {
    this.der = der;
    this.pem = new X509Certificate(der).toString();
    this.privateKey = privateKey;
    this.fingerprints = fingerprintAlgorithms.map(algorithm => fingerprintOf(der, algorithm));
  }

  /**
   * Makes an EC P-256 key and a certificate signed by itself, valid for ten years before and after `unixTime`: about
   * 0.7 ms of work, blocking.
   *
   * @param unixTime wall-clock time in ms since 1970
   * @param random gives the serial number and the name; the key comes from OpenSSL's own generator
   */
  static generate(unixTime: number, random: RandomBytes): Certificate {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

    const serialNumber = new Uint8Array(8);
    random.fill(serialNumber);
    serialNumber[0] = (serialNumber[0] & 0x7f) | 0x40;
    const suffix = new Uint8Array(4);
    random.fill(suffix);
    const name = distinguishedName(`tsfu-${Buffer.from(suffix).toString('hex')}`);

    // RFC 5280 §4.1: version 3 without extensions.
    const now = Math.floor(unixTime / 1000);
    const ecdsaWithSha256 = derSequence(derObjectIdentifier('1.2.840.10045.4.3.2'));
    const toBeSigned = derSequence(
      derExplicit(0, derInteger(Uint8Array.of(2))),
      derInteger(serialNumber),
      ecdsaWithSha256,
      name,
      derSequence(derTime(now - TEN_YEARS), derTime(now + TEN_YEARS)),
      name,
      publicKey.export({ type: 'spki', format: 'der' }),
    );
    const signature = sign('sha256', toBeSigned, privateKey);
    return new Certificate(derSequence(toBeSigned, ecdsaWithSha256, derBitString(signature)), privateKey);
  }

  /**
   * Reads a certificate and its private key from PEM. Of a chain, only the first certificate is used.
   *
   * @throws Error if either cannot be read, or if they do not belong together
   */
  static fromPem(certificatePem: string | Uint8Array, privateKeyPem: string | Uint8Array): Certificate {
    const certificate = new X509Certificate(certificatePem);
    const privateKey = createPrivateKey(Buffer.from(privateKeyPem));
    if (!certificate.checkPrivateKey(privateKey)) throw new Error('private key does not belong to the certificate');
    return new Certificate(certificate.raw, privateKey);
  }
}

/** Seconds in ten years of 365 days. */
const TEN_YEARS = 315_360_000;

/** `O=name, CN=name`. */
function distinguishedName(name: string): Uint8Array {
  const attribute = (type: string): Uint8Array => derSet(derSequence(derObjectIdentifier(type), derUtf8String(name)));
  return derSequence(attribute('2.5.4.10'), attribute('2.5.4.3'));
}
