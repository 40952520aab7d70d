const MAX_ELEMENTS = 24;

/**
 * An ordered list of header extension elements with their values: what `RtpPacket.setExtensions` makes a header of. It
 * owns copies of the values, so the packet they were read from may be overwritten. Reused, never allocates.
 */
export class ExtensionList {
  readonly bytes = new Uint8Array(MAX_ELEMENTS * 255);
  readonly view = new DataView(this.bytes.buffer);
  /** Element ids in order. */
  readonly ids = new Uint8Array(MAX_ELEMENTS);
  /** Lengths of the values; they lie one after the other in `bytes`. */
  readonly lengths = new Uint8Array(MAX_ELEMENTS);
  count = 0;
  /** Total length of all values. */
  valuesLength = 0;

  clear(): void {
    this.count = 0;
    this.valuesLength = 0;
  }

  /** Appends an element whose value is zeros, and returns where its value lies in `bytes`, to be filled in. */
  reserve(id: number, length: number): number {
    const offset = this.valuesLength;
    for (let i = 0; i < length; i++) this.bytes[offset + i] = 0;
    this.ids[this.count] = id;
    this.lengths[this.count++] = length;
    this.valuesLength = offset + length;
    return offset;
  }

  /** Appends an element with a copy of the value bytes[offset, offset + length). */
  append(id: number, bytes: Uint8Array, offset: number, length: number): void {
    const to = this.valuesLength;
    for (let i = 0; i < length; i++) this.bytes[to + i] = bytes[offset + i];
    this.ids[this.count] = id;
    this.lengths[this.count++] = length;
    this.valuesLength = to + length;
  }

  /** RFC 8285 §4.2: whether the one-byte form can carry all elements. An empty list takes the two-byte form. */
  get fitsOneByteForm(): boolean {
    for (let i = 0; i < this.count; i++) {
      if (this.ids[i] > 14 || this.lengths[i] === 0 || this.lengths[i] > 16) return false;
    }
    return this.count > 0;
  }

  /** Length of the block that carries all elements in the form, see ExtensionBlock. */
  blockLength(oneByteForm: boolean): number {
    return 4 + ((this.valuesLength + this.count * (oneByteForm ? 1 : 2) + 3) & ~3);
  }
}
