import { isSeqHigher } from '../../common/serial-number.js';
import { RTCP_MAX_LENGTH, RtcpPacketType, RtpFeedbackFormat, writeFeedbackHeader } from './rtcp-packet.js';
import {
  BASE_TICK_US,
  DELTA_TICK_US,
  MAX_RUN_LENGTH,
  PacketStatus,
  TRANSPORT_FEEDBACK_HEADER_LENGTH,
  VECTOR_OF_2_BITS,
} from './transport-feedback.js';

/** What became of a packet that was to be added. */
export const AddResult = {
  /** It is reported, or needs not be since its sequence number is not ahead of the last one. */
  added: 0,
  /** It does not fit any more: send this feedback, and start the next one with it. */
  full: 1,
  /** It is too far from the last one, in sequence number or in time, to be in one feedback with it. */
  tooFar: 2,
} as const;
export type AddResult = (typeof AddResult)[keyof typeof AddResult];

const MAX_STATUS_COUNT = 0xffff;
const MAX_DELTA_TICKS = 0x7fff;
/** More than can be in `RTCP_MAX_LENGTH`, together with what one packet may add beyond it. */
const MAX_CHUNKS = RTCP_MAX_LENGTH / 2 + 8;
const MAX_DELTAS = RTCP_MAX_LENGTH;

/**
 * Gathers the arrivals for one transport-wide feedback packet after the other. Chunks are cut as the reference cuts
 * them: runs for 7 or more equal statuses, otherwise 2 bit vectors, and a gap always starts one or the other.
 *
 * Use: `start`, `setBase`, `add` ..., `finish`, and if `hasPackets`, `write`.
 */
export class TransportFeedbackBuilder {
  senderSsrc = 0;
  mediaSsrc = 0;
  feedbackCount = 0;
  isBaseSet = false;
  /** Sequence number of the last packet added. */
  latestSeq = 0;
  /** Packets in finished chunks, received and lost ones. */
  statusCount = 0;
  /** Packets added: those received. */
  receivedCount = 0;

  #baseSeq = 0;
  #referenceTime = 0;
  #latestUs = 0;
  readonly #chunks = new Uint16Array(MAX_CHUNKS);
  #chunkCount = 0;
  readonly #deltas = new Int16Array(MAX_DELTAS);
  #chunksAndDeltasLength = 0;

  // The statuses that are not in a chunk yet. More than 7 are there only if all are the same.
  readonly #pending = new Uint8Array(VECTOR_OF_2_BITS);
  #pendingCount = 0;
  #pendingStatus: number = NO_STATUS;
  #pendingAllSame = false;

  /** Forgets everything and begins a new packet. */
  start(senderSsrc: number, mediaSsrc: number, feedbackCount: number): void {
    this.senderSsrc = senderSsrc;
    this.mediaSsrc = mediaSsrc;
    this.feedbackCount = feedbackCount;
    this.isBaseSet = false;
    this.latestSeq = 0;
    this.statusCount = 0;
    this.receivedCount = 0;
    this.#chunkCount = 0;
    this.#chunksAndDeltasLength = 0;
    this.#pendingCount = 0;
    this.#pendingStatus = NO_STATUS;
    this.#pendingAllSame = false;
  }

  /** Whether something can be sent. */
  get hasPackets(): boolean {
    return this.receivedCount > 0;
  }

  /** Whether so many packets are reported that it has to be sent. */
  get isFull(): boolean {
    return this.statusCount >= MAX_STATUS_COUNT - VECTOR_OF_2_BITS;
  }

