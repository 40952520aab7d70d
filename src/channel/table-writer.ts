import { type Field, Kind, type Scalar, type ScalarType, type Table } from './table.js';

/** Where something was written: its distance from the end of the buffer. */
export type Offset = number;

const INITIAL = 1024;

/**
 * Writes FlatBuffers. A buffer is filled from its end: whatever a table refers to is written before it. Order, padding and
 * shared vtables are those of FlatBuffers' own builder with its generated code, so that the bytes are equal.
 */
export class TableWriter {
  #bytes: Buffer<ArrayBuffer>;
  #view: DataView;
  /** Where the first byte is that has been written. */
  #start: number;
  /** The largest alignment that anything in the buffer needs. */
  #alignment: number;
  readonly #vtables: Offset[];

  constructor() {
    this.#bytes = Buffer.alloc(INITIAL);
    this.#view = viewOf(this.#bytes);
    this.#start = INITIAL;
    this.#alignment = 1;
    this.#vtables = [];
  }

  /** Forgets what was written, complete or not. */
  clear(): void {
    this.#start = this.#bytes.length;
    this.#alignment = 1;
    this.#vtables.length = 0;
  }

  /**
   * Writes an object of the table's type in fbs/. What the object lacks is absent, or an empty vector.
   *
   * @param written - offsets of what has been written before, by field.
   * @throws TypeError - a required field is missing.
   * @throws RangeError, SyntaxError - what goes into an integer of 64 bits is none.
   */
  table(table: Table, object: object, written?: Readonly<Record<string, Offset>>): Offset {
    const { fields } = table;
    const values = object as Record<string, unknown>;
    /** Of what is referred to; then of every field in the table; 0 if it is absent. */
    const offsets: Offset[] = [];
    for (let slot = 0; slot < fields.length; slot++) {
      const field = fields[slot];
      if (field.kind === Kind.Scalar) {
        offsets.push(0);
        continue;
      }
      const tag = field.kind === Kind.Union ? (values[fields[slot - 1].name] as number) : 0;
      offsets.push(written?.[field.name] ?? this.#pointed(field, tag, values[field.name]));
    }
    const end = this.#offset;
    for (let slot = 0; slot < fields.length; slot++) {
      const field = fields[slot];
      if (field.kind !== Kind.Scalar) {
        if (offsets[slot] === 0) {
          if (!field.required) continue;
          // In the words of FlatBuffers, since applications see them.
          throw new TypeError(`FlatBuffers: field ${4 + 2 * slot} must be set`);
        }
        this.#pointer(offsets[slot]);
      } else {
        const scalar = (values[field.name] as Scalar | null | undefined) ?? field.default;
        // As numbers, because either may be a bigint. Without a default nothing is equal to it.
        if (scalar === undefined || Number(scalar) === Number(field.default)) continue;
        this.#scalar(field.scalar, scalar);
      }
      offsets[slot] = this.#offset;
    }
    return this.#finishTable(offsets, end);
  }

  /**
   * Completes the buffer with its root. The bytes are valid until something else is written.
   * They come without the size prefix that FlatBuffers can have, but padded as if there were one.
   */
  finish(root: Offset): Uint8Array {
    this.#prepare(this.#alignment, 8);
    this.#pointer(root);
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + this.#start, this.#offset);
  }

  get #offset(): Offset {
    return this.#bytes.length - this.#start;
  }

