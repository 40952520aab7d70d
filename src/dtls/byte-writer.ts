/** Writes the presentation language of TLS (RFC 5246 §4). The counterpart of `ByteReader`. */
export class ByteWriter {
  readonly #parts: Uint8Array[] = [];

  u8(value: number): this {
    return this.bytes(Uint8Array.of(value));
  }

  u16(value: number): this {
    return this.bytes(Uint8Array.of(value >>> 8, value));
  }

  u24(value: number): this {
    return this.bytes(Uint8Array.of(value >>> 16, value >>> 8, value));
  }

  bytes(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    return this;
  }

  /** opaque<0..2^8-1> */
  vector8(bytes: Uint8Array): this {
    return this.u8(bytes.length).bytes(bytes);
  }

  /** opaque<0..2^16-1> */
  vector16(bytes: Uint8Array): this {
    return this.u16(bytes.length).bytes(bytes);
  }

  /** opaque<0..2^24-1> */
  vector24(bytes: Uint8Array): this {
    return this.u24(bytes.length).bytes(bytes);
  }

  /** uint16<0..2^16-2> */
  list16(values: readonly number[]): this {
    this.u16(values.length * 2);
    for (const value of values) this.u16(value);
    return this;
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#parts);
  }
}
