import { copyBytes } from '../common/bytes.js';
import { DropReason } from '../common/drop-reason.js';
import { reportError, sendAbort } from './association-context.js';
import { parseAbort } from './chunks/abort.js';
import { ChunkType } from './chunks/chunk.js';
import { parseCookieEcho } from './chunks/cookie-echo.js';
import { parseData } from './chunks/data.js';
import { DataChunk } from './chunks/data-chunk.js';
import { encodeError, parseError } from './chunks/error.js';
import { parseForwardTsn } from './chunks/forward-tsn.js';
import { type ForwardTsnChunk } from './chunks/forward-tsn-chunk.js';
import { parseHeartbeat } from './chunks/heartbeat.js';
import { parseHeartbeatAck } from './chunks/heartbeat-ack.js';
import { parseIData } from './chunks/i-data.js';
import { parseIForwardTsn } from './chunks/i-forward-tsn.js';
import { parseInit } from './chunks/init.js';
import { parseInitAck } from './chunks/init-ack.js';
import { parseReConfig } from './chunks/re-config.js';
import { parseSack, SackChunk } from './chunks/sack.js';
import { parseShutdown } from './chunks/shutdown.js';
import { isUnknownChunkReported, isUnknownChunkSkipped } from './chunks/unknown.js';
import { ReceiveOutcome } from './data-receiver.js';
import { type ErrorCause } from './error-causes/error-cause.js';
import { type Handshake } from './handshake.js';
import { SctpPacket } from './packet.js';
import { type Shutdown } from './shutdown.js';
import { type ConnectedContext, type TransmissionControlBlock } from './transmission-control-block.js';

/** Takes packets and gives their chunks to the part of the association that they concern. */
export class ChunkDispatcher {
  readonly #context: ConnectedContext;
  readonly #handshake: Handshake;
  readonly #shutdown: Shutdown;
  readonly #packet = new SctpPacket();
  readonly #data = new DataChunk();
  readonly #sack = new SackChunk();

  constructor(context: ConnectedContext, handshake: Handshake, shutdown: Shutdown) {
    this.#context = context;
    this.#handshake = handshake;
    this.#shutdown = shutdown;
  }

