/**
 * What the payload (or the dependency descriptor in the header) says about a packet, whatever the codec. Filled by the
 * codec's parser on reception, read by the encoding contexts of the Consumers. One flat shape for all codecs, because
 * one packet view serves them all.
 */
export class PayloadDescriptor {
  /** Whether the codec's parser could make sense of the packet. Without it the packet is forwarded as it is. */
  present = false;
  /** First packet of a key frame. VP8 S=1 PID=0, VP9 B=1, AV1 with template structure, H264 with SPS. */
  isKeyFrame = false;
  spatialLayer = 0;
  temporalLayer = 0;
  /** Whether the packet itself names its temporal layer. */
  hasTemporalLayer = false;
  /** VP8 Y or VP9 U: a receiver of lower temporal layers may switch up to this one here. */
  switchingPoint = false;
  /** VP9 P: predicted from earlier pictures. */
  interPicture = false;
  /** First packet of the frame (VP9 B, dependency descriptor). */
  startOfFrame = false;
  /** Last packet of the frame (VP9 E, dependency descriptor). */
  endOfFrame = false;
  /** Opus: discontinuous transmission, the packet carries no sound. */
  isDtx = false;
  /** 15 bits, -1 if absent. */
  pictureId = -1;
  /** TL0PICIDX, 8 bits, -1 if absent. */
  tl0PictureIndex = -1;

  reset(): void {
    this.present = false;
    this.isKeyFrame = false;
    this.spatialLayer = 0;
    this.temporalLayer = 0;
    this.hasTemporalLayer = false;
    this.switchingPoint = false;
    this.interPicture = false;
    this.startOfFrame = false;
    this.endOfFrame = false;
    this.isDtx = false;
    this.pictureId = -1;
    this.tl0PictureIndex = -1;
  }

  /** The flags as one number, to be stored beside a packet. */
  get flags(): number {
    return (
      (this.present ? 1 : 0) |
      (this.isKeyFrame ? 2 : 0) |
      (this.hasTemporalLayer ? 4 : 0) |
      (this.switchingPoint ? 8 : 0) |
      (this.interPicture ? 16 : 0) |
      (this.startOfFrame ? 32 : 0) |
      (this.endOfFrame ? 64 : 0) |
      (this.isDtx ? 128 : 0)
    );
  }

  set flags(flags: number) {
    this.present = (flags & 1) !== 0;
    this.isKeyFrame = (flags & 2) !== 0;
    this.hasTemporalLayer = (flags & 4) !== 0;
    this.switchingPoint = (flags & 8) !== 0;
    this.interPicture = (flags & 16) !== 0;
    this.startOfFrame = (flags & 32) !== 0;
    this.endOfFrame = (flags & 64) !== 0;
    this.isDtx = (flags & 128) !== 0;
  }
}
