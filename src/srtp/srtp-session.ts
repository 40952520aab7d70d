import { readUint16, readUint32 } from '../common/bytes.js';
import { DropReason } from '../common/drop-reason.js';
import { AesCmCipher } from './aes-cm-cipher.js';
import { AesCmKernelCipher } from './aes-cm-kernel-cipher.js';
import { AesGcmCipher } from './aes-gcm-cipher.js';
import { AesGcmKernelCipher } from './aes-gcm-kernel-cipher.js';
import { type KernelCipher } from './kernel-cipher.js';
import { type SrtpKernel } from './kernel/srtp-kernel.js';
import { deriveSessionKeys } from './key-derivation.js';
import { type KeystreamCache } from './keystream-cache.js';
import { type PacketCipher, RTCP_CLEAR_LENGTH, RTCP_ENCRYPTED_FLAG } from './packet-cipher.js';
import { ReplayWindow } from './replay-window.js';
import { RolloverCounter } from './rollover-counter.js';
import { SentTags } from './sent-tags.js';
import { SRTP_SUITES, type SrtpSuiteName } from './srtp-suite.js';
import { type TagBatch } from './tag-batch.js';

export interface SrtpSessionOptions {
  readonly suite: SrtpSuiteName;
  /** Master key || master salt; its length is `masterLength(suite)`. */
  readonly masterKey: Uint8Array;
  /** Works on RTP packets that lie in its packet memory; others, and all without it, take the slower way. */
  readonly kernel?: SrtpKernel | undefined;
}

export interface SrtpReceiverOptions extends SrtpSessionOptions {
  /**
   * How many SSRCs the receiver keeps state of, for RTP and for RTCP each. RTP of further ones is dropped. With RTCP of a
   * further one it forgets the one it has known longest, because peers also report under SSRCs that nobody removes.
   */
  readonly maxStreams?: number;
}

/**
 * Protects what one transport sends (RFC 3711, RFC 7714).
 *
 * A packet may be sent again with the sequence number it had, for retransmission without RTX (RFC 4588 exists to avoid
 * that). What may then be different depends on the suite:
 *
 * - counter mode: the header, but never the payload;
 * - AES-GCM: nothing, header extensions included. A second packet that differs is not sent: protectRtp() wipes it and
 *   returns srtpReplay. So whoever retransmits without RTX must put in the abs-send-time, transport-wide sequence number
 *   and so on of the first time, or leave them constant from the start; `repeatsMustBeEqual` says so.
 */
export class SrtpSender {
  /** Whether a repeated packet must be equal to the first in every byte, or is refused. */
  readonly repeatsMustBeEqual: boolean;

  readonly #cipher: PacketCipher;
  readonly #kernelCipher: KernelCipher | undefined;
  readonly #streams = new Map<number, SenderStream>();
  #closed = false;

