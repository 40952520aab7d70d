import { type Field, Kind, type Scalar, type ScalarType, type Table } from './table.js';

/**
 * Reads the table at the root of a buffer as an object of its type in fbs/. What is absent is undefined, a scalar with a
 * default is that, a vector is empty. A Uint8Array in the object is a part of `bytes`, not copied.
 *
 * Trusts every offset: verify the bytes before (verifier.ts).
 */
export function readRoot(bytes: Uint8Array, table: Table): object {
  return readTable(bytes, new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true), table);
}

/** The same for the table at a position. */
export function readTable(bytes: Uint8Array, position: number, table: Table): object {
  return new TableReader(bytes).table(position, table);
}

// The wire format is drawn in verifier.ts.
class TableReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  table(position: number, { fields }: Table): object {
    const vtable = position - this.#view.getInt32(position, true);
    const vtableLength = this.#view.getUint16(vtable, true);
    const result: Record<string, unknown> = {};
    let tag = 0;
    for (let index = 0; index < fields.length; index++) {
      const field = fields[index];
      const entry = 4 + 2 * field.slot;
      const offset = entry < vtableLength ? this.#view.getUint16(vtable + entry, true) : 0;
      const value = offset === 0 ? absent(field) : this.#value(position + offset, field, tag);
      if (field.kind === Kind.Scalar) tag = value as number;
      if (value !== undefined) result[field.name] = value;
    }
    return result;
  }

  /** @param tag what the slot before holds: of a union its tag */
  #value(position: number, field: Field, tag: number): unknown {
    if (field.kind === Kind.Scalar) return this.#scalar(position, field.scalar);
    const target = this.#target(position);
    switch (field.kind) {
      case Kind.String:
        return this.#string(target);
      case Kind.Bytes:
        return this.#bytesAt(target);
      case Kind.Table:
        return this.table(target, field.tables[0]);
      case Kind.Union:
        return this.table(target, field.tables[tag - 1]);
      case Kind.ScalarVector:
        return this.#vector(target, field.elementSize, at => this.#scalar(at, field.scalar));
      case Kind.StringVector:
        return this.#vector(target, 4, at => this.#string(this.#target(at)));
      case Kind.TableVector:
        return this.#vector(target, 4, at => this.table(this.#target(at), field.tables[0]));
    }
  }

  #target(position: number): number {
    return position + this.#view.getUint32(position, true);
  }

  #vector<T>(position: number, elementSize: number, read: (position: number) => T): T[] {
    const elements: T[] = [];
    const length = this.#view.getUint32(position, true);
    for (let index = 0; index < length; index++) elements.push(read(position + 4 + index * elementSize));
    return elements;
  }

  #bytesAt(position: number): Uint8Array {
    const start = position + 4;
    return this.#bytes.subarray(start, start + this.#view.getUint32(position, true));
  }

  #string(position: number): string {
    return decoder.decode(this.#bytesAt(position));
  }

  #scalar(position: number, type: ScalarType): Scalar {
    switch (type) {
      case 'bool':
        return this.#view.getUint8(position) !== 0;
      case 'uint8':
        return this.#view.getUint8(position);
      case 'int8':
        return this.#view.getInt8(position);
      case 'uint16':
        return this.#view.getUint16(position, true);
      case 'int16':
        return this.#view.getInt16(position, true);
      case 'uint32':
        return this.#view.getUint32(position, true);
      case 'int32':
        return this.#view.getInt32(position, true);
      case 'float':
        return this.#view.getFloat32(position, true);
      case 'double':
        return this.#view.getFloat64(position, true);
      case 'uint64':
        return this.#view.getBigUint64(position, true);
    }
  }
}

const decoder = new TextDecoder();

function absent({ kind, default: value }: Field): unknown {
  switch (kind) {
    case Kind.Scalar:
      return value;
    case Kind.Bytes:
      return new Uint8Array(0);
    case Kind.ScalarVector:
    case Kind.StringVector:
    case Kind.TableVector:
      return [];
    default:
      return undefined;
  }
}
