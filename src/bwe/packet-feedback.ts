import { type TransportFeedback } from './bandwidth-estimator.js';
import { type SentPacketHistory } from './sent-packet-history.js';

/**
 * What a transport-wide feedback tells about packets that really were sent, on a timeline that goes through all
 * feedbacks. `read` replaces it with the next one.
 */
export class PacketFeedback {
  /** Packets told of, in the order of their numbers. */
  count = 0;
  /** ms; only differences mean something. NaN: lost. */
  arrivals = new Float64Array(MIN_CAPACITY);
  sentAt = new Float64Array(MIN_CAPACITY);
  sizes = new Int32Array(MIN_CAPACITY);
  clusterIds = new Int32Array(MIN_CAPACITY);
  /** 1: received, although an earlier feedback said it was lost. */
  wasLost = new Uint8Array(MIN_CAPACITY);

  receivedCount = 0;
  /** Indexes of the packets received, in the order of arrival. */
  byArrival = new Int32Array(MIN_CAPACITY);

  readonly #history: SentPacketHistory;
  #numbers = new Float64Array(MIN_CAPACITY);
  #referenceTimeUs = NaN;
  /** Where the reference time is on the timeline, ms. */
  #referenceTime = 0;

  constructor(history: SentPacketHistory) {
    this.#history = history;
  }

  read(feedback: TransportFeedback, now: number): void {
    this.#moveReferenceTime(feedback, now);
    this.count = 0;
    this.receivedCount = 0;
    // What is missing behind the last packet received may just be late.
    let end = 0;
    let useless = 0;
    feedback.rewind();
    while (this.count < MAX_PACKETS && useless < MAX_PACKETS && feedback.next()) {
      const seq = this.#history.find(feedback.sequenceNumber);
      if (seq < 0 || (!feedback.received && this.#history.isReportedLost(seq))) {
        useless++;
        continue;
      }
      const arrival = this.#referenceTime + (feedback.receivedAtUs - feedback.referenceTimeUs) / 1000;
      this.#add(seq, feedback.received ? arrival : NaN);
      if (feedback.received) end = this.count;
    }
    this.count = end;
    for (let i = 0; i < this.count; i++) {
      if (Number.isNaN(this.arrivals[i])) this.#history.markLost(this.#numbers[i]);
      else this.#history.remove(this.#numbers[i]);
    }
  }

  #moveReferenceTime(feedback: TransportFeedback, now: number): void {
    this.#referenceTime = Number.isNaN(this.#referenceTimeUs)
      ? now
      : this.#referenceTime + feedback.timeSinceUs(this.#referenceTimeUs) / 1000;
    this.#referenceTimeUs = feedback.referenceTimeUs;
  }

  #add(seq: number, arrival: number): void {
    if (this.count === this.arrivals.length) this.#grow();
    const index = this.count++;
    this.#numbers[index] = seq;
    this.arrivals[index] = arrival;
    this.sentAt[index] = this.#history.sentAt(seq);
    this.sizes[index] = this.#history.size(seq);
    this.clusterIds[index] = this.#history.clusterId(seq);
    this.wasLost[index] = this.#history.isReportedLost(seq) ? 1 : 0;
    if (!Number.isNaN(arrival)) this.#insertByArrival(index);
  }

  /** Packets are seldom out of order, and then not far. */
  #insertByArrival(index: number): void {
    let position = this.receivedCount++;
    for (; position > 0; position--) {
      const before = this.byArrival[position - 1];
      if (this.arrivals[before] <= this.arrivals[index]) break;
      this.byArrival[position] = before;
    }
    this.byArrival[position] = index;
  }

  #grow(): void {
    const capacity = 2 * this.arrivals.length;
    this.#numbers = copy(this.#numbers, new Float64Array(capacity));
    this.arrivals = copy(this.arrivals, new Float64Array(capacity));
    this.sentAt = copy(this.sentAt, new Float64Array(capacity));
    this.sizes = copy(this.sizes, new Int32Array(capacity));
    this.clusterIds = copy(this.clusterIds, new Int32Array(capacity));
    this.wasLost = copy(this.wasLost, new Uint8Array(capacity));
    this.byArrival = copy(this.byArrival, new Int32Array(capacity));
  }
}

const MIN_CAPACITY = 64;
/** More than a feedback that makes sense tells of; what is beyond is taken for not reported. */
const MAX_PACKETS = 4096;

function copy<T extends Float64Array | Int32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
