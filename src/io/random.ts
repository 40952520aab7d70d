import { randomFillSync } from 'node:crypto';
import { type Random } from '../worker/runtime.js';

const POOL_SIZE = 4096;

/** The system's secure random numbers. Small amounts come from a pool, whose bytes are used once and then wiped. */
export class NodeRandom implements Random {
  readonly #pool = new Uint8Array(POOL_SIZE);
  #used = POOL_SIZE;

  fill(bytes: Uint8Array): void {
    if (bytes.length > POOL_SIZE / 4) {
      randomFillSync(bytes);
      return;
    }
    const start = this.#take(bytes.length);
    for (let i = 0; i < bytes.length; i++) {
      bytes[i] = this.#pool[start + i];
      this.#pool[start + i] = 0;
    }
  }

  uint32(): number {
    const start = this.#take(4);
    const pool = this.#pool;
    const value = (pool[start] << 24) | (pool[start + 1] << 16) | (pool[start + 2] << 8) | pool[start + 3];
    pool.fill(0, start, start + 4);
    return value >>> 0;
  }

  /** Offset of `count` fresh bytes in the pool. */
  #take(count: number): number {
    if (this.#used + count > POOL_SIZE) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    this.#used += count;
    return this.#used - count;
  }
}
