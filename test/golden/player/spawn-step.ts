import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { workerBin } from './backend.js';
import { type Json, type Step } from './recording.js';

/** Starts the worker's executable by hand, and says how it exits. */
export async function runSpawnStep(step: Step): Promise<Json> {
  const child: ChildProcess = spawn(workerBin, (step.args ?? []) as string[], {
    env: { ...process.env, MEDIASOUP_VERSION: step.version === null ? undefined : '3.27.1' },
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  const exit = once(child, 'exit').then(([code, signal]) => ({ code: code as number, signal: signal as string }));
  const [toWorker, fromWorker] = [child.stdio[3] as Readable, child.stdio[4] as Readable];
  toWorker.on('error', () => {});
  fromWorker.on('error', () => {});

  if (step.signals || step.closeChannel) {
    await once(fromWorker, 'data');
    for (const signal of step.signals ?? []) {
      child.kill(signal);
      await sleep(60);
    }
    if (step.closeChannel) toWorker.destroy();
  }
  if (!step.expectAlive) return exit;

  const outcome = await Promise.race([exit, sleep(400).then(() => 'still running')]);
  child.kill('SIGKILL');
  await exit;
  return outcome;
}
