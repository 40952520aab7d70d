import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The entry of a worker thread. */
export const threadEntry = (): URL => find('thread.js');

/** The worker as an executable. */
export const processEntry = (): string => fileURLToPath(find('process.js'));

/** In the package as it is built, this code is in a file beside the folder `worker` or in a folder beside it. */
function find(name: string): URL {
  const beside = new URL(`./worker/${name}`, import.meta.url);
  return existsSync(beside) ? beside : new URL(`../worker/${name}`, import.meta.url);
}
