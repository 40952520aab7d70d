/**
 * What the worker needs and how it behaves under load, see bench/README.md.
 *
 *     npm run bench -- [--json] [--quick] [section ...]
 */
import { parseArgs } from 'node:util';
import { data } from './sections/data.js';
import { controlPlane } from './sections/control-plane.js';
import { delay } from './sections/delay.js';
import { fanOut } from './sections/fan-out.js';
import { handshakes } from './sections/handshakes.js';
import { idle } from './sections/idle.js';
import { pauses } from './sections/pauses.js';
import { rooms } from './sections/rooms.js';
import { LoadProcess } from './support/load.js';
import { printSection, type Section } from './support/table.js';

const sections: Record<string, (generator: LoadProcess, sink: LoadProcess, quick: boolean) => Promise<Section>> = {
  'fan-out': fanOut,
  rooms,
  delay,
  data,
  pauses,
  handshakes,
  idle,
  control: controlPlane,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false } },
});
const names = positionals.length > 0 ? positionals : Object.keys(sections);
const unknown = names.find(name => !(name in sections));
if (unknown !== undefined) throw new Error(`no section '${unknown}'; there are ${Object.keys(sections).join(', ')}`);

const results: Section[] = [];
const start = performance.now();
for (const name of names) {
  const [generator, sink] = [new LoadProcess(), new LoadProcess()];
  const section = await sections[name](generator, sink, values.quick);
  generator.close();
  sink.close();
  results.push(section);
  if (!values.json) printSection(section);
  console.error(`${name}: done after ${Math.round((performance.now() - start) / 1000)} s`);
}
if (values.json)
  console.log(JSON.stringify({ node: process.version, platform: process.platform, arch: process.arch, results }));
process.exit();
