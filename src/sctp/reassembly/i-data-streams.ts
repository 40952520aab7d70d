import { timestampDiff } from '../../common/serial-number.js';
import { type DataChunk } from '../chunks/data-chunk.js';
import { type SkippedStream } from '../chunks/forward-tsn-chunk.js';
import { type MessageAssembler } from './message-assembler.js';
import { OrderedStream } from './ordered-stream.js';
import { type ReassemblyStreams } from './reassembly-streams.js';
import { UnorderedStream } from './unordered-stream.js';

/** Incoming streams with message interleaving (RFC 8260 §2.2). Ordered and unordered messages are counted apart. */
export class IDataStreams implements ReassemblyStreams {
  readonly #assembler: MessageAssembler;
  readonly #ordered = new Map<number, OrderedStream>();
  readonly #unordered = new Map<number, UnorderedStream>();

  constructor(assembler: MessageAssembler) {
    this.#assembler = assembler;
  }

  add(chunk: DataChunk): void {
    if (chunk.unordered) {
      const stream = this.#unorderedStream(chunk.streamId);
      stream.add(chunk, stream.latest + timestampDiff(chunk.messageId, stream.latest));
    } else {
      const stream = this.#orderedStream(chunk.streamId);
      stream.add(chunk, stream.next + timestampDiff(chunk.messageId, stream.next), chunk.fsn);
    }
  }

  skipTo(_tsn: number, skippedStreams: readonly SkippedStream[]): void {
    for (const { streamId, unordered, messageId } of skippedStreams) {
      if (unordered) {
        const stream = this.#unordered.get(streamId);
        stream?.skipTo(stream.latest + timestampDiff(messageId, stream.latest));
      } else {
        const stream = this.#orderedStream(streamId);
        stream.skipTo(stream.next + timestampDiff(messageId, stream.next));
      }
    }
  }

  reset(streamIds: readonly number[]): void {
    if (streamIds.length === 0) {
      for (const stream of this.#ordered.values()) stream.reset();
      for (const stream of this.#unordered.values()) stream.reset();
    }
    for (const streamId of streamIds) {
      this.#ordered.get(streamId)?.reset();
      this.#unordered.get(streamId)?.reset();
    }
  }

  #orderedStream(streamId: number): OrderedStream {
    let stream = this.#ordered.get(streamId);
    if (stream === undefined) {
      stream = new OrderedStream(streamId, this.#assembler);
      this.#ordered.set(streamId, stream);
    }
    return stream;
  }

  #unorderedStream(streamId: number): UnorderedStream {
    let stream = this.#unordered.get(streamId);
    if (stream === undefined) {
      stream = new UnorderedStream(streamId, this.#assembler);
      this.#unordered.set(streamId, stream);
    }
    return stream;
  }
}
