import { seqDiff, timestampDiff } from '../common/serial-number.js';

/** What a viewer sees. */
export interface PlaybackStatistics {
  /** Frames shown. */
  frames: number;
  /** Times that the next frame came so late that it was noticed, and how long these times were together, ms. */
  freezes: number;
  frozenTime: number;
  /** ms that frames wait for others in the buffer, at present. */
  playoutDelay: number;
  /** Key frames asked for because a frame could not be completed. */
  keyFrameRequests: number;
}

/** A frame is given up when it is not complete after this time, ms. */
const MAX_WAIT = 500;
/** A gap between frames is a freeze if it is longer than this, ms, and than three times the usual one. */
const MIN_FREEZE = 150;
/** How fast the playout delay falls, per frame. */
const DELAY_DECAY = 0.998;
const CLOCK_RATE_PER_MS = 90;

interface Packet {
  readonly timestamp: number;
  readonly marker: boolean;
  readonly isKeyFrame: boolean;
}

/**
 * The jitter buffer of a model receiver: puts packets in order, shows frames that are complete and follow what was shown
 * before, at a delay that adapts to how late frames come, and asks for a key frame when it waited too long.
 */
export class JitterBuffer {
  readonly statistics: PlaybackStatistics = {
    frames: 0,
    freezes: 0,
    frozenTime: 0,
    playoutDelay: 0,
    keyFrameRequests: 0,
  };

  readonly #requestKeyFrame: () => void;
  readonly #packets = new Map<number, Packet>();
  /** The first sequence number that was not shown; -1: a key frame is needed to begin. */
  #next = -1;
  #highest = -1;
  #waitingSince = NaN;
  #shownAt = NaN;
  #meanGap = 33;
  /** Arrival minus RTP time of the fastest frame: the base of all delays. */
  #base = NaN;
  #baseTimestamp = 0;

  constructor(requestKeyFrame: () => void) {
    this.#requestKeyFrame = requestKeyFrame;
  }

  /** Takes a packet, in any order, once or more. */
  receive(seq: number, timestamp: number, marker: boolean, isKeyFrame: boolean, now: number): void {
    if (this.#next >= 0 && seqDiff(seq, this.#next) < 0) return;
    this.#packets.set(seq, { timestamp, marker, isKeyFrame });
    if (this.#highest < 0 || seqDiff(seq, this.#highest) > 0) this.#highest = seq;
    this.#showFrames(now);
  }

  /** To be called now and then. */
  poll(now: number): void {
    if (Number.isNaN(this.#waitingSince) || now - this.#waitingSince < MAX_WAIT) return;
    this.#waitingSince = now;
    if (this.#skipToKeyFrame()) return this.#showFrames(now);
    this.statistics.keyFrameRequests++;
    this.#requestKeyFrame();
  }

  #showFrames(now: number): void {
    if (this.#next < 0 && !this.#skipToKeyFrame()) {
      if (Number.isNaN(this.#waitingSince)) this.#waitingSince = now;
      return;
    }
    while (this.#showFrame(now));
    const isWaiting = this.#packets.size > 0;
    if (!isWaiting) this.#waitingSince = NaN;
    else if (Number.isNaN(this.#waitingSince)) this.#waitingSince = now;
  }

  /** Shows the next frame if it is there. */
  #showFrame(now: number): boolean {
    let seq = this.#next;
    let packet: Packet | undefined;
    do {
      packet = this.#packets.get(seq);
      if (!packet) return false;
      seq = (seq + 1) & 0xffff;
    } while (!packet.marker);
    for (let shown = this.#next; shown !== seq; shown = (shown + 1) & 0xffff) this.#packets.delete(shown);
    this.#next = seq;
    this.#waitingSince = NaN;
    this.#show(packet.timestamp, now);
    return true;
  }

  #show(timestamp: number, now: number): void {
    const { statistics } = this;
    statistics.frames++;
    if (Number.isNaN(this.#base)) {
      this.#base = now;
      this.#baseTimestamp = timestamp;
    }
    const delay = now - this.#base - timestampDiff(timestamp, this.#baseTimestamp) / CLOCK_RATE_PER_MS;
    if (delay < 0) this.#base += delay;
    statistics.playoutDelay = Math.max(statistics.playoutDelay * DELAY_DECAY, delay, 0);

    const gap = now - this.#shownAt;
    this.#shownAt = now;
    if (Number.isNaN(gap)) return;
    if (gap > Math.max(3 * this.#meanGap, this.#meanGap + MIN_FREEZE)) {
      statistics.freezes++;
      statistics.frozenTime += gap - this.#meanGap;
    } else {
      this.#meanGap += (gap - this.#meanGap) / 30;
    }
  }

  /** Goes on at the newest key frame that has begun to arrive. False if there is none. */
  #skipToKeyFrame(): boolean {
    let start = -1;
    for (const [seq, { isKeyFrame }] of this.#packets) {
      if (isKeyFrame && seq !== this.#next && (start < 0 || seqDiff(seq, start) > 0)) start = seq;
    }
    if (start < 0) return false;
    for (const seq of this.#packets.keys()) if (seqDiff(seq, start) < 0) this.#packets.delete(seq);
    this.#next = start;
    return true;
  }
}
