import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Tables in `docs` that say which tests show what. */

const root = fileURLToPath(new URL('../..', import.meta.url));
const conformanceTests = path.resolve(createRequire(import.meta.url).resolve('mediasoup'), '../test');

const conformance = readdirSync(conformanceTests)
  .filter(name => name.endsWith('.js'))
  .map(name => readFileSync(path.join(conformanceTests, name), 'utf8'))
  .join('\n');

/** The cells of all rows whose first cell matches. */
export function readTableRows(document: string, id: RegExp): string[][] {
  return readFileSync(path.join(root, 'docs', document), 'utf8')
    .split('\n')
    .map(line => line.split('|').map(cell => cell.trim()))
    .filter(cells => id.test(cells[1] ?? ''))
    .map(cells => cells.slice(1, -1));
}

/** The tests named in a cell, in backticks and with line breaks between. */
export function testNames(cell: string): string[] {
  return [...cell.matchAll(/(`+)(.+?)\1(?:<br>|$)/g)].map(match => match[2].trim());
}

/**
 * Whether there is a test `file: title`, with the title as a literal in the source. The file is a path below `test`,
 * `conformance`, or `golden`, for which the title is a recording.
 */
export function testExists(name: string): boolean {
  const [file = '', ...rest] = name.split(': ');
  const title = rest.join(': ');
  if (file === 'golden') return existsSync(path.join(root, 'test/fixtures/golden', `${title}.json`));
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
