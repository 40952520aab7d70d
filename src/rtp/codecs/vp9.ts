import { type PayloadDescriptor } from '../payload-descriptor.js';
import { type RtpPacket } from '../rtp-packet.js';
import { SequenceManager } from '../sequence-manager.js';
import { EncodingContext } from './encoding-context.js';

/**
 * Reads the VP9 payload descriptor (RFC 9628 §4.2), up to the layer indices.
 *
 * ```
 *       0 1 2 3 4 5 6 7
 *      +-+-+-+-+-+-+-+-+
 *      |I|P|L|F|B|E|V|Z|  P: inter picture predicted, F: flexible mode, B/E: begin/end of frame
 *      +-+-+-+-+-+-+-+-+
 * I:   |M| PICTURE ID  |  M: a second byte follows
 *      |  PICTURE ID   |
 * L:   | TID |U| SID |D|  U: switching up point, D: depends on the lower spatial layer
 *      |   TL0PICIDX   |  unless F
 *      +-+-+-+-+-+-+-+-+
 * ```
 */
export function parseVp9(packet: RtpPacket): void {
  const { bytes, descriptor } = packet;
  let at = packet.payloadOffset;
  const end = at + packet.payloadLength;
  descriptor.reset();
  if (at >= end) return;

  const flags = bytes[at++];
  let pictureId = -1;
  if ((flags & 0x80) !== 0) {
    if (at >= end) return;
    pictureId = bytes[at++];
    if (pictureId >= 0x80) {
      if (at >= end) return;
      pictureId = ((pictureId & 0x7f) << 8) | bytes[at++];
    }
  }
  if ((flags & 0x20) !== 0) {
    // A byte has to follow the layer indices: TL0PICIDX, or in flexible mode the first P_DIFF.
    if (at + 1 >= end) return;
    const layer = bytes[at++];
    descriptor.hasTemporalLayer = true;
    descriptor.temporalLayer = layer >> 5;
    descriptor.switchingPoint = (layer & 0x10) !== 0;
    descriptor.spatialLayer = (layer >> 1) & 0x07;
    if ((flags & 0x10) === 0) descriptor.tl0PictureIndex = bytes[at];
  }
  descriptor.present = true;
  descriptor.pictureId = pictureId;
  descriptor.interPicture = (flags & 0x40) !== 0;
  descriptor.startOfFrame = (flags & 0x08) !== 0;
  descriptor.endOfFrame = (flags & 0x04) !== 0;
  descriptor.isKeyFrame = !descriptor.interPicture && descriptor.startOfFrame && descriptor.spatialLayer === 0;
}

/**
 * Selects spatial and temporal layers. Spatial layers are raised at key frames, and lowered at the end of a frame (K-SVC:
 * at key frames, too); temporal layers are raised at switching up points. The payload is not rewritten.
 */
export class Vp9EncodingContext extends EncodingContext {
  /** Only tells which pictures are late. */
  readonly #pictureIds = new SequenceManager(15);
  readonly #spatialLayerChanges = new LayerChanges();
  readonly #temporalLayerChanges = new LayerChanges();

