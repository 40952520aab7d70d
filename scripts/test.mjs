// Runs every test that needs only npm packages, and ends with one line: "N passed, N failed".
import { conclude, runVitest } from './vitest.mjs';

conclude([runVitest(['!browser'])]);