  /** @returns 0 if there is nothing */
  #pointed(field: Field, tag: number, value: unknown): Offset {
    switch (field.kind) {
      case Kind.Bytes:
        return this.#byteVector((value as Uint8Array | undefined) ?? NO_BYTES);
      case Kind.ScalarVector:
        return this.#scalarVector(field, (value as Scalar[] | undefined) ?? []);
      case Kind.StringVector:
        return this.#pointerVector(((value as string[] | undefined) ?? []).map(text => this.#string(text)));
      case Kind.TableVector: {
        const offsets: Offset[] = [];
        for (const element of (value as object[] | undefined) ?? []) offsets.push(this.table(field.tables[0], element));
        return this.#pointerVector(offsets);
      }
    }
    if (value === undefined || value === null) return 0;
    if (field.kind === Kind.String) return this.#string(value as string);
    return this.table(field.tables[field.kind === Kind.Union ? tag - 1 : 0], value);
  }

  /** UTF-8 with a 0 behind it. Like FlatBuffers, takes what is no string by what it is as text. */
  #string(value: string): Offset {
    const text = String(value);
    const length = Buffer.byteLength(text);
    this.#prepare(1, 0);
    this.#bytes[--this.#start] = 0;
    this.#prepare(4, length);
    this.#bytes.write(text, (this.#start -= length), length);
    return this.#length(length);
  }

  #byteVector(bytes: Uint8Array): Offset {
    this.#prepare(4, bytes.length);
    this.#bytes.set(bytes, (this.#start -= bytes.length));
    return this.#length(bytes.length);
  }

  #scalarVector({ scalar, elementSize }: Field, values: readonly Scalar[]): Offset {
    this.#prepare(4, elementSize * values.length);
    this.#prepare(elementSize, elementSize * values.length);
    for (let index = values.length - 1; index >= 0; index--) this.#scalar(scalar, values[index]);
    return this.#length(values.length);
  }

  #pointerVector(offsets: readonly Offset[]): Offset {
    this.#prepare(4, 4 * offsets.length);
    for (let index = offsets.length - 1; index >= 0; index--) this.#pointer(offsets[index]);
    return this.#length(offsets.length);
  }

  /** The length of a vector, before its elements. */
  #length(length: number): Offset {
    this.#view.setUint32((this.#start -= 4), length, true);
    return this.#offset;
  }

  /** Distances are counted from where they stand. */
  #pointer(target: Offset): void {
    this.#prepare(4, 0);
    this.#start -= 4;
    this.#view.setUint32(this.#start, this.#offset - target, true);
  }

  #scalar(type: ScalarType, value: Scalar): void {
    switch (type) {
      case 'bool':
      case 'uint8':
      case 'int8':
        this.#prepare(1, 0);
        return this.#view.setInt8((this.#start -= 1), Number(value));
      case 'uint16':
      case 'int16':
        this.#prepare(2, 0);
        return this.#view.setInt16((this.#start -= 2), Number(value), true);
      case 'uint32':
      case 'int32':
        this.#prepare(4, 0);
        return this.#view.setInt32((this.#start -= 4), Number(value), true);
      case 'float':
        this.#prepare(4, 0);
        return this.#view.setFloat32((this.#start -= 4), Number(value), true);
      case 'double':
        this.#prepare(8, 0);
        return this.#view.setFloat64((this.#start -= 8), Number(value), true);
      case 'uint64':
        this.#prepare(8, 0);
        return this.#view.setBigInt64((this.#start -= 8), BigInt(value), true);
    }
  }

  /**
   * Writes what begins a table, and its vtable, unless there is an equal one.
   *
   * @param fields - offsets by slot.
   * @param end - where the table ends.
   */
  #finishTable(fields: readonly Offset[], end: Offset): Offset {
    this.#prepare(4, 0);
    this.#start -= 4;
    const table = this.#offset;

    let count = fields.length;
    while (count > 0 && fields[count - 1] === 0) count--;
    const length = 4 + 2 * count;
    this.#prepare(2, length - 2);
    this.#start -= length;
    this.#view.setUint16(this.#start, length, true);
    this.#view.setUint16(this.#start + 2, table - end, true);
    for (let slot = 0; slot < count; slot++) {
      this.#view.setUint16(this.#start + 4 + 2 * slot, fields[slot] === 0 ? 0 : table - fields[slot], true);
    }
    let vtable = this.#equalVtable(length);
    if (vtable === 0) this.#vtables.push((vtable = this.#offset));
    else this.#start = this.#bytes.length - table;
    this.#view.setInt32(this.#bytes.length - table, vtable - table, true);
    return table;
  }

  /** An earlier vtable that equals the one that has just been written; 0 if there is none. */
  #equalVtable(length: number): Offset {
    const bytes = this.#bytes;
    for (const vtable of this.#vtables) {
      const position = bytes.length - vtable;
      let index = 0;
      while (index < length && bytes[position + index] === bytes[this.#start + index]) index++;
      if (index === length) return vtable;
    }
    return 0;
  }

  /** Pads so that something of `size` bytes is aligned when `more` bytes have been written, and makes room for both. */
  #prepare(size: number, more: number): void {
    if (size > this.#alignment) this.#alignment = size;
    const padding = -(this.#offset + more) & (size - 1);
    const needed = padding + size + more;
    if (this.#start < needed) this.#grow(needed);
    for (let index = 0; index < padding; index++) this.#bytes[--this.#start] = 0;
  }

  #grow(needed: number): void {
    const old = this.#bytes;
    let length = 2 * old.length;
    while (length - this.#offset < needed) length *= 2;
    this.#bytes = Buffer.alloc(length);
    this.#view = viewOf(this.#bytes);
    this.#bytes.set(old, length - old.length);
    this.#start += length - old.length;
  }
}

const NO_BYTES = new Uint8Array(0);

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);
