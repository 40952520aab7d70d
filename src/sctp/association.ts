import { DropReason } from '../common/drop-reason.js';
import { type Machine } from '../common/timer-queue.js';
import {
  type SctpAssociationOwner,
  type SctpAssociationState,
  type SctpMetrics,
  type SctpNegotiatedCapabilities,
  type SctpResetStatus,
  type SctpSendOptions,
  type SctpSendStatus,
  type SctpState,
} from './association-owner.js';
import { defaultSctpOptions, type SctpAssociationOptions, type SctpRandom } from './options.js';

/**
 * One side of an SCTP association (RFC 9260) as WebRTC uses it: one path, no multihoming; with message interleaving
 * (RFC 8260), partial reliability (RFC 3758), stream resets (RFC 6525) and, if wanted, without checksums (RFC 9653).
 *
 * It starts when `connect` is called or when the peer's INIT arrives; if both happen the two sides agree on one
 * association. Once it is closed it stays closed.
 *
 * After every call `nextDeadline` may have moved.
 */
export class SctpAssociation implements Machine {
  nextDeadline = Infinity;

  readonly options: SctpAssociationOptions;
  readonly #owner: SctpAssociationOwner;

  constructor(options: Partial<SctpAssociationOptions> & { random: SctpRandom }, owner: SctpAssociationOwner) {
    this.options = { ...defaultSctpOptions, ...options };
    this.#owner = owner;
  }

  /** What the owner was told last. */
  get state(): SctpState {
    return 'new';
  }

  get associationState(): SctpAssociationState {
    return 'new';
  }

  /** Undefined before the association is established. */
  get negotiated(): SctpNegotiatedCapabilities | undefined {
    return undefined;
  }

  /** Sends an INIT. Does nothing unless the association is `new`. */
  connect(_now: number): void {}

  /** @returns none if the packet was processed, even if chunks in it were ignored */
  onPacket(_bytes: Uint8Array, _offset: number, _length: number, _now: number): DropReason {
    return DropReason.none;
  }

  /** Queues a message, of which a copy is made, and sends what can be sent. Before the association is established messages wait. */
  send(
    _streamId: number,
    _ppid: number,
    _payload: Uint8Array,
    _options: SctpSendOptions,
    _now: number,
  ): SctpSendStatus {
    return 'sent';
  }

  /** As `send`, but the message stays in the queue until `flush` or until the association sends anyway. */
  enqueue(
    _streamId: number,
    _ppid: number,
    _payload: Uint8Array,
    _options: SctpSendOptions,
    _now: number,
  ): SctpSendStatus {
    return 'sent';
  }

  /** Sends as much as the congestion window, the peer's window and Max.Burst allow. */
  flush(_now: number): void {}

  /** Starts outgoing streams from the beginning (RFC 6525 §5.1.2). What they have not begun to send is discarded. */
  resetStreams(_streamIds: readonly number[], _now: number): SctpResetStatus {
    return 'pending';
  }

  /** Bytes of a stream that were queued and have never been sent. */
  bufferedAmount(_streamId: number): number {
    return 0;
  }

  get totalBufferedAmount(): number {
    return 0;
  }

  bufferedAmountLowThreshold(_streamId: number): number {
    return this.options.defaultStreamBufferedAmountLowThreshold;
  }

  setBufferedAmountLowThreshold(_streamId: number, _threshold: number): void {}

  streamPriority(_streamId: number): number {
    return this.options.defaultStreamPriority;
  }

  setStreamPriority(_streamId: number, _priority: number): void {}

  get metrics(): SctpMetrics {
    void this.#owner;
    throw new Error('not implemented');
  }

  /** Closes the association when everything queued has arrived. Nothing more can be sent. */
  shutdown(_now: number): void {}

  /** Ends the association at once and tells the peer (RFC 9260 §9.1). */
  close(_now: number, _reason?: string): void {}

  onTimeout(_now: number): void {}
}
