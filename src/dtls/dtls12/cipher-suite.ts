/** A cipher suite of DTLS 1.2: ECDHE with an AEAD, nothing else is spoken. */
export interface CipherSuite {
  readonly id: number;
  readonly name: string;
  /** The kind of key in the server's certificate. */
  readonly authentication: 'ecdsa' | 'rsa';
  readonly cipher: 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305';
  /** Bytes. */
  readonly keyLength: number;
  /** Bytes of the implicit part of the nonce. */
  readonly fixedIvLength: number;
  /** Of the PRF and of the transcript. */
  readonly hash: 'sha256' | 'sha384';
}

const aes128 = { cipher: 'aes-128-gcm', keyLength: 16, fixedIvLength: 4, hash: 'sha256' } as const;
const aes256 = { cipher: 'aes-256-gcm', keyLength: 32, fixedIvLength: 4, hash: 'sha384' } as const;
const chacha = { cipher: 'chacha20-poly1305', keyLength: 32, fixedIvLength: 12, hash: 'sha256' } as const;

/** What we offer as a client and choose from as a server, best first (RFC 5289, RFC 7905). */
export const cipherSuites: readonly CipherSuite[] = [
  { id: 0xc02b, name: 'ECDHE-ECDSA-AES128-GCM-SHA256', authentication: 'ecdsa', ...aes128 },
  { id: 0xc02f, name: 'ECDHE-RSA-AES128-GCM-SHA256', authentication: 'rsa', ...aes128 },
  { id: 0xcca9, name: 'ECDHE-ECDSA-CHACHA20-POLY1305', authentication: 'ecdsa', ...chacha },
  { id: 0xcca8, name: 'ECDHE-RSA-CHACHA20-POLY1305', authentication: 'rsa', ...chacha },
  { id: 0xc02c, name: 'ECDHE-ECDSA-AES256-GCM-SHA384', authentication: 'ecdsa', ...aes256 },
  { id: 0xc030, name: 'ECDHE-RSA-AES256-GCM-SHA384', authentication: 'rsa', ...aes256 },
];
