import { NO_REWRITE } from './encoding-context.js';
import { rewriteVp8, VP8_REWRITTEN_LENGTH } from './vp8.js';

/**
 * How a Consumer's copy of a payload gets its own numbers: the first `rewrittenLength` bytes of the stored payload are
 * copied, and `rewritePayload` is called on the copy. `rewrite` is what `EncodingContext.process` left for the packet.
 * Of all codecs only VP8 needs it.
 */

/** The most bytes at the start of a payload that are ever rewritten. */
export const REWRITTEN_MAX_LENGTH = VP8_REWRITTEN_LENGTH;

/** How many bytes at the start of the payload are affected; 0 for NO_REWRITE. */
export function rewrittenLength(rewrite: number): number {
  return rewrite === NO_REWRITE ? 0 : VP8_REWRITTEN_LENGTH;
}

/** Rewrites the payload that starts at bytes[offset]. */
export function rewritePayload(bytes: Uint8Array, offset: number, rewrite: number): void {
  if (rewrite !== NO_REWRITE) rewriteVp8(bytes, offset, rewrite);
}
