#!/usr/bin/env node
import { readFileSync, statSync } from 'node:fs';
import { WorkerPipe } from '../channel/pipe.js';
import { NodeRuntime } from '../io/node-runtime.js';
import { parseSettings, SettingsError, type WorkerSettings } from './settings.js';
import { createWorkerCore } from './worker-core.js';

/**
 * A worker as a process: what an API starts that is given this file as `workerBin`. File descriptors 3 and 4 are the
 * channel.
 */

/** Exit codes, which the API tells apart. */
const EXIT_MISSING_VERSION = 41;
const EXIT_WRONG_SETTINGS = 42;

/** Signals that are no reason to end. SIGUSR1 would start Node's inspector otherwise. */
const IGNORED_SIGNALS = ['SIGPIPE', 'SIGHUP', 'SIGALRM', 'SIGUSR1', 'SIGUSR2'] as const;

run();

function run(): void {
  for (const signal of IGNORED_SIGNALS) process.on(signal, () => {});
  if (!process.env['MEDIASOUP_VERSION']) {
    complain('environment variable MEDIASOUP_VERSION is missing');
    process.exit(EXIT_MISSING_VERSION);
  }
  const settings = readSettings();
  const carrier = new WorkerPipe();
  const runtime = new NodeRuntime();

  const end = async (): Promise<void> => {
    runtime.close();
    await carrier.flushed();
    process.exit(0);
  };
  const core = createWorkerCore({
    runtime,
    carrier,
    settings,
    host: { pid: process.pid, resourceUsage: () => process.resourceUsage() },
    onClosed(reason) {
      if (reason === 'channelClosed') complain('channel remotely closed, closing myself');
      void end();
    },
  });
  const closeBySignal = (): void => {
    core.close();
    void end();
  };
  process.on('SIGINT', closeBySignal);
  process.on('SIGTERM', closeBySignal);
}

function readSettings(): WorkerSettings {
  try {
    return parseSettings(process.argv.slice(2), readRegularFile);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    complain(error.message);
    process.exit(EXIT_WRONG_SETTINGS);
  }
}

function readRegularFile(path: string): string {
  if (!statSync(path).isFile()) throw new Error(`'${path}' is not a regular file`);
  return readFileSync(path, 'utf8');
}

function complain(text: string): void {
  process.stderr.write(`${text}\n`);
}
