import { type PayloadDescriptor } from '../payload-descriptor.js';
import { type RtpPacket } from '../rtp-packet.js';
import { EncodingContext } from './encoding-context.js';

/** NAL unit types (RFC 7798 §1.1.4 and §4.4, H.265 table 7-1). */
const TSA_N = 2;
const STSA_R = 5;
const FIRST_IRAP = 16;
const LAST_IRAP = 21;
const VPS = 32;
const SPS = 33;
const AGGREGATION = 48;
const FRAGMENTATION = 49;

/** Length of the header of a NAL unit, and of the payload. */
const HEADER_LENGTH = 2;

/**
 * Reads the temporal layer, whether a receiver may switch up to it, and whether this is the start of a key frame: its
 * parameter sets (a slice alone could not be decoded).
 *
 * ```
 *  0                   1
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5      TID: temporal layer plus 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |F|   Type    |  LayerId  | TID |  single NAL unit: its payload follows
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  Type 48, aggregation packet:    size (16) | NAL unit | size (16) | NAL unit ...
 *  Type 49, fragmentation unit:    |S|E| FuType (6) | part of a NAL unit
 * ```
 */
export function parseH265(packet: RtpPacket): void {
  const { bytes, payloadOffset, payloadLength, descriptor } = packet;
  descriptor.reset();
  if (payloadLength < HEADER_LENGTH) return;
  const temporalId = bytes[payloadOffset + 1] & 0x07;
  // H.265 §7.4.2.2: never 0.
  if (temporalId === 0) return;
  descriptor.present = true;
  descriptor.hasTemporalLayer = true;
  descriptor.temporalLayer = temporalId - 1;

  const type = typeOf(bytes[payloadOffset]);
  const end = payloadOffset + payloadLength;
  if (type === AGGREGATION) {
    for (let at = payloadOffset + HEADER_LENGTH; end - at >= 2 + HEADER_LENGTH;) {
      note(descriptor, typeOf(bytes[at + 2]));
      at += 2 + ((bytes[at] << 8) | bytes[at + 1]);
    }
  } else if (type === FRAGMENTATION) {
    if (payloadLength > HEADER_LENGTH && (bytes[payloadOffset + 2] & 0x80) !== 0) {
      note(descriptor, bytes[payloadOffset + 2] & 0x3f);
    }
  } else {
    note(descriptor, type);
  }
}

const typeOf = (firstByte: number): number => (firstByte >> 1) & 0x3f;

/** TSA and STSA pictures and those of random access refer to nothing that a receiver of fewer layers lacks. */
function note(descriptor: PayloadDescriptor, type: number): void {
  if (type === VPS || type === SPS) descriptor.isKeyFrame = true;
  if ((type >= TSA_N && type <= STSA_R) || (type >= FIRST_IRAP && type <= LAST_IRAP)) descriptor.switchingPoint = true;
}

/** Selects temporal layers. Goes up at key frames, to all at once, and at switching points, to the next one. */
export class H265EncodingContext extends EncodingContext {
  protected processDescriptor(descriptor: PayloadDescriptor): boolean {
    const { temporalLayer } = descriptor;
    if (temporalLayer > this.targetTemporalLayer) return false;
    // What follows a key frame refers to nothing before it (not all encoders have switching points).
    if (descriptor.isKeyFrame) this.currentTemporalLayer = this.targetTemporalLayer;
    const missing = temporalLayer - Math.max(this.currentTemporalLayer, 0);
    if (missing > 1 || (missing === 1 && !descriptor.switchingPoint)) return false;
    this.currentSpatialLayer = 0;
    this.currentTemporalLayer = Math.min(Math.max(this.currentTemporalLayer, temporalLayer), this.targetTemporalLayer);
    return true;
  }
}
