/**
 * Writes the counter blocks of AES-CM (RFC 3711 §4.1.1) for `packets` packets with consecutive indexes, `blocks` each.
 *
 * ```
 *   0                         8                   14     16
 *   | salt XOR (SSRC << 64) XOR (index << 16)     | block |      big endian
 * ```
 *
 * @param iv the 16 bytes of salt XOR SSRC
 * @param indexHigh the upper 32 of the 48 bits of the first packet's index: its rollover counter
 * @param indexLow the lower 16: its sequence number
 */
export function counterModeBlocks(
  target: usize,
  iv: usize,
  indexHigh: u32,
  indexLow: u32,
  packets: u32,
  blocks: u32,
): void {
  const base = v128.load(iv);
  let index = ((indexHigh as u64) << 16) | indexLow;
  for (; packets > 0; packets--, index++) {
    let counter = index << 16;
    for (let block = blocks; block > 0; block--, counter++, target += 16) {
      const swapped = bigEndian(i64x2.splat(0), i64x2.splat(counter));
      v128.store(target, v128.xor(base, swapped));
    }
  }
}

/**
 * The same for AES-GCM (RFC 7714 §8.1). Block 1 masks the tag, the payload starts with block 2.
 *
 * ```
 *   0                                              12     16
 *   | salt XOR (0, SSRC, rollover counter, sequence) | block |   big endian
 * ```
 */
export function gcmBlocks(
  target: usize,
  iv: usize,
  indexHigh: u32,
  indexLow: u32,
  packets: u32,
  blocks: u32,
): void {
  const base = v128.load(iv);
  let index = ((indexHigh as u64) << 16) | indexLow;
  for (; packets > 0; packets--, index++) {
    let counter = (index << 32) | 1;
    for (let block = blocks; block > 0; block--, counter++, target += 16) {
      const swapped = bigEndian(i64x2.splat(index >> 32), i64x2.splat(counter));
      v128.store(target, v128.xor(base, swapped));
    }
  }
}

/** The 128 bit number high << 64 | low as it lies in a big endian block. */
// @ts-ignore: decorator
@inline
function bigEndian(high: v128, low: v128): v128 {
  return v128.shuffle<u8>(high, low, 7, 6, 5, 4, 3, 2, 1, 0, 23, 22, 21, 20, 19, 18, 17, 16);
}
