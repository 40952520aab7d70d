import { type Endpoint } from '../endpoint.js';
import { type Naming } from '../naming.js';
import { type Normaliser } from '../normalise.js';
import { type JsonObject, type Options } from '../recording.js';
import { type Session } from '../session.js';

/** What a view is made of. */
export interface Observed {
  readonly session: Session;
  readonly naming: Naming;
  readonly normaliser: Normaliser;
  readonly options: Options;
}

export type View = (observed: Observed) => JsonObject;

/** A member for each endpoint of which there is something to say. */
export function perEndpoint<Value>(
  endpoints: readonly Endpoint[],
  describe: (endpoint: Endpoint) => Value | undefined,
): Record<string, Value> {
  const result: Record<string, Value> = {};
  for (const endpoint of endpoints) {
    const value = describe(endpoint);
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    result[endpoint.name] = value;
  }
  return result;
}

/** Ascending numbers as `["1-3", "5"]`. */
export function ranges(numbers: Iterable<number>): string[] {
  const result: [number, number][] = [];
  for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
    const last = result.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else result.push([number, number]);
  }
  return result.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`));
}

export const unique = <Value>(values: Iterable<Value>): Value[] => [...new Set(values)];

export const sorted = (numbers: Iterable<number>): number[] => unique(numbers).sort((a, b) => a - b);

/** The difference of 16-bit numbers, signed. */
export const difference16 = (a: number, b: number): number => ((a - b) << 16) >> 16;

export function groupBy<Value, Key>(values: Iterable<Value>, keyOf: (value: Value) => Key): Map<Key, Value[]> {
  const groups = new Map<Key, Value[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return groups;
}
