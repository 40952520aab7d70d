import {
  HANDSHAKE_HEADER_LENGTH,
  readFragmentHeader,
  writeFragmentHeader,
  type FragmentHeader,
} from './handshake-message.js';
import { ContentType } from './record.js';
import { type RecordLayer } from './record-layer.js';

/** One part of a flight: a whole handshake message, or a ChangeCipherSpec. */
export interface FlightPart {
  epoch: 0 | 1;
  type: ContentType;
  content: Uint8Array;
  /** The version that the record header claims, if not DTLS 1.2. */
  recordVersion?: number;
}

/** ms until the first retransmission; each further one waits twice as long, up to the maximum. */
const FIRST_TIMEOUT = 100;
const MAX_TIMEOUT = 4000;

/** ms that a flight waits for its answer. By then it was sent 14 times. */
const PATIENCE = 37_000;

/** ms between two repetitions that the peer asked for. Below the shortest timer in use, to not answer echoes. */
const MIN_REPEAT_INTERVAL = 25;

/** A fragment is not cut shorter than this just to fill up a datagram. */
const MIN_FRAGMENT = 32;

/**
 * Sends the messages that an endpoint has to say at once, and repeats them until the peer's answer is there (RFC 6347
 * §4.2.4). Fragments messages and packs records so that no datagram is longer than the MTU.
 */
export class FlightSender {
  readonly #records: RecordLayer;
  readonly #send: (bytes: Uint8Array, offset: number, length: number) => void;
  readonly #datagram: Uint8Array;
  #parts: readonly FlightPart[];
  #timeout: number;
  #retransmitAt: number;
  #giveUpAt: number;
  #lastSentAt: number;

  /** @param mtu bytes of a datagram, at least 128 */
  constructor(records: RecordLayer, mtu: number, send: (bytes: Uint8Array, offset: number, length: number) => void) {
    this.#records = records;
    this.#send = send;
    this.#datagram = new Uint8Array(Math.max(mtu, 128));
    this.#parts = [];
    this.#timeout = 0;
    this.#retransmitAt = Infinity;
    this.#giveUpAt = Infinity;
    this.#lastSentAt = -Infinity;
  }

  get nextDeadline(): number {
    return Math.min(this.#retransmitAt, this.#giveUpAt);
  }

  /** Sends a new flight; the one before it has been answered. */
  send(parts: readonly FlightPart[], expectsAnswer: boolean, now: number): void {
    this.#parts = parts;
    this.stopTimer();
    if (expectsAnswer) {
      this.#timeout = FIRST_TIMEOUT;
      this.#retransmitAt = now + this.#timeout;
      this.#giveUpAt = now + PATIENCE;
    }
    this.#transmit(now);
  }

  /** Sends the flight again because the peer repeated its own: it has not seen ours. */
  repeat(now: number): void {
    if (now - this.#lastSentAt >= MIN_REPEAT_INTERVAL) this.#transmit(now);
  }

  /** @returns false if the answer has not come in the time there is for it */
  onTimeout(now: number): boolean {
    if (now >= this.#giveUpAt) return false;
    if (now >= this.#retransmitAt) {
      this.#timeout = Math.min(this.#timeout * 2, MAX_TIMEOUT);
      this.#retransmitAt = now + this.#timeout;
      this.#transmit(now);
    }
    return true;
  }

  /** The answer is there. The flight is kept, in case the peer repeats what it answers. */
  stopTimer(): void {
    this.#retransmitAt = Infinity;
    this.#giveUpAt = Infinity;
  }

  /** The peer has proved that it has the flight. */
  forget(): void {
    this.#parts = [];
  }

  #transmit(now: number): void {
    this.#lastSentAt = now;
    let used = 0;
    for (const part of this.#parts) {
      used = part.type === ContentType.handshake ? this.#packMessage(part, used) : this.#pack(part, part.content, used);
    }
    this.#flush(used);
  }

  /** Adds a handshake message to the datagram of which `used` bytes are filled; returns how many then are. */
  #packMessage(part: FlightPart, used: number): number {
    const header = readFragmentHeader(part.content, 0);
    const overhead = this.#records.overhead(part.epoch) + HANDSHAKE_HEADER_LENGTH;
    do {
      const missing = header.length - header.fragmentOffset;
      let room = this.#datagram.length - used - overhead;
      if (room < Math.min(missing, MIN_FRAGMENT)) {
        used = this.#flush(used);
        room = this.#datagram.length - overhead;
      }
      header.fragmentLength = Math.min(missing, room);
      used = this.#pack(part, fragmentOf(part.content, header), used);
      header.fragmentOffset += header.fragmentLength;
    } while (header.fragmentOffset < header.length);
    return used;
  }

  #pack(part: FlightPart, content: Uint8Array, used: number): number {
    if (used + this.#records.overhead(part.epoch) + content.length > this.#datagram.length) used = this.#flush(used);
    return used + this.#records.write(part.epoch, part.type, content, this.#datagram, used, part.recordVersion);
  }

  #flush(used: number): number {
    if (used > 0) this.#send(this.#datagram, 0, used);
    return 0;
  }
}

function fragmentOf(message: Uint8Array, header: FragmentHeader): Uint8Array {
  const start = HANDSHAKE_HEADER_LENGTH + header.fragmentOffset;
  const fragment = new Uint8Array(HANDSHAKE_HEADER_LENGTH + header.fragmentLength);
  writeFragmentHeader(header, fragment, 0);
  fragment.set(message.subarray(start, start + header.fragmentLength), HANDSHAKE_HEADER_LENGTH);
  return fragment;
}
