import { AlertDescription, FatalAlert } from './alert.js';

/**
 * Reads the presentation language of TLS (RFC 5246 §4): big-endian numbers, and vectors with a length in front. What
 * does not fit is a decode_error.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#at = 0;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    return this.bytes(1)[0];
  }

  u16(): number {
    const [high, low] = this.bytes(2);
    return (high << 8) | low;
  }

  u24(): number {
    const [high, middle, low] = this.bytes(3);
    return (high << 16) | (middle << 8) | low;
  }

  /** A view of the next `length` bytes, not a copy. */
  bytes(length: number): Uint8Array {
    if (length > this.remaining) throw new FatalAlert(AlertDescription.decodeError, 'truncated');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** opaque<0..2^8-1> */
  vector8(): Uint8Array {
    return this.bytes(this.u8());
  }

  /** opaque<0..2^16-1> */
  vector16(): Uint8Array {
    return this.bytes(this.u16());
  }

  /** opaque<0..2^24-1> */
  vector24(): Uint8Array {
    return this.bytes(this.u24());
  }

  /** uint16<2..2^16-2> */
  list16(): number[] {
    const vector = new ByteReader(this.vector16());
    if (vector.remaining === 0) throw new FatalAlert(AlertDescription.decodeError, 'empty list');
    const values: number[] = [];
    while (vector.remaining > 0) values.push(vector.u16());
    return values;
  }

  /** Everything must have been read. */
  end(): void {
    if (this.remaining > 0) throw new FatalAlert(AlertDescription.decodeError, 'trailing bytes');
  }
}
