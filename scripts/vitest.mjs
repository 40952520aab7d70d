// Runs projects of vitest.config.ts and counts their tests.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/**
 * @param {string[]} projects names of projects
 * @param {string[]} options more command line options
 * @returns {{ passed: number, failed: number }}
 */
export function runVitest(projects, ...options) {
  const report = path.join(root, 'test/results/vitest.json');
  mkdirSync(path.dirname(report), { recursive: true });
  rmSync(report, { force: true });
  const { status } = spawnSync(
    process.execPath,
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      ...projects.map(name => `--project=${name}`),
      ...options,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ],
    { cwd: root, stdio: 'inherit' },
  );
  if (!existsSync(report)) return { passed: 0, failed: 1 };
  const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(readFileSync(report, 'utf8'));
  // A file that cannot be loaded, and an error outside of tests, are failures without a failed test.
  const failed = numFailedTests || (status === 0 ? 0 : Math.max(1, numFailedTestSuites));
  return { passed: numPassedTests, failed };
}

/** Prints the closing line for all results together, and sets the exit code by it. */
export function conclude(results) {
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = results.reduce((sum, result) => sum + result.failed, 0);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}
