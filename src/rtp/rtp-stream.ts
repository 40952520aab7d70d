import { isTimestampHigher, isTimestampLower } from '../common/serial-number.js';
import { type RtpPacket } from './rtp-packet.js';

/** A jump ahead of at least this much is not believed at once. */
const MAX_DROPOUT = 3000;
/** How far a packet may come late. */
const MAX_MISORDER = 1500;
const SCORE_HISTORY = 24;

/** What is known about a stream when it is created; the same names as in dumps. */
export interface RtpStreamParams {
  encodingIdx: number;
  ssrc: number;
  payloadType: number;
  /** Canonical spelling: `video/VP8`. */
  mimeType: string;
  clockRate: number;
  /** Empty if there is none. */
  rid: string;
  cname: string;
  useNack: boolean;
  usePli: boolean;
  useFir: boolean;
  useInBandFec: boolean;
  useDtx: boolean;
  spatialLayers: number;
  temporalLayers: number;
}

/** The RTX stream that belongs to a stream (RFC 4588). */
export interface RtxParams {
  ssrc: number;
  payloadType: number;
}

/**
 * Follows the sequence numbers of one SSRC: validity, cycles, resynchronisation after a jump (RFC 3550 A.1).
 */
export class SequenceTracker {
  started = false;
  /** Highest sequence number. */
  maxSeq = 0;
  /** Wrap-arounds of the sequence number, times 65536. */
  cycles = 0;
  packetsDiscarded = 0;

  #baseSeq = 0;
  /** The sequence number that, if it comes next, proves that a jump was real. 65537: none. */
  #badSeq = 65537;

  /** Highest sequence number with the cycles in front (RFC 3550 §6.4.1), 32 bit. */
  get extendedMaxSeq(): number {
    return (this.cycles + this.maxSeq) >>> 0;
  }

  /** How many packets should have come since the start (RFC 3550 A.3). */
  get expectedPackets(): number {
    return this.cycles + this.maxSeq - this.#baseSeq + 1;
  }

  /**
   * Judges a packet by its sequence number.
   *
   * Unlike in RFC 3550 A.1 the first packet is no predecessor of itself, so a stream that starts with sequence number 0
   * has not gone through a cycle already.
   */
  update(seq: number): SequenceVerdict {
    if (!this.started) {
      this.started = true;
      this.#init(seq);
      return SequenceVerdict.inOrder;
    }
    const distance = (seq - this.maxSeq) & 0xffff;
    if (distance < MAX_DROPOUT) {
      if (seq < this.maxSeq) this.cycles += 65536;
      this.maxSeq = seq;
      return SequenceVerdict.inOrder;
    }
    if (distance > 65536 - MAX_MISORDER) return SequenceVerdict.late;
    if (seq === this.#badSeq) {
      this.#init(seq);
      return SequenceVerdict.reset;
    }
    this.#badSeq = (seq + 1) & 0xffff;
    this.packetsDiscarded++;
    return SequenceVerdict.bad;
  }

  #init(seq: number): void {
    this.#baseSeq = seq;
    this.maxSeq = seq;
    this.#badSeq = 65537;
  }
}

export const SequenceVerdict = { inOrder: 0, late: 1, reset: 2, bad: 3 } as const;
export type SequenceVerdict = (typeof SequenceVerdict)[keyof typeof SequenceVerdict];

/** What receive and send streams have in common: sequence numbers, counters for statistics, the score. */
export abstract class RtpStream {
  readonly params: RtpStreamParams;
  readonly sequence = new SequenceTracker();

  /** Highest RTP timestamp, and when its packet was received or sent (ms) and captured (µs; NaN if unknown). */
  maxPacketTs = 0;
  maxPacketAt = 0;
  maxPacketCaptureAt = NaN;

  packetsLost = 0;
  /** 0..255, in 1/256. */
  fractionLost = 0;
  /** In units of the RTP timestamp, with a fraction. */
  jitter = 0;
  packetsRetransmitted = 0;
  packetsRepaired = 0;
  nackCount = 0;
  nackPacketCount = 0;
  pliCount = 0;
  firCount = 0;
  /** ms, 0 if unknown. */
  rtt = 0;
  /** 0 (dead) .. 10 (perfect). */
  score: number;

