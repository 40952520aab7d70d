import { Fragment } from './outgoing-message.js';

/** What the receiver said about a chunk. */
export const AckState = {
  unacked: 0,
  /** Reported missing: it does not count as being in flight any more. */
  nacked: 1,
  acked: 2,
} as const;
export type AckState = (typeof AckState)[keyof typeof AckState];

/** What is to be done about a chunk. */
export const Plan = {
  wait: 0,
  retransmit: 1,
  /** In the next packet, whatever the congestion window says (RFC 9260 §7.2.4). */
  fastRetransmit: 2,
  /** The receiver is told not to wait for it (RFC 3758). */
  abandoned: 3,
} as const;
export type Plan = (typeof Plan)[keyof typeof Plan];

/** A fragment that has got a TSN. Objects are used again and again. */
export class OutstandingChunk extends Fragment {
  /** Of the first transmission, ms. */
  sentAt = 0;
  ack: AckState = AckState.unacked;
  plan: Plan = Plan.wait;
  nackCount = 0;
  retransmissions = 0;
  /** Number of its latest transmission among all transmissions of the association. */
  transmission = 0;

  get isInFlight(): boolean {
    return this.ack === AckState.unacked && this.plan !== Plan.abandoned;
  }

  get isAbandoned(): boolean {
    return this.plan === Plan.abandoned;
  }

  /** It is the last fragment of its message. */
  get isEnding(): boolean {
    return this.offset + this.length === this.message!.length;
  }
}
