import { seqDiff } from '../../common/serial-number.js';
import { type DataChunk } from '../chunks/data-chunk.js';
import { type SkippedStream } from '../chunks/forward-tsn-chunk.js';
import { type MessageAssembler } from './message-assembler.js';
import { OrderedStream } from './ordered-stream.js';
import { type ReassemblyStreams } from './reassembly-streams.js';
import { UnorderedFragments } from './unordered-fragments.js';

/** Incoming streams without message interleaving (RFC 9260 §6.5, §6.6, §6.9). */
export class DataStreams implements ReassemblyStreams {
  readonly #assembler: MessageAssembler;
  readonly #ordered = new Map<number, OrderedStream>();
  readonly #unordered: UnorderedFragments;

  constructor(assembler: MessageAssembler, peerInitialTsn: number) {
    this.#assembler = assembler;
    this.#unordered = new UnorderedFragments(assembler, peerInitialTsn);
  }

  add(chunk: DataChunk, tsn: number): void {
    if (chunk.unordered) {
      this.#unordered.add(chunk, tsn);
      return;
    }
    const stream = this.#stream(chunk.streamId);
    stream.add(chunk, stream.next + seqDiff(chunk.messageId, stream.next), tsn);
  }

  skipTo(tsn: number, skippedStreams: readonly SkippedStream[]): void {
    // The streams listed are those of ordered messages (RFC 3758 §3.2).
    this.#unordered.skipTo(tsn);
    for (const { streamId, messageId } of skippedStreams) {
      const stream = this.#stream(streamId);
      stream.skipTo(stream.next + seqDiff(messageId, stream.next));
    }
  }

  reset(streamIds: readonly number[]): void {
    if (streamIds.length === 0) for (const stream of this.#ordered.values()) stream.reset();
    else for (const streamId of streamIds) this.#ordered.get(streamId)?.reset();
  }

  #stream(streamId: number): OrderedStream {
    let stream = this.#ordered.get(streamId);
    if (stream === undefined) {
      stream = new OrderedStream(streamId, this.#assembler);
      this.#ordered.set(streamId, stream);
    }
    return stream;
  }
}
