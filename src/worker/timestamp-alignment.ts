/** What must be known of a stream to tell its timestamps from those of another one. */
export interface CaptureMapping {
  /** µs of the local clock, NaN while nothing is known: when the frame with the timestamp was captured. */
  readonly captureMappingAt: number;
  readonly captureMappingTimestamp: number;
}

/**
 * Streams of the same content have timestamps that began at random each. The output of a Consumer that switches between
 * them has those of one of them, the reference; what the others are ahead of it is known from when their frames were
 * captured (see RemoteCaptureTimeEstimator).
 */
export class TimestampAlignment {
  /** In the order of spatial layers. Filled by the owner as the streams start. */
  readonly #streams: readonly (CaptureMapping | undefined)[];
  /** The layer whose timestamps the output has; -1: none yet. */
  #reference = -1;
  /** The layers that were known when `mappedLayersChanged` was asked last, as bits. */
  #layersSeenMapped = 0;

  constructor(streams: readonly (CaptureMapping | undefined)[]) {
    this.#streams = streams;
  }

  /** A layer is going to be sent: it becomes the reference, unless there is one that others can be compared with. */
  offerReference(layer: number): void {
    if (!this.#isMapped(this.#reference)) this.#reference = layer;
  }

  /** Whether the layer can follow on the one that is being sent. */
  canSwitchTo(layer: number): boolean {
    return this.#reference === -1 || layer === this.#reference || this.#isMapped(layer);
  }

  /** How far the timestamps of a layer are ahead of those of the reference for the same instant; NaN if unknown. */
  offsetOf(layer: number, clockRate: number): number {
    if (layer === this.#reference) return 0;
    if (!this.#isMapped(this.#reference)) {
      this.#reference = layer;
      return 0;
    }
    if (!this.#isMapped(layer)) return NaN;
    const own = this.#streams[layer]!;
    const reference = this.#streams[this.#reference]!;
    const elapsed = Math.trunc(((own.captureMappingAt - reference.captureMappingAt) * clockRate) / 1e6);
    return (own.captureMappingTimestamp - elapsed - reference.captureMappingTimestamp) >>> 0;
  }

  /** Whether the reference is known, so that other layers can be switched to once they are. */
  get hasMappedReference(): boolean {
    return this.#isMapped(this.#reference);
  }

  /** Whether the layers that are known are others than the last time. */
  mappedLayersChanged(): boolean {
    let mapped = 0;
    for (let layer = 0; layer < this.#streams.length; layer++) if (this.#isMapped(layer)) mapped |= 1 << layer;
    const changed = mapped !== this.#layersSeenMapped;
    this.#layersSeenMapped = mapped;
    return changed;
  }

  #isMapped(layer: number): boolean {
    const stream = layer === -1 ? undefined : this.#streams[layer];
    return stream !== undefined && !Number.isNaN(stream.captureMappingAt);
  }
}
