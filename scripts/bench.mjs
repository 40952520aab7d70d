// Builds the package and the bench, and runs it: `npm run bench -- [--json] [--quick] [section ...]`.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

await build({
  absWorkingDir: root,
  entryPoints: ['bench/index.ts', 'bench/support/load-process.ts'],
  entryNames: '[name]',
  outdir: 'dist/bench',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
});
const { status } = spawnSync(process.execPath, ['dist/bench/index.mjs', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(status ?? 1);
