import { BLOCK, DIGESTS, DIGEST_STRIDE, LANES, LANE_LENGTH, STATE, TAILS, TAIL_LENGTH } from './layout';
import { copyShort } from './xor';

const SHA1_BLOCK: u32 = 64;
/** Bytes from the inner to the outer chaining variables of a key. */
const OUTER: usize = 20;
const DIGEST_BITS: i32 = (64 + 20) * 8;

/**
 * HMAC-SHA1 (RFC 2104) of four packets at once, one per 32 bit lane of a vector. A lane of LANES says which packet:
 *
 * ```
 *   0        4        8       12      16
 *   | packet | length | key   | word  |
 * ```
 *
 * The message is packet[0, length) and the four bytes `word` as they lie there: the rollover counter (RFC 3711 §4.2).
 * `key` is what `hmacSha1Key` wrote. The digests are left in DIGESTS. Lanes may have different lengths; what the call
 * costs is the longest one.
 */
export function hmacSha1(): void {
  const blocks0 = prepareTail(0), blocks1 = prepareTail(1), blocks2 = prepareTail(2), blocks3 = prepareTail(3);
  const blocks = max(max(blocks0, blocks1), max(blocks2, blocks3));
  const perLane = vector(blocks0, blocks1, blocks2, blocks3);
  loadKeys(0);
  for (let block: u32 = 0; block < blocks; block++) {
    const running = i32x4.gt_s(perLane, i32x4.splat(block));
    compress(blockOf(0, block), blockOf(1, block), blockOf(2, block), blockOf(3, block), running);
  }
  hashDigests();
  for (let lane: usize = 0; lane < 4; lane++) {
    for (let word: usize = 0; word < 5; word++) {
      store<u32>(DIGESTS + lane * DIGEST_STRIDE + word * 4, bswap(load<u32>(STATE + word * 16 + lane * 4)));
    }
  }
}

/** Writes the chaining variables after the first block of the inner and of the outer hash: 40 bytes to `target`. */
export function hmacSha1Key(target: usize, key: usize, keyLength: usize): void {
  startKey(target, key, keyLength, 0x3636363636363636);
  startKey(target + OUTER, key, keyLength, 0x5c5c5c5c5c5c5c5c);
}

function startKey(target: usize, key: usize, keyLength: usize, pad: u64): void {
  for (let i: usize = 0; i < 64; i += 8) store<u64>(BLOCK + i, pad);
  for (let i: usize = 0; i < keyLength; i++) store<u8>(BLOCK + i, load<u8>(BLOCK + i) ^ load<u8>(key + i));
  // FIPS 180-4 §5.3.1
  v128.store(STATE, i32x4.splat(0x67452301));
  v128.store(STATE, i32x4.splat(0xefcdab89), 16);
  v128.store(STATE, i32x4.splat(0x98badcfe), 32);
  v128.store(STATE, i32x4.splat(0x10325476), 48);
  v128.store(STATE, i32x4.splat(0xc3d2e1f0), 64);
  compress(BLOCK, BLOCK, BLOCK, BLOCK, i32x4.splat(-1));
  for (let word: usize = 0; word < 5; word++) store<u32>(target + word * 4, load<u32>(STATE + word * 16));
}

/** Writes what follows the last whole block of a lane's packet: its rest, the word, the padding. Number of blocks. */
function prepareTail(lane: usize): u32 {
  const packet = load<u32>(LANES + lane * LANE_LENGTH);
  const length = load<u32>(LANES + lane * LANE_LENGTH, 4);
  const tail = TAILS + lane * TAIL_LENGTH;
  const rest = length & 63;
  copyShort(tail, packet + (length - rest), rest);
  let end = tail + rest;
  store<u32>(end, load<u32>(LANES + lane * LANE_LENGTH, 12));
  const blocks = (length + 4 + 8 + SHA1_BLOCK) / SHA1_BLOCK;
  const messageEnd = tail + ((blocks - length / SHA1_BLOCK) * SHA1_BLOCK) - 8;
  store<u8>(end + 4, 0x80);
  for (end += 5; end < messageEnd; end++) store<u8>(end, 0);
  // The first block was the key's. FIPS 180-4 §5.1.1
  store<u64>(messageEnd, bswap<u64>(((SHA1_BLOCK + length + 4) as u64) << 3));
  return blocks;
}

