// Runs the tests that need Chromium and Firefox (apt-get install chromium firefox-esr).
import { conclude, runVitest } from './vitest.mjs';

conclude([runVitest(['browser'], '--no-file-parallelism')]);
