import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DropReason } from '../../src/common/drop-reason.js';

it('docs/limits.md says of each reason to drop a packet what it means, in the order of the code', () => {
  const page = readFileSync(new URL('../../docs/limits.md', import.meta.url), 'utf8');
  const documented = [...page.matchAll(/^\| `(\w+)` +\| (\S.*)\|$/gm)].map(match => match[1]);
  expect(documented).toEqual(Object.keys(DropReason).filter(name => name !== 'none'));
});
