/**
 * What the worker sent as the API hands it out: numbers instead of bigints, and lists of numbers instead of bytes. `T`
 * is what the caller knows it to be then; names and shapes stay.
 */
export function plain<T>(value: unknown): T {
  return toPlain(value) as T;
}

function toPlain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(toPlain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toPlain(member)]));
}

/** For fields that an application may give any value. */
export const numberOrAbsent = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** Bytes of a message as a Buffer, not copied. */
export const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Names of the API for the numbers of an enum of the schema, both ways. */
export class EnumNames<Name extends string, Value extends number> {
  readonly #label: string;
  readonly #byName: ReadonlyMap<string, Value>;
  readonly #byValue: ReadonlyMap<number, Name>;

  constructor(label: string, names: Record<Name, Value>) {
    const entries = Object.entries(names) as [Name, Value][];
    this.#label = label;
    this.#byName = new Map(entries);
    this.#byValue = new Map(entries.map(([name, value]) => [value, name]));
  }

  /** Undefined if there is no such name. */
  find(name: string): Value | undefined {
    return this.#byName.get(name);
  }

  /** @throws TypeError - no such name. */
  toValue(name: string): Value {
    const value = this.find(name);
    if (value === undefined) throw new TypeError(`invalid ${this.#label}: ${name}`);
    return value;
  }

  /** @throws TypeError - the worker sent a number that is not in the schema. */
  toName(value: number): Name {
    const name = this.#byValue.get(value);
    if (name === undefined) throw new TypeError(`invalid Fbs${this.#label}: ${value}`);
    return name;
  }
}
