import { type DataChunk } from '../chunks/data-chunk.js';
import { type MessageAssembler } from './message-assembler.js';
import { PartialMessages } from './partial-message.js';

/**
 * The unordered messages of an incoming stream with message interleaving (RFC 8260). Their ids are unwrapped message
 * identifiers; the caller unwraps them near `latest`.
 */
export class UnorderedStream {
  /** Id of the message that was touched last. */
  latest = 0;

  readonly #streamId: number;
  readonly #assembler: MessageAssembler;
  readonly #messages = new PartialMessages();

  constructor(streamId: number, assembler: MessageAssembler) {
    this.#streamId = streamId;
    this.#assembler = assembler;
  }

  add(chunk: DataChunk, id: number): void {
    this.latest = id;
    if (chunk.beginning && chunk.ending) {
      this.#assembler.deliverChunk(chunk);
      return;
    }
    const message = this.#messages.get(id);
    if (!message.add(chunk, chunk.fsn)) return;
    this.#assembler.hold(1, chunk.payloadLength);
    if (!message.isComplete) return;
    this.#messages.remove(message);
    this.#assembler.release(message.fragmentCount, message.length);
    message.deliver(this.#streamId, this.#assembler);
  }

  /** The messages up to this one do not come any more. */
  skipTo(id: number): void {
    this.latest = id;
    this.#release(id);
  }

  /** The peer counts from 0 again (RFC 6525 §5.2.2). Everything before has arrived. */
  reset(): void {
    this.#release(Infinity);
    this.latest = 0;
  }

  #release(id: number): void {
    for (const message of this.#messages.takeTo(id)) {
      this.#assembler.release(message.fragmentCount, message.length);
    }
  }
}