  protected processDescriptor(descriptor: PayloadDescriptor): boolean {
    const { pictureId, spatialLayer, temporalLayer } = descriptor;
    if (spatialLayer >= this.spatialLayers || temporalLayer >= this.temporalLayers) return false;

    const hasPictureId = pictureId >= 0;
    if (this.syncRequired && hasPictureId) {
      this.#pictureIds.sync((pictureId - 1) & 0x7fff);
      this.syncRequired = false;
    }
    const isLate = hasPictureId && this.#pictureIds.isLower(pictureId, this.#pictureIds.maxInput);

    let spatial = this.currentSpatialLayer;
    let temporal = this.currentTemporalLayer;
    if (!isLate && this.#maySwitchSpatialLayer(descriptor)) {
      spatial = this.targetSpatialLayer;
      // Going down happens in any picture, whose own lower layers must not be missing for those above.
      if (descriptor.isKeyFrame) temporal = 0;
    }
    // The layers a late packet may have are those of the time its picture was sent.
    const spatialLimit = isLate ? this.#spatialLayerChanges.layerAt(pictureId, this.currentSpatialLayer) : spatial;
    // Until there is a current layer nothing is held back.
    if (spatialLimit >= 0 && spatialLayer > spatialLimit) return false;
    if (this.ksvc && descriptor.interPicture && spatialLayer !== spatialLimit) return false;

    if (!isLate) temporal = this.#nextTemporalLayer(descriptor, temporal);
    const temporalLimit = isLate ? this.#temporalLayerChanges.layerAt(pictureId, this.currentTemporalLayer) : temporal;
    const isTemporalLayerSent = temporalLimit < 0 || temporalLayer <= temporalLimit;
    if (!isLate) this.noteTemporalLayer(temporalLayer, isTemporalLayerSent);
    if (!isTemporalLayerSent) return false;

    // The end of the highest layer that is sent ends the picture for the receiver.
    if (spatialLayer === spatial && descriptor.endOfFrame) this.marker = true;

    if (hasPictureId) this.#pictureIds.input(pictureId);
    const changedAt = Math.max(pictureId, 0);
    if (spatial !== this.currentSpatialLayer) {
      this.#spatialLayerChanges.push(changedAt, spatial);
      this.currentSpatialLayer = spatial;
    }
    if (temporal !== this.currentTemporalLayer) {
      this.#temporalLayerChanges.push(changedAt, temporal);
      this.currentTemporalLayer = temporal;
    }
    return true;
  }

  #maySwitchSpatialLayer(descriptor: PayloadDescriptor): boolean {
    if (this.targetSpatialLayer > this.currentSpatialLayer) return descriptor.isKeyFrame;
    if (this.targetSpatialLayer === this.currentSpatialLayer) return false;
    if (this.ksvc) return descriptor.isKeyFrame;
    return descriptor.spatialLayer === this.targetSpatialLayer && descriptor.endOfFrame;
  }

  #nextTemporalLayer(descriptor: PayloadDescriptor, temporal: number): number {
    const current = this.currentTemporalLayer;
    const target = this.targetTemporalLayer;
    const layer = descriptor.temporalLayer;
    if (target > current) {
      if (!descriptor.startOfFrame) return temporal;
      if (current === -1) return Math.max(layer, temporal);
      // All of a picture comes, or nothing. A switching up point is one from the layer below.
      const isFirst = descriptor.spatialLayer === 0 || this.ksvc;
      const mayRaise = layer > current && descriptor.switchingPoint && isFirst && this.isDecodable(layer);
      return mayRaise ? layer : temporal;
    }
    return target < current && layer === target && descriptor.endOfFrame ? target : temporal;
  }
}

/** How far back, in pictures, layer changes are remembered. */
const MAX_DISTANCE = 1000;

/** Which layer was current at which picture: changes in order. They are rare, so plain arrays do. */
export class LayerChanges {
  readonly #pictureIds: number[] = [];
  readonly #layers: number[] = [];

  push(pictureId: number, layer: number): void {
    while (this.#pictureIds.length > 0) {
      const first = this.#pictureIds[0];
      const distance = pictureId > first ? pictureId - first : pictureId + 0x7fff - first;
      if (distance <= MAX_DISTANCE) break;
      this.#pictureIds.shift();
      this.#layers.shift();
    }
    this.#pictureIds.push(pictureId);
    this.#layers.push(layer);
  }

  /** The layer that was current at a picture; `fallback` if no change after it is known. */
  layerAt(pictureId: number, fallback: number): number {
    for (let i = 1; i < this.#pictureIds.length; i++) {
      if (isPictureIdHigher(this.#pictureIds[i], pictureId)) {
        return this.#layers[i - 1] >= 0 ? this.#layers[i - 1] : fallback;
      }
    }
    return fallback;
  }
}

function isPictureIdHigher(a: number, b: number): boolean {
  const distance = (a - b) & 0x7fff;
  return distance === 0x4000 ? a < b : distance !== 0 && distance < 0x4000;
}
