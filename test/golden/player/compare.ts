import { type Json, type Tolerance } from './recording.js';

/** A place where an observation is not what was recorded. `undefined`: not there. */
export interface Difference {
  /** Keys and indices joined with dots. */
  readonly path: string;
  readonly expected: Json | undefined;
  readonly actual: Json | undefined;
}

/** All differences that the tolerances do not excuse. */
export function compare(expected: Json, actual: Json, tolerances: readonly Tolerance[]): Difference[] {
  const differences: Difference[] = [];
  const rules = tolerances.map(tolerance => ({ tolerance, pattern: tolerance.path.split('.') }));

  const visit = (path: readonly string[], expected: Json | undefined, actual: Json | undefined): void => {
    const rule = rules.findLast(({ pattern }) => matchesPath(pattern, path))?.tolerance;
    if (rule?.ignore) return;
    if (isContainer(expected) && isContainer(actual) && Array.isArray(expected) === Array.isArray(actual)) {
      for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
        visit([...path, key], expected[key], actual[key]);
      }
    } else if (isContainer(expected) || isContainer(actual) || !isClose(expected, actual, rule)) {
      // What is missing as a whole may be ignored in all its parts.
      if (expected === undefined && isContainer(actual) && isAllIgnored(path, actual)) return;
      if (actual === undefined && isContainer(expected) && isAllIgnored(path, expected)) return;
      differences.push({ path: path.join('.'), expected, actual });
    }
  };
  const isAllIgnored = (path: readonly string[], value: Record<string, Json>): boolean => {
    const parts = Object.entries(value);
    return (
      parts.length > 0 &&
      parts.every(([key, part]) => {
        const inner = [...path, key];
        if (rules.findLast(({ pattern }) => matchesPath(pattern, inner))?.tolerance.ignore) return true;
        return isContainer(part) && isAllIgnored(inner, part);
      })
    );
  };

  visit([], expected, actual);
  return differences;
}

/** @param pattern parts of which `*` stands for any characters of one, and the part `**` for any number of parts. */
export function matchesPath(pattern: readonly string[], path: readonly string[]): boolean {
  if (pattern.length === 0) return path.length === 0;
  const [first, ...rest] = pattern;
  if (first === '**') return matchesPath(rest, path) || (path.length > 0 && matchesPath(pattern, path.slice(1)));
  return path.length > 0 && matchesPart(first, path[0]) && matchesPath(rest, path.slice(1));
}

export const describeDifference = ({ path, expected, actual }: Difference): string =>
  `${path}\n    recorded: ${shorten(expected)}\n    now:      ${shorten(actual)}`;

function matchesPart(pattern: string, part: string): boolean {
  if (!pattern.includes('*')) return pattern === part;
  const expression = pattern.split('*').map(literal => literal.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${expression.join('.*')}$`).test(part);
}

const isContainer = (value: Json | undefined): value is Record<string, Json> =>
  typeof value === 'object' && value !== null;

function isClose(expected: Json | undefined, actual: Json | undefined, rule: Tolerance | undefined): boolean {
  if (expected === actual) return true;
  if (typeof expected !== 'number' || typeof actual !== 'number' || rule === undefined) return false;
  const difference = Math.abs(expected - actual);
  if (rule.abs !== undefined) return difference <= rule.abs;
  return rule.rel !== undefined && difference <= rule.rel * Math.max(Math.abs(expected), Math.abs(actual));
}

function shorten(value: Json | undefined): string {
  const text = value === undefined ? '(absent)' : JSON.stringify(value);
  return text.length <= 300 ? text : `${text.slice(0, 300)}... (${text.length} characters)`;
}
