import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A worker thread's entry, and the path of the code that it runs. */
export interface ThreadFiles {
  entry: URL;
  codeFile: string;
}

export const threadFiles = (): ThreadFiles => ({
  entry: find('thread.cjs'),
  codeFile: fileURLToPath(find('worker-thread.cjs')),
});

/** The worker as an executable. */
export const processEntry = (): string => fileURLToPath(find('process.js'));

/** In the package as it is built, this code is in a file beside the folder `worker` or in a folder beside it. */
function find(name: string): URL {
  const beside = new URL(`./worker/${name}`, import.meta.url);
  return existsSync(beside) ? beside : new URL(`../worker/${name}`, import.meta.url);
}
