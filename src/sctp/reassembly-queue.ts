import { timestampDiff } from '../common/serial-number.js';
import { DataChunk } from './chunks/data-chunk.js';
import { type ForwardTsnChunk } from './chunks/forward-tsn-chunk.js';
import { DataStreams } from './reassembly/data-streams.js';
import { IDataStreams } from './reassembly/i-data-streams.js';
import { MessageAssembler, type MessageReceiver } from './reassembly/message-assembler.js';
import { type ReassemblyStreams } from './reassembly/reassembly-streams.js';

export interface ReassemblyOptions {
  /** Message interleaving was negotiated: data come as I-DATA. */
  readonly interleaving: boolean;
  /** Bytes that may be held (a_rwnd of our INIT). */
  readonly windowSize: number;
  /** Longer messages are dropped, bytes. */
  readonly maxMessageSize: number;
}

/** The part of the window that the peer may fill. The rest is for what fills gaps, so that messages get complete. */
const WATERMARK = 0.9;

/** What a stream reset holds back: data or the news that data do not come. */
type Deferred = { readonly chunk: DataChunk } | { readonly forwardTsn: ForwardTsnChunk };

interface DeferredReset {
  /** Unwrapped. */
  readonly lastTsn: number;
  /** Empty: all streams. */
  readonly streamIds: ReadonlySet<number>;
  readonly deferred: Deferred[];
}

/**
 * Puts messages together and into order. It takes each TSN once: the DataTracker tells duplicates. Messages are handed
 * on within the call that completes them; the receiver must not call back.
 */
export class ReassemblyQueue {
  readonly #assembler: MessageAssembler;
  readonly #streams: ReassemblyStreams;
  readonly #windowSize: number;
  readonly #watermark: number;
  /** The TSN seen last, unwrapped. */
  #tsn: number;
  #deferredReset: DeferredReset | undefined = undefined;

  constructor(peerInitialTsn: number, options: ReassemblyOptions, receiver: MessageReceiver) {
    this.#assembler = new MessageAssembler(receiver, options.maxMessageSize);
    this.#streams = options.interleaving
      ? new IDataStreams(this.#assembler)
      : new DataStreams(this.#assembler, peerInitialTsn);
    this.#windowSize = options.windowSize;
    this.#watermark = Math.floor(options.windowSize * WATERMARK);
    this.#tsn = peerInitialTsn - 1;
  }

  /** Held payload and its overhead. */
  get heldBytes(): number {
    return this.#assembler.heldBytes;
  }

  /** What the peer may still send: a_rwnd of a SACK. */
  get availableWindow(): number {
    return Math.max(this.#watermark - this.heldBytes, 0);
  }

  /** Only data that fill the next gap may be added. */
  get isAboveWatermark(): boolean {
    return this.heldBytes >= this.#watermark;
  }

  /** Nothing may be added any more. */
  get isFull(): boolean {
    return this.heldBytes >= this.#windowSize;
  }

  add(chunk: DataChunk): void {
    const tsn = this.#unwrap(chunk.tsn);
    const reset = this.#deferredReset;
    if (reset !== undefined && tsn > reset.lastTsn && isAffected(reset, chunk.streamId)) {
      this.#assembler.hold(1, chunk.payloadLength);
      reset.deferred.push({ chunk: stored(chunk) });
    } else {
      this.#streams.add(chunk, tsn);
    }
  }

  /** Messages do not come any more: they are dropped, and those behind them need not wait. */
  forwardTsn(forwardTsn: ForwardTsnChunk): void {
    const tsn = this.#unwrap(forwardTsn.newCumulativeTsn);
    const reset = this.#deferredReset;
    if (reset !== undefined && tsn > reset.lastTsn) {
      this.#assembler.hold(1 + forwardTsn.skippedStreams.length, 0);
      reset.deferred.push({ forwardTsn });
    } else {
      this.#streams.skipTo(tsn, forwardTsn.skippedStreams);
    }
  }

  /**
   * The peer wants to reset streams behind a TSN that has not arrived yet (RFC 6525 §5.2.2 E2): what it sends on them
   * behind it is held back until `resetStreams`. Without effect while another reset is waited for.
   *
   * @param streamIds Empty: all streams.
   */
  deferReset(lastTsn: number, streamIds: readonly number[]): void {
    this.#deferredReset ??= { lastTsn: this.#unwrap(lastTsn), streamIds: new Set(streamIds), deferred: [] };
  }

  /** Resets streams, and goes on with what was held back. */
  resetStreams(streamIds: readonly number[]): void {
    this.#streams.reset(streamIds);
    const deferred = this.#deferredReset?.deferred ?? [];
    this.#deferredReset = undefined;
    for (const item of deferred) {
      if ('chunk' in item) {
        this.#assembler.release(1, item.chunk.payloadLength);
        this.add(item.chunk);
      } else {
        this.#assembler.release(1 + item.forwardTsn.skippedStreams.length, 0);
        this.forwardTsn(item.forwardTsn);
      }
    }
  }

  #unwrap(tsn: number): number {
    this.#tsn += timestampDiff(tsn, this.#tsn);
    return this.#tsn;
  }
}

function isAffected(reset: DeferredReset, streamId: number): boolean {
  return reset.streamIds.size === 0 || reset.streamIds.has(streamId);
}

/** A copy that outlives the packet. */
function stored(chunk: DataChunk): DataChunk {
  const copy = Object.assign(new DataChunk(), chunk);
  copy.bytes = chunk.payload();
  copy.payloadOffset = 0;
  return copy;
}
