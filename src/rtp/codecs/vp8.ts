import { type PayloadDescriptor } from '../payload-descriptor.js';
import { type RtpPacket } from '../rtp-packet.js';
import { SequenceManager } from '../sequence-manager.js';
import { EncodingContext } from './encoding-context.js';

/**
 * Reads the VP8 payload descriptor (RFC 7741 §4.2). A picture id of one byte is widened to two, in place, so that every
 * Consumer can write its own: the packet grows by one byte.
 *
 * ```
 *       0 1 2 3 4 5 6 7
 *      +-+-+-+-+-+-+-+-+
 *      |X|R|N|S|R| PID |  S: start of partition, PID: partition index
 *      +-+-+-+-+-+-+-+-+
 * X:   |I|L|T|K| RSV   |
 * I:   |M| PictureID   |  M: a second byte follows
 *      |   PictureID   |
 * L:   |   TL0PICIDX   |
 * T/K: |TID|Y| KEYIDX  |
 *      +-+-+-+-+-+-+-+-+
 *      |Size0|H| VER |P|  first byte of a frame: P is 0 in a key frame
 * ```
 */
export function parseVp8(packet: RtpPacket): void {
  const { bytes, descriptor } = packet;
  let at = packet.payloadOffset;
  const end = at + packet.payloadLength;
  descriptor.reset();
  if (at >= end) return;

  const first = bytes[at++];
  let flags = 0;
  if ((first & 0x80) !== 0) {
    if (at >= end) return;
    flags = bytes[at++];
  }
  let pictureId = -1;
  let isShortPictureId = false;
  if ((flags & 0x80) !== 0) {
    if (at >= end) return;
    pictureId = bytes[at++];
    isShortPictureId = pictureId < 0x80;
    if (!isShortPictureId) {
      if (at >= end) return;
      pictureId = ((pictureId & 0x7f) << 8) | bytes[at++];
    }
  }
  let tl0PictureIndex = -1;
  if ((flags & 0x40) !== 0) {
    if (at >= end) return;
    tl0PictureIndex = bytes[at++];
  }
  if ((flags & 0x30) !== 0) {
    if (at >= end) return;
    const layer = bytes[at++];
    descriptor.hasTemporalLayer = true;
    descriptor.temporalLayer = layer >> 6;
    descriptor.switchingPoint = (layer & 0x20) !== 0;
  }
  descriptor.present = true;
  descriptor.pictureId = pictureId;
  descriptor.tl0PictureIndex = tl0PictureIndex;
  descriptor.startOfFrame = (first & 0x17) === 0x10;
  descriptor.isKeyFrame = descriptor.startOfFrame && at < end && (bytes[at] & 0x01) === 0;

  // Without room in front the packet stays as it is, and is not rewritten either.
  if (isShortPictureId && !packet.insertPayloadByte(PICTURE_ID_INDEX, 0x80)) descriptor.reset();
}

/** Where a two byte picture id and TL0PICIDX lie in a payload that has both. */
const PICTURE_ID_INDEX = 2;
const TL0_PICTURE_INDEX = 4;

/** How many bytes at the start of a payload `rewriteVp8` reaches. */
export const VP8_REWRITTEN_LENGTH = TL0_PICTURE_INDEX + 1;

/** Writes another picture id and TL0PICIDX into the payload that starts at bytes[offset]; it has both. */
export function rewriteVp8(bytes: Uint8Array, offset: number, rewrite: number): void {
  bytes[offset + PICTURE_ID_INDEX] = 0x80 | (rewrite >> 16);
  bytes[offset + PICTURE_ID_INDEX + 1] = rewrite >> 8;
  bytes[offset + TL0_PICTURE_INDEX] = rewrite;
}

/** After so many packets without the target layer it is taken to not exist. */
const MISSING_LAYER_PATIENCE = 30;

/**
 * Selects temporal layers; makes picture ids and TL0PICIDX contiguous again. The target layer is gone to in one step,
 * unless the stream has fewer layers than it was said to have (Firefox: two instead of three).
 */
export class Vp8EncodingContext extends EncodingContext {
  readonly #pictureIds = new SequenceManager(15);
  readonly #tl0PictureIndexes = new SequenceManager(8);
  #packetsWithoutTarget = 0;
  /** A bit for each temporal layer whose pictures may refer to one that was left out as too high. */
  #broken = 0;

  protected processDescriptor(descriptor: PayloadDescriptor): boolean {
    const { pictureId, tl0PictureIndex, temporalLayer, hasTemporalLayer } = descriptor;
    const isRewritable = pictureId >= 0 && tl0PictureIndex >= 0;
    const target = this.targetTemporalLayer;

    if (this.syncRequired && isRewritable) {
      this.#pictureIds.sync((pictureId - 1) & 0x7fff);
      this.#tl0PictureIndexes.sync((tl0PictureIndex - 1) & 0xff);
      this.syncRequired = false;
    }

    // The fate of a late packet is that of its picture: it was decided when the picture's first packet came.
    const isLate = this.#pictureIds.isLower(pictureId, this.#pictureIds.maxInput);
    if (isRewritable && hasTemporalLayer && !isLate) {
      if (descriptor.isKeyFrame) this.#broken = 0;
      if (temporalLayer > target) this.#broken |= -1 << temporalLayer;
      const isBroken = temporalLayer > this.currentTemporalLayer || (this.#broken & (1 << temporalLayer)) !== 0;
      if (temporalLayer > target || (isBroken && !descriptor.switchingPoint)) {
        this.#pictureIds.drop(pictureId);
        // TL0PICIDX counts pictures of layer 0, so only one of these takes its number with it.
        if (temporalLayer === 0) this.#tl0PictureIndexes.drop(tl0PictureIndex);
        return false;
      }
    }

    let outPictureId = -1;
    if (pictureId >= 0) {
      outPictureId = this.#pictureIds.input(pictureId);
      if (outPictureId < 0) return false;
    }
    let outTl0PictureIndex = -1;
    if (tl0PictureIndex >= 0) {
      outTl0PictureIndex = this.#tl0PictureIndexes.input(tl0PictureIndex);
      if (outTl0PictureIndex < 0) return false;
    }

    this.currentSpatialLayer = 0;
    if (!hasTemporalLayer) this.currentTemporalLayer = 0;
    else if (temporalLayer === target) {
      this.currentTemporalLayer = temporalLayer;
      this.#packetsWithoutTarget = 0;
    } else if (++this.#packetsWithoutTarget > MISSING_LAYER_PATIENCE && temporalLayer > this.currentTemporalLayer) {
      // Not dropped above, so it is a switching point.
      this.currentTemporalLayer = temporalLayer;
    }
    if (this.currentTemporalLayer > target) this.currentTemporalLayer = target;
    if (temporalLayer > this.currentTemporalLayer) return false;

    if (descriptor.switchingPoint) this.#broken &= ~(1 << temporalLayer);
    if (isRewritable) this.rewrite = (outPictureId << 8) | outTl0PictureIndex;
    return true;
  }
}
