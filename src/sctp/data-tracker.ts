import { timestampDiff } from '../common/serial-number.js';
import { type SackChunk } from './chunks/sack.js';
import { TsnBlocks } from './tsn-blocks.js';

/** A TSN farther than this from the cumulative one, in either direction, is none of this association. */
const MAX_TSN_DISTANCE = 100_000;

/** Blocks of TSNs with gaps between them. What would need more is not accepted and comes again later. */
const MAX_BLOCKS = 4096;

/**
 * What a SACK reports at most. Behind what it leaves out all seems to be in flight, which slows recovery down; but it goes
 * out for every packet as long as something is missing.
 */
const MAX_REPORTED_GAP_BLOCKS = 100;
const MAX_REPORTED_DUPLICATES = 20;

/** Gap block offsets have 16 bits. */
const MAX_GAP_OFFSET = 0xffff;

const AckState = {
  /** Nothing to acknowledge. */
  idle: 0,
  /** The packet being processed is the first one to acknowledge. */
  becomingDelayed: 1,
  /** The delayed acknowledgement timer runs. */
  delayed: 2,
  /** A SACK is due. */
  immediate: 3,
} as const;
type AckState = (typeof AckState)[keyof typeof AckState];

/**
 * Which TSNs have arrived, and when the peer is told (RFC 9260 §6.2): a SACK is due at the end of every second packet
 * with data, after the delay of a timer, and at once while something is missing.
 *
 * Data that was acknowledged is never discarded, so the gap blocks are as good as the cumulative TSN.
 */
export class DataTracker {
  /** When the delayed acknowledgement timer expires (ms). */
  nextDeadline = Infinity;

  /** Unwrapped. */
  #cumulativeTsn: number;
  readonly #blocks = new TsnBlocks();
  readonly #duplicates: number[] = [];
  #dataSeen = false;
  #ackState: AckState = AckState.idle;

  /** @param peerInitialTsn Of the peer's INIT or INIT ACK. */
  constructor(peerInitialTsn: number) {
    this.#cumulativeTsn = peerInitialTsn - 1;
  }

  /** Everything up to it has arrived or was given up by the peer. */
  get cumulativeTsn(): number {
    return this.#cumulativeTsn >>> 0;
  }

  isAheadOfCumulativeTsn(tsn: number): boolean {
    return timestampDiff(tsn, this.#cumulativeTsn) > 0;
  }

  /** Whether this TSN would move the cumulative one. */
  isNext(tsn: number): boolean {
    return tsn === (this.#cumulativeTsn + 1) >>> 0;
  }

  /** Whether data with this TSN may be taken. If it is a duplicate it shall be, for the sake of the SACK. */
  isAcceptable(tsn: number): boolean {
    const distance = timestampDiff(tsn, this.#cumulativeTsn);
    if (Math.abs(distance) > MAX_TSN_DISTANCE) return false;
    return this.#blocks.count < MAX_BLOCKS || distance <= 1 || !this.#blocks.opensBlock(this.#cumulativeTsn + distance);
  }

  /**
   * Data with an acceptable TSN arrived.
   *
   * @param immediateAck The I bit (RFC 7053).
   * @returns whether it is new.
   */
  add(tsn: number, immediateAck: boolean): boolean {
    const unwrapped = this.#cumulativeTsn + timestampDiff(tsn, this.#cumulativeTsn);
    let isNew = true;
    if (unwrapped === this.#cumulativeTsn + 1) {
      this.#advanceTo(unwrapped);
    } else if (unwrapped <= this.#cumulativeTsn || !this.#blocks.add(unwrapped)) {
      isNew = false;
      if (this.#duplicates.length < MAX_REPORTED_DUPLICATES && !this.#duplicates.includes(tsn)) {
        this.#duplicates.push(tsn);
      }
    }

    // RFC 9260 §5.1 for the first data, §6.2 for duplicates, §6.7 for gaps.
    if (!isNew || immediateAck || !this.#dataSeen || this.#blocks.count > 0) this.requestSack();
    else this.#acknowledgeSoon();
    this.#dataSeen = true;
    return isNew;
  }

  /**
   * The peer gives up everything up to a TSN (RFC 3758 §3.6).
   *
   * @returns whether it is ahead of the cumulative TSN.
   */
  forwardTo(newCumulativeTsn: number): boolean {
    const distance = timestampDiff(newCumulativeTsn, this.#cumulativeTsn);
    if (distance <= 0) {
      // A SACK was probably lost.
      this.requestSack();
      return false;
    }
    const unwrapped = this.#cumulativeTsn + distance;
    this.#blocks.eraseTo(unwrapped);
    this.#advanceTo(unwrapped);
    this.#acknowledgeSoon();
    return true;
  }

  /**
   * All chunks of a packet were seen.
   *
   * @param ackDelay How long a SACK may wait for another packet, ms.
   */
  onPacketEnd(now: number, ackDelay: number): void {
    if (this.#ackState !== AckState.becomingDelayed) return;
    this.#ackState = AckState.delayed;
    this.nextDeadline = now + ackDelay;
  }

  onTimeout(now: number): void {
    if (now >= this.nextDeadline) this.requestSack();
  }

  /** A SACK is due, whatever there is to report. */
  requestSack(): void {
    this.#setState(AckState.immediate);
  }

  /**
   * Whether a SACK is to be sent now. If so, the caller sends it.
   *
   * @param alsoDelayed A packet is going out anyway: also a SACK that could wait.
   */
  takeSack(alsoDelayed: boolean): boolean {
    if (this.#ackState === AckState.idle || (this.#ackState !== AckState.immediate && !alsoDelayed)) return false;
    this.#setState(AckState.idle);
    return true;
  }

  /**
   * Writes what there is to report, and forgets the duplicates.
   *
   * @param window Bytes that the peer may have in flight (a_rwnd).
   */
  fillSack(sack: SackChunk, window: number): void {
    sack.clear();
    sack.cumulativeTsn = this.cumulativeTsn;
    sack.advertisedReceiverWindow = window;
    for (let i = 0; i < this.#blocks.count && i < MAX_REPORTED_GAP_BLOCKS; i++) {
      const start = this.#blocks.first(i) - this.#cumulativeTsn;
      if (start > MAX_GAP_OFFSET) break;
      sack.addGapBlock(start, Math.min(this.#blocks.last(i) - this.#cumulativeTsn, MAX_GAP_OFFSET));
    }
    for (let i = 0; i < this.#duplicates.length; i++) sack.addDuplicateTsn(this.#duplicates[i]);
    this.#duplicates.length = 0;
  }

  /** To a TSN, and over the block that begins behind it. */
  #advanceTo(tsn: number): void {
    this.#cumulativeTsn = tsn;
    if (this.#blocks.count > 0 && this.#blocks.first(0) === tsn + 1) {
      this.#cumulativeTsn = this.#blocks.last(0);
      this.#blocks.eraseTo(this.#cumulativeTsn);
    }
  }

  /** At the latest with the next packet. */
  #acknowledgeSoon(): void {
    if (this.#ackState === AckState.idle) this.#setState(AckState.becomingDelayed);
    else if (this.#ackState === AckState.delayed) this.#setState(AckState.immediate);
  }

  #setState(state: AckState): void {
    this.#ackState = state;
    this.nextDeadline = Infinity;
  }
}
