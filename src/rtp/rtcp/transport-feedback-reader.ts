import { FEEDBACK_HEADER_LENGTH } from './rtcp-packet.js';
import {
  BASE_TICK_US,
  DELTA_TICK_US,
  MAX_RUN_LENGTH,
  PacketStatus,
  REFERENCE_TIME_PERIOD_US,
  TRANSPORT_FEEDBACK_HEADER_LENGTH,
  VECTOR_OF_1_BIT,
  VECTOR_OF_2_BITS,
} from './transport-feedback.js';

/**
 * Reads transport-wide feedback without making objects: `read` a packet, then `next` goes through the packets that it
 * reports, in order of their sequence numbers.
 *
 *     if (feedback.read(view, offset, length)) {
 *       while (feedback.next()) if (feedback.received) use(feedback.sequenceNumber, feedback.receivedAtUs);
 *     }
 */
export class TransportFeedbackReader {
  baseSequenceNumber = 0;
  /** Packets reported, received and lost ones. */
  statusCount = 0;
  receivedCount = 0;
  /** In 64 ms, -2^23..2^23-1. */
  referenceTime = 0;
  /** Counts feedback packets, 0..255. */
  feedbackCount = 0;

  /** The packet that `next` moved to. */
  sequenceNumber = 0;
  received = false;
  /** In 250 µs since the last packet received, or the reference time; 0 if not received. */
  delta = 0;
  /** µs by the clock of the receiver, from an arbitrary moment on; of the last packet received, if this one was not. */
  receivedAtUs = 0;

  #view: DataView = new DataView(new ArrayBuffer(0));
  #chunks = 0;
  #firstDelta = 0;

  // Where `next` is: how many were reported, the chunk that is being read, and what is left of it.
  #reported = 0;
  #chunkPosition = 0;
  #chunk = 0;
  #leftInChunk = 0;
  #deltaPosition = 0;

  /** Takes a packet. False if it is malformed. The memory behind `view` must stay unchanged while it is being read. */
  read(view: DataView, offset: number, length: number): boolean {
    if (length < TRANSPORT_FEEDBACK_HEADER_LENGTH) return false;
    this.#view = view;
    this.baseSequenceNumber = view.getUint16(offset + FEEDBACK_HEADER_LENGTH);
    this.statusCount = view.getUint16(offset + 14);
    this.referenceTime = view.getInt32(offset + 16) >> 8;
    this.feedbackCount = view.getUint8(offset + 19);
    this.#chunks = offset + TRANSPORT_FEEDBACK_HEADER_LENGTH;
    return this.#check(offset + length);
  }

  /** The moment that the deltas start from, in µs by the clock of the receiver, from an arbitrary moment on. */
  get referenceTimeUs(): number {
    return REFERENCE_TIME_PERIOD_US + this.referenceTime * BASE_TICK_US;
  }

  /** Lost packets in 1/256 of all, at most 255. */
  get fractionLost(): number {
    if (this.statusCount === 0) return 0;
    const lost = this.statusCount - this.receivedCount;
    return Math.min(255, Math.floor((lost * 256) / this.statusCount));
  }

  /** µs from `previousUs`, the reference time of an earlier packet, to that of this one, which may have wrapped. */
  timeSinceUs(previousUs: number): number {
    const time = this.referenceTimeUs - previousUs;
    if (Math.abs(time - REFERENCE_TIME_PERIOD_US) < Math.abs(time)) return time - REFERENCE_TIME_PERIOD_US;
    if (Math.abs(time + REFERENCE_TIME_PERIOD_US) < Math.abs(time)) return time + REFERENCE_TIME_PERIOD_US;
    return time;
  }

  /** Makes `next` begin with the first packet (again). */
  rewind(): void {
    this.#reported = 0;
    this.#chunkPosition = this.#chunks;
    this.#leftInChunk = 0;
    this.#deltaPosition = this.#firstDelta;
    this.sequenceNumber = (this.baseSequenceNumber - 1) & 0xffff;
    this.received = false;
    this.delta = 0;
    this.receivedAtUs = this.referenceTimeUs;
  }

  /** Moves to the next packet. False at the end. */
  next(): boolean {
    if (this.#reported === this.statusCount) return false;
    this.#reported++;
    while (this.#leftInChunk === 0) {
      this.#chunk = this.#view.getUint16(this.#chunkPosition);
      this.#chunkPosition += 2;
      this.#leftInChunk = chunkCapacity(this.#chunk);
    }
    const status = statusInChunk(this.#chunk, this.#leftInChunk--);
    this.sequenceNumber = (this.sequenceNumber + 1) & 0xffff;
    this.received = isReceived(status);
    this.delta = 0;
    if (this.received) {
      this.delta =
        status === PacketStatus.smallDelta
          ? this.#view.getUint8(this.#deltaPosition)
          : this.#view.getInt16(this.#deltaPosition);
      this.#deltaPosition += status;
      this.receivedAtUs += this.delta * DELTA_TICK_US;
    }
    return true;
  }

  /** Finds where the deltas begin, counts the packets received, and makes sure that all chunks and deltas are there. */
  #check(end: number): boolean {
    let position = this.#chunks;
    let unreported = this.statusCount;
    let received = 0;
    let deltasLength = 0;
    while (unreported > 0) {
      if (position + 2 > end) return false;
      const chunk = this.#view.getUint16(position);
      position += 2;
      const capacity = chunkCapacity(chunk);
      if (isRun(chunk)) {
        const status = chunk >> 13;
        if (status > PacketStatus.largeDelta || capacity > unreported) return false;
        if (isReceived(status)) {
          received += capacity;
          deltasLength += capacity * status;
        }
        unreported -= capacity;
      } else {
        for (let left = capacity; left > 0 && unreported > 0; left--, unreported--) {
          const status = statusInChunk(chunk, left);
          if (!isReceived(status)) continue;
          received++;
          deltasLength += status;
        }
      }
    }
    this.receivedCount = received;
    this.#firstDelta = position;
    this.rewind();
    return position + deltasLength <= end;
  }
}

function isRun(chunk: number): boolean {
  return chunk < 0x8000;
}

/** How many statuses are in the chunk; the last ones of a vector may be beyond the packet's status count. */
function chunkCapacity(chunk: number): number {
  if (isRun(chunk)) return chunk & MAX_RUN_LENGTH;
  return chunk < 0xc000 ? VECTOR_OF_1_BIT : VECTOR_OF_2_BITS;
}

/** The status that has `left - 1` others behind it. */
function statusInChunk(chunk: number, left: number): number {
  if (isRun(chunk)) return chunk >> 13;
  return chunk < 0xc000 ? (chunk >> (left - 1)) & 1 : (chunk >> (2 * (left - 1))) & 3;
}

/** A received packet's status is also the length of its delta. */
function isReceived(status: number): boolean {
  return status === PacketStatus.smallDelta || status === PacketStatus.largeDelta;
}
