import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Builder, ByteBuffer } from 'flatbuffers';
import { describe, expect, it } from 'vitest';
import { unions } from '../../../src/channel/fbs/layout.js';
import { type Field, Kind, type Table } from '../../../src/channel/table.js';
import { readRoot } from '../../../src/channel/table-reader.js';
import {
  encode,
  enumerations,
  fileName,
  generatedFiles,
  Maker,
  tables,
  type Values,
} from '../../support/channel-schema.js';

// Holds our schema and codec against the code that FlatBuffers generated for the `mediasoup` package, in both
// directions. The two need not agree on what the schema is: names, numbers, slots, defaults and bytes of each are
// compared with those of the other.

const theirFolder = fileURLToPath(new URL('../../../node_modules/mediasoup/node/lib/fbs', import.meta.url));
const require = createRequire(import.meta.url);
const theirModule = (name: string): Record<string, unknown> =>
  require(path.join(theirFolder, `${fileName(name.split('.')[0])}.js`)) as Record<string, unknown>;

/** The generated code of a table: `X`, which reads, with its static functions, which write, and `XT`, the object. */
interface TheirTable {
  reader: new () => { __init(position: number, buffer: ByteBuffer): { unpack(): TheirObject } };
  statics: Record<string, (...args: unknown[]) => unknown>;
  object: new () => TheirObject;
}
type TheirObject = Values & { pack(builder: Builder): number };

const theirTable = (name: string): TheirTable => {
  const module = theirModule(name);
  const short = name.split('.')[1];
  return {
    reader: module[short] as TheirTable['reader'],
    statics: module[short] as TheirTable['statics'],
    object: module[`${short}T`] as TheirTable['object'],
  };
};

const theirBytes = (object: TheirObject): Uint8Array => {
  const builder = new Builder(256);
  builder.finishSizePrefixed(object.pack(builder));
  return builder.asUint8Array().slice(4);
};

const theirReading = ({ reader }: TheirTable, bytes: Uint8Array): TheirObject => {
  const buffer = new ByteBuffer(bytes);
  return new reader().__init(buffer.readInt32(0), buffer).unpack();
};

/** What a static function of theirs tells the builder: `addFieldInt8`, the slot, the default. */
const told = (statics: TheirTable['statics'], method: string): unknown[] => {
  let call: unknown[] = [];
  const record =
    (_target: object, name: string) =>
    (...args: unknown[]) => {
      call = [name, ...args];
      return 0;
    };
  statics[method](new Proxy({}, { get: record }), 99);
  return call;
};

/** How FlatBuffers writes a field of ours. */
const expectedCall = ({ kind, slot, scalar, default: missing }: Field): unknown[] => {
  if (kind !== Kind.Scalar) return ['addFieldOffset', slot, 99, 0];
  const adders = {
    ...{ bool: 'Int8', uint8: 'Int8', int8: 'Int8', uint16: 'Int16', int16: 'Int16', uint32: 'Int32', int32: 'Int32' },
    ...{ float: 'Float32', double: 'Float64', uint64: 'Int64' },
  };
  return [
    `addField${adders[scalar]}`,
    slot,
    99,
    missing === undefined ? null : scalar === 'bool' ? Number(missing) : missing,
  ];
};

/** Their objects have null for what is absent, arrays of numbers for bytes, and take all numbers as they come. */
const asTheirs = (_key: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return [...value];
  return value ?? undefined;
};

const capitalised = (name: string): string => name[0].toUpperCase() + name.slice(1);

/** What has been compared: the fields of tables, the values of enums, the members of unions. */
const visited = new Set<string>();

it('both have the same namespaces', () => {
  const theirFiles = readdirSync(theirFolder).filter(name => name.endsWith('.js'));
  expect(generatedFiles.sort()).toEqual(theirFiles.map(name => name.slice(0, -'.js'.length)).sort());
});

it('both have the same enums and tables', () => {
  for (const namespace of new Set(tables.map(({ name }) => name.split('.')[0]))) {
    const theirNames = Object.keys(theirModule(namespace)).filter(
      name => !/^(__esModule|union(List)?To\w+)$/.test(name),
    );
    const ours = tables.filter(({ name }) => name.startsWith(`${namespace}.`)).map(({ name }) => name.split('.')[1]);
    const ourEnums = [...enumerations.keys()].filter(name => name.startsWith(`${namespace}.`));
    expect([...ours.flatMap(name => [name, `${name}T`]), ...ourEnums.map(name => name.split('.')[1])].sort()).toEqual(
      theirNames.sort(),
    );
  }
});

it.each([...enumerations])('enum %s', (name, values) => {
  const theirValues = theirModule(name)[name.split('.')[1]] as Record<string, unknown>;
  expect(Object.entries(values)).toEqual(Object.entries(theirValues).filter(([, value]) => typeof value === 'number'));
  for (const key of Object.keys(values)) visited.add(`${name} ${key}`);
  if (name in unions) expect(Object.keys(values).length).toBe(1 + unions[name].split(' ').length);
});

describe.each(tables.map(table => [table.name, table] as [string, Table]))('table %s', (name, table) => {
  const theirs = theirTable(name);
  const short = name.split('.')[1];

  it('has the same slots, names, types, defaults and required fields', () => {
    expect(told(theirs.statics, `start${short}`)).toEqual(['startObject', table.fields.length]);
    expect(Object.keys(new theirs.object())).toEqual(table.fields.map(field => field.name));
    const required: number[] = [];
    const builder = { endObject: () => 1, requiredField: (_table: number, entry: number) => required.push(entry) };
    theirs.statics[`end${short}`](builder);
    expect(table.fields.filter(field => field.required).map(({ slot }) => 4 + 2 * slot)).toEqual(required);
    for (const field of table.fields) {
      expect(told(theirs.statics, `add${capitalised(field.name)}`), field.name).toEqual(expectedCall(field));
    }
  });

  it('is the same on the wire', () => {
    const members = table.fields.map(field => field.tables.length);
    const filled = Array.from({ length: Math.max(1, ...members) }, (_, member) => new Maker('filled', member));
    for (const maker of [...filled, new Maker('zero'), new Maker('default')]) {
      const object = maker.make(table);
      const ourBytes = encode(table, object);
      const theirObject = theirReading(theirs, ourBytes);
      expect(Buffer.from(theirBytes(theirObject)).toString('hex')).toBe(Buffer.from(ourBytes).toString('hex'));
      const reading = readRoot(ourBytes, table);
      expect(JSON.parse(JSON.stringify(reading, asTheirs))).toEqual(JSON.parse(JSON.stringify(theirObject, asTheirs)));
      expect(reading).toMatchObject(object);
      maker.filled.forEach(slot => visited.add(slot));
    }
  });
});

it('nothing has been left out: 585 fields, 172 values of enums, 129 tags of unions', () => {
  expect(visited.size).toBe(886);
});
