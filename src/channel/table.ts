import { tables as tableLayouts, unions as unionLayouts } from './fbs/layout.js';

/** What the fields of tables can hold. */
export const Kind = {
  Scalar: 0,
  String: 1,
  Table: 2,
  Union: 3,
  /** A vector of uint8, which is a Uint8Array. */
  Bytes: 4,
  ScalarVector: 5,
  StringVector: 6,
  TableVector: 7,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

export type ScalarType = keyof typeof SCALAR_SIZES;
export type Scalar = number | boolean | bigint;

export interface Field {
  readonly name: string;
  readonly kind: Kind;
  readonly required: boolean;
  /** Its number in the table. A union's tag has the one before. */
  readonly slot: number;
  /** Bytes that the field takes in its table. */
  readonly size: number;
  /** Bytes of an element, if it is a vector or a string. */
  readonly elementSize: number;
  /** Of the scalar, or of the vector's scalars. */
  readonly scalar: ScalarType;
  /** What a scalar is where it is absent; undefined if that is told from all its values. */
  readonly default: Scalar | undefined;
  /** What it can be, if it is a table, a vector of tables (one), or a union (by tag - 1). */
  readonly tables: readonly Table[];
}

/** A table of the schema. Its fields are read from the layout when the first such table comes: few of them ever do. */
export class Table {
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

/** @param name with its namespace: `Transport.Tuple` */
export function tableOf(name: string): Table {
  let table = tables.get(name);
  if (!table) tables.set(name, (table = new Table(name)));
  return table;
}

/** The tables that a union can hold, by tag - 1. */
export const unionTables = (name: string): Table[] => unionLayouts[name].split(' ').map(tableOf);

/** In bytes. */
const SCALAR_SIZES = {
  bool: 1,
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  float: 4,
  uint64: 8,
  double: 8,
} as const;

const tables = new Map<string, Table>();

function readFields(tableName: string): Field[] {
  const fields: Field[] = [];
  for (const text of tableLayouts[tableName].split(' ')) fields.push(...readField(text, fields.length));
  return fields;
}

/** One field, or the two of a union. */
function readField(text: string, slot: number): Field[] {
  const [, name, bracket, type, suffix] = /^(\w+):([[<]?)([\w.]+)[\]>]?(!|\?|=\d+)?$/.exec(text)!;
  const pointer: Omit<Field, 'kind'> = {
    ...{ name, slot, required: suffix === '!', size: 4, elementSize: 4 },
    ...{ scalar: 'uint8', default: undefined, tables: [] },
  };
  const scalar = type as ScalarType;
  const scalarSize = SCALAR_SIZES[scalar] as number | undefined;
  if (bracket === '<') {
    return [
      { ...pointer, name: `${name}Type`, kind: Kind.Scalar, required: false, size: 1, default: 0 },
      { ...pointer, kind: Kind.Union, slot: slot + 1, tables: unionTables(type) },
    ];
  }
  if (bracket === '[') {
    if (type === 'string') return [{ ...pointer, kind: Kind.StringVector }];
    if (scalarSize) return [{ ...pointer, kind: Kind.ScalarVector, elementSize: scalarSize, scalar }];
    return [{ ...pointer, kind: Kind.TableVector, tables: [tableOf(type)] }];
  }
  if (type === 'string') return [{ ...pointer, kind: Kind.String, elementSize: 1 }];
  if (type === 'bytes') return [{ ...pointer, kind: Kind.Bytes, elementSize: 1 }];
  if (!scalarSize) return [{ ...pointer, kind: Kind.Table, tables: [tableOf(type)] }];
  return [{ ...pointer, kind: Kind.Scalar, size: scalarSize, scalar, default: scalarDefault(scalar, suffix) }];
}

function scalarDefault(scalar: ScalarType, suffix = ''): Scalar | undefined {
  if (suffix === '?') return undefined;
  if (scalar === 'bool') return suffix === '=1';
  return scalar === 'uint64' ? 0n : Number(suffix.slice(1));
}
