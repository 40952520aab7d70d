import { type ForwardTsnChunk, type SkippedStream } from '../chunks/forward-tsn-chunk.js';
import { type SackChunk } from '../chunks/sack.js';
import { padded } from '../tlv.js';
import { type Fragment, type OutgoingMessage } from './outgoing-message.js';
import { AckState, OutstandingChunk, Plan } from './outstanding-chunk.js';

export interface OutstandingDataEvents {
  /** Removes the rest of a message from the queue. True if there was some. */
  discardRest(message: OutgoingMessage): boolean;
  /** The receiver has the last fragment of a message, or was told not to wait for it. */
  onMessageDone(message: OutgoingMessage, isAbandoned: boolean): void;
}

/** Gap block offsets have 16 bits: what is farther from the cumulative TSN could not be acknowledged. */
export const MAX_OUTSTANDING_CHUNKS = 0xffff;

/** RFC 9260 §7.2.4: miss indications after which a chunk is taken for lost. */
const NACKS_FOR_RETRANSMISSION = 3;

/**
 * Chunks that were sent and are not cumulatively acknowledged (RFC 9260 §6.1 to §6.3, §7.2.4). TSNs are unwrapped: they
 * go on behind 2^32.
 */
export class OutstandingData {
  /** What the receiver has not acknowledged or reported missing. */
  inFlightPayloadBytes = 0;
  /** The same with chunk headers and padding: the flight size. */
  inFlightBytes = 0;
  inFlightChunks = 0;

  /** What the last SACK said, chunk bytes. */
  newlyAckedBytes = 0;
  /** The last SACK made chunks be taken for lost. */
  hasPacketLoss = false;

  /** Everything up to it is acknowledged. */
  cumulativeTsn: number;
  nextTsn: number;

  readonly #headerLength: number;
  readonly #isPartiallyReliable: boolean;
  readonly #events: OutstandingDataEvents;
  /** Ring by TSN. */
  #chunks: OutstandingChunk[] = newChunks(INITIAL_CAPACITY);

  /** Of chunks, retransmissions included. */
  #transmissions = 0;
  /** The latest transmission of what the last SACK newly acknowledged. */
  #latestNewlyAcked = 0;
  #retransmitCount = 0;
  #fastRetransmitCount = 0;
  /** No chunk before it is to be retransmitted. */
  #retransmitFrom: number;
  /** All chunks before it are abandoned. */
  #abandonedTo: number;
  /** A FORWARD TSN does not skip these together with what is before them, since streams were reset between. */
  readonly #resetBreakpoints = new Set<number>();

  /**
   * @param headerLength Of DATA or I-DATA.
   * @param isPartiallyReliable Messages may be given up.
   */
  constructor(initialTsn: number, headerLength: number, isPartiallyReliable: boolean, events: OutstandingDataEvents) {
    this.cumulativeTsn = initialTsn - 1;
    this.nextTsn = initialTsn;
    this.#retransmitFrom = initialTsn;
    this.#abandonedTo = initialTsn;
    this.#headerLength = headerLength;
    this.#isPartiallyReliable = isPartiallyReliable;
    this.#events = events;
  }

  get count(): number {
    return this.nextTsn - this.cumulativeTsn - 1;
  }

  get isEmpty(): boolean {
    return this.count === 0;
  }

  get highestTsn(): number {
    return this.nextTsn - 1;
  }

  get hasFastRetransmissions(): boolean {
    return this.#fastRetransmitCount > 0;
  }

  get hasRetransmissions(): boolean {
    return this.#retransmitCount > 0;
  }

  /** The chunk with an outstanding TSN. */
  chunk(tsn: number): OutstandingChunk {
    return this.#chunks[tsn & (this.#chunks.length - 1)];
  }

