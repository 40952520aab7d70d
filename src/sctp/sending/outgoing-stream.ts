import { BufferedAmount } from './buffered-amount.js';
import { type Fragment, type OutgoingMessage } from './outgoing-message.js';
import { type ScheduledStream, type StreamProducer, type StreamScheduler } from './stream-scheduler.js';

/** What the streams of a queue have in common. */
export interface OutgoingStreamContext {
  readonly scheduler: StreamScheduler;
  readonly total: BufferedAmount;
  readonly defaultLowThreshold: number;
  readonly defaultPriority: number;
  onBufferedAmountLow(streamId: number): void;
  /** A message was given up before all of it was sent. */
  onMessageExpired(message: OutgoingMessage): void;
}

/** How far the reset of a stream has got (RFC 6525 §5.1.2). */
const ResetState = {
  none: 0,
  /** A message is partly sent, and has to be finished first. */
  finishing: 1,
  /** Nothing is sent; the request can be made. */
  ready: 2,
  /** The peer was asked. */
  requested: 3,
} as const;
type ResetState = (typeof ResetState)[keyof typeof ResetState];

/** The messages that wait to be sent on one stream. */
export class OutgoingStream implements StreamProducer {
  readonly streamId: number;
  readonly buffered: BufferedAmount;

  readonly #context: OutgoingStreamContext;
  readonly #scheduled: ScheduledStream;
  #first: OutgoingMessage | undefined = undefined;
  #last: OutgoingMessage | undefined = undefined;
  #resetState: ResetState = ResetState.none;
  #nextSsn = 0;
  #nextOrderedMessageId = 0;
  #nextUnorderedMessageId = 0;

  constructor(streamId: number, context: OutgoingStreamContext) {
    this.streamId = streamId;
    this.#context = context;
    this.#scheduled = context.scheduler.addStream(this, context.defaultPriority);
    this.buffered = new BufferedAmount(context.defaultLowThreshold, () => context.onBufferedAmountLow(streamId));
  }

  get priority(): number {
    return this.#scheduled.priority;
  }

  set priority(priority: number) {
    this.#scheduled.priority = priority;
  }

  get bytesToSendNext(): number {
    return this.#first === undefined || this.#resetState >= ResetState.ready ? 0 : this.#first.remainingLength;
  }

  get hasPartlySentMessage(): boolean {
    return this.#first !== undefined && this.#first.isPartlySent;
  }

  add(message: OutgoingMessage): void {
    this.buffered.increase(message.length);
    this.#context.total.increase(message.length);
    if (this.#last === undefined) this.#first = message;
    else this.#last.next = message;
    this.#last = message;
    this.#scheduled.activate();
  }

  produce(now: number, maxLength: number, fragment: Fragment): boolean {
    while (this.#first !== undefined && this.bytesToSendNext > 0) {
      const message = this.#first;
      if (!message.isPartlySent) {
        if (message.hasExpired(now)) {
          this.#dropFirst();
          continue;
        }
        this.#number(message);
      }
      const length = Math.min(message.remainingLength, maxLength);
      fragment.set(message, message.sentLength, length, message.nextFsn);
      message.sentLength += length;
      message.nextFsn++;
      if (message.remainingLength === 0) this.#removeFirst();
      this.buffered.decrease(length);
      this.#context.total.decrease(length);
      return true;
    }
    return false;
  }

  /** Gives up a message. True if some of it had not been sent. */
  discard(message: OutgoingMessage): boolean {
    // Only a partly sent message can be both here and given up, and only the first one is partly sent.
    if (message !== this.#first) return false;
    this.#context.scheduler.reschedule();
    this.#dropFirst();
    if (this.bytesToSendNext === 0) this.#scheduled.deactivate();
    return true;
  }

  /** The stream is to be reset: what it has not begun to send is discarded (RFC 8831 §6.7). */
  prepareReset(): void {
    if (this.#resetState !== ResetState.none) return;
    const partlySent = this.hasPartlySentMessage ? this.#first : undefined;
    let message = partlySent === undefined ? this.#first : partlySent.next;
    if (partlySent !== undefined) partlySent.next = undefined;
    this.#first = partlySent;
    this.#last = partlySent;
    this.#resetState = partlySent === undefined ? ResetState.ready : ResetState.finishing;
    if (partlySent === undefined) this.#scheduled.deactivate();
    for (; message !== undefined; message = message.next) this.#expire(message);
  }

  get isReadyForReset(): boolean {
    return this.#resetState === ResetState.ready;
  }

  get isResetRequested(): boolean {
    return this.#resetState === ResetState.requested;
  }

  /** The peer is asked to take the reset. */
  requestReset(): void {
    this.#resetState = ResetState.requested;
  }

  /** The peer reset the stream: it starts from the beginning. */
  commitReset(): void {
    this.#restartNumbers();
    this.resume();
  }

  /** The stream is not reset after all, and goes on. */
  resume(): void {
    this.#resetState = ResetState.none;
    this.#scheduled.activate();
  }

  /**
   * The peer has seen nothing of what was sent on this stream: a partly sent message is sent from its beginning. A reset
   * has to be requested again.
   */
  rewind(): void {
    this.#restartNumbers();
    if (this.#resetState === ResetState.requested) this.#resetState = ResetState.ready;
    const message = this.#first;
    if (message === undefined) return;
    this.buffered.increase(message.sentLength);
    this.#context.total.increase(message.sentLength);
    message.rewind();
  }

  #number(message: OutgoingMessage): void {
    if (message.unordered) {
      message.messageId = this.#nextUnorderedMessageId;
      this.#nextUnorderedMessageId = (this.#nextUnorderedMessageId + 1) >>> 0;
    } else {
      message.messageId = this.#nextOrderedMessageId;
      this.#nextOrderedMessageId = (this.#nextOrderedMessageId + 1) >>> 0;
      message.ssn = this.#nextSsn;
      this.#nextSsn = (this.#nextSsn + 1) & 0xffff;
    }
  }

  #restartNumbers(): void {
    this.#nextSsn = 0;
    this.#nextOrderedMessageId = 0;
    this.#nextUnorderedMessageId = 0;
  }

  #removeFirst(): void {
    const message = this.#first!;
    this.#first = message.next;
    message.next = undefined;
    if (this.#first === undefined) this.#last = undefined;
    if (this.#resetState === ResetState.finishing) this.#resetState = ResetState.ready;
  }

  #dropFirst(): void {
    const message = this.#first!;
    this.#removeFirst();
    this.#expire(message);
  }

  #expire(message: OutgoingMessage): void {
    this.buffered.decrease(message.remainingLength);
    this.#context.total.decrease(message.remainingLength);
    this.#context.onMessageExpired(message);
  }
}
