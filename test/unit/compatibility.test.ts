import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** How many rows each part of the table has. */
const sizes = {
  A: 26,
  B: 8,
  C: 9,
  D: 9,
  E: 8,
  F: 12,
  G: 15,
  H: 7,
  I: 5,
  J: 5,
  K: 14,
  L: 19,
  M: 6,
  N: 10,
  O: 6,
  P: 7,
  Q: 11,
  R: 11,
  S: 7,
};

const root = fileURLToPath(new URL('../..', import.meta.url));
const conformanceTests = path.resolve(createRequire(import.meta.url).resolve('mediasoup'), '../test');

const conformance = readdirSync(conformanceTests)
  .filter(name => name.endsWith('.js'))
  .map(name => readFileSync(path.join(conformanceTests, name), 'utf8'))
  .join('\n');

const rows = readFileSync(path.join(root, 'docs/compatibility.md'), 'utf8')
  .split('\n')
  .filter(line => /^\| [A-S]\d+ /.test(line))
  .map(line => {
    const [, id = '', what = '', state = '', tests = ''] = line.split('|').map(cell => cell.trim());
    return { id, what, state, tests: [...tests.matchAll(/(`+)(.+?)\1(?:<br>|$)/g)].map(match => match[2].trim()) };
  });

describe('the table of capabilities', () => {
  it('has all 195 rows, in order', () => {
    expect(rows.map(({ id }) => id)).toEqual(
      Object.entries(sizes).flatMap(([part, size]) =>
        Array.from({ length: size }, (_, index) => `${part}${index + 1}`),
      ),
    );
    expect(rows).toHaveLength(195);
  });

  it('says of each row that it is done, or what is missing', () => {
    expect(rows.filter(({ what, state }) => what === '' || !/^(done|not yet: .+)$/.test(state))).toEqual([]);
  });

  it('calls nothing done that has no test', () => {
    expect(rows.filter(({ state, tests }) => state === 'done' && tests.length === 0)).toEqual([]);
  });

  it('names tests that exist', () => {
    const named = new Set(rows.flatMap(({ tests }) => tests));
    expect([...named].filter(name => !exists(name))).toEqual([]);
  });

  it('would notice a test that does not exist', () => {
    expect(exists('unit/worker/requests: begin with a joke')).toBe(false);
    expect(exists('unit/worker/nowhere: begins with the pid')).toBe(false);
    expect(exists('conformance: mediasoup tells a joke')).toBe(false);
  });
});

/** Whether there is a test `file: title`, with the title as a literal in the source. */
function exists(name: string): boolean {
  const [file = '', ...rest] = name.split(': ');
  const title = rest.join(': ');
  return ["'", '"', '`'].some(quote => source(file).includes(quote + title + quote));
}

function source(file: string): string {
  if (file === 'conformance') return conformance;
  try {
    return readFileSync(path.join(root, 'test', `${file}.test.ts`), 'utf8');
  } catch {
    return '';
  }
}
