import { HeaderExtension } from '../header-extension.js';
import { type RtpPacket } from '../rtp-packet.js';

/** The template id has six bits, so templates beyond these cannot be named. */
const MAX_TEMPLATES = 64;

/**
 * Reads the dependency descriptor header extension (AV1 RTP specification §A.8), which tells the layers of a frame
 * through a template. The templates come with key frames, so one reader follows one stream.
 */
export class DependencyDescriptorReader {
  #bytes: Uint8Array = new Uint8Array(0);
  /** In bits, from the start of `#bytes`. */
  #position = 0;
  #end = 0;

  #templateIdOffset = 0;
  #decodeTargetCount = 0;
  #templateCount = 0;
  readonly #spatialLayers = new Uint8Array(MAX_TEMPLATES);
  readonly #temporalLayers = new Uint8Array(MAX_TEMPLATES);

  /**
   * Fills the packet's descriptor. False if there is no extension, if it is malformed, or if it refers to a template
   * that is not known; the packet's descriptor is unchanged then.
   *
   * ```
   * mandatory   start_of_frame(1) end_of_frame(1) template_id(6) frame_number(16)
   * extended    structure_present(1) active_targets_present(1) custom_dtis(1) custom_fdiffs(1) custom_chains(1)
   *             [template structure] [active_decode_targets(number of decode targets)] ...
   * ```
   * What the custom flags announce follows after that and is not needed here.
   */
  read(packet: RtpPacket): boolean {
    const id = packet.extensionIds[HeaderExtension.dependencyDescriptor];
    const offset = packet.extensionOffset(id);
    const length = packet.extensionLength(id);
    if (length < 3) return false;
    this.#bytes = packet.bytes;
    this.#position = offset * 8;
    this.#end = (offset + length) * 8;

    const startOfFrame = this.#bits(1) === 1;
    const endOfFrame = this.#bits(1) === 1;
    const templateId = this.#bits(6);
    this.#position += 16;
    let isKeyFrame = false;
    if (length > 3) {
      isKeyFrame = this.#bits(1) === 1;
      const hasActiveDecodeTargets = this.#bits(1) === 1;
      this.#position += 3;
      if (isKeyFrame && !this.#readTemplateStructure()) return false;
      if (hasActiveDecodeTargets && this.#left < this.#decodeTargetCount) return false;
    }
    const template = (templateId - this.#templateIdOffset) & 0x3f;
    if (template >= this.#templateCount) return false;

    const { descriptor } = packet;
    descriptor.present = true;
    descriptor.isKeyFrame = isKeyFrame;
    descriptor.startOfFrame = startOfFrame;
    descriptor.endOfFrame = endOfFrame;
    descriptor.hasTemporalLayer = true;
    descriptor.spatialLayer = this.#spatialLayers[template];
    descriptor.temporalLayer = this.#temporalLayers[template];
    return true;
  }

  /**
   * `template_id_offset(6) dt_cnt_minus_one(5)`, layers, decode target indications, frame differences, chains. Only the
   * layers are kept; the rest is walked through to find the end. False if it is cut short; the templates may be
   * changed in part then.
   */
  #readTemplateStructure(): boolean {
    if (this.#left < 11) return false;
    this.#templateIdOffset = this.#bits(6);
    this.#decodeTargetCount = this.#bits(5) + 1;
    if (!this.#readLayers()) return false;
    // Decode target indications, two bits each. Whether they were there shows at what follows.
    this.#position += 2 * this.#templateCount * this.#decodeTargetCount;
    return this.#skipFrameDiffs() && this.#skipChains();
  }

  /** Per template next_layer_idc(2): 0 same layer, 1 next temporal layer, 2 next spatial layer, 3 no more templates. */
  #readLayers(): boolean {
    let spatialLayer = 0;
    let temporalLayer = 0;
    this.#templateCount = 0;
    for (;;) {
      if (this.#templateCount < MAX_TEMPLATES) {
        this.#spatialLayers[this.#templateCount] = spatialLayer;
        this.#temporalLayers[this.#templateCount] = temporalLayer;
      }
      this.#templateCount++;
      if (this.#left < 2) return false;
      const next = this.#bits(2);
      if (next === 3) return true;
      if (next === 1) {
        temporalLayer++;
      } else if (next === 2) {
        temporalLayer = 0;
        spatialLayer++;
      }
    }
  }

  /** Per template, as long as a flag says so: fdiff_minus_one(4). */
  #skipFrameDiffs(): boolean {
    for (let i = 0; i < this.#templateCount; i++) {
      if (this.#left < 1) return false;
      while (this.#bits(1) === 1) {
        if (this.#left < 5) return false;
        this.#position += 4;
      }
    }
    return true;
  }

  /** chain_cnt, then per decode target the chain that protects it, then per template and chain a difference (4). */
  #skipChains(): boolean {
    const chainCount = this.#nonSymmetric(this.#decodeTargetCount + 1);
    if (chainCount < 0) return false;
    if (chainCount === 0) return true;
    for (let i = 0; i < this.#decodeTargetCount; i++) if (this.#nonSymmetric(chainCount) < 0) return false;
    this.#position += 4 * this.#templateCount * chainCount;
    return this.#position <= this.#end;
  }

  get #left(): number {
    return this.#end - this.#position;
  }

  #bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++, this.#position++) {
      value = (value << 1) | ((this.#bytes[this.#position >> 3] >> (7 - (this.#position & 7))) & 1);
    }
    return value;
  }

  /** ns(n) of the AV1 bitstream specification §4.10.7: a value below `n`; -1 if it is cut short. */
  #nonSymmetric(n: number): number {
    const width = 32 - Math.clz32(n);
    if (this.#left < width - 1) return -1;
    const value = this.#bits(width - 1);
    const threshold = (1 << width) - n;
    if (value < threshold) return value;
    if (this.#left < 1) return -1;
    return (value << 1) - threshold + this.#bits(1);
  }
}
