import { createHmac } from 'node:crypto';
import { type CipherSuite } from './cipher-suite.js';
import { type TrafficKeys } from './record-protection.js';

/** What both hellos contributed. */
export interface Randoms {
  client: Uint8Array;
  server: Uint8Array;
}

const MASTER_SECRET_LENGTH = 48;
const VERIFY_DATA_LENGTH = 12;

/** The pseudorandom function (RFC 5246 §5): P_hash of label and seed, as many bytes as wanted. */
export function prf(
  hash: CipherSuite['hash'],
  secret: Uint8Array,
  label: string,
  seed: Uint8Array,
  length: number,
): Uint8Array {
  const hmac = (...data: Uint8Array[]): Uint8Array => {
    const mac = createHmac(hash, secret);
    for (const part of data) mac.update(part);
    return mac.digest();
  };
  const labelledSeed = Buffer.concat([Buffer.from(label, 'latin1'), seed]);
  const blocks: Uint8Array[] = [];
  let a: Uint8Array = labelledSeed;
  for (let have = 0; have < length; have += blocks[0].length) {
    a = hmac(a);
    blocks.push(hmac(a, labelledSeed));
  }
  return Buffer.concat(blocks).subarray(0, length);
}

/** RFC 7627 §4: bound to the whole handshake up to and including the ClientKeyExchange. */
export function extendedMasterSecret(
  suite: CipherSuite,
  premasterSecret: Uint8Array,
  sessionHash: Uint8Array,
): Uint8Array {
  return prf(suite.hash, premasterSecret, 'extended master secret', sessionHash, MASTER_SECRET_LENGTH);
}

/** RFC 5246 §8.1: for peers without the extension. */
export function plainMasterSecret(suite: CipherSuite, premasterSecret: Uint8Array, randoms: Randoms): Uint8Array {
  const seed = Buffer.concat([randoms.client, randoms.server]);
  return prf(suite.hash, premasterSecret, 'master secret', seed, MASTER_SECRET_LENGTH);
}

/** What follows from the master secret (RFC 5246 §6.3, §7.4.9; RFC 5705). */
export class KeySchedule {
  readonly #suite: CipherSuite;
  readonly #masterSecret: Uint8Array;
  readonly #randoms: Randoms;

  constructor(suite: CipherSuite, masterSecret: Uint8Array, randoms: Randoms) {
    this.#suite = suite;
    this.#masterSecret = masterSecret;
    this.#randoms = randoms;
  }

  /** The keys with which each side writes. */
  trafficKeys(): { client: TrafficKeys; server: TrafficKeys } {
    const { hash, keyLength, fixedIvLength } = this.#suite;
    const seed = Buffer.concat([this.#randoms.server, this.#randoms.client]);
    const block = prf(hash, this.#masterSecret, 'key expansion', seed, 2 * (keyLength + fixedIvLength));
    const ivs = 2 * keyLength;
    return {
      client: { key: block.subarray(0, keyLength), fixedIv: block.subarray(ivs, ivs + fixedIvLength) },
      server: { key: block.subarray(keyLength, ivs), fixedIv: block.subarray(ivs + fixedIvLength) },
    };
  }

  /** The content of the Finished message of one side. */
  verifyData(side: 'client' | 'server', transcriptHash: Uint8Array): Uint8Array {
    return prf(this.#suite.hash, this.#masterSecret, `${side} finished`, transcriptHash, VERIFY_DATA_LENGTH);
  }

  /** Keying material for another protocol, without context (RFC 5705 §4). */
  exportKeyingMaterial(label: string, length: number): Uint8Array {
    const seed = Buffer.concat([this.#randoms.client, this.#randoms.server]);
    return prf(this.#suite.hash, this.#masterSecret, label, seed, length);
  }
}
