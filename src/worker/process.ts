#!/usr/bin/env node
import { readRegularFile } from '../io/regular-file.js';
import { parseSettings, SettingsError, type WorkerSettings } from './settings.js';

/**
 * A worker as a process: what an API starts that is given this file as `workerBin`. File descriptors 3 and 4 are the
 * channel. Environment and arguments are checked before the engine is loaded, so that what is wrong shows at once.
 */

/** Exit codes, which the API tells apart. */
const EXIT_MISSING_VERSION = 41;
const EXIT_WRONG_SETTINGS = 42;

/** Signals that are no reason to end. SIGUSR1 would start Node's inspector otherwise. */
const IGNORED_SIGNALS = ['SIGPIPE', 'SIGHUP', 'SIGALRM', 'SIGUSR1', 'SIGUSR2'] as const;

for (const signal of IGNORED_SIGNALS) process.on(signal, () => {});
if (!process.env['MEDIASOUP_VERSION']) {
  fail(EXIT_MISSING_VERSION, 'environment variable MEDIASOUP_VERSION is missing');
}
const settings = readSettings();
const { runWorkerProcess } = await import('./worker-process.js');
runWorkerProcess(settings);

function readSettings(): WorkerSettings {
  try {
    return parseSettings(process.argv.slice(2), readRegularFile);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return fail(EXIT_WRONG_SETTINGS, error.message);
  }
}

function fail(exitCode: number, text: string): never {
  process.stderr.write(`${text}\n`);
  process.exit(exitCode);
}
