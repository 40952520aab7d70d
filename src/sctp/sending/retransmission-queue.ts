import { timestampDiff } from '../../common/serial-number.js';
import { type SctpMessageFate, type SctpNegotiatedCapabilities } from '../association-owner.js';
import { DATA_HEADER_LENGTH, writeData } from '../chunks/data.js';
import { DataChunk } from '../chunks/data-chunk.js';
import { type ForwardTsnChunk } from '../chunks/forward-tsn-chunk.js';
import { I_DATA_HEADER_LENGTH, writeIData } from '../chunks/i-data.js';
import { type SackChunk } from '../chunks/sack.js';
import { type ErrorCounter } from '../error-counter.js';
import { type SctpAssociationOptions } from '../options.js';
import { type PacketBuilder } from '../packet.js';
import { type RetransmissionTimeout } from '../retransmission-timeout.js';
import { Timer } from '../timer.js';
import { Fragment, type OutgoingMessage } from './outgoing-message.js';
import { MAX_OUTSTANDING_CHUNKS, OutstandingData } from './outstanding-data.js';
import { type SendQueue } from './send-queue.js';

export interface RetransmissionQueueContext {
  readonly options: Pick<
    SctpAssociationOptions,
    'mtu' | 'initialCongestionWindow' | 'minCongestionWindow' | 'immediateAckUnderCongestionWindow'
  >;
  readonly negotiated: Pick<SctpNegotiatedCapabilities, 'partialReliability' | 'messageInterleaving'>;
  readonly initialTsn: number;
  /** a_rwnd of the peer's INIT or INIT ACK. */
  readonly peerWindow: number;
  readonly sendQueue: SendQueue;
  readonly rto: RetransmissionTimeout;
  readonly errorCounter: ErrorCounter;
  /** What became of a message of which all was sent, or that it was. Must not call back. */
  onMessageFate(message: OutgoingMessage, fate: Exclude<SctpMessageFate, 'expired'>): void;
}

/** When data are sent, and sent again: congestion control and retransmission (RFC 9260 §6, §7). Sizes in bytes. */
export class RetransmissionQueue {
  readonly t3 = new Timer();
  readonly outstanding: OutstandingData;
  cwnd: number;
  ssthresh: number;
  /** What the peer can take besides what is in flight. */
  rwnd: number;
  rtxPackets = 0;
  rtxBytes = 0;

  readonly #context: RetransmissionQueueContext;
  readonly #mtu: number;
  readonly #headerLength: number;
  readonly #fragment = new Fragment();
  readonly #chunk = new DataChunk();
  #partialBytesAcked = 0;
  /** Fast recovery ends with the acknowledgement of this TSN; -1 while it is not on. */
  #fastRecoveryExitTsn = -1;
  /** In fast recovery a SACK with news lets one packet of retransmissions go, whatever is in flight. */
  #mayRetransmitOnce = false;

