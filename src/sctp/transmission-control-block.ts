import { type AssociationContext, reportError } from './association-context.js';
import { type SctpNegotiatedCapabilities } from './association-owner.js';
import { encodeCookieAck } from './chunks/cookie-ack.js';
import { encodeForwardTsn } from './chunks/forward-tsn.js';
import { encodeIForwardTsn } from './chunks/i-forward-tsn.js';
import { SackChunk, sackLength, writeSack } from './chunks/sack.js';
import { DataReceiver } from './data-receiver.js';
import { ErrorCounter } from './error-counter.js';
import { Heartbeat } from './heartbeat.js';
import { IncomingStreamResets } from './incoming-stream-resets.js';
import { type PacketBuilder } from './packet.js';
import { RetransmissionTimeout } from './retransmission-timeout.js';
import { RetransmissionQueue } from './sending/retransmission-queue.js';
import { StreamResetHandler } from './stream-reset-handler.js';

/** How an association was agreed on. */
export interface TcbParameters {
  readonly localTag: number;
  readonly peerTag: number;
  readonly localInitialTsn: number;
  readonly peerInitialTsn: number;
  /** a_rwnd of the peer's INIT or INIT ACK, bytes. */
  readonly peerWindow: number;
  /** Random, not 0: tells this association from one that takes its place (RFC 9260 §5.2.2). */
  readonly tieTag: bigint;
  readonly negotiated: SctpNegotiatedCapabilities;
}

/** What the parts of an association share, and the connection to its peer. */
export interface ConnectedContext extends AssociationContext {
  /** Exists from the INIT ACK or COOKIE ECHO on. */
  tcb: TransmissionControlBlock | undefined;
}

/** All that is known about one association with the peer (RFC 9260 §14). A peer that restarts gets another one. */
export class TransmissionControlBlock {
  readonly localTag: number;
  readonly peerTag: number;
  readonly tieTag: bigint;
  readonly negotiated: SctpNegotiatedCapabilities;
  readonly rto: RetransmissionTimeout;
  readonly errorCounter: ErrorCounter;
  readonly receiver: DataReceiver;
  readonly incomingResets: IncomingStreamResets;
  readonly retransmissions: RetransmissionQueue;
  readonly streamResets: StreamResetHandler;
  readonly heartbeat: Heartbeat;
  /** COOKIE ECHO chunk that the peer has not acknowledged. Until then there is one packet in flight at most. */
  cookieEcho: Uint8Array | undefined = undefined;

  readonly #context: AssociationContext;
  readonly #sack = new SackChunk();
  /** No FORWARD TSN is sent before. */
  #nextForwardTsnAt = -Infinity;

  constructor(parameters: TcbParameters, context: AssociationContext, now: number) {
    const { localInitialTsn, peerInitialTsn, peerWindow, negotiated } = parameters;
    const { options, sendQueue, events } = context;
    this.#context = context;
    this.localTag = parameters.localTag;
    this.peerTag = parameters.peerTag;
    this.tieTag = parameters.tieTag;
    this.negotiated = negotiated;
    this.rto = new RetransmissionTimeout(options);
    this.errorCounter = new ErrorCounter(options.maxRetransmissions);

    this.receiver = new DataReceiver(
      peerInitialTsn,
      {
        interleaving: negotiated.messageInterleaving,
        windowSize: options.maxReceiverWindowBufferSize,
        maxMessageSize: options.maxReceiveMessageSize,
      },
      {
        onMessage: (streamId, ppid, payload) => {
          context.receivedMessages++;
          events.add({ kind: 'message', streamId, ppid, payload });
        },
        onOversizedMessage: (streamId, length) => {
          reportError(context, 'protocolViolation', `message of ${length} bytes on stream ${streamId} is too large`);
        },
      },
    );
    this.incomingResets = new IncomingStreamResets(
      peerInitialTsn,
      this.receiver.tracker,
      this.receiver.queue,
      streamIds => {
        const reset = streamIds.length > 0 ? streamIds : sendQueue.streamIds;
        for (const streamId of reset) events.add({ kind: 'streamReset', streamId });
      },
    );

    this.retransmissions = new RetransmissionQueue({
      options,
      negotiated,
      initialTsn: localInitialTsn,
      peerWindow,
      sendQueue,
      rto: this.rto,
      errorCounter: this.errorCounter,
      onMessageFate: (message, fate) => context.tellFate(message, fate),
    });
    this.streamResets = new StreamResetHandler(localInitialTsn, {
      sendQueue,
      retransmissions: this.retransmissions,
      incomingResets: this.incomingResets,
      rto: this.rto,
      sendChunk: chunk => this.sendChunk(chunk),
      onRequestLost: () => this.#countError(),
      onResetPerformed: streamIds => events.add({ kind: 'resetPerformed', streamIds }),
      onResetFailed: streamIds => events.add({ kind: 'resetFailed', streamIds }),
      onMalformed: message => reportError(context, 'parseFailed', message),
    });
    this.heartbeat = new Heartbeat(
      {
        options,
        rto: this.rto,
        get isEstablished() {
          return context.state === 'established';
        },
        sendChunk: chunk => this.sendChunk(chunk),
        onAlive: () => this.errorCounter.clear(),
        onHeartbeatLost: () => this.#countError(),
        onMalformedAck: message => reportError(context, 'parseFailed', message),
      },
      now,
    );

    // The peer has seen nothing of what may have been sent in an earlier association.
    sendQueue.rewind();
    sendQueue.messageInterleaving = negotiated.messageInterleaving;
    if (!negotiated.reconfiguration) sendQueue.abandonResets();
  }

