import { describe, expect, it } from 'vitest';
import { readTableRows, testExists, testNames } from '../support/test-table.js';

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

const rows = readTableRows('compatibility.md', /^[A-S]\d+$/).map(([id, what, state, tests]) => ({
  id,
  what,
  state,
  tests: testNames(tests),
}));

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
    expect([...named].filter(name => !testExists(name))).toEqual([]);
  });

  it('would notice a test that does not exist', () => {
    expect(testExists('unit/worker/requests: begin with a joke')).toBe(false);
    expect(testExists('unit/worker/nowhere: begins with the pid')).toBe(false);
    expect(testExists('conformance: mediasoup tells a joke')).toBe(false);
  });
});
