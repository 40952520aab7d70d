// What packets of SRTP are worked on with, in WebAssembly with SIMD, over the worker's packet memory. Nothing here checks
// its arguments: `../srtp-kernel.ts` does, before each call.
export { counterModeBlocks, gcmBlocks } from './counters';
export { gcmTag, ghashTable } from './ghash';
export { hmacSha1, hmacSha1Key } from './hmac-sha1';
export { copyShort, xor } from './xor';
