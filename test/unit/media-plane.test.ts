import { describe, expect, it } from 'vitest';
import { readTableRows, testExists, testNames } from '../support/test-table.js';

/** Those of congestion control have a page of their own. */
const isElsewhere = (row: number): boolean => row >= 107 && row <= 117;
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

const rows = readTableRows('media-plane.md', /^[MS]\d+$/).map(([id, what, tests]) => ({
  id,
  what,
  tests: testNames(tests),
}));

describe('the table of the media plane', () => {
  it('has all rows, in order', () => {
    expect(rows.map(({ id }) => id)).toEqual([
      ...numbers(127)
        .filter(row => !isElsewhere(row))
        .map(row => `M${row}`),
      ...numbers(72).map(row => `S${row}`),
    ]);
  });

  it('has a test for every row, and names tests that exist', () => {
    expect(rows.filter(({ what, tests }) => what === '' || tests.length === 0)).toEqual([]);
    expect([...new Set(rows.flatMap(({ tests }) => tests))].filter(name => !testExists(name))).toEqual([]);
  });
});