/** Where a lane's block is: in the packet, or in its tail. What a lane reads behind its end is not used. */
// @ts-ignore: decorator
@inline
function blockOf(lane: usize, block: u32): usize {
  const whole = load<u32>(LANES + lane * LANE_LENGTH, 4) / SHA1_BLOCK;
  return block < whole
    ? ((load<u32>(LANES + lane * LANE_LENGTH) + block * SHA1_BLOCK) as usize)
    : TAILS + lane * TAIL_LENGTH + (((block - whole) * SHA1_BLOCK) as usize);
}

/** Makes STATE the chaining variables at `offset` in each lane's key. */
function loadKeys(offset: usize): void {
  for (let word: usize = 0; word < 5; word++) {
    for (let lane: usize = 0; lane < 4; lane++) {
      const key = (load<u32>(LANES + lane * LANE_LENGTH, 8) as usize) + offset;
      store<u32>(STATE + word * 16 + lane * 4, load<u32>(key + word * 4));
    }
  }
}

/** The outer hash: of the digests in STATE, into STATE. */
function hashDigests(): void {
  const w0 = v128.load(STATE), w1 = v128.load(STATE, 16), w2 = v128.load(STATE, 32);
  const w3 = v128.load(STATE, 48), w4 = v128.load(STATE, 64);
  loadKeys(OUTER);
  const zero = i32x4.splat(0);
  rounds(w0, w1, w2, w3, w4, i32x4.splat(0x80000000), zero, zero, zero, zero, zero, zero, zero, zero, zero,
    i32x4.splat(DIGEST_BITS), i32x4.splat(-1));
}

/** Takes one block of each lane into STATE, where `running` has ones. */
function compress(p0: usize, p1: usize, p2: usize, p3: usize, running: v128): void {
  let a = words(p0), b = words(p1), c = words(p2), d = words(p3);
  let ab = lowHalves(a, b), cd = lowHalves(c, d), AB = highHalves(a, b), CD = highHalves(c, d);
  const w0 = evenWords(ab, cd), w1 = oddWords(ab, cd), w2 = evenWords(AB, CD), w3 = oddWords(AB, CD);
  a = words(p0 + 16); b = words(p1 + 16); c = words(p2 + 16); d = words(p3 + 16);
  ab = lowHalves(a, b); cd = lowHalves(c, d); AB = highHalves(a, b); CD = highHalves(c, d);
  const w4 = evenWords(ab, cd), w5 = oddWords(ab, cd), w6 = evenWords(AB, CD), w7 = oddWords(AB, CD);
  a = words(p0 + 32); b = words(p1 + 32); c = words(p2 + 32); d = words(p3 + 32);
  ab = lowHalves(a, b); cd = lowHalves(c, d); AB = highHalves(a, b); CD = highHalves(c, d);
  const w8 = evenWords(ab, cd), w9 = oddWords(ab, cd), w10 = evenWords(AB, CD), w11 = oddWords(AB, CD);
  a = words(p0 + 48); b = words(p1 + 48); c = words(p2 + 48); d = words(p3 + 48);
  ab = lowHalves(a, b); cd = lowHalves(c, d); AB = highHalves(a, b); CD = highHalves(c, d);
  const w12 = evenWords(ab, cd), w13 = oddWords(ab, cd), w14 = evenWords(AB, CD), w15 = oddWords(AB, CD);
  rounds(w0, w1, w2, w3, w4, w5, w6, w7, w8, w9, w10, w11, w12, w13, w14, w15, running);
}

/**
 * The 80 rounds of SHA-1 (FIPS 180-4 §6.1.2) over STATE. Each round is written out, with the names moving on instead of
 * the values: all 21 variables stay in registers, which makes it a third faster than with the words in memory.
 */
