import { MAX_BITRATE } from './transport-options.js';

/** An outgoing limit below this would leave no room for anything. */
const MIN_OUTGOING_BITRATE = 30_000n;

/** The limits that the application set for a transport, in bps; 0: none. */
export class BitrateLimits {
  #maxIncoming = 0n;
  #maxOutgoing = 0n;
  #minOutgoing = 0n;

  get maxIncoming(): bigint {
    return this.#maxIncoming;
  }

  get maxOutgoing(): bigint {
    return this.#maxOutgoing;
  }

  get minOutgoing(): bigint {
    return this.#minOutgoing;
  }

  /** @throws TypeError */
  setMaxIncoming(bitrate: bigint): void {
    checkUpperBound(bitrate);
    this.#maxIncoming = bitrate;
  }

  /** @throws TypeError */
  setMaxOutgoing(bitrate: bigint): void {
    checkOutgoing(bitrate);
    if (bitrate > 0n && bitrate < this.#minOutgoing) {
      throw new TypeError(`bitrate must be >= current min outgoing bitrate (${this.#minOutgoing}) or 0 (unlimited)`);
    }
    this.#maxOutgoing = bitrate;
  }

  /** @throws TypeError */
  setMinOutgoing(bitrate: bigint): void {
    checkOutgoing(bitrate);
    if (bitrate > 0n && this.#maxOutgoing > 0n && bitrate > this.#maxOutgoing) {
      throw new TypeError(`bitrate must be <= current max outgoing bitrate (${this.#maxOutgoing}) or 0 (unlimited)`);
    }
    this.#minOutgoing = bitrate;
  }
}

function checkUpperBound(bitrate: bigint): void {
  if (bitrate > MAX_BITRATE) throw new TypeError(`bitrate must be <= ${MAX_BITRATE} or 0 (unlimited)`);
}

function checkOutgoing(bitrate: bigint): void {
  checkUpperBound(bitrate);
  if (bitrate > 0n && bitrate < MIN_OUTGOING_BITRATE) {
    throw new TypeError(`bitrate must be >= ${MIN_OUTGOING_BITRATE} or 0 (unlimited)`);
  }
}
