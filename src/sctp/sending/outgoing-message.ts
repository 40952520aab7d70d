import { type SctpSendOptions } from '../association-owner.js';

/** A message on its way: first in the queue of its stream, then in fragments that are sent and acknowledged. */
export class OutgoingMessage {
  readonly streamId: number;
  readonly ppid: number;
  readonly bytes: Uint8Array;
  readonly unordered: boolean;
  readonly maxRetransmissions: number;
  /** It is given up at this time (ms); Infinity: never. */
  readonly expiresAt: number;
  /** 0: its owner does not want to know what becomes of it. */
  readonly lifecycleId: number;

  /** Behind it in the queue. */
  next: OutgoingMessage | undefined = undefined;
  /** Bytes that were put into fragments. */
  sentLength = 0;
  /** Message identifier (RFC 8260 §2.1); -1 before the first fragment. */
  messageId = -1;
  /** Stream sequence number, 0 if unordered. */
  ssn = 0;
  /** Fragment sequence number of the next fragment. */
  nextFsn = 0;
  /** Of the first and last fragment so far, unwrapped; -1 before the first one. */
  firstTsn = -1;
  lastTsn = -1;

  /** Keeps the payload. */
  constructor(streamId: number, ppid: number, payload: Uint8Array, options: SctpSendOptions, now: number) {
    this.streamId = streamId;
    this.ppid = ppid;
    this.bytes = payload;
    this.unordered = options.unordered ?? false;
    this.maxRetransmissions = options.maxRetransmissions ?? Infinity;
    this.expiresAt = options.lifetime === undefined ? Infinity : now + options.lifetime + SENDING_TIME;
    this.lifecycleId = options.lifecycleId ?? 0;
  }

  get length(): number {
    return this.bytes.length;
  }

  get remainingLength(): number {
    return this.bytes.length - this.sentLength;
  }

  get isPartlySent(): boolean {
    return this.messageId >= 0;
  }

  hasExpired(now: number): boolean {
    return now >= this.expiresAt;
  }

  /** All of it is to be sent to a peer who has not seen any of it. */
  rewind(): void {
    this.sentLength = 0;
    this.messageId = -1;
    this.ssn = 0;
    this.nextFsn = 0;
    this.firstTsn = -1;
    this.lastTsn = -1;
  }
}

/** ms. A message of no lifetime is sent, if it can be sent at once. */
const SENDING_TIME = 0.001;

/** The part of a message that goes into a chunk; a reusable object. Without a message it is none. */
export class Fragment {
  message: OutgoingMessage | undefined = undefined;
  offset = 0;
  length = 0;
  /** Fragment sequence number. */
  fsn = 0;

  set(message: OutgoingMessage, offset: number, length: number, fsn: number): void {
    this.message = message;
    this.offset = offset;
    this.length = length;
    this.fsn = fsn;
  }
}