// @ts-ignore: decorator
@inline
function rounds(
  w0: v128, w1: v128, w2: v128, w3: v128, w4: v128, w5: v128, w6: v128, w7: v128,
  w8: v128, w9: v128, w10: v128, w11: v128, w12: v128, w13: v128, w14: v128, w15: v128,
  running: v128,
): void {
  const K0 = i32x4.splat(0x5a827999), K1 = i32x4.splat(0x6ed9eba1);
  const K2 = i32x4.splat(0x8f1bbcdc), K3 = i32x4.splat(0xca62c1d6);
  const ha = v128.load(STATE), hb = v128.load(STATE, 16), hc = v128.load(STATE, 32);
  const hd = v128.load(STATE, 48), he = v128.load(STATE, 64);
  let a = ha, b = hb, c = hc, d = hd, e = he;

  e = round(e, K0, w0, choose(b, c, d), a); b = rotate30(b);
  d = round(d, K0, w1, choose(a, b, c), e); a = rotate30(a);
  c = round(c, K0, w2, choose(e, a, b), d); e = rotate30(e);
  b = round(b, K0, w3, choose(d, e, a), c); d = rotate30(d);
  a = round(a, K0, w4, choose(c, d, e), b); c = rotate30(c);
  e = round(e, K0, w5, choose(b, c, d), a); b = rotate30(b);
  d = round(d, K0, w6, choose(a, b, c), e); a = rotate30(a);
  c = round(c, K0, w7, choose(e, a, b), d); e = rotate30(e);
  b = round(b, K0, w8, choose(d, e, a), c); d = rotate30(d);
  a = round(a, K0, w9, choose(c, d, e), b); c = rotate30(c);
  e = round(e, K0, w10, choose(b, c, d), a); b = rotate30(b);
  d = round(d, K0, w11, choose(a, b, c), e); a = rotate30(a);
  c = round(c, K0, w12, choose(e, a, b), d); e = rotate30(e);
  b = round(b, K0, w13, choose(d, e, a), c); d = rotate30(d);
  a = round(a, K0, w14, choose(c, d, e), b); c = rotate30(c);
  e = round(e, K0, w15, choose(b, c, d), a); b = rotate30(b);
  w0 = schedule(w13, w8, w2, w0); d = round(d, K0, w0, choose(a, b, c), e); a = rotate30(a);
  w1 = schedule(w14, w9, w3, w1); c = round(c, K0, w1, choose(e, a, b), d); e = rotate30(e);
  w2 = schedule(w15, w10, w4, w2); b = round(b, K0, w2, choose(d, e, a), c); d = rotate30(d);
  w3 = schedule(w0, w11, w5, w3); a = round(a, K0, w3, choose(c, d, e), b); c = rotate30(c);
  w4 = schedule(w1, w12, w6, w4); e = round(e, K1, w4, parity(b, c, d), a); b = rotate30(b);
  w5 = schedule(w2, w13, w7, w5); d = round(d, K1, w5, parity(a, b, c), e); a = rotate30(a);
  w6 = schedule(w3, w14, w8, w6); c = round(c, K1, w6, parity(e, a, b), d); e = rotate30(e);
  w7 = schedule(w4, w15, w9, w7); b = round(b, K1, w7, parity(d, e, a), c); d = rotate30(d);
  w8 = schedule(w5, w0, w10, w8); a = round(a, K1, w8, parity(c, d, e), b); c = rotate30(c);
  w9 = schedule(w6, w1, w11, w9); e = round(e, K1, w9, parity(b, c, d), a); b = rotate30(b);
  w10 = schedule(w7, w2, w12, w10); d = round(d, K1, w10, parity(a, b, c), e); a = rotate30(a);
  w11 = schedule(w8, w3, w13, w11); c = round(c, K1, w11, parity(e, a, b), d); e = rotate30(e);
  w12 = schedule(w9, w4, w14, w12); b = round(b, K1, w12, parity(d, e, a), c); d = rotate30(d);
  w13 = schedule(w10, w5, w15, w13); a = round(a, K1, w13, parity(c, d, e), b); c = rotate30(c);
  w14 = schedule(w11, w6, w0, w14); e = round(e, K1, w14, parity(b, c, d), a); b = rotate30(b);
  w15 = schedule(w12, w7, w1, w15); d = round(d, K1, w15, parity(a, b, c), e); a = rotate30(a);
  w0 = schedule(w13, w8, w2, w0); c = round(c, K1, w0, parity(e, a, b), d); e = rotate30(e);
  w1 = schedule(w14, w9, w3, w1); b = round(b, K1, w1, parity(d, e, a), c); d = rotate30(d);
  w2 = schedule(w15, w10, w4, w2); a = round(a, K1, w2, parity(c, d, e), b); c = rotate30(c);
  w3 = schedule(w0, w11, w5, w3); e = round(e, K1, w3, parity(b, c, d), a); b = rotate30(b);
  w4 = schedule(w1, w12, w6, w4); d = round(d, K1, w4, parity(a, b, c), e); a = rotate30(a);
  w5 = schedule(w2, w13, w7, w5); c = round(c, K1, w5, parity(e, a, b), d); e = rotate30(e);
  w6 = schedule(w3, w14, w8, w6); b = round(b, K1, w6, parity(d, e, a), c); d = rotate30(d);
  w7 = schedule(w4, w15, w9, w7); a = round(a, K1, w7, parity(c, d, e), b); c = rotate30(c);
  w8 = schedule(w5, w0, w10, w8); e = round(e, K2, w8, majority(b, c, d), a); b = rotate30(b);
  w9 = schedule(w6, w1, w11, w9); d = round(d, K2, w9, majority(a, b, c), e); a = rotate30(a);
  w10 = schedule(w7, w2, w12, w10); c = round(c, K2, w10, majority(e, a, b), d); e = rotate30(e);
  w11 = schedule(w8, w3, w13, w11); b = round(b, K2, w11, majority(d, e, a), c); d = rotate30(d);
  w12 = schedule(w9, w4, w14, w12); a = round(a, K2, w12, majority(c, d, e), b); c = rotate30(c);
  w13 = schedule(w10, w5, w15, w13); e = round(e, K2, w13, majority(b, c, d), a); b = rotate30(b);
  w14 = schedule(w11, w6, w0, w14); d = round(d, K2, w14, majority(a, b, c), e); a = rotate30(a);
  w15 = schedule(w12, w7, w1, w15); c = round(c, K2, w15, majority(e, a, b), d); e = rotate30(e);
  w0 = schedule(w13, w8, w2, w0); b = round(b, K2, w0, majority(d, e, a), c); d = rotate30(d);
  w1 = schedule(w14, w9, w3, w1); a = round(a, K2, w1, majority(c, d, e), b); c = rotate30(c);
  w2 = schedule(w15, w10, w4, w2); e = round(e, K2, w2, majority(b, c, d), a); b = rotate30(b);
  w3 = schedule(w0, w11, w5, w3); d = round(d, K2, w3, majority(a, b, c), e); a = rotate30(a);
  w4 = schedule(w1, w12, w6, w4); c = round(c, K2, w4, majority(e, a, b), d); e = rotate30(e);
  w5 = schedule(w2, w13, w7, w5); b = round(b, K2, w5, majority(d, e, a), c); d = rotate30(d);
  w6 = schedule(w3, w14, w8, w6); a = round(a, K2, w6, majority(c, d, e), b); c = rotate30(c);
  w7 = schedule(w4, w15, w9, w7); e = round(e, K2, w7, majority(b, c, d), a); b = rotate30(b);
  w8 = schedule(w5, w0, w10, w8); d = round(d, K2, w8, majority(a, b, c), e); a = rotate30(a);
  w9 = schedule(w6, w1, w11, w9); c = round(c, K2, w9, majority(e, a, b), d); e = rotate30(e);
  w10 = schedule(w7, w2, w12, w10); b = round(b, K2, w10, majority(d, e, a), c); d = rotate30(d);
  w11 = schedule(w8, w3, w13, w11); a = round(a, K2, w11, majority(c, d, e), b); c = rotate30(c);
  w12 = schedule(w9, w4, w14, w12); e = round(e, K3, w12, parity(b, c, d), a); b = rotate30(b);
  w13 = schedule(w10, w5, w15, w13); d = round(d, K3, w13, parity(a, b, c), e); a = rotate30(a);
  w14 = schedule(w11, w6, w0, w14); c = round(c, K3, w14, parity(e, a, b), d); e = rotate30(e);
  w15 = schedule(w12, w7, w1, w15); b = round(b, K3, w15, parity(d, e, a), c); d = rotate30(d);
  w0 = schedule(w13, w8, w2, w0); a = round(a, K3, w0, parity(c, d, e), b); c = rotate30(c);
  w1 = schedule(w14, w9, w3, w1); e = round(e, K3, w1, parity(b, c, d), a); b = rotate30(b);
  w2 = schedule(w15, w10, w4, w2); d = round(d, K3, w2, parity(a, b, c), e); a = rotate30(a);
  w3 = schedule(w0, w11, w5, w3); c = round(c, K3, w3, parity(e, a, b), d); e = rotate30(e);
  w4 = schedule(w1, w12, w6, w4); b = round(b, K3, w4, parity(d, e, a), c); d = rotate30(d);
  w5 = schedule(w2, w13, w7, w5); a = round(a, K3, w5, parity(c, d, e), b); c = rotate30(c);
  w6 = schedule(w3, w14, w8, w6); e = round(e, K3, w6, parity(b, c, d), a); b = rotate30(b);
  w7 = schedule(w4, w15, w9, w7); d = round(d, K3, w7, parity(a, b, c), e); a = rotate30(a);
  w8 = schedule(w5, w0, w10, w8); c = round(c, K3, w8, parity(e, a, b), d); e = rotate30(e);
  w9 = schedule(w6, w1, w11, w9); b = round(b, K3, w9, parity(d, e, a), c); d = rotate30(d);
  w10 = schedule(w7, w2, w12, w10); a = round(a, K3, w10, parity(c, d, e), b); c = rotate30(c);
  w11 = schedule(w8, w3, w13, w11); e = round(e, K3, w11, parity(b, c, d), a); b = rotate30(b);
  w12 = schedule(w9, w4, w14, w12); d = round(d, K3, w12, parity(a, b, c), e); a = rotate30(a);
  w13 = schedule(w10, w5, w15, w13); c = round(c, K3, w13, parity(e, a, b), d); e = rotate30(e);
  w14 = schedule(w11, w6, w0, w14); b = round(b, K3, w14, parity(d, e, a), c); d = rotate30(d);
  w15 = schedule(w12, w7, w1, w15); a = round(a, K3, w15, parity(c, d, e), b); c = rotate30(c);

  v128.store(STATE, i32x4.add(ha, v128.and(a, running)));
  v128.store(STATE, i32x4.add(hb, v128.and(b, running)), 16);
  v128.store(STATE, i32x4.add(hc, v128.and(c, running)), 32);
  v128.store(STATE, i32x4.add(hd, v128.and(d, running)), 48);
  v128.store(STATE, i32x4.add(he, v128.and(e, running)), 64);
}

