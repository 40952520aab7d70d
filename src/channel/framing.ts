/**
 * How messages follow each other in a byte stream: as FlatBuffers with size prefix.
 *
 *   0                   4
 *   +-------------------+----------------- - - -
 *   | length (LE u32)   | payload, `length` bytes
 *   +-------------------+----------------- - - -
 */
const PREFIX_LENGTH = 4;

/** What a message and its prefix may have in bytes. */
export const MAX_FRAME_LENGTH = 8_388_608;

/** What a message may have in bytes. */
export const MAX_PAYLOAD_LENGTH = MAX_FRAME_LENGTH - PREFIX_LENGTH;

/** Buffers start small, and are not kept when a rare huge message has made them large. */
const INITIAL = 4096;
const LARGE = 1024 * 1024;

/** Collects messages into one run of frames, to be handed on with one write. */
export class FrameWriter {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(INITIAL);
  #length = 0;

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Returns false if the payload is too long to be sent. */
  add(payload: Uint8Array): boolean {
    if (payload.length > MAX_PAYLOAD_LENGTH) return false;
    this.#bytes = withRoom(this.#bytes, this.#length, PREFIX_LENGTH + payload.length);
    writeLength(this.#bytes, this.#length, payload.length);
    this.#bytes.set(payload, this.#length + PREFIX_LENGTH);
    this.#length += PREFIX_LENGTH + payload.length;
    return true;
  }

  /** All frames since the last time, in a buffer of exactly their length that the caller owns. */
  take(): Uint8Array<ArrayBuffer> {
    const frames = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    if (this.#bytes.length > LARGE) this.#bytes = new Uint8Array(INITIAL);
    return frames;
  }
}

/** What a reader does about a frame longer than `MAX_FRAME_LENGTH`: leave it out, or give the stream up. */
export type Oversized = 'skip' | 'stop';

/** Cuts a byte stream, which arrives in pieces of any size, into messages. */
export class FrameReader {
  readonly #onPayload: (payload: Uint8Array) => void;
  readonly #onOversized: (length: number) => Oversized;
  #stopped = false;

  /** The part of a frame that has arrived, prefix and payload: a buffer that is kept from frame to frame. */
  #partial: Uint8Array<ArrayBuffer> = new Uint8Array(INITIAL);
  #partialLength = 0;
  /** How many bytes of an oversized frame are still to come. */
  #toSkip = 0;

  /** `onPayload` gets each message: bytes that are valid during the call, and begin at a multiple of four. */
  constructor(onPayload: (payload: Uint8Array) => void, onOversized: (length: number) => Oversized) {
    this.#onPayload = onPayload;
    this.#onOversized = onOversized;
  }

  /** Reads no further, not even the rest of the chunk at hand. */
  stop(): void {
    this.#stopped = true;
  }

  push(chunk: Uint8Array): void {
    let offset = 0;
    while (!this.#stopped && offset < chunk.length) {
      if (this.#toSkip > 0) offset += this.#skip(chunk, offset);
      else offset += this.#readInPlace(chunk, offset) || this.#collect(chunk, offset);
    }
  }

  // Each of these three returns how many bytes of `chunk` it has consumed.

  /** Takes a frame that lies in `chunk` as a whole, and aligned. */
  #readInPlace(chunk: Uint8Array, offset: number): number {
    const begin = offset + PREFIX_LENGTH;
    if (this.#partialLength > 0 || begin > chunk.length || (chunk.byteOffset + begin) % 4 !== 0) return 0;
    const length = readLength(chunk, offset);
    if (length > MAX_PAYLOAD_LENGTH || begin + length > chunk.length) return 0;
    // Not `subarray`: of a Buffer that is a Buffer, whose `slice` does not copy.
    this.#onPayload(new Uint8Array(chunk.buffer, chunk.byteOffset + begin, length));
    return PREFIX_LENGTH + length;
  }

  /** Copies what `chunk` has of the frame: first its prefix, with the next call its payload. */
  #collect(chunk: Uint8Array, offset: number): number {
    const hasPrefix = this.#partialLength >= PREFIX_LENGTH;
    const wanted = hasPrefix ? PREFIX_LENGTH + readLength(this.#partial, 0) : PREFIX_LENGTH;
    const taken = Math.min(wanted - this.#partialLength, chunk.length - offset);
    this.#partial = withRoom(this.#partial, this.#partialLength, taken);
    this.#partial.set(chunk.subarray(offset, offset + taken), this.#partialLength);
    this.#partialLength += taken;

    if (this.#partialLength === wanted) {
      const length = readLength(this.#partial, 0);
      if (length > MAX_PAYLOAD_LENGTH) this.#giveUpFrame(length);
      else if (hasPrefix || length === 0) this.#finishFrame(length);
    }
    return taken;
  }

  #skip(chunk: Uint8Array, offset: number): number {
    const skipped = Math.min(this.#toSkip, chunk.length - offset);
    this.#toSkip -= skipped;
    return skipped;
  }

  #finishFrame(length: number): void {
    const payload = this.#partial.subarray(PREFIX_LENGTH, PREFIX_LENGTH + length);
    // Ready for the next frame before the owner sees this one, whatever he does with it.
    this.#partialLength = 0;
    if (this.#partial.length > LARGE) this.#partial = new Uint8Array(INITIAL);
    this.#onPayload(payload);
  }

  #giveUpFrame(length: number): void {
    this.#partialLength = 0;
    this.#toSkip = length;
    if (this.#onOversized(length) === 'stop') this.#stopped = true;
  }
}

/** `bytes`, or a larger copy of its first `length` bytes, that has room for `more` behind them. */
function withRoom(bytes: Uint8Array<ArrayBuffer>, length: number, more: number): Uint8Array<ArrayBuffer> {
  if (length + more <= bytes.length) return bytes;
  const larger = new Uint8Array(Math.max(length + more, 2 * bytes.length));
  larger.set(bytes.subarray(0, length));
  return larger;
}

function readLength(bytes: Uint8Array, offset: number): number {
  return (bytes[offset] | (bytes[offset + 1] << 8) | (bytes[offset + 2] << 16) | (bytes[offset + 3] << 24)) >>> 0;
}

function writeLength(bytes: Uint8Array, offset: number, length: number): void {
  bytes[offset] = length;
  bytes[offset + 1] = length >>> 8;
  bytes[offset + 2] = length >>> 16;
  bytes[offset + 3] = length >>> 24;
}
