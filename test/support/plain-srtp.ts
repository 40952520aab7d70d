import { createCipheriv, createHmac } from 'node:crypto';
import { deriveSessionKeys } from '../../src/srtp/key-derivation.js';
import { SRTP_SUITES, type SrtpSuiteName } from '../../src/srtp/srtp-suite.js';

/**
 * What a protected RTP packet has to look like, written as RFC 3711 and RFC 7714 say it, with a cipher object of
 * node:crypto per packet and nothing shared with the implementation but the key derivation.
 */
export function plainProtectRtp(
  name: SrtpSuiteName,
  masterKey: Uint8Array,
  packet: Uint8Array,
  headerLength: number,
  rolloverCounter: number,
): Uint8Array {
  const suite = SRTP_SUITES[name];
  const { encryptionKey, authenticationKey, salt } = deriveSessionKeys(suite, masterKey).rtp;
  const header = packet.subarray(0, headerLength);
  const payload = packet.subarray(headerLength);
  const [ssrc, sequenceNumber] = [packet.subarray(8, 12), packet.subarray(2, 4)];
  const roc = Buffer.alloc(4);
  roc.writeUInt32BE(rolloverCounter);
  const xor = (a: Uint8Array, b: Uint8Array): Buffer => Buffer.from(a.map((byte, i) => byte ^ (b[i] ?? 0)));

  if (suite.transform === 'aes-gcm') {
    const iv = xor(Buffer.concat([Buffer.alloc(2), ssrc, roc, sequenceNumber]), salt);
    const cipher = createCipheriv(suite.keyLength === 32 ? 'aes-256-gcm' : 'aes-128-gcm', encryptionKey, iv);
    cipher.setAAD(header);
    return new Uint8Array(Buffer.concat([header, cipher.update(payload), cipher.final(), cipher.getAuthTag()]));
  }
  const iv = xor(Buffer.concat([Buffer.alloc(4), ssrc, roc, sequenceNumber, Buffer.alloc(2)]), salt);
  const encrypted = Buffer.concat([header, createCipheriv('aes-128-ctr', encryptionKey, iv).update(payload)]);
  const tag = createHmac('sha1', authenticationKey).update(encrypted).update(roc).digest();
  return new Uint8Array(Buffer.concat([encrypted, tag.subarray(0, suite.rtpTagLength)]));
}
