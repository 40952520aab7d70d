// Runs every test that needs only npm packages, and ends with one line: "N passed, N failed".
import { runConformance } from '../test/conformance/run.mjs';
import { conclude, runVitest } from './vitest.mjs';

conclude([
  runVitest(['unit', 'sim', 'fuzz', 'api']),
  // These play against the clock of real peers and of recordings, so they get the machine for themselves.
  runVitest(['interop'], '--no-file-parallelism'),
  runVitest(['golden'], '--no-file-parallelism'),
  await runConformance(),
]);
