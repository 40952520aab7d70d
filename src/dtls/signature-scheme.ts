import { constants, sign, verify, type KeyObject, type SigningOptions } from 'node:crypto';

/** A signature algorithm as negotiated (RFC 5246 §7.4.1.4.1, RFC 8446 §4.2.3). */
export interface SignatureScheme {
  readonly id: number;
  readonly name: string;
  /** The type of key that makes such signatures, in Node's words. */
  readonly keyType: 'ec' | 'rsa' | 'ed25519';
  readonly hash: 'sha256' | 'sha384' | 'sha512' | undefined;
  readonly pss: boolean;
}

const scheme = (
  id: number,
  name: string,
  keyType: SignatureScheme['keyType'],
  hash?: SignatureScheme['hash'],
  pss = false,
): SignatureScheme => ({ id, name, keyType, hash, pss });

/** What we accept from peers and sign with ourselves, best first. SHA-1 is not among it. */
export const signatureSchemes: readonly SignatureScheme[] = [
  scheme(0x0403, 'ecdsa_secp256r1_sha256', 'ec', 'sha256'),
  scheme(0x0503, 'ecdsa_secp384r1_sha384', 'ec', 'sha384'),
  scheme(0x0603, 'ecdsa_secp521r1_sha512', 'ec', 'sha512'),
  scheme(0x0807, 'ed25519', 'ed25519'),
  scheme(0x0804, 'rsa_pss_rsae_sha256', 'rsa', 'sha256', true),
  scheme(0x0805, 'rsa_pss_rsae_sha384', 'rsa', 'sha384', true),
  scheme(0x0806, 'rsa_pss_rsae_sha512', 'rsa', 'sha512', true),
  scheme(0x0401, 'rsa_pkcs1_sha256', 'rsa', 'sha256'),
  scheme(0x0501, 'rsa_pkcs1_sha384', 'rsa', 'sha384'),
  scheme(0x0601, 'rsa_pkcs1_sha512', 'rsa', 'sha512'),
];

/** The kind of cipher suite that goes with a key (Ed25519 counts as ECDSA, RFC 8422 §5.10); undefined if none does. */
export function authenticationOf(key: KeyObject): 'ecdsa' | 'rsa' | undefined {
  switch (key.asymmetricKeyType) {
    case 'ec':
    case 'ed25519':
      return 'ecdsa';
    case 'rsa':
      return 'rsa';
    default:
      return undefined;
  }
}

/**
 * The best scheme for signing with this key that the peer accepts.
 *
 * In TLS 1.2 the name of a curve in a scheme means nothing; still, a P-384 key signs with SHA-384 if it may.
 */
export function chooseScheme(key: KeyObject, accepted: readonly number[]): SignatureScheme | undefined {
  const usable = signatureSchemes.filter(
    candidate => candidate.keyType === key.asymmetricKeyType && accepted.includes(candidate.id),
  );
  const hash = { secp384r1: 'sha384', secp521r1: 'sha512' }[key.asymmetricKeyDetails?.namedCurve ?? ''];
  return usable.find(candidate => candidate.hash === hash) ?? usable[0];
}

export function signWith(signatureScheme: SignatureScheme, key: KeyObject, data: Uint8Array): Uint8Array {
  return sign(signatureScheme.hash, data, keyOptions(signatureScheme, key));
}

/** Never throws: a malformed signature is a wrong one, and so is one of a key of another type. */
export function verifyWith(
  signatureScheme: SignatureScheme,
  key: KeyObject,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (key.asymmetricKeyType !== signatureScheme.keyType) return false;
  try {
    return verify(signatureScheme.hash, data, keyOptions(signatureScheme, key), signature);
  } catch {
    return false;
  }
}

function keyOptions({ pss }: SignatureScheme, key: KeyObject): SigningOptions & { key: KeyObject } {
  if (!pss) return { key };
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
}