  /** @throws TypeError if the master key has not the length of the suite. */
  constructor(options: SrtpSessionOptions) {
    [this.#cipher, this.#kernelCipher] = createCiphers(options);
    this.repeatsMustBeEqual = SRTP_SUITES[options.suite].transform === 'aes-gcm';
  }

  /**
   * Protects the RTP packet bytes[offset, offset + length) in place; needs room for the tag behind it.
   *
   * @returns the new length, or a negative DropReason: srtpMalformed, srtpTooLarge, srtpIndexExhausted, srtpNoSession (closed),
   *   srtpReplay (see above), srtpTooOld (too old to know whether it is equal). The packet must not be sent then.
   */
  protectRtp(bytes: Uint8Array, offset: number, length: number): number {
    return this.#protectRtp(bytes, offset, length, 0, 0, undefined);
  }

  /**
   * The same for an RTP packet in packet memory, of which the first `prefixLength` bytes, the whole header among them, are
   * in place, and the rest is still at `restOffset`: it gets encrypted on the way to its place. The packet is complete
   * once `batch.finish` was called; so many packets can be begun first.
   */
  beginRtp(offset: number, prefixLength: number, restOffset: number, restLength: number, batch: TagBatch): number {
    const { bytes } = batch.memory;
    if (this.#kernelCipher !== undefined) {
      return this.#protectRtp(bytes, offset, prefixLength, restOffset, restLength, batch);
    }
    bytes.copyWithin(offset + prefixLength, restOffset, restOffset + restLength);
    return this.protectRtp(bytes, offset, prefixLength + restLength);
  }

  /**
   * Protects the compound RTCP packet bytes[offset, offset + length) in place; needs room for index and tag behind it.
   * Its stream is the SSRC of its first packet.
   *
   * @returns the new length, or a negative DropReason: srtpMalformed, srtpTooLarge, srtpIndexExhausted.
   */
  protectRtcp(bytes: Uint8Array, offset: number, length: number): number {
    if (this.#closed) return -DropReason.srtpNoSession;
    if (length < RTCP_CLEAR_LENGTH) return -DropReason.srtpMalformed;
    if (!hasRoom(bytes, offset, length + this.#cipher.rtcpTrailerLength)) return -DropReason.srtpTooLarge;
    const stream = this.#stream(readUint32(bytes, offset + 4));
    if (stream.rtcpIndex === MAX_RTCP_INDEX) return -DropReason.srtpIndexExhausted;
    return this.#cipher.protectRtcp(bytes, offset, length, ++stream.rtcpIndex);
  }

  /** Forgets a stream that will not be sent any more. Its SSRC must not come back under the same master key. */
  removeStream(ssrc: number): void {
    this.#streams.get(ssrc)?.keystream?.close();
    this.#streams.delete(ssrc);
  }

  /** Gives its packet memory back. What is to be protected afterwards is refused: srtpNoSession. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { keystream } of this.#streams.values()) keystream?.close();
    this.#streams.clear();
    this.#kernelCipher?.close();
  }

  #protectRtp(
    bytes: Uint8Array,
    offset: number,
    prefixLength: number,
    restOffset: number,
    restLength: number,
    batch: TagBatch | undefined,
  ): number {
    if (this.#closed) return -DropReason.srtpNoSession;
    const headerLength = rtpHeaderLength(bytes, offset, prefixLength);
    if (headerLength < 0) return -DropReason.srtpMalformed;
    const plainLength = prefixLength + restLength;
    if (!hasRoom(bytes, offset, plainLength + this.#cipher.rtpTrailerLength)) return -DropReason.srtpTooLarge;

    const ssrc = readUint32(bytes, offset + 8);
    const stream = this.#stream(ssrc);
    const sequenceNumber = readUint16(bytes, offset + 2);
    const rolloverCounter = stream.rolloverCounter.estimate(sequenceNumber);
    if (rolloverCounter > MAX_ROLLOVER_COUNTER) return -DropReason.srtpIndexExhausted;
    const index = rolloverCounter * 0x10000 + sequenceNumber;

    const { sentTags } = stream;
    if (sentTags !== null && !sentTags.mayBeSent(index)) return -DropReason.srtpTooOld;
    const length =
      batch === undefined
        ? this.#cipher.protectRtp(bytes, offset, headerLength, plainLength, rolloverCounter)
        : this.#kernelCipher!.protect(
            (stream.keystream ??= this.#kernelCipher!.createKeystream(ssrc)),
            offset,
            headerLength,
            prefixLength,
            restOffset,
            restLength,
            rolloverCounter,
            sequenceNumber,
            batch,
          );
    if (sentTags !== null && !sentTags.add(index, bytes, offset + plainLength)) {
      bytes.fill(0, offset, offset + length);
      return -DropReason.srtpReplay;
    }
    stream.rolloverCounter.update(rolloverCounter, sequenceNumber);
    return length;
  }

  #stream(ssrc: number): SenderStream {
    let stream = this.#streams.get(ssrc);
    if (stream === undefined) {
      stream = new SenderStream(this.repeatsMustBeEqual);
      this.#streams.set(ssrc, stream);
    }
    return stream;
  }
}

/** Checks and decrypts what one transport receives (RFC 3711, RFC 7714). */
export class SrtpReceiver {
  readonly #cipher: PacketCipher;
  readonly #kernel: SrtpKernel | undefined;
  readonly #kernelCipher: KernelCipher | undefined;
  readonly #maxStreams: number;
  readonly #streams = new Map<number, ReceiverStream>();
  /** By SSRC, in the order in which they came. */
  readonly #rtcpWindows = new Map<number, ReplayWindow>();
  /** Stand in for the state of an SSRC not seen yet, until a packet of it is authenticated. */
  #newcomer = new ReceiverStream();
  #rtcpNewcomer = new ReplayWindow(RTCP_WINDOW);
  #closed = false;

  /** @throws TypeError if the master key has not the length of the suite. */
  constructor(options: SrtpReceiverOptions) {
    [this.#cipher, this.#kernelCipher] = createCiphers(options);
    this.#kernel = options.kernel;
    this.#maxStreams = options.maxStreams ?? DEFAULT_MAX_STREAMS;
  }

  /** Number of SSRCs of which there is state of RTP. */
  get streamCount(): number {
    return this.#streams.size;
  }

  /** The same for RTCP. */
  get rtcpStreamCount(): number {
    return this.#rtcpWindows.size;
  }

  /**
   * Lets `batch` compute the tag that an SRTP packet in packet memory ought to have: then several packets are checked in
   * the time of one. Once `batch.finish` was called `unprotectRtp` is told where the tag is, and for which packet index it
   * was computed, which the packets in between may have changed.
   *
   * @param target where to put the tag
   * @returns the rollover counter that it is computed with; -1: it is not, because the suite does without, or because the
   *   packet is refused anyway
   */
  beginRtp(offset: number, length: number, target: number, batch: TagBatch): number {
    if (this.#closed || this.#kernelCipher === undefined) return -1;
    const { bytes } = batch.memory;
    if (rtpHeaderLength(bytes, offset, length - this.#cipher.rtpTrailerLength) < 0) return -1;
    const stream = this.#streamOrNewcomer(readUint32(bytes, offset + 8));
    if (stream === undefined) return -1;
    const rolloverCounter = stream.rolloverCounter.estimate(readUint16(bytes, offset + 2));
    return this.#kernelCipher.beginTag(offset, length, rolloverCounter, target, batch) ? rolloverCounter : -1;
  }

  /**
   * Authenticates and decrypts the SRTP packet bytes[offset, offset + length) in place. The state of its stream, or a
   * new stream, comes of authentic packets only.
   *
   * @param tag where the tag is that it ought to have, if its rollover counter is `tagRolloverCounter`: see `beginRtp`
   * @returns the length of the RTP packet, or a negative DropReason: srtpMalformed, srtpReplay, srtpTooOld,
   *   srtpAuthentication, srtpIndexExhausted, srtpTooManyStreams.
   */
  unprotectRtp(bytes: Uint8Array, offset: number, length: number, tag = 0, tagRolloverCounter = -1): number {
    if (this.#closed) return -DropReason.srtpNoSession;
    const headerLength = rtpHeaderLength(bytes, offset, length - this.#cipher.rtpTrailerLength);
    if (headerLength < 0) return -DropReason.srtpMalformed;

    const ssrc = readUint32(bytes, offset + 8);
    const stream = this.#streamOrNewcomer(ssrc);
    if (stream === undefined) return -DropReason.srtpTooManyStreams;
    const sequenceNumber = readUint16(bytes, offset + 2);
    const rolloverCounter = stream.rolloverCounter.estimate(sequenceNumber);
    if (rolloverCounter > MAX_ROLLOVER_COUNTER) return -DropReason.srtpIndexExhausted;
    const index = rolloverCounter * 0x10000 + sequenceNumber;
    const reason = stream.rtpWindow.check(index);
    if (reason !== DropReason.none) return -reason;

    const tagOffset = tagRolloverCounter === rolloverCounter ? tag : NO_TAG;
    const plainLength =
      this.#kernelCipher !== undefined && bytes === this.#kernel!.memory.bytes
        ? this.#unprotectInMemory(
            stream,
            ssrc,
            offset,
            headerLength,
            length,
            rolloverCounter,
            sequenceNumber,
            tagOffset,
          )
        : this.#cipher.unprotectRtp(bytes, offset, headerLength, length, rolloverCounter);
    if (plainLength < 0) return plainLength;

    stream.rolloverCounter.update(rolloverCounter, sequenceNumber);
    stream.rtpWindow.add(index);
    if (stream === this.#newcomer) this.#admitNewcomer(ssrc);
    return plainLength;
  }

  /**
   * Authenticates and, if it is encrypted, decrypts the SRTCP packet bytes[offset, offset + length) in place.
   *
   * @returns the length of the compound RTCP packet, or a negative DropReason as unprotectRtp() does.
   */
  unprotectRtcp(bytes: Uint8Array, offset: number, length: number): number {
    if (this.#closed) return -DropReason.srtpNoSession;
    if (length < RTCP_CLEAR_LENGTH + this.#cipher.rtcpTrailerLength) return -DropReason.srtpMalformed;

    const ssrc = readUint32(bytes, offset + 4);
    const window = this.#rtcpWindows.get(ssrc) ?? this.#rtcpNewcomer;
    const index = this.#cipher.readRtcpIndexWord(bytes, offset, length) & ~RTCP_ENCRYPTED_FLAG;
    const reason = window.check(index);
    if (reason !== DropReason.none) return -reason;

    const plainLength = this.#cipher.unprotectRtcp(bytes, offset, length);
    if (plainLength < 0) return plainLength;

    window.add(index);
    if (window === this.#rtcpNewcomer) this.#admitRtcpNewcomer(ssrc);
    return plainLength;
  }

  /** Forgets a stream: its next packet is taken for the first one of a new stream. */
  removeStream(ssrc: number): void {
    this.#streams.get(ssrc)?.keystream?.close();
    this.#streams.delete(ssrc);
    this.#rtcpWindows.delete(ssrc);
  }

  /** Gives its packet memory back. What comes afterwards is refused: srtpNoSession. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { keystream } of this.#streams.values()) keystream?.close();
    this.#streams.clear();
    this.#kernelCipher?.close();
  }

  #unprotectInMemory(
    stream: ReceiverStream,
    ssrc: number,
    offset: number,
    headerLength: number,
    length: number,
    rolloverCounter: number,
    sequenceNumber: number,
    tag: number,
  ): number {
    const cipher = this.#kernelCipher!;
    const keystream = stream.keystream ?? cipher.createKeystream(ssrc);
    const reason =
      tag === NO_TAG
        ? cipher.authenticate(keystream, offset, headerLength, length, rolloverCounter, sequenceNumber)
        : cipher.compareTag(offset, length, tag);
    if (reason !== DropReason.none) return -reason;
    stream.keystream = keystream;
    return cipher.decrypt(keystream, offset, headerLength, length, rolloverCounter, sequenceNumber);
  }

  /** The stream's state; what a new stream starts with if there is none; undefined if there may not be another. */
  #streamOrNewcomer(ssrc: number): ReceiverStream | undefined {
    const stream = this.#streams.get(ssrc);
    if (stream !== undefined) return stream;
    return this.#streams.size < this.#maxStreams ? this.#newcomer : undefined;
  }

  #admitNewcomer(ssrc: number): void {
    this.#streams.set(ssrc, this.#newcomer);
    this.#newcomer = new ReceiverStream();
  }

  #admitRtcpNewcomer(ssrc: number): void {
    if (this.#rtcpWindows.size >= this.#maxStreams) {
      const [oldest] = this.#rtcpWindows.keys();
      this.#rtcpWindows.delete(oldest);
    }
    this.#rtcpWindows.set(ssrc, this.#rtcpNewcomer);
    this.#rtcpNewcomer = new ReplayWindow(RTCP_WINDOW);
  }
}

/** Packets that a receiver may be behind, as in the reference: retransmissions come late. RFC 3711 asks for 64. */
const RTP_WINDOW = 1024;
const RTCP_WINDOW = 128;
const DEFAULT_MAX_STREAMS = 4096;
const MAX_ROLLOVER_COUNTER = 0xffffffff;
const MAX_RTCP_INDEX = 0x7fffffff;
const MAX_PACKET = 65535;
/** No packet's tag lies at the start of packet memory. */
const NO_TAG = 0;

class SenderStream {
  readonly rolloverCounter = new RolloverCounter();
  /** Index of the last SRTCP packet; the first one is 1. */
  rtcpIndex = 0;
  readonly sentTags: SentTags | null;
  keystream: KeystreamCache | undefined = undefined;

  constructor(repeatsMustBeEqual: boolean) {
    this.sentTags = repeatsMustBeEqual ? new SentTags() : null;
  }
}

class ReceiverStream {
  readonly rolloverCounter = new RolloverCounter();
  readonly rtpWindow = new ReplayWindow(RTP_WINDOW);
  keystream: KeystreamCache | undefined = undefined;
}

function createCiphers({
  suite: name,
  masterKey,
  kernel,
}: SrtpSessionOptions): [PacketCipher, KernelCipher | undefined] {
  const suite = SRTP_SUITES[name];
  const { rtp, rtcp } = deriveSessionKeys(suite, masterKey);
  return suite.transform === 'aes-gcm'
    ? [new AesGcmCipher(suite, rtp, rtcp), kernel && AesGcmKernelCipher.create(kernel, rtp)]
    : [new AesCmCipher(suite, rtp, rtcp), kernel && new AesCmKernelCipher(kernel, suite, rtp)];
}

/** Length of the header with CSRCs and extension, or -1 if it does not fit into `length` bytes. */
function rtpHeaderLength(bytes: Uint8Array, offset: number, length: number): number {
  if (length < 12) return -1;
  let headerLength = 12 + 4 * (bytes[offset] & 0x0f);
  if ((bytes[offset] & 0x10) !== 0) {
    if (headerLength + 4 > length) return -1;
    const extension = offset + headerLength;
    headerLength += 4 + 4 * ((bytes[extension + 2] << 8) | bytes[extension + 3]);
  }
  return headerLength <= length ? headerLength : -1;
}

function hasRoom(bytes: Uint8Array, offset: number, length: number): boolean {
  return length <= MAX_PACKET && offset + length <= bytes.length;
}
