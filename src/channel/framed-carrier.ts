import type { Carrier } from './carrier.js';
import { FrameReader, FrameWriter, MAX_PAYLOAD_LENGTH, type Oversized } from './framing.js';

/**
 * What all carriers share: messages travel as frames, and all that is sent in one synchronous run is handed to the
 * link with one write. A subclass is the link: it implements `writeFrames` and `closeLink`, and calls `received` and
 * `lost`.
 */
export abstract class FramedCarrier implements Carrier {
  onMessage: (message: Uint8Array) => void = () => {};
  onClosed: () => void = () => {};
  onProblem: (problem: string) => void = () => {};

  readonly #writer = new FrameWriter();
  readonly #reader: FrameReader;
  #closed = false;

  /** @param oversized what to do about a frame that is longer than the protocol allows */
  constructor(oversized: Oversized) {
    this.#reader = new FrameReader(
      message => this.onMessage(message),
      length => {
        this.problem(`received message of ${length} bytes exceeds ${MAX_PAYLOAD_LENGTH}`);
        if (oversized === 'stop') this.lost();
        return oversized;
      },
    );
  }

  send(message: Uint8Array): void {
    if (this.#closed) return;
    const isFirst = this.#writer.isEmpty;
    if (!this.#writer.add(message)) {
      this.problem(`message of ${message.length} bytes exceeds ${MAX_PAYLOAD_LENGTH}, dropped`);
    } else if (isFirst) {
      queueMicrotask(() => this.writePending());
    }
  }

  close(): void {
    if (this.#closed) return;
    this.writePending();
    this.#shut();
  }

  /** Writes what has been sent and is still here. */
  protected writePending(): void {
    if (!this.#closed && !this.#writer.isEmpty) this.writeFrames(this.#writer.take());
  }

  /** Bytes have arrived: any piece of the stream of frames. */
  protected received(chunk: Uint8Array): void {
    this.#reader.push(chunk);
  }

  /** The other end has gone. */
  protected lost(): void {
    if (this.#closed) return;
    this.#shut();
    this.onClosed();
  }

  protected problem(text: string): void {
    if (!this.#closed) this.onProblem(text);
  }

  /** Owns `frames` from now on. */
  protected abstract writeFrames(frames: Uint8Array<ArrayBuffer>): void;

  /** Stops reading at once, and closes when all frames are written. Called once. */
  protected abstract closeLink(): void;

  #shut(): void {
    this.#closed = true;
    this.#reader.stop();
    this.closeLink();
  }
}
