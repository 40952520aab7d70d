import { DropReason } from '../common/drop-reason.js';
import { AlertDescription, FatalAlert } from './alert.js';
import {
  HANDSHAKE_HEADER_LENGTH,
  makeHandshakeMessage,
  type FragmentHeader,
  type HandshakeMessage,
} from './handshake-message.js';

/** Bytes. Only certificates come anywhere near. */
export const MAX_MESSAGE_LENGTH = 65_536;

/** How far ahead of the next message others are kept, and how many bytes in all. */
const MAX_MESSAGES_AHEAD = 10;
const MAX_BYTES_AHEAD = 65_536;

/**
 * Puts handshake messages together from fragments that come in any order, overlap and repeat, and hands them out in
 * the order of their sequence numbers (RFC 6347 §4.2.2–4.2.3). The work is linear in the bytes received.
 */
export class HandshakeReassembler {
  readonly #partial: Map<number, PartialMessage>;
  #nextSequence: number;

  constructor() {
    this.#partial = new Map();
    this.#nextSequence = 0;
  }

  /** The sequence number of the message that `take` hands out next. */
  get nextSequence(): number {
    return this.#nextSequence;
  }

  /**
   * Adds a fragment. Where fragments overlap, the first one counts.
   *
   * @throws FatalAlert if the message would be too long
   */
  add(header: FragmentHeader, fragment: Uint8Array): DropReason {
    if (header.fragmentOffset + header.fragmentLength > header.length) return DropReason.dtlsFragmentMalformed;
    if (header.sequence < this.#nextSequence) return DropReason.dtlsReplay;
    if (header.length > MAX_MESSAGE_LENGTH) {
      throw new FatalAlert(AlertDescription.decodeError, `handshake message of ${header.length} bytes`);
    }
    let message = this.#partial.get(header.sequence);
    if (message === undefined) {
      if (!this.#hasRoomFor(header)) return DropReason.dtlsBufferFull;
      message = new PartialMessage(header);
      this.#partial.set(header.sequence, message);
    } else if (message.type !== header.type || message.length !== header.length) {
      return DropReason.dtlsFragmentMalformed;
    }
    message.add(header.fragmentOffset, fragment);
    return DropReason.none;
  }

  /** The next message, if it is complete. */
  take(): HandshakeMessage | undefined {
    const message = this.#partial.get(this.#nextSequence);
    if (message === undefined || !message.isComplete) return undefined;
    this.#partial.delete(this.#nextSequence++);
    return message.message;
  }

  /** There is always room for the message whose turn it is, so that others cannot keep it out. */
  #hasRoomFor({ sequence, length }: FragmentHeader): boolean {
    if (sequence === this.#nextSequence) return true;
    if (sequence > this.#nextSequence + MAX_MESSAGES_AHEAD) return false;
    let bytes = length;
    for (const [other, message] of this.#partial) if (other !== this.#nextSequence) bytes += message.length;
    return bytes <= MAX_BYTES_AHEAD;
  }
}

class PartialMessage {
  readonly type: number;
  readonly length: number;
  readonly message: HandshakeMessage;
  /** 1 where a byte has come. */
  readonly #received: Uint8Array;
  #missing: number;

  constructor({ type, length, sequence }: FragmentHeader) {
    this.type = type;
    this.length = length;
    this.message = makeHandshakeMessage(type, sequence, new Uint8Array(length));
    this.#received = new Uint8Array(length);
    this.#missing = length;
  }

  get isComplete(): boolean {
    return this.#missing === 0;
  }

  add(offset: number, fragment: Uint8Array): void {
    for (let i = 0; i < fragment.length; i++) {
      const at = offset + i;
      if (this.#received[at] === 1) continue;
      this.#received[at] = 1;
      this.message.bytes[HANDSHAKE_HEADER_LENGTH + at] = fragment[i];
      this.#missing--;
    }
  }
}