  /** Length in bytes of what `write` writes, after `finish`. */
  get length(): number {
    return (TRANSPORT_FEEDBACK_HEADER_LENGTH + this.#chunksAndDeltasLength + 3) & ~3;
  }

  /** @param seq the first packet that is reported, received or not. @param us a moment shortly before the first arrival */
  setBase(seq: number, us: number): void {
    const ticks = Math.trunc(us / BASE_TICK_US);
    this.isBaseSet = true;
    this.#baseSeq = seq;
    this.#referenceTime = ticks & 0xffffff;
    this.latestSeq = (seq - 1) & 0xffff;
    this.#latestUs = ticks * BASE_TICK_US;
  }

  /** Adds a packet received at `us`; those between it and the last one count as lost. Not when `isFull`. */
  add(seq: number, us: number): AddResult {
    if (!isSeqHigher(seq, this.latestSeq)) return AddResult.added;
    const missing = (seq - this.latestSeq - 1) & 0xffff;
    if (missing > MAX_RUN_LENGTH) return AddResult.tooFar;
    const delta = toTicks(us - this.#latestUs);
    if (Math.abs(delta) > MAX_DELTA_TICKS) return AddResult.tooFar;
    // Room for one more chunk and a large delta.
    if (((TRANSPORT_FEEDBACK_HEADER_LENGTH + this.#chunksAndDeltasLength + 4 + 3) & ~3) > RTCP_MAX_LENGTH) {
      return AddResult.full;
    }
    if (this.statusCount + this.#pendingCount + missing + 1 > MAX_STATUS_COUNT) return AddResult.full;

    if (missing > 0) this.#addLost(missing);
    this.#addReceived(delta);
    this.latestSeq = seq;
    // By the rounded delta, so that rounding does not add up.
    this.#latestUs += delta * DELTA_TICK_US;
    return AddResult.added;
  }

  /** Closes the last chunk. Nothing can be added afterwards. */
  finish(): void {
    if (this.#pendingCount === 0) return;
    if (this.#pendingAllSame) this.#cutRun(this.#pendingStatus, this.#pendingCount);
    else this.#cutVector();
  }

  /** Writes the packet and returns its length; to be called after `finish`. Needs room for `length`. */
  write(view: DataView, offset: number): number {
    const length = this.length;
    writeFeedbackHeader(
      view,
      offset,
      RtpFeedbackFormat.transportWideCc,
      RtcpPacketType.rtpFeedback,
      length,
      this.senderSsrc,
      this.mediaSsrc,
    );
    view.setUint16(offset + 12, this.#baseSeq);
    view.setUint16(offset + 14, this.statusCount);
    view.setUint32(offset + 16, (this.#referenceTime << 8) | (this.feedbackCount & 0xff));
    let position = offset + TRANSPORT_FEEDBACK_HEADER_LENGTH;
    for (let i = 0; i < this.#chunkCount; i++, position += 2) view.setUint16(position, this.#chunks[i]);
    for (let i = 0; i < this.receivedCount; i++) {
      const delta = this.#deltas[i];
      if (isSmall(delta)) {
        view.setUint8(position, delta);
        position += 1;
      } else {
        view.setInt16(position, delta);
        position += 2;
      }
    }
    for (const end = offset + length; position < end; position++) view.setUint8(position, 0);
    return length;
  }

  #addLost(missing: number): void {
    if (this.#pendingCount >= VECTOR_OF_2_BITS && this.#pendingAllSame) {
      this.#cutRun(this.#pendingStatus, this.#pendingCount);
    }
    this.#pendingStatus = PacketStatus.notReceived;
    while (missing > 0 && this.#pendingCount < VECTOR_OF_2_BITS) {
      this.#pending[this.#pendingCount++] = PacketStatus.notReceived;
      missing--;
    }
    if (this.#pendingCount === VECTOR_OF_2_BITS) this.#cutVector();
    if (missing > 0) this.#cutRun(PacketStatus.notReceived, missing);
  }

  #addReceived(delta: number): void {
    const status = isSmall(delta) ? PacketStatus.smallDelta : PacketStatus.largeDelta;
    const previous = this.#pendingStatus;
    if (this.#pendingCount >= VECTOR_OF_2_BITS && this.#pendingAllSame && status !== previous) {
      this.#cutRun(previous, this.#pendingCount);
      // What follows a run is not taken for the beginning of another one.
      this.#pendingStatus = previous;
    }
    if (this.#pendingCount < VECTOR_OF_2_BITS) this.#pending[this.#pendingCount] = status;
    this.#pendingCount++;
    this.#deltas[this.receivedCount++] = delta;
    this.#chunksAndDeltasLength += status === PacketStatus.smallDelta ? 1 : 2;
    this.#pendingAllSame =
      this.#pendingStatus === NO_STATUS || (this.#pendingAllSame && this.#pendingStatus === status);
    this.#pendingStatus = status;
    if (this.#pendingCount === VECTOR_OF_2_BITS && !this.#pendingAllSame) this.#cutVector();
  }

  #cutRun(status: number, count: number): void {
    this.#cut((status << 13) | count, count);
  }

  #cutVector(): void {
    let chunk = 0xc000;
    for (let i = 0; i < this.#pendingCount; i++) chunk |= this.#pending[i] << (2 * (VECTOR_OF_2_BITS - 1 - i));
    this.#cut(chunk, this.#pendingCount);
  }

  #cut(chunk: number, count: number): void {
    this.#chunks[this.#chunkCount++] = chunk;
    this.#chunksAndDeltasLength += 2;
    this.statusCount += count;
    this.#pendingCount = 0;
    this.#pendingStatus = NO_STATUS;
  }
}

const NO_STATUS = -1;

function isSmall(delta: number): boolean {
  return delta >= 0 && delta <= 255;
}

/** To the nearest tick, halves away from zero. */
function toTicks(us: number): number {
  const half = DELTA_TICK_US / 2;
  return Math.trunc((us >= 0 ? us + half : us - half) / DELTA_TICK_US);
}
