import { type Field, Kind, type Table, tableOf } from './table.js';

/**
 * Says whether `bytes` are a well-formed `Message`, or else what is wrong with them.
 *
 * The reader of tables trusts every offset. After this check it can be trusted with the message: every table, vector and string lies within `bytes`, required fields are there, unions have a known tag
 * and a value, vectors of numbers are aligned (relative to the message), nesting has an end, and unpacking the whole
 * message costs no more than its length, because its parts are not shared. Values are not judged: an enum may have a
 * number that the schema does not know.
 */
export function verifyMessage(bytes: Uint8Array): string | undefined {
  return verifier.verify(bytes);
}

/** As deep as a message may nest. The schema needs 8, but has a recursion in the statistics of RTP streams. */
const MAX_DEPTH = 32;

class Verifier {
  readonly #root: Table;
  #bytes: Uint8Array = new Uint8Array(0);
  /** The bytes that no table, vector or string has laid claim to. */
  #unclaimed = 0;

  constructor(root: Table) {
    this.#root = root;
  }

  verify(bytes: Uint8Array): string | undefined {
    if (bytes.length < 4) return 'too short';
    this.#bytes = bytes;
    this.#unclaimed = bytes.length;
    return this.#table(this.#uint32(0), this.#root, 1);
  }

  // Wire format of a table (all numbers little-endian, all entries of the vtable uint16):
  //
  //   vtable:  | its length | the table's length | offset of slot 0 in the table, 0 if absent | of slot 1 | ...
  //   table:   | int32: the table's position minus the vtable's | fields, in any order
  //
  // A field that is no scalar is the distance (uint32) to what it stands for, from the field's own position.
  #table(position: number, table: Table, depth: number): string | undefined {
    if (depth > MAX_DEPTH) return `${table.name}: too deep`;
    if (position + 4 > this.#bytes.length) return `${table.name}: outside of the message`;
    const vtable = position - (this.#uint32(position) | 0);
    if (vtable < 0 || vtable + 4 > this.#bytes.length) return `${table.name}: vtable outside of the message`;
    const vtableLength = this.#uint16(vtable);
    const tableLength = this.#uint16(vtable + 2);
    // Other readers take both, and the entries, for signed numbers.
    if (
      vtableLength < 4 ||
      vtableLength % 2 !== 0 ||
      vtableLength > 0x7fff ||
      tableLength < 4 ||
      tableLength > 0x7fff
    ) {
      return `${table.name}: wrong vtable`;
    }
    if (vtable + vtableLength > this.#bytes.length) return `${table.name}: vtable outside of the message`;
    if (!this.#claim(position, tableLength)) return `${table.name}: outside of the message, or shared`;

    for (let index = 0; index < table.fields.length; index++) {
      const field = table.fields[index];
      const entry = 4 + 2 * field.slot;
      const offset = entry < vtableLength ? this.#uint16(vtable + entry) : 0;
      if (offset !== 0 && (offset < 4 || offset + field.size > tableLength)) {
        return `${table.name}.${field.name}: outside of its table`;
      }
      if (field.kind === Kind.Union) {
        const tagOffset = entry - 2 < vtableLength ? this.#uint16(vtable + entry - 2) : 0;
        const tag = tagOffset === 0 ? 0 : this.#bytes[position + tagOffset];
        const problem = this.#union(tag, offset === 0 ? 0 : position + offset, table, field, depth);
        if (problem !== undefined) return problem;
      } else if (offset === 0) {
        if (field.required) return `${table.name}.${field.name}: missing`;
      } else if (field.kind !== Kind.Scalar) {
        const problem = this.#value(position + offset, table, field, depth);
        if (problem !== undefined) return problem;
      }
    }
    return undefined;
  }

  /** `position` is that of the field, 0 if it is absent. */
  #union(tag: number, position: number, table: Table, field: Field, depth: number): string | undefined {
    if (tag > field.tables.length) return `${table.name}.${field.name}: unknown type ${tag}`;
    if (tag === 0 && position !== 0) return `${table.name}.${field.name}: has a value but no type`;
    if (position === 0) {
      return tag !== 0 || field.required ? `${table.name}.${field.name}: missing` : undefined;
    }
    return this.#table(position + this.#uint32(position), field.tables[tag - 1], depth + 1);
  }

  #value(position: number, table: Table, field: Field, depth: number): string | undefined {
    const target = position + this.#uint32(position);
    if (field.kind === Kind.Table) return this.#table(target, field.tables[0], depth + 1);

    if (target + 4 > this.#bytes.length) return `${table.name}.${field.name}: outside of the message`;
    const count = this.#uint32(target);
    const elements = target + 4;
    if (!this.#claim(target, 4 + count * field.elementSize)) {
      return `${table.name}.${field.name}: outside of the message, or shared`;
    }
    if (elements % field.elementSize !== 0) return `${table.name}.${field.name}: not aligned`;
    if (field.kind === Kind.StringVector) {
      for (let at = elements; at < elements + 4 * count; at += 4) {
        const string = at + this.#uint32(at);
        if (string + 4 > this.#bytes.length || !this.#claim(string, 4 + this.#uint32(string))) {
          return `${table.name}.${field.name}: outside of the message, or shared`;
        }
      }
    } else if (field.kind === Kind.TableVector) {
      for (let at = elements; at < elements + 4 * count; at += 4) {
        const problem = this.#table(at + this.#uint32(at), field.tables[0], depth + 1);
        if (problem !== undefined) return problem;
      }
    }
    return undefined;
  }

  /**
   * Whether the message has `length` bytes at `position` that could belong to nothing else. It need not be known which
   * bytes have been claimed: if nothing is shared, all claims together are no longer than the message.
   */
  #claim(position: number, length: number): boolean {
    this.#unclaimed -= length;
    return position + length <= this.#bytes.length && this.#unclaimed >= 0;
  }

  #uint16(position: number): number {
    return this.#bytes[position] | (this.#bytes[position + 1] << 8);
  }

  #uint32(position: number): number {
    const bytes = this.#bytes;
    return (
      (bytes[position] | (bytes[position + 1] << 8) | (bytes[position + 2] << 16) | (bytes[position + 3] << 24)) >>> 0
    );
  }
}

const verifier = new Verifier(tableOf('Message.Message'));
