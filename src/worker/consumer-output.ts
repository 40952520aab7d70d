import { restoreSlot } from '../rtp/packet-slot.js';
import { type RetransmissionBuffer } from '../rtp/retransmission-buffer.js';
import { RtpPacket } from '../rtp/rtp-packet.js';
import { RtpStreamSend, type RtpStreamSendOwner } from '../rtp/rtp-stream-send.js';
import { SequenceManager } from '../rtp/sequence-manager.js';
import { type ConsumerTraces } from './consumer-traces.js';
import { type EgressPacket } from './egress.js';
import { type MediaContext } from './media-context.js';
import { type ProducerStreamManager } from './producer-stream-manager.js';
import { codecForEncoding, type RtpParameters, rtxCodecForEncoding } from './rtp-parameters.js';
import { rtpStreamParams } from './rtp-stream-params.js';
import { TargetLayerBuffer } from './target-layer-buffer.js';

/** What an output needs of its Consumer. The packets are ready in the egress. */
export interface ConsumerOutputOwner {
  onSendRtp(packet: EgressPacket, now: number): void;
  /** The answer to a NACK: RTX, or the original packet again if RTX was not negotiated. */
  onRetransmitRtp(packet: EgressPacket, now: number): void;
  /** A packet that was sent before and that nobody asked for, by RTX. */
  onSendPadding(packet: EgressPacket, now: number): void;
  onOutputScore(now: number): void;
}

/** Range of the first sequence number minus one. Not too low, lest early packets seem to be of the cycle before. */
const MIN_INITIAL_SEQ = 1000;
const MAX_INITIAL_SEQ = 32767;

/** A packet that is sent again: one at a time in the whole worker. */
const storedPacket = new RtpPacket();

/** One outgoing stream of a Consumer: numbers packets, sends them, and sends them again on demand. */
export class ConsumerOutput implements RtpStreamSendOwner {
  readonly stream: RtpStreamSend;
  /** From the Producer's sequence numbers to those sent. */
  readonly sequence: SequenceManager;
  readonly buffer: TargetLayerBuffer;
  /** Whether the last packet sent ended a frame. */
  lastSentMarker = false;

  readonly #mid: Uint8Array;
  readonly #traces: ConsumerTraces;
  readonly #media: MediaContext;
  readonly #owner: ConsumerOutputOwner;

  /** @param index of the encoding in the Consumer's parameters */
  constructor(
    parameters: RtpParameters,
    index: number,
    traces: ConsumerTraces,
    media: MediaContext,
    owner: ConsumerOutputOwner,
    now: number,
  ) {
    const { random, memory, ntpOffset } = media;
    const encoding = parameters.encodings[index];
    const codec = codecForEncoding(parameters, encoding);
    const params = { ...rtpStreamParams(parameters, index, encoding, codec, encoding.ssrc), rid: '' };
    const rtxCodec = rtxCodecForEncoding(parameters, encoding);
    const rtx =
      rtxCodec !== undefined && encoding.rtxSsrc !== undefined
        ? { ssrc: encoding.rtxSsrc, payloadType: rtxCodec.payloadType }
        : undefined;
    const initialSeq = MIN_INITIAL_SEQ + (random.uint32() % (MAX_INITIAL_SEQ - MIN_INITIAL_SEQ + 1));
    this.stream = new RtpStreamSend(params, rtx, random.uint32() & 0xffff, memory, ntpOffset, this, now);
    this.sequence = new SequenceManager(16, initialSeq);
    this.buffer = new TargetLayerBuffer(memory);
    this.#mid = new TextEncoder().encode(parameters.mid);
    this.#traces = traces;
    this.#media = media;
    this.#owner = owner;
  }

  /** Sends a packet as `decision` says. False: it has been sent already. */
  send(packet: RtpPacket, decision: ProducerStreamManager, now: number): boolean {
    const { stream, sequence } = this;
    const { marker, rewrite } = decision;
    if (decision.isSync) sequence.sync(decision.syncSeq);
    const timestamp = (packet.timestamp - decision.tsOffset) >>> 0;
    const seq = sequence.input(packet.sequenceNumber);
    if (seq < 0 || !stream.receivePacket(packet, seq, timestamp, marker, rewrite, now)) return false;
    if (sequence.maxOutput === seq) this.lastSentMarker = marker;
    packet.updateMid(this.#mid);
    const { egress } = this.#media;
    if (egress.begin(packet, stream.params.ssrc, seq, timestamp, marker, rewrite)) {
      egress.packet.mayBeRepeated = stream.rtx === undefined && stream.params.useNack;
      this.#owner.onSendRtp(egress.packet, now);
      this.#traces.packet(egress.packet, packet, false, now);
      egress.end();
    }
    return true;
  }

  pause(): void {
    this.stream.pause();
    this.buffer.clear();
  }

  /** Lets go of all packets. */
  close(): void {
    this.stream.close();
    this.buffer.clear();
  }

  // Owner of the stream

  onRtpStreamScore(_stream: RtpStreamSend, _score: number, _previousScore: number, now: number): void {
    this.#owner.onOutputScore(now);
  }

  onRtpStreamRetransmit(buffer: RetransmissionBuffer, slot: number, now: number): void {
    const { egress } = this.#media;
    if (!this.#beginStored(buffer, slot)) return;
    this.#owner.onRetransmitRtp(egress.packet, now);
    this.#traces.packet(egress.packet, storedPacket, this.stream.rtx !== undefined, now);
    egress.end();
  }

  onRtpStreamPadding(buffer: RetransmissionBuffer, slot: number, now: number): void {
    const { egress } = this.#media;
    if (!this.#beginStored(buffer, slot)) return;
    this.#owner.onSendPadding(egress.packet, now);
    egress.end();
  }

  /** Makes `storedPacket` the packet in a slot, and a copy of it that of the egress: by RTX if that was negotiated. */
  #beginStored(buffer: RetransmissionBuffer, slot: number): boolean {
    const packet = storedPacket;
    const { egress, memory } = this.#media;
    restoreSlot(packet, memory, buffer.handle(slot));
    packet.updateMid(this.#mid);
    const seq = buffer.seq(slot);
    const timestamp = buffer.timestamp(slot);
    const marker = buffer.marker(slot);
    const rewrite = buffer.rewrite(slot);
    const { stream } = this;
    const { rtx } = stream;
    const { ssrc } = stream.params;
    const begun =
      rtx === undefined
        ? egress.begin(packet, ssrc, seq, timestamp, marker, rewrite)
        : egress.beginRtx(packet, rtx.payloadType, rtx.ssrc, stream.nextRtxSeq(), seq, timestamp, marker, rewrite);
    if (begun) egress.packet.mayBeRepeated = rtx === undefined;
    return begun;
  }
}
