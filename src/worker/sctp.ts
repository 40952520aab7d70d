import { type DropReason } from '../common/drop-reason.js';
import { type WakeUp } from '../common/timer-queue.js';
import { SctpAssociation } from '../sctp/association.js';
import { type SctpAssociationOwner, type SctpState } from '../sctp/association-owner.js';
import { type Runtime } from './runtime.js';
import { type SctpStreamParameters } from './sctp-stream-parameters.js';

export interface SctpOptions {
  readonly maxSendMessageSize: number;
  readonly maxReceiveMessageSize: number;
  /** Bytes that all streams together may queue. */
  readonly sendBufferSize: number;
  readonly perStreamSendQueueLimit: number;
  readonly maxReceiverWindowBufferSize: number;
  readonly defaultStreamBufferedAmountLowThreshold: number;
  /** Streams are data channels: a stream that the peer resets is reset in return (RFC 8831 §6.7). */
  readonly isDataChannel: boolean;
}

/** Whether a message was taken; `bufferFull` if it may be tried again later. */
export type SctpSendResult = 'sent' | 'bufferFull' | 'failed';

/** The SCTP association of a transport, which is woken up when it wants to be. */
export class TransportSctp {
  readonly options: SctpOptions;
  readonly #association: SctpAssociation;
  readonly #wakeUp: WakeUp;

  constructor(options: SctpOptions, { random, timers }: Runtime, owner: SctpAssociationOwner) {
    this.options = options;
    const { isDataChannel: _, ...associationOptions } = options;
    this.#association = new SctpAssociation({ ...associationOptions, random }, owner);
    this.#wakeUp = timers.register(this.#association);
  }

  get state(): SctpState {
    return this.#association.state;
  }

  /** 0 before the association is connected. */
  get maxOutboundStreams(): number {
    return this.#association.negotiated?.maxOutboundStreams ?? 0;
  }

  get maxInboundStreams(): number {
    return this.#association.negotiated?.maxInboundStreams ?? 0;
  }

  /** Starts the association unless it was started before. */
  connect(now: number): void {
    this.#association.connect(now);
    this.#wakeUp.update();
  }

  onPacket(bytes: Uint8Array, offset: number, length: number, now: number): DropReason {
    // Whoever sends SCTP wants an association, even if nothing is to be sent from here yet.
    this.#association.connect(now);
    const reason = this.#association.onPacket(bytes, offset, length, now);
    this.#wakeUp.update();
    return reason;
  }

  /** Before the association is connected messages are queued. */
  send(stream: SctpStreamParameters, ppid: number, payload: Uint8Array, now: number): SctpSendResult {
    const { streamId, ordered, maxPacketLifeTime, maxRetransmits } = stream;
    const reliability = ordered
      ? {}
      : { unordered: true, lifetime: maxPacketLifeTime, maxRetransmissions: maxRetransmits };
    const status = this.#association.send(streamId, ppid, payload, reliability, now);
    this.#wakeUp.update();
    return status === 'sent' || status === 'bufferFull' ? status : 'failed';
  }

  resetStream(streamId: number, now: number): void {
    this.#association.resetStreams([streamId], now);
    this.#wakeUp.update();
  }

  bufferedAmount(streamId: number): number {
    return this.#association.bufferedAmount(streamId);
  }

  bufferedAmountLowThreshold(streamId: number): number {
    return this.#association.bufferedAmountLowThreshold(streamId);
  }

  setBufferedAmountLowThreshold(streamId: number, threshold: number, now: number): void {
    this.#association.setBufferedAmountLowThreshold(streamId, threshold, now);
  }

  close(now: number): void {
    this.#association.close(now);
    this.#wakeUp.cancel();
  }
}
