import { SackChunk } from '../../../../src/sctp/chunks/sack.js';
import { AckState, Plan } from '../../../../src/sctp/sending/outstanding-chunk.js';
import { type OutstandingData } from '../../../../src/sctp/sending/outstanding-data.js';

/** A SACK with gap blocks as offsets from its cumulative TSN. */
export function sack(
  cumulativeTsn: number,
  blocks: readonly (readonly [number, number])[] = [],
  window = 1e6,
): SackChunk {
  const chunk = new SackChunk();
  chunk.cumulativeTsn = cumulativeTsn;
  chunk.advertisedReceiverWindow = window;
  for (const [start, end] of blocks) chunk.addGapBlock(start, end);
  return chunk;
}

/**
 * What is known of each outstanding TSN, one letter each: F in flight, N reported missing, R to be retransmitted, Q to be
 * retransmitted fast, A acknowledged, X abandoned. In front, the cumulative TSN.
 */
export function states(outstanding: OutstandingData): string {
  let letters = '';
  for (let tsn = outstanding.cumulativeTsn + 1; tsn < outstanding.nextTsn; tsn++) {
    const { ack, plan } = outstanding.chunk(tsn);
    if (plan === Plan.abandoned) letters += 'X';
    else if (plan === Plan.retransmit) letters += 'R';
    else if (plan === Plan.fastRetransmit) letters += 'Q';
    else if (ack === AckState.acked) letters += 'A';
    else if (ack === AckState.nacked) letters += 'N';
    else letters += 'F';
  }
  return `${outstanding.cumulativeTsn}:${letters}`;
}
