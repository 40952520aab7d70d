import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Protection } from './room.js';

const SOURCE = fileURLToPath(new URL('../../bench/minimal/fan-out.c', import.meta.url));
const PROGRAM = fileURLToPath(new URL('minimal-fan-out', import.meta.url));

/** The yardstick, bench/minimal/fan-out.c: its CPU time per packet sent, µs. Undefined where there is no gcc or OpenSSL. */
export type Minimal = (protection: Protection, size: number, rounds: number, ports: number[]) => Promise<number>;

export function buildMinimal(): Minimal | undefined {
  const { status } = spawnSync('gcc', ['-O2', '-o', PROGRAM, SOURCE, '-lcrypto'], { stdio: 'ignore' });
  if (status !== 0 || !existsSync(PROGRAM)) return undefined;
  return async (protection, size, rounds, ports) => {
    const args = [protection, String(size), String(Math.ceil(rounds)), ...ports.map(String)];
    const { stdout } = await promisify(execFile)(PROGRAM, args);
    return Number(stdout);
  };
}