  onPacket(bytes: Uint8Array, offset: number, length: number, now: number): DropReason {
    const context = this.#context;
    const packet = this.#packet;
    const reason = packet.parse(bytes, offset, length, context.options.zeroChecksumMethod !== 0);
    if (reason !== DropReason.none) {
      reportError(context, 'parseFailed', 'malformed packet, or wrong checksum');
      return reason;
    }
    if (!this.#isTagRight()) return DropReason.sctpVerificationTag;

    while (packet.nextChunk() && this.#onChunk(now));
    if (packet.hasData) this.#shutdown.onData(now);
    context.tcb?.onPacketEnd(now);
    return DropReason.none;
  }

  /** Whether the packet is of this association, or may begin one or end a dead one (RFC 9260 §8.4, §8.5). */
  #isTagRight(): boolean {
    const { verificationTag, chunkCount, firstChunkType, firstChunkFlags } = this.#packet;
    const { tcb } = this.#context;
    const isAlone = chunkCount === 1;
    if (verificationTag === 0) return isAlone && firstChunkType === ChunkType.init;
    switch (firstChunkType) {
      case ChunkType.init:
        return false;
      case ChunkType.abort:
      case ChunkType.shutdownComplete:
        if (isAlone && (firstChunkFlags & TAG_REFLECTED) !== 0) return verificationTag === tcb?.peerTag;
        break;
      case ChunkType.initAck:
        return verificationTag === this.#handshake.localTag;
      case ChunkType.cookieEcho:
        // The cookie says which tag is right.
        return true;
      case ChunkType.shutdownAck:
        if (isAlone && tcb === undefined) return true;
        break;
      default:
        break;
    }
    return verificationTag === tcb?.localTag;
  }

  /** False if what follows in the packet is not to be looked at. */
  #onChunk(now: number): boolean {
    const { bytes, chunkType, chunkOffset: offset, chunkLength: length, verificationTag } = this.#packet;
    switch (chunkType) {
      case ChunkType.init:
        // RFC 9260 §6.10: it is alone, or it is none.
        if (this.#packet.chunkCount === 1) this.#handshake.onInit(parseInit(bytes, offset, length)!, now);
        return true;
      case ChunkType.initAck:
        this.#handshake.onInitAck(parseInitAck(bytes, offset, length)!, now);
        return true;
      case ChunkType.cookieEcho:
        this.#handshake.onCookieEcho(parseCookieEcho(bytes, offset, length).cookie, verificationTag, now);
        // What is behind it belongs to the association that it was to establish.
        return verificationTag === this.#context.tcb?.localTag;
      case ChunkType.cookieAck:
        this.#handshake.onCookieAck(now);
        return true;
      case ChunkType.shutdownAck:
        this.#shutdown.onShutdownAck(verificationTag);
        return true;
      case ChunkType.shutdownComplete:
        this.#shutdown.onShutdownComplete();
        return true;
      default:
        break;
    }
    const { tcb } = this.#context;
    if (tcb === undefined) {
      reportError(this.#context, 'notConnected', `chunk of type ${chunkType} without an association`);
      return false;
    }
    return this.#onAssociatedChunk(tcb, now);
  }

  #onAssociatedChunk(tcb: TransmissionControlBlock, now: number): boolean {
    const context = this.#context;
    const { bytes, chunkType, chunkOffset: offset, chunkLength: length } = this.#packet;
    switch (chunkType) {
      case ChunkType.data:
        parseData(bytes, offset, length, this.#data);
        this.#onData(tcb);
        break;
      case ChunkType.iData:
        parseIData(bytes, offset, length, this.#data);
        this.#onData(tcb);
        break;
      case ChunkType.sack:
        parseSack(bytes, offset, length, this.#sack);
        this.#onSack(tcb, now);
        break;
      case ChunkType.forwardTsn:
        this.#onForwardTsn(tcb, false, parseForwardTsn(bytes, offset, length)!);
        break;
      case ChunkType.iForwardTsn:
        this.#onForwardTsn(tcb, true, parseIForwardTsn(bytes, offset, length)!);
        break;
      case ChunkType.heartbeat:
        tcb.heartbeat.onHeartbeat(parseHeartbeat(bytes, offset, length)!);
        break;
      case ChunkType.heartbeatAck:
        tcb.heartbeat.onHeartbeatAck(parseHeartbeatAck(bytes, offset, length)!, now);
        break;
      case ChunkType.reConfig:
        tcb.streamResets.onReConfig(parseReConfig(bytes, offset, length)!, now);
        // Streams may go on now, and others may be reset.
        if (tcb.cookieEcho === undefined) tcb.sendPackets(now);
        break;
      case ChunkType.shutdown:
        this.#onShutdown(tcb, parseShutdown(bytes, offset, length)!.cumulativeTsn, now);
        break;
      case ChunkType.error:
        reportError(context, 'peerReported', describe(parseError(bytes, offset, length)!.causes));
        break;
      case ChunkType.abort:
        context.close('peerReported', `ABORT: ${describe(parseAbort(bytes, offset, length)!.causes)}`);
        break;
      default:
        if (isUnknownChunkReported(chunkType)) this.#reportUnknownChunk(tcb);
        return isUnknownChunkSkipped(chunkType);
    }
    return context.state !== 'closed';
  }

  #onData(tcb: TransmissionControlBlock): void {
    const context = this.#context;
    switch (tcb.receiver.onData(this.#data)) {
      case ReceiveOutcome.wrongKind:
        reportError(context, 'protocolViolation', 'DATA instead of I-DATA, or the other way round');
        break;
      case ReceiveOutcome.noUserData:
        tcb.sendChunk(encodeError({ causes: [{ kind: 'noUserData', tsn: this.#data.tsn }] }));
        reportError(context, 'protocolViolation', 'DATA without user data');
        break;
      case ReceiveOutcome.exhausted:
        this.#abortExhausted(tcb);
        break;
      default:
        break;
    }
  }

  #onForwardTsn(tcb: TransmissionControlBlock, interleaving: boolean, chunk: ForwardTsnChunk): void {
    const context = this.#context;
    if (!tcb.negotiated.partialReliability) {
      const information = 'FORWARD TSN although partial reliability was not negotiated';
      sendAbort(context, tcb.peerTag, { kind: 'protocolViolation', information });
      context.close('protocolViolation', information);
    } else if (interleaving !== tcb.negotiated.messageInterleaving) {
      reportError(context, 'protocolViolation', 'FORWARD TSN instead of I-FORWARD-TSN, or the other way round');
    } else if (tcb.receiver.onForwardTsn(chunk) === ReceiveOutcome.exhausted) {
      this.#abortExhausted(tcb);
    }
  }

  #abortExhausted(tcb: TransmissionControlBlock): void {
    sendAbort(this.#context, tcb.peerTag, { kind: 'outOfResource' });
    this.#context.close('resourceExhaustion', 'reassembly queue is exhausted');
  }

  #onSack(tcb: TransmissionControlBlock, now: number): void {
    if (!tcb.retransmissions.handleSack(this.#sack, now)) return;
    // The SACK may have shown a loss, and it made room.
    tcb.sendFastRetransmission(now);
    if (tcb.cookieEcho === undefined) tcb.sendPackets(now);
  }

  #onShutdown(tcb: TransmissionControlBlock, cumulativeTsn: number, now: number): void {
    // RFC 9260 §9.2: it acknowledges as a SACK does.
    const { retransmissions } = tcb;
    this.#sack.clear();
    this.#sack.cumulativeTsn = cumulativeTsn;
    this.#sack.advertisedReceiverWindow = retransmissions.rwnd + retransmissions.outstanding.inFlightPayloadBytes;
    retransmissions.handleSack(this.#sack, now);
    this.#shutdown.onShutdown(now);
  }

  /** RFC 9260 §3.2: the cause carries the chunk, as much of it as fits a packet. */
  #reportUnknownChunk(tcb: TransmissionControlBlock): void {
    const { bytes, chunkType, chunkOffset, chunkLength } = this.#packet;
    const room = this.#context.packets.maxChunkLength - UNRECOGNIZED_CHUNK_OVERHEAD;
    const chunk = copyBytes(bytes, chunkOffset, chunkOffset + Math.min(chunkLength, room));
    tcb.sendChunk(encodeError({ causes: [{ kind: 'unrecognizedChunkType', chunk }] }));
    reportError(this.#context, 'parseFailed', `unknown chunk of type ${chunkType}`);
  }
}

/** T bit of ABORT and SHUTDOWN COMPLETE. */
const TAG_REFLECTED = 0x01;

/** Headers of the ERROR chunk and of the cause. */
const UNRECOGNIZED_CHUNK_OVERHEAD = 8;

function describe(causes: readonly ErrorCause[]): string {
  return causes
    .map(cause => {
      if (cause.kind === 'userInitiatedAbort') return `${cause.kind} (${cause.reason})`;
      if (cause.kind === 'protocolViolation') return `${cause.kind} (${cause.information})`;
      return cause.kind;
    })
    .join(', ');
}
