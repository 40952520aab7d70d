import { type DataChunk } from '../chunks/data-chunk.js';
import { type MessageAssembler } from './message-assembler.js';
import { PartialMessages } from './partial-message.js';

/**
 * The ordered messages of an incoming stream. Their ids are unwrapped stream sequence numbers or message identifiers;
 * the caller unwraps them near `next`.
 */
export class OrderedStream {
  /** Id of the message to be delivered next. */
  next = 0;

  readonly #streamId: number;
  readonly #assembler: MessageAssembler;
  readonly #messages = new PartialMessages();

  constructor(streamId: number, assembler: MessageAssembler) {
    this.#streamId = streamId;
    this.#assembler = assembler;
  }

  /** @param key Of the fragment: see PartialMessage. */
  add(chunk: DataChunk, id: number, key: number): void {
    // Was given up by the peer.
    if (id < this.next) return;
    if (id === this.next && chunk.beginning && chunk.ending) {
      // In case there are fragments that contradict it.
      this.#release(id);
      this.next++;
      this.#assembler.deliverChunk(chunk);
    } else {
      if (!this.#messages.get(id).add(chunk, key)) return;
      this.#assembler.hold(1, chunk.payloadLength);
    }
    if (id <= this.next) this.#deliverComplete();
  }

  /** The messages up to this one do not come any more. */
  skipTo(id: number): void {
    if (id < this.next) return;
    this.#release(id);
    this.next = id + 1;
    this.#deliverComplete();
  }

  /** The peer counts from 0 again (RFC 6525 §5.2.2). Everything before has arrived. */
  reset(): void {
    this.#release(Infinity);
    this.next = 0;
  }

  #deliverComplete(): void {
    for (const message of this.#messages.takeComplete(this.next)) {
      this.next++;
      this.#assembler.release(message.fragmentCount, message.length);
      message.deliver(this.#streamId, this.#assembler);
    }
  }

  #release(id: number): void {
    for (const message of this.#messages.takeTo(id)) {
      this.#assembler.release(message.fragmentCount, message.length);
    }
  }
}
