// Generates src/srtp/kernel/wasm.ts: the WebAssembly module compiled from src/srtp/kernel/assembly, as text, so that it
// loads without reading a file. The result is committed, so only who changes the kernels needs this.
//
//     npm run generate:kernel
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const kernel = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), 'src/srtp/kernel');
const assembly = path.join(kernel, 'assembly');
const LINE_LENGTH = 116;

const output = new Map();
const { error, stderr } = await asc.main(
  [
    ...['index.ts', '--outFile', 'kernel.wasm', '-O3', '--noAssert', '--runtime', 'stub'],
    ...['--enable', 'simd', '--enable', 'threads'],
    // The packet memory: its size is not the kernels' business, as long as it is within these bounds.
    ...['--importMemory', '--sharedMemory', '--initialMemory', '4', '--maximumMemory', '65536'],
  ],
  {
    readFile: (name, baseDir) => {
      try {
        return readFileSync(path.resolve(baseDir === '.' ? assembly : baseDir, name), 'utf8');
      } catch {
        return null;
      }
    },
    writeFile: (name, contents) => void output.set(name, contents),
    listFiles: () => [],
  },
);
if (error) throw new Error(`${error.message}\n${stderr.toString()}`);

const text = Buffer.from(output.get('kernel.wasm')).toString('base64');
const lines = text.match(new RegExp(`.{1,${LINE_LENGTH}}`, 'g')).map(line => `  '${line}'`);
writeFileSync(
  path.join(kernel, 'wasm.ts'),
  `// Generated from ./assembly by scripts/generate-kernel.mjs.

/** SHA-256 of the sources that this was compiled from. */
export const kernelSourceHash = '${sourceHash()}';

/** The WebAssembly module, base64. */
export const kernelWasm =
${lines.join(' +\n')};
`,
);

/** Over the names and contents of the sources, in the order of the names. */
function sourceHash() {
  const hash = createHash('sha256');
  for (const name of readdirSync(assembly).sort())
    hash.update(`${name}\n${readFileSync(path.join(assembly, name), 'utf8')}`);
  return hash.digest('hex');
}
