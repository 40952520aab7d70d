import { type SeededRandom } from './seeded-random.js';

/** One stream, or one spatial layer in a stream, of a synthetic camera. */
export interface VideoLayerOptions {
  /** bps, of RTP payloads, on average. */
  bitrate: number;
  /** Size of a key frame in mean frames. */
  keyFrameFactor?: number;
}

export interface VideoSourceOptions {
  /** `VP8`: each layer is a stream of its own, simulcast if there are several. `VP9`: all layers are in one stream. */
  codec: 'VP8' | 'VP9';
  layers: readonly VideoLayerOptions[];
  /** 1 to 3. */
  temporalLayers?: number;
  framesPerSecond?: number;
  /** By how much frames differ in size from the mean, 0..1. */
  variation?: number;
}

/** A packet that a source makes: header values that depend on the content, and the payload. */
export interface SourcePacket {
  /** Of the RTP stream. */
  stream: number;
  marker: boolean;
  /** RTP time, 90 kHz. */
  timestamp: number;
  payload: Uint8Array;
}

/** Payload bytes per packet at most. */
const MAX_PAYLOAD = 1150;
/** How much of a key frame's excess the encoder saves again per frame. */
const REPAYMENT = 0.1;

/** Temporal layer by frame, and share of the bitrate by temporal layer, by number of layers. */
const PATTERNS = [[0], [0, 1], [0, 2, 1, 2]];
const SHARES = [[1], [0.6, 0.4], [0.4, 0.2, 0.4]];

/**
 * A synthetic encoder: frames of plausible sizes, in packets with a real VP8 or VP9 payload descriptor. Key frames on
 * demand. The content is nothing.
 */
export class VideoSource {
  readonly streamCount: number;
  /** ms */
  readonly frameInterval: number;

  readonly #options: Required<VideoSourceOptions>;
  readonly #random: SeededRandom;
  readonly #layers: readonly Layer[];
  #frame = 0;
  #pictureId = 0;
  #tl0PictureIndex = 0;
  #timestamp: number;

  constructor(options: VideoSourceOptions, random: SeededRandom) {
    this.#options = { temporalLayers: 1, framesPerSecond: 30, variation: 0.2, ...options };
    this.#random = random;
    this.#layers = options.layers.map(layer => new Layer(layer));
    this.streamCount = options.codec === 'VP8' ? options.layers.length : 1;
    this.frameInterval = 1000 / this.#options.framesPerSecond;
    this.#timestamp = random.uint32();
  }

