import { type DropReason } from '../common/drop-reason.js';
import { type Machine } from '../common/timer-queue.js';
import { reportError, sendAbort } from './association-context.js';
import {
  type SctpAssociationOwner,
  type SctpAssociationState,
  type SctpErrorKind,
  type SctpImplementation,
  type SctpMessageFate,
  type SctpMetrics,
  type SctpNegotiatedCapabilities,
  type SctpResetStatus,
  type SctpSendOptions,
  type SctpSendStatus,
  type SctpState,
} from './association-owner.js';
import { ChunkDispatcher } from './chunk-dispatcher.js';
import { DeferredEvents } from './deferred-events.js';
import { Handshake } from './handshake.js';
import { defaultSctpOptions, type SctpAssociationOptions, type SctpRandom } from './options.js';
import { PacketSender } from './packet-sender.js';
import { OutgoingMessage } from './sending/outgoing-message.js';
import { SendQueue } from './sending/send-queue.js';
import { Shutdown } from './shutdown.js';
import { type ConnectedContext, type TransmissionControlBlock } from './transmission-control-block.js';

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

  readonly #context: Context;
  readonly #handshake: Handshake;
  readonly #shutdown: Shutdown;
  readonly #dispatcher: ChunkDispatcher;
  #sentMessages = 0;
  #receivedPackets = 0;

  constructor(options: Partial<SctpAssociationOptions> & { random: SctpRandom }, owner: SctpAssociationOwner) {
    this.options = { ...defaultSctpOptions, ...options };
    this.#context = new Context(this.options, owner, () => {
      this.#handshake.stop();
      this.#shutdown.stop();
    });
    this.#handshake = new Handshake(this.#context);
    this.#shutdown = new Shutdown(this.#context);
    this.#dispatcher = new ChunkDispatcher(this.#context, this.#handshake, this.#shutdown);
  }

  get state(): SctpState {
    switch (this.#context.state) {
      case 'new':
        return 'new';
      case 'cookieWait':
      case 'cookieEchoed':
        return 'connecting';
      case 'established':
        return 'connected';
      case 'closed':
        return this.#context.hasFailed ? 'failed' : 'closed';
      default:
        return 'closed';
    }
  }

  get associationState(): SctpAssociationState {
    return this.#context.state;
  }

  /** Undefined before the association is established. */
  get negotiated(): SctpNegotiatedCapabilities | undefined {
    return this.#context.tcb?.negotiated;
  }

  /** Sends an INIT. Does nothing unless the association is `new`. */
  connect(now: number): void {
    if (this.#context.state === 'new') this.#handshake.start(now);
    this.#leave(now);
  }

  /** @returns none if the packet was processed, even if chunks in it were ignored */
  onPacket(bytes: Uint8Array, offset: number, length: number, now: number): DropReason {
    this.#receivedPackets++;
    const reason = this.#dispatcher.onPacket(bytes, offset, length, now);
    this.#leave(now);
    return reason;
  }

  /**
   * Queues a message, and sends what can be sent. Before the association is established messages wait. The payload is
   * kept, not copied: nobody may change it any more. So any number of associations can send the same one.
   */
  send(streamId: number, ppid: number, payload: Uint8Array, options: SctpSendOptions, now: number): SctpSendStatus {
    const status = this.enqueue(streamId, ppid, payload, options, now);
    if (status === 'sent') this.flush(now);
    return status;
  }

  /** As `send`, but the message stays in the queue until `flush` or until the association sends anyway. */
  enqueue(streamId: number, ppid: number, payload: Uint8Array, options: SctpSendOptions, now: number): SctpSendStatus {
    const { state, sendQueue } = this.#context;
    if (payload.length === 0) return 'messageEmpty';
    if (payload.length > this.options.maxSendMessageSize) return 'messageTooLarge';
    if (state === 'closed') return 'closed';
    if (state.startsWith('shutdown')) return 'shuttingDown';
    if (sendQueue.isFull(streamId)) return 'bufferFull';
    sendQueue.add(new OutgoingMessage(streamId, ppid, payload, options, now));
    this.#sentMessages++;
    return 'sent';
  }

  /** Sends as much as the congestion window, the peer's window and Max.Burst allow. */
  flush(now: number): void {
    const { tcb } = this.#context;
    if (tcb !== undefined && tcb.cookieEcho === undefined) tcb.sendPackets(now);
    this.#leave(now);
  }

  /**
   * Starts outgoing streams from the beginning (RFC 6525 §5.1.2). What they have not begun to send is discarded. Messages
   * that are sent from now on go out when the reset is done.
   */
  resetStreams(streamIds: readonly number[], now: number): SctpResetStatus {
    const { state, tcb, sendQueue } = this.#context;
    if (state === 'closed') return 'closed';
    if (tcb !== undefined && !tcb.negotiated.reconfiguration) {
      reportError(this.#context, 'unsupportedOperation', 'the peer does not support stream resets');
      this.#leave(now);
      return 'unsupported';
    }
    for (const streamId of streamIds) sendQueue.prepareReset(streamId);
    tcb?.sendResetRequest(now);
    this.#leave(now);
    return tcb === undefined ? 'pending' : 'requested';
  }

  /** Bytes of a stream that were queued and have never been sent. */
  bufferedAmount(streamId: number): number {
    return this.#context.sendQueue.bufferedAmount(streamId);
  }

  get totalBufferedAmount(): number {
    return this.#context.sendQueue.totalBufferedAmount;
  }

  bufferedAmountLowThreshold(streamId: number): number {
    return this.#context.sendQueue.bufferedAmountLowThreshold(streamId);
  }

  setBufferedAmountLowThreshold(streamId: number, threshold: number, now: number): void {
    this.#context.sendQueue.setBufferedAmountLowThreshold(streamId, threshold);
    this.#leave(now);
  }

  streamPriority(streamId: number): number {
    return this.#context.sendQueue.priority(streamId);
  }

  /** @param priority Weight of the stream, at least 1. */
  setStreamPriority(streamId: number, priority: number): void {
    this.#context.sendQueue.setPriority(streamId, priority);
  }

  get metrics(): SctpMetrics {
    const { tcb, packets, receivedMessages, peerImplementation } = this.#context;
    const retransmissions = tcb?.retransmissions;
    return {
      txPackets: packets.sentPackets,
      txMessages: this.#sentMessages,
      rxPackets: this.#receivedPackets,
      rxMessages: receivedMessages,
      rtxPackets: retransmissions?.rtxPackets ?? 0,
      rtxBytes: retransmissions?.rtxBytes ?? 0,
      cwnd: retransmissions?.cwnd ?? 0,
      srtt: tcb?.rto.isMeasured ? tcb.rto.srtt : 0,
      unackedChunks: retransmissions?.outstanding.count ?? 0,
      peerRwnd: retransmissions?.rwnd ?? 0,
      peerImplementation,
      negotiated: tcb?.negotiated,
    };
  }

  /** Ends the association when everything queued has arrived (RFC 9260 §9.2). Nothing more can be sent. */
  shutdown(now: number): void {
    this.#shutdown.start(now);
    this.#leave(now);
  }

  /** Ends the association at once and tells the peer (RFC 9260 §9.1). */
  close(now: number, reason = 'closed'): void {
    const { tcb } = this.#context;
    if (tcb !== undefined) sendAbort(this.#context, tcb.peerTag, { kind: 'userInitiatedAbort', reason });
    this.#context.close();
    this.#leave(now);
  }

  onTimeout(now: number): void {
    this.#handshake.onTimeout(now);
    this.#shutdown.onTimeout(now);
    this.#context.tcb?.onTimeout(now);
    this.#leave(now);
  }

  /** The end of every call: everything is in order, and the owner may be told. */
  #leave(now: number): void {
    this.#shutdown.continue(now);
    this.#context.events.deliver(now);
    this.nextDeadline = Math.min(
      this.#handshake.nextDeadline,
      this.#shutdown.nextDeadline,
      this.#context.tcb?.nextDeadline ?? Infinity,
    );
  }
}

class Context implements ConnectedContext {
  readonly options: SctpAssociationOptions;
  readonly sendQueue: SendQueue;
  readonly packets: PacketSender;
  readonly events: DeferredEvents;
  state: SctpAssociationState = 'new';
  tcb: TransmissionControlBlock | undefined = undefined;
  peerImplementation: SctpImplementation = 'unknown';
  receivedMessages = 0;
  /** Closed by an error before it was established. */
  hasFailed = false;

  readonly #onClose: () => void;

  constructor(options: SctpAssociationOptions, owner: SctpAssociationOwner, onClose: () => void) {
    this.options = options;
    this.#onClose = onClose;
    this.events = new DeferredEvents(owner, streamId => this.sendQueue.bufferedAmount(streamId));
    this.packets = new PacketSender(options, (bytes, offset, length) => owner.onSctpSend(bytes, offset, length));
    this.sendQueue = new SendQueue(options, {
      onBufferedAmountLow: streamId => this.events.add({ kind: 'bufferedAmountLow', streamId }),
      onTotalBufferedAmountLow: () => this.events.add({ kind: 'totalBufferedAmountLow' }),
      onMessageExpired: message => this.tellFate(message, 'expired'),
    });
  }

  tellFate({ lifecycleId }: OutgoingMessage, fate: SctpMessageFate): void {
    if (lifecycleId !== 0) this.events.add({ kind: 'lifecycle', lifecycleId, fate });
  }

  close(error?: SctpErrorKind, message = ''): void {
    if (this.state === 'closed') return;
    const { state } = this;
    this.state = 'closed';
    this.tcb?.close();
    this.tcb = undefined;
    this.#onClose();
    if (error !== undefined) reportError(this, error, message);
    if (state === 'new') return;
    this.hasFailed = error !== undefined && (state === 'cookieWait' || state === 'cookieEchoed');
    this.events.add({ kind: this.hasFailed ? 'failed' : 'closed' });
  }
}
