/** target[i] = source[i] XOR keystream[i]; source and target may be the same. Touches exactly `length` bytes. */
export function xor(target: usize, source: usize, keystream: usize, length: usize): void {
  const end = target + length;
  while (target + 32 <= end) {
    v128.store(target, v128.xor(v128.load(source), v128.load(keystream)));
    v128.store(target, v128.xor(v128.load(source, 16), v128.load(keystream, 16)), 16);
    target += 32;
    source += 32;
    keystream += 32;
  }
  while (target + 8 <= end) {
    store<u64>(target, load<u64>(source) ^ load<u64>(keystream));
    target += 8;
    source += 8;
    keystream += 8;
  }
  while (target < end) {
    store<u8>(target, load<u8>(source) ^ load<u8>(keystream));
    target += 1;
    source += 1;
    keystream += 1;
  }
}

/** Copies exactly `length` bytes. For short pieces: a call of memory.copy costs more than it saves. */
export function copyShort(target: usize, source: usize, length: usize): void {
  const end = target + length;
  while (target + 8 <= end) {
    store<u64>(target, load<u64>(source));
    target += 8;
    source += 8;
  }
  while (target < end) {
    store<u8>(target, load<u8>(source));
    target += 1;
    source += 1;
  }
}