/** One round. The order of the additions matters: `a`, known last, is added last, so the rest need not wait for it. */
// @ts-ignore: decorator
@inline
function round(e: v128, k: v128, w: v128, f: v128, a: v128): v128 {
  const rotated = v128.or(i32x4.shl(a, 5), i32x4.shr_u(a, 27));
  return i32x4.add(i32x4.add(i32x4.add(i32x4.add(e, k), w), f), rotated);
}

// @ts-ignore: decorator
@inline
function schedule(w3: v128, w8: v128, w14: v128, w16: v128): v128 {
  const mixed = v128.xor(v128.xor(w3, w8), v128.xor(w14, w16));
  return v128.or(i32x4.add(mixed, mixed), i32x4.shr_u(mixed, 31));
}

// @ts-ignore: decorator
@inline
function rotate30(x: v128): v128 {
  return v128.or(i32x4.shl(x, 30), i32x4.shr_u(x, 2));
}

// @ts-ignore: decorator
@inline
function choose(x: v128, y: v128, z: v128): v128 {
  return v128.xor(z, v128.and(x, v128.xor(y, z)));
}

// @ts-ignore: decorator
@inline
function parity(x: v128, y: v128, z: v128): v128 {
  return v128.xor(v128.xor(y, z), x);
}

// @ts-ignore: decorator
@inline
function majority(x: v128, y: v128, z: v128): v128 {
  return v128.or(v128.and(x, y), v128.and(z, v128.or(x, y)));
}

// @ts-ignore: decorator
@inline
function vector(a: u32, b: u32, c: u32, d: u32): v128 {
  return i32x4.replace_lane(i32x4.replace_lane(i32x4.replace_lane(i32x4.splat(a), 1, b), 2, c), 3, d);
}

// Four big endian words of each of four lanes become four vectors of one word of all lanes.

// @ts-ignore: decorator
@inline
function words(pointer: usize): v128 {
  const bytes = v128.load(pointer);
  return v128.shuffle<u8>(bytes, bytes, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

// @ts-ignore: decorator
@inline
function lowHalves(x: v128, y: v128): v128 {
  return v128.shuffle<u32>(x, y, 0, 4, 1, 5);
}

// @ts-ignore: decorator
@inline
function highHalves(x: v128, y: v128): v128 {
  return v128.shuffle<u32>(x, y, 2, 6, 3, 7);
}

// @ts-ignore: decorator
@inline
function evenWords(x: v128, y: v128): v128 {
  return v128.shuffle<u64>(x, y, 0, 2);
}

// @ts-ignore: decorator
@inline
function oddWords(x: v128, y: v128): v128 {
  return v128.shuffle<u64>(x, y, 1, 3);
}
