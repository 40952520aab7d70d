import { X509Certificate, type KeyObject } from 'node:crypto';
import { AlertDescription, FatalAlert } from './alert.js';
import { authenticationOf } from './signature-scheme.js';

/** The certificate that the peer showed. Its fingerprint is checked elsewhere. */
export interface PeerCertificate {
  der: Uint8Array;
  pem: string;
  publicKey: KeyObject;
}

/** Keys with which a verification takes about a millisecond at most. */
const MIN_RSA_BITS = 1024;
const MAX_RSA_BITS = 8192;
/** A public exponent as long as the modulus makes a verification a hundred times as long. All the world has 65537. */
const MAX_RSA_EXPONENT = 2n ** 32n;
const CURVES: ReadonlySet<string | undefined> = new Set(['prime256v1', 'secp384r1', 'secp521r1']);

/** Bytes. */
const MAX_CERTIFICATE_LENGTH = 16_384;

/** @throws FatalAlert if it is none, or has a key that cannot be used */
export function parsePeerCertificate(der: Uint8Array): PeerCertificate {
  if (der.length > MAX_CERTIFICATE_LENGTH) throw new FatalAlert(AlertDescription.badCertificate, 'too large');
  // A copy, because what is parsed outlives the message.
  const { x509, publicKey } = parse(new Uint8Array(der));
  // Node also reads PEM, and DER with something behind it: then the fingerprint would not be the certificate's.
  if (!x509.raw.equals(der)) throw new FatalAlert(AlertDescription.badCertificate, 'not a DER certificate');

  if (authenticationOf(publicKey) === undefined) {
    const type = String(publicKey.asymmetricKeyType);
    throw new FatalAlert(AlertDescription.unsupportedCertificate, `key of type ${type}`);
  }
  if (!isAffordable(publicKey))
    throw new FatalAlert(AlertDescription.unsupportedCertificate, 'size or curve of the key');
  return { der: x509.raw, pem: x509.toString(), publicKey };
}

function isAffordable({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  const { modulusLength = 0, publicExponent = 0n, namedCurve } = asymmetricKeyDetails ?? {};
  switch (asymmetricKeyType) {
    case 'rsa':
      return modulusLength >= MIN_RSA_BITS && modulusLength <= MAX_RSA_BITS && publicExponent < MAX_RSA_EXPONENT;
    case 'ec':
      // A curve that is not named but described could be anything.
      return CURVES.has(namedCurve);
    default:
      return true;
  }
}

function parse(der: Uint8Array): { x509: X509Certificate; publicKey: KeyObject } {
  try {
    const x509 = new X509Certificate(der);
    return { x509, publicKey: x509.publicKey };
  } catch (error) {
    throw new FatalAlert(AlertDescription.badCertificate, `unreadable certificate: ${String(error)}`);
  }
}
