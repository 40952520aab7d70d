/** What FORWARD TSN and I-FORWARD-TSN say: the receiver shall no longer wait for TSNs up to a new cumulative one. */
export interface ForwardTsnChunk {
  readonly newCumulativeTsn: number;
  readonly skippedStreams: readonly SkippedStream[];
}

/** A stream of which messages are skipped. */
export interface SkippedStream {
  readonly streamId: number;
  /** Of its unordered messages. Always false in FORWARD TSN, which needs not list them. */
  readonly unordered: boolean;
  /** The last message skipped: its message identifier in I-FORWARD-TSN, its stream sequence number in FORWARD TSN. */
  readonly messageId: number;
}
