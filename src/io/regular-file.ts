import { readFileSync, statSync } from 'node:fs';

/** @throws Error if there is no such file, it is not a regular one or cannot be read */
export function readRegularFile(path: string): string {
  if (!statSync(path).isFile()) throw new Error(`'${path}' is not a regular file`);
  return readFileSync(path, 'utf8');
}