  get nextDeadline(): number {
    return Math.min(
      this.retransmissions.t3.deadline,
      this.receiver.tracker.nextDeadline,
      this.streamResets.timer.deadline,
      this.heartbeat.nextDeadline,
    );
  }

  onTimeout(now: number): void {
    const { tracker } = this.receiver;
    tracker.onTimeout(now);
    this.#sendSackIfDue();
    if (this.retransmissions.t3.expire(now)) this.#onT3Expired(now);
    this.streamResets.onTimeout(now);
    this.heartbeat.onTimeout(now);
  }

  /** It is over: nothing is sent any more. */
  close(): void {
    this.retransmissions.t3.stop();
    this.streamResets.timer.stop();
    this.heartbeat.stop();
  }

  /** All chunks of a packet were processed. */
  onPacketEnd(now: number): void {
    this.incomingResets.onPacketEnd();
    this.receiver.tracker.onPacketEnd(now, Math.min(this.rto.rto / 2, this.#context.options.maxDelayedAck));
    this.#sendSackIfDue();
  }

  /** Sends a packet with one chunk. */
  sendChunk(chunk: Uint8Array): void {
    this.#context.packets.sendChunk(chunk, this.peerTag, !this.negotiated.zeroChecksum);
  }

  /** Sends what there is to send and may be sent, up to Max.Burst packets (RFC 9260 §6.1 D). */
  sendPackets(now: number, withCookieAck = false): void {
    const { packets, options } = this.#context;
    // RFC 9260 §5.1 C: until the COOKIE ACK there is only this packet.
    const count = this.cookieEcho === undefined ? options.maxBurst : 1;
    for (let i = 0; i < count; i++) {
      const packet = packets.start(this.peerTag);
      if (i === 0) this.#addControlChunks(packet, now, withCookieAck);
      if (this.retransmissions.fillPacket(packet, now) > 0) this.heartbeat.restart(now);
      // RFC 9653 §5.2: a COOKIE ECHO always comes with a checksum.
      if (!packets.finish(!this.negotiated.zeroChecksum || this.cookieEcho !== undefined)) break;
    }
  }

  /** Sends one packet with what a SACK showed to be lost, if it did. */
  sendFastRetransmission(now: number): void {
    if (!this.retransmissions.hasFastRetransmissions) return;
    const packet = this.#context.packets.start(this.peerTag);
    this.retransmissions.fillFastRetransmission(packet, now);
    this.#context.packets.finish(!this.negotiated.zeroChecksum);
  }

  /** Asks the peer to take stream resets, if there are any. */
  sendResetRequest(now: number): void {
    if (this.cookieEcho !== undefined) return;
    const packet = this.#context.packets.start(this.peerTag);
    const request = this.streamResets.takeRequest(packet.remaining, now);
    if (request === undefined) return;
    packet.add(request);
    this.#context.packets.finish(!this.negotiated.zeroChecksum);
  }

  #addControlChunks(packet: PacketBuilder, now: number, withCookieAck: boolean): void {
    if (withCookieAck) packet.add(encodeCookieAck());
    if (this.cookieEcho !== undefined) packet.add(this.cookieEcho);
    if (this.receiver.tracker.takeSack(true)) this.#addSack(packet);
    this.#addForwardTsn(packet, now);
    if (this.cookieEcho === undefined) {
      const request = this.streamResets.takeRequest(packet.remaining, now);
      if (request !== undefined) packet.add(request);
    }
  }

  #addSack(packet: PacketBuilder): void {
    const { tracker, queue } = this.receiver;
    tracker.fillSack(this.#sack, queue.availableWindow);
    const offset = packet.reserve(sackLength(this.#sack));
    if (offset >= 0) writeSack(packet.bytes, offset, this.#sack);
  }

  #addForwardTsn(packet: PacketBuilder, now: number): void {
    if (now < this.#nextForwardTsnAt || !this.retransmissions.needsForwardTsn(now)) return;
    const { messageInterleaving } = this.negotiated;
    const maxStreams = Math.floor((packet.remaining - FORWARD_TSN_HEADER_LENGTH) / (messageInterleaving ? 8 : 4));
    if (maxStreams <= 0) return;
    const forwardTsn = this.retransmissions.forwardTsn(maxStreams);
    packet.add(messageInterleaving ? encodeIForwardTsn(forwardTsn) : encodeForwardTsn(forwardTsn));
    // RFC 3758 §3.5 C5
    this.#nextForwardTsnAt = now + Math.min(MAX_FORWARD_TSN_INTERVAL, this.rto.srtt);
  }

  #sendSackIfDue(): void {
    if (!this.receiver.tracker.takeSack(false)) return;
    this.#addSack(this.#context.packets.start(this.peerTag));
    this.#context.packets.finish(!this.negotiated.zeroChecksum);
  }

  #onT3Expired(now: number): void {
    // The COOKIE ECHO is sent again by another timer; the data behind it have to wait.
    if (this.cookieEcho !== undefined) return;
    this.#countError();
    if (!this.retransmissions.t3.isRunning) return;
    this.retransmissions.onT3Expired();
    this.sendPackets(now);
  }

  /** RFC 9260 §8.1 */
  #countError(): void {
    this.errorCounter.increment();
    if (this.errorCounter.isExhausted) this.#context.close('tooManyRetries', 'too many transmission errors');
  }
}

const FORWARD_TSN_HEADER_LENGTH = 8;
/** ms */
const MAX_FORWARD_TSN_INTERVAL = 200;
