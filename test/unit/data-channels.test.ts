import { describe, expect, it } from 'vitest';
import { readTableRows, testExists, testNames } from '../support/test-table.js';

const rows = readTableRows('data-channels.md', /^[ASBD]\d+$/).map(([id, what, tests]) => ({
  id,
  what,
  tests: testNames(tests),
}));

describe('the table of data channels', () => {
  it('has all rows, in order', () => {
    const sections = { A: 54, S: 43, B: 25, D: 25 };
    expect(rows.map(({ id }) => id)).toEqual(
      Object.entries(sections).flatMap(([section, count]) =>
        Array.from({ length: count }, (_, index) => `${section}${index + 1}`),
      ),
    );
  });

  it('has a test for every row, and names tests that exist', () => {
    expect(rows.filter(({ what, tests }) => what === '' || tests.length === 0)).toEqual([]);
    expect([...new Set(rows.flatMap(({ tests }) => tests))].filter(name => !testExists(name))).toEqual([]);
  });
});
