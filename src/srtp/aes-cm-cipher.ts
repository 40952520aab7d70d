import { type Cipher } from 'node:crypto';
import { readUint32, writeUint32 } from '../common/bytes.js';
import { DropReason } from '../common/drop-reason.js';
import { HmacSha1, isTag, writeTag } from './hmac-sha1.js';
import { createBlockCipher, type SessionKeys } from './key-derivation.js';
import { type PacketCipher, RTCP_CLEAR_LENGTH, RTCP_ENCRYPTED_FLAG } from './packet-cipher.js';
import { type SrtpSuite } from './srtp-suite.js';

/**
 * AES in counter mode with HMAC-SHA1 (RFC 3711 §4.1.1, §4.2.1).
 *
 *     SRTP    | header | payload, encrypted | tag |
 *     SRTCP   | first 8 bytes | rest, encrypted | E, SRTCP index | tag |
 *
 * An SRTP tag covers everything before it and the rollover counter, an SRTCP tag everything before it.
 */
export class AesCmCipher implements PacketCipher {
  readonly rtpTrailerLength: number;
  readonly rtcpTrailerLength: number;

  readonly #rtpTagLength: number;
  readonly #rtcpTagLength: number;
  readonly #rtpKeystream: Keystream;
  readonly #rtcpKeystream: Keystream;
  readonly #rtpHmac: HmacSha1;
  readonly #rtcpHmac: HmacSha1;

  constructor(suite: SrtpSuite, rtp: SessionKeys, rtcp: SessionKeys) {
    this.#rtpTagLength = suite.rtpTagLength;
    this.#rtcpTagLength = suite.rtcpTagLength;
    this.rtpTrailerLength = suite.rtpTagLength;
    this.rtcpTrailerLength = 4 + suite.rtcpTagLength;
    this.#rtpKeystream = new Keystream(rtp);
    this.#rtcpKeystream = new Keystream(rtcp);
    this.#rtpHmac = new HmacSha1(rtp.authenticationKey);
    this.#rtcpHmac = new HmacSha1(rtcp.authenticationKey);
  }

