import { type PayloadDescriptor } from '../payload-descriptor.js';
import { type RtpPacket } from '../rtp-packet.js';
import { type DependencyDescriptorReader } from './dependency-descriptor.js';
import { EncodingContext } from './encoding-context.js';

/** Everything about an AV1 packet is in its dependency descriptor; without one it is forwarded as it is. */
export function parseAv1(packet: RtpPacket, reader: DependencyDescriptorReader): void {
  packet.descriptor.reset();
  reader.read(packet);
}

/**
 * Selects spatial and temporal layers. Spatial layers are raised at key frames and lowered at the end of a frame,
 * temporal layers raised at any picture that can be decoded. Neither payload nor dependency descriptor are rewritten.
 */
export class Av1EncodingContext extends EncodingContext {
  protected processDescriptor(descriptor: PayloadDescriptor): boolean {
    const { spatialLayer, temporalLayer, startOfFrame, endOfFrame } = descriptor;
    if (spatialLayer >= this.spatialLayers || temporalLayer >= this.temporalLayers) return false;

    let spatial = this.currentSpatialLayer;
    let temporal = this.currentTemporalLayer;
    if (this.targetSpatialLayer > spatial) {
      if (descriptor.isKeyFrame) {
        spatial = this.targetSpatialLayer;
        temporal = 0;
      }
    } else if (this.targetSpatialLayer < spatial && spatialLayer === this.targetSpatialLayer && endOfFrame) {
      // In whichever temporal layer: this frame's own would be missing for those above it.
      spatial = this.targetSpatialLayer;
    }
    if (spatialLayer > spatial) return false;

    if (this.targetTemporalLayer > this.currentTemporalLayer) {
      // All of a picture comes, or nothing.
      const isFirst = spatialLayer === 0 && startOfFrame;
      if (temporalLayer > temporal && isFirst && this.isDecodable(temporalLayer)) temporal = temporalLayer;
    } else if (this.targetTemporalLayer < this.currentTemporalLayer) {
      if (temporalLayer === this.targetTemporalLayer && endOfFrame) temporal = temporalLayer;
    }
    this.noteTemporalLayer(temporalLayer, temporalLayer <= temporal);
    if (temporalLayer > temporal) return false;

    // The end of the highest layer that is sent ends the picture for the receiver.
    if (spatialLayer === spatial && endOfFrame) this.marker = true;
    this.currentSpatialLayer = spatial;
    this.currentTemporalLayer = temporal;
    return true;
  }
}
