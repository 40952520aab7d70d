import { type SeededRandom } from '../../../src/testing/seeded-random.js';

export type LossPattern = 'random' | 'bursts';

/** Packets that are lost together, on average. */
const BURST_LENGTH = 5;

/**
 * Decides which packets get lost: each for itself, or in bursts (a Gilbert model whose bad state loses everything and
 * lasts for BURST_LENGTH packets on average).
 */
export class Lossy {
  readonly #rate: number;
  readonly #pattern: LossPattern;
  readonly #random: SeededRandom;
  #inBurst = false;

  /** @param rate 0..1 */
  constructor(rate: number, pattern: LossPattern, random: SeededRandom) {
    this.#rate = rate;
    this.#pattern = pattern;
    this.#random = random;
  }

  isLost(): boolean {
    const draw = this.#random.next();
    if (this.#pattern === 'random') return draw < this.#rate;
    const leave = 1 / BURST_LENGTH;
    const enter = (leave * this.#rate) / (1 - this.#rate);
    this.#inBurst = this.#inBurst ? draw >= leave : draw < enter;
    return this.#inBurst;
  }
}
