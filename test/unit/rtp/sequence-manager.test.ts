import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SequenceManager } from '../../../src/rtp/sequence-manager.js';

/**
 * A trace is written as one step per word: `5>3` input 5 gives 3, `5>x` input 5 is known as dropped, `d5` drop 5,
 * `s5>3` sync to 5 (so that 5 comes next), then input 5 gives 3. `5>3^5` also checks the highest input.
 */
function run(bits: number, initialOutput: number, trace: string): void {
  const manager = new SequenceManager(bits, initialOutput);
  const mask = 2 ** bits - 1;
  for (const step of trace.trim().split(/\s+/)) {
    const [, drop, sync, input, output, highest] = /^(d?)(s?)(\d+)(?:>(\d+|x))?(?:\^(\d+))?$/.exec(step)!;
    if (drop) {
      manager.drop(Number(input));
    } else {
      if (sync) manager.sync((Number(input) - 1) & mask);
      const expected = output === 'x' ? -1 : (Number(output) + initialOutput) & mask;
      expect(manager.input(Number(input)), `${step} in ${trace}`).toBe(expected);
    }
    if (highest) expect(manager.maxInput, step).toBe(Number(highest));
  }
}

const range = (from: number, to: number, step: (n: number) => string): string =>
  Array.from({ length: to - from + 1 }, (_, i) => step(from + i)).join(' ');

const all = [16, 15, 8];
const traces: [string, number[], string][] = [
  ['ordered', all, range(0, 40, n => `${n}>${n}`)],
  ['sync', all, '0>0 1>1 2>2 s80>3 81>4 82>5 s10>6 11>7'],
  ['sync backwards and forwards with gaps', all, '0>0 3>3 s0>4 2>6 3>7 s61>8 s11>9 13>11 s1>12'],
  ['sync and drop', all, '0>0 1>1 s5>2 6>3 s9>4 d10 11>5 d13 12>6 14>7'],
  ['wrap, 16 bits', [16], '65533>65533 65534>65534 65535>65535 0>0 1>1'],
  ['wrap, 15 bits', [15], '32766>32766 32767>32767 0>0 1>1'],
  ['wrap, 8 bits', [8], '254>254 255>255 0>0 1>1'],
  ['big jump forward', [16, 15], '0>0 1>1 1000>1000 1001>1001'],
  ['late ones after a big jump', [16], '4>4 3>3 65535>65535'],
  ['drop before a big jump', all, '0>0 d1 100>99 100>99 d103 101>100'],
  ['drop after a big jump', all, '0>0 1>1 d100 d103 101>100'],
  ['newer and older than the dropped one', all, '0>0 d2 3>2 4>3 1>1'],
  ['drop of a late one is ignored', all, '0>0 3>3 7>7 d6 8>8 6>6'],
  ['a dropped one stays dropped', all, '0>0 d1 2>1 1>x 2>1 1>x 3>2'],
  ['same output for the same old input', all, 's10>1 11>2 12>3 13>4 d14 15>5 12>3 13>4 15>5'],
  ['many drops at the start', all, `1>1 d2 d3 d4 d5 d6 d7 d8 d9 ${range(120, 127, n => `${n}>${n - 8}`)}`],
  ['many drops, then half the space ahead, 16 bits', [16], `1>1 d2 d3 d4 ${range(32760, 32800, n => `${n}>${n - 3}`)}`],
  ['many drops, then half the space ahead, 15 bits', [15], `1>1 d2 d3 d4 ${range(16380, 16400, n => `${n}>${n - 3}`)}`],
  ['drops around the wrap, 16 bits', [16], 's65530>1 65531>2 d65532 d65533 65534>3^65534 65535>4 0>5^0 d1 2>6 0>5'],
  ['drops around the wrap, 15 bits', [15], 's32762>1 32763>2 d32764^32764 d32765 32766>3 32767>4 0>5^0 d1^1 2>6 0>5'],
  ['drops around the wrap, 8 bits', [8], 's252>1 d253 d254 255>2 0>3 d1 2>4'],
  ['drops out of order', all, '0>0 d3 d2 d1 4>1'],
  ['drops out of order, the last one after a forward', all, '0>0 d3 d1 4>2 d2 5>3'],
  ['drops out of order with late inputs between', all, '10>10 d13 d12 11>11 14>12 d15 d17 16>13 18>14'],
  ['a drop of what was forwarded is ignored, also after a newer drop', all, '0>0 d1 2>1 d4 d2 5>3 2>1'],
  ['a number dropped twice counts once', all, '0>0 d1 d1 d2 d1 3>1'],
  ['drops of the cycle before are forgotten, 3 bits', [3], '1>1 d2 3>2 4>3 5>4 6>5 7>6 0>7 1>0 2>1 3>2'],
  ['drops go out of range, 16 bits', [16], '36960>36960 d3328 24589>24588 d120 3328>x d30848 120>120'],
];

