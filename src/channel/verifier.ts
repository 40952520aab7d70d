import { tables as tableLayouts, unions as unionLayouts } from './fbs/layout.js';

/**
 * Says whether `bytes` are a well-formed `Message`, or else what is wrong with them.
 *
 * The readers that FlatBuffers generates for JavaScript trust every offset. After this check they can be trusted with
 * the message: every table, vector and string lies within `bytes`, required fields are there, unions have a known tag
 * and a value, vectors of numbers are aligned (relative to the message), nesting has an end, and unpacking the whole
 * message costs no more than its length, because its parts are not shared. Values are not judged: an enum may have a
 * number that the schema does not know.
 */
export function verifyMessage(bytes: Uint8Array): string | undefined {
  return verifier.verify(bytes);
}

/** As deep as a message may nest. The schema needs 8, but has a recursion in the statistics of RTP streams. */
const MAX_DEPTH = 32;

const Kind = { Scalar: 0, String: 1, Table: 2, Union: 3, ScalarVector: 4, StringVector: 5, TableVector: 6 } as const;
type Kind = (typeof Kind)[keyof typeof Kind];

interface Field {
  readonly name: string;
  readonly kind: Kind;
  readonly required: boolean;
  /** Where the vtable has the field's offset. A union's tag is in the entry before. */
  readonly entry: number;
  /** Bytes that the field takes in its table. */
  readonly size: number;
  /** Bytes of an element, if it is a vector or a string. */
  readonly elementSize: number;
  /** What it can be, if it is a table, a vector of tables (one), or a union (by tag - 1). */
  readonly tables: readonly Table[];
}

/** A table of the generated layout, which is read when the first such table comes: few of them ever do. */
class Table {
  readonly name: string;
  #fields: readonly Field[] | undefined;

  constructor(name: string) {
    this.name = name;
    this.#fields = undefined;
  }

  get fields(): readonly Field[] {
    return (this.#fields ??= readFields(this.name));
  }
}

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
    // The readers take both, and the entries, for signed numbers.
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
      const offset = field.entry < vtableLength ? this.#uint16(vtable + field.entry) : 0;
      if (offset !== 0 && (offset < 4 || offset + field.size > tableLength)) {
        return `${table.name}.${field.name}: outside of its table`;
      }
      if (field.kind === Kind.Union) {
        const tagOffset = field.entry - 2 < vtableLength ? this.#uint16(vtable + field.entry - 2) : 0;
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

const tables = new Map<string, Table>();
const verifier = new Verifier(tableOf('Message.Message'));

function tableOf(name: string): Table {
  let table = tables.get(name);
  if (!table) tables.set(name, (table = new Table(name)));
  return table;
}

function readFields(tableName: string): Field[] {
  const fields: Field[] = [];
  for (const text of tableLayouts[tableName].split(' ')) fields.push(...readField(text, fields.length));
  return fields;
}

/** One field, or the two of a union. */
function readField(text: string, slot: number): Field[] {
  const [, name, bracket, type, required] = /^(\w+):([[<]?)([\w.]+)[\]>]?(!?)$/.exec(text)!;
  const field = (kind: Kind, size: number, elementSize = 4, tables: Table[] = []): Field => {
    return { name, kind, required: required !== '', entry: 4 + 2 * slot++, size, elementSize, tables };
  };
  if (bracket === '<') {
    const tag = { ...field(Kind.Scalar, 1), required: false };
    return [tag, field(Kind.Union, 4, 4, unionLayouts[type].split(' ').map(tableOf))];
  }
  const isVector = bracket === '[';
  if (type === 'string') return [isVector ? field(Kind.StringVector, 4) : field(Kind.String, 4, 1)];
  const scalarSize = Number(type);
  if (scalarSize > 0) return [isVector ? field(Kind.ScalarVector, 4, scalarSize) : field(Kind.Scalar, scalarSize)];
  return [field(isVector ? Kind.TableVector : Kind.Table, 4, 4, [tableOf(type)])];
}
