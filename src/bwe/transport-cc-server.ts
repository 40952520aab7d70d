import { seqDiff } from '../common/serial-number.js';
import { type Machine } from '../common/timer-queue.js';
import { ArrivalWindow } from './arrival-window.js';
import { type CongestionControlServer, type ReceivedPacket, type RembSink } from './congestion-control-server.js';
import { PacketLossHistory } from './packet-loss-history.js';

/** Builds feedback packets, one after the other: `TransportFeedbackBuilder` of rtp/rtcp. */
export interface FeedbackBuilder {
  readonly isBaseSet: boolean;
  readonly isFull: boolean;
  readonly hasPackets: boolean;
  readonly latestSeq: number;
  /** Packets reported, valid after `finish`; and how many of them were received. */
  readonly statusCount: number;
  readonly receivedCount: number;
  start(senderSsrc: number, mediaSsrc: number, feedbackCount: number): void;
  setBase(seq: number, us: number): void;
  /** @returns 0 if the packet was added; otherwise it belongs into the next feedback */
  add(seq: number, us: number): number;
  finish(): void;
}

export interface TransportCcOwner<Builder extends FeedbackBuilder> extends RembSink {
  /** Feedback is ready to be written and sent. */
  onSendTransportFeedback(feedback: Builder): void;
}

/**
 * Reports every 100 ms which packets arrived and when, so that the sender can estimate the bandwidth
 * (draft-holmer-rmcat-transport-wide-cc-extensions-01). A packet that comes late, after it was reported lost, is reported
 * again together with those behind it.
 *
 * A limit for the sender is told with REMBs, since the feedback has no place for it.
 */
export class TransportCcServer<Builder extends FeedbackBuilder = FeedbackBuilder>
  implements CongestionControlServer, Machine
{
  nextDeadline = Infinity;
  readonly availableIncomingBitrate = 0;

  readonly #feedback: Builder;
  readonly #owner: TransportCcOwner<Builder>;
  readonly #arrivals = new ArrivalWindow();
  readonly #lossHistory = new PacketLossHistory();
  /** The unwrapped number that the next feedback begins with; NaN before the first packet. */
  #start = NaN;
  #feedbackCount = 0;
  /** SSRC of the last packet. */
  #mediaSsrc = 0;
  #maxIncomingBitrate = 0;
  #rembSentAt = -Infinity;
  /** REMBs to be sent yet to lift a limit. */
  #unlimitedRembs = 0;

  constructor(feedback: Builder, owner: TransportCcOwner<Builder>) {
    this.#feedback = feedback;
    this.#owner = owner;
    this.#startFeedback();
  }

  get packetLoss(): number {
    return this.#lossHistory.average;
  }

  transportConnected(now: number): void {
    this.nextDeadline = now + FEEDBACK_INTERVAL;
  }

  transportDisconnected(): void {
    this.nextDeadline = Infinity;
    this.#startFeedback();
  }

  onTimeout(now: number): void {
    this.nextDeadline = now + FEEDBACK_INTERVAL;
    this.#report();
  }

  receivePacket(packet: ReceivedPacket, now: number): void {
    const wideSeq = packet.readTransportWideCc();
    if (wideSeq < 0) return;
    if (Number.isNaN(this.#start)) this.#start = wideSeq;
    const seq = this.#start + seqDiff(wideSeq, this.#start & 0xffff);
    // So far behind that it is not late: the sender has begun anew.
    if (this.#start - seq > MAX_GAP) this.#arrivals.clear();
    if (!Number.isNaN(this.#arrivals.get(seq))) return;
    const arrival = Math.floor(now * 1000);
    this.#arrivals.set(seq, arrival);
    if (seq < this.#start) this.#start = seq;
    this.#removeOld(seq, arrival - ARRIVAL_WINDOW_US);
    this.#mediaSsrc = packet.ssrc;
    this.#maySendLimit(now);
  }

  setMaxIncomingBitrate(bitrate: number, now: number): void {
    const previous = this.#maxIncomingBitrate;
    this.#maxIncomingBitrate = bitrate;
    if (bitrate > 0) {
      this.#unlimitedRembs = 0;
    } else if (previous > 0) {
      this.#unlimitedRembs = UNLIMITED_REMBS;
      this.#maySendLimit(now);
    }
  }

  /** Reports all arrivals from the start on, in as many packets as it takes. */
  #report(): void {
    if (Number.isNaN(this.#start)) return;
    for (let seq = Math.max(this.#start, this.#arrivals.first); seq < this.#arrivals.end; seq++) {
      const arrival = this.#arrivals.get(seq);
      if (!Number.isNaN(arrival)) this.#reportPacket(seq, arrival);
    }
    this.#sendFeedback();
  }

  #reportPacket(seq: number, arrival: number): void {
    const feedback = this.#feedback;
    if (!feedback.isBaseSet) feedback.setBase(this.#start & 0xffff, arrival);
    if (feedback.add(seq & 0xffff, arrival) !== ADDED) {
      this.#sendFeedback();
      // Beyond a gap that no feedback can span, the report begins anew. (The reference never gets over it.)
      if (seq - this.#start > MAX_GAP) this.#start = seq;
      feedback.setBase(this.#start & 0xffff, arrival);
      feedback.add(seq & 0xffff, arrival);
    }
    if (feedback.isFull) this.#sendFeedback();
  }

  /** Sends the feedback gathered so far, if there is any, and starts another. */
  #sendFeedback(): void {
    const feedback = this.#feedback;
    feedback.finish();
    if (feedback.hasPackets) {
      this.#owner.onSendTransportFeedback(feedback);
      this.#lossHistory.add((feedback.statusCount - feedback.receivedCount) / feedback.statusCount);
      this.#start += ((feedback.latestSeq - this.#start) & 0xffff) + 1;
      this.#feedbackCount = (this.#feedbackCount + 1) & 0xff;
    }
    this.#startFeedback();
  }

  #startFeedback(): void {
    this.#feedback.start(0, this.#mediaSsrc, this.#feedbackCount);
  }

  /** Forgets what has been reported and is too old to be reported again with a late packet. */
  #removeOld(newest: number, expired: number): void {
    const arrivals = this.#arrivals;
    while (arrivals.first !== this.#start && arrivals.first < newest && arrivals.get(arrivals.first) <= expired) {
      arrivals.removeFirst();
    }
  }

  #maySendLimit(now: number): void {
    if (this.#maxIncomingBitrate === 0 && this.#unlimitedRembs === 0) return;
    if (now - this.#rembSentAt <= REMB_INTERVAL && this.#unlimitedRembs < UNLIMITED_REMBS) return;
    this.#owner.onSendRemb(this.#maxIncomingBitrate, NO_SSRCS);
    this.#rembSentAt = now;
    if (this.#unlimitedRembs > 0) this.#unlimitedRembs--;
  }
}

const ADDED = 0;
/** Packets that can be reported lost in a row. */
const MAX_GAP = 8191;
const FEEDBACK_INTERVAL = 100;
const ARRIVAL_WINDOW_US = 500_000;
const REMB_INTERVAL = 1500;
/** So many REMBs without limit are sent after a limit was lifted: any of them may get lost. */
const UNLIMITED_REMBS = 4;
const NO_SSRCS: readonly number[] = [];