  /** The last scores, oldest first in a ring. */
  readonly #scores = new Uint8Array(SCORE_HISTORY);
  #scoreCount = 0;
  #scoreNext = 0;
  #activeSince: number;

  constructor(params: RtpStreamParams, initialScore: number, now: number) {
    this.params = params;
    this.score = initialScore;
    this.#activeSince = now;
  }

  /** How long the score has been above 0, ms. */
  activeTime(now: number): number {
    return now - this.#activeSince;
  }

  get lossPercentage(): number {
    return (this.fractionLost * 100) / 256;
  }

  /** Called when the score changed. */
  protected abstract onScore(score: number, previousScore: number, now: number): void;

  /** Called when sequence numbers started anew after a jump, with the timestamp of the packet. */
  protected onSequenceReset(_timestamp: number, _now: number): void {}

  /**
   * Takes a packet into account. False: its sequence number is not plausible.
   *
   * @param seq, timestamp as received, or as sent
   */
  protected receiveStreamPacket(packet: RtpPacket, seq: number, timestamp: number, now: number): boolean {
    if (!this.sequence.started) this.#setMaxPacket(packet, timestamp, now);
    if (!this.updateSequence(packet, seq, timestamp, now)) return false;
    if (isTimestampHigher(timestamp, this.maxPacketTs)) this.#setMaxPacket(packet, timestamp, now);
    return true;
  }

  protected updateSequence(packet: RtpPacket, seq: number, timestamp: number, now: number): boolean {
    const verdict = this.sequence.update(seq);
    if (verdict === SequenceVerdict.bad) return false;
    if (verdict === SequenceVerdict.reset) {
      this.onSequenceReset(timestamp, now);
      this.#setMaxPacket(packet, timestamp, now);
    } else if (verdict === SequenceVerdict.inOrder && isTimestampLower(timestamp, this.maxPacketTs)) {
      // The sender's timestamps went back, for example after a long silence.
      this.#setMaxPacket(packet, timestamp, now);
    }
    return true;
  }

  /** A new score; the stream's score is the average of the last ones, the newest one having the largest weight. */
  protected updateScore(score: number, now: number): void {
    this.#scores[this.#scoreNext] = score;
    this.#scoreNext = (this.#scoreNext + 1) % SCORE_HISTORY;
    if (this.#scoreCount < SCORE_HISTORY) this.#scoreCount++;

    let weightedSum = 0;
    let weights = 0;
    for (let weight = 1; weight <= this.#scoreCount; weight++) {
      const index = (this.#scoreNext + SCORE_HISTORY - this.#scoreCount + weight - 1) % SCORE_HISTORY;
      weightedSum += weight * this.#scores[index];
      weights += weight;
    }
    this.#setScore(Math.round(weightedSum / weights), true, now);
  }

  /** Forgets former scores. */
  resetScore(score: number, notify: boolean, now: number): void {
    this.#scoreCount = 0;
    this.#setScore(score, notify, now);
  }

  #setScore(score: number, notify: boolean, now: number): void {
    if (score === this.score) return;
    const previousScore = this.score;
    if (previousScore === 0) this.#activeSince = now;
    this.score = score;
    if (notify) this.onScore(score, previousScore, now);
  }

  #setMaxPacket(packet: RtpPacket, timestamp: number, now: number): void {
    this.maxPacketTs = timestamp;
    this.maxPacketAt = now;
    this.maxPacketCaptureAt = packet.captureAtUs;
  }
}

/**
 * The score (0..10) that an interval of a stream deserves. Lost packets that were repaired count little, the less the
 * more of the retransmissions were of use.
 *
 * @param packets received, or for a send stream: sent, in the interval
 * @param lost of these; negative counts as 0
 */
export function scoreOf(packets: number, lost: number, repaired: number, retransmitted: number): number {
  const repairedRatio = repaired / packets;
  let repairedWeight = (1 / (repairedRatio + 1)) ** 4;
  if (retransmitted > 0) repairedWeight *= Math.min(1, repaired / retransmitted);
  const weightedLost = Math.max(0, Math.trunc(lost - repaired * repairedWeight));
  const deliveredRatio = (packets - weightedLost) / packets;
  return Math.round(deliveredRatio ** 4 * 10);
}
