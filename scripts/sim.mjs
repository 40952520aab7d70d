// Runs a scenario of the simulator from the sources: `npm run sim -- capacity-steps --plot out.svg`.
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(path.join(root, 'node_modules/.sim-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
const outfile = path.join(folder, 'cli.mjs');
await build({
  entryPoints: [path.join(root, 'test/sim/scenarios/cli.ts')],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  sourcemap: 'inline',
  logLevel: 'warning',
});
await import(pathToFileURL(outfile).href);
