import { BLOCK } from './layout';

/** Bytes of a key's table: for each of the 32 nibbles of a block, the products of its 16 values with the hash key. */
export const GHASH_TABLE_LENGTH: usize = 32 * 16 * 16;

/**
 * Fills the table of a hash key (NIST SP 800-38D §6.3, 6.4): the product of a block with the key is the XOR of one entry
 * per nibble. Nibbles lie in the order that they are looked up in: of each byte first the lower, then the upper one.
 *
 * @param key 16 bytes: the encrypted block of zeros
 */
export function ghashTable(table: usize, key: usize): void {
  // A block is a polynomial, its coefficients starting with the highest bit of the first byte. key * x^k, k = 0..127:
  let high = bswap(load<u64>(key));
  let low = bswap(load<u64>(key, 8));
  for (let byte: usize = 0; byte < 16; byte++) {
    for (let upper: usize = 1; upper < 2; upper--) {
      const entries = table + (byte * 2 + upper) * 256;
      store<u64>(entries, 0);
      store<u64>(entries, 0, 8);
      for (let bit: usize = 8; bit > 0; bit >>= 1) {
        store<u64>(entries + bit * 16, bswap(high));
        store<u64>(entries + bit * 16, bswap(low), 8);
        const carry = low & 1;
        low = (low >> 1) | (high << 63);
        high = (high >> 1) ^ (carry * 0xe100000000000000);
      }
      // What has several bits is the sum of what has fewer.
      for (let value: usize = 3; value < 16; value++) {
        const lowest = value & (0 - value);
        if (lowest === value) continue;
        const sum = v128.xor(v128.load(entries + lowest * 16), v128.load(entries + (value - lowest) * 16));
        v128.store(entries + value * 16, sum);
      }
    }
  }
}

/**
 * The tag of an AES-GCM packet (NIST SP 800-38D §7.1): GHASH over the associated data packet[0, headerLength) and the
 * ciphertext packet[headerLength, length), XOR `mask`, the first block of the keystream. Writes 16 bytes to `target`.
 */
export function gcmTag(target: usize, table: usize, packet: usize, headerLength: u32, length: u32, mask: usize): void {
  let hash = absorb(table, i64x2.splat(0), packet, headerLength);
  hash = absorb(table, hash, packet + headerLength, length - headerLength);
  store<u64>(BLOCK, bswap((headerLength as u64) << 3));
  store<u64>(BLOCK, bswap(((length - headerLength) as u64) << 3), 8);
  hash = multiply(table, v128.xor(hash, v128.load(BLOCK)));
  v128.store(target, v128.xor(hash, v128.load(mask)));
}

/** Takes bytes, padded with zeros to whole blocks, into the hash. */
function absorb(table: usize, hash: v128, bytes: usize, length: u32): v128 {
  for (; length >= 16; length -= 16, bytes += 16) hash = multiply(table, v128.xor(hash, v128.load(bytes)));
  if (length === 0) return hash;
  v128.store(BLOCK, i64x2.splat(0));
  for (let i: usize = 0; i < length; i++) store<u8>(BLOCK + i, load<u8>(bytes + i));
  return multiply(table, v128.xor(hash, v128.load(BLOCK)));
}

// @ts-ignore: decorator
@inline
function multiply(table: usize, block: v128): v128 {
  // Four sums that do not wait for each other.
  return v128.xor(
    v128.xor(quarter(table, i32x4.extract_lane(block, 0)), quarter(table + 2048, i32x4.extract_lane(block, 1))),
    v128.xor(quarter(table + 4096, i32x4.extract_lane(block, 2)), quarter(table + 6144, i32x4.extract_lane(block, 3))),
  );
}

// @ts-ignore: decorator
@inline
function quarter(table: usize, word: u32): v128 {
  const bytes01 = v128.xor(
    v128.xor(v128.load(table + ((word << 4) & 0xf0)), v128.load(table + (word & 0xf0), 256)),
    v128.xor(v128.load(table + ((word >> 4) & 0xf0), 512), v128.load(table + ((word >> 8) & 0xf0), 768)),
  );
  const bytes23 = v128.xor(
    v128.xor(v128.load(table + ((word >> 12) & 0xf0), 1024), v128.load(table + ((word >> 16) & 0xf0), 1280)),
    v128.xor(v128.load(table + ((word >> 20) & 0xf0), 1536), v128.load(table + ((word >> 24) & 0xf0), 1792)),
  );
  return v128.xor(bytes01, bytes23);
}
