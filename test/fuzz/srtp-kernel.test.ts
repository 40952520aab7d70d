import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PacketMemory } from '../../src/common/packet-memory.js';
import { SrtpKernel } from '../../src/srtp/kernel/srtp-kernel.js';

const memory = new PacketMemory(1024 * 1024);
const kernel = SrtpKernel.create(memory)!;
const key = kernel.createHmacKey(new Uint8Array(20));
const table = kernel.createGhashTable(new Uint8Array(16));
const size = memory.bytes.length;
const aes = { update: (blocks: Uint8Array): Uint8Array => new Uint8Array(blocks.length) };
const iv = new Uint8Array(16);

/** Where nothing else of this test lies. */
const FREE = memory.allocate(68_000);

/** Offsets and lengths right, near the limits, and absurd. */
const numbers = fc.oneof(
  fc.integer({ min: 0, max: 2000 }),
  fc.integer({ min: size - 100, max: size + 100 }),
  fc.constantFrom(-1, NaN, Infinity, -Infinity, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53, -(2 ** 31)),
);

const calls = fc.oneof(
  fc.tuple(numbers, numbers, numbers, numbers).map(args => () => kernel.xor(args[0], args[1], args[2], args[3])),
  fc
    .tuple(fc.integer({ min: -2, max: 6 }), numbers, numbers, fc.oneof(numbers, fc.constant(key)), numbers)
    .map(args => () => kernel.setLane(...args)),
  fc
    .tuple(fc.oneof(numbers, fc.constant(table)), numbers, numbers, numbers, numbers)
    .map(args => () => void kernel.gcmTag(...args)),
  fc.tuple(numbers, numbers, numbers, numbers, numbers).map(
    ([roc, seq, packets, blocks, to]) =>
      () =>
        kernel.fillKeystream(aes, 'gcmBlocks', iv, roc, seq, packets, blocks, to),
  ),
  fc.tuple(numbers, numbers, numbers, numbers, numbers, numbers).map(args => () => kernel.xorSegments(...args)),
  fc.nat({ max: 100 }).map(length => () => void kernel.createHmacKey(new Uint8Array(length))),
  fc.nat({ max: 40 }).map(length => () => void kernel.createGhashTable(new Uint8Array(length))),
);

it('the kernels refuse what does not lie in packet memory, and work on', () => {
  for (let lane = 0; lane < 4; lane++) kernel.setLane(lane, FREE, 100, key, 0);
  let refused = 0;
  fc.assert(
    fc.property(calls, call => {
      try {
        call();
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
        refused++;
      }
      kernel.hashLanes();
    }),
    { numRuns: 5000 },
  );
  expect(refused).toBeGreaterThan(500);
});
