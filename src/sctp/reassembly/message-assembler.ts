import { type DataChunk } from '../chunks/data-chunk.js';

/** Who gets the messages of the peer. It must not call back. */
export interface MessageReceiver {
  /** A complete message. The receiver may keep `payload`. */
  onMessage(streamId: number, ppid: number, payload: Uint8Array): void;
  /** A message was longer than allowed and is dropped. */
  onOversizedMessage(streamId: number, length: number): void;
}

/**
 * What a stored chunk costs besides its payload, bytes: objects and entries in tables. It counts into the receive
 * window, so that a peer cannot make tiny chunks cost a hundred times what it sent.
 */
export const CHUNK_OVERHEAD = 128;

/** Hands messages on, and counts what is held back for them. */
export class MessageAssembler {
  /** Bytes held, with overhead. */
  heldBytes = 0;

  readonly #receiver: MessageReceiver;
  readonly #maxMessageSize: number;

  constructor(receiver: MessageReceiver, maxMessageSize: number) {
    this.#receiver = receiver;
    this.#maxMessageSize = maxMessageSize;
  }

  /** The chunk is a whole message. */
  deliverChunk(chunk: DataChunk): void {
    if (this.#isOversized(chunk.streamId, chunk.payloadLength)) return;
    this.#receiver.onMessage(chunk.streamId, chunk.ppid, chunk.payload());
  }

  /**
   * The fragments with these keys, in ascending order, are a whole message.
   *
   * @param length Of the message, bytes.
   */
  deliverFragments(
    streamId: number,
    ppid: number,
    fragments: ReadonlyMap<number, Uint8Array>,
    firstKey: number,
    lastKey: number,
    length: number,
  ): void {
    if (this.#isOversized(streamId, length)) return;
    if (firstKey === lastKey) {
      this.#receiver.onMessage(streamId, ppid, fragments.get(firstKey)!);
      return;
    }
    const payload = new Uint8Array(length);
    let offset = 0;
    for (let key = firstKey; key <= lastKey; key++) {
      const fragment = fragments.get(key)!;
      payload.set(fragment, offset);
      offset += fragment.length;
    }
    this.#receiver.onMessage(streamId, ppid, payload);
  }

  hold(chunks: number, payloadBytes: number): void {
    this.heldBytes += payloadBytes + chunks * CHUNK_OVERHEAD;
  }

  release(chunks: number, payloadBytes: number): void {
    this.heldBytes -= payloadBytes + chunks * CHUNK_OVERHEAD;
  }

  #isOversized(streamId: number, length: number): boolean {
    if (length <= this.#maxMessageSize) return false;
    this.#receiver.onOversizedMessage(streamId, length);
    return true;
  }
}
