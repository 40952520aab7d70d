import { type Machine } from '../common/timer-queue.js';

/**
 * Estimates how much may be sent to a peer, from what the peer reports: `SendSideBandwidthEstimator` by transport-wide
 * feedback, `RembBandwidthEstimator` by REMBs and receiver reports.
 *
 * Bitrates are bps, sizes bytes of RTP packets, times ms. Whoever calls a method updates the place of this machine in
 * the timer queue afterwards.
 */
export interface BandwidthEstimator extends Machine {
  /** What may be sent, always within the limits; the initial bitrate at first. */
  readonly targetBitrate: number;
  /**
   * How fast packets of all kinds may leave, together, when there are more of them for a moment, bps: a multiple of the
   * target, but no more than the target while a queue on the path has to drain.
   */
  readonly pacingBitrate: number;
  /** Share of packets that got lost recently, 0..1. */
  readonly packetLoss: number;
  /** The last round trip time that is known, ms; NaN before. */
  readonly rtt: number;

  /** Whether more is sent than gets through, for longer than a burst lasts: waiting does not help. */
  readonly isCongested: boolean;

  /** Packets can be sent from now on, so that probing for bandwidth may begin. */
  transportConnected(now: number): void;
  /** No packet gets through any more. What is known about the path is kept. */
  transportDisconnected(): void;

  /**
   * A packet of media, a retransmission or a probe was handed to the socket.
   *
   * @param sequenceNumber transport-wide, 16 bits; they are consecutive. Anything for packets without one: then nothing
   *   will be heard of this packet.
   */
  onPacketSent(sequenceNumber: number, size: number, now: number): void;
  /** Transport-wide feedback arrived. It is read from the beginning. */
  onTransportFeedback(feedback: TransportFeedback, now: number): void;
  /**
   * A report of the receiver arrived.
   *
   * @param fractionLost of the packets since its last report, 0..1, of all streams together
   * @param rtt ms; NaN if not known
   */
  onReceiverReport(fractionLost: number, rtt: number, now: number): void;
  /** The receiver's own estimate arrived (draft-alvestrand-rmcat-remb-03), bps; 0: it lifts its limit. */
  onRemb(bitrate: number, now: number): void;

  /** Bounds of the target, bps; `max` Infinity: none. */
  setLimits(min: number, max: number, now: number): void;
  /**
   * What would be sent if there was no limit, bps: all streams with their highest layers. Nothing more is probed for.
   */
  setDesiredBitrate(bitrate: number, now: number): void;

  /** Why the target is what it is: a new object for traces, with names that docs/congestion-control.md explains. */
  describe(): EstimatorState;
}

/** What an estimator tells and asks for. No call comes while a call of the owner's is under way, except as documented. */
export interface BandwidthEstimatorOwner {
  /**
   * `targetBitrate` has changed, perhaps by little: whoever acts on it decides when it is worth it. Comes from within
   * any of the estimator's methods that take the time.
   */
  onTargetBitrate(bitrate: number, now: number): void;
  /**
   * Packets are to be sent at once that make up `size` bytes or a bit more, to find out whether there is more bandwidth.
   * They carry padding or media again, and are reported with `onPacketSent` before this returns. Comes from `onTimeout`.
   */
  onSendProbe(size: number, now: number): void;
}

/** `TransportFeedbackReader` of rtp/rtcp. */
export interface TransportFeedback {
  /** The moment that the deltas start from, µs by the clock of the receiver. */
  readonly referenceTimeUs: number;
  /** The packet that `next` moved to, 16 bits, and whether and when it was received. */
  readonly sequenceNumber: number;
  readonly received: boolean;
  readonly receivedAtUs: number;
  /** µs from an earlier reference time to that of this feedback. */
  timeSinceUs(previousUs: number): number;
  rewind(): void;
  next(): boolean;
}

export interface BandwidthEstimatorOptions {
  /** What may be sent before anything is known, bps. */
  readonly initialBitrate: number;
  /** Bounds of the estimate, bps; `maxBitrate` Infinity: none. */
  readonly minBitrate: number;
  readonly maxBitrate: number;
}

/** What bounds the target at the moment. */
export type LimitingFactor = 'initial' | 'delay' | 'loss' | 'rtt' | 'receiver' | 'maximum' | 'minimum';

/** A decision with its grounds, for traces and tests. Bitrates are bps, NaN what is not known. */
export interface EstimatorState {
  readonly targetBitrate: number;
  readonly limitedBy: LimitingFactor;
  readonly minBitrate: number;
  readonly maxBitrate: number;
  readonly desiredBitrate: number;
  /** What arrives. */
  readonly acknowledgedBitrate: number;
  /** What the delay allows, and whether a queue grows. */
  readonly delayBasedBitrate: number;
  readonly usage: 'normal' | 'underusing' | 'overusing';
  /** Growth of the delay (of the trend line, scaled), and the threshold above which that means overuse. */
  readonly trend: number;
  readonly threshold: number;
  /** How long packets wait in a queue, ms. */
  readonly queueDelay: number;
  /** What the loss allows. */
  readonly lossBasedBitrate: number;
  readonly lossBasedState: 'increasing' | 'decreasing' | 'delay-based';
  /** Loss that the path is taken to have whatever is sent, 0..1. */
  readonly inherentLoss: number;
  /** What the receiver allows. */
  readonly receiverBitrate: number;
  readonly packetLoss: number;
  readonly rtt: number;
  /** Bytes sent whose fate is not known. */
  readonly inFlight: number;
  /** Whether less is sent than could be, for lack of media. */
  readonly isApplicationLimited: boolean;
  /** Bitrate of the probe that is under way; 0: none. */
  readonly probeBitrate: number;
}

/** Of the target: how fast packets may leave. Packets of a key frame are not to fill the queue of the path. */
export const PACING_FACTOR = 1.5;
