/** A frame with its length must fit in here; what is longer cannot be a packet of ours. */
const MAX_BUFFERED = 65_536;
const LENGTH_SIZE = 2;

/**
 * Cuts a byte stream into frames (RFC 4571 §2):
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |             LENGTH            |  STUN, DTLS, RTP or RTCP ...  |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export class FrameDecoder {
  /** The beginning of a frame that is not complete yet, with its length. */
  #partial: Buffer = Buffer.alloc(0);
  #partialLength = 0;

  /**
   * Calls `onFrame` for each frame that `chunk` completes, in order, but for empty ones. The frame is only valid during
   * the call. If `onFrame` returns false nothing more is delivered, ever.
   * @returns false if the stream is broken or `onFrame` said so: no more chunks are wanted
   */
  push(chunk: Buffer, onFrame: (frame: Buffer) => boolean): boolean {
    let position = 0;
    while (this.#partialLength > 0 && position < chunk.length) {
      position = this.#complete(chunk, position);
      if (this.#partialLength < LENGTH_SIZE) return true;
      const end = LENGTH_SIZE + this.#partial.readUint16BE(0);
      if (end > MAX_BUFFERED) return false;
      if (this.#partialLength < end) continue;
      this.#partialLength = 0;
      if (end > LENGTH_SIZE && !onFrame(this.#partial.subarray(LENGTH_SIZE, end))) return false;
    }
    while (position + LENGTH_SIZE <= chunk.length) {
      const end = position + LENGTH_SIZE + chunk.readUint16BE(position);
      if (end - position > MAX_BUFFERED) return false;
      if (end > chunk.length) break;
      if (end > position + LENGTH_SIZE && !onFrame(chunk.subarray(position + LENGTH_SIZE, end))) return false;
      position = end;
    }
    this.#keep(chunk.subarray(position));
    return true;
  }

  /** Takes what the partial frame lacks: first the rest of its length, then the rest of its content. */
  #complete(chunk: Buffer, position: number): number {
    const wanted = this.#partialLength < LENGTH_SIZE ? LENGTH_SIZE : LENGTH_SIZE + this.#partial.readUint16BE(0);
    const taken = Math.min(wanted - this.#partialLength, chunk.length - position);
    this.#reserve(wanted);
    chunk.copy(this.#partial, this.#partialLength, position, position + taken);
    this.#partialLength += taken;
    return position + taken;
  }

  #keep(rest: Buffer): void {
    if (rest.length === 0) return;
    this.#reserve(rest.length);
    rest.copy(this.#partial, this.#partialLength);
    this.#partialLength += rest.length;
  }

  #reserve(length: number): void {
    if (length <= this.#partial.length) return;
    const larger = Buffer.allocUnsafe(length);
    this.#partial.copy(larger, 0, 0, this.#partialLength);
    this.#partial = larger;
  }
}