  /** What a fragment takes in a packet. */
  chunkLength(fragment: Fragment): number {
    return padded(this.#headerLength + fragment.length);
  }

  /** Gives a fragment the next TSN. False if it is not to be sent, because its message has expired meanwhile. */
  add(fragment: Fragment, now: number): boolean {
    const tsn = this.nextTsn;
    const chunk = this.#append(fragment.message!, fragment.offset, fragment.length, fragment.fsn, now);
    this.inFlightPayloadBytes += chunk.length;
    this.inFlightBytes += this.chunkLength(chunk);
    this.inFlightChunks++;
    if (!this.#isPartiallyReliable || !chunk.message!.hasExpired(now)) return true;
    this.#abandonMessage(this.chunk(tsn).message!);
    return false;
  }

  /**
   * Takes note of a SACK, whose TSNs were checked to be outstanding.
   *
   * @param cumulativeTsn Of the SACK, unwrapped.
   */
  handleSack(sack: SackChunk, cumulativeTsn: number, isInFastRecovery: boolean): void {
    const isAdvancing = cumulativeTsn > this.cumulativeTsn;
    this.newlyAckedBytes = 0;
    this.hasPacketLoss = false;
    this.#latestNewlyAcked = 0;
    let highestNewlyAcked = cumulativeTsn;

    this.#removeTo(cumulativeTsn);
    for (let i = 0; i < sack.gapBlockCount; i++) {
      const end = cumulativeTsn + sack.gapEnds[i];
      for (let tsn = cumulativeTsn + sack.gapStarts[i]; tsn <= end; tsn++) {
        if (this.#ack(this.chunk(tsn))) highestNewlyAcked = tsn;
      }
    }

    // RFC 9260 §7.2.4: a TSN is only missing if something behind it was newly acknowledged; or, in fast recovery, if the
    // SACK moves the cumulative TSN. What was sent again is only missing if something sent after that was: until then the
    // SACK may be older than its arrival.
    const lastGapEnd = sack.gapBlockCount === 0 ? 0 : sack.gapEnds[sack.gapBlockCount - 1];
    const nackTo = isInFastRecovery && isAdvancing ? cumulativeTsn + lastGapEnd : highestNewlyAcked;
    let missing = cumulativeTsn + 1;
    for (let i = 0; i < sack.gapBlockCount; i++) {
      const start = cumulativeTsn + sack.gapStarts[i];
      for (; missing < start && missing <= nackTo; missing++) {
        if (this.chunk(missing).transmission < this.#latestNewlyAcked) this.#nack(missing, false, !isInFastRecovery);
      }
      missing = cumulativeTsn + sack.gapEnds[i] + 1;
    }
  }

  /** Everything is taken for lost. */
  nackAll(): void {
    const end = this.nextTsn;
    for (let tsn = this.cumulativeTsn + 1; tsn < end; tsn++) this.#nack(tsn, true, false);
  }

  /**
   * The next chunk to be retransmitted, which is taken for sent.
   *
   * @param fromTsn No earlier one; 0: any.
   * @param maxLength That it may take in the packet.
   * @returns its TSN, or -1
   */
  takeRetransmission(fromTsn: number, maxLength: number): number {
    return this.#retransmitCount === 0 ? -1 : this.#take(Plan.retransmit, fromTsn, maxLength);
  }

  /** As `takeRetransmission`, of chunks to be retransmitted fast. */
  takeFastRetransmission(fromTsn: number, maxLength: number): number {
    return this.#fastRetransmitCount === 0 ? -1 : this.#take(Plan.fastRetransmit, fromTsn, maxLength);
  }

  /** Fast retransmission is over: what did not fit that packet goes as soon as the congestion window allows. */
  endFastRetransmission(): void {
    for (let tsn = this.#firstRetransmitTsn(); this.#fastRetransmitCount > 0 && tsn < this.nextTsn; tsn++) {
      const chunk = this.chunk(tsn);
      if (chunk.plan !== Plan.fastRetransmit) continue;
      chunk.plan = Plan.retransmit;
      this.#fastRetransmitCount--;
      this.#retransmitCount++;
    }
  }

  /**
   * Gives up messages that have expired. Only chunks reported missing are: others may have arrived. The first chunk that
   * is neither ends the search.
   */
  expire(now: number): void {
    for (;;) {
      const tsn = this.#firstNotAbandoned();
      if (tsn >= this.nextTsn) return;
      const chunk = this.chunk(tsn);
      if (chunk.ack !== AckState.nacked || !chunk.message!.hasExpired(now)) return;
      this.#abandonMessage(chunk.message!);
    }
  }

  /** The receiver waits for something that was given up. */
  get hasAbandonedToSkip(): boolean {
    return this.#firstNotAbandoned() > this.cumulativeTsn + 1;
  }

  /**
   * What the receiver shall not wait for.
   *
   * @param perMessage Lists also unordered messages, as I-FORWARD-TSN does.
   * @param maxStreams That it may list: if there are more it goes less far.
   */
  forwardTsn(perMessage: boolean, maxStreams: number): ForwardTsnChunk {
    const skipped = new Map<number, SkippedStream>();
    const end = this.#firstNotAbandoned();
    let tsn = this.cumulativeTsn + 1;
    for (; tsn < end && !this.#resetBreakpoints.has(tsn); tsn++) {
      const { streamId, unordered, messageId, ssn } = this.chunk(tsn).message!;
      if (unordered && !perMessage) continue;
      const key = unordered ? streamId + 0x10000 : streamId;
      if (skipped.size === maxStreams && !skipped.has(key)) break;
      // Messages of a stream are sent one after another: the last one has the highest number.
      skipped.set(key, { streamId, unordered, messageId: perMessage ? messageId : ssn });
    }
    return { newCumulativeTsn: (tsn - 1) >>> 0, skippedStreams: [...skipped.values()] };
  }

  /** Streams start from the beginning with the next TSN. */
  beginReset(): void {
    this.#resetBreakpoints.add(this.nextTsn);
  }

  /** When a chunk was sent (ms), if it was sent once; otherwise NaN (Karn's algorithm, RFC 9260 §6.3.1 C5). */
  sentOnceAt(tsn: number): number {
    if (tsn <= this.cumulativeTsn || tsn >= this.nextTsn) return NaN;
    const chunk = this.chunk(tsn);
    return chunk.retransmissions > 0 || chunk.isAbandoned ? NaN : chunk.sentAt;
  }

  #append(message: OutgoingMessage, offset: number, length: number, fsn: number, now: number): OutstandingChunk {
    if (this.count === this.#chunks.length) this.#grow();
    const tsn = this.nextTsn++;
    if (message.firstTsn < 0) message.firstTsn = tsn;
    message.lastTsn = tsn;
    const chunk = this.chunk(tsn);
    chunk.set(message, offset, length, fsn);
    chunk.sentAt = now;
    chunk.ack = AckState.unacked;
    chunk.plan = Plan.wait;
    chunk.nackCount = 0;
    chunk.retransmissions = 0;
    chunk.transmission = ++this.#transmissions;
    return chunk;
  }

  #grow(): void {
    const old = this.#chunks;
    this.#chunks = newChunks(old.length * 2);
    const mask = this.#chunks.length - 1;
    for (let tsn = this.cumulativeTsn + 1; tsn < this.nextTsn; tsn++) {
      this.#chunks[tsn & mask] = old[tsn & (old.length - 1)];
    }
  }

  #removeTo(cumulativeTsn: number): void {
    while (this.cumulativeTsn < cumulativeTsn) {
      const chunk = this.chunk(this.cumulativeTsn + 1);
      const message = chunk.message!;
      this.#ack(chunk);
      if (chunk.isEnding && chunk.length > 0) this.#events.onMessageDone(message, chunk.isAbandoned);
      chunk.message = undefined;
      this.cumulativeTsn++;
    }
    if (this.#resetBreakpoints.size === 0) return;
    for (const breakpoint of this.#resetBreakpoints) {
      if (breakpoint <= cumulativeTsn + 1) this.#resetBreakpoints.delete(breakpoint);
    }
  }

  /** True if it is news. */
  #ack(chunk: OutstandingChunk): boolean {
    if (chunk.ack === AckState.acked) return false;
    this.newlyAckedBytes += this.chunkLength(chunk);
    this.#latestNewlyAcked = Math.max(this.#latestNewlyAcked, chunk.transmission);
    if (chunk.isInFlight) this.#leaveFlight(chunk);
    this.#cancelRetransmission(chunk);
    chunk.ack = AckState.acked;
    return true;
  }

  #nack(tsn: number, retransmitNow: boolean, fast: boolean): void {
    const chunk = this.chunk(tsn);
    if (chunk.ack === AckState.acked) return;
    if (chunk.isInFlight) this.#leaveFlight(chunk);
    chunk.ack = AckState.nacked;
    chunk.nackCount++;
    if (chunk.plan !== Plan.wait) return;
    if (!retransmitNow && chunk.nackCount < NACKS_FOR_RETRANSMISSION) return;

    this.hasPacketLoss = true;
    if (this.#isPartiallyReliable && chunk.retransmissions >= chunk.message!.maxRetransmissions) {
      this.#abandonMessage(chunk.message!);
      return;
    }
    chunk.plan = fast ? Plan.fastRetransmit : Plan.retransmit;
    if (fast) this.#fastRetransmitCount++;
    else this.#retransmitCount++;
    this.#retransmitFrom = Math.min(this.#retransmitFrom, tsn);
  }

  #take(plan: Plan, fromTsn: number, maxLength: number): number {
    for (let tsn = Math.max(this.#firstRetransmitTsn(), fromTsn); tsn < this.nextTsn; tsn++) {
      const chunk = this.chunk(tsn);
      const length = this.chunkLength(chunk);
      if (chunk.plan !== plan || length > maxLength) continue;
      this.#cancelRetransmission(chunk);
      chunk.ack = AckState.unacked;
      chunk.nackCount = 0;
      chunk.retransmissions++;
      chunk.transmission = ++this.#transmissions;
      this.inFlightPayloadBytes += chunk.length;
      this.inFlightBytes += length;
      this.inFlightChunks++;
      return tsn;
    }
    return -1;
  }

  #firstRetransmitTsn(): number {
    let tsn = Math.max(this.#retransmitFrom, this.cumulativeTsn + 1);
    while (tsn < this.nextTsn && !isToBeRetransmitted(this.chunk(tsn))) tsn++;
    this.#retransmitFrom = tsn;
    return tsn;
  }

  #firstNotAbandoned(): number {
    let tsn = Math.max(this.#abandonedTo, this.cumulativeTsn + 1);
    while (tsn < this.nextTsn && this.chunk(tsn).isAbandoned) tsn++;
    this.#abandonedTo = tsn;
    return tsn;
  }

  #abandonMessage(message: OutgoingMessage): void {
    if (this.#events.discardRest(message)) {
      // The receiver may have got all fragments so far, and would wait for the next one even behind a FORWARD TSN. So
      // there is a last one, which is skipped.
      const end = this.#append(message, message.length, 0, message.nextFsn, NaN);
      end.ack = AckState.acked;
    }
    for (let tsn = Math.max(message.firstTsn, this.cumulativeTsn + 1); tsn <= message.lastTsn; tsn++) {
      const chunk = this.chunk(tsn);
      if (chunk.message !== message || chunk.isAbandoned) continue;
      this.#cancelRetransmission(chunk);
      if (chunk.isInFlight) this.#leaveFlight(chunk);
      chunk.plan = Plan.abandoned;
    }
  }

  #leaveFlight(chunk: OutstandingChunk): void {
    this.inFlightPayloadBytes -= chunk.length;
    this.inFlightBytes -= this.chunkLength(chunk);
    this.inFlightChunks--;
  }

  #cancelRetransmission(chunk: OutstandingChunk): void {
    if (chunk.plan === Plan.retransmit) this.#retransmitCount--;
    else if (chunk.plan === Plan.fastRetransmit) this.#fastRetransmitCount--;
    else return;
    chunk.plan = Plan.wait;
  }
}

const INITIAL_CAPACITY = 64;

function newChunks(count: number): OutstandingChunk[] {
  return Array.from({ length: count }, () => new OutstandingChunk());
}

function isToBeRetransmitted(chunk: OutstandingChunk): boolean {
  return chunk.plan === Plan.retransmit || chunk.plan === Plan.fastRetransmit;
}
