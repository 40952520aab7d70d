// Builds everything that `bin` and `exports` of package.json name: declarations with tsc, code with esbuild.
// The code is bundled (with shared chunks) because loading the channel's generated code as hundreds of separate
// modules costs a starting worker ten times what one file costs. For the same reason white space and comments are left to
// the source maps. Names stay, so stack traces can be read.
import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

rmSync(path.join(root, 'dist'), { recursive: true, force: true });
execFileSync(process.execPath, [tsc, '-b', 'src'], { cwd: root, stdio: 'inherit' });

const options = {
  absWorkingDir: root,
  outbase: 'src',
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node20',
  external: ['debug', 'h264-profile-level-id'],
  minifySyntax: true,
  minifyWhitespace: true,
  sourcemap: true,
  logLevel: 'warning',
};

await build({
  ...options,
  entryPoints: [
    'src/index.ts',
    'src/types.ts',
    'src/errors.ts',
    'src/ortc.ts',
    'src/extras.ts',
    'src/testing.ts',
    'src/same-thread.ts',
    'src/worker/process.ts',
  ],
  chunkNames: 'chunks/[name]-[hash]',
  splitting: true,
  format: 'esm',
});
// A thread starts sooner without the loader of ES modules, and without anything put around its code.
await build({
  ...options,
  entryPoints: ['src/worker/thread.ts', 'src/worker/worker-thread.ts'],
  outExtension: { '.js': '.cjs' },
  format: 'iife',
});
chmodSync(path.join(root, 'dist/worker/process.js'), 0o755);
