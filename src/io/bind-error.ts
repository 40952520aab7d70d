import { getSystemErrorMap } from 'node:util';
import { BindError } from '../worker/runtime.js';

/** What Node's error says, with the system's own words as the message. */
export function toBindError(error: unknown): BindError {
  // Errors about buffer sizes carry the system's error in `info`.
  const { info, ...rest } = error as NodeJS.ErrnoException & { info?: NodeJS.ErrnoException };
  const { errno, code } = info ?? rest;
  const known = errno === undefined ? undefined : getSystemErrorMap().get(errno);
  return new BindError(known?.[0] ?? code ?? 'EINVAL', known?.[1] ?? (error as Error).message);
}
