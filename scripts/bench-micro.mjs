// Builds and runs the programs of bench/micro: `npm run bench:micro [-- name ...]`.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const all = readdirSync(path.join(root, 'bench/micro')).map(name => path.basename(name, '.ts'));
const names = process.argv.length > 2 ? process.argv.slice(2) : all;

let status = 0;
for (const name of names) {
  const outfile = `dist/bench/micro/${name}.mjs`;
  await build({
    absWorkingDir: root,
    entryPoints: [`bench/micro/${name}.ts`],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
  });
  console.log(`\n## ${name}\n`);
  // A young generation that is large enough to see what is allocated in it.
  const result = spawnSync(process.execPath, ['--max-semi-space-size=128', '--min-semi-space-size=128', outfile], {
    cwd: root,
    stdio: 'inherit',
  });
  status ||= result.status ?? 1;
}
process.exit(status);
