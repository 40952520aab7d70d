import { type DataChunk } from '../chunks/data-chunk.js';
import { type MessageAssembler } from './message-assembler.js';

/**
 * A message of which fragments have arrived, or a whole one that waits for its turn. Fragments have consecutive keys:
 * the unwrapped TSN in DATA, the fragment sequence number in I-DATA.
 */
export class PartialMessage {
  /** Unwrapped stream sequence number or message identifier. */
  readonly id: number;
  readonly #fragments = new Map<number, Uint8Array>();
  /** Lowest and highest key so far: those of the first and the last fragment once these are here. */
  #lowest = Infinity;
  #highest = -Infinity;
  #hasBeginning = false;
  #hasEnding = false;
  /** Of the first fragment. */
  #ppid = 0;
  /** Payload of the fragments that are here, bytes. */
  length = 0;

  constructor(id: number) {
    this.id = id;
  }

  /** Stores a fragment. False if it is here already or contradicts the others. */
  add(chunk: DataChunk, key: number): boolean {
    if (this.#fragments.has(key)) return false;
    const isFirst = this.#fragments.size === 0;
    // Nothing comes before the first fragment or behind the last one.
    if (key < this.#lowest ? this.#hasBeginning : chunk.beginning && !isFirst) return false;
    if (key > this.#highest ? this.#hasEnding : chunk.ending && !isFirst) return false;
    this.#lowest = Math.min(this.#lowest, key);
    this.#highest = Math.max(this.#highest, key);
    if (chunk.beginning) {
      this.#hasBeginning = true;
      this.#ppid = chunk.ppid;
    }
    if (chunk.ending) this.#hasEnding = true;
    this.#fragments.set(key, chunk.payload());
    this.length += chunk.payloadLength;
    return true;
  }

  get isComplete(): boolean {
    return this.#hasBeginning && this.#hasEnding && this.#fragments.size === this.#highest - this.#lowest + 1;
  }

  /** A complete message: to whoever gets it. */
  deliver(streamId: number, assembler: MessageAssembler): void {
    assembler.deliverFragments(streamId, this.#ppid, this.#fragments, this.#lowest, this.#highest, this.length);
  }

  get fragmentCount(): number {
    return this.#fragments.size;
  }
}

const none: readonly PartialMessage[] = [];

/** Partial messages of a stream in the order of their ids. */
export class PartialMessages {
  readonly #messages: PartialMessage[] = [];

  /** The message with this id, a new one if there is none. */
  get(id: number): PartialMessage {
    const messages = this.#messages;
    const index = this.#firstAtOrAfter(id);
    if (index < messages.length && messages[index].id === id) return messages[index];
    const message = new PartialMessage(id);
    if (index === messages.length) messages.push(message);
    else messages.splice(index, 0, message);
    return message;
  }

  remove(message: PartialMessage): void {
    this.#messages.splice(this.#firstAtOrAfter(message.id), 1);
  }

  /** Takes the complete messages out whose ids are `id`, `id` + 1, and so on. */
  takeComplete(id: number): readonly PartialMessage[] {
    let count = 0;
    while (count < this.#messages.length) {
      const message = this.#messages[count];
      if (message.id !== id + count || !message.isComplete) break;
      count++;
    }
    return count === 0 ? none : this.#messages.splice(0, count);
  }

  /** Takes the messages out whose ids are not above `id`. */
  takeTo(id: number): readonly PartialMessage[] {
    const count = this.#firstAtOrAfter(id + 1);
    return count === 0 ? none : this.#messages.splice(0, count);
  }

  #firstAtOrAfter(id: number): number {
    const messages = this.#messages;
    let low = 0;
    let high = messages.length;
    if (high > 0 && messages[high - 1].id < id) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (messages[middle].id < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
