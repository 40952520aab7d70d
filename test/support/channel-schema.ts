import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Builder } from 'flatbuffers';
import { tables as layouts, unions } from '../../src/channel/fbs/layout.js';

// The generated code of the channel's schema by names of the schema, for tests that walk all of it.

export type Values = Record<string, unknown>;
export interface Packable {
  pack(builder: Builder): number;
}
/** The generated code of a table: `X`, which reads, with its static functions, which write, and `XT`, the object. */
export interface TableCode {
  reader: new () => Record<string, (...args: unknown[]) => unknown> & { unpack(): Values & Packable };
  statics: Record<string, (...args: unknown[]) => unknown>;
  object: new () => Values & Packable;
}

const folder = fileURLToPath(new URL('../../src/channel/fbs', import.meta.url));

/** The generated files, without extension: `transport/tuple`. */
export const generatedFiles = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts') && file !== 'layout.ts')
  .map(file => file.slice(0, -'.ts'.length).replaceAll(path.sep, '/'))
  .sort();

/** What each generated file exports. */
export const modules = new Map<string, Record<string, unknown>>();
for (const file of generatedFiles) {
  modules.set(file, (await import(path.join(folder, `${file}.ts`))) as Record<string, unknown>);
}

/** The code of the table `name` in what a generated file exports. */
export const tableCode = (module: Record<string, unknown>, name: string): TableCode => ({
  reader: module[name] as TableCode['reader'],
  statics: module[name] as TableCode['statics'],
  object: module[`${name}T`] as TableCode['object'],
});

/** All tables: `Transport.Tuple` and the file it is in. */
export const tables = new Map<string, { file: string; code: TableCode }>();
/** All enums, and the tags of all unions. */
export const enumerations = new Map<string, { file: string; values: Record<string, unknown> }>();

const namespaces = new Map(
  Object.keys(layouts).map(name => {
    const namespace = name.split('.')[0];
    return [namespace.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase(), namespace];
  }),
);
for (const [file, module] of modules) {
  if (!file.includes('/')) continue;
  for (const [name, value] of Object.entries(module)) {
    const fullName = `${namespaces.get(file.split('/')[0])}.${name}`;
    if (typeof value === 'object') enumerations.set(fullName, { file, values: value as Record<string, unknown> });
    else if (`${name}T` in module) tables.set(fullName, { file, code: tableCode(module, name) });
  }
}

/** What the static functions of a table tell a builder. */
export const recordCalls = (code: TableCode, name: string): Record<string, [string, ...unknown[]]> => {
  let call: [string, ...unknown[]] = [''];
  const builder = new Proxy(
    {},
    {
      get:
        (_target, method: string) =>
        (...args: unknown[]) => {
          call = [method, ...args];
          return 0;
        },
    },
  );
  const record: Record<string, [string, ...unknown[]]> = {};
  const short = name.split('.')[1];
  for (const method of Object.getOwnPropertyNames(code.statics)) {
    if (new RegExp(`^(add[A-Z]\\w*|start${short}|end${short})$`).test(method)) {
      call = ['nothing'];
      code.statics[method](builder, 99);
      record[method] = call;
    }
  }
  return record;
};

export interface Slot {
  /** The property of the object. */
  property: string;
  /** `addFieldInt8` ... */
  adder: string;
  /** As in layout.ts, of a union also for its tag. */
  type: string;
  isTag: boolean;
}

const readSlots = (name: string): Slot[] => {
  const calls = Object.values(recordCalls(tables.get(name)!.code, name));
  const adders = calls.filter(([method]) => method.startsWith('addField'));
  return layouts[name]
    .split(' ')
    .flatMap(text => {
      const [field, type] = text.split(':');
      return type.startsWith('<')
        ? [
            { field: `${field}_type`, type, isTag: true },
            { field, type, isTag: false },
          ]
        : [{ field, type, isTag: false }];
    })
    .map(({ field, type, isTag }, slot) => ({
      property: field.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase()),
      adder: adders.find(([, number]) => number === slot)![0],
      type,
      isTag,
    }));
};

const slots = new Map<string, Slot[]>();
export const slotsOf = (name: string): Slot[] => {
  if (!slots.has(name)) slots.set(name, readSlots(name));
  return slots.get(name)!;
};

/** The only one of its kind; its default, null, does not tell what it is. */
const nullableBoolean = 'ordered';

/**
 * Makes an object of our code. `filled` sets every field to a value that occurs once, with its highest bit set; `zero`
 * sets all to zero or empty; `default` sets only what is required.
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

  make(name: string, depth = 0): Values & Packable {
    const object = new (tables.get(name)!.code.object)();
    let tag = 0;
    slotsOf(name).forEach(({ property, adder, type, isTag }, slot) => {
      if (!(property in object)) throw new Error(`${name} has no ${property}`);
      if (this.#mode === 'filled') this.filled.add(`${name} ${slot}`);
      const isRequired = type.endsWith('!');
      if (this.#mode === 'default' && !isRequired) return;
      const bare = type.replace('!', '');
      if (bare.startsWith('<')) {
        const members = unions[bare.slice(1, -1)].split(' ');
        // What refers to itself ends with its first member.
        if (isTag) object[property] = tag = depth > 1 ? 1 : 1 + (this.#member % members.length);
        else object[property] = this.make(members[tag - 1], depth + 1);
      } else if (bare.startsWith('[')) {
        const element = bare.slice(1, -1);
        const length = this.#mode === 'filled' ? 2 : 0;
        object[property] = Array.from({ length }, () => this.#value(element, 'vector', depth));
      } else if (typeof object[property] === 'boolean' || property === nullableBoolean) {
        object[property] = this.#mode === 'filled' ? !object[property] : false;
      } else {
        object[property] = this.#value(bare, adder, depth);
      }
    });
    return object;
  }

  #value(type: string, adder: string, depth: number): unknown {
    const number = ++this.#count % 100;
    const isZero = this.#mode === 'zero';
    if (type === 'string') return isZero ? '' : `text ${number} ☃`;
    if (Number.isNaN(Number(type))) return this.make(type, depth + 1);
    if (adder === 'addFieldInt64') return isZero ? 0n : 2n ** 63n + BigInt(number);
    if (isZero) return 0;
    if (adder.startsWith('addFieldFloat')) return number + 0.5;
    return 2 ** (8 * Number(type) - 1) + number;
  }
}

/** The bytes of a message, as they are on the wire but for the size prefix, aligned as a carrier hands them over. */
export const encodeMessage = (message: Packable): Uint8Array => {
  const builder = new Builder(256);
  builder.finishSizePrefixed(message.pack(builder));
  return builder.asUint8Array().slice(4);
};

/** A message for every body that requests, responses and notifications may have, and a log line. */
export const everyMessage = (mode: 'filled' | 'zero' | 'default'): { name: string; bytes: Uint8Array }[] => {
  const kinds = unions['Message.Body'].split(' ');
  return kinds.flatMap((kind, index) => {
    const bodies = unions[`${kind.split('.')[0]}.Body`]?.split(' ') ?? ['line'];
    return bodies.map((body, member) => {
      const message = new (tables.get('Message.Message')!.code.object)();
      message.dataType = index + 1;
      const content = new Maker(mode, member).make(kind);
      if (body !== 'line' && mode === 'default') {
        content.bodyType = member + 1;
        content.body = new Maker(mode).make(body);
      }
      message.data = content;
      return { name: `${kind.split('.')[0]} ${body}`, bytes: encodeMessage(message) };
    });
  });
};