describe('SequenceManager', () => {
  it.each(traces)('%s', (_, widths, trace) => {
    for (const bits of widths) for (const initialOutput of [0, 1, 1000, 2 ** bits - 3]) run(bits, initialOutput, trace);
  });

  it.each([16, 15, 8])('follows several cycles of %i bits', bits => {
    const manager = new SequenceManager(bits, 5);
    const mask = 2 ** bits - 1;
    manager.sync(mask);
    let wrong = 0;
    for (let i = 0; i < 3 * 2 ** bits; i++) {
      const expected = (i + 6) & mask;
      if (manager.input(i & mask) !== expected) wrong++;
      if (manager.maxInput !== (i & mask) || manager.maxOutput !== expected) wrong++;
    }
    expect(wrong).toBe(0);
  });

  it('stays contiguous over several cycles with every third number dropped', () => {
    const manager = new SequenceManager(16, 0);
    let sent = 0;
    let wrong = 0;
    for (let i = 0; i < 300_000; i++) {
      if (i % 3 === 1) manager.drop(i & 0xffff);
      else if (manager.input(i & 0xffff) !== (sent++ & 0xffff)) wrong++;
    }
    expect(wrong).toBe(0);
  });

  it('counts half the space as the reference does: the smaller number is ahead', () => {
    for (const bits of [16, 15, 8, 3]) {
      const manager = new SequenceManager(bits);
      const half = 2 ** (bits - 1);
      expect(manager.isHigher(0, half)).toBe(true);
      expect(manager.isHigher(half, 0)).toBe(false);
      expect(manager.isLower(half, 0)).toBe(true);
      expect(manager.isHigher(0, half + 1)).toBe(true);
      expect(manager.isHigher(half - 1, 0)).toBe(true);
      expect(manager.isHigher(7, 7) || manager.isLower(7, 7)).toBe(false);
    }
  });

  // Not with 3 bits, where most numbers are half the space apart from some other and no order is right.
  it('does what the plainest implementation does', () => {
    const step = fc.tuple(fc.constantFrom('input', 'input', 'input', 'drop', 'drop', 'sync', 'jump'), fc.integer({ min: -6, max: 12 }), fc.nat(65535)); // prettier-ignore
    fc.assert(
      fc.property(fc.constantFrom(8, 15, 16), fc.nat(65535), fc.array(step, { maxLength: 400 }), (bits, start, steps) => {
        const mask = 2 ** bits - 1;
        const manager = new SequenceManager(bits, start & mask);
        const model = new PlainSequenceManager(bits, start & mask);
        let at = start;
        for (const [kind, distance, anywhere] of steps) {
          if (kind === 'jump') at = anywhere;
          else at += distance;
          const number = at & mask;
          if (kind === 'drop') {
            manager.drop(number);
            model.drop(number);
          } else if (kind === 'sync') {
            manager.sync(number);
            model.sync(number);
          } else {
            expect(manager.input(number)).toBe(model.input(number));
          }
          expect([manager.maxInput, manager.maxOutput]).toEqual([model.maxInput, model.maxOutput]);
        }
      }),
      { numRuns: 500 },
    );
  }); // prettier-ignore
});

/** The rules, with nothing done about speed. */
class PlainSequenceManager {
  started = false;
  base = 0;
  maxInput = 0;
  maxDropped = 0;
  maxForwarded = 0;
  highestOutput = 0;
  dropped: number[] = [];

  readonly bits: number;
  readonly initialOutput: number;

  constructor(bits: number, initialOutput: number) {
    this.bits = bits;
    this.initialOutput = initialOutput;
  }

  get maxOutput(): number {
    return this.wrap(this.highestOutput + this.initialOutput);
  }

  wrap(number: number): number {
    return number & (2 ** this.bits - 1);
  }

  isHigher(a: number, b: number): boolean {
    const half = Math.floor((2 ** this.bits - 1) / 2);
    return (a > b && a - b <= half) || (b > a && b - a > half);
  }

  sync(input: number): void {
    this.base = this.wrap(this.highestOutput - input);
    this.maxInput = input;
    this.dropped = [];
  }

  drop(input: number): void {
    if (this.isHigher(input, this.maxInput)) {
      this.maxInput = input;
      this.maxDropped = input;
    } else if (!(this.maxInput === this.maxDropped && this.isHigher(input, this.maxForwarded))) {
      return;
    }
    const index = this.lowerBound(input);
    if (this.dropped[index] !== input) this.dropped.splice(index, 0, input);
    this.clearDropped();
  }

  input(input: number): number {
    let base = this.base;
    if (this.dropped.length > 0) {
      if (this.started && this.isHigher(input, this.maxInput)) this.maxInput = this.maxForwarded = input;
      this.clearDropped();
      const index = this.lowerBound(input);
      if (this.dropped[index] === input) return -1;
      base = this.base - index;
    }
    const output = this.wrap(input + base);
    if (!this.started) {
      this.started = true;
      this.maxInput = this.maxForwarded = input;
      this.highestOutput = output;
    } else {
      if (this.isHigher(input, this.maxInput)) this.maxInput = this.maxForwarded = input;
      if (this.isHigher(output, this.highestOutput)) this.highestOutput = output;
    }
    return this.wrap(output + this.initialOutput);
  }

  clearDropped(): void {
    while (this.dropped.length > 0 && this.isHigher(this.dropped[0], this.maxInput)) {
      this.dropped.shift();
      this.base = this.wrap(this.base - 1);
    }
  }

  /** Index of the first dropped number that is not lower, by binary search: exact even where the order is not total. */
  lowerBound(input: number): number {
    let [first, count] = [0, this.dropped.length];
    while (count > 0) {
      const half = count >> 1;
      const number = this.dropped[first + half];
      const isLower = number !== input && this.isHigher(input, number);
      [first, count] = isLower ? [first + half + 1, count - half - 1] : [first, half];
    }
    return first;
  }
}
