import { createECDH, createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';
import { AlertDescription, FatalAlert } from './alert.js';

/** One side of an ephemeral key exchange. */
export interface KeyShare {
  /** As it goes on the wire: an uncompressed point, or the 32 bytes of X25519. */
  readonly publicKey: Uint8Array;
  /**
   * The shared secret with the peer's public key.
   *
   * @throws FatalAlert if that is not a valid public key of this group
   */
  computeSecret(peerPublicKey: Uint8Array): Uint8Array;
}

/** An elliptic curve group (RFC 8422 §5.1.1). */
export interface NamedGroup {
  readonly id: number;
  readonly name: string;
  /** Makes a new key pair. */
  generate(): KeyShare;
}

const x25519: NamedGroup = {
  id: 0x001d,
  name: 'x25519',
  generate() {
    const { privateKey, publicKey } = generateKeyPairSync('x25519');
    return {
      publicKey: Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url'),
      computeSecret: peer =>
        orIllegalParameter(() => {
          // As JWK because reading DER takes ten times as long.
          const jwk = { kty: 'OKP', crv: 'X25519', x: Buffer.from(peer).toString('base64url') };
          // Refuses a result of all zeros (RFC 7748 §6.1).
          return diffieHellman({ privateKey, publicKey: createPublicKey({ key: jwk, format: 'jwk' }) });
        }),
    };
  },
};

const secp256r1: NamedGroup = {
  id: 0x0017,
  name: 'secp256r1',
  generate: () => nistKeyShare('prime256v1', 65),
};

const secp384r1: NamedGroup = {
  id: 0x0018,
  name: 'secp384r1',
  generate: () => nistKeyShare('secp384r1', 97),
};

/** What we offer as a client and choose from as a server, best first. */
export const namedGroups: readonly NamedGroup[] = [x25519, secp256r1, secp384r1];

/** What a client that names no groups is taken to support. */
export const assumedGroup = secp256r1;

function nistKeyShare(curve: string, pointLength: number): KeyShare {
  const ecdh = createECDH(curve);
  return {
    publicKey: ecdh.generateKeys(),
    computeSecret: peer =>
      orIllegalParameter(() => {
        // RFC 8422 §5.4.1: uncompressed only. That the point is on the curve is checked by OpenSSL.
        if (peer.length !== pointLength || peer[0] !== 4) throw new Error('not an uncompressed point');
        return ecdh.computeSecret(peer);
      }),
  };
}

function orIllegalParameter(compute: () => Uint8Array): Uint8Array {
  try {
    return compute();
  } catch (error) {
    throw new FatalAlert(AlertDescription.illegalParameter, `invalid public key: ${String(error)}`);
  }
}
