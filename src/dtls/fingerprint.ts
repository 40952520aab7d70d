import { createHash } from 'node:crypto';

/** The hash functions a certificate fingerprint may use (RFC 8122 §5), in the order in which they are listed. */
export const fingerprintAlgorithms = ['sha-1', 'sha-224', 'sha-256', 'sha-384', 'sha-512'] as const;

export type FingerprintAlgorithm = (typeof fingerprintAlgorithms)[number];

export interface Fingerprint {
  algorithm: FingerprintAlgorithm;
  /** Upper-case hex pairs joined by colons. */
  value: string;
}

/** The fingerprint of a certificate's DER encoding. */
export function fingerprintOf(certificateDer: Uint8Array, algorithm: FingerprintAlgorithm): Fingerprint {
  const hex = createHash(algorithm.replace('-', '')).update(certificateDer).digest('hex').toUpperCase();
  return { algorithm, value: hex.match(/../g)!.join(':') };
}

/** Whether a certificate has this fingerprint. The hex digits of `fingerprint` may be in either case. */
export function matchesFingerprint(certificateDer: Uint8Array, fingerprint: Fingerprint): boolean {
  return fingerprintOf(certificateDer, fingerprint.algorithm).value === fingerprint.value.toUpperCase();
}
