import { type DataChunk } from '../chunks/data-chunk.js';
import { type SkippedStream } from '../chunks/forward-tsn-chunk.js';

/** All incoming streams, with or without message interleaving. TSNs are unwrapped. */
export interface ReassemblyStreams {
  add(chunk: DataChunk, tsn: number): void;
  skipTo(tsn: number, skippedStreams: readonly SkippedStream[]): void;
  /** @param streamIds Empty: all streams. */
  reset(streamIds: readonly number[]): void;
}
