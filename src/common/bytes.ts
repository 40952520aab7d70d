/** Big-endian numbers in bytes. Nothing is checked: the caller knows that they lie inside. */

export function readUint16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset] << 8) | bytes[offset + 1];
}

export function readUint32(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] << 24) | (bytes[offset + 1] << 16) | (bytes[offset + 2] << 8) | bytes[offset + 3]) >>> 0;
}

export function writeUint16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 8;
  bytes[offset + 1] = value;
}

export function writeUint32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24;
  bytes[offset + 1] = value >>> 16;
  bytes[offset + 2] = value >>> 8;
  bytes[offset + 3] = value;
}

/** A copy of bytes[start, end) in memory of its own, whatever `bytes` is (a Buffer's own `slice` would be a view). */
export function copyBytes(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return Uint8Array.prototype.slice.call(bytes, start, end);
}

/**
 * Copies bytes of other memory into memory of its own without making an object, which `set` needs for the part that is
 * copied: by words, which takes about as long.
 */
export class WordCopier {
  readonly #target: Uint8Array;
  readonly #targetWords: Int32Array;
  /** The memory that bytes were last copied from, by words: nearly always packet memory. */
  #source: ArrayBufferLike = new ArrayBuffer(0);
  #sourceWords = new Int32Array(this.#source);

  /** @param target starts with its buffer */
  constructor(target: Uint8Array) {
    this.#target = target;
    this.#targetWords = new Int32Array(target.buffer, 0, target.length >> 2);
  }

  copy(bytes: Uint8Array, offset: number, length: number, targetOffset: number): void {
    const start = bytes.byteOffset + offset;
    let done = 0;
    if (((start | targetOffset) & 3) === 0) {
      if (this.#source !== bytes.buffer) {
        this.#source = bytes.buffer;
        this.#sourceWords = new Int32Array(bytes.buffer, 0, bytes.buffer.byteLength >> 2);
      }
      const source = this.#sourceWords;
      const target = this.#targetWords;
      const first = start >> 2;
      const targetFirst = targetOffset >> 2;
      const count = length >> 2;
      for (let i = 0; i < count; i++) target[targetFirst + i] = source[first + i];
      done = count * 4;
    }
    for (; done < length; done++) this.#target[targetOffset + done] = bytes[offset + done];
  }
}
