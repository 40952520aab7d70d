import { type PayloadDescriptor } from '../payload-descriptor.js';
import { type RtpPacket } from '../rtp-packet.js';
import { type DependencyDescriptorReader } from './dependency-descriptor.js';
import { EncodingContext } from './encoding-context.js';

/** NAL unit types (RFC 6184 §5.2, H.264 table 7-1). */
const SPS = 7;
const STAP_A = 24;
const FU_A = 28;
const FU_B = 29;

/**
 * Takes layers and key frames from the dependency descriptor if there is one; otherwise a packet with the start of a
 * sequence parameter set is a key frame (an IDR slice alone is not: its decoder could not start there).
 */
export function parseH264(packet: RtpPacket, reader: DependencyDescriptorReader): void {
  const { descriptor } = packet;
  descriptor.reset();
  if (reader.read(packet)) {
    descriptor.spatialLayer = 0;
    return;
  }
  descriptor.present = true;
  descriptor.isKeyFrame = hasSequenceParameterSet(packet.bytes, packet.payloadOffset, packet.payloadLength);
}

/**
 * ```
 * single NAL unit |F|NRI| Type=7 | ...
 * STAP-A          |F|NRI| Type=24| size (16) | NAL unit | size (16) | NAL unit ...
 * FU-A            |F|NRI| Type=28|S|E|R| Type=7| ...
 * ```
 */
function hasSequenceParameterSet(bytes: Uint8Array, offset: number, length: number): boolean {
  if (length < 2) return false;
  const type = bytes[offset] & 0x1f;
  if (type === SPS) return true;
  if (type === FU_A || type === FU_B) return (bytes[offset + 1] & 0x9f) === (0x80 | SPS);
  if (type !== STAP_A) return false;
  const end = offset + length;
  for (let at = offset + 1; end - at >= 3;) {
    if ((bytes[at + 2] & 0x1f) === SPS) return true;
    at += 2 + ((bytes[at] << 8) | bytes[at + 1]);
  }
  return false;
}

/** Selects temporal layers, which only streams with a dependency descriptor have. */
export class H264EncodingContext extends EncodingContext {
  protected processDescriptor(descriptor: PayloadDescriptor): boolean {
    const { temporalLayer } = descriptor;
    if (temporalLayer > this.targetTemporalLayer) {
      this.noteTemporalLayer(temporalLayer, false);
      return false;
    }
    const isRaised = temporalLayer > Math.max(this.currentTemporalLayer, 0);
    const isSent = !isRaised || (descriptor.startOfFrame && this.isDecodable(temporalLayer));
    this.noteTemporalLayer(temporalLayer, isSent);
    if (!isSent) return false;
    this.currentSpatialLayer = 0;
    this.currentTemporalLayer = Math.min(Math.max(this.currentTemporalLayer, temporalLayer), this.targetTemporalLayer);
    return true;
  }
}
