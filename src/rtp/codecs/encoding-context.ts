import { type PayloadDescriptor } from '../payload-descriptor.js';
import { type RtpPacket } from '../rtp-packet.js';

/** Nothing in the payload has to be rewritten. */
export const NO_REWRITE = -1;

export interface EncodingParameters {
  spatialLayers: number;
  temporalLayers: number;
  /** Layers depend on lower spatial layers in key frames only (scalability mode L_T__KEY). */
  ksvc: boolean;
}

/**
 * A Consumer's state about the payload of its stream: which layers it wants and has, and how numbers inside the payload
 * are rewritten. `process` decides on each packet; its answers are the returned boolean and the fields `marker` and
 * `rewrite`.
 *
 * Layers are -1 while there is none. Both targets are at least 0 when `process` is called (Opus has none).
 */
export abstract class EncodingContext {
  readonly spatialLayers: number;
  readonly temporalLayers: number;
  readonly ksvc: boolean;
  targetSpatialLayer = -1;
  targetTemporalLayer = -1;
  currentSpatialLayer = -1;
  currentTemporalLayer = -1;
  /** Opus: whether packets of discontinuous transmission are left out. */
  ignoreDtx = false;

  /** The marker bit that the packet just processed is to be sent with. */
  marker = false;
  /**
   * How the payload of the packet just processed is to be rewritten: NO_REWRITE, or 23 bits for `rewritePayload`. To be
   * kept with the packet for its retransmission.
   */
  rewrite: number = NO_REWRITE;

  /** The lowest temporal layer that was left out since the last picture of those that are sent; Infinity: none was. */
  #lowestMissing = Infinity;

  /** Numbers inside the payload continue without gap at the next packet. */
  protected syncRequired = false;

  constructor(parameters: EncodingParameters) {
    this.spatialLayers = parameters.spatialLayers;
    this.temporalLayers = parameters.temporalLayers;
    this.ksvc = parameters.ksvc;
  }

  /** The next packet starts a new sequence (of another stream, or after a pause). */
  requireSync(): void {
    this.syncRequired = true;
  }

  /** Whether the packet is sent on. A packet without descriptor always is. */
  process(packet: RtpPacket): boolean {
    this.marker = packet.marker;
    this.rewrite = NO_REWRITE;
    return !packet.descriptor.present || this.processDescriptor(packet.descriptor);
  }

  /**
   * Whether a picture of a higher temporal layer than those that are sent can be decoded: it may refer to any of a lower
   * layer that came before it.
   */
  protected isDecodable(temporalLayer: number): boolean {
    return temporalLayer <= this.#lowestMissing;
  }

  /** Remembers whether a picture was left out for its temporal layer. */
  protected noteTemporalLayer(temporalLayer: number, isSent: boolean): void {
    if (!isSent) this.#lowestMissing = Math.min(this.#lowestMissing, temporalLayer);
    else if (temporalLayer === 0) this.#lowestMissing = Infinity;
  }

  protected abstract processDescriptor(descriptor: PayloadDescriptor): boolean;
}