  constructor(context: RetransmissionQueueContext) {
    const { options, negotiated, initialTsn, peerWindow } = context;
    this.#context = context;
    this.#mtu = options.mtu;
    this.#headerLength = negotiated.messageInterleaving ? I_DATA_HEADER_LENGTH : DATA_HEADER_LENGTH;
    this.cwnd = options.initialCongestionWindow * options.mtu;
    this.rwnd = peerWindow;
    // RFC 9260 §7.2.1: as high as the peer's window.
    this.ssthresh = peerWindow;
    this.outstanding = new OutstandingData(initialTsn, this.#headerLength, negotiated.partialReliability, {
      discardRest: message => context.sendQueue.discard(message),
      onMessageDone: (message, isAbandoned) =>
        context.onMessageFate(message, isAbandoned ? 'maybeDelivered' : 'delivered'),
    });
    this.#chunk.interleaved = negotiated.messageInterleaving;
  }

  /** Sender's last assigned TSN. */
  get lastAssignedTsn(): number {
    return this.outstanding.highestTsn >>> 0;
  }

  get isInFastRecovery(): boolean {
    return this.#fastRecoveryExitTsn >= 0;
  }

  /** False if the SACK was ignored: it is older than another one, or acknowledges what was never sent. */
  handleSack(sack: SackChunk, now: number): boolean {
    const { outstanding } = this;
    const oldCumulativeTsn = outstanding.cumulativeTsn;
    const cumulativeTsn = this.#unwrap(sack.cumulativeTsn);
    if (!this.#isValid(sack, cumulativeTsn)) return false;

    if (sack.gapBlockCount === 0) this.#measureRtt(cumulativeTsn, now);
    // Before anything else: this SACK may be the reason to enter it again.
    if (this.isInFastRecovery && cumulativeTsn >= this.#fastRecoveryExitTsn) this.#fastRecoveryExitTsn = -1;

    const flightSize = outstanding.inFlightBytes;
    outstanding.handleSack(sack, cumulativeTsn, this.isInFastRecovery);
    this.rwnd = Math.max(sack.advertisedReceiverWindow - outstanding.inFlightPayloadBytes, 0);

    if (cumulativeTsn > oldCumulativeTsn) {
      // RFC 9260 §6.3.2 R3: it starts again below with the current RTO.
      this.t3.stop();
      this.#growCongestionWindow(flightSize);
    }
    if (outstanding.hasPacketLoss) this.#enterFastRecovery();
    // A SACK reports a limited number of gap blocks. Behind them everything seems to be in flight, which may be more than
    // the reduced window for as long as nothing is sent.
    this.#mayRetransmitOnce = this.isInFastRecovery && outstanding.newlyAckedBytes > 0;
    // RFC 9260 §8.1; a peer that answers zero window probes is there (§6.1 A).
    if (outstanding.newlyAckedBytes > 0 || sack.advertisedReceiverWindow === 0) this.#context.errorCounter.clear();
    if (outstanding.isEmpty) this.t3.stop();
    else this.#runT3(now);
    return true;
  }

  /**
   * RFC 9260 §6.3.3, and RFC 8540 §3.11 for partial_bytes_acked. Fast Recovery ends, or there could be no slow start: the
   * window would stay at one MTU until all that was outstanding has arrived.
   */
  onT3Expired(): void {
    this.#fastRecoveryExitTsn = -1;
    this.ssthresh = this.#reducedWindow();
    this.cwnd = this.#mtu;
    this.#partialBytesAcked = 0;
    this.outstanding.nackAll();
  }

  /** Adds what may be sent now: retransmissions, then new data. @returns the number of chunks */
  fillPacket(packet: PacketBuilder, now: number): number {
    let count = 0;
    let room = this.#room(packet);

    if (this.#mayRetransmitOnce && this.outstanding.hasRetransmissions) room = packet.remaining;
    this.#mayRetransmitOnce = false;
    let tsn = 0;
    const oldRoom = room;
    while (room > this.#headerLength) {
      tsn = this.outstanding.takeRetransmission(tsn, room);
      if (tsn < 0) break;
      room -= this.#write(packet, tsn);
      count++;
    }
    if (count > 0) {
      this.rtxPackets++;
      this.rtxBytes += oldRoom - room;
      room = Math.min(room, this.#room(packet));
    }

    while (room > this.#headerLength && this.outstanding.count < MAX_OUTSTANDING_CHUNKS) {
      if (!this.#context.sendQueue.produce(now, room - this.#headerLength, this.#fragment)) break;
      const isSent = this.outstanding.add(this.#fragment, now);
      if (isSent) {
        this.rwnd = Math.max(this.rwnd - this.#fragment.length, 0);
        room -= this.#write(packet, this.outstanding.highestTsn);
        count++;
        const message = this.#fragment.message!;
        if (message.remainingLength === 0) this.#context.onMessageFate(message, 'sent');
      }
      this.#fragment.message = undefined;
    }

    if (count > 0) this.#runT3(now);
    return count;
  }

  get hasFastRetransmissions(): boolean {
    return this.outstanding.hasFastRetransmissions;
  }

  /** RFC 9260 §7.2.4: fills one packet, whatever the congestion window is. */
  fillFastRetransmission(packet: PacketBuilder, now: number): void {
    const oldRemaining = packet.remaining;
    let tsn = 0;
    while (packet.remaining > this.#headerLength) {
      tsn = this.outstanding.takeFastRetransmission(tsn, packet.remaining);
      if (tsn < 0) break;
      // RFC 9260 §7.2.4 4): it starts again with the current RTO.
      if (tsn === this.outstanding.cumulativeTsn + 1) this.t3.stop();
      this.#write(packet, tsn);
    }
    this.outstanding.endFastRetransmission();
    this.#runT3(now);
    this.rtxPackets++;
    this.rtxBytes += oldRemaining - packet.remaining;
  }

  /** Whether the receiver is to be told not to wait for something (RFC 3758 §3.5 C). */
  needsForwardTsn(now: number): boolean {
    if (!this.#context.negotiated.partialReliability) return false;
    this.outstanding.expire(now);
    return this.outstanding.hasAbandonedToSkip;
  }

  /** @param maxStreams That it may list. */
  forwardTsn(maxStreams: number): ForwardTsnChunk {
    return this.outstanding.forwardTsn(this.#context.negotiated.messageInterleaving, maxStreams);
  }

  /** Outstanding TSNs are near each other, so the TSN that is meant is the nearest one. */
  #unwrap(tsn: number): number {
    return this.outstanding.cumulativeTsn + timestampDiff(tsn, this.outstanding.cumulativeTsn);
  }

  /** RFC 9260 §6.2.1 D i. The TSN may stay the same: gap blocks and window may be news. */
  #isValid(sack: SackChunk, cumulativeTsn: number): boolean {
    const { outstanding } = this;
    if (cumulativeTsn < outstanding.cumulativeTsn || cumulativeTsn > outstanding.highestTsn) return false;
    // Blocks are in order.
    return sack.gapBlockCount === 0 || cumulativeTsn + sack.gapEnds[sack.gapBlockCount - 1] <= outstanding.highestTsn;
  }

  #measureRtt(cumulativeTsn: number, now: number): void {
    const sentAt = this.outstanding.sentOnceAt(cumulativeTsn);
    if (!Number.isNaN(sentAt)) this.#context.rto.observe(now - sentAt);
  }

  /** @param flightSize Before the SACK. */
  #growCongestionWindow(flightSize: number): void {
    const acked = this.outstanding.newlyAckedBytes;
    // Packets are not always full.
    const isFullyUsed = flightSize + this.#mtu >= this.cwnd;
    if (this.cwnd <= this.ssthresh) {
      // Slow start (RFC 9260 §7.2.1).
      if (isFullyUsed && !this.isInFastRecovery) this.cwnd += Math.min(acked, this.#mtu);
      return;
    }
    // Congestion avoidance (RFC 9260 §7.2.2, RFC 8540 §3.12).
    this.#partialBytesAcked += acked;
    if (this.#partialBytesAcked >= this.cwnd && isFullyUsed) {
      this.#partialBytesAcked -= this.cwnd;
      this.cwnd += this.#mtu;
    }
  }

  #enterFastRecovery(): void {
    if (this.isInFastRecovery) return;
    this.ssthresh = this.#reducedWindow();
    this.cwnd = this.ssthresh;
    this.#partialBytesAcked = 0;
    this.#fastRecoveryExitTsn = this.outstanding.highestTsn;
  }

  /** RFC 9260 §7.2.3 */
  #reducedWindow(): number {
    return Math.max(Math.floor(this.cwnd / 2), this.#context.options.minCongestionWindow * this.#mtu);
  }

  /** What chunks may take in a packet, by the congestion window and by the peer's. */
  #room(packet: PacketBuilder): number {
    const byCwnd = Math.max(this.cwnd - this.outstanding.inFlightBytes, 0);
    // RFC 9260 §6.1 A: one chunk may always be in flight, to probe a window of zero.
    const byRwnd = this.outstanding.inFlightChunks === 0 ? this.#mtu : (this.rwnd + this.#headerLength + 3) & ~3;
    return Math.min(byCwnd, byRwnd, packet.remaining) & ~3;
  }

  /** @returns the room it takes */
  #write(packet: PacketBuilder, tsn: number): number {
    const chunk = this.outstanding.chunk(tsn);
    const message = chunk.message!;
    const data = this.#chunk;
    data.tsn = tsn >>> 0;
    data.streamId = message.streamId;
    data.unordered = message.unordered;
    data.beginning = chunk.offset === 0;
    data.ending = chunk.isEnding;
    data.immediateAck = this.cwnd < this.#context.options.immediateAckUnderCongestionWindow * this.#mtu;
    data.messageId = data.interleaved ? message.messageId : message.ssn;
    data.fsn = chunk.fsn;
    data.ppid = message.ppid;
    data.bytes = message.bytes;
    data.payloadOffset = chunk.offset;
    data.payloadLength = chunk.length;
    const offset = packet.reserve(this.#headerLength + chunk.length);
    if (data.interleaved) writeIData(packet.bytes, offset, data);
    else writeData(packet.bytes, offset, data);
    return this.outstanding.chunkLength(chunk);
  }

  /** RFC 9260 §6.3.2 R1 */
  #runT3(now: number): void {
    if (!this.t3.isRunning) this.t3.start(now, this.#context.rto.rto);
  }
}
