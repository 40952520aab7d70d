import { type CipherGCMOptions, createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { readUint32, writeUint32 } from '../common/bytes.js';
import { DropReason } from '../common/drop-reason.js';
import { type SessionKeys } from './key-derivation.js';
import { type PacketCipher, RTCP_CLEAR_LENGTH, RTCP_ENCRYPTED_FLAG } from './packet-cipher.js';
import { type SrtpSuite } from './srtp-suite.js';

/**
 * AES-GCM (RFC 7714).
 *
 *     SRTP           | header | payload, encrypted | tag |
 *     SRTCP, E = 1   | first 8 bytes | rest, encrypted | tag | E, SRTCP index |
 *     SRTCP, E = 0   | packet in clear                 | tag | E, SRTCP index |
 *
 * Associated data is all that is in clear, but for the tag.
 */
export class AesGcmCipher implements PacketCipher {
  readonly rtpTrailerLength = TAG_LENGTH;
  readonly rtcpTrailerLength = TAG_LENGTH + 4;

  readonly #algorithm: 'aes-128-gcm' | 'aes-256-gcm';
  readonly #rtpKey: KeyObject;
  readonly #rtpSalt: Uint8Array;
  readonly #rtcpKey: KeyObject;
  readonly #rtcpSalt: Uint8Array;

  constructor(suite: SrtpSuite, rtp: SessionKeys, rtcp: SessionKeys) {
    this.#algorithm = suite.keyLength === 32 ? 'aes-256-gcm' : 'aes-128-gcm';
    this.#rtpKey = createSecretKey(rtp.encryptionKey);
    this.#rtpSalt = rtp.salt;
    this.#rtcpKey = createSecretKey(rtcp.encryptionKey);
    this.#rtcpSalt = rtcp.salt;
  }

  protectRtp(bytes: Uint8Array, offset: number, headerLength: number, length: number, rolloverCounter: number): number {
    this.#setRtpIv(bytes, offset, rolloverCounter);
    const end = offset + length;
    const cipher = createCipheriv(this.#algorithm, this.#rtpKey, iv, options);
    cipher.setAAD(bytes.subarray(offset, offset + headerLength));
    bytes.set(cipher.update(bytes.subarray(offset + headerLength, end)), offset + headerLength);
    cipher.final();
    bytes.set(cipher.getAuthTag(), end);
    return length + TAG_LENGTH;
  }

  unprotectRtp(
    bytes: Uint8Array,
    offset: number,
    headerLength: number,
    length: number,
    rolloverCounter: number,
  ): number {
    this.#setRtpIv(bytes, offset, rolloverCounter);
    const plainEnd = offset + length - TAG_LENGTH;
    const decipher = createDecipheriv(this.#algorithm, this.#rtpKey, iv, options);
    decipher.setAAD(bytes.subarray(offset, offset + headerLength));
    decipher.setAuthTag(bytes.subarray(plainEnd, plainEnd + TAG_LENGTH));
    const plaintext = decipher.update(bytes.subarray(offset + headerLength, plainEnd));
    try {
      decipher.final();
    } catch {
      return -DropReason.srtpAuthentication;
    }
    bytes.set(plaintext, offset + headerLength);
    return length - TAG_LENGTH;
  }

  protectRtcp(bytes: Uint8Array, offset: number, length: number, index: number): number {
    this.#setRtcpIv(bytes, offset, index);
    const end = offset + length;
    const indexEnd = end + TAG_LENGTH + 4;
    writeUint32(bytes, end + TAG_LENGTH, RTCP_ENCRYPTED_FLAG + index);
    const cipher = createCipheriv(this.#algorithm, this.#rtcpKey, iv, options);
    cipher.setAAD(bytes.subarray(offset, offset + RTCP_CLEAR_LENGTH));
    cipher.setAAD(bytes.subarray(end + TAG_LENGTH, indexEnd));
    bytes.set(cipher.update(bytes.subarray(offset + RTCP_CLEAR_LENGTH, end)), offset + RTCP_CLEAR_LENGTH);
    cipher.final();
    bytes.set(cipher.getAuthTag(), end);
    return indexEnd - offset;
  }

  unprotectRtcp(bytes: Uint8Array, offset: number, length: number): number {
    const word = this.readRtcpIndexWord(bytes, offset, length);
    this.#setRtcpIv(bytes, offset, word & ~RTCP_ENCRYPTED_FLAG);
    const plainEnd = offset + length - this.rtcpTrailerLength;
    const clearEnd = word >= RTCP_ENCRYPTED_FLAG ? offset + RTCP_CLEAR_LENGTH : plainEnd;
    const decipher = createDecipheriv(this.#algorithm, this.#rtcpKey, iv, options);
    decipher.setAAD(bytes.subarray(offset, clearEnd));
    decipher.setAAD(bytes.subarray(plainEnd + TAG_LENGTH, offset + length));
    decipher.setAuthTag(bytes.subarray(plainEnd, plainEnd + TAG_LENGTH));
    const plaintext = decipher.update(bytes.subarray(clearEnd, plainEnd));
    try {
      decipher.final();
    } catch {
      return -DropReason.srtpAuthentication;
    }
    bytes.set(plaintext, clearEnd);
    return plainEnd - offset;
  }

  readRtcpIndexWord(bytes: Uint8Array, offset: number, length: number): number {
    return readUint32(bytes, offset + length - 4);
  }

  // RFC 7714 §8.1: 00 00 || SSRC || rollover counter || sequence number, XOR the salt.
  #setRtpIv(bytes: Uint8Array, offset: number, rolloverCounter: number): void {
    iv[0] = iv[1] = 0;
    writeUint32(iv, 2, readUint32(bytes, offset + 8));
    writeUint32(iv, 6, rolloverCounter);
    iv[10] = bytes[offset + 2];
    iv[11] = bytes[offset + 3];
    addSalt(this.#rtpSalt);
  }

  // RFC 7714 §9.1: 00 00 || SSRC || 00 00 || SRTCP index, XOR the salt.
  #setRtcpIv(bytes: Uint8Array, offset: number, index: number): void {
    iv[0] = iv[1] = 0;
    writeUint32(iv, 2, readUint32(bytes, offset + 4));
    iv[6] = iv[7] = 0;
    writeUint32(iv, 8, index);
    addSalt(this.#rtcpSalt);
  }
}

const TAG_LENGTH = 16;
const options: CipherGCMOptions = { authTagLength: TAG_LENGTH };

/** The IV of the packet at hand. */
const iv = Buffer.alloc(12);

function addSalt(salt: Uint8Array): void {
  for (let i = 0; i < iv.length; i++) iv[i] ^= salt[i];
}
