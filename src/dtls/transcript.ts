import { createHash } from 'node:crypto';
import { makeHandshakeMessage, type HandshakeMessage, type HandshakeType } from './handshake-message.js';

/** All messages of a handshake so far, sent and received, each as if it were not fragmented (RFC 6347 §4.2.6). */
export class Transcript {
  readonly #messages: Uint8Array[] = [];
  #nextSendSequence = 0;

  addReceived(message: HandshakeMessage): void {
    this.#messages.push(message.bytes);
  }

  /** Makes our next message, and adds it. */
  addSent(type: HandshakeType, body: Uint8Array): Uint8Array {
    const { bytes } = makeHandshakeMessage(type, this.#nextSendSequence++, body);
    this.#messages.push(bytes);
    return bytes;
  }

  /** Forgets everything: a hello that was answered with a HelloVerifyRequest, and that, do not count. */
  clear(): void {
    this.#messages.length = 0;
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#messages);
  }

  hash(algorithm: string): Uint8Array {
    return createHash(algorithm).update(this.bytes()).digest();
  }
}
