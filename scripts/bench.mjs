// Builds the package and the bench, and runs it: `npm run bench -- [--json] [--quick] [section ...]`.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

await build({
  absWorkingDir: root,
  entryPoints: ['bench/index.ts', 'bench/support/load-process.ts', 'bench/support/observe.ts'],
  entryNames: '[name]',
  outdir: 'dist/bench',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
});
const observer = pathToFileURL(path.join(root, 'dist/bench/observe.mjs'));
const { status } = spawnSync(process.execPath, ['dist/bench/index.mjs', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  // Workers, be they threads or processes, take it over.
  env: { ...process.env, NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import=${observer}` },
});
process.exit(status ?? 1);
