import { fileURLToPath } from 'node:url';
import * as mediasoup from 'mediasoup';
import * as tsfu from 'tsfu';
import { type JsonObject } from './recording.js';

/** Which API replays a recording, and where the worker runs. */
export interface Backend {
  readonly name: string;
  createWorker(settings: JsonObject): Promise<ApiObject>;
}

/**
 * An object of either API, looked at from outside: recordings name methods and properties, so there is nothing static
 * to hold on to.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type ApiObject = Record<string, any>;

/** The executable that `spawn` starts and that the mediasoup package is given. */
export const workerBin = fileURLToPath(new URL('../../../dist/worker/process.js', import.meta.url));

const backends: Record<string, Backend> = {
  mediasoup: {
    name: 'mediasoup API, worker process',
    createWorker: settings => mediasoup.createWorker({ ...settings, workerBin }),
  },
  tsfu: {
    name: 'tsfu API, worker thread',
    createWorker: settings => tsfu.createWorker(settings),
  },
};

/** @param name `mediasoup` or `tsfu`; by default what GOLDEN_API says, or `mediasoup`. */
export function backend(name = process.env['GOLDEN_API'] ?? 'mediasoup'): Backend {
  const found = backends[name];
  if (found === undefined) throw new Error(`unknown GOLDEN_API '${name}'`);
  return found;
}
