import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { tables as layouts } from '../../src/channel/fbs/layout.js';
import { type Field, Kind, type Scalar, type Table, tableOf, unionTables } from '../../src/channel/table.js';
import { TableWriter } from '../../src/channel/table-writer.js';

// The channel's schema by its names, for tests that walk all of it.

export type Values = Record<string, unknown>;

/** All tables: `Transport.Tuple`. */
export const tables = Object.keys(layouts).map(tableOf);

/** All enums, and the tags of all unions, by name. */
export const enumerations = new Map<string, Record<string, number>>();
const namespaces = new Set(tables.map(({ name }) => name.split('.')[0]));
const folder = fileURLToPath(new URL('../../src/channel/fbs', import.meta.url));
/** `rtp-parameters`, of `RtpParameters`. */
export const fileName = (namespace: string): string => namespace.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
/** The generated files without extension. */
export const generatedFiles = readdirSync(folder)
  .filter(name => name !== 'layout.ts')
  .map(name => name.slice(0, -'.ts'.length));
for (const namespace of namespaces) {
  const module = (await import(path.join(folder, `${fileName(namespace)}.ts`))) as Record<string, object>;
  for (const [name, values] of Object.entries(module)) {
    enumerations.set(`${namespace}.${name}`, values as Record<string, number>);
  }
}

/**
 * Makes objects. `filled` sets every field to a value that occurs once, with its highest bit set; `zero` sets all to
 * zero or empty; `default` sets only what is required.
 */
export class Maker {
  readonly #mode: 'filled' | 'zero' | 'default';
  /** Which member a union gets, modulo their number. */
  readonly #member: number;
  #count = 0;
  /** Which slots have been given a value: `Transport.Tuple 0`. */
  readonly filled = new Set<string>();

  constructor(mode: 'filled' | 'zero' | 'default', member = 0) {
    this.#mode = mode;
    this.#member = member;
  }

  make({ name, fields }: Table, depth = 0): Values {
    const object: Values = {};
    fields.forEach((field, slot) => {
      if (this.#mode === 'filled') this.filled.add(`${name} ${slot}`);
      if (this.#mode === 'default' && !field.required) return;
      if (field.kind === Kind.Union) {
        // What refers to itself ends with its first member.
        const index = depth > 1 ? 0 : this.#member % field.tables.length;
        object[fields[slot - 1].name] = index + 1;
        object[field.name] = this.make(field.tables[index], depth + 1);
      } else if (fields[slot + 1]?.kind !== Kind.Union) {
        object[field.name] = this.#value(field, depth);
      }
    });
    return object;
  }

  #value(field: Field, depth: number): unknown {
    const isZero = this.#mode === 'zero';
    const vector = <T>(make: () => T): T[] => Array.from({ length: this.#mode === 'filled' ? 2 : 0 }, make);
    switch (field.kind) {
      case Kind.Scalar:
        return this.#scalar(field);
      case Kind.String:
        return this.#string();
      case Kind.Bytes:
        return Uint8Array.from(vector(() => Number(this.#scalar(field))));
      case Kind.ScalarVector:
        return vector(() => this.#scalar(field));
      case Kind.StringVector:
        return vector(() => (isZero ? '' : this.#string()));
      case Kind.TableVector:
        return vector(() => this.make(field.tables[0], depth + 1));
      default:
        return this.make(field.tables[0], depth + 1);
    }
  }

  #string(): string {
    return this.#mode === 'zero' ? '' : `text ${++this.#count % 100} ☃`;
  }

  #scalar({ scalar, elementSize, size, kind, default: missing }: Field): Scalar {
    const isZero = this.#mode === 'zero';
    const number = ++this.#count % 100;
    if (scalar === 'bool') return isZero ? false : !missing;
    if (scalar === 'uint64') return isZero ? 0n : 2n ** 63n + BigInt(number);
    if (isZero) return 0;
    if (scalar === 'float' || scalar === 'double') return number + 0.5;
    const bits = 8 * (kind === Kind.Scalar ? size : elementSize);
    return scalar.startsWith('u') ? 2 ** (bits - 1) + number : number - 2 ** (bits - 1);
  }
}

/** A message for every body that requests, responses and notifications may have, and a log line. */
export const everyMessage = (mode: 'filled' | 'zero' | 'default'): { name: string; bytes: Uint8Array }[] =>
  unionTables('Message.Body').flatMap((kind, index) => {
    const [namespace] = kind.name.split('.');
    const bodies = namespace === 'Log' ? ['line'] : unionTables(`${namespace}.Body`);
    return bodies.map((body, member) => {
      const content = new Maker(mode, member).make(kind);
      if (typeof body !== 'string' && mode === 'default') {
        content.bodyType = member + 1;
        content.body = new Maker(mode).make(body);
      }
      const name = `${namespace} ${typeof body === 'string' ? body : body.name}`;
      return { name, bytes: encode(tableOf('Message.Message'), { dataType: index + 1, data: content }) };
    });
  });

/** The bytes of a root table, as they are on the wire but for the size prefix, aligned as a carrier hands them over. */
export function encode(table: Table, object: object): Uint8Array {
  const writer = new TableWriter();
  return writer.finish(writer.table(table, object)).slice();
}