  /** The next frame of this stream is a key frame. */
  requestKeyFrame(stream: number): void {
    for (const layer of this.#options.codec === 'VP9' ? this.#layers : [this.#layers[stream]])
      layer.needsKeyFrame = true;
  }

  /** bps; 0: the layer is not sent. */
  setBitrate(layer: number, bitrate: number): void {
    const target = this.#layers[layer];
    if (target.bitrate === 0 && bitrate > 0) target.needsKeyFrame = true;
    target.bitrate = bitrate;
  }

  /** The next frame of all layers. */
  encode(): SourcePacket[] {
    const { codec, temporalLayers, framesPerSecond, variation } = this.#options;
    const pattern = PATTERNS[temporalLayers - 1];
    // A key frame is in the lowest temporal layer.
    const isAnyKeyFrame = this.#layers.some(layer => layer.needsKeyFrame && layer.bitrate > 0);
    if (isAnyKeyFrame) this.#frame = 0;
    const temporalLayer = pattern[this.#frame % pattern.length];
    const share = (SHARES[temporalLayers - 1][temporalLayer] * pattern.length) / occurrences(pattern, temporalLayer);
    this.#timestamp = (this.#timestamp + Math.round(90_000 / framesPerSecond)) >>> 0;
    this.#pictureId = (this.#pictureId + 1) & 0x7fff;
    if (temporalLayer === 0) this.#tl0PictureIndex = (this.#tl0PictureIndex + 1) & 0xff;
    this.#frame++;

    const active = this.#layers.filter(layer => layer.bitrate > 0);
    return active.flatMap(layer => {
      const isKeyFrame = layer.needsKeyFrame;
      layer.needsKeyFrame = false;
      const noise = 1 + variation * (2 * this.#random.next() - 1);
      const size = layer.frameSize(isKeyFrame, share * noise, framesPerSecond);
      return this.#packetize(layer, size, isKeyFrame, temporalLayer, codec === 'VP8' || layer === active.at(-1));
    });
  }

  #packetize(
    layer: Layer,
    size: number,
    isKeyFrame: boolean,
    temporalLayer: number,
    endsPicture: boolean,
  ): SourcePacket[] {
    const index = this.#layers.indexOf(layer);
    const isVp8 = this.#options.codec === 'VP8';
    const count = Math.max(1, Math.ceil(size / MAX_PAYLOAD));
    return Array.from({ length: count }, (_, i) => {
      const [isFirst, isLast] = [i === 0, i === count - 1];
      const length = Math.max(12, Math.floor(((i + 1) * size) / count) - Math.floor((i * size) / count));
      const payload = new Uint8Array(length);
      if (isVp8) this.#writeVp8(payload, isFirst, isKeyFrame, temporalLayer);
      else this.#writeVp9(payload, isFirst, isLast, isKeyFrame, index, temporalLayer);
      return { stream: isVp8 ? index : 0, marker: isLast && endsPicture, timestamp: this.#timestamp, payload };
    });
  }

  /** RFC 7741 §4.2, with all of picture id, TL0PICIDX and TID. */
  #writeVp8(payload: Uint8Array, isFirst: boolean, isKeyFrame: boolean, temporalLayer: number): void {
    payload[0] = 0x80 | (isFirst ? 0x10 : 0);
    payload[1] = 0xe0;
    payload[2] = 0x80 | (this.#pictureId >> 8);
    payload[3] = this.#pictureId;
    payload[4] = this.#tl0PictureIndex;
    payload[5] = (temporalLayer << 6) | 0x20;
    payload[6] = isFirst && isKeyFrame ? 0 : 1;
  }

  /** RFC 9628 §4.2, not flexible. */
  #writeVp9(
    payload: Uint8Array,
    isFirst: boolean,
    isLast: boolean,
    isKeyFrame: boolean,
    spatialLayer: number,
    temporalLayer: number,
  ): void {
    payload[0] = 0xa0 | (isKeyFrame ? 0 : 0x40) | (isFirst ? 0x08 : 0) | (isLast ? 0x04 : 0);
    payload[1] = 0x80 | (this.#pictureId >> 8);
    payload[2] = this.#pictureId;
    payload[3] = (temporalLayer << 5) | 0x10 | (spatialLayer << 1) | (spatialLayer > 0 ? 1 : 0);
    payload[4] = this.#tl0PictureIndex;
  }
}

class Layer {
  bitrate: number;
  needsKeyFrame = true;

  readonly #keyFrameFactor: number;
  /** Bytes that frames to come are to save. */
  #excess = 0;

  constructor({ bitrate, keyFrameFactor = 6 }: VideoLayerOptions) {
    this.bitrate = bitrate;
    this.#keyFrameFactor = keyFrameFactor;
  }

  /** Bytes. `factor`: of this frame, compared to the mean. */
  frameSize(isKeyFrame: boolean, factor: number, framesPerSecond: number): number {
    const mean = this.bitrate / 8 / framesPerSecond;
    if (isKeyFrame) {
      const size = mean * this.#keyFrameFactor * Math.max(0.5, Math.min(1.5, factor));
      this.#excess += size - mean;
      return Math.round(size);
    }
    const saved = Math.min(this.#excess * REPAYMENT, mean * factor * 0.4);
    this.#excess -= saved;
    return Math.max(20, Math.round(mean * factor - saved));
  }
}

function occurrences(pattern: readonly number[], layer: number): number {
  return pattern.filter(one => one === layer).length;
}
