import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { plot } from '../../../src/testing/plot.js';
import { runScenario, scenarios } from './scenarios.js';
import { table } from './table.js';

const USAGE = 'npm run sim -- <scenario | all> [--seed 1] [--plot out.svg | --plots folder]';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { plot: { type: 'string' }, plots: { type: 'string' }, seed: { type: 'string', default: '1' } },
});

if (positionals.length === 0) {
  console.log(`${USAGE}\n`);
  for (const [name, { description }] of Object.entries(scenarios)) console.log(`${name.padEnd(22)}${description}`);
  process.exit(0);
}

for (const name of positionals.includes('all') ? Object.keys(scenarios) : positionals) {
  const started = performance.now();
  const lab = await runScenario(name, Number(values.seed));
  console.log(`${name}: ${scenarios[name].description}\n`);
  for (const recording of lab.recordings) console.log(table(recording));
  const duration = (performance.now() - started) / 1000;
  console.log(`${(lab.now / 1000).toFixed(0)} s of virtual time took ${duration.toFixed(1)} s\n`);
  const file = values.plots === undefined ? values.plot : `${values.plots}/${name}.svg`;
  if (file !== undefined) writeFileSync(file, plot(`${name}: ${scenarios[name].description}`, lab.recordings));
}
process.exit(0);
