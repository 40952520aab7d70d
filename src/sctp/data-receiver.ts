import { type DataChunk } from './chunks/data-chunk.js';
import { type ForwardTsnChunk } from './chunks/forward-tsn-chunk.js';
import { DataTracker } from './data-tracker.js';
import { ReassemblyQueue, type ReassemblyOptions } from './reassembly-queue.js';
import { type MessageReceiver } from './reassembly/message-assembler.js';

/** What became of a chunk, and what its receiver has to do. */
export const ReceiveOutcome = {
  /** It was new, and is delivered or stored. */
  taken: 0,
  /** A duplicate, or nothing that could be stored now: nothing to do. */
  ignored: 1,
  /** DATA although I-DATA was negotiated, or the other way round. */
  wrongKind: 2,
  /** It had no payload: an ERROR with the cause No User Data is due (RFC 9260 §6.2). */
  noUserData: 3,
  /** No room is left, and nothing can make any: the association is to be aborted with the cause Out of Resource. */
  exhausted: 4,
} as const;
export type ReceiveOutcome = (typeof ReceiveOutcome)[keyof typeof ReceiveOutcome];

/** Takes the data of an association: what is acknowledged, and what is made of it. */
export class DataReceiver {
  readonly tracker: DataTracker;
  readonly queue: ReassemblyQueue;
  readonly #interleaving: boolean;

  constructor(peerInitialTsn: number, options: ReassemblyOptions, receiver: MessageReceiver) {
    this.tracker = new DataTracker(peerInitialTsn);
    this.queue = new ReassemblyQueue(peerInitialTsn, options, receiver);
    this.#interleaving = options.interleaving;
  }

  /** A DATA or I-DATA chunk arrived. Messages that it completes are delivered within this call. */
  onData(chunk: DataChunk): ReceiveOutcome {
    const { tracker, queue } = this;
    if (chunk.interleaved !== this.#interleaving) return ReceiveOutcome.wrongKind;
    if (chunk.payloadLength === 0) return ReceiveOutcome.noUserData;
    if (queue.isFull) return ReceiveOutcome.exhausted;
    if (queue.isAboveWatermark && !tracker.isNext(chunk.tsn)) {
      tracker.requestSack();
      return ReceiveOutcome.ignored;
    }
    if (!tracker.isAcceptable(chunk.tsn)) return ReceiveOutcome.ignored;
    if (!tracker.add(chunk.tsn, chunk.immediateAck)) return ReceiveOutcome.ignored;
    queue.add(chunk);
    return ReceiveOutcome.taken;
  }

  /** A FORWARD TSN or I-FORWARD-TSN chunk arrived. */
  onForwardTsn(chunk: ForwardTsnChunk): ReceiveOutcome {
    // Held back by a stream reset it takes room, too.
    if (this.queue.isFull) return ReceiveOutcome.exhausted;
    if (!this.tracker.forwardTo(chunk.newCumulativeTsn)) return ReceiveOutcome.ignored;
    this.queue.forwardTsn(chunk);
    return ReceiveOutcome.taken;
  }
}
