import { type Fragment } from './outgoing-message.js';

/** What the scheduler asks of a stream. */
export interface StreamProducer {
  readonly streamId: number;
  /** 0: there is nothing to send now. */
  readonly bytesToSendNext: number;
  /** Fills `fragment`. False if there turned out to be nothing to send. */
  produce(now: number, maxLength: number, fragment: Fragment): boolean;
}

/**
 * Decides which stream sends next. Without message interleaving, fragments of different messages must not mix, and
 * streams take turns (RFC 8260 §3.1); with it, every chunk is scheduled anew by weighted fair queueing (§3.6): a stream is
 * served when the virtual time comes at which it would have finished its chunk, had all streams been served at once.
 */
export class StreamScheduler {
  messageInterleaving = false;
  /** @internal */
  virtualTime = 0;

  readonly #maxPayloadLength: number;
  /** Streams with something to send, the one that finishes first at the front. */
  readonly #active: ScheduledStream[] = [];
  #current: ScheduledStream | undefined = undefined;
  #isMessageUnderWay = false;

  /** @param maxPayloadLength That a packet can carry, bytes. */
  constructor(maxPayloadLength: number) {
    this.#maxPayloadLength = maxPayloadLength;
  }

  addStream(producer: StreamProducer, priority: number): ScheduledStream {
    return new ScheduledStream(this, producer, priority);
  }

  /** Fills `fragment` with what is sent next, of at most this many bytes. False if there is nothing to send. */
  produce(now: number, maxLength: number, fragment: Fragment): boolean {
    const isRescheduling = this.messageInterleaving || !this.#isMessageUnderWay;
    let stream: ScheduledStream;
    do {
      if (this.#active.length === 0) return false;
      stream = isRescheduling ? this.#active[0] : this.#current!;
      if (isRescheduling) stream.deactivate();
    } while (!stream.producer.produce(now, maxLength, fragment));

    this.#current = stream;
    stream.virtualTime = this.#finishTime(stream, fragment.length);
    this.virtualTime = stream.virtualTime;
    this.#isMessageUnderWay = fragment.offset + fragment.length < fragment.message!.length;
    if (isRescheduling) stream.activate();
    else if (stream.producer.bytesToSendNext === 0) stream.deactivate();
    return true;
  }

  /** The message under way was discarded. */
  reschedule(): void {
    this.#isMessageUnderWay = false;
  }

  /** @internal */
  insert(stream: ScheduledStream): void {
    stream.virtualTime = this.virtualTime;
    stream.finishTime = this.#finishTime(stream, Math.min(stream.producer.bytesToSendNext, this.#maxPayloadLength));
    let low = 0;
    let high = this.#active.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(stream, this.#active[middle])) high = middle;
      else low = middle + 1;
    }
    this.#active.splice(low, 0, stream);
  }

  /** @internal */
  remove(stream: ScheduledStream): void {
    this.#active.splice(this.#active.indexOf(stream), 1);
  }

  #finishTime(stream: ScheduledStream, length: number): number {
    // A round takes as long as it takes: any step that is the same for all streams makes them take turns.
    return stream.virtualTime + (this.messageInterleaving ? length / Math.max(stream.priority, MIN_PRIORITY) : 1);
  }
}

/** Streams of priority 0 send when no other stream has anything to send. */
const MIN_PRIORITY = 1e-6;

/** The place of a stream in the order. */
export class ScheduledStream {
  readonly producer: StreamProducer;
  /** Its weight; positive. */
  priority: number;
  /** @internal */
  virtualTime = 0;
  /** @internal */
  finishTime = 0;

  readonly #scheduler: StreamScheduler;
  #isActive = false;

  /** @internal */
  constructor(scheduler: StreamScheduler, producer: StreamProducer, priority: number) {
    this.#scheduler = scheduler;
    this.producer = producer;
    this.priority = priority;
  }

  /** Puts it in line, if it has something to send. */
  activate(): void {
    if (this.#isActive || this.producer.bytesToSendNext === 0) return;
    this.#isActive = true;
    this.#scheduler.insert(this);
  }

  deactivate(): void {
    if (!this.#isActive) return;
    this.#isActive = false;
    this.#scheduler.remove(this);
  }
}

function isBefore(a: ScheduledStream, b: ScheduledStream): boolean {
  return a.finishTime === b.finishTime ? a.producer.streamId < b.producer.streamId : a.finishTime < b.finishTime;
}
