/**
 * Where the kernels keep what they work with, in the part of packet memory that is never handed out as slots. Nothing
 * there is kept from one call to the next. `../srtp-kernel.ts` uses the same numbers; a test compares them.
 */

/** Four lanes of LANE_LENGTH bytes: the packets to authenticate. Written by the caller. */
export const LANES: usize = 1024;
export const LANE_LENGTH: usize = 16;
/** Four digests of DIGEST_STRIDE bytes: what `hmacSha1` computes. */
export const DIGESTS: usize = 1280;
export const DIGEST_STRIDE: usize = 32;
/** The last two SHA-1 blocks of each lane. */
export const TAILS: usize = 1536;
export const TAIL_LENGTH: usize = 128;
/** Chaining variables of four lanes, transposed: word i of all lanes at i * 16. */
export const STATE: usize = 2048;
/** One block, or what is left of one. */
export const BLOCK: usize = 2304;
