import { defineConfig } from 'vitest/config';

/**
 * One project per kind of test. `unit`, `sim` and `fuzz` import the sources; `api` and `interop` import the package
 * by its own name, as a user does, so they need `npm run build` first.
 */
const project = (name: string, testTimeout: number, retry = 0) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout,
    hookTimeout: testTimeout,
    retry,
    pool: 'forks' as const,
  },
});

/** Tests that play in real time say nothing when the machine was busy with something else for a moment. */
const RETRIES = 2;

export default defineConfig({
  test: {
    projects: [
      project('unit', 10_000),
      project('sim', 60_000),
      project('fuzz', 120_000),
      project('golden', 120_000, RETRIES),
      project('api', 30_000),
      project('interop', 60_000, RETRIES),
      // Needs installed browsers: `npm run test:browsers`.
      project('browser', 120_000, RETRIES),
    ],
  },
});
