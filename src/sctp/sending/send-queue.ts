import { type SctpAssociationOptions } from '../options.js';
import { BufferedAmount } from './buffered-amount.js';
import { type Fragment, type OutgoingMessage } from './outgoing-message.js';
import { OutgoingStream, type OutgoingStreamContext } from './outgoing-stream.js';
import { StreamScheduler } from './stream-scheduler.js';

export type SendQueueOptions = Pick<
  SctpAssociationOptions,
  | 'mtu'
  | 'sendBufferSize'
  | 'perStreamSendQueueLimit'
  | 'defaultStreamBufferedAmountLowThreshold'
  | 'defaultStreamPriority'
>;

/** May come in the middle of a call: the receiver must not call back. */
export interface SendQueueEvents {
  onBufferedAmountLow(streamId: number): void;
  onTotalBufferedAmountLow(): void;
  onMessageExpired(message: OutgoingMessage): void;
}

/** The part of the total limit at which the queue counts as low. */
const TOTAL_LOW_THRESHOLD = 0.9;

/** The messages that wait to be sent, stream by stream. It outlives the peer's restarts. */
export class SendQueue {
  readonly #options: SendQueueOptions;
  readonly #scheduler: StreamScheduler;
  readonly #total: BufferedAmount;
  readonly #context: OutgoingStreamContext;
  readonly #streams = new Map<number, OutgoingStream>();
  /** Those whose reset has begun. */
  readonly #resetting = new Set<OutgoingStream>();

  constructor(options: SendQueueOptions, events: SendQueueEvents) {
    this.#options = options;
    this.#scheduler = new StreamScheduler(options.mtu);
    this.#total = new BufferedAmount(Math.floor(options.sendBufferSize * TOTAL_LOW_THRESHOLD), () =>
      events.onTotalBufferedAmountLow(),
    );
    this.#context = {
      scheduler: this.#scheduler,
      total: this.#total,
      defaultLowThreshold: options.defaultStreamBufferedAmountLowThreshold,
      defaultPriority: options.defaultStreamPriority,
      onBufferedAmountLow: streamId => events.onBufferedAmountLow(streamId),
      onMessageExpired: message => events.onMessageExpired(message),
    };
  }

  set messageInterleaving(enabled: boolean) {
    this.#scheduler.messageInterleaving = enabled;
  }

  /** Streams that were used. */
  get streamIds(): number[] {
    return [...this.#streams.keys()];
  }

  get isEmpty(): boolean {
    return this.#total.value === 0;
  }

  /** Whether a message for this stream has to wait elsewhere. A message may exceed the limits, the next one then waits. */
  isFull(streamId: number): boolean {
    return (
      this.#total.value >= this.#options.sendBufferSize ||
      this.bufferedAmount(streamId) >= this.#options.perStreamSendQueueLimit
    );
  }

  add(message: OutgoingMessage): void {
    this.#stream(message.streamId).add(message);
  }

  /** Fills `fragment` with what is sent next, of at most this many bytes. False if there is nothing to send. */
  produce(now: number, maxLength: number, fragment: Fragment): boolean {
    return this.#scheduler.produce(now, maxLength, fragment);
  }

  /** Gives up a message of which at least a part was sent. True if a part was not. */
  discard(message: OutgoingMessage): boolean {
    return this.#stream(message.streamId).discard(message);
  }

  /** Starts to reset a stream. What it has not begun to send is discarded. */
  prepareReset(streamId: number): void {
    const stream = this.#stream(streamId);
    stream.prepareReset();
    this.#resetting.add(stream);
  }

  get hasStreamsReadyForReset(): boolean {
    if (this.#resetting.size === 0) return false;
    for (const stream of this.#resetting) if (stream.isReadyForReset) return true;
    return false;
  }

  /** Streams whose reset the peer is asked for now; at most this many. */
  takeStreamsReadyForReset(max: number): number[] {
    const streamIds: number[] = [];
    for (const stream of this.#resetting) {
      if (!stream.isReadyForReset || streamIds.length === max) continue;
      stream.requestReset();
      streamIds.push(stream.streamId);
    }
    return streamIds;
  }

  /** The peer did what it was asked for. */
  commitReset(): void {
    for (const stream of this.#resetting) {
      if (!stream.isResetRequested) continue;
      stream.commitReset();
      this.#resetting.delete(stream);
    }
  }

  /** The peer did not do what it was asked for. */
  rollbackReset(): void {
    for (const stream of this.#resetting) {
      if (!stream.isResetRequested) continue;
      stream.resume();
      this.#resetting.delete(stream);
    }
  }

  /** Streams cannot be reset: those that were to be reset go on. */
  abandonResets(): void {
    for (const stream of this.#resetting) stream.resume();
    this.#resetting.clear();
  }

  /** The peer has seen nothing yet. */
  rewind(): void {
    for (const stream of this.#streams.values()) stream.rewind();
    this.#scheduler.reschedule();
  }

  bufferedAmount(streamId: number): number {
    return this.#streams.get(streamId)?.buffered.value ?? 0;
  }

  get totalBufferedAmount(): number {
    return this.#total.value;
  }

  bufferedAmountLowThreshold(streamId: number): number {
    return this.#streams.get(streamId)?.buffered.lowThreshold ?? this.#options.defaultStreamBufferedAmountLowThreshold;
  }

  setBufferedAmountLowThreshold(streamId: number, threshold: number): void {
    this.#stream(streamId).buffered.lowThreshold = threshold;
  }

  priority(streamId: number): number {
    return this.#streams.get(streamId)?.priority ?? this.#options.defaultStreamPriority;
  }

  setPriority(streamId: number, priority: number): void {
    this.#stream(streamId).priority = priority;
  }

  #stream(streamId: number): OutgoingStream {
    let stream = this.#streams.get(streamId);
    if (stream === undefined) {
      stream = new OutgoingStream(streamId, this.#context);
      this.#streams.set(streamId, stream);
    }
    return stream;
  }
}