  protectRtp(bytes: Uint8Array, offset: number, headerLength: number, length: number, rolloverCounter: number): number {
    this.#applyRtpKeystream(bytes, offset, headerLength, length, rolloverCounter);
    const tag = this.#rtpHmac.digestWithWord(bytes, offset, length, rolloverCounter);
    writeTag(tag, bytes, offset + length, this.#rtpTagLength);
    return length + this.#rtpTagLength;
  }

  unprotectRtp(
    bytes: Uint8Array,
    offset: number,
    headerLength: number,
    length: number,
    rolloverCounter: number,
  ): number {
    const plainLength = length - this.#rtpTagLength;
    const tag = this.#rtpHmac.digestWithWord(bytes, offset, plainLength, rolloverCounter);
    if (!isTag(tag, bytes, offset + plainLength, this.#rtpTagLength)) return -DropReason.srtpAuthentication;
    this.#applyRtpKeystream(bytes, offset, headerLength, plainLength, rolloverCounter);
    return plainLength;
  }

  protectRtcp(bytes: Uint8Array, offset: number, length: number, index: number): number {
    this.#applyRtcpKeystream(bytes, offset, length, index);
    writeUint32(bytes, offset + length, RTCP_ENCRYPTED_FLAG + index);
    const tag = this.#rtcpHmac.digest(bytes, offset, length + 4);
    writeTag(tag, bytes, offset + length + 4, this.#rtcpTagLength);
    return length + 4 + this.#rtcpTagLength;
  }

  unprotectRtcp(bytes: Uint8Array, offset: number, length: number): number {
    const coveredLength = length - this.#rtcpTagLength;
    const tag = this.#rtcpHmac.digest(bytes, offset, coveredLength);
    if (!isTag(tag, bytes, offset + coveredLength, this.#rtcpTagLength)) return -DropReason.srtpAuthentication;
    const plainLength = coveredLength - 4;
    const word = readUint32(bytes, offset + plainLength);
    if (word >= RTCP_ENCRYPTED_FLAG) this.#applyRtcpKeystream(bytes, offset, plainLength, word - RTCP_ENCRYPTED_FLAG);
    return plainLength;
  }

  readRtcpIndexWord(bytes: Uint8Array, offset: number, length: number): number {
    return readUint32(bytes, offset + length - this.rtcpTrailerLength);
  }

  #applyRtpKeystream(bytes: Uint8Array, offset: number, headerLength: number, length: number, roc: number): void {
    const ssrc = readUint32(bytes, offset + 8);
    const sequenceNumber = (bytes[offset + 2] << 8) | bytes[offset + 3];
    this.#rtpKeystream.apply(bytes, offset + headerLength, length - headerLength, ssrc, roc, sequenceNumber);
  }

  #applyRtcpKeystream(bytes: Uint8Array, offset: number, length: number, index: number): void {
    const ssrc = readUint32(bytes, offset + 4);
    const start = offset + RTCP_CLEAR_LENGTH;
    this.#rtcpKeystream.apply(bytes, start, length - RTCP_CLEAR_LENGTH, ssrc, index >>> 16, index & 0xffff);
  }
}

const BLOCK = 16;

/** Counter blocks on their way into AES, shared by all sessions of a thread: they hold nothing between two calls. */
const counters = Buffer.allocUnsafeSlow(65536);
const counterView = new DataView(counters.buffer);
const counterWords = new Int32Array(counters.buffer);
/** The keystream that came out, copied to where it can be read by words. */
const keystream = new Uint8Array(65536);
const keystreamWords = new Int32Array(keystream.buffer);
/** By number of blocks: a view of that many counter blocks, made once. */
const counterBlocks: Buffer[] = [];

/**
 * The keystream of RFC 3711 §4.1.1. It encrypts its counter blocks itself with one lasting AES-ECB cipher, because
 * making a cipher object per packet costs more than the encryption of a packet.
 */
class Keystream {
  readonly #aes: Cipher;
  /** The session salt as four words, the last of which ends in the block counter. */
  readonly #salt: readonly number[];

  constructor({ encryptionKey, salt }: SessionKeys) {
    this.#aes = createBlockCipher(encryptionKey);
    const padded = new Uint8Array(BLOCK);
    padded.set(salt);
    this.#salt = [0, 4, 8, 12].map(offset => readUint32(padded, offset) | 0);
  }

  /** XORs the keystream of packet index `indexHigh << 16 | indexLow` onto bytes[start, start + length). */
  apply(bytes: Uint8Array, start: number, length: number, ssrc: number, indexHigh: number, indexLow: number): void {
    if (length === 0) return;
    const blocks = (length + BLOCK - 1) >> 4;

    // IV = (salt << 16) XOR (SSRC << 64) XOR (index << 16); the block counter counts up from it in the low 16 bits.
    counterView.setInt32(0, this.#salt[0]);
    counterView.setInt32(4, this.#salt[1] ^ ssrc);
    counterView.setInt32(8, this.#salt[2] ^ indexHigh);
    const last = this.#salt[3] ^ (indexLow << 16);
    counterView.setInt32(12, last);
    for (let block = 1, word = 4; block < blocks; block++, word += 4) {
      counterWords[word] = counterWords[0];
      counterWords[word + 1] = counterWords[1];
      counterWords[word + 2] = counterWords[2];
      counterView.setInt32(word * 4 + 12, last | block);
    }

    keystream.set(this.#aes.update((counterBlocks[blocks] ??= counters.subarray(0, blocks * BLOCK))));
    xorKeystream(bytes, start, length);
  }
}

/** The memory that packets were last seen in, by words: nearly always the packet memory, and packets lie aligned there. */
let packetWords: Int32Array = new Int32Array(0);

function xorKeystream(bytes: Uint8Array, start: number, length: number): void {
  let done = 0;
  const position = bytes.byteOffset + start;
  if ((position & 3) === 0) {
    if (packetWords.buffer !== bytes.buffer)
      packetWords = new Int32Array(bytes.buffer, 0, bytes.buffer.byteLength >> 2);
    const first = position >> 2;
    const words = length >> 2;
    for (let i = 0; i < words; i++) packetWords[first + i] ^= keystreamWords[i];
    done = words * 4;
  }
  for (; done < length; done++) bytes[start + done] ^= keystream[done];
}
