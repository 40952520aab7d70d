import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Builder, ByteBuffer } from 'flatbuffers';
import { describe, expect, it } from 'vitest';
import { tables as layouts, unions } from '../../../src/channel/fbs/layout.js';
import {
  enumerations,
  generatedFiles,
  Maker,
  modules,
  type Packable,
  recordCalls,
  slotsOf,
  type TableCode,
  tableCode,
  tables,
  type Values,
} from '../../support/channel-schema.js';

// Holds our generated code against that of the `mediasoup` package, in both directions. The two need not agree on what
// the schema is: names, numbers, slots, defaults and bytes of each are compared with those of the other.

const theirFolder = fileURLToPath(new URL('../../../node_modules/mediasoup/node/lib/fbs', import.meta.url));
const require = createRequire(import.meta.url);
const theirs = (file: string): Record<string, unknown> =>
  require(path.join(theirFolder, `${file}.js`)) as Record<string, unknown>;

/** What has been compared: the fields of tables, the values of enums, the members of unions. */
const visited = new Set<string>();

const encode = (object: Packable): Uint8Array => {
  const builder = new Builder(64);
  builder.finish(object.pack(builder));
  return builder.asUint8Array();
};
const decode = (code: TableCode, bytes: Uint8Array): Values & Packable => {
  const buffer = new ByteBuffer(bytes);
  const reader = new code.reader() as unknown as {
    __init(position: number, buffer: ByteBuffer): { unpack(): Values & Packable };
  };
  return reader.__init(buffer.readInt32(0), buffer).unpack();
};

/** For JSON.stringify: what is signed comes back negative where it went with the highest bit set. */
const asUnsigned = (_key: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return String(BigInt.asUintN(64, value));
  if (typeof value !== 'number' || value >= 0) return value;
  return value + (value < -32768 ? 2 ** 32 : value < -128 ? 2 ** 16 : 2 ** 8);
};

describe('our code and that of mediasoup', () => {
  it('have the same files', () => {
    const theirFiles = readdirSync(theirFolder, { recursive: true, encoding: 'utf8' })
      .filter(file => file.endsWith('.js'))
      .map(file => file.slice(0, -'.js'.length).replaceAll(path.sep, '/'));
    expect(generatedFiles).toEqual(theirFiles.sort());
  });

  it('export the same', () => {
    for (const [file, ours] of modules) {
      const theirNames = Object.keys(theirs(file)).filter(name => name !== '__esModule');
      expect(Object.keys(ours).sort(), file).toEqual(theirNames.sort());
    }
  });

  it('are compared whole', () => {
    expect([...tables.keys()].sort()).toEqual(Object.keys(layouts).sort());
  });
});

describe('enum', () => {
  it.each([...enumerations])('%s', (name, { file, values }) => {
    expect(Object.entries(values)).toEqual(Object.entries(theirs(file)[name.split('.')[1]] as object));
    for (const key of Object.keys(values).filter(key => Number.isNaN(Number(key)))) visited.add(`${name} ${key}`);
    if (name in unions) expect(Object.keys(values).length / 2).toBe(1 + unions[name].split(' ').length);
  });
});

describe('table', () => {
  describe.each([...tables])('%s', (name, { file, code: ourCode }) => {
    const shortName = name.split('.')[1];
    const theirCode = tableCode(theirs(file), shortName);

    it('has the same slots, defaults and required fields', () => {
      expect(recordCalls(ourCode, name)).toEqual(recordCalls(theirCode, name));
      expect(recordCalls(ourCode, name)[`start${shortName}`]).toEqual(['startObject', slotsOf(name).length]);
      expect(Object.entries(new ourCode.object())).toEqual(Object.entries(new theirCode.object()));
    });

    it('is the same on the wire', () => {
      const members = [...layouts[name].matchAll(/<([\w.]+)>/g)].map(match => unions[match[1]].split(' ').length);
      const filled = Array.from({ length: Math.max(1, ...members) }, (_, member) => new Maker('filled', member));
      for (const maker of [...filled, new Maker('zero'), new Maker('default')]) {
        const object = maker.make(name);
        const ourBytes = encode(object);
        const theirObject = decode(theirCode, ourBytes);
        const theirBytes = encode(theirObject);
        expect(Buffer.from(theirBytes).toString('hex')).toBe(Buffer.from(ourBytes).toString('hex'));
        expect(decode(ourCode, theirBytes)).toEqual(theirObject);
        expect(JSON.stringify(theirObject, asUnsigned)).toBe(JSON.stringify(object, asUnsigned));
        maker.filled.forEach(slot => visited.add(slot));
      }
    });
  });
});

it('nothing has been left out: 585 fields, 172 values of enums, 129 tags of unions', () => {
  expect(visited.size).toBe(886);
});
